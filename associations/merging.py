"""Merging two records of one type: one survives with all that both had, the other one leads to it.

After HubSpot: the survivor's values are kept unless others are chosen, all associations and activities come
over, and a merged record cannot be merged again. Unlike there a merge can be undone: what it did is kept as
one change, and `records.undo` takes it back.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from records import attachments, history, merged_values, schema
from records import services as record_services
from records.models import Change, Record
from records.provenance import By
from records.services import BATCH, batches
from records.transactions import unit_of_work

from . import activity_facts, events, rollups, services
from .labels import all_labels
from .merge_conflicts import Kept, MergeConflicts, Settled, Sides, settle
from .models import Association, Labelling
from .models.association import canonical
from .outcomes import Labelled

__all__ = ["MergeConflicts", "MergeRefused", "Sides", "check", "merge"]


class MergeRefused(Exception):
    """These two records cannot be merged; nothing was written."""


def check(survivor: Record, other: Record) -> None:
    """Raise MergeRefused where two records can never be merged, whatever they are associated with."""
    if survivor.pk == other.pk:
        raise MergeRefused(_("%(name)s cannot be merged with itself.") % {"name": survivor})
    if survivor.object_type_id != other.object_type_id:
        raise MergeRefused(
            _("%(one)s and %(other)s cannot be merged: they are of different types.")
            % {"one": survivor, "other": other}
        )
    for record in (survivor, other):
        if record.archived_at:
            raise MergeRefused(_("%(name)s has been archived.") % {"name": record})


@unit_of_work
@schema.pinned()
def merge(
    survivor: Record,
    other: Record,
    *,
    by: By,
    take: Collection[str] | None = None,
    keep: Kept | None = None,
) -> Change:
    """Merge `other` into `survivor`, all or nothing; return the change that did it.

    `take` names the properties whose values the survivor takes over; None: those that it lacks. `keep` says,
    where the two are associated with more than the survivor may have, what it keeps (`Conflict.preferred` is
    a choice). What is not kept is dissolved, and history knows of it. Where both are associated with one
    record, one association is left, with the labels of both and since the earlier day.

    A few statements for each thousand of the other record's associations. Raises MergeRefused,
    MergeConflicts, or ValidationError by property name.
    """
    check(survivor, other)
    with transaction.atomic():
        sides = _lock(survivor, other, take)
        survivor, other = sides.survivor, sides.other
        check(survivor, other)
        differing = merged_values.differences(survivor, other)
        chosen = merged_values.preferred(differing) if take is None else take
        values = merged_values.taken_over(differing, chosen)
        settled = settle(sides, keep or {})
        by = history.recorded(by, Change.Kind.MERGE, f"{other} → {survivor}")
        move = _Move(sides, settled, by)
        move.run()
        attachments.move(other.pk, survivor.pk, by=by)
        # Before the survivor takes what only one live record may have.
        record_services.archive_records([other.pk], by=by, survivor_id=survivor.pk)
        _set_values(survivor, values, by)
        move.follow()
    return by.change


def _lock(survivor: Record, other: Record, take: Collection[str] | None) -> Sides:
    """Lock the two, their partners and what may follow, in one order; return them as they are now.

    Partners are read before they can be locked: where some have come meanwhile, those are locked as well.
    """
    kind = survivor.kind
    names = set(kind.properties) if take is None else {*take}
    following = rollups.reach_of_properties(kind, {survivor.pk: names})
    locked: set[int] = set()
    while True:
        sides = Sides(survivor, other)
        partners = {*sides.coming, *(pk for conflict in sides.conflicts() for pk in conflict.own)}
        if locked and partners <= locked:
            break
        pairs = [canonical(one.pk, partner) for one in (survivor, other) for partner in sorted(partners)]
        services.lock_ends([canonical(survivor.pk, other.pk), *pairs], also=following)
        locked |= {survivor.pk, other.pk, *partners}
    rows: Any = kind.model.objects.select_related("owner").in_bulk([survivor.pk, other.pk])
    for one in (survivor, other):
        if one.pk not in rows:
            raise MergeRefused(_("There is no record with the id %(id)s.") % {"id": one.pk})
    sides.survivor, sides.other = rows[survivor.pk], rows[other.pk]
    return sides


def _set_values(survivor: Record, values: dict[str, Any], by: By) -> None:
    """Set what the survivor takes over; its history says in any case that it was merged."""
    if values:
        record_services.update_record(survivor, values, by=by)
        return
    with history.keeping(by, {survivor.kind: [survivor.pk]}):
        rows = Record.objects.filter(pk=survivor.pk)
        rows.update(updated_at=timezone.now(), updated_by=by.actor)


class _Move:
    """Moves the associations of one record to another, as settled; `by` has the change.

    The many that only change hands are not read here: the database moves them, and writes their events.
    """

    def __init__(self, sides: Sides, settled: Settled, by: By) -> None:
        self.sides, self.settled, self.by = sides, settled, by
        self.survivor_id, self.other_id = sides.survivor.pk, sides.other.pk
        self.labels = all_labels()
        gone, shared = settled.partners, sides.own.keys() & sides.coming.keys() - settled.partners
        read = {*gone, *shared, *(pk for _label, _inverse, pk in settled.labels)}
        # By partner: what the survivor keeps of its own, and what comes over, as far as there is more to do.
        self.own = self._read(self.survivor_id, read & sides.own.keys())
        self.coming = self._read(self.other_id, {*(read & sides.coming.keys()), self.survivor_id})
        self.touched = {**sides.coming, **{pk: sides.own[pk] for pk in self.own}}
        self.ended = [
            rows.pop(pk) for rows in (self.own, self.coming) for pk in (*gone, self.survivor_id) if pk in rows
        ]
        self.new = [(row, one) for pk in sorted(shared) for row, one in self._join(pk)]

    @staticmethod
    def _read(pk: int, partners: Iterable[int]) -> dict[int, Association]:
        """Return the associations of a record with these, by partner, with their labels."""
        found: dict[int, Association] = {}
        for batch in batches(sorted(partners)):
            rows = Association.objects.of(pk).among([canonical(pk, partner) for partner in batch])
            for row in rows.prefetch_related("labellings"):
                found[row.record_b_id if row.record_a_id == pk else row.record_a_id] = row
        return found

    def _join(self, partner: int) -> list[tuple[Association, Labelled]]:
        """Let the older of two associations with a partner stay; return the labels that it gets from the
        other one."""
        own, coming = self.own[partner], self.coming[partner]
        loses = self.own if coming.created_at < own.created_at else self.coming
        gone = loses.pop(partner)
        self.ended.append(gone)
        stays = own if gone is coming else coming
        carried = self._labels(partner, stays)
        return [(stays, one) for one in self._labels(partner, gone) if one not in carried]

    def _labels(self, partner: int, row: Association, *, dropped: bool = False) -> dict[Labelled, Labelling]:
        """Return the labels of an association, as the survivor's has them, that it keeps (or does not)."""
        a, b = canonical(self.survivor_id, partner)
        found = {}
        for labelling in row.labellings.all():
            label = self.labels[labelling.label_id]
            inverse = label.is_directed and labelling.from_record_id == partner
            if ((label.pk, inverse, partner) in self.settled.labels) == dropped:
                from_id = (partner if inverse else self.survivor_id) if label.is_directed else a
                found[Labelled(a, b, label.pk, from_id)] = labelling
        return found

    def run(self) -> None:
        """Move them, and keep it for history, so that an undo by these events brings all back as it was."""
        events.keep_removed(sorted(self.ended, key=lambda row: row.pk), self.by)
        for batch in batches([row.pk for row in self.ended]):
            Association.objects.filter(pk__in=batch).delete()  # and with them their labels
        events.keep_leaving(self.other_id, self.by)
        self._take_labels_off()
        events.keep_coming(self.other_id, self.survivor_id, self.by)
        self._repoint()
        self._put_labels_on()

    def follow(self) -> None:
        """Work out anew what follows from associations."""
        kind = self.sides.survivor.object_type_id
        rollups.links_changed(
            Association(record_a_id=self.survivor_id, type_a_id=kind, record_b_id=pk, type_b_id=type_id)
            for pk, type_id in self.touched.items()
        )
        activity_facts.refresh_activity_facts([self.survivor_id])

    def _take_labels_off(self) -> None:
        """Delete the labels that the survivor does not keep of associations that it does."""
        off = [
            self._labels(partner, row, dropped=True)
            for rows in (self.own, self.coming)
            for partner, row in rows.items()
        ]
        events.keep_unlabelled([one for labels in off[: len(self.own)] for one in labels], self.by)
        for batch in batches([row.pk for labels in off for row in labels.values()]):
            Labelling.objects.filter(pk__in=batch).delete()

    def _put_labels_on(self) -> None:
        Labelling.objects.bulk_create(
            [
                Labelling(
                    association_id=row.pk,
                    label_id=one.label_id,
                    from_record_id=one.from_id,
                    to_record_id=one.to_id,
                    is_primary=self.labels[one.label_id].is_primary,
                )
                for row, one in self.new
            ],
            batch_size=BATCH,
        )
        events.keep_labelled([one for _row, one in self.new], self.by)

    def _repoint(self) -> None:
        """Let what the other record still has be the survivor's: each pair's smaller id stays the first."""
        survivor, other = self.survivor_id, self.other_id
        turned = {"type_a": F("type_b"), "type_b": F("type_a")}
        first = Association.objects.filter(record_a=other)
        first.filter(record_b__gt=survivor).update(record_a=survivor)
        first.update(record_a=F("record_b"), record_b=survivor, **turned)
        second = Association.objects.filter(record_b=other)
        second.filter(record_a__lt=survivor).update(record_b=survivor)
        second.update(record_a=survivor, record_b=F("record_a"), **turned)
        for end in ("from_record", "to_record"):
            Labelling.objects.filter(**{end: other}).update(**{end: survivor})
        # Where the ends mean nothing, the smaller id is `from`.
        alike = [label.pk for label in self.labels.values() if not label.is_directed]
        swapped = Labelling.objects.filter(label__in=alike, from_record__gt=F("to_record"))
        for end in ("from_record", "to_record"):
            swapped.filter(**{end: survivor}).update(from_record=F("to_record"), to_record=F("from_record"))
