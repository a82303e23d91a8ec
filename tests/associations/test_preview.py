"""The preview of a record: beside the page that one is on, or as a page of its own."""

import re

import pytest

from associations import services, sidebar_layout
from associations.models import Association, Labelling
from records import schema
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by, make_label

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url(record, **query) -> str:
    way = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/records/{record.kind.name}/{record.pk}/preview/" + (f"?{way}" if way else "")


def links(text: str) -> list[str]:
    return re.findall(r'href="(/records/\w+/\d+/preview/[^"]*)"', text.replace("&amp;", "&"))


@pytest.fixture
def deal():
    return DealFactory(dealname="Engine")


@pytest.fixture
def ada(deal):
    ada = ContactFactory(firstname="Ada", lastname="Byron", email="ada@example.com", city="London")
    services.associate(deal, [ada.pk], by=by())
    return ada


def test_every_card_of_the_sidebar_has_a_link_to_the_preview(signed_in, deal, ada):
    text = signed_in.get(deal.get_absolute_url()).text

    assert links(text) == [url(ada, **{"from": deal.pk})]
    assert 'aria-label="Preview Ada Byron"' in text


def test_it_shows_type_properties_associations_and_last_activities(signed_in, ada):
    services.associate(ada, [CompanyFactory(name="Acme").pk], by=by())

    text = signed_in.get(url(ada), headers=HTMX).text

    assert "<html" not in text
    assert 'id="dialog-title" tabindex="-1" autofocus>Ada Byron</h2>' in text
    assert ">Contact</span>" in text
    assert "ada@example.com" in text.split('id="preview-associations"')[0]
    assert re.search(r"<dt>City</dt>\s*<dd>London</dd>", text)
    assert "<dt>Mobile" not in text  # what is empty is left out
    associations = text.split('id="preview-associations"')[1].split("</section>")[0]
    assert re.findall(r"<h4>(\w+) <span[^>]*>(\d+)<", associations) == [("Companies", "1"), ("Deals", "1")]
    assert "Acme" in associations
    activity = text.split('id="preview-activity"')[1].split("</section>")[0]
    assert "Associated with" in activity
    assert 'id="feed"' not in text  # which the page beside it has
    assert f'href="{ada.get_absolute_url()}">Open record</a>' in text


def test_without_script_it_is_a_page_with_the_same_content(signed_in, deal, ada):
    text = signed_in.get(url(ada, **{"from": deal.pk})).text

    assert text.count("<h1") == 1
    assert "Preview of Ada Byron" in text
    assert f'href="{deal.get_absolute_url()}?tab=associations">Engine</a>' in text
    assert "ada@example.com" in text


def test_of_each_section_it_shows_a_few_names_and_the_way_to_all(signed_in, deal):
    services.associate(deal, [person.pk for person in ContactFactory.create_batch(5)], by=by())

    text = signed_in.get(url(deal), headers=HTMX).text

    assert len(links(text)) == 3
    assert "View all 5" in text
    assert f"/records/deals/{deal.pk}/associations/contacts/" in text


def test_first_come_the_properties_that_the_cards_of_that_section_show(signed_in, deal, ada):
    contacts = schema.current().type("contacts")
    sidebar_layout.change(deal.kind, contacts, sort="newest", properties=["city"])

    def lead(**query):
        return signed_in.get(url(ada, **query), headers=HTMX).text.split('id="preview-associations"')[0]

    assert ("London" in lead(), "ada@example.com" in lead()) == (False, True)
    beside = lead(**{"from": deal.pk})
    assert ("London" in beside, "ada@example.com" in beside) == (True, False)


def test_one_goes_from_preview_to_preview_and_all_the_way_back(signed_in, deal, ada):
    acme = CompanyFactory(name="Acme")
    services.associate(ada, [acme.pk], by=by())

    first = signed_in.get(url(ada, **{"from": deal.pk}), headers=HTMX).text
    assert "Back to" not in first
    (onward,) = [link for link in links(first) if "/companies/" in link]
    second = signed_in.get(onward, headers=HTMX).text
    assert "Acme" in second
    back = re.search(r'preview__back" href="([^"]+)"', second)[1].replace("&amp;", "&")

    assert "Back to Ada Byron" in second
    assert back == url(ada, **{"from": deal.pk})
    assert signed_in.get(back, headers=HTMX).text == first


def test_it_leads_to_the_cards_before_and_behind(signed_in, deal):
    people = [ContactFactory(firstname=name, lastname="") for name in "ABC"]
    for person in people:
        services.associate(deal, [person.pk], by=by())

    def steps(person):
        text = signed_in.get(url(person, **{"from": deal.pk}), headers=HTMX).text
        return re.findall(r"(\d of \d|(?:Previous|Next): \w)", text)

    assert [steps(person) for person in reversed(people)] == [
        ["1 of 3", "Next: B"],
        ["2 of 3", "Previous: C", "Next: A"],
        ["3 of 3", "Previous: B"],
    ]


def test_a_record_that_is_no_card_there_has_none_before_or_behind(signed_in, deal):
    services.associate(deal, [person.pk for person in ContactFactory.create_batch(3)], by=by())
    stranger = ContactFactory()

    assert "preview__steps" not in signed_in.get(url(stranger, **{"from": deal.pk}), headers=HTMX).text


def test_what_the_associated_ones_are_called_stands_beside_their_names(signed_in, deal, ada):
    label = make_label("deals", "contacts", "Decision maker", "Decided by")
    association = Association.objects.get()
    Labelling.objects.create(association=association, label=label, from_record=deal, to_record=ada)

    assert "Decision maker" in signed_in.get(url(deal), headers=HTMX).text
    assert "Decided by" in signed_in.get(url(ada), headers=HTMX).text


@pytest.mark.parametrize("way", ["x", "999999999", "9" * 30, "-x", "٣", "", "999999999-x"])
def test_a_way_that_leads_from_nowhere_is_no_way(signed_in, ada, way):
    for name in ("from", "via"):
        response = signed_in.get(url(ada, **{name: way}), headers=HTMX)
        assert response.status_code == 200
        assert "Back to" not in response.text


def test_the_way_back_has_a_bound(signed_in, deal, ada):
    text = signed_in.get(url(ada, via="-".join(["999999999"] * 500 + [str(deal.pk)])), headers=HTMX).text

    assert max(len(link) for link in links(text)) < 300
    assert "Back to Engine" in text


def test_an_archived_record_is_neither_shown_nor_led_back_to(signed_in, deal, ada):
    archive_records([deal.pk], by=by())

    assert signed_in.get(url(deal), headers=HTMX).status_code == 404
    text = signed_in.get(url(ada, via=deal.pk), headers=HTMX).text
    assert "Engine" not in text.split('id="preview-activity"')[0]


@pytest.mark.parametrize("path", ["planets/1/preview/", "contacts/9999999/preview/", "deals/{ada}/preview/"])
def test_an_address_of_nothing_is_a_404(signed_in, ada, path):
    assert signed_in.get(f"/records/{path.format(ada=ada.pk)}").status_code == 404


def test_markup_in_names_is_shown_as_text(signed_in):
    bad = "<script>alert(1)</script>"
    ticket, company = TicketFactory(subject=bad), CompanyFactory(name=bad, domain="")
    services.associate(ticket, [company.pk], by=by())

    for text in (
        signed_in.get(url(ticket)).text,
        signed_in.get(url(company, **{"from": ticket.pk}), headers=HTMX).text,
    ):
        assert bad not in text
        assert "&lt;script&gt;" in text


def test_it_needs_a_user_who_is_signed_in(client, ada):
    assert client.get(url(ada)).status_code == 302
