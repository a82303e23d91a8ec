"""What associations add to lists: a column per object type, and "associated with this record"."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import columns, services
from associations.labels import primary_word
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

pytestmark = pytest.mark.django_db


def row(text: str, record) -> str:
    """Return the markup of a record's row."""
    return next(part for part in text.split("<tr>") if f'value="{record.pk}"' in part)


def test_the_list_of_contacts_shows_each_ones_company_linked(signed_in):
    acme, ada, bob = CompanyFactory(name="Acme"), ContactFactory(), ContactFactory()
    services.associate(acme, [ada.pk], by=by())

    text = signed_in.get("/records/contacts/").text

    assert f'<a href="{acme.get_absolute_url()}">Acme</a>' in row(text, ada)
    assert "Acme" not in row(text, bob)


def test_of_several_the_first_is_named_and_more_leads_to_all(signed_in):
    deal, people = DealFactory(), ContactFactory.create_batch(3)
    for person in people:
        services.associate(deal, [person.pk], by=by())

    cell = row(signed_in.get("/records/deals/?columns=associated-contacts").text, deal)

    assert str(people[0]) in cell
    assert str(people[1]) not in cell
    more = re.search(r'href="([^"]+/associations/contacts/)"', cell)[1]
    assert all(str(person) in signed_in.get(more).text for person in people)


def test_an_archived_company_is_not_named(signed_in):
    acme, ada = CompanyFactory(name="Acme"), ContactFactory()
    services.associate(acme, [ada.pk], by=by())
    archive_records([acme.pk], by=by())

    assert "Acme" not in signed_in.get("/records/contacts/").text


def test_the_list_of_associated_records_is_searched_sorted_and_filtered_like_any(signed_in):
    ticket = TicketFactory()
    cheap, dear = DealFactory(dealname="Cheap", amount=1), DealFactory(dealname="Dear", amount=9)
    services.associate(ticket, [cheap.pk, dear.pk], by=by())
    DealFactory(dealname="Dear too", amount=9)

    def names(query: str) -> list[str]:
        text = signed_in.get(f"/records/deals/?associated_with={ticket.pk}&{query}").text
        return re.findall(r"<span>(Cheap|Dear too|Dear)</span>", text)

    assert names("sort=-amount") == ["Dear", "Cheap"]
    assert names("amount__gte=5") == ["Dear"]
    assert names("q=chea") == ["Cheap"]


@pytest.mark.parametrize("pk", ["0", "999999999", "x", "-1", "99999999999999999999", "1 OR 1=1", "\x00"])
def test_associated_with_nothing_is_an_empty_list_that_says_so(signed_in, pk):
    ContactFactory(firstname="Ada", lastname="Lovelace")

    response = signed_in.get("/records/contacts/", {"associated_with": pk})

    assert response.status_code == 200
    assert "Associated with a record that does not exist" in response.text
    assert "Ada Lovelace" not in response.text


def test_the_primary_company_is_marked_where_there_are_several(signed_in):
    deal, lone = DealFactory(), DealFactory()
    acme, beta, gamma = (CompanyFactory(name=name) for name in ("Acme", "Beta", "Gamma"))
    services.associate(deal, [acme.pk, beta.pk, gamma.pk], by=by())
    services.associate(lone, [acme.pk], by=by())
    word = primary_word(deal.object_type_id, beta.object_type_id)
    services.label_pairs({(deal.pk, beta.pk): [word]}, by=by())

    text = signed_in.get("/records/deals/").text

    assert ">Beta</a>" in row(text, deal)
    assert ">Primary</span>" in row(text, deal)
    assert ">+2</a>" in row(text, deal)
    assert "Primary" not in row(text, lone)
    services.unlabel_pairs({(deal.pk, beta.pk): [word]}, by=by())
    text = signed_in.get("/records/deals/").text
    assert ">Acme</a>" in row(text, deal)
    assert "Primary" not in row(text, deal)


def test_what_a_cell_counts_has_an_end(signed_in, monkeypatch):
    monkeypatch.setattr(columns, "COUNTED", 3)
    deal = DealFactory()
    services.associate(deal, [one.pk for one in ContactFactory.create_batch(3)], by=by())
    address = "/records/deals/?columns=associated-contacts"

    assert ">+2</a>" in row(signed_in.get(address).text, deal)
    services.associate(deal, [one.pk for one in ContactFactory.create_batch(9)], by=by())
    assert ">+2 and more</a>" in row(signed_in.get(address).text, deal)


def test_the_column_costs_the_same_queries_for_few_and_for_many(signed_in, django_assert_num_queries):
    companies = [one.pk for one in CompanyFactory.create_batch(12)]

    def grow(number: int) -> None:
        for deal in DealFactory.create_batch(number):
            services.associate(deal, companies[:number], by=by())

    grow(2)
    with CaptureQueriesContext(connection) as few:
        signed_in.get("/records/deals/")
    grow(12)
    with django_assert_num_queries(len(few)):
        signed_in.get("/records/deals/")
