"""The number of queries of each page of records: exactly this, on a few records and on many."""

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from records import schema
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, UserFactory, by

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
FEW, MANY = 5, 60


def grow(number: int) -> None:
    """Add so many records of each type, each with an owner and associated with all kinds of others."""
    owner = UserFactory()
    contacts = ContactFactory.create_batch(number, owner=owner, lifecyclestage="lead")
    companies = CompanyFactory.create_batch(number, owner=owner)
    deals = DealFactory.create_batch(number, owner=owner)
    tickets = TicketFactory.create_batch(number, owner=owner)
    pairs = [
        pair
        for contact, company, deal, ticket in zip(contacts, companies, deals, tickets, strict=True)
        for pair in (
            (contact.pk, company.pk),
            (deal.pk, contact.pk),
            (deal.pk, company.pk),
            (ticket.pk, contact.pk),
            (ticket.pk, deal.pk),
        )
    ]
    pairs += [(one.pk, other.pk) for one, other in pairwise(contacts)]
    services.associate_pairs(pairs, by=by())


def queries(send) -> int:
    """Return how many queries a request takes once the data model is in memory."""
    schema.current()
    with CaptureQueriesContext(connection) as captured:
        assert send().status_code == 200
    return len(captured)


def queries_of_both(send) -> tuple[int, int]:
    """Return the queries of a request on few and on many records."""
    grow(FEW)
    few = queries(send)
    grow(MANY - FEW)
    return few, queries(send)


def every_column() -> str:
    kind = schema.current().type("contacts")
    names = [*kind.properties, *(f"associated-{other.name}" for other in schema.current().main_types)]
    return "&".join(f"columns={name}" for name in names)


# Session, user and data model; the page's rows, the count, and the companies' column (two).
@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 8),
        ("?sort=-createdate", 8),
        ("?per_page=100", 8),
        ("?last=1", 8),
        ("?lifecyclestage__in=lead&createdate__after=2020-01-01", 8),
        ("?columns=", 6),
    ],
)
def test_a_list(signed_in, query, number):
    assert queries_of_both(lambda: signed_in.get(f"/records/contacts/{query}")) == (number, number)


def test_a_list_that_is_searched(signed_in):
    """On SQLite one query more: whether the text is a common one."""
    number = 9 if connection.vendor == "sqlite" else 8

    assert queries_of_both(lambda: signed_in.get("/records/contacts/?q=first")) == (number, number)


def test_a_list_of_every_column(signed_in):
    """Two queries for each of the four associated types, and one for that of which somebody has several."""
    url = f"/records/contacts/?{every_column()}"

    assert queries_of_both(lambda: signed_in.get(url)) == (15, 15)


def test_a_sorted_list_takes_one_more_where_its_page_reaches_the_rows_without_a_value(signed_in):
    ContactFactory(jobtitle="Founder")

    assert queries_of_both(lambda: signed_in.get("/records/contacts/?sort=jobtitle")) == (9, 9)
    assert queries(lambda: signed_in.get("/records/contacts/?sort=email")) == 8


@pytest.mark.parametrize("sort", ["dealstage", "-dealstage", "-hubspot_owner_id"])
def test_a_list_sorted_by_a_related_row_takes_one_more_for_the_groups(signed_in, sort):
    grow(30)  # a page of them has no row without a value

    assert queries_of_both(lambda: signed_in.get(f"/records/deals/?sort={sort}")) == (9, 9)


def test_a_list_of_the_records_associated_with_one(signed_in):
    """One query more: the record that the list is narrowed to."""
    company = CompanyFactory()

    def send():
        return signed_in.get(f"/records/contacts/?associated_with={company.pk}")

    def add(number):
        services.associate(company, [one.pk for one in ContactFactory.create_batch(number)], by=by())

    add(FEW)
    few = queries(send)
    add(MANY - FEW)
    assert (few, queries(send)) == (9, 9)


def test_the_form_that_creates_a_record(signed_in):
    """Session, user, data model, and the users to choose an owner from."""
    assert queries_of_both(lambda: signed_in.get("/records/contacts/new/", headers=HTMX)) == (4, 4)


def test_creating_a_record(signed_in):
    numbers = iter(range(10))

    def send():
        values = {"new-firstname": "Ada", "new-email": f"ada{next(numbers)}@example.com"}
        return signed_in.post("/records/contacts/new/", values, headers=HTMX)

    assert queries_of_both(send) == (17, 17)


def test_possible_duplicates_of_a_new_record(signed_in):
    ContactFactory(email="ada@example.com")
    query = {"new-firstname": "First", "new-email": "Ada@example.com"}

    assert queries_of_both(lambda: signed_in.get("/records/contacts/duplicates/", query)) == (6, 6)


def test_a_property_edited_in_place(signed_in):
    contact = ContactFactory()
    url = f"/records/contacts/{contact.pk}/properties/jobtitle/"

    assert queries_of_both(lambda: signed_in.get(f"{url}?edit", headers=HTMX)) == (4, 4)
    assert queries(lambda: signed_in.post(url, {"edit-jobtitle": "Founder"}, headers=HTMX)) == 15


def test_archiving_one_and_many(signed_in):
    def queries_for(number):
        ids = [contact.pk for contact in ContactFactory.create_batch(number)]
        with CaptureQueriesContext(connection) as captured:
            signed_in.post("/records/contacts/archive/", {"selected": ids})
        return len(captured)

    assert queries_for(1) == queries_for(25)


def test_a_search_of_all_records(signed_in):
    """Session, user and data model; names that begin with the text; all else that matches."""
    assert queries_of_both(lambda: signed_in.get("/search/", {"q": "per"}, headers=HTMX)) == (6, 6)
    assert queries(lambda: signed_in.get("/search/", {"q": "pe"}, headers=HTMX)) == 5
