"""Roll-ups and synced values follow whatever is done, in a number of statements that does not grow."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import rollups, services
from records import definition, schema
from records import services as record_services
from records.models import Company, Contact, Deal, Record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

from . import deriving

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def define(type_name, **props):
    definition.apply({"objects": {type_name: {"groups": {"derived": {"properties": props}}}}})


def value(record, name):
    fresh = type(record).objects.get(pk=record.pk)
    return fresh.kind.properties[name].value_of(fresh)


def statements(work) -> int:
    """Return how many statements some work takes once the data model is in memory."""
    with schema.pinned(), CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def company_with(number: int, **values) -> Company:
    company = CompanyFactory()
    deals = DealFactory.create_batch(number, **values)
    services.associate(company, [deal.pk for deal in deals], by=by())
    return company


def test_a_new_record_has_sums_and_counts_of_nothing_and_no_average():
    deriving.define()
    company = CompanyFactory()

    assert (value(company, "open_amount"), value(company, "deal_count")) == (0, 0)
    assert value(company, "average_amount") is None
    assert value(company, "latest_close") is None


def test_sums_are_exact_on_both_databases():
    define(
        "companies",
        total={"type": "currency", "rollup": {"of": "deals", "function": "sum", "property": "amount"}},
    )
    company = company_with(90, amount=Decimal("90071992547.01"))

    assert value(company, "total") == Decimal("90071992547.01") * 90


def test_a_sum_that_does_not_fit_is_empty():
    define(
        "companies",
        total={"type": "currency", "rollup": {"of": "deals", "function": "sum", "property": "amount"}},
    )
    company = company_with(20, amount=Decimal("9999999999999.99"))

    assert value(company, "total") is None


def test_associations_at_both_ends_count():
    """A row stands in the order of ids: some deals are older than the company, others younger."""
    define("companies", deal_count={"rollup": {"of": "deals", "function": "count"}})
    older = DealFactory.create_batch(2)
    company = company_with(3)
    services.associate(company, [deal.pk for deal in older], by=by())

    assert value(company, "deal_count") == 5


def test_archiving_is_followed_at_either_end():
    define("companies", deal_count={"rollup": {"of": "deals", "function": "count"}})
    older, company, younger = DealFactory(), CompanyFactory(), DealFactory()
    services.associate(company, [older.pk, younger.pk], by=by())

    for deal in (older, younger):
        record_services.archive_records([deal.pk], by=by())
        assert value(company, "deal_count") == 1
        record_services.restore_records([deal.pk], by=by())
        assert value(company, "deal_count") == 2


def test_open_tickets_are_counted_and_the_latest_day_is_found():
    define(
        "companies",
        open_tickets={
            "rollup": {"of": "tickets", "function": "count", "where": {"hs_pipeline_stage__open": True}}
        },
        latest={"rollup": {"of": "deals", "function": "max", "property": "closedate"}},
        youngest={"type": "date", "rollup": {"of": "deals", "function": "max", "property": "createdate"}},
    )
    company, deal = CompanyFactory(), DealFactory(closedate=date(2026, 3, 4))
    tickets = TicketFactory.create_batch(2)
    services.associate(company, [deal.pk, *(one.pk for one in tickets)], by=by())
    closed = next(one for one in schema.current().type("tickets").stages.values() if one.is_closed)
    record_services.update_record(tickets[0], {"hs_pipeline_stage": closed}, by=by())

    assert value(company, "open_tickets") == 1
    assert value(company, "latest") == date(2026, 3, 4)
    assert value(company, "youngest") == deal.created_at.date()


def test_synced_values_come_from_the_oldest_association_that_is_live():
    define("contacts", industry={"synced": {"from": "companies", "property": "industry"}})
    from associations.models import AssociationLimit

    AssociationLimit.objects.all().delete()
    ada, first, second = ContactFactory(), CompanyFactory(industry="Glass"), CompanyFactory(industry="Steel")
    services.associate(ada, [first.pk], by=by())
    services.associate(ada, [second.pk], by=by())

    assert value(ada, "industry") == "Glass"
    record_services.archive_records([first.pk], by=by())
    assert value(ada, "industry") == "Steel"
    record_services.restore_records([first.pk], by=by())
    assert value(ada, "industry") == "Glass"
    services.dissociate(ada, [first.pk, second.pk], by=by())
    assert value(ada, "industry") == ""


def test_a_stage_is_synced_by_its_label():
    define("contacts", stage={"type": "text", "synced": {"from": "deals", "property": "dealstage"}})
    ada, deal = ContactFactory(), DealFactory()
    services.associate(ada, [deal.pk], by=by())

    assert value(ada, "stage") == deal.dealstage.label


def test_what_follows_is_nobodys_edit():
    deriving.define()
    company, deal = CompanyFactory(), DealFactory(amount=1)
    services.associate(company, [deal.pk], by=by())
    before = Record.objects.get(pk=company.pk)

    record_services.update_record(deal, {"amount": Decimal(7)}, by=by())

    after = Record.objects.get(pk=company.pk)
    assert after.properties != before.properties
    assert (after.updated_at, after.updated_by_id) == (before.updated_at, before.updated_by_id)


def test_an_archived_type_takes_its_part_along_and_brings_it_back():
    definition.apply(
        {
            "objects": {
                "visits": {
                    "singular": "Visit",
                    "plural": "Visits",
                    "groups": {"a": {"properties": {"title": {}, "cost": {"type": "currency"}}}},
                }
            }
        }
    )
    kind = schema.current().type("visits")
    define("deals", weighted={"type": "currency", "formula": "amount * 2"})
    define(
        "companies",
        total={"type": "currency", "rollup": {"of": "deals", "function": "sum", "property": "weighted"}},
    )
    definition.apply(
        {
            "objects": {
                "visits": {
                    "groups": {
                        "a": {"properties": {"home": {"synced": {"from": "companies", "property": "total"}}}}
                    }
                }
            }
        }
    )
    visit = record_services.create_record(kind, {"title": "First"}, by=by())
    company = company_with(1, amount=10)
    services.associate(visit, [company.pk], by=by())
    assert value(visit, "home") == 20

    record_services.archive_type(kind, by=by())
    deal = Deal.objects.get()
    record_services.update_record(deal, {"amount": Decimal(50)}, by=by())
    record_services.restore_type(kind, by=by())

    assert value(visit, "home") == 100


def test_a_type_that_something_is_made_from_stays():
    definition.apply(
        {
            "objects": {
                "visits": {
                    "singular": "Visit",
                    "plural": "Visits",
                    "groups": {"a": {"properties": {"title": {}, "cost": {"type": "currency"}}}},
                }
            }
        }
    )
    define("companies", visits={"rollup": {"of": "visits", "function": "count"}})
    company = CompanyFactory()
    kind = schema.current().type("visits")
    visit = record_services.create_record(kind, {"title": "First"}, by=by())
    services.associate(visit, [company.pk], by=by())

    record_services.archive_type(kind, by=by())
    services.associate(company, [DealFactory().pk], by=by())  # nothing stumbles over what is gone
    record_services.restore_type(kind, by=by())

    assert value(company, "visits") == 1


# --- How much it takes ----------------------------------------------------------------------------


def test_a_company_of_few_deals_and_one_of_many_take_the_same_number_of_statements():
    deriving.define()
    numbers = []
    for number in (2, 60):
        company = company_with(number)
        deal = Deal.objects.order_by("-pk").first()
        numbers.append(
            [
                statements(
                    lambda deal=deal: record_services.update_record(deal, {"amount": Decimal(5)}, by=by())
                ),
                statements(
                    lambda company=company, deal=deal: services.dissociate(company, [deal.pk], by=by())
                ),
                statements(lambda deal=deal: record_services.archive_records([deal.pk], by=by())),
                statements(lambda deal=deal: record_services.restore_records([deal.pk], by=by())),
            ]
        )
    assert numbers[0] == numbers[1]


def test_few_and_many_changes_at_once_take_the_same_number_of_statements():
    deriving.define()
    kind = schema.current().type("deals")
    companies, deals = CompanyFactory.create_batch(40), DealFactory.create_batch(40)

    def work(number):
        pairs = [(one.pk, other.pk) for one, other in zip(companies[:number], deals, strict=False)]
        changes = {deal.pk: {"amount": Decimal(number)} for deal in deals[:number]}
        yield statements(lambda: services.associate_pairs(pairs, by=by()))
        yield statements(lambda: record_services.update_records(kind, changes, by=by()))
        yield statements(lambda: services.dissociate_pairs(pairs, by=by()))

    assert list(work(2)) == list(work(40))


def test_what_nothing_depends_on_costs_nothing_more():
    contact, deal, company = ContactFactory(), DealFactory(), CompanyFactory()

    def work():
        yield statements(lambda: record_services.update_record(contact, {"jobtitle": "Founder"}, by=by()))
        yield statements(lambda: record_services.update_record(deal, {"description": "Long"}, by=by()))
        yield statements(lambda: services.associate(contact, [deal.pk], by=by()))
        yield statements(lambda: services.dissociate(contact, [deal.pk], by=by()))
        record_services.update_record(contact, {"jobtitle": ""}, by=by())
        record_services.update_record(deal, {"description": ""}, by=by())

    before = list(work())
    define(
        "companies",
        total={"type": "currency", "rollup": {"of": "deals", "function": "sum", "property": "amount"}},
    )
    after = list(work())

    # Associations of other types: only whether they are of these types has to be looked up.
    assert after[:2] == before[:2]
    assert [one - other for one, other in zip(after[2:], before[2:], strict=True)] == [1, 1]
    services.associate(company, [deal.pk], by=by())
    assert value(company, "total") == 1000


def test_the_sidebar_shows_what_follows_in_one_more_query(signed_in):
    define("companies", deal_count={"rollup": {"of": "deals", "function": "count"}})
    company = CompanyFactory()
    url = f"/records/companies/{company.pk}/associations/deals/add/"

    def add(number):
        ids = [deal.pk for deal in DealFactory.create_batch(number)]
        with CaptureQueriesContext(connection) as captured:
            response = signed_in.post(url, {"selected": ids}, headers=HTMX)
        return response.content.decode(), len(captured)

    (text, few), (more, many) = add(1), add(20)

    assert few == many
    assert 'id="property-deal_count" hx-swap-oob="true"' in text
    assert '<div class="property__value property__value--fixed">21</div>' in more


# --- All of them ----------------------------------------------------------------------------------


def test_recalculating_mends_what_was_changed_behind_the_services_and_counts_it(capsys):
    deriving.define()
    company = company_with(2, amount=10)
    Deal.objects.update(amount=20)
    Company.objects.update(properties={})

    call_command("recalculate", "companies.deal_count", "companies.open_amount")
    printed = capsys.readouterr().out

    assert "companies.deal_count: 1 record differed" in printed
    assert value(company, "open_amount") == 40
    call_command("recalculate")
    assert deriving.stored() == deriving.expected()
    assert not any(rollups.recalculate().values())


def test_recalculating_what_is_not_derived_is_refused():
    with pytest.raises(CommandError, match=r"“deals\.amount” is no derived property"):
        call_command("recalculate", "deals.amount")


def test_recalculating_goes_through_all_batches(monkeypatch):
    monkeypatch.setattr(record_services, "BATCH", 3)
    companies = [company_with(2, amount=5) for _number in range(8)]
    contacts = ContactFactory.create_batch(7)
    services.associate_pairs([(one.pk, companies[0].pk) for one in contacts], by=by())

    deriving.define()

    assert deriving.stored() == deriving.expected()
    record_services.update_record(companies[0], {"industry": "Glass"}, by=by())
    assert {value(one, "company_industry") for one in contacts} == {"Glass"}
    assert Contact.objects.count() == 7


def test_a_record_that_is_deleted_for_good_is_missed():
    deriving.define()
    company = company_with(2, amount=10)

    Deal.objects.first().delete()

    assert value(company, "deal_count") == 1
    assert deriving.stored() == deriving.expected()
