"""The quiet lines of timelines: associations with what is no activity, changes of properties, creation."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from records.history import CHANGED
from records.models import Change, Record
from records.told import Line
from records.told_snapshots import Snapshots

from .models import Association
from .timeline import quiet_sources
from .timeline_items import QuietLine


def associated(record: Record, user: Any, number: int, before: int | None) -> list[QuietLine]:
    """Return who and what a record was associated with: two queries.

    They are read in the order in which they were made. One that an undo brought back keeps its date, and
    stands no later than the one that was made before it.
    """
    lines: list[QuietLine] = []
    for row in reversed(Association.objects.feed(record.pk, number, before)):
        other = row.record_b if row.record_a_id == record.pk else row.record_a
        link = format_html('<a href="{}">{}</a>', other.get_absolute_url(), other)
        lines.append(
            QuietLine(
                at=max(row.created_at, lines[-1].at) if lines else row.created_at,
                place=row.pk,
                icon="link",
                text=format_html(_("Associated with {name}"), name=link),
                by=row.created_by,
                shown_at=row.created_at,
            )
        )
    return lines[::-1]


def created(record: Record, user: Any, number: int, before: int | None) -> list[QuietLine]:
    """Return that a record was created, how and by whom."""
    if before is not None:
        return []
    text = format_html(
        _("{type} created ({origin})"), type=record.kind.singular_label, origin=record.get_origin_display()
    )
    return [QuietLine(at=record.created_at, place=0, icon="sparkles", text=text, by=record.created_by)]


def changed(record: Record, user: Any, number: int, before: int | None) -> list[QuietLine]:
    """Return what became of a record's properties, a line for each change: one query, and two for many."""
    source = Snapshots()
    (rows,) = source.of_record(record, "")
    rows = rows.filter(history_type=CHANGED, **({"change__lt": before} if before else {}))
    newest = rows.order_by("-change_id").values("change_id").distinct()[:number]
    changes = list(Change.objects.filter(pk__in=newest).select_related("actor").order_by("-pk"))
    told = source.tell(record, changes, user) if changes else {}
    return [
        QuietLine(at=change.at, place=change.pk, icon=line.icon, text=_in_short(line))
        for change in changes
        for line in told.get(change.pk, [])[:1]
    ]


def _in_short(line: Line) -> SafeString:
    """Return the sentence of a change, with the names of the properties where it only counts them."""
    if len(line.differences) < 2:
        return line.text
    return format_html("{}: {}", line.text, ", ".join(one.title for one in line.differences))


def register() -> None:
    """Stand on every timeline."""
    quiet_sources.update(associations=associated, changes=changed, created=created)
