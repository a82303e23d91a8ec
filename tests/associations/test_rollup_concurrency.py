"""Transactions that change at once what a derived value follows from: afterwards it is right."""

from functools import partial

import pytest
from django.db import connection

from associations import rollups, services
from associations.models import Association, AssociationLimit
from associations.services import AssociationRefused
from records import schema
from records import services as record_services
from records.models import Company, Deal
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

from . import deriving
from .test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ROUNDS = 5


@pytest.fixture(autouse=True)
def _defined():
    deriving.define()


def in_order(results) -> None:
    """Let nothing but a rule's refusal have gone wrong."""
    assert not [
        one for one in results if isinstance(one, Exception) and not isinstance(one, AssociationRefused)
    ]
    assert deriving.stored() == deriving.expected()


def change(record, **values):
    return partial(record_services.update_record, record, values, by=by())


def test_many_deals_of_one_company_changed_at_once():
    company, deals = CompanyFactory(), DealFactory.create_batch(8)
    services.associate(company, [deal.pk for deal in deals], by=by())

    for number in range(ROUNDS):
        in_order(at_once(*(change(deal, amount=number * 10 + place) for place, deal in enumerate(deals))))


def test_associating_while_the_amount_changes():
    for number in range(ROUNDS):
        company, deals = CompanyFactory(), DealFactory.create_batch(4)
        in_order(
            at_once(
                *(change(deal, amount=number + 7) for deal in deals),
                *(partial(services.associate, company, [deal.pk], by=by()) for deal in deals),
            )
        )


def test_archiving_while_others_associate():
    for _round in range(ROUNDS):
        company, deals = CompanyFactory(), DealFactory.create_batch(4)
        in_order(
            at_once(
                *(partial(services.associate, company, [deal.pk], by=by()) for deal in deals),
                partial(record_services.archive_records, [deals[0].pk, deals[1].pk], by=by()),
                partial(record_services.archive_records, [deals[3].pk], by=by()),
            )
        )
        in_order(
            at_once(
                partial(record_services.restore_records, [one.pk for one in deals], by=by()),
                change(deals[2], amount=5),
                partial(services.dissociate, company, [deals[0].pk], by=by()),
            )
        )


def test_chains_in_both_directions_at_once():
    """Companies follow their deals, contacts their companies, deals their contacts, companies each other."""
    AssociationLimit.objects.all().delete()
    companies, contacts, deals = CompanyFactory.create_batch(3), ContactFactory.create_batch(3), []
    for company, contact in zip(companies, contacts, strict=True):
        own = DealFactory.create_batch(2)
        services.associate(company, [contact.pk, *(deal.pk for deal in own)], by=by())
        services.associate(contact, [deal.pk for deal in own], by=by())
        deals += own
    services.associate(companies[0], [one.pk for one in companies[1:]], by=by())

    for number in range(ROUNDS):
        in_order(
            at_once(
                *(change(deal, amount=number * 100 + place) for place, deal in enumerate(deals[:4])),
                *(change(company, industry=f"I{number}") for company in companies[:2]),
                partial(services.associate_pairs, [(companies[2].pk, deals[number].pk)], by=by()),
                partial(services.associate_pairs, [(contacts[0].pk, companies[2].pk)], by=by()),
            )
        )


def test_a_company_edited_while_its_roll_up_follows_keeps_both():
    company, deals = CompanyFactory(), DealFactory.create_batch(4)
    services.associate(company, [deal.pk for deal in deals], by=by())
    texts = {"city": "Lund", "phone": "1", "industry": "Glass", "type": "Partner"}

    for number in range(ROUNDS):
        in_order(
            at_once(
                *(change(company, **{name: f"{text}{number}"}) for name, text in texts.items()),
                *(change(deal, amount=number) for deal in deals),
            )
        )
        fresh = Company.objects.get(pk=company.pk)
        assert {name: getattr(fresh, name) for name in texts} == {
            name: f"{text}{number}" for name, text in texts.items()
        }


def test_bulk_changes_and_a_stage_move_at_once():
    kind = schema.current().type("deals")
    stages = list(kind.stages.values())
    companies, deals = CompanyFactory.create_batch(3), DealFactory.create_batch(9)
    pairs = [(companies[place % 3].pk, deal.pk) for place, deal in enumerate(deals)]
    services.associate_pairs(pairs, by=by())

    for number in range(ROUNDS):
        amounts = {deal.pk: {"amount": number * 3} for deal in deals}
        in_order(
            at_once(
                partial(record_services.update_records, kind, amounts, by=by()),
                partial(record_services.move_between_stages, stages[number % 2], stages[-1], by=by()),
                partial(services.dissociate_pairs, pairs[:2], by=by()),
                partial(services.associate_pairs, pairs[1:4], by=by()),
            )
        )
    assert Deal.objects.count() == 9
    assert Association.objects.exists()


def test_recalculating_while_records_change_leaves_them_right():
    company, deals = CompanyFactory(), DealFactory.create_batch(4)
    services.associate(company, [deal.pk for deal in deals], by=by())

    for number in range(ROUNDS):
        results = at_once(
            rollups.recalculate, *(change(deal, amount=number * 10) for deal in deals), rollups.recalculate
        )
        in_order(results)
    connection.close()
