"""Paging by key: a page starts behind the last row of the one before, so every page costs the same.

OFFSET would read and drop all rows before the page. Rows without a value come last in both directions.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import BooleanField, Expression, F, Model, Q, QuerySet, Value


class BadCursor(ValueError):
    """A cursor that does not fit the list; an address that was cut or changed by hand."""


class RowComparison(Expression):
    """`(a, b) > (x, y)`: a row comparison, which an index on (a, b) answers on both databases."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, left: Sequence[Any], operator: str, right: Sequence[Any]) -> None:
        super().__init__()
        self.left, self.operator, self.right = list(left), operator, list(right)

    def get_source_expressions(self) -> list[Any]:
        return [*self.left, *self.right]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.left, self.right = list(exprs[: len(self.left)]), list(exprs[len(self.left) :])

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the comparison with its parameters."""
        parts, params = [], []
        for side in (self.left, self.right):
            compiled = [compiler.compile(expression) for expression in side]
            parts.append("(" + ", ".join(sql for sql, _params in compiled) + ")")
            params += [param for _sql, its in compiled for param in its]
        return f"{parts[0]} {self.operator} {parts[1]}", params


@dataclass(frozen=True)
class Order:
    """How a list is sorted: the lookup, its direction, the key that breaks ties, and what "no value" is."""

    lookup: str
    descending: bool = False
    key: str = "pk"
    blank: Q | None = None


@dataclass(frozen=True)
class Page:
    """Rows of a list, and the cursors of the pages before and after (None at the ends)."""

    rows: list[Any]
    before: str | None
    after: str | None


def page(
    rows: QuerySet, order: Order, size: int, *, after: str = "", before: str = "", last: bool = False
) -> Page:
    """Return the page of `size` rows that follows (or precedes) a cursor, the first or the last one.

    At most two queries: rows that have a value, and rows that have none. Raises BadCursor.
    """
    backwards = bool(before) or last
    start = _decode(before or after)
    found = _fetch(rows, order, size + 1, start, backwards)
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_before = more if backwards else bool(after)
    has_after = bool(before) if backwards else more
    return Page(
        found,
        cursor(found[0], order) if has_before else None,
        cursor(found[-1], order) if has_after else None,
    )


def cursor(row: Model, order: Order) -> str:
    """Return the text that stands for a row's place in the order."""
    value: Any = row
    for step in order.lookup.split("__"):
        value = getattr(value, step, None)
    blank = order.blank is not None and value in (None, "")
    data = [None if blank else _plain(value), row.pk, blank]
    return signing.b64_encode(json.dumps(data, ensure_ascii=False).encode()).decode()


def _fetch(
    rows: QuerySet, order: Order, number: int, start: tuple[Any, int, bool] | None, backwards: bool
) -> list[Any]:
    """Return up to `number` rows behind `start`, nearest first."""
    valued = rows if order.blank is None else rows.exclude(order.blank)
    parts = [(valued, False)] if order.blank is None else [(valued, False), (rows.filter(order.blank), True)]
    if backwards:
        parts.reverse()
    if start and order.blank is not None:
        parts = parts[[blank for _part, blank in parts].index(start[2]) :]
    found: list[Any] = []
    for part, blank in parts:
        descending = order.descending != backwards
        if start and start[2] == blank:
            left, right = [F(order.lookup), F(order.key)], [Value(start[0]), Value(start[1])]
            if blank:
                left, right = left[1:], right[1:]
            part = part.filter(RowComparison(left, "<" if descending else ">", _typed(rows, order, right)))
        sign = "-" if descending else ""
        ordering = [f"{sign}{order.key}"] if blank else [f"{sign}{order.lookup}", f"{sign}{order.key}"]
        found += part.order_by(*ordering)[: number - len(found)]
        if len(found) == number:
            break
    return found


def _typed(rows: QuerySet, order: Order, values: list[Value]) -> list[Value]:
    """Give cursor values the type of their column, as which the database is to compare them."""
    model: Any = rows.model
    *path, name = order.lookup.split("__")
    for step in path:
        model = model._meta.get_field(step).related_model
    field = model._meta.get_field(name)
    if len(values) == 2:
        try:
            values[0] = Value(field.to_python(values[0].value), output_field=field)
        except Exception as error:
            raise BadCursor from error
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _decode(text: str) -> tuple[Any, int, bool] | None:
    if not text:
        return None
    try:
        value, key, blank = json.loads(signing.b64_decode(text.encode()))
        if not isinstance(key, int) or not isinstance(blank, bool) or "\x00" in str(value):
            raise BadCursor
        if isinstance(value, list | dict) or abs(key) > 2**62:
            raise BadCursor
    except (ValueError, TypeError) as error:
        raise BadCursor from error
    return value, key, blank
