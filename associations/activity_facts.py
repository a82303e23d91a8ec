"""Keeps right what records say of their activities (see `records.activity_facts`).

Whatever changes associations or activities says so here, in its own transaction and with the records locked
whose facts may follow: who reads them then sees what whoever came before has done. Moments are read from the
indexes of timelines, a place per type and end, however many activities there are. They are never counted
where one comes or goes, since that would read them all: their number goes up or down by one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Expression, F, IntegerField
from django.utils import timezone

from records import activity_facts, schema
from records import services as record_services
from records.activity_facts import COLUMNS, LAST_CONTACTED, MOMENTS, NUMBER
from records.models import Call, EmailMessage, Meeting, Record
from records.property_kinds.dates import FIRST, LAST

from .models import Association

# What is a contact, as HubSpot's "Last contacted" has it; a note or a task is none.
CONTACTS = (EmailMessage, Call, Meeting)
# Outcomes of meetings that did not and will not take place.
NOT_HELD = "'CANCELED', 'NO_SHOW', 'RESCHEDULED'"
LAST_ID = 2**63 - 1
ENDS = (("a", "b"), ("b", "a"))


class _Fact(Expression):
    """What the associations of the record in the row say, in SQL of which a planner can make one thing only.

    Each part is a range over all columns of one index, to be read from its end, as `timeline` has it.
    """

    def __init__(self, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.record: Any = F("pk")

    def get_source_expressions(self) -> list[Any]:
        return [self.record]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        (self.record,) = exprs


class _Moment(_Fact):
    """The newest contact until a moment, or what comes first behind it; see `records.activity_facts`."""

    def __init__(self, column: str, now: datetime) -> None:
        super().__init__(DateTimeField(null=True))
        self.column, self.now = column, now

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the first of the places that there are, one for each type and end."""
        record, of_record = compiler.compile(self.record)
        order, function = ("DESC", "MAX") if self.column == LAST_CONTACTED else ("ASC", "MIN")
        parts, params = [], []
        for here, there in ENDS:
            for kinds, condition in self._ranges(there):
                names = [f"link.record_{here}_id", *(f"link.type_{there}_id" for _kind in kinds)]
                where, given = self._where(connection, names, (record, *["%s"] * len(kinds)))
                parts.append(
                    f"SELECT (SELECT link.happened_at FROM {_table(Association)} link"  # noqa: S608
                    f" WHERE link.archived_ends = 0 AND {condition} AND {where} ORDER BY"
                    f" {', '.join(f'{one} {order}' for one in (*names, 'link.happened_at', 'link.id'))}"
                    " LIMIT 1) AS at"
                )
                for moment in given:
                    params += [*of_record, *kinds, *moment]
        return f"(SELECT {function}(found.at) FROM ({' UNION ALL '.join(parts)}) found)", params  # noqa: S608

    def _where(
        self, connection: Any, names: Sequence[str], places: Sequence[str]
    ) -> tuple[str, list[tuple[Any, ...]]]:
        """Return the condition that is a range of an index, and what moments stand in it."""
        past = self.column == LAST_CONTACTED
        first, now, last = (
            connection.ops.adapt_datetimefield_value(moment) for moment in (FIRST, self.now, LAST)
        )
        if connection.vendor == "postgresql":
            # It would not see from a range of rows that a type has no more, and read on through the next.
            equal = " AND ".join(f"{name} = {place}" for name, place in zip(names, places, strict=True))
            return f"{equal} AND link.happened_at {'<=' if past else '>'} %s", [(now,)]
        row = f"({', '.join((*names, 'link.happened_at', 'link.id'))})"
        end = f"({', '.join((*places, '%s', '%s'))})"
        low, high = ((first, 0), (now, LAST_ID)) if past else ((now, LAST_ID), (last, 0))
        # SQLite would take equality for an invitation to another index (see `timeline`).
        return f"{row} >= {end} AND {row} < {end}", [low, high]

    def _ranges(self, there: str) -> list[tuple[list[int], str]]:
        """Return the type of each range, none for that of open tasks, with a further condition."""
        held = (
            f" AND NOT EXISTS (SELECT 1 FROM {_table(Meeting)} meeting"  # noqa: S608
            f" WHERE meeting.record_ptr_id = link.record_{there}_id"
            f" AND meeting.hs_meeting_outcome IN ({NOT_HELD}))"
        )
        ranges = []
        for model in CONTACTS:
            kind = schema.current().type(model.object_type_name)
            ranges.append(([kind.pk], f"link.happened_at IS NOT NULL{held if model is Meeting else ''}"))
        return ranges if self.column == LAST_CONTACTED else [*ranges, ([], "link.is_pending")]


class _Number(_Fact):
    """How many live activities there are: this one reads them all."""

    def __init__(self) -> None:
        super().__init__(IntegerField())

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the sum of both ends."""
        record, params = compiler.compile(self.record)
        parts = [
            f"(SELECT COUNT(*) FROM {_table(Association)} link WHERE link.record_{here}_id = {record}"  # noqa: S608
            " AND link.archived_ends = 0 AND link.happened_at IS NOT NULL)"
            for here, _there in ENDS
        ]
        return f"({' + '.join(parts)})", [*params, *params]


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def register() -> None:
    """Let the ground floor know what the moments are as of now."""
    for column in MOMENTS:
        activity_facts.worked_out[column] = partial(_Moment, column)


# --- What happened ----------------------------------------------------------------------------------


def links_changed(*, added: Iterable[Association] = (), removed: Iterable[Association] = ()) -> None:
    """Follow associations that came or went."""
    kinds, steps = _activity_types(), Counter[int]()
    for rows, step in ((added, 1), (removed, -1)):
        for row in rows:
            if row.archived_ends == 0 and row.happened_at is not None:
                steps[row.record_b_id if row.type_a_id in kinds else row.record_a_id] += step
    _refresh(steps)


def activities_changed(activity_ids: Sequence[int]) -> None:
    """Follow a change of when activities happened, whether they are to be done, or how they ended."""
    _refresh(dict.fromkeys(reach(activity_ids), 0))


def archived_ends_changed(record_ids: Sequence[int], *, restored: bool) -> None:
    """Follow the archiving or restoring of records, once their associations have.

    The facts of a record stay as they are while it is archived; when it is restored they are made anew.
    """
    gone = set(record_ids)
    steps: Counter[int] = Counter()
    for pk, ends in _links(record_ids):
        if pk not in gone and ends == (0 if restored else 1):
            steps[pk] += 1 if restored else -1
    _refresh(steps)
    if restored:
        _refresh(dict.fromkeys(record_ids, 0), recount=True)


def refresh_activity_facts(record_ids: Iterable[int]) -> int:
    """Make the facts of these records anew, counting; return how many were different. A few statements for
    thousands. The caller has locked them."""
    return _refresh(dict.fromkeys(record_ids, 0), recount=True)


@schema.pinned()
def refresh_all() -> int:
    """Make the facts of every live record anew, batch by batch; return how many were different."""
    rows = Record.objects.live().order_by("pk").values_list("pk", flat=True)
    rows = rows.exclude(object_type__in=_activity_types())
    last, differing = 0, 0
    while batch := list(rows.filter(pk__gt=last)[: record_services.BATCH]):
        last = batch[-1]
        with transaction.atomic():
            differing += refresh_activity_facts(record_services.lock(batch, archived=False))
    return differing


# --- What will be locked ----------------------------------------------------------------------------


def reach(record_ids: Sequence[int]) -> set[int]:
    """Return the records whose facts may follow when some change or are archived: those that activities
    among them are associated with."""
    return {pk for pk, _ends in _links(record_ids)}


# --- How --------------------------------------------------------------------------------------------


def _activity_types() -> list[int]:
    return [kind.pk for kind in schema.current().activity_types]


def _links(activity_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return, for each association of activities, the other record and how many ends are archived."""
    kinds = _activity_types()
    found: list[tuple[int, int]] = []
    for batch in record_services.batches(activity_ids):
        for here, there in ENDS:
            rows = Association.objects.filter(
                **{f"record_{here}__in": batch, f"type_{here}__in": kinds, "happened_at__isnull": False}
            )
            found += rows.order_by().values_list(f"record_{there}", "archived_ends")
    return found


def _refresh(steps: Mapping[int, int], *, recount: bool = False) -> int:
    """Bring the facts of live records in step, their number by so many or counted; return how many changed.

    Two statements for each batch: what is so is read, and what is different is written.
    """
    if not steps:
        return 0
    now, kinds = timezone.now(), _activity_types()
    columns: dict[str, Any] = {f"now_{column}": _Moment(column, now) for column in MOMENTS}
    columns["number"] = _Number() if recount else F(NUMBER)
    differing = 0
    for batch in record_services.batches(sorted(steps)):
        rows = Record.objects.live().filter(pk__in=batch).exclude(object_type__in=kinds).order_by("pk")
        changed = []
        for pk, *facts in rows.annotate(**columns).values_list("pk", *COLUMNS, *columns):
            stored, found = facts[:3], facts[3:]
            found[2] = max(found[2] + steps[pk], 0)
            if stored != found:
                changed.append((*found, pk))
        _write(changed)
        differing += len(changed)
    return differing


def _write(rows: Sequence[tuple[Any, ...]]) -> None:
    """Write moments, number and id of records. Nobody has edited them, so history has nothing to keep."""
    if not rows:
        return
    adapt = connection.ops.adapt_datetimefield_value
    places = ", ".join(f"{connection.ops.quote_name(name)} = %s" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_table(Record)} SET {places} WHERE id = %s",  # noqa: S608
            [(adapt(last), adapt(following), number, pk) for last, following, number, pk in rows],
        )
