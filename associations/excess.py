"""The records that have more associations, or more with a label, than a limit allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from records.models import Record
from records.paging import BadCursor

from .limit_settings import Bound
from .models import Association, Labelling

PAGE = 50


class Excess(NamedTuple):
    """A record that has more than a limit allows, and how many."""

    record: Record
    number: int


@dataclass(frozen=True)
class ExcessPage:
    """A page of those records, the most first; how many there are; the cursor of the next page."""

    rows: list[Excess]
    total: int
    after: str


def exceeding(bound: Bound, maximum: int, user: Any, after: str = "") -> ExcessPage:
    """Return a page of the records that have more than `maximum`, behind a cursor: two queries.

    One groups all associations of the two types, those of archived records too, since they come back. Raises
    BadCursor for a cursor that is none.
    """
    sql, params = _grouped(bound, maximum, user)
    behind = ""
    if after:
        place = after.split("-")
        if len(place) != 2 or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in place):
            raise BadCursor
        behind, params = "WHERE (number, holder) < (%s, %s)", (*params, *map(int, place))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT holder, number, total"  # noqa: S608 — made of compiled queries and fixed words
            f" FROM (SELECT holder, number, COUNT(*) OVER () AS total FROM ({sql}) AS g) AS counted"
            f" {behind} ORDER BY number DESC, holder DESC LIMIT {PAGE + 1}",
            params,
        )
        found = cursor.fetchall()
    more, found = found[PAGE:], found[:PAGE]
    records = Record.objects.visible_to(user).in_bulk([holder for holder, *_rest in found])
    return ExcessPage(
        rows=[Excess(records[holder], number) for holder, number, _total in found if holder in records],
        total=found[0][2] if found else 0,
        after=f"{found[-1][1]}-{found[-1][0]}" if more else "",
    )


def numbers_exceeding(limited: Iterable[tuple[Bound, int]], user: Any) -> dict[Bound, int]:
    """Return how many records have more than each limit allows, without those that none has: one query."""
    limited = list(limited)
    parts = [_grouped(bound, maximum, user) for bound, maximum in limited]
    if not parts:
        return {}
    counts = [f"(SELECT COUNT(*) FROM ({sql}) AS above)" for sql, _params in parts]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", [one for _sql, params in parts for one in params])
        numbers = cursor.fetchone()
    return {bound: number for (bound, _maximum), number in zip(limited, numbers, strict=True) if number}


def _grouped(bound: Bound, maximum: int, user: Any) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of the records above a limit, `holder` and `number`, that a user may see."""
    ends = _ends(bound)
    every, params = (ends[0].union(*ends[1:], all=True) if ends[1:] else ends[0]).query.sql_with_params()
    seen = Record.objects.visible_to(user).of_type(bound.from_type).order_by().values("pk")
    visible, visible_params = seen.query.sql_with_params()
    return (
        f"SELECT holder, number FROM (SELECT holder, COUNT(*) AS number FROM ({every}) AS ends"  # noqa: S608
        f" GROUP BY holder HAVING COUNT(*) > %s) AS above WHERE holder IN ({visible})",
        (*params, maximum, *visible_params),
    )


def _ends(bound: Bound) -> list[Any]:
    """Return querysets of `holder`, once for each record that it has."""
    rows: Any
    if bound.word is None:
        rows = Association.objects.order_by()
        return [
            rows.filter(**{f"type_{here}": bound.from_type, f"type_{there}": bound.to_type})
            .annotate(holder=F(f"record_{here}_id"))
            .values("holder")
            for here, there in (("a", "b"), ("b", "a"))
        ]
    rows = Labelling.objects.filter(label=bound.word.label).order_by()
    ways = ["to_record_id" if bound.inverse else "from_record_id"]
    if not bound.word.label.is_directed:
        ways = ["from_record_id", "to_record_id"]
    return [rows.annotate(holder=F(way)).values("holder") for way in ways]
