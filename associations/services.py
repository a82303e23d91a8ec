"""The functions that every path goes through to associate, label and dissociate records.

Record page, list, admin, import, rule and API all end here. The functions take many pairs at once and run
a constant number of statements for them; they are idempotent; and they say per pair what happened. What is
allowed stands in `associations.judging`; every change is kept for history (`associations.events`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from records import services as record_services
from records.history import recorded
from records.models import ObjectType, Record
from records.provenance import By
from records.transactions import unit_of_work

from . import activity_facts, events, rollups
from .judging import judge
from .labels import Word, all_labels
from .models import Association, Labelling
from .models.association import Pair, canonical
from .outcomes import (
    AssociationRefused,
    Labelled,
    Outcome,
    Reason,
    Removal,
    Replaced,
    Report,
    Status,
    Successor,
    Was,
    Words,
    labelled,
)
from .signals import links_changed

__all__ = [
    "AssociationRefused",
    "Labelled",
    "Outcome",
    "Reason",
    "Removal",
    "Report",
    "Status",
    "Successor",
    "associate",
    "associate_pairs",
    "create_associated",
    "dissociate",
    "dissociate_pairs",
    "follow_activities",
    "follow_archiving",
    "label_pairs",
    "preview_pairs",
    "relabel_pairs",
    "set_words",
    "successors",
    "unlabel_pairs",
]

LOCKED = ("pk", "object_type_id", "display_name", "archived_at", "happened_at", "is_pending")  # columns

# --- Associate and label ----------------------------------------------------------------------------


def associate(
    record: Record,
    others: Iterable[int],
    *,
    by: By,
    replacing: Iterable[Replaced] = (),
    words: Mapping[int, Iterable[Word]] | None = None,
) -> Report:
    """Associate a record with the records of these ids: all of them or, when one is refused, none.

    `words` are the labels to put on, by the other record's id, as read on the page of `record`. `replacing`
    names associations to dissolve (or labels to take off) first, in the same transaction. Raises
    AssociationRefused.
    """
    of_pairs = {(record.pk, other): chosen for other, chosen in (words or {}).items()}
    return associate_pairs(
        [(record.pk, other) for other in others], by=by, replacing=replacing, words=of_pairs
    )


@unit_of_work
def associate_pairs(
    pairs: Iterable[Pair],
    *,
    by: By,
    replacing: Iterable[Replaced] = (),
    skip_refused: bool = False,
    words: Words | None = None,
    was: Mapping[Pair, Was] | None = None,
) -> Report:
    """Associate each pair of record ids, in one transaction; return what became of each.

    `words` are the labels to put on, by pair, as read on the page of its first record; they add to those
    that an association carries, as HubSpot's PUT does. With `skip_refused` the pairs that the rules allow
    are associated and the others reported; of pairs that compete for the last place under a limit the
    earlier one has it. Otherwise a single refusal leaves everything as it was and raises
    AssociationRefused, whose report names every refused pair. A first company becomes primary, unless
    `was` says what each pair was that an undo brings back: see `judging.judge`.
    """
    wanted = list(dict.fromkeys(canonical(*pair) for pair in pairs))
    return _write(wanted, labelled(words or {}), by, replacing=replacing, skip_refused=skip_refused, was=was)


@unit_of_work
def label_pairs(
    words: Words,
    *,
    by: By,
    replacing: Iterable[Replaced] = (),
    skip_refused: bool = False,
    as_was: bool = False,
) -> Report:
    """Put labels on associations that there are, by pair, as read on the page of its first record.

    Raises AssociationRefused unless `skip_refused`; see `associate_pairs`.
    """
    wanted = labelled(words)
    return _write(
        list(wanted),
        wanted,
        by,
        replacing=replacing,
        skip_refused=skip_refused,
        only_labels=True,
        as_was=as_was,
    )


@unit_of_work
def unlabel_pairs(words: Words, *, by: By) -> list[Labelled]:
    """Take labels off associations, which stay; return those that there were."""
    wanted = [one for of_pair in labelled(words).values() for one in of_pair]
    with transaction.atomic():
        lock_ends([one.pair for one in wanted])
        return _unlabel(wanted, by)


def set_words(
    record: Record, other_id: int, words: Iterable[Word], *, by: By, replacing: Iterable[Replaced] = ()
) -> Report:
    """Make just these words the labels of one association, as read on the page of `record`.

    Archived labels stay as they are: nobody sees them. Raises AssociationRefused.
    """
    return relabel_pairs({(record.pk, other_id): words}, by=by, replacing=replacing)


@unit_of_work
def relabel_pairs(
    words: Words, *, by: By, replacing: Iterable[Replaced] = (), keep_primary: bool = False
) -> Report:
    """Make just these words the labels of associations, by pair, as read on the page of its first record.

    Archived labels stay as they are: nobody sees them. So does, with `keep_primary`, who is the primary
    company. Raises AssociationRefused.
    """
    chosen = labelled(words)
    with transaction.atomic():
        lock_ends(list(chosen))
        gone = []
        for batch in record_services.batches(list(chosen)):
            rows = Labelling.objects.filter(
                association__record_a__in={a for a, _b in batch},
                association__record_b__in={b for _a, b in batch},
            )
            for label_id, from_id, to_id in rows.values_list("label", "from_record", "to_record"):
                one = Labelled(*canonical(from_id, to_id), label_id, from_id)
                label = all_labels()[label_id]
                stays = label.archived_at or (keep_primary and label.is_primary)
                if one not in chosen.get(one.pair, (one,)) and not stays:
                    gone.append(one)
        by = recorded(by) if gone else by
        _unlabel(gone, by)
        return _write(list(chosen), chosen, by, replacing=replacing, only_labels=True)


@unit_of_work
def preview_pairs(pairs: Iterable[Pair], *, words: Words | None = None) -> Report:
    """Return what `associate_pairs` would make of these pairs now, without writing anything."""
    wanted = list(dict.fromkeys(canonical(*pair) for pair in pairs))
    with transaction.atomic():
        return judge(wanted, labelled(words or {}), _lock({pk for pair in wanted for pk in pair}))


@unit_of_work
def create_associated(
    record: Record,
    object_type: ObjectType,
    values: dict[str, Any],
    *,
    by: By,
    replacing: Iterable[Replaced] = (),
    words: Iterable[Word] = (),
    others: Mapping[int, Iterable[Word]] | None = None,
) -> tuple[Record, Report]:
    """Create a record and associate it with `record`, with these labels: both or neither, and one change.

    `others` are ids of existing records to associate in the same go, each with its labels. Raises
    ValidationError (by property name) or AssociationRefused.
    """
    with transaction.atomic():
        by = recorded(by)
        created = record_services.create_record(object_type, values, by=by)
        chosen = {**(others or {}), created.pk: words}
        report = associate(record, chosen, by=by, replacing=replacing, words=chosen)
    return created, report


def _write(
    pairs: Sequence[Pair],
    labels: Mapping[Pair, Sequence[Labelled]],
    by: By,
    *,
    replacing: Iterable[Replaced] = (),
    skip_refused: bool = False,
    only_labels: bool = False,
    as_was: bool = False,
    was: Mapping[Pair, Was] | None = None,
) -> Report:
    """Make way, judge every pair, and write what may be: a few statements for any number of pairs."""
    with transaction.atomic():
        replaced = [one if isinstance(one, Labelled) else canonical(*one) for one in replacing]
        ends = [*pairs, *(one.pair if isinstance(one, Labelled) else one for one in replaced)]
        records = lock_ends(ends)
        if replaced:
            by = recorded(by)
            _unlabel([one for one in replaced if isinstance(one, Labelled)], by)
        removed = _delete([one for one in replaced if not isinstance(one, Labelled)], by).associations
        report = judge(pairs, labels, records, only_labels=only_labels, as_was=as_was or was is not None)
        if report.refused and not skip_refused:
            raise AssociationRefused(report)
        new, got = report.associated, [one for outcome in report.outcomes for one in outcome.added]
        if new or got:
            by = recorded(by)
        report.change = by.change
        fresh = Was(timezone.now(), by.origin, by.actor.pk if by.actor else None)
        added = [_association(outcome.pair, records, (was or {}).get(outcome.pair, fresh)) for outcome in new]
        Association.objects.bulk_create(added, batch_size=record_services.BATCH)
        events.keep_added(added, by)
        moved = [one for outcome in report.outcomes for one in outcome.moved]
        touched = _take_off(_carried(moved), by) + _put_on(got, {row.pair: row for row in added}, by)
        rollups.links_changed({row.pair: row for row in (*removed, *added, *touched)}.values())
        activity_facts.links_changed(added=added, removed=removed)
        _tell((*removed, *added, *touched), by)
    return report


def _tell(rows: Iterable[Association], by: By) -> None:
    """Tell who listens whose associations changed."""
    if not links_changed.has_listeners(Association):
        return
    ends: dict[int, set[int]] = {}
    for row in rows:
        ends.setdefault(row.type_a_id, set()).add(row.record_a_id)
        ends.setdefault(row.type_b_id, set()).add(row.record_b_id)
    if ends:
        links_changed.send(sender=Association, record_ids=ends, by=by)


def _association(pair: Pair, records: Mapping[int, Record], was: Was) -> Association:
    a, b = pair
    return Association(
        record_a_id=a,
        record_b_id=b,
        type_a_id=records[a].object_type_id,
        type_b_id=records[b].object_type_id,
        happened_at=records[a].happened_at or records[b].happened_at,
        is_pending=records[a].is_pending or records[b].is_pending,
        archived_ends=sum(records[pk].archived_at is not None for pk in pair),
        created_at=was.since,
        origin=was.origin,
        created_by_id=was.author_id,
    )


def _put_on(labels: Sequence[Labelled], added: Mapping[Pair, Association], by: By) -> list[Association]:
    """Write labels; return the associations whose primary label that is, on which values may depend."""
    rows = dict(added)
    for batch in record_services.batches(sorted({one.pair for one in labels} - rows.keys())):
        rows.update({row.pair: row for row in Association.objects.among(batch)})
    primary = {pk for pk, label in all_labels().items() if label.is_primary}
    Labelling.objects.bulk_create(
        [
            Labelling(
                association_id=rows[one.pair].pk,
                label_id=one.label_id,
                from_record_id=one.from_id,
                to_record_id=one.to_id,
                is_primary=one.label_id in primary,
            )
            for one in labels
        ],
        batch_size=record_services.BATCH,
    )
    events.keep_labelled(labels, by)
    return [rows[one.pair] for one in labels if one.label_id in primary]


# --- Dissociate and take labels off -----------------------------------------------------------------


def dissociate(record: Record, others: Iterable[int], *, by: By) -> Removal:
    """Dissolve the associations of a record with the records of these ids; return what they were."""
    return dissociate_pairs([(record.pk, other) for other in others], by=by)


@unit_of_work
def dissociate_pairs(pairs: Iterable[Pair], *, by: By) -> Removal:
    """Dissolve the association of each pair, where there is one, with its labels; return what they were.

    Nobody becomes primary in the place of a primary company that goes: see `successors`.
    """
    with transaction.atomic():
        wanted = [canonical(*pair) for pair in pairs]
        lock_ends(wanted)
        removal = _delete(wanted, by)
        rollups.links_changed(removal.associations)
        activity_facts.links_changed(removed=removal.associations)
        _tell(removal.associations, replace(by, change=removal.change))
    return removal


def _delete(pairs: Sequence[Pair], by: By) -> Removal:
    removed: list[Association] = []
    for batch in record_services.batches(pairs):
        chosen = set(batch)
        rows = Association.objects.among(batch).prefetch_related("labellings")
        removed += [row for row in rows if row.pair in chosen]
    if removed:
        by = recorded(by)
        events.keep_removed(removed, by)
    for gone in record_services.batches([row.pk for row in removed]):
        Association.objects.filter(pk__in=gone).delete()  # and with them their labels
    return Removal(removed, by.change)


def _unlabel(labels: Sequence[Labelled], by: By) -> list[Labelled]:
    """Take labels off and follow with what depends on them; return those that there were."""
    there = _carried(labels)
    if there:
        rollups.links_changed(_take_off(there, recorded(by)))
    return list(there)


def _take_off(rows: Mapping[Labelled, Labelling], by: By) -> list[Association]:
    """Delete labels; return the associations that were primary by one of them."""
    for gone in record_services.batches([row.pk for row in rows.values()]):
        Labelling.objects.filter(pk__in=gone).delete()
    events.keep_unlabelled(list(rows), by)
    return [row.association for row in rows.values() if row.is_primary]


def _carried(labels: Sequence[Labelled]) -> dict[Labelled, Labelling]:
    """Return those of some labels that associations carry."""
    found: dict[Labelled, Labelling] = {}
    for batch in record_services.batches(labels):
        chosen = set(batch)
        rows = Labelling.objects.filter(
            label__in={one.label_id for one in batch},
            from_record__in={one.from_id for one in batch},
            to_record__in={one.to_id for one in batch},
        )
        for row in rows.select_related("association"):
            one = Labelled(*row.association.pair, row.label_id, row.from_record_id)
            if one in chosen:
                found[one] = row
    return found


def successors(gone: Iterable[Labelled | Association]) -> list[Successor]:
    """Say for whom a primary company went with these labels or associations, and who could be the next.

    Nobody becomes primary by that: it is said, and somebody decides. Two queries.
    """
    lost: dict[int, int] = {}
    primary = {pk for pk, label in all_labels().items() if label.is_primary}
    for one in gone:
        if isinstance(one, Labelled):
            lost |= {one.from_id: one.to_id} if one.label_id in primary else {}
        else:
            lost |= {row.from_record_id: row.to_record_id for row in one.labellings.all() if row.is_primary}
    if not lost:
        return []
    to_types = {label.to_type_id for label in all_labels().values() if label.is_primary}
    (to_type,) = to_types
    following = Association.objects.primary_for_each(lost, to_type)
    records = Record.objects.in_bulk({*lost, *lost.values(), *following.values()})
    return [
        Successor(records[holder], records[was], records.get(following.get(holder, 0)))
        for holder, was in lost.items()
        if holder in records and was in records
    ]


# --- Locks ------------------------------------------------------------------------------------------


def lock_ends(pairs: Sequence[Pair], also: Iterable[int] = ()) -> dict[int, Record]:
    """Lock the records of pairs that are to change, those whose values may follow, and `also` these."""
    return _lock({pk for pair in pairs for pk in pair}.union(rollups.reach_of_links(pairs), also))


def _lock(ids: set[int]) -> dict[int, Record]:
    """Return the records of these ids, locked until the transaction ends, in one order everywhere.

    The lock is what makes limits hold when two users save at once, and what keeps a record from being
    archived between the check and the write. SQLite has one writer at a time: BEGIN IMMEDIATE is its lock.
    """
    found = {}
    for batch in record_services.batches(sorted(ids)):
        rows = Record.objects.select_for_update(no_key=True).filter(pk__in=batch).order_by("pk")
        for row in rows.only(*LOCKED):
            found[row.pk] = row
    return found


# --- Archived records -------------------------------------------------------------------------------


def follow_archiving(record_ids: Sequence[int], step: int) -> None:
    """Hide (`step` 1) or show (-1) associations after the records of these ids were archived or restored.

    Called in the transaction that archives, with just the records whose state it changes.
    """
    for batch in record_services.batches(record_ids):
        for end in ("record_a", "record_b"):
            Association.objects.filter(**{f"{end}__in": batch}).update(
                archived_ends=F("archived_ends") + step
            )
    rollups.archived_ends_changed(record_ids, restored=step < 0)
    activity_facts.archived_ends_changed(record_ids, restored=step < 0)


# --- Activities -------------------------------------------------------------------------------------


def follow_activities(record_ids: Sequence[int]) -> None:
    """Bring associations of these activities in step with when they happened and whether they are to be done.

    Called in the transaction that changes them. A few statements, however many associations.
    """
    for batch in record_services.batches(record_ids):
        for end in ("record_a", "record_b"):
            activity = Record.objects.filter(pk=OuterRef(end)).order_by()
            Association.objects.filter(**{f"{end}__in": batch}).update(
                happened_at=Subquery(activity.values("happened_at")),
                is_pending=Subquery(activity.values("is_pending")),
            )
    activity_facts.activities_changed(record_ids)
