"""Whatever is done in whatever order: associations are symmetric, unique, within limits, carry the labels
they were given, have at most one primary company, come back as they were by an undo, and never show with an
archived record; of two that are merged one has what both had. A naive model in memory says what has to be
there."""

from contextlib import ExitStack

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from associations import services, sidebar
from associations.labels import Word, primary_word
from associations.merge_conflicts import Sides
from associations.merging import MergeRefused, merge
from associations.models import Association, AssociationLimit
from associations.outcomes import Labelled
from associations.services import AssociationRefused
from records import schema
from records.history import recorded
from records.models import Record
from records.services import archive_records, restore_records
from records.undo import preview, undo
from tests.examples import examples
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    UserFactory,
    by,
    make_label,
    make_limit,
)

from .naive import Naive
from .seen import words_of

places = st.integers(0, 9)
some_labels = st.sets(st.sampled_from(["manager", "employee", "spouse", "billing", "primary"]), max_size=2)
several = st.lists(st.tuples(places, places, some_labels), min_size=1, max_size=4)


class Associating(RuleBasedStateMachine):
    """Ten records of four types, and everything that can happen to their associations."""

    @initialize(
        contact_limit=st.integers(1, 2),
        peer_limit=st.sampled_from([None, 2]),
        managers=st.sampled_from([None, 1]),
        spouses=st.sampled_from([None, 1]),
        billed=st.sampled_from([None, 1]),
    )
    def start(self, contact_limit, peer_limit, managers, spouses, billed):
        """Make the records, the labels and the limits."""
        self.held_open = ExitStack()
        self.held_open.enter_context(transaction.atomic())
        self.user = UserFactory()
        self.records = [
            *ContactFactory.create_batch(4),
            *CompanyFactory.create_batch(3),
            *DealFactory.create_batch(2),
            TicketFactory(),
        ]
        self.place = {record.pk: number for number, record in enumerate(self.records)}
        manager = make_label("contacts", "contacts", "Manager", "Employee")
        spouse = make_label("contacts", "contacts", "Spouse")
        billing = make_label("companies", "contacts", "Billing contact")
        AssociationLimit.objects.all().delete()
        self.naive = Naive([record.object_type_name for record in self.records])
        for (from_type, to_type), maximum in {
            ("contacts", "companies"): contact_limit,
            ("contacts", "contacts"): peer_limit,
        }.items():
            if maximum:
                make_limit(from_type, to_type, maximum)
                self.naive.limits[from_type, to_type] = maximum
        for label, name, maximum in (
            (manager, "manager", managers),
            (spouse, "spouse", spouses),
            (billing, "billing", billed),
        ):
            if maximum:
                types = [
                    schema.current().type_by_id(pk).name for pk in (label.from_type_id, label.to_type_id)
                ]
                make_limit(*types, maximum, label)
                self.naive.label_limits[name] = maximum
        self.labels = {"manager": manager, "spouse": spouse, "billing": billing}
        self.held_open.enter_context(schema.pinned())
        self.last = None  # the last change, and the model before it

    def teardown(self):
        """Leave the database as it was."""
        if hasattr(self, "held_open"):
            transaction.set_rollback(True)
            self.held_open.close()

    # --- The naive model's terms, and the services' -------------------------------------------------

    def labels_of(self, one: int, other: int, names) -> set[tuple[str, int]]:
        """Return labels for a pair as the model has them: the name, and the place at the `from` end."""
        kinds = self.naive.kinds
        found = set()
        for name in names:
            if name in ("manager", "employee", "spouse") and kinds[one] == kinds[other] == "contacts":
                ends = {"manager": one, "employee": other, "spouse": min(one, other)}
                found.add(("manager" if name == "employee" else name, ends[name]))
            elif name == "billing" and {kinds[one], kinds[other]} == {"companies", "contacts"}:
                found.add((name, one if kinds[one] == "companies" else other))
            elif name == "primary" and (holder := self.naive.holder((one, other))) is not None:
                found.add((name, holder))
        return found

    def word(self, name: str, from_place: int, other: int) -> Word:
        """Return a label of the model as a word, read on the page of its `from` end."""
        if name != "primary":
            return Word(self.labels[name])
        kinds = schema.current()
        return primary_word(
            kinds.type(self.naive.kinds[from_place]).pk, kinds.type(self.naive.kinds[other]).pk
        )

    def asked(self, wanted) -> dict[tuple[int, int], set[tuple[str, int]]]:
        """Return what is asked for, by pair in the order of the services."""
        found: dict[tuple[int, int], set[tuple[str, int]]] = {}
        for one, other, names in wanted:
            pair = (min(one, other), max(one, other))
            found.setdefault(pair, set()).update(self.labels_of(one, other, names) if one != other else ())
        return found

    def words(self, asked) -> dict[tuple[int, int], list[Word]]:
        """Return the same as the services take it."""
        found: dict[tuple[int, int], list[Word]] = {}
        for (a, b), labels in asked.items():
            for name, from_place in labels:
                other = b if from_place == a else a
                key = (self.records[from_place].pk, self.records[other].pk)
                found.setdefault(key, []).append(self.word(name, from_place, other))
        return found

    def ids(self, pairs) -> list[tuple[int, int]]:
        return [(self.records[a].pk, self.records[b].pk) for a, b in pairs]

    def happened(self, change, after: Naive) -> None:
        """Take over what the model says now, and remember how to get back."""
        if change is not None:
            self.last = (change, self.naive)
        self.naive = after

    # --- What can happen --------------------------------------------------------------------------

    @rule(wanted=several)
    def associate_all_or_nothing(self, wanted):
        """Associate pairs with labels as the picker does."""
        asked = self.asked(wanted)
        after, refused = self.naive.associated(asked)
        try:
            with transaction.atomic():
                report = services.associate_pairs(self.ids(asked), by=by(), words=self.words(asked))
        except AssociationRefused:
            assert refused
        else:
            assert not refused
            self.happened(report.change, after)

    @rule(wanted=several)
    def associate_what_is_allowed(self, wanted):
        """Associate pairs with labels as an import does."""
        asked = self.asked(wanted)
        after, refused = self.naive.associated(asked)
        report = services.associate_pairs(
            self.ids(asked), by=by(), words=self.words(asked), skip_refused=True
        )
        assert len(report.refused) == len(refused)
        self.happened(report.change, after)

    @rule(wanted=several)
    def label_what_is_allowed(self, wanted):
        """Label associations; pairs that are not associated are refused."""
        asked = {pair: labels for pair, labels in self.asked(wanted).items() if labels}
        after, refused = self.naive.associated(asked, only_labels=True)
        report = services.label_pairs(self.words(asked), by=by(), skip_refused=True)
        assert len(report.refused) == len(refused)
        self.happened(report.change, after)

    @rule(wanted=several)
    def unlabel(self, wanted):
        """Take labels off."""
        asked = self.asked(wanted)
        after = self.naive.copy()
        count = 0
        for pair, labels in asked.items():
            carried = after.pairs.get(pair, set())
            count += len(carried & labels)
            carried -= labels
        change = recorded(by())
        assert len(services.unlabel_pairs(self.words(asked), by=change)) == count
        self.happened(change.change if count else None, after)

    @rule(one=places, other=places, names=some_labels)
    def edit_a_card(self, one, other, names):
        """Set the labels of one association, as a card does."""
        pair = (min(one, other), max(one, other))
        if pair not in self.naive.pairs or self.naive.archived & set(pair):
            return
        labels = self.labels_of(one, other, names)
        cleared = self.naive.copy()
        cleared.pairs[pair] &= labels
        after, refused = cleared.associated({pair: labels}, only_labels=True)
        record, partner = self.records[pair[0]], self.records[pair[1]].pk
        words = [
            word if key[0] == record.pk else word.reversed
            for key, chosen in self.words({pair: labels}).items()
            for word in chosen
        ]
        try:
            with transaction.atomic():
                report = services.set_words(record, partner, words, by=by())
        except AssociationRefused:
            assert refused
        else:
            assert not refused
            self.happened(report.change, after)

    @rule(contact=st.integers(0, 3), company=st.integers(4, 6))
    def replace(self, contact, company):
        """Move a contact to another company, as "Replace it" does."""
        pair = (contact, company)
        after, refused = self.naive.associated({pair: set()})
        try:
            with transaction.atomic():
                report = services.associate(self.records[contact], [self.records[company].pk], by=by())
        except AssociationRefused as error:
            assert refused
            (outcome,) = error.report.refused
            if outcome.replaceable is None:
                return
            gone = tuple(sorted(self.place[pk] for pk in outcome.replaceable))
            after = self.naive.copy()
            del after.pairs[gone]
            after, refused = after.associated({pair: set()})
            assert not refused
            with transaction.atomic():
                report = services.associate(
                    self.records[contact],
                    [self.records[company].pk],
                    by=by(),
                    replacing=[outcome.replaceable],
                )
        self.happened(report.change, after)

    @rule(wanted=st.lists(st.tuples(places, places), min_size=1, max_size=5))
    def dissociate(self, wanted):
        """Dissolve pairs, where they are associated."""
        pairs = {(min(pair), max(pair)) for pair in wanted if len({*pair}) == 2}
        after = self.naive.copy()
        count = sum(after.pairs.pop(pair, None) is not None for pair in pairs)
        removal = services.dissociate_pairs(self.ids(pairs), by=by())
        assert len(removal.associations) == count
        self.happened(removal.change, after)

    @rule(survivor=places, other=places, last=st.booleans())
    def merge(self, survivor, other, last):
        """Merge two records; where that is more than one may have, keep the first or the last of them."""
        kinds, pair = self.naive.kinds, (self.records[survivor], self.records[other])
        if survivor == other or kinds[survivor] != kinds[other] or self.naive.archived & {survivor, other}:
            with pytest.raises(MergeRefused), transaction.atomic():
                merge(*(Record.objects.get(pk=record.pk) for record in pair), by=by())
            return
        keep = {}
        for conflict in Sides(*pair).conflicts():
            kept = sorted(conflict.partners, reverse=last)[: conflict.maximum]
            keep[conflict.key] = {pk: pk in kept for pk in conflict.partners}
        self.happened(merge(*pair, by=by(), keep=keep), self.naive.merged(survivor, other, last=last))

    @precondition(lambda self: getattr(self, "last", None))
    @rule()
    def undo_the_last_change(self):
        """Take the last change back: all is as it was. What undid it can be undone in turn."""
        change, before = self.last
        foreseen = preview(change, by=by())
        report = undo(change, by=by())
        assert (report.left, report.lines) == ([], foreseen.lines)
        self.last = None
        self.happened(report.change, before)

    @rule(chosen=st.sets(places, min_size=1, max_size=3))
    def archive(self, chosen):
        """Archive records; those that are archived stay so."""
        archive_records([self.records[place].pk for place in chosen], by=by())
        self.naive = self.naive.copy()
        self.naive.archived |= chosen
        self.last = None

    @rule(chosen=st.sets(places, min_size=1, max_size=3))
    def restore(self, chosen):
        """Restore records; those that are live stay so."""
        restore_records([self.records[place].pk for place in chosen], by=by())
        self.naive = self.naive.copy()
        self.naive.archived -= chosen
        self.last = None

    # --- What always holds ------------------------------------------------------------------------

    @invariant()
    def stored_pairs_and_labels_are_the_expected_ones_each_once(self):
        """Unique, just those, and with just those labels."""
        if not hasattr(self, "records"):
            return
        stored = {}
        for row in Association.objects.filter(record_a__in=self.place).prefetch_related("labellings__label"):
            pair = (self.place[row.record_a_id], self.place[row.record_b_id])
            assert pair[0] < pair[1]
            assert pair not in stored
            stored[pair] = set()
            for one in row.labellings.all():
                name = {"primary": "primary", "billing-contact": "billing"}.get(
                    one.label.name, one.label.name
                )
                stored[pair].add((name, self.place[one.from_record_id]))
                assert Labelled(*row.pair, one.label_id, one.from_record_id).to_id == one.to_record_id
                assert one.is_primary == (name == "primary")
        assert stored == self.naive.pairs
        assert not self.naive.broken_rules()

    @invariant()
    def both_pages_show_what_is_live_and_nothing_archived(self):
        """Symmetric, counts, cards and words, and without archived records."""
        if not hasattr(self, "records"):
            return
        live = {
            pair: labels for pair, labels in self.naive.pairs.items() if not self.naive.archived & {*pair}
        }
        for number, record in enumerate(self.records):
            if number in self.naive.archived:
                continue
            expected: dict[str, set[str]] = {}
            words: dict[int, set[str]] = {}
            for pair, labels in live.items():
                if number in pair:
                    (place,) = set(pair) - {number}
                    other = self.records[place]
                    expected.setdefault(other.object_type_name, set()).add(str(other))
                    words[other.pk] = {self.naive.read(label, number) for label in labels}
            assert words_of(record) == words
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
        max_examples=examples(8),
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


pytestmark = pytest.mark.django_db
