"""Two users who save at once cannot break a limit, double an association, or tie to an archived record."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from associations import services
from associations.models import Association
from associations.services import AssociationRefused
from records.models import Record
from records.services import archive_records, restore_records, update_record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
WORKERS = 8


def at_once(*jobs) -> list:
    """Run jobs in a thread and on a connection each, all from one signal; return results or exceptions."""
    start = threading.Barrier(len(jobs))

    def run(job):
        try:
            start.wait()
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


def test_of_eight_companies_added_at_once_to_one_contact_exactly_one_wins():
    for _round in range(5):
        ada = ContactFactory(firstname="Ada", lastname="L")
        companies = CompanyFactory.create_batch(WORKERS)

        results = at_once(*(partial(services.associate, ada, [company.pk], by=by()) for company in companies))

        refused = [result for result in results if isinstance(result, AssociationRefused)]
        assert len(refused) == WORKERS - 1, results
        (pair,) = Association.objects.of(ada.pk).values_list("record_a", "record_b")
        winner = Record.objects.get(pk=next(pk for pk in pair if pk != ada.pk))
        assert all(str(error) == f"Ada L already has a company, {winner}." for error in refused)


def test_from_the_companies_side_too_exactly_one_wins():
    ada, companies = ContactFactory(), CompanyFactory.create_batch(WORKERS)

    results = at_once(*(partial(services.associate, company, [ada.pk], by=by()) for company in companies))

    assert sum(isinstance(result, AssociationRefused) for result in results) == WORKERS - 1
    assert Association.objects.of(ada.pk).count() == 1


def test_the_same_pair_added_from_both_sides_at_once_is_one_association():
    deal, ada = DealFactory(), ContactFactory()
    jobs = [
        partial(services.associate, deal, [ada.pk], by=by()),
        partial(services.associate, ada, [deal.pk], by=by()),
    ]

    results = at_once(*jobs * 4)

    assert sum(len(report.associated) for report in results) == 1
    assert sum(len(report.already) for report in results) == 7
    assert Association.objects.count() == 1


def test_replacing_at_once_leaves_one_company():
    ada, acme = ContactFactory(), CompanyFactory()
    companies = CompanyFactory.create_batch(WORKERS)
    services.associate(ada, [acme.pk], by=by())

    at_once(
        *(
            partial(services.associate, ada, [company.pk], by=by(), replacing=[(ada.pk, acme.pk)])
            for company in companies
        )
    )

    assert Association.objects.of(ada.pk).count() == 1


def test_many_overlapping_saves_in_different_orders_do_not_block_one_another():
    contacts, deals = ContactFactory.create_batch(6), DealFactory.create_batch(6)
    pairs = [(contact.pk, deal.pk) for contact in contacts for deal in deals]

    results = at_once(
        *(
            partial(services.associate_pairs, pairs[order:] + pairs[:order], by=by())
            for order in range(0, 32, 4)
        )
    )

    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(len(report.associated) for report in results) == Association.objects.count() == 36


def test_archiving_while_others_associate_keeps_the_count_of_archived_ends_right():
    for _round in range(5):
        ada, deals = ContactFactory(), DealFactory.create_batch(6)
        at_once(
            *(partial(services.associate, deal, [ada.pk], by=by()) for deal in deals),
            partial(archive_records, [ada.pk], by=by()),
            partial(archive_records, [ada.pk, deals[0].pk], by=by()),
        )

        restored = restore_records([ada.pk, deals[0].pk], by=by())
        assert ada.pk in restored
        assert set(Association.objects.of(ada.pk).values_list("archived_ends", flat=True)) <= {0}


def test_saving_a_property_does_not_bring_back_a_record_archived_at_the_same_moment():
    for _round in range(5):
        ada, deal = ContactFactory(), DealFactory()
        services.associate(ada, [deal.pk], by=by())

        at_once(
            *(partial(update_record, ada, {"jobtitle": name}, by=by()) for name in "abcd"),
            partial(archive_records, [ada.pk], by=by()),
        )

        assert Record.objects.get(pk=ada.pk).archived_at is not None
        assert Association.objects.of(ada.pk).get().archived_ends == 1


def test_different_properties_saved_at_once_are_all_kept():
    ada = ContactFactory()
    values = {"jobtitle": "Countess", "city": "London", "phone": "1815", "country": "UK"}

    at_once(*(partial(update_record, ada, dict([item]), by=by()) for item in values.items()))

    ada.refresh_from_db()
    assert {name: getattr(ada, name) for name in values} == values
