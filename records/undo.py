"""Undoing a change: all that one action did, taken back as one and kept as a change of its own.

What has been changed again since stays as it is, and the report says so. A preview is an undo that is
rolled back, so that it tells exactly what would happen. Floors above add what they keep (`steps`).
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from . import history, services
from .models import Change, Property, Record
from .property_kinds.related import RelatedKind
from .provenance import By
from .requirements import held_values
from .transactions import unit_of_work

EXAMPLES = 200  # things left as they are that a report names


class UndoRefused(Exception):
    """This change cannot be undone (again)."""


@dataclass
class UndoReport:
    """What an undo did, by what it was, and what it left as it is, each with the reason."""

    done: Counter[str] = field(default_factory=Counter)
    left: list[tuple[str, str]] = field(default_factory=list)
    left_count: int = 0
    change: Change | None = None  # the undo itself

    @property
    def lines(self) -> list[str]:
        """What was done, in words."""
        texts = {
            "dissociated": ngettext_lazy("%d association is removed.", "%d associations are removed."),
            "associated": ngettext_lazy("%d association comes back.", "%d associations come back."),
            "unlabelled": ngettext_lazy("%d label is taken off.", "%d labels are taken off."),
            "labelled": ngettext_lazy("%d label comes back.", "%d labels come back."),
            "archived": ngettext_lazy("%d record is archived.", "%d records are archived."),
            "restored": ngettext_lazy("%d record is restored.", "%d records are restored."),
            "reverted": ngettext_lazy(
                "%d record gets its former values back.", "%d records get their former values back."
            ),
            "detached": ngettext_lazy("%d file is removed.", "%d files are removed."),
            "attached": ngettext_lazy("%d file comes back.", "%d files come back."),
            "moved": ngettext_lazy("%d file goes back to its record.", "%d files go back to their records."),
        }
        return [texts[name] % number for name, number in self.done.items() if number]

    def leave(self, what: str, why: str) -> None:
        """Say that something stays as it is."""
        self.left_count += 1
        if len(self.left) < EXAMPLES:
            self.left.append((what, why))


Step = Callable[[Change, By, UndoReport], None]
# Run in the order of their numbers: what was associated goes before the records that were created, and comes
# back after those that were archived.
steps: list[tuple[int, Step]] = []
# Each returns those of some records (ids) to which something happened after a change that would be lost.
touched: list[Callable[[Change, Sequence[int]], set[int]]] = []


@unit_of_work
def undo(change: Change, *, by: By) -> UndoReport:
    """Take back what a change did, where it has not been changed again since.

    Where nothing can be taken back nothing is written, and the report's `change` is None. Raises UndoRefused
    where it has been undone already.
    """
    with transaction.atomic():
        report = _undo(change, by)
        if not report.lines:
            report.change = None
            transaction.set_rollback(True)
    return report


@unit_of_work
def preview(change: Change, *, by: By) -> UndoReport:
    """Return what `undo` would do now, without doing it. Raises UndoRefused."""
    with transaction.atomic():
        report = _undo(change, by)
        transaction.set_rollback(True)
    report.change = None
    return report


def _undo(change: Change, by: By) -> UndoReport:
    row = Change.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if Change.objects.filter(undoes=row).exists():
        raise UndoRefused(_("This has been undone already."))
    by = history.recorded(by, Change.Kind.UNDO, str(row))
    by.change.undoes = row
    by.change.save(update_fields=["undoes"])
    report = UndoReport(change=by.change)
    for _order, step in sorted(steps, key=lambda one: one[0]):
        step(row, by, report)
    return report


# --- Records --------------------------------------------------------------------------------------


def _models() -> list[Any]:
    return list(Record.concrete_models())


def _earlier(model: Any) -> Any:
    """Return the snapshots of a record before the one of a query around it, the latest first."""
    same = model.history.filter(record_ptr=OuterRef("record_ptr"), history_id__lt=OuterRef("history_id"))
    return same.order_by("-history_id")


def _names(ids: Iterable[int]) -> dict[int, str]:
    return {pk: str(record) for pk, record in Record.objects.in_bulk(list(ids)).items()}


def archive_created(change: Change, by: By, report: UndoReport) -> None:
    """Archive what was created, but for records that somebody has worked on since."""
    for model in _models():
        rows = model.history.filter(change=change, history_type="+").order_by()
        ids = sorted(set(rows.values_list("record_ptr", flat=True)))
        for batch in services.batches(ids):
            later = model.history.filter(record_ptr__in=batch, change__gt=change.pk, change__undoes=None)
            worked_on = set(later.exclude(change=by.change).order_by().values_list("record_ptr", flat=True))
            for find in touched:
                worked_on |= find(change, batch)
            live = set(Record.objects.live().filter(pk__in=worked_on).values_list("pk", flat=True))
            for name in _names(sorted(live)).values():
                report.leave(name, _("has been worked on since it was created"))
            archived = services.archive_records([pk for pk in batch if pk not in worked_on], by=by)
            report.done["archived"] += len(archived)


def revert_properties(change: Change, by: By, report: UndoReport) -> None:
    """Give properties the values that they had, where they still have those that the change gave them."""
    for model in _models():
        rows = model.history.filter(change=change, history_type="~").order_by("record_ptr", "history_id")
        spans: dict[int, tuple[int, int]] = {}  # by record: its first and its last snapshot of the change
        for pk, history_id in rows.values_list("record_ptr", "history_id"):
            spans[pk] = (spans.get(pk, (history_id,))[0], history_id)
        for batch in services.batches(sorted(spans)):
            wanted = _earlier_values(model, batch, spans, report)
            by_type: dict[Any, dict[int, dict[str, Any]]] = {}
            for record, values in wanted:
                by_type.setdefault(record.kind, {})[record.pk] = values
            for kind, changes in by_type.items():

                def revert(ids: Sequence[int], kind: Any = kind, changes: Any = changes) -> int:
                    return len(services.update_records(kind, {pk: changes[pk] for pk in ids}, by=by))

                report.done["reverted"] += _as_many_as_possible(sorted(changes), revert, report)


def _earlier_values(
    model: Any, ids: Sequence[int], spans: dict[int, tuple[int, int]], report: UndoReport
) -> list[tuple[Record, dict[str, Any]]]:
    """Return records with the values, by property name, that they are to have again."""
    services.lock(ids, archived=False)
    live = model.objects.live().in_bulk(list(ids))
    firsts = model.history.filter(history_id__in=[spans[pk][0] for pk in ids]).order_by()
    before_ids = dict(
        firsts.annotate(before=Subquery(_earlier(model).values("history_id")[:1]))
        .filter(before__isnull=False)
        .values_list("record_ptr", "before")
    )
    needed = {*before_ids.values(), *(spans[pk][1] for pk in ids)}
    snapshots = model.history.filter(history_id__in=needed).order_by().in_bulk(field_name="history_id")
    found = []
    for pk, before_id in before_ids.items():
        record = live.get(pk)
        if record is None:
            continue
        was = as_it_was(record, snapshots[before_id])
        became = as_it_was(record, snapshots[spans[pk][1]])
        held, then, now = held_values(was), held_values(became), held_values(record)
        values = {}
        for name in history.entered(record.kind, {*held, *then}):
            if held.get(name) == then.get(name):
                continue
            prop: Property = record.kind.properties[name]
            if now.get(name) == held.get(name):
                continue
            if now.get(name) != then.get(name):
                report.leave(f"{record}: {prop.title}", _("has been changed since"))
            elif (value := _value(prop, was, held)) in (None, "") and name in held:
                report.leave(f"{record}: {prop.title}", _("the value that it had exists no longer"))
            else:
                values[name] = value
        if values:
            found.append((record, values))
    return found


def _value(prop: Property, was: Record, held: dict[str, Any]) -> Any:
    """Return the value that a record had, as services take it; no query, also for rows that it points to."""
    if prop.column and isinstance(prop.kind, RelatedKind):
        return prop.kind.rows(prop).get(held.get(prop.name) or 0)
    return prop.value_of(was)


def as_it_was(record: Record, snapshot: Any) -> Record:
    """Return a copy of a record with the values of a snapshot; not to be saved."""
    past = copy.copy(record)
    for column in snapshot.tracked_fields:
        setattr(past, column.attname, getattr(snapshot, column.attname))
    return past


def restore_archived(change: Change, by: By, report: UndoReport) -> None:
    """Restore what was archived, merged records among it.

    Raises UndoRefused where a merged record cannot be: what it had would have no place to go back to.
    """
    for model, ids in _toggled(change, by, report, archived=True):
        rows = model.history.filter(change=change, record_ptr__in=ids, merged_into__isnull=False).order_by()
        merged = set(rows.values_list("record_ptr", flat=True))
        _restore_merged(sorted(merged), by, report)

        def restore(chosen: Sequence[int]) -> int:
            return len(services.restore_records(chosen, by=by))

        others = [pk for pk in ids if pk not in merged]
        report.done["restored"] += _as_many_as_possible(others, restore, report)


def _restore_merged(ids: Sequence[int], by: By, report: UndoReport) -> None:
    try:
        report.done["restored"] += len(services.restore_records(ids, by=by))
    except ValidationError as error:
        raise UndoRefused(
            _("%(names)s cannot come back: %(why)s")
            % {"names": ", ".join(_names(ids).values()), "why": " ".join(error.messages)}
        ) from error


def archive_restored(change: Change, by: By, report: UndoReport) -> None:
    """Archive again what was restored; what was merged then is merged again."""
    for model, ids in _toggled(change, by, report, archived=False):
        rows = model.history.filter(change=change, record_ptr__in=ids, history_type="~").order_by()
        was = rows.annotate(survivor=Subquery(_earlier(model).values("merged_into")[:1]))
        survivors: dict[int, int | None] = dict(was.values_list("record_ptr", "survivor"))
        there = set(Record.objects.filter(pk__in=set(survivors.values())).values_list("pk", flat=True))
        survivors = {pk: one if one in there else None for pk, one in survivors.items()}
        for survivor in set(survivors.values()):
            chosen = [pk for pk in ids if survivors[pk] == survivor]
            archived = services.archive_records(chosen, by=by, survivor_id=survivor)
            report.done["archived"] += len(archived)


def _toggled(
    change: Change, by: By, report: UndoReport, *, archived: bool
) -> Iterator[tuple[Any, list[int]]]:
    """Yield, by model, the records that a change archived (or restored), without those changed since."""
    for model in _models():
        rows = model.history.filter(change=change, history_type="~", archived_at__isnull=not archived)
        rows = rows.annotate(was=Subquery(_earlier(model).values("archived_at")[:1]))
        rows = rows.filter(was__isnull=archived).order_by()
        ids = sorted(set(rows.values_list("record_ptr", flat=True)))
        later: set[int] = set()
        for batch in services.batches(ids):
            since = model.history.filter(record_ptr__in=batch, change__gt=change.pk).exclude(change=by.change)
            later.update(since.order_by().values_list("record_ptr", flat=True))
        for name in _names(sorted(later)).values():
            report.leave(name, _("has been changed since"))
        yield model, [pk for pk in ids if pk not in later]


def _as_many_as_possible(ids: Sequence[int], act: Callable[[Sequence[int]], int], report: UndoReport) -> int:
    """Do something to all of these records, or to all but those for which it is refused; return how many.

    What is refused for all is tried with each half: a few refusals among many cost little.
    """
    if not ids:
        return 0
    try:
        with transaction.atomic():
            return act(ids)
    except ValidationError as error:
        if len(ids) == 1:
            report.leave(_names(ids).get(ids[0], str(ids[0])), " ".join(error.messages))
            return 0
    half = len(ids) // 2
    return sum(_as_many_as_possible(part, act, report) for part in (ids[:half], ids[half:]))


# What is archived frees its unique values for what gets them back.
steps += [
    (20, archive_created),
    (25, archive_restored),
    (30, revert_properties),
    (40, restore_archived),
]
