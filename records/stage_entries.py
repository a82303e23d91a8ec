"""Records' stays in the stages of their pipelines, kept in step with what the services write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .lists import ExtraColumn
from .models import ObjectType, Record, Stage, StageEntry
from .provenance import By
from .services import batches

SHOWN = 20  # stays that a record's page lists
INSERT = """
    INSERT INTO {entries} (record_id, stage_id, label, entered_at, entered_by_id)
    SELECT records.id, stages.id, stages.label, {since}, %s
    FROM {children} children
    JOIN {records} records ON records.id = children.record_ptr_id
    JOIN {stages} stages ON stages.id = children.{stage}
    WHERE children.record_ptr_id IN ({ids})
"""


def follow(
    sender: Any,
    object_type: ObjectType,
    changes: Mapping[int, set[str]],
    created: bool,
    by: By,
    **kwargs: Any,
) -> None:
    """End the stay in the stage that records left, and begin the one in the stage that they came to.

    Two statements for each batch of records that moved; none where none did. Hears `records_written`.
    """
    prop = object_type.stage_property
    if prop is None:
        return
    moved = [pk for pk, names in changes.items() if prop.name in names]
    now = timezone.now()
    for batch in batches(moved):
        if not created:
            StageEntry.objects.filter(record__in=batch, left_at=None).update(left_at=now)
        _enter(object_type, batch, by, None if created else now)


def _enter(object_type: ObjectType, ids: Sequence[int], by: By, at: datetime | None) -> None:
    """Begin the stay of each record in the stage that it stands in: at a moment, or when it was created."""
    quote = connection.ops.quote_name
    prop: Any = object_type.stage_property
    stage: Any = object_type.model._meta.get_field(prop.column)
    names = {
        "entries": quote(StageEntry._meta.db_table),
        "records": quote(Record._meta.db_table),
        "children": quote(object_type.model._meta.db_table),
        "stages": quote(Stage._meta.db_table),
        "stage": quote(stage.column),
        "since": "records.created_at" if at is None else "%s",
        "ids": ", ".join(["%s"] * len(ids)),
    }
    moments = [] if at is None else [connection.ops.adapt_datetimefield_value(at)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(**names), [*moments, by.actor.pk if by.actor else None, *ids])


def since(record_ids: Iterable[int]) -> dict[int, datetime]:
    """Return by record since when it has been in its stage. One query."""
    current = StageEntry.objects.filter(record__in=list(record_ids), left_at=None)
    return dict(current.order_by().values_list("record", "entered_at"))


# --- What a record's page shows ---------------------------------------------------------------------


@dataclass(frozen=True)
class Stay:
    """A stay in a stage as a reader sees it."""

    entry: StageEntry

    @property
    def duration(self) -> timedelta:
        """How long it has been, or was."""
        return (self.entry.left_at or timezone.now()) - self.entry.entered_at


@dataclass(frozen=True)
class History:
    """The newest stays of a record, the current one first."""

    record: Record
    stays: list[Stay] = field(default_factory=list)
    more: bool = False  # whether there are older ones

    @property
    def current(self) -> Stay | None:
        """The stay that has no end yet."""
        return next((stay for stay in self.stays if stay.entry.left_at is None), None)

    @property
    def time_to_close(self) -> timedelta | None:
        """From the record's creation until it was closed, where it is; as HubSpot's "days to close".

        A record that went from one closed stage to another was closed when it came to the first of them.
        """
        closed_at = None
        for stay in self.stays:
            if stay.entry.stage is None or not stay.entry.stage.is_closed:
                break
            closed_at = stay.entry.entered_at
        return closed_at - self.record.created_at if closed_at else None


def history(record: Record) -> History:
    """Return the newest stays of a record, with their stages and who moved it. One query."""
    entries = record.stage_entries.select_related("stage", "entered_by").order_by("-entered_at", "-id")
    found = [Stay(entry) for entry in entries[: SHOWN + 1]]
    return History(record, found[:SHOWN], len(found) > SHOWN)


def long_text(duration: timedelta) -> str:
    """Return a duration in its largest unit: "12 days"."""
    number, unit = _largest(duration)
    if unit == "d":
        text = ngettext("%(number)s day", "%(number)s days", number)
    elif unit == "h":
        text = ngettext("%(number)s hour", "%(number)s hours", number)
    elif number:
        text = ngettext("%(number)s minute", "%(number)s minutes", number)
    else:
        return _("less than a minute")
    return text % {"number": number}


def short_text(duration: timedelta) -> str:
    """Return a duration as short as can be: "12 d"."""
    number, unit = _largest(duration)
    if not number:
        return _("now")
    texts = {"d": _("%(number)s d"), "h": _("%(number)s h"), "m": _("%(number)s min")}
    return texts[unit] % {"number": number}


def _largest(duration: timedelta) -> tuple[int, str]:
    seconds = max(0, int(duration.total_seconds()))
    if seconds >= 86_400:
        return seconds // 86_400, "d"
    if seconds >= 3_600:
        return seconds // 3_600, "h"
    return seconds // 60, "m"


# --- What lists show --------------------------------------------------------------------------------


class StageColumns:
    """Adds the time in the current stage to the lists of types with a pipeline (see `lists.Extension`)."""

    def columns(self, object_type: ObjectType) -> Iterable[ExtraColumn]:
        """Return the column, where there are stages."""
        if object_type.stage_property:
            yield ExtraColumn("time-in-stage", _("Time in stage"), _cells)

    def narrowings(self, object_type: ObjectType, query: Any, user: Any) -> Iterable[Any]:
        """Return nothing: addresses narrow by a stage itself."""
        return ()


def _cells(record_ids: Sequence[int]) -> dict[int, str]:
    now = timezone.now()
    return {pk: escape(long_text(now - moment)) for pk, moment in since(record_ids).items()}
