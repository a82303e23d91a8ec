"""Merges at once, and merges against other changes: nothing is lost, nothing is twice."""

from functools import partial

import pytest

from associations import services
from associations.labels import primary_word
from associations.merging import MergeRefused, merge
from associations.models import Association, Labelling
from associations.services import AssociationRefused
from records.models import Record
from records.services import archive_records
from records.undo import undo
from tests.factories import CompanyFactory, DealFactory, by

from .deriving import define, expected, stored
from .test_concurrency import WORKERS, at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def partners(record) -> set[int]:
    pairs = Association.objects.of(record.pk).values_list("record_a", "record_b")
    return {pk for pair in pairs for pk in pair} - {record.pk}


def test_of_merges_of_the_same_two_at_once_in_either_direction_one_wins():
    for _round in range(5):
        one, other, deals = CompanyFactory(), CompanyFactory(), DealFactory.create_batch(4)
        services.associate(one, [deal.pk for deal in deals[:3]], by=by())
        services.associate(other, [deal.pk for deal in deals[1:]], by=by())

        results = at_once(
            *[partial(merge, one, other, by=by()), partial(merge, other, one, by=by())] * (WORKERS // 2)
        )

        assert sum(isinstance(result, MergeRefused) for result in results) == WORKERS - 1, results
        (survivor,) = Record.objects.live().filter(pk__in=[one.pk, other.pk])
        assert partners(survivor) == {deal.pk for deal in deals}
        assert {Record.objects.get(pk=pk).survivor.pk for pk in (one.pk, other.pk)} == {survivor.pk}


def test_what_is_associated_with_the_other_one_meanwhile_comes_over_or_is_refused():
    for _round in range(5):
        one, other, deals = CompanyFactory(), CompanyFactory(), DealFactory.create_batch(WORKERS - 1)

        merged, *results = at_once(
            partial(merge, one, other, by=by()),
            *(partial(services.associate, deal, [other.pk], by=by()) for deal in deals),
        )

        assert not isinstance(merged, Exception), merged
        assert partners(other) == set()
        refused = [isinstance(result, AssociationRefused) for result in results]
        added = {deal.pk for deal, was in zip(deals, refused, strict=True) if not was}
        assert sum(isinstance(result, Exception) for result in results) == sum(refused), results
        assert partners(one) == added


def test_a_chain_of_merges_at_once_loses_no_association():
    for _round in range(5):
        companies = CompanyFactory.create_batch(4)
        deals = DealFactory.create_batch(4)
        for company, deal in zip(companies, deals, strict=True):
            services.associate(company, [deal.pk], by=by())

        at_once(
            *(partial(merge, companies[place], companies[place + 1], by=by()) for place in range(3)),
            *(partial(merge, companies[place + 1], companies[place], by=by()) for place in range(3)),
        )

        live = Record.objects.live().filter(pk__in=[one.pk for one in companies])
        assert set().union(*map(partners, live)) == {deal.pk for deal in deals}
        gone = Record.objects.filter(archived_at__isnull=False, pk__in=[one.pk for one in companies])
        assert all(partners(one) == set() and one.survivor in live for one in gone)


def test_primary_companies_that_change_meanwhile_stay_one_each():
    for _round in range(5):
        one, other, third = CompanyFactory.create_batch(3)
        deals = DealFactory.create_batch(4)
        for deal in deals:
            services.associate(deal, [other.pk, one.pk, third.pk], by=by())
        word = primary_word(deals[0].object_type_id, one.object_type_id)

        results = at_once(
            partial(merge, one, other, by=by()),
            *(partial(services.label_pairs, {(deal.pk, third.pk): [word]}, by=by()) for deal in deals),
        )

        assert not [result for result in results if isinstance(result, Exception)], results
        for deal in deals:
            primary = Labelling.objects.filter(from_record=deal.pk, is_primary=True)
            assert list(primary.values_list("to_record", flat=True)) == [third.pk]
            assert partners(deal) == {one.pk, third.pk}


def test_archiving_and_undoing_meanwhile_leave_counts_and_values_right():
    define()
    for _round in range(3):
        one, other, deals = CompanyFactory(), CompanyFactory(), DealFactory.create_batch(4)
        services.associate(other, [deal.pk for deal in deals], by=by())
        change = merge(one, other, by=by())

        results = at_once(
            *(partial(undo, change, by=by()) for _worker in range(2)),
            *(partial(archive_records, [deal.pk], by=by()) for deal in deals),
        )

        assert sum(isinstance(result, Exception) for result in results) == 1, results
        assert partners(other) == {deal.pk for deal in deals}
        assert set(Association.objects.of(other.pk).values_list("archived_ends", flat=True)) == {1}
        assert stored() == expected()
