"""Whatever is done in whatever order: associations are symmetric, unique, within limits, and never shown
with an archived record. A naive model in memory says what has to be there."""

from contextlib import ExitStack

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from associations import services, sidebar
from associations.models import Association, AssociationLimit
from associations.services import AssociationRefused
from records import schema
from records.models import Record
from records.services import archive_records, restore_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, UserFactory, by

places = st.integers(0, 9)
several = st.lists(st.tuples(places, places), min_size=1, max_size=5)


class Associating(RuleBasedStateMachine):
    """Ten records of four types, and everything that can happen to their associations."""

    @initialize(contact_limit=st.integers(1, 2), peer_limit=st.sampled_from([None, 2]))
    def start(self, contact_limit, peer_limit):
        """Make the records and the limits."""
        self.held_open = ExitStack()
        self.held_open.enter_context(schema.pinned())
        self.held_open.enter_context(transaction.atomic())
        self.user = UserFactory()
        self.records = [
            *ContactFactory.create_batch(4),
            *CompanyFactory.create_batch(3),
            *DealFactory.create_batch(2),
            TicketFactory(),
        ]
        kinds = schema.current()
        self.limits = {("contacts", "companies"): contact_limit}
        if peer_limit:
            self.limits["contacts", "contacts"] = peer_limit
        AssociationLimit.objects.all().delete()
        for (from_type, to_type), maximum in self.limits.items():
            AssociationLimit.objects.create(
                from_type=kinds.type(from_type), to_type=kinds.type(to_type), maximum=maximum
            )
        self.pairs: set[frozenset[int]] = set()
        self.archived: set[int] = set()
        self.undoable: list[tuple[str, set[frozenset[int]]]] = []

    def teardown(self):
        """Leave the database as it was."""
        if hasattr(self, "held_open"):
            transaction.set_rollback(True)
            self.held_open.close()

    # --- The naive model --------------------------------------------------------------------------

    def held(self, place: int, type_name: str, pairs) -> int:
        """Return how many records of a type the record at a place has, archived ones included."""
        others = [next(iter(pair - {place})) for pair in pairs if place in pair]
        return sum(self.records[other].object_type_name == type_name for other in others)

    def within_limits(self, pairs) -> bool:
        return all(
            self.held(place, to_type, pairs) <= maximum
            for (from_type, to_type), maximum in self.limits.items()
            for place, record in enumerate(self.records)
            if record.object_type_name == from_type
        )

    def allowed(self, pair: frozenset[int], pairs) -> bool:
        if len(pair) == 1 or pair & self.archived:
            return False
        return pair in pairs or self.within_limits({*pairs, pair})

    def ids(self, pairs) -> list[tuple[int, int]]:
        return [tuple(self.records[place].pk for place in pair) for pair in pairs]

    # --- What can happen --------------------------------------------------------------------------

    @rule(wanted=several)
    def associate_all_or_nothing(self, wanted):
        """Associate pairs as the picker does."""
        pairs = list(dict.fromkeys(frozenset(pair) for pair in wanted))
        after, possible = set(self.pairs), True
        for pair in pairs:
            possible = possible and self.allowed(pair, after)
            after.add(pair)
        try:
            with transaction.atomic():
                services.associate_pairs(self.ids(wanted), by=by())
        except AssociationRefused:
            assert not possible
        else:
            assert possible
            self.pairs = after

    @rule(wanted=several)
    def associate_what_is_allowed(self, wanted):
        """Associate pairs as an import does."""
        services.associate_pairs(self.ids(wanted), by=by(), skip_refused=True)
        for pair in dict.fromkeys(frozenset(pair) for pair in wanted):
            if self.allowed(pair, self.pairs):
                self.pairs.add(pair)

    @rule(contact=st.integers(0, 3), company=st.integers(4, 6))
    def replace(self, contact, company):
        """Move a contact to another company, as "Replace it" does."""
        pair = frozenset((contact, company))
        try:
            with transaction.atomic():
                services.associate(self.records[contact], [self.records[company].pk], by=by())
        except AssociationRefused as error:
            (outcome,) = error.report.refused
            assert not self.allowed(pair, self.pairs)
            if outcome.replaceable is None:
                return
            place = {record.pk: number for number, record in enumerate(self.records)}
            gone = frozenset(place[pk] for pk in outcome.replaceable)
            with transaction.atomic():
                services.associate(
                    self.records[contact],
                    [self.records[company].pk],
                    by=by(),
                    replacing=[outcome.replaceable],
                )
            assert gone in self.pairs
            self.pairs.remove(gone)
        self.pairs.add(pair)

    @rule(wanted=several)
    def dissociate(self, wanted):
        """Dissolve pairs, where they are associated."""
        pairs = {frozenset(pair) for pair in wanted}
        removed = services.dissociate_pairs(self.ids([pair for pair in wanted if len({*pair}) == 2]), by=by())
        assert len(removed) == len(pairs & self.pairs)
        if removed:
            self.undoable.append((services.undo_token(removed), pairs & self.pairs))
        self.pairs -= pairs

    @precondition(lambda self: getattr(self, "undoable", None))
    @rule()
    def undo(self):
        """Bring back what was dissolved last, where the rules still allow it."""
        token, pairs = self.undoable.pop()
        after, possible = set(self.pairs), True
        for pair in pairs:
            possible = possible and self.allowed(pair, after)
            after.add(pair)
        try:
            with transaction.atomic():
                services.undo_dissociate(token, by=by())
        except AssociationRefused:
            assert not possible
        else:
            assert possible
            self.pairs = after

    @rule(chosen=st.sets(places, min_size=1, max_size=3))
    def archive(self, chosen):
        """Archive records; those that are archived stay so."""
        archive_records([self.records[place].pk for place in chosen], by=by())
        self.archived |= chosen

    @rule(chosen=st.sets(places, min_size=1, max_size=3))
    def restore(self, chosen):
        """Restore records; those that are live stay so."""
        restore_records([self.records[place].pk for place in chosen], by=by())
        self.archived -= chosen

    # --- What always holds ------------------------------------------------------------------------

    @invariant()
    def stored_pairs_are_the_expected_ones_each_once(self):
        """Unique, and just those."""
        if not hasattr(self, "records"):
            return
        place = {record.pk: number for number, record in enumerate(self.records)}
        rows = Association.objects.filter(record_a__in=place).values_list("record_a", "record_b")
        assert sorted(sorted((place[a], place[b])) for a, b in rows) == sorted(
            sorted(pair) for pair in self.pairs
        )
        assert all(a < b for a, b in rows)
        assert self.within_limits(self.pairs)

    @invariant()
    def both_pages_show_what_is_live_and_nothing_archived(self):
        """Symmetric, counts and cards, and without archived records."""
        if not hasattr(self, "records"):
            return
        live = {pair for pair in self.pairs if not pair & self.archived}
        for number, record in enumerate(self.records):
            if number in self.archived:
                continue
            expected: dict[str, set[str]] = {}
            for pair in live:
                if number in pair:
                    other = self.records[next(iter(pair - {number}))]
                    expected.setdefault(other.object_type_name, set()).add(str(other))
            shown = sidebar.sections(record, self.user)
            assert {s.object_type.name: s.count for s in shown if s.count} == {
                name: len(names) for name, names in expected.items()
            }
            for section in shown:
                names = {str(card.record) for card in section.cards}
                everyone = expected.get(section.object_type.name, set())
                assert names <= everyone
                assert len(names) == min(len(everyone), sidebar.CARDS)

    @invariant()
    def archived_ends_are_counted_right(self):
        """The number in the row is what the records say."""
        if not hasattr(self, "records"):
            return
        gone = set(Record.objects.filter(archived_at__isnull=False).values_list("pk", flat=True))
        for row in Association.objects.all():
            assert row.archived_ends == (row.record_a_id in gone) + (row.record_b_id in gone)


class TestAssociating(Associating.TestCase, TestCase):
    """Runs the machine, each sequence in a transaction of its own."""

    settings = settings(
        max_examples=20,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


pytestmark = pytest.mark.django_db
