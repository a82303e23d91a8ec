"""The picture of a record's neighbourhood: what it holds, where it is drawn, and its text equivalent."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import picture_layout, services
from associations.models import Association, Labelling
from associations.picture import Picture, picture
from records import schema
from records.models import Record
from records.services import archive_records
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    UserFactory,
    by,
    make_label,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def associate(one, *others) -> None:
    services.associate(one, [other.pk for other in others], by=by())


def drawn(record, steps: int = 1) -> Picture:
    return picture(record, UserFactory(), steps)


def shown(found: Picture, step: int) -> set[str]:
    return {str(node.record) for node in found.nodes if node.step == step}


def edges(found: Picture) -> set[tuple[str, str]]:
    return {(str(edge.one.record), str(edge.other.record)) for edge in found.edges}


@pytest.fixture
def deal():
    """A deal with Ada of Acme, whose ticket it has nothing to do with itself."""
    deal = DealFactory(dealname="Engine")
    ada = ContactFactory(firstname="Ada", lastname="")
    acme = CompanyFactory(name="Acme")
    associate(deal, ada, acme)
    associate(ada, acme, TicketFactory(subject="Cards jam"))
    return deal


def test_one_step_shows_what_is_associated_and_how_that_is_with_each_other(deal):
    found = drawn(deal)

    assert shown(found, 1) == {"Ada", "Acme"}
    assert edges(found) == {("Engine", "Ada"), ("Engine", "Acme"), ("Ada", "Acme")}
    assert found.more == []


def test_two_steps_show_what_is_behind_that(deal):
    found = drawn(deal, 2)

    assert (shown(found, 1), shown(found, 2)) == ({"Ada", "Acme"}, {"Cards jam"})
    assert ("Ada", "Cards jam") in edges(found)
    assert len(found.edges) == 4


def test_no_record_stands_twice_and_what_is_one_step_away_is_never_behind_another():
    deal, company = DealFactory(), CompanyFactory()
    people = ContactFactory.create_batch(12)
    associate(deal, company, *people)
    associate(company, *people)

    found = drawn(deal, 2)

    ids = [node.pk for node in found.nodes]
    assert len(set(ids)) == len(ids) == 1 + 4
    assert [(more.holder.record.specific, more.number) for more in found.more] == [(deal, 8), (company, 8)]


def test_labels_are_those_seen_from_the_nearer_record(deal):
    ada, boss = ContactFactory(firstname="Bo", lastname=""), ContactFactory(firstname="Boss", lastname="")
    associate(deal, ada)
    associate(ada, boss)
    association = Association.objects.get(record_a=ada.pk, record_b=boss.pk)
    label = make_label("contacts", "contacts", "Manager", "Employee")
    Labelling.objects.create(association=association, label=label, from_record=ada, to_record=boss)

    def words(found, name):
        (node,) = [node for node in found.nodes if str(node.record) == name]
        return [str(word) for word in found.words(node)]

    assert words(drawn(ada), "Boss") == ["Manager"]
    assert words(drawn(boss), "Bo") == ["Employee"]
    assert words(drawn(deal, 2), "Boss") == ["Manager"]
    assert words(drawn(deal), "Acme") == ["Primary"]


def test_a_company_calls_nobody_primary(deal):
    acme = Record.objects.get(display_name="Acme")

    assert [edge.words for edge in drawn(acme).edges if edge.one.step == 0] == [[], []]
    assert {str(word) for edge in drawn(acme).edges for word in edge.back} == {"Primary"}


def test_those_with_labels_come_first():
    deal = DealFactory()
    people = ContactFactory.create_batch(12)
    associate(deal, *people)
    association = Association.objects.get(record_b=people[0].pk)
    label = make_label("deals", "contacts", "Decision maker")
    Labelling.objects.create(association=association, label=label, from_record=deal, to_record=people[0])

    assert [node.pk for node in drawn(deal).nodes] == [people[0].pk] + [one.pk for one in people[:4:-1]]


def test_archived_records_are_left_out_and_not_counted(deal):
    archive_records([Record.objects.get(display_name="Ada").pk], by=by())

    found = drawn(deal, 2)

    assert (shown(found, 1), shown(found, 2), found.more) == ({"Acme"}, set(), [])


def test_records_that_the_user_may_not_see_are_left_out(deal, monkeypatch):
    from records.models.record import RecordQuerySet

    monkeypatch.setattr(
        RecordQuerySet, "visible_to", lambda self, user: self.live().exclude(display_name="Ada")
    )

    assert shown(drawn(deal, 2), 1) == {"Acme"}


def test_of_many_a_few_are_shown_and_the_number_of_the_rest_leads_to_all_of_them(signed_in):
    deal = DealFactory()
    associate(deal, *ContactFactory.create_batch(30), *TicketFactory.create_batch(3))

    found = drawn(deal)
    text = signed_in.get(f"{deal.get_absolute_url()}?tab=associations").text

    assert len(found.near) == 8 + 3
    assert [(more.number, more.kind.name) for more in found.more] == [(22, "contacts")]
    section = f"/records/deals/{deal.pk}/associations/contacts/"
    assert f'href="{section}" aria-label="22 more contacts of {deal}"' in text


def test_what_a_neighbour_has_beside_is_counted_up_to_a_bound():
    deal, company = DealFactory(), CompanyFactory()
    associate(deal, company)
    associate(company, *TicketFactory.create_batch(110))

    (more,) = drawn(deal, 2).more

    assert (more.holder.pk, more.number, more.and_more) == (company.pk, 100 + 1 - 3 - 1, True)


class TestLayout:
    def crowd(self, steps: int) -> Picture:
        deal = DealFactory(dealname="Donaudampfschifffahrtselektrizitäten" * 3)
        people = [ContactFactory(firstname="W" * 40, lastname="松本長い名前" * 4) for _one in range(12)]
        companies = CompanyFactory.create_batch(12, name="i" * 60)
        associate(deal, *people, *companies, *TicketFactory.create_batch(11), *DealFactory.create_batch(3))
        associate(companies[-1], *people, *TicketFactory.create_batch(5))
        label = make_label("deals", "contacts", "Decision maker of the whole group of companies")
        for association in Association.objects.filter(record_b__in=[one.pk for one in people]):
            if association.record_a_id == deal.pk:
                Labelling.objects.create(
                    association=association,
                    label=label,
                    from_record=deal,
                    to_record_id=association.record_b_id,
                )
        return drawn(deal, steps)

    @pytest.mark.parametrize("steps", [1, 2])
    @pytest.mark.parametrize("shape", [picture_layout.wide, picture_layout.narrow])
    def test_no_box_overlaps_another_and_all_are_inside(self, shape, steps):
        found = self.crowd(steps)
        drawing = shape(found)
        rects = [box.rect for box in drawing.boxes]

        assert len(rects) == 1 + len(found.nodes) + len(found.more) > 20
        for number, rect in enumerate(rects):
            assert not any(rect.overlaps(other) for other in rects[number + 1 :])
            assert rect.x >= 0
            assert rect.y >= 0
            assert rect.right <= drawing.width
            assert rect.y + rect.height <= drawing.height

    @pytest.mark.parametrize("steps", [1, 2])
    def test_labels_stand_beside_the_boxes_and_names_inside(self, steps):
        drawing = picture_layout.wide(self.crowd(steps))
        labels = [text for text in drawing.texts if not text.is_heading]

        assert labels
        for text in labels:
            bounds = picture_layout._bounds(text)
            assert not any(bounds.overlaps(box.rect) for box in drawing.boxes)
        for box in drawing.boxes:
            width = picture_layout.width_of(box.name, picture_layout.NAME_SIZE)
            assert box.text_x + width <= box.rect.right

    def test_each_association_is_a_line_and_each_number_too(self):
        found = self.crowd(2)

        for shape in (picture_layout.wide, picture_layout.narrow):
            assert len(shape(found).lines) == len(found.edges) + len(found.more)

    def test_the_same_picture_is_drawn_the_same(self):
        found = self.crowd(1)

        assert picture_layout.wide(found) == picture_layout.wide(found)


def test_a_name_is_shortened_to_its_room():
    assert picture_layout.shortened("Ada", 100, 13) == "Ada"
    short = picture_layout.shortened("Ada Byron, Countess of Lovelace", 100, 13)
    assert short.endswith("…")
    assert picture_layout.width_of(short, 13) <= 100


# --- The tab ------------------------------------------------------------------------------------------


def test_every_record_is_a_link_with_its_whole_name(signed_in, deal):
    text = signed_in.get(f"{deal.get_absolute_url()}?tab=associations").text
    drawing = text.split("picture__drawing--wide")[1].split("picture__drawing--narrow")[0]
    links = re.findall(r'<a class="node [^"]*" href="([^"]+)" aria-label="([^"]+)"', drawing)

    by_name = {str(record): record for record in Record.objects.all()}
    assert links == [
        (f"{by_name['Engine'].get_absolute_url()}?tab=associations", "Engine, Deal"),
        (f"{by_name['Acme'].get_absolute_url()}?tab=associations", "Acme, Company, Primary"),
        (f"{by_name['Ada'].get_absolute_url()}?tab=associations", "Ada, Contact"),
    ]
    assert "style=" not in drawing
    assert 'id="' not in drawing  # the narrow one would have it too


def test_the_table_says_what_the_picture_shows(signed_in, deal):
    text = signed_in.get(f"{deal.get_absolute_url()}?tab=associations&steps=2").text
    table = re.search(r"<tbody>(.*?)</tbody>", text.split('class="picture__text"')[1], re.S)[1]
    rows = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in table.split("</tr>")[:-1]]

    assert sorted(rows) == [
        ["Acme", "Company", "1", "Engine", "Primary", "Ada", "Primary"],
        ["Ada", "Contact", "1", "Engine", "Acme", "Cards", "jam"],
        ["Cards", "jam", "Ticket", "2", "Ada"],
    ]


def test_numbers_in_the_drawing_are_numbers(signed_in):
    """A locale's separators would break the coordinates, some of which are above a thousand."""
    deal = DealFactory()
    people = ContactFactory.create_batch(8)
    associate(deal, *people, *TicketFactory.create_batch(8), *DealFactory.create_batch(8))
    for person in people:
        associate(person, *TicketFactory.create_batch(5))

    text = signed_in.get(f"{deal.get_absolute_url()}?tab=associations&steps=2").text

    numbers = re.findall(r' (?:x|y|width|height|viewBox)="([^"]*)"', text.split('id="picture"')[1])
    assert len(numbers) > 100
    assert all(re.fullmatch(r"-?[\d.]+( -?[\d.]+)*", number) for number in numbers)


def test_markup_in_a_name_is_text(signed_in, deal):
    associate(deal, ContactFactory(firstname="<script>alert(1)</script>", lastname='" onclick="'))

    text = signed_in.get(f"{deal.get_absolute_url()}?tab=associations").text

    assert "<script>alert" not in text
    assert '" onclick="' not in text


def test_a_record_without_associations_says_so(signed_in):
    text = signed_in.get(f"{DealFactory().get_absolute_url()}?tab=associations").text

    assert "Nothing is associated with it yet." in text
    assert "<svg class=" not in text.split('id="picture"')[1].split("picture__head")[0]


@pytest.mark.parametrize("steps", ["0", "3", "x", "", "99999999999999999999"])
def test_steps_that_there_are_not_are_one(signed_in, deal, steps):
    response = signed_in.get(f"{deal.get_absolute_url()}?tab=associations&steps={steps}")

    assert response.status_code == 200
    assert "Cards jam" not in response.text.split('id="picture"')[1].split("</section>")[0]


def test_the_picture_follows_when_the_sidebar_beside_it_changes(signed_in, deal):
    page = f"{deal.get_absolute_url()}?tab=associations&steps=2"
    answer = signed_in.post(
        f"/records/deals/{deal.pk}/associations/contacts/add/",
        {"selected": ContactFactory(firstname="Zoe", lastname="").pk},
        headers={**HTMX, "HX-Current-URL": f"http://testserver{page}"},
    ).text

    assert 'id="picture" aria-labelledby="picture-title" hx-swap-oob="true"' in answer
    assert "Zoe" in answer.split('id="picture"')[1]
    assert "Cards jam" in answer.split('id="picture"')[1]
    assert 'id="feed"' not in answer


@pytest.mark.parametrize(("steps", "number"), [(1, 17), (2, 21)])
def test_the_number_of_queries_is_the_same_for_few_and_for_many(signed_in, steps, number):
    """Session, user, data model, record; the sidebar (four); the picture: counts, the first ones, those with
    labels, records, associations, labels; for two steps four more."""
    deal = DealFactory()
    make_label("deals", "contacts", "Decision maker")
    address = f"{deal.get_absolute_url()}?tab=associations&steps={steps}"

    def grow(number: int) -> int:
        people = ContactFactory.create_batch(number)
        companies, tickets = CompanyFactory.create_batch(number), TicketFactory.create_batch(number)
        associate(deal, *people, *companies, *tickets)
        associate(companies[0], *people)
        for ticket in tickets:
            associate(ticket, *DealFactory.create_batch(2))
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(address).status_code == 200
        return len(captured)

    assert (grow(2), grow(25)) == (number, number)
