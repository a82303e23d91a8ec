"""How two records are related: the shortest paths, as a plain search finds them, and within bounds."""

from collections import deque
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis.extra.django import TestCase

from associations import paths, services
from associations.models import Association, Labelling
from records import schema
from records.services import archive_records
from tests.examples import examples
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by, make_label

pytestmark = pytest.mark.django_db


def chain(*records) -> None:
    """Associate each record with the next."""
    for one, other in pairwise(records):
        services.associate(one, [other.pk], by=by())


def names(found) -> list[list[str]]:
    return [[str(stop.record) for stop in path] for path in found.paths]


def deals(number: int) -> list:
    return [DealFactory(dealname=letter) for letter in "ABCDEFGHIJ"[:number]]


def shortest(one, other):
    return paths.shortest(one, other, UserFactory())


def test_two_associated_records_are_one_step_apart():
    one, other = deals(2)
    chain(one, other)

    found = shortest(one, other)

    assert (names(found), found.steps, found.is_certain) == ([["A", "B"]], 1, True)


def test_all_shortest_paths_are_found_and_no_longer_one():
    a, b, c, d, e, f = deals(6)
    chain(a, b, d)
    chain(a, c, d)
    chain(a, e, f, d)

    assert names(shortest(a, d)) == [["A", "B", "D"], ["A", "C", "D"]]
    assert names(shortest(d, a)) == [["D", "B", "A"], ["D", "C", "A"]]


def test_of_many_paths_those_over_records_with_few_associations_come_first(monkeypatch):
    monkeypatch.setattr(paths, "PATHS", 2)
    a, b, c, d, e = deals(5)
    for middle in (b, c, d):
        chain(a, middle, e)
    chain(b, DealFactory())

    found = shortest(a, e)

    assert (names(found), found.has_more) == ([["A", "C", "E"], ["A", "D", "E"]], True)


def test_six_steps_are_found_and_seven_are_not():
    row = deals(8)
    chain(*row)

    assert shortest(row[0], row[6]).steps == 6
    found = shortest(row[0], row[7])
    assert (found.paths, found.is_certain) == ([], True)


def test_records_that_have_nothing_to_do_with_each_other():
    a, b, c, d = deals(4)
    chain(a, b)
    chain(c, d)

    found = shortest(a, d)

    assert (found.paths, found.is_certain) == ([], True)


def test_each_stop_says_what_it_is_called_on_the_page_of_the_one_before():
    ada, boss = ContactFactory(firstname="Ada", lastname=""), ContactFactory(firstname="Boss", lastname="")
    acme = CompanyFactory(name="Acme")
    chain(ada, boss, acme)
    association = Association.objects.get(record_a=ada.pk, record_b=boss.pk)
    label = make_label("contacts", "contacts", "Manager", "Employee")
    Labelling.objects.create(association=association, label=label, from_record=ada, to_record=boss)

    def told(found):
        return [(str(stop.record), list(map(str, stop.words))) for stop in found.paths[0]]

    assert told(shortest(ada, acme)) == [("Ada", []), ("Boss", ["Manager"]), ("Acme", ["Primary"])]
    assert told(shortest(acme, ada))[2] == ("Ada", ["Employee"])


def test_archived_records_are_no_part_of_a_path():
    a, b, c, d, e = deals(5)
    chain(a, b, e)
    chain(a, c, d, e)
    archive_records([b.pk], by=by())

    assert names(shortest(a, e)) == [["A", "C", "D", "E"]]


def test_records_that_the_user_may_not_see_are_no_part_of_a_path(monkeypatch):
    from records.models.record import RecordQuerySet

    a, b, c, d, e = deals(5)
    chain(a, b, e)
    chain(a, c, d, e)
    for deal in DealFactory.create_batch(5):
        chain(c, deal)  # so that both ends have read their associations with B before they meet
    monkeypatch.setattr(RecordQuerySet, "visible_to", lambda self, user: self.live().exclude(pk=b.pk))

    assert names(shortest(a, e)) == [["A", "C", "D", "E"]]


class TestHubs:
    @pytest.fixture(autouse=True)
    def low_bounds(self, monkeypatch):
        monkeypatch.setattr(paths, "FOLLOWED", 4)

    def hub(self, name: str):
        hub = CompanyFactory(name=name)
        services.associate(hub, [deal.pk for deal in DealFactory.create_batch(10)], by=by())
        return hub

    def test_a_hub_that_both_reach_joins_them(self):
        one, other = deals(2)
        chain(one, self.hub("Hub"), other)

        assert names(shortest(one, other)) == [["A", "Hub", "B"]]

    def test_a_hub_is_related_to_what_leads_to_it(self):
        a, b, c = deals(3)
        hub = self.hub("Hub")
        chain(a, b, c, hub)

        assert names(shortest(hub, a)) == [["Hub", "C", "B", "A"]]
        assert names(shortest(a, hub)) == [["A", "B", "C", "Hub"]]

    def test_hubs_that_are_associated_join_what_belongs_to_them(self):
        one, other = deals(2)
        chain(one, self.hub("Hub"), self.hub("Other hub"), other)

        found = shortest(one, other)

        assert names(found) == [["A", "Hub", "Other hub", "B"]]
        assert (found.hubs, found.is_certain) == (2, False)

    def test_two_hubs_are_related_by_what_they_have_in_common(self):
        hub, other = self.hub("Hub"), self.hub("Other hub")
        (one,) = deals(1)
        chain(hub, one, other)

        assert names(shortest(hub, other)) == [["Hub", "A", "Other hub"]]

    def test_a_way_that_leads_through_hubs_only_is_not_promised(self):
        one, other = deals(2)
        hub, other_hub = self.hub("Hub"), self.hub("Other hub")
        chain(one, hub, DealFactory(), other_hub, other)

        found = shortest(one, other)

        assert (found.paths, found.hubs, found.is_certain) == ([], 2, False)


def test_more_than_a_step_reads_is_left_out_and_said(monkeypatch):
    monkeypatch.setattr(paths, "READ", 3)
    one, *middle, other = deals(9)
    for deal in middle:
        chain(one, deal, DealFactory(), DealFactory(), DealFactory(), other)

    found = shortest(one, other)

    assert found.steps == 5
    assert (found.was_cut, found.is_certain) == (True, False)


def test_the_number_of_queries_does_not_grow_with_what_is_read():
    """Both ends; one to read and one to count for each step but the last; records, associations, labels."""
    user = UserFactory()

    def queries(width: int) -> int:
        one, other = DealFactory(), DealFactory()
        for _way in range(width):
            chain(one, DealFactory(), DealFactory(), other)
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            assert paths.shortest(one, other, user).steps == 3
        return len(captured)

    assert (queries(1), queries(12)) == (9, 9)


def test_the_number_of_queries_has_a_bound(django_assert_max_num_queries):
    row = deals(10)
    chain(*row)
    user = UserFactory()
    with schema.pinned(), django_assert_max_num_queries(2 + 2 * paths.STEPS + 4):
        assert paths.shortest(row[0], row[9], user).paths == []


class AgainstAPlainSearch(TestCase):
    """Random graphs of up to nine records, whose shortest paths a plain search finds too."""

    @settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        edges=st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1])),
        hub_from=st.sampled_from([2, 3, 300]),
        read=st.sampled_from([4, 5_000]),
    )
    def test_the_paths_are_the_shortest_there_are(self, edges, hub_from, read):
        with pytest.MonkeyPatch.context() as patch, transaction.atomic():
            patch.setattr(paths, "FOLLOWED", hub_from)
            patch.setattr(paths, "READ", read)
            patch.setattr(paths, "PATHS", 200)
            records = DealFactory.create_batch(9)
            place = {record.pk: number for number, record in enumerate(records)}
            Association.objects.bulk_create(
                Association(
                    record_a=records[a], record_b=records[b], type_a=records[a].kind, type_b=records[b].kind
                )
                for a, b in edges
            )
            found = paths.shortest(records[0], records[8], UserFactory())
            transaction.set_rollback(True)
        ways = {tuple(place[stop.record.pk] for stop in path) for path in found.paths}
        wanted = plain_search(edges, 0, 8)
        if found.is_certain:
            assert ways == wanted
        for way in ways:  # what is said is true, whatever was left out
            assert all(tuple(sorted(pair)) in edges for pair in pairwise(way))
            assert len(set(way)) == len(way) >= len(min(wanted))
        if hub_from == 300 and read == 5_000:
            assert found.is_certain


def plain_search(edges, start: int, goal: int) -> set[tuple[int, ...]]:
    """Return all shortest ways of at most six steps, one record at a time."""
    queue, found = deque([(start,)]), set()
    while queue:
        way = queue.popleft()
        if len(way) > 7 or (found and len(way) > len(min(found))):
            break
        if way[-1] == goal:
            found.add(way)
            continue
        nearer = {b if a == way[-1] else a for a, b in edges if way[-1] in (a, b)}
        queue.extend((*way, one) for one in sorted(nearer - set(way)))
    return found
