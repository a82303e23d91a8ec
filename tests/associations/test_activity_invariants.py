"""Whatever is logged, associated, taken away or archived, in whatever order: each timeline has the activities
that a naive model says, each once, and in order. The model follows the default rules in its own way."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from associations import services
from associations.activities import log_activity, reassociate
from associations.models import Association, AssociationLimit
from records import schema
from records.models import Record
from records.services import archive_records, restore_records, update_record
from records.undo import undo
from tests.examples import examples
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

pytestmark = pytest.mark.django_db
CONTACTS, COMPANIES, DEALS, CLOSED = range(0, 3), range(3, 5), range(5, 8), 7
places = st.integers(0, 7)
START = datetime(2026, 5, 1, tzinfo=UTC)
moments = st.integers(0, 20).map(lambda days: START + timedelta(days=days))


class Logging(RuleBasedStateMachine):
    """Eight records, of which the last is a closed deal, and the activities that are logged on them."""

    @initialize(pairs=st.lists(st.tuples(places, places), min_size=12, max_size=24))
    def start(self, pairs):
        """Make the records, and associate some."""
        self.held_open = ExitStack()
        self.held_open.enter_context(transaction.atomic())
        AssociationLimit.objects.all().delete()
        closed = next(stage for stage in schema.current().type("deals").stages.values() if stage.is_closed)
        self.records = [
            *ContactFactory.create_batch(3),
            *CompanyFactory.create_batch(2),
            *DealFactory.create_batch(2),
            DealFactory(dealstage=closed),
        ]
        self.held_open.enter_context(schema.pinned())
        self.pairs: list[tuple[int, int]] = []  # of places, both ways, the oldest first
        self.primary: dict[int, int] = {}
        self.archived: set[int] = set()  # places
        self.gone: set[int] = set()  # ids of archived activities
        self.activities: dict[int, Record] = {}
        self.about: dict[int, set[int]] = {}  # places by activity
        for one, other in pairs:
            self.associate(one, other)

    def teardown(self):
        """Leave the database as it was."""
        if hasattr(self, "held_open"):
            transaction.set_rollback(True)
            self.held_open.close()

    # --- The naive model ------------------------------------------------------------------------------

    def others(self, place: int, among) -> list[int]:
        """Return the live places that one is associated with, the oldest association first."""
        return [two for one, two in self.pairs if one == place and two in among and two not in self.archived]

    def by_rules(self, place: int) -> set[int]:
        """Return where else a note on a record stands by the default rules."""
        if place in COMPANIES:
            return set()
        companies = self.others(place, COMPANIES)
        primary = self.primary.get(place)
        found = {primary if primary in companies else companies[0]} if companies else set()
        if place in CONTACTS:
            return found | ({*self.others(place, DEALS)} - {CLOSED})
        return found | {*self.others(place, CONTACTS)}

    def activity(self, number: int) -> Record:
        """Return one of the activities that have been logged."""
        return list(self.activities.values())[number % len(self.activities)]

    # --- What happens -----------------------------------------------------------------------------------

    @rule(place=places, at=moments)
    def log_by_the_rules(self, place, at):
        """Log a note on a record and on what the rules say."""
        self._log(place, at, None)

    @rule(place=places, at=moments, named=st.sets(places, max_size=3))
    def log(self, place, at, named):
        """Log a note on a record and on named ones."""
        self._log(place, at, named)

    def _log(self, place: int, at: datetime, named: set[int] | None) -> None:
        if ({place} | (named or set())) & self.archived:
            return
        record = self.records[place]
        others = None if named is None else [self.records[one].pk for one in named]
        kind = schema.current().type("notes")
        note, _report = log_activity(
            record, kind, {"hs_note_body": "A", "hs_timestamp": at}, others=others, by=by()
        )
        self.activities[note.pk] = note
        self.about[note.pk] = {place} | (self.by_rules(place) if named is None else named)

    @rule(one=places, other=places)
    def associate(self, one, other):
        """Associate two records; the first company is primary."""
        if one == other or {one, other} & self.archived or (one, other) in self.pairs:
            return
        services.associate(self.records[one], [self.records[other].pk], by=by())
        for place, two in ((one, other), (other, one)):
            has_one = any(first == place and there in COMPANIES for first, there in self.pairs)
            if two in COMPANIES and place not in COMPANIES and not has_one:
                self.primary[place] = two
        self.pairs += [(one, other), (other, one)]

    @rule(one=places, other=places)
    def dissociate(self, one, other):
        """Take an association away: what was logged stays where it is."""
        services.dissociate(self.records[one], [self.records[other].pk], by=by())
        self.pairs = [pair for pair in self.pairs if {*pair} != {one, other}]
        for place, two in ((one, other), (other, one)):
            if self.primary.get(place) == two:
                del self.primary[place]

    @precondition(lambda self: self.activities)
    @rule(number=st.integers(0, 50), chosen=st.sets(places, max_size=4), undone=st.booleans())
    def reassociate(self, number, chosen, undone):
        """Choose anew where an activity stands, and perhaps take that back."""
        activity = self.activity(number)
        if activity.pk in self.gone or chosen & self.archived:
            return
        before = self.about[activity.pk] - self.archived
        try:
            change = reassociate(
                activity,
                [self.records[one].pk for one in chosen],
                among=[self.records[one].pk for one in before],
                by=by(),
            )
        except ValidationError:
            assert not chosen
            return
        if change and undone:
            undo(change, by=by())
        elif change:
            self.about[activity.pk] = (self.about[activity.pk] & self.archived) | chosen

    @precondition(lambda self: self.activities)
    @rule(number=st.integers(0, 50), at=moments)
    def move(self, number, at):
        """Let an activity have happened at another time."""
        activity = self.activity(number)
        if activity.pk not in self.gone:
            self.activities[activity.pk] = update_record(activity, {"hs_timestamp": at}, by=by())

    @rule(place=places)
    def archive_or_restore(self, place):
        """Archive a record, or bring it back."""
        self._archive_or_restore(self.records[place].pk, self.archived, place)

    @precondition(lambda self: self.activities)
    @rule(number=st.integers(0, 50))
    def archive_or_restore_activity(self, number):
        """Archive an activity, or bring it back."""
        activity = self.activity(number)
        self._archive_or_restore(activity.pk, self.gone, activity.pk)

    def _archive_or_restore(self, pk: int, archived: set[int], key: int) -> None:
        change = restore_records if key in archived else archive_records
        change([pk], by=by())
        archived ^= {key}

    # --- What has to hold -------------------------------------------------------------------------------

    @invariant()
    def timelines_are_as_the_model_says(self):
        """Each record has its activities, each once, the latest first."""
        if not hasattr(self, "records"):
            return
        for place, record in enumerate(self.records):
            rows = Association.objects.live().of(record.pk).filter(happened_at__isnull=False)
            found = [row.other_end(record.pk) for row in rows.order_by("-happened_at", "-id")]
            meant = set() if place in self.archived else self.standing(place)
            assert len(found) == len(meant)
            assert {*found} == meant
            times = [self.activities[pk].happened_at for pk in found]
            assert times == sorted(times, reverse=True)

    def standing(self, place: int) -> set[int]:
        """Return the ids of the live activities of a record."""
        return {pk for pk, about in self.about.items() if place in about and pk not in self.gone}


class TestLogging(Logging.TestCase, TestCase):
    """Runs the machine, each sequence in a transaction of its own."""

    settings = settings(
        max_examples=examples(10),
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
