"""What associations add to lists: a column per object type, and "associated with this record"."""

import re

import pytest

from associations import services
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
    more = re.search(r'href="([^"]+associated_with[^"]+)"', cell)[1]
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
