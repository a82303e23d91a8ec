"""All records of a section as a page: a list like any, with what the associations say."""

import random
import re
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from django.db import connection
from django.http import QueryDict

from associations import links, services
from associations.associated import AssociatedList
from associations.labels import Word, words
from associations.models import Association
from records import lists, schema
from records.models import Contact, RecordQuerySet
from records.provenance import Origin
from records.services import archive_records
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    UserFactory,
    by,
    make_label,
    make_limit,
)

from .seen import words_of
from .test_query_counts import queries

pytestmark = pytest.mark.django_db
HTMX_LIST = {"HX-Request": "true", "HX-Target": "list"}


def url(record, type_name: str = "contacts") -> str:
    return f"/records/{record.kind.name}/{record.pk}/associations/{type_name}/"


def names(text: str) -> list[str]:
    """Return the names that the table shows, in order."""
    cells = re.findall(r'<td class="table__primary">(.*?)</td>', text, re.DOTALL)
    return [re.search(r"<span>([^<]*)</span>\s*</a>", cell)[1] for cell in cells]


def row(text: str, record) -> str:
    return next(part for part in text.split("<tr>") if f'value="{record.pk}"' in part)


def badges(text: str, other) -> list[str]:
    part = text.split(f'id="labels-{other.pk}"')[1].split("</div>")[0]
    return re.findall(r'class="badge label[^"]*">([^<]+)<', part)


@pytest.fixture
def acme():
    return CompanyFactory(name="Acme Ltd")


def people(record, *firstnames: str, user=None) -> list[Contact]:
    """Return new contacts of a record, each associated a day after the one before."""
    made = []
    for number, name in enumerate(firstnames):
        person = ContactFactory(firstname=name, lastname="")
        services.associate(record, [person.pk], by=by(user))
        Association.objects.of(person.pk).update(
            created_at=datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)
        )
        made.append(person)
    return made


def test_it_shows_every_associated_record_and_leads_back(signed_in, acme):
    people(acme, "Ada", "Bob")
    ContactFactory(firstname="Stranger")

    text = signed_in.get(url(acme)).text

    assert re.search(r"<h1>\s*Contacts of Acme Ltd\s*</h1>", text)
    assert names(text) == ["Ada", "Bob"]
    assert f'<a href="{acme.get_absolute_url()}?tab=associations">Acme Ltd</a>' in text
    assert f"{url(acme)}add/?back=" in text
    assert "2 records" in text


def test_the_section_and_the_preview_lead_to_it(signed_in, acme):
    people(acme, *"ABCDEF")

    for page in (acme.get_absolute_url(), f"{acme.get_absolute_url()}preview/"):
        link = re.search(r'href="([^"]+)"[^>]*>(?:<span>)?View all 6', signed_in.get(page).text)[1]
        assert link == url(acme)


def test_to_htmx_it_is_the_section_of_the_sidebar_or_the_list(signed_in, acme):
    people(acme, "Ada")

    section = signed_in.get(url(acme), headers={"HX-Request": "true"}).text
    part = signed_in.get(url(acme), headers=HTMX_LIST).text

    assert section.startswith('<section class="section"')
    assert '<div id="list"' in part
    assert "<h1" not in part


def test_columns_say_the_labels_since_when_and_by_whom(signed_in, acme, user):
    ada, bob = people(acme, "Ada", "Bob", user=user)
    UserFactory(username="other")
    label = make_label("companies", "contacts", "Founder", "Founded")
    services.label_pairs({(acme.pk, ada.pk): [Word(label)]}, by=by())
    Association.objects.of(bob.pk).update(created_by=None, origin=Origin.IMPORT)

    text = signed_in.get(url(acme)).text

    assert badges(text, ada) == ["Primary", "Founder"]
    assert badges(text, bob) == ["Primary"]
    assert "Jan. 1, 2026" in row(text, ada)
    assert "grace" in row(text, ada)
    assert "Import" in row(text, bob)
    assert badges(signed_in.get(url(ada, "companies")).text, acme) == ["Primary", "Founded"]


def test_types_without_labels_show_nothing_of_them(signed_in):
    deal = DealFactory()
    people(deal, "Ada")

    text = signed_in.get(url(deal)).text

    assert names(text) == ["Ada"]
    assert "labels" not in text.lower()


def test_columns_are_chosen_like_any(signed_in, acme):
    people(acme, "Ada")

    text = signed_in.get(url(acme), {"columns": ["city", "association-since"]}).text

    assert re.findall(
        r"Associated since|Associated by|City", text.split("<tbody>")[0].split("<thead>")[1]
    ) == [
        "City",
        "Associated since",
    ]


def test_it_is_searched_filtered_and_sorted_like_any_list(signed_in, acme):
    ada, bob, _carl = people(acme, "Ada", "Bob", "Carl")
    Contact.objects.filter(pk__in=[ada.pk, bob.pk]).update(city="Berlin")
    ContactFactory(firstname="Bobby", city="Berlin")

    def found(**query) -> list[str]:
        return names(signed_in.get(url(acme), query).text)

    assert found(q="bob") == ["Bob"]
    assert found(city__is="Berlin") == ["Ada", "Bob"]
    assert found(city__is="Berlin", sort="-name") == ["Bob", "Ada"]
    assert found(city__is="Berlin", sort="-association-since") == ["Bob", "Ada"]
    assert found(sort="-association-since") == ["Carl", "Bob", "Ada"]
    assert found(q="carl", sort="association-since") == ["Carl"]


def test_a_filter_of_related_records_narrows_it(signed_in, acme):
    ada, _bob = people(acme, "Ada", "Bob")
    services.associate(DealFactory(amount=7), [ada.pk], by=by())

    for sort in ("name", "association-since"):
        query = {"deals.amount__eq": "7", "sort": sort}
        assert names(signed_in.get(url(acme), query).text) == ["Ada"]


def test_by_date_it_is_sorted_by_when_they_were_associated_and_not_by_id(signed_in, acme):
    _ada, _bob, carl = people(acme, "Ada", "Bob", "Carl")
    Association.objects.of(carl.pk).update(created_at=datetime(2025, 1, 1, tzinfo=UTC))

    text = signed_in.get(url(acme), {"sort": "association-since"}).text

    assert names(text) == ["Carl", "Ada", "Bob"]
    assert re.search(r'aria-sort="ascending"[^>]*>\s*<a[^>]*id="sort-association-since"', text)


def test_archived_records_and_what_the_user_may_not_see_are_not_there(signed_in, acme, monkeypatch):
    ada, bob, carl = people(acme, "Ada", "Bob", "Carl")
    archive_records([ada.pk], by=by())
    monkeypatch.setattr(RecordQuerySet, "visible_to", lambda rows, user: rows.live().exclude(pk=bob.pk))

    for sort in ("name", "association-since"):
        assert names(signed_in.get(url(acme), {"sort": sort}).text) == ["Carl"]
    bulk = signed_in.post(
        f"{url(acme)}bulk/",
        {"action": "remove", "selected": [ada.pk, bob.pk, carl.pk], "confirmed": "1", "count": "1"},
    )
    assert bulk.status_code == 302
    assert set(Association.objects.of(acme.pk).values_list("record_b", flat=True)) == {ada.pk, bob.pk}


def test_of_a_record_that_is_not_there_it_is_a_404(signed_in, acme):
    assert signed_in.get(url(acme, "nothing")).status_code == 404
    assert signed_in.get("/records/companies/999999/associations/contacts/").status_code == 404
    archive_records([acme.pk], by=by())
    assert signed_in.get(url(acme)).status_code == 404


def test_without_any_it_says_so_and_offers_to_add(signed_in, acme):
    text = signed_in.get(url(acme)).text

    assert "No contacts are associated with Acme Ltd." in text
    assert text.count(f"{url(acme)}add/?back=") >= 2


def test_what_nothing_matches_leads_back_to_all_of_them(signed_in, acme):
    people(acme, "Ada")

    text = signed_in.get(url(acme), {"q": "nobody"}).text

    assert "Nothing found" in text
    assert f'<a class="button" href="{url(acme)}">Clear search and filters</a>' in text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("createdate__on=never", 422, "Enter a valid date"),
        ("after=%00", 400, "That page of the list does not exist"),
        ("sort=association-since&after=WyJ4IiwxLGZhbHNlXQ", 400, "That page of the list does not exist"),
        ("colour__is=red", 200, "Left out, because it does not exist: colour__is"),
        ("label=999", 200, "Labels: a label that does not exist"),
        ("label=%00", 200, "Labels: a label that does not exist"),
        ("sort=association-by", 200, "Ada"),
        ("view=board", 200, "Ada"),
        ("associated_with=999", 200, "Associated with a record that does not exist"),
    ],
)
def test_an_address_that_makes_no_sense_is_answered_as_by_any_list(signed_in, acme, query, status, said):
    people(acme, "Ada")

    response = signed_in.get(f"{url(acme)}?{query}")

    assert response.status_code == status
    assert said in response.text


# --- Labels ---------------------------------------------------------------------------------------


@pytest.fixture(params=["by id", "along the list"])
def way(request, monkeypatch):
    """Both ways in which the records are found."""
    if request.param == "along the list":
        monkeypatch.setattr(links, "MANY", 3)


@pytest.fixture
def labelled(acme):
    """A contact with colleagues under labels of all kinds, at either end, one of whom is archived."""
    dice = random.Random(3)
    make_label("contacts", "contacts", "Manager", "Employee")
    make_label("contacts", "contacts", "Peer")
    gone = make_label("contacts", "contacts", "Gone")
    before = ContactFactory.create_batch(12)
    ada = ContactFactory(firstname="Ada", lastname="")
    others = [*before, *ContactFactory.create_batch(13)]
    ada.others = {other.pk: other for other in others}
    kind = ada.kind.pk
    for other in others:
        chosen = [word for word in words(kind, kind) if word.label != gone and dice.random() < 0.3]
        chosen += [Word(gone)] if dice.random() < 0.3 else []
        services.associate(ada, [other.pk], by=by(), words={other.pk: chosen})
    archive_records([others[3].pk, others[20].pk], by=by())
    gone.archived_at = "2026-01-01T00:00Z"
    gone.save()
    return ada


def test_any_of_some_labels_or_none_is_what_plain_python_says(signed_in, labelled, way):
    kind = labelled.kind.pk
    keys = {word.key: str(word) for word in words(kind, kind)}
    assert sorted(keys.values()) == ["Employee", "Manager", "Peer"]
    carried = {pk: called - {"Gone"} for pk, called in words_of(labelled).items()}
    choices = [*keys, "none"]

    for number in (1, 2, 3, 4):
        for asked in combinations(choices, number):
            wanted = {keys[key] for key in asked if key != "none"}
            expected = {
                pk for pk, called in carried.items() if called & wanted or ("none" in asked and not called)
            }
            for sort in ("name", "association-since"):
                query = QueryDict(mutable=True)
                query.setlist("label", asked)
                query["sort"] = sort
                found = AssociatedList(labelled, labelled.kind, query, None)
                assert {one.pk for one in found.page.rows} == expected, asked
                assert found.count == len(expected)
                assert sorted(found.ids()) == sorted(expected)


def test_the_chip_says_which_labels_and_takes_them_away(signed_in, labelled):
    manager = words(labelled.kind.pk, labelled.kind.pk)[0]

    text = signed_in.get(url(labelled), {"label": [manager.key, "none"], "sort": "-name"}).text

    assert f"Labels: {manager}, no label" in text
    assert f'name="label" value="{manager.key}" checked' in text
    assert 'href="?sort=-name"' in text.split('class="chip is-active"')[1].split("</span>")[1]


# --- Pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["association-since", "-association-since", "name", "-name"])
def test_pages_go_forwards_and_backwards_through_all(signed_in, labelled, way, sort, monkeypatch):
    monkeypatch.setattr(lists, "PAGE_SIZES", (4, 50))
    since = datetime(2026, 1, 1, tzinfo=UTC)
    for number, association in enumerate(Association.objects.of(labelled.pk).order_by("pk")):
        moment = since + timedelta(days=number * 7 % 5)  # many at the same moment
        Association.objects.filter(pk=association.pk).update(created_at=moment)

    def at(**query):
        return AssociatedList(
            labelled, labelled.kind, QueryDict("&".join(f"{k}={v}" for k, v in query.items())), None
        )

    whole = [one.pk for one in at(sort=sort, per_page=50).page.rows]
    assert len(whole) == 23
    page, forwards = at(sort=sort).page, []
    while True:
        forwards += [one.pk for one in page.rows]
        if page.after is None:
            break
        page = at(sort=sort, after=page.after).page
    assert forwards == whole
    page, backwards = at(sort=sort, last=1).page, []
    while True:
        backwards = [one.pk for one in page.rows] + backwards
        if page.before is None:
            break
        page = at(sort=sort, before=page.before).page
    assert backwards == whole
    dates = {
        row.other_end(labelled.pk): (row.created_at, row.pk) for row in Association.objects.of(labelled.pk)
    }
    if "since" in sort:
        assert whole == sorted(whole, key=dates.get, reverse=sort.startswith("-"))


# --- Rows, and adding -----------------------------------------------------------------------------


def test_a_rows_actions_answer_with_the_list_as_it_was(signed_in, acme):
    ada, _bob = people(acme, "Ada", "Bob")
    make_label("companies", "contacts", "Founder")
    back = f"{url(acme)}?sort=-name"
    base = f"/records/companies/{acme.pk}/associations/{ada.pk}"
    text = signed_in.get(back).text
    assert f"{base}/labels/?edit&amp;back=" in row(text, ada)
    assert f'hx-post="{base}/remove/"' in row(text, ada)

    form = signed_in.get(f"{base}/labels/", {"edit": "", "back": back}, headers={"HX-Request": "true"}).text
    assert 'hx-target="#list"' in form
    assert f'name="back" value="{back}"' in form
    key = words(acme.kind.pk, ada.kind.pk)[-1].key
    saved = signed_in.post(f"{base}/labels/", {f"label-{ada.pk}": key, "back": back}, headers=HTMX_LIST)
    assert names(saved.text) == ["Bob", "Ada"]
    assert badges(saved.text, ada) == ["Founder"]
    assert "Labels of Ada saved." in saved.text

    removed = signed_in.post(f"{base}/remove/", {"back": back}, headers=HTMX_LIST)
    assert names(removed.text) == ["Bob"]
    assert f'name="back" value="{back}"' in removed.text  # of Undo
    assert "HX-Trigger-After-Settle" in removed


def test_a_contacts_company_is_made_primary_in_its_row(signed_in):
    ada = ContactFactory()
    first, second = CompanyFactory(name="First"), CompanyFactory(name="Second")
    make_limit("contacts", "companies", 5)
    services.associate(ada, [first.pk], by=by())
    services.associate(ada, [second.pk], by=by())
    page = url(ada, "companies")
    text = signed_in.get(page).text
    assert "Make primary" in row(text, second)
    assert "Make primary" not in row(text, first)

    answer = signed_in.post(
        f"/records/contacts/{ada.pk}/associations/{second.pk}/primary/", {"back": page}, headers=HTMX_LIST
    )

    assert badges(answer.text, second) == ["Primary"]
    assert badges(answer.text, first) == []


def test_without_script_a_row_is_removed_on_a_page_that_leads_back(signed_in, acme):
    ada, _bob = people(acme, "Ada", "Bob")
    back = f"{url(acme)}?sort=-name"
    address = f"/records/companies/{acme.pk}/associations/{ada.pk}/remove/"

    asked = signed_in.get(address, {"back": back}).text
    assert f'href="{back}">Cancel' in asked
    answer = signed_in.post(address, {"back": back})

    assert answer.status_code == 302
    assert answer.url == back


def test_the_picker_adds_to_the_list(signed_in, acme):
    people(acme, "Bob")
    ada = ContactFactory(firstname="Ada", lastname="")
    back = f"{url(acme)}?sort=-name"
    picker = signed_in.get(f"{url(acme)}add/", {"back": back}, headers={"HX-Request": "true"}).text
    assert 'hx-target="#list"' in picker
    assert f'name="back" value="{back}"' in picker

    saved = signed_in.post(f"{url(acme)}add/", {"selected": ada.pk, "back": back}, headers=HTMX_LIST)

    assert names(saved.text) == ["Bob", "Ada"]
    assert "kith:done" in saved["HX-Trigger-After-Settle"]
    plain = signed_in.post(f"{url(acme)}add/", {"selected": ContactFactory().pk, "back": back})
    assert plain.url == back


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\x00"])
def test_it_leads_back_to_this_site_only(signed_in, acme, back):
    (ada,) = people(acme, "Ada")

    answer = signed_in.post(f"/records/companies/{acme.pk}/associations/{ada.pk}/remove/", {"back": back})

    assert answer.url == f"{acme.get_absolute_url()}?tab=associations"


# --- Queries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 10),
        ("?sort=-association-since", 11),
        ("?label={primary}", 11),
        ("?q=first", 12 if connection.vendor == "sqlite" else 11),
        ("?city__is=Berlin", 11),
    ],
)
def test_the_number_of_queries_is_the_same_for_few_and_for_many(signed_in, acme, query, number):
    """Session, user, data model, record, overdue tasks; the number; rows (by date the associations, then
    their records), and how many where narrowed; the associations shown, their authors and their labels."""
    make_label("companies", "contacts", "Founder")
    contacts = schema.current().type("contacts")
    query = query.format(primary=words(acme.kind.pk, contacts.pk)[0].key)

    def grow(many: int) -> int:
        ids = [one.pk for one in ContactFactory.create_batch(many, city="Berlin")]
        services.associate(acme, ids, by=by(UserFactory()))
        return queries(lambda: signed_in.get(f"{url(acme)}{query}"))

    assert (grow(3), grow(40)) == (number, number)
