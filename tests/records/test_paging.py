"""Pages of a sorted list: together they are the list, whichever way they are walked."""

import base64
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from records import paging, schema
from records.lists import RecordList
from records.models import Company, Property
from records.services import archive_records
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    UserFactory,
    by,
)

from .examples import few, undone

pytestmark = pytest.mark.django_db

FACTORIES = {
    "contacts": ContactFactory,
    "companies": CompanyFactory,
    "deals": DealFactory,
    "tickets": TicketFactory,
}
MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
TEXTS = st.sampled_from(["", "a", "a", "b", "ab", "B", "ź", "🚀", "a\nb", "'"])
# What rows hold in the column of a property: with ties, and with nothing where that may be.
STORED = {
    "tickets.subject": st.sampled_from(["a", "A", "b", "Ź", "é", "🚀"]),
    "companies.industry": TEXTS,
    "companies.domain": TEXTS,
    "companies.numberofemployees": st.none() | st.integers(0, 3) | st.just(2**53),
    "deals.amount": st.none() | st.decimals(0, 2, places=1),
    "deals.closedate": st.none() | st.dates(date(2024, 1, 1), date(2024, 1, 4)),
    "tickets.createdate": st.integers(0, 3).map(lambda number: MOMENT + timedelta(microseconds=number)),
    "contacts.lifecyclestage": st.sampled_from(["", "lead", "customer"]),
}


def prop(path: str) -> Property:
    type_name, name = path.split(".")
    return schema.current().type(type_name).properties[name]


def listed(described: Property, sort: str) -> RecordList:
    query = QueryDict(mutable=True)
    query["sort"] = sort
    return RecordList(described.object_type, query, AnonymousUser())


def walk(records: RecordList, size: int, *, last: bool = False) -> list[list[int]]:
    """Return the ids of each page, walking on from the first page or back from the last one."""
    properties = records.object_type.properties
    rows = records.rows.with_values(
        [properties[name] for name in [records.sort.lstrip("-")] if name in properties]
    )
    pages = [paging.page(rows, records.order, size, last=last)]
    while cursor := pages[-1].before if last else pages[-1].after:
        pages.append(paging.page(rows, records.order, size, **{"before" if last else "after": cursor}))
        assert len(pages) < 50, "the pages do not end"
    return [[record.pk for record in page.rows] for page in pages]


def naive(described: Property, descending: bool) -> list[int]:
    """Return all ids in order: by value, ties by id, rows without a value last whichever the direction."""
    rows = [(described.value_of(record), record.pk) for record in described.object_type.model.objects.all()]
    valued = sorted((row for row in rows if row[0] not in (None, "")), reverse=descending)
    blank = sorted((pk for value, pk in rows if value in (None, "")), reverse=descending)
    return [pk for _value, pk in valued] + blank


def together(pages: list[list[int]]) -> list[int]:
    return [pk for page in pages for pk in page]


def pieces(items: list[int], size: int) -> list[list[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)] or [[]]


@pytest.mark.parametrize("path", STORED)
@few
@given(data=st.data(), size=st.integers(1, 4), descending=st.booleans())
def test_the_pages_are_the_sorted_list_whichever_way_they_are_walked(path, data, size, descending):
    described = prop(path)
    with undone():
        for value in data.draw(st.lists(STORED[path], max_size=9)):
            FACTORIES[described.object_type.name](**{described.column: value})
        records = listed(described, f"{'-' if descending else ''}{described.name}")
        expected = naive(described, descending)

        assert walk(records, size) == pieces(expected, size)
        backwards = [page[::-1] for page in walk(records, size, last=True)]
        assert backwards == pieces(expected[::-1], size)


@few
@given(data=st.data(), size=st.integers(1, 4))
def test_from_any_page_the_way_back_shows_the_same_pages(data, size):
    with undone():
        for value in data.draw(st.lists(STORED["companies.industry"], max_size=9)):
            CompanyFactory(industry=value)
        records = listed(prop("companies.industry"), "industry")
        page = paging.page(records.rows, records.order, size)
        forward = [page.rows]
        while page.after:
            page = paging.page(records.rows, records.order, size, after=page.after)
            forward.append(page.rows)
        back = [page.rows]
        while page.before:
            page = paging.page(records.rows, records.order, size, before=page.before)
            back.append(page.rows)

        assert back == forward[::-1]


@pytest.mark.parametrize("sort", ["name", "-name", "lastname", "hubspot_owner_id", "-hubspot_owner_id"])
def test_contacts_are_paged_by_name_and_by_owner(sort):
    owners = [UserFactory(username="b"), UserFactory(username="a"), None]
    for number in range(7):
        ContactFactory(firstname="xXy"[number % 3], lastname=str(number % 2), owner=owners[number % 3])
    described = prop("contacts.lastname")

    def key(contact):
        owner = contact.owner.username if contact.owner else ""
        named = {"name": contact.sort_name, "lastname": contact.lastname, "hubspot_owner_id": owner}
        return named[sort.removeprefix("-")], contact.pk

    descending = sort.startswith("-")
    rows = sorted(described.object_type.model.objects.all(), key=key, reverse=descending)
    if sort == "hubspot_owner_id":
        rows = [row for row in rows if row.owner] + [row for row in rows if not row.owner]
    expected = [row.pk for row in rows]

    assert walk(listed(described, sort), 2) == pieces(expected, 2)
    assert together(walk(listed(described, sort), 2, last=True)[::-1]) == expected


@pytest.mark.parametrize("sort", ["dealstage", "-dealstage"])
def test_deals_are_paged_in_the_order_of_their_stages(sort):
    stages = schema.current().type("deals").pipelines[0].stage_list
    for number in (4, 0, 6, 0, 2, 4):
        DealFactory(dealstage=stages[number])
    described = prop("deals.dealstage")
    rows = sorted(
        described.object_type.model.objects.select_related("dealstage"),
        key=lambda deal: (deal.dealstage.position, deal.pk),
        reverse=sort.startswith("-"),
    )

    assert walk(listed(described, sort), 4) == pieces([deal.pk for deal in rows], 4)


@pytest.mark.parametrize("type_name", FACTORIES)
def test_a_list_can_be_sorted_and_paged_by_each_of_its_columns(type_name):
    object_type = schema.current().type(type_name)
    ids = sorted(record.pk for record in FACTORIES[type_name].create_batch(3))

    for described in object_type.properties.values():
        for sign in ("", "-"):
            pages = walk(listed(described, f"{sign}{described.name}"), 2)
            assert sorted(together(pages)) == ids, described.name


def test_a_page_costs_at_most_two_queries_wherever_it_is(django_assert_max_num_queries):
    for number in range(8):
        CompanyFactory(industry="tea" if number % 2 else "")
    records = listed(prop("companies.industry"), "industry")
    cursor = ""
    for _page in range(3):
        with django_assert_max_num_queries(2):
            page = paging.page(records.rows, records.order, 3, after=cursor)
        cursor = page.after


@few
@given(
    names=st.lists(st.sampled_from("abc"), min_size=4, max_size=8),
    added=st.lists(st.sampled_from("abc"), max_size=3),
    gone=st.sets(st.integers(0, 7), max_size=3),
)
def test_rows_that_come_and_go_between_pages_neither_double_nor_hide_others(names, added, gone):
    with undone():
        before = [CompanyFactory(name=name).pk for name in names]
        records = listed(prop("companies.name"), "name")
        page = paging.page(records.rows, records.order, 2)
        seen = [record.pk for record in page.rows]
        removed = [before[number] for number in gone if number < len(before)]
        archive_records(removed[:1], by=by())
        Company.objects.filter(pk__in=removed[1:]).delete()
        for name in added:
            CompanyFactory(name=name)
        while page.after:
            page = paging.page(records.rows, records.order, 2, after=page.after)
            seen += [record.pk for record in page.rows]

        assert len(seen) == len(set(seen))
        assert set(before) - set(removed) <= set(seen)


# --- Cursors that were cut or changed by hand -------------------------------------------------------


def forged(data: object) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


BAD = {
    "no base 64": "%%%",
    "cut": "eyJh",
    "not ASCII": "żółw",
    "NUL": "\x00",
    "no JSON": forged("nonsense"),
    "another shape": forged({"a": 1}),
    "too few": forged(["a", 1]),
    "too many": forged(["a", 1, False, 1]),
    "no key": forged(["a", None, False]),
    "a key as text": forged(["a", "1", False]),
    "a key beyond 64 bits": forged(["a", 10**30, False]),
    "a blank that is none": forged(["a", 1, "yes"]),
    "a list as value": forged([["a"], 1, False]),
    "NUL in the value": forged(["a\x00b", 1, False]),
    "nested without end": forged("[" * 5_000),
    "half a letter": forged('["\\ud800", 1, false]'),
    "a number beyond 64 bits": forged([10**30, 1, False]),
    "a number beyond all": forged("[1e999, 1, false]"),
    "no number": forged("[NaN, 1, false]"),
    "a decimal beyond the column": forged(["1E+99", 1, False]),
    "a moment before all": forged(["0001-01-01T00:00:00+14:00", 1, False]),
    "a moment after all": forged(["9999-12-31T23:59:59-14:00", 1, False]),
    "a word": forged(["word", 1, False]),
    "a truth": forged([True, 1, False]),
    "nothing": forged([None, 1, False]),
}
SORTS = [
    "companies.name",
    "companies.industry",
    "companies.numberofemployees",
    "companies.annualrevenue",
    "companies.createdate",
    "companies.hubspot_owner_id",
    "deals.closedate",
    "deals.dealstage",
]


@pytest.mark.parametrize("path", SORTS)
@pytest.mark.parametrize("cursor", BAD.values(), ids=BAD)
def test_a_cursor_changed_by_hand_gives_some_page_or_is_refused(path, cursor):
    described = prop(path)
    records = listed(described, described.name)
    for way in ("after", "before"):
        try:
            paging.page(records.rows, records.order, 5, **{way: cursor})
        except paging.BadCursor:
            continue


NEVER = ["no base 64", "cut", "no JSON", "another shape", "too few", "no key", "a key beyond 64 bits", "NUL"]


@pytest.mark.parametrize("cursor", [BAD[name] for name in NEVER], ids=NEVER)
def test_a_cursor_that_means_nothing_gives_400_and_the_first_page(signed_in, cursor):
    company = CompanyFactory(name="Acme")

    response = signed_in.get("/records/companies/", {"after": cursor})

    assert response.status_code == 400
    assert "That page of the list does not exist; this is the first one." in response.text
    assert company.get_absolute_url() in response.text


@few
@given(cut=st.integers(1, 40), letter=st.characters(codec="ascii"))
def test_a_real_cursor_cut_or_with_a_letter_changed_never_breaks_the_page(cut, letter):
    with undone():
        CompanyFactory.create_batch(3)
        records = listed(prop("companies.name"), "name")
        cursor = paging.page(records.rows, records.order, 1).after
        for changed in (cursor[:-cut], cursor[:cut] + letter + cursor[cut + 1 :]):
            try:
                paging.page(records.rows, records.order, 1, after=changed)
            except paging.BadCursor:
                continue


def test_a_cursor_of_another_order_never_breaks_the_page(signed_in):
    CompanyFactory.create_batch(30, numberofemployees=5)
    records = listed(prop("companies.name"), "name")
    cursor = paging.page(records.rows, records.order, 1).after

    response = signed_in.get("/records/companies/", {"sort": "numberofemployees", "after": cursor})

    assert response.status_code == 400
