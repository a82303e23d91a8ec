"""The timeline of a record: its activities, newest first, with what else happened as quiet lines between.

What a page reads does not grow with the number of activities: the newest of each type stand at the end of
an index range per end, and a page begins behind the last row of the one before. What no index knows, a
person or a text, is looked for in the next LOOKED_AT activities; from there the next page goes on.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

from django.core import signing
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Value
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.functional import cached_property

from records import attachments, schema, search
from records.models import Meeting, ObjectType, Record, Task
from records.paging import RowComparison
from records.property_kinds.dates import FIRST, LAST

from . import attendees
from .models import Association, AssociationQuerySet, TimelinePin
from .timeline_filters import TimelineFilters
from .timeline_items import Item, QuietLine
from .type_pairs import may_be_associated

PAGE = 25  # rows of the tab at a time
RECENT = 5  # rows of the overview
UPCOMING = 5  # activities that stand as upcoming; all of them where one asks
ALL_UPCOMING = 100  # behind so many a list is the better place
LOOKED_AT = 2_000  # activities that a page looks through for a person or a text

# Who has quiet lines for timelines, by a name for cursors: each returns the newest lines of a record as far
# as a user may see them, so many at most, behind the place of the last one shown (None: from the newest on).
QuietSource = Callable[[Record, Any, int, Any], list[QuietLine]]
quiet_sources: dict[str, QuietSource] = {}


class Key(NamedTuple):
    """An activity on a timeline: when it happened, its association and its id."""

    at: datetime
    association_id: int
    activity_id: int


@dataclass(frozen=True)
class Cursor:
    """Behind which row a page begins: when that was, the last activity, and the last line of each source."""

    at: datetime | None = None
    activity: tuple[datetime, int] | None = None
    places: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Return the cursor of an address; the start where it was cut or changed by hand."""
        if not text:
            return cls()
        try:
            at, activity, places = json.loads(signing.b64_decode(text.encode()))
            moments = [_moment(one) if one else None for one in (at, activity and activity[0])]
            last = (moments[1], _key(activity[1])) if moments[1] else None
            return cls(moments[0], last, tuple((str(name), _key(place)) for name, place in places))
        except (ValueError, TypeError, IndexError, RecursionError):
            return cls()

    def __str__(self) -> str:
        last = [self.activity[0].isoformat(), self.activity[1]] if self.activity else None
        data = [self.at.isoformat() if self.at else None, last, self.places]
        return signing.b64_encode(json.dumps(data).encode()).decode()


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if timezone.is_naive(moment):
        raise ValueError(text)
    return moment


def _key(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError(value)
    return value


def _month(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "YEAR_MONTH_FORMAT")


# --- Keys: one query over an index range per type and end -------------------------------------------------

Moment = tuple[datetime, int]  # when an activity happened, and its association, which breaks ties


@dataclass(frozen=True)
class Span:
    """Which activities of a type are wanted: from a moment on, before another, and what else is asked."""

    since: Moment = (FIRST, 0)
    before: Moment = (LAST, 0)
    condition: Q = field(default_factory=Q)


def newest(record_id: int, spans: dict[ObjectType, Span], number: int) -> list[Key]:
    """Return the latest activities of a record within a span per type, the latest first: one query."""
    ranges = [one for kind, span in spans.items() for one in _of_type(record_id, kind, span)]
    return _keys(ranges, record_id, number, "-")


def upcoming_keys(record_id: int, now: datetime, number: int) -> list[Key]:
    """Return the open tasks of a record and its meetings from now on, the earliest first: one query."""
    tasks = [
        _range(
            (f"record_{here}_id", "happened_at", "id"), (record_id, FIRST, 0), (record_id, LAST, 0)
        ).filter(is_pending=True)
        for here in "ab"
    ]
    meetings = _of_type(record_id, schema.current().type(Meeting.object_type_name), Span(since=(now, 0)))
    return _keys([*tasks, *meetings], record_id, number, "")


def _of_type(record_id: int, kind: ObjectType, span: Span) -> list[AssociationQuerySet]:
    """Return the associations of a record with activities of a type, one queryset per end."""
    return [
        _range(
            (f"record_{here}_id", f"type_{there}_id", "happened_at", "id"),
            (record_id, kind.pk, *span.since),
            (record_id, kind.pk, *span.before),
        ).filter(span.condition, happened_at__isnull=False)
        for here, there in ("ab", "ba")
    ]


def _range(columns: Sequence[str], start: Sequence[Any], end: Sequence[Any]) -> AssociationQuerySet:
    """Return the live associations between two places in the order of an index's columns.

    As a range over all columns no other index serves it. Asked for a record and a type, SQLite would go by
    what records have on average, take the index of sidebars and sort a hundred thousand.
    """
    names = [F(column) for column in columns]
    fields: list[Any] = [Association._meta.get_field(column.removesuffix("_id")) for column in columns]
    types = [one.target_field if one.is_relation else one for one in fields]
    ends = [
        [Value(value, output_field=one) for value, one in zip(values, types, strict=True)]
        for values in (start, end)
    ]
    rows = Association.objects.live().order_by(*columns)
    if connection.vendor == "postgresql":
        # It would not see from a range of rows that a type has no more, and read on through the next.
        same = takewhile(lambda one: one[1] == one[2], zip(columns, start, end, strict=True))
        rows = rows.filter(**{column: value for column, value, _end in same})
    return rows.filter(RowComparison(names, ">=", ends[0]), RowComparison(names, "<", ends[1]))


def _keys(ranges: Sequence[AssociationQuerySet], record_id: int, number: int, sign: str) -> list[Key]:
    """Return the first of some ranges, or (with a minus for `sign`) the last ones: one query."""
    branches: list[Any] = []
    for rows in ranges:
        # The limit stands inside, so that a record with 100,000 of them reads a page of index entries.
        first = (rows.reverse() if sign else rows).values("id")[:number]
        found = Association.objects.filter(pk__in=first).order_by()
        branches.append(found.values_list("happened_at", "id", "record_a_id", "record_b_id"))
    if not branches:
        return []
    union = branches[0].union(*branches[1:], all=True).order_by(f"{sign}happened_at", f"{sign}id")
    return [Key(at, pk, b if a == record_id else a) for at, pk, a, b in union[:number]]


# --- The timeline -----------------------------------------------------------------------------------------


class Timeline:
    """What a record's timeline shows, as an address asks for it (`type`, `person`, `since`, `until`, `q`,
    `upcoming`, `before`).

    With a filter all activities that pass it stand in one list; without one what is pinned and what is to
    come stand above, and not again below.
    """

    def __init__(self, record: Record, user: Any, query: QueryDict, *, whole: bool) -> None:
        self.record, self.user, self.whole = record, user, whole
        self.query = query if whole else QueryDict()
        self.now = timezone.now()
        self.types = schema.current().activity_types
        self.filters = TimelineFilters(self.types, self.query)
        self.cursor = Cursor.read(self.query.get("before", ""))
        self.shows_all_upcoming = query.get("upcoming") == "all"
        self.has_more_upcoming = False
        self.continues = False  # whether the page already shows what comes before
        self._read()

    @property
    def is_part(self) -> bool:
        """Whether this is a further page."""
        return self.cursor.at is not None

    @cached_property
    def may_log(self) -> bool:
        """Whether activities can be logged on the record: on all but activities."""
        return not self.record.kind.is_activity

    @property
    def log_types(self) -> list[ObjectType]:
        """The types of activities that can be logged on the record."""
        return [kind for kind in self.types if may_be_associated(self.record.object_type_id, kind.pk)]

    @property
    def months(self) -> list[tuple[str, Item | QuietLine]]:
        """The rows, each with the month that begins with it ("" where it goes on)."""
        found, month = [], _month(self.cursor.at) if self.continues and self.cursor.at else ""
        for row in self.rows:
            found.append(("" if _month(row.at) == month else _month(row.at), row))
            month = _month(row.at)
        return found

    @property
    def older_query(self) -> str:
        """The query of the next page's address."""
        query = self.query.copy()
        query["before"] = str(self.older)
        return query.urlencode()

    @property
    def is_empty(self) -> bool:
        """Whether there is no activity at all to show."""
        return not (self.pinned or self.upcoming or any(isinstance(row, Item) for row in self.rows))

    # --- Reading ---

    def _read(self) -> None:
        plain = self.may_log and not self.filters.are_active
        self._pin = self._pinned() if plain else None
        above = [self._pin] if self._pin and not self.is_part else []
        upcoming = self._upcoming() if plain and not self.is_part else []
        number = PAGE if self.whole else RECENT
        keys, self.looked_back_to = self._keys(number + 1)
        lines = {} if self.filters.are_active else self._lines(number + 1)
        chosen, self.older = self._merge(keys, lines, number)
        items = self._items([*above, *upcoming, *(row for row in chosen if isinstance(row, Key))])
        pinned = [replace(items[key.activity_id], pinned=True) for key in above if key.activity_id in items]
        self.pinned = next(iter(pinned), None)
        self.upcoming = [items[key.activity_id] for key in upcoming if key.activity_id in items]
        self.rows = [
            items[row.activity_id] if isinstance(row, Key) else row
            for row in chosen
            if not isinstance(row, Key) or row.activity_id in items
        ]

    def _pinned(self) -> Key | None:
        rows = TimelinePin.objects.filter(record=self.record.pk, association__archived_ends=0)
        row: Any = rows.values_list("association__happened_at", "association_id", "activity_id").first()
        return Key(*row) if row else None

    def _upcoming(self) -> list[Key]:
        """Return the open tasks and the meetings that have not begun, the next (or longest overdue) first."""
        number = ALL_UPCOMING if self.shows_all_upcoming else UPCOMING
        found = upcoming_keys(self.record.pk, self.now, number + 2)
        keys = [key for key in found if key != self._pin]
        self.has_more_upcoming = len(keys) > number
        return keys[:number]

    def _keys(self, number: int) -> tuple[list[Key], Key | None]:
        """Return the activities of the page, and where it stopped looking for more before it was full."""
        if not self.may_log:
            return [], None
        narrowing = self.filters.narrows_records
        spans = {kind: self._span(kind) for kind in self.filters.types}
        keys = newest(self.record.pk, spans, LOOKED_AT + 1 if narrowing else number)
        if not narrowing:
            return keys, None
        looked_at = keys[:LOOKED_AT]
        passing = set(self._passing([key.activity_id for key in looked_at]).values_list("pk", flat=True))
        found = [key for key in looked_at if key.activity_id in passing][:number]
        stopped = looked_at[-1] if len(keys) > LOOKED_AT and len(found) < number else None
        return found, stopped

    def _span(self, kind: ObjectType) -> Span:
        """Return which activities of a type are on this page of the list, as far as an index knows."""
        first, until = self.filters.period
        ends = [(until or LAST, 0), *([self.cursor.activity] if self.cursor.activity else [])]
        condition = Q()
        if not self.filters.are_active:  # without those that stand above
            if kind.name == Meeting.object_type_name:
                ends.append((self.now, 0))
            if kind.name == Task.object_type_name:
                condition &= Q(is_pending=False)
            if self._pin:
                condition &= ~Q(pk=self._pin.association_id)
        return Span((first or FIRST, 0), min(ends), condition)

    def _passing(self, ids: Sequence[int]) -> QuerySet:
        records = Record.objects.visible_to(self.user).filter(pk__in=ids)
        if person := self.filters.person_id:
            records = records.filter(Q(owner=person) | Q(created_by=person))
        # They are few: looked through, and not looked up among those of all records.
        return search.matching(records, self.filters.text, common=True)

    def _lines(self, number: int) -> dict[str, list[QuietLine]]:
        places = dict(self.cursor.places)
        return {
            name: read(self.record, self.user, number, places.get(name))
            for name, read in quiet_sources.items()
        }

    def _merge(
        self, keys: list[Key], lines: dict[str, list[QuietLine]], number: int
    ) -> tuple[list[Key | QuietLine], Cursor | None]:
        """Return activities and lines in one order, and the cursor of the next page if there is one."""
        queues: dict[str, list[Any]] = {
            "": list(keys),
            **{name: list(found) for name, found in lines.items()},
        }
        cursor, chosen = self.cursor, list[Key | QuietLine]()
        while len(chosen) < number and any(queues.values()):
            name = max((name for name in queues if queues[name]), key=lambda name: queues[name][0].at)
            row = queues[name].pop(0)
            chosen.append(row)
            cursor = replace(cursor, at=row.at)
            if isinstance(row, Key):
                cursor = replace(cursor, activity=(row.at, row.association_id))
            else:
                places = {**dict(cursor.places), name: row.place}
                cursor = replace(cursor, places=tuple(places.items()))
        if any(queues.values()):
            return chosen, cursor
        if stopped := self.looked_back_to:
            return chosen, replace(cursor, at=stopped.at, activity=(stopped.at, stopped.association_id))
        return chosen, None

    def _items(self, keys: Iterable[Key]) -> dict[int, Item]:
        """Return activities with all that the page says of them, by id: three queries, and as many
        where there are meetings."""
        keys = list(keys)
        if not keys:
            return {}
        ids = [key.activity_id for key in keys]
        rows = Record.objects.visible_to(self.user).filter(pk__in=ids).with_details()
        records = {row.pk: row for row in rows.select_related("created_by")}
        numbers = association_counts(ids)
        files = attachments.of_records(ids, self.user)
        people = attendees.of_meetings(records.values(), self.user)
        return {
            pk: Item(
                records[pk],
                key.at,
                self.now,
                numbers.get(pk, 0),
                attachments=files.get(pk, ()),
                attendees=people.get(pk),
            )
            for key in keys
            if (pk := key.activity_id) in records
        }


def item(record: Record, activity: Record, user: Any) -> Item:
    """Return an activity as it stands on a record's timeline to a user."""
    at = activity.happened_at or activity.created_at
    pinned = TimelinePin.objects.filter(record=record.pk, activity=activity.pk).exists()
    number = association_counts([activity.pk]).get(activity.pk, 0)
    files = attachments.of_records([activity.pk], user).get(activity.pk, ())
    people = attendees.of_meetings([activity], user).get(activity.pk)
    return Item(activity, at, timezone.now(), number, pinned, files, people)


def association_counts(ids: Sequence[int]) -> dict[int, int]:
    """Return with how many records each activity is associated: one query."""
    sides = [
        Association.objects.live()
        .filter(**{f"{end}__in": ids})
        .order_by()
        .values(end)
        .annotate(number=Count("pk"))
        .values_list(end, "number")
        for end in ("record_a", "record_b")
    ]
    counts: dict[int, int] = {}
    for pk, number in sides[0].union(sides[1], all=True):
        counts[pk] = counts.get(pk, 0) + number
    return counts


# --- Pins -------------------------------------------------------------------------------------------------


def pin(record: Record, activity: Record) -> bool:
    """Let an activity stand first on a record's timeline, in place of another; return whether it does.

    It does not where they are not associated (any more).
    """
    association = Association.objects.live().of(record.pk).of(activity.pk).first()
    if association is None:
        return False
    TimelinePin.objects.update_or_create(
        record_id=record.pk, defaults={"activity_id": activity.pk, "association": association}
    )
    return True


def unpin(record: Record, activity: Record) -> None:
    """Let an activity stand at its place again."""
    TimelinePin.objects.filter(record=record.pk, activity=activity.pk).delete()
