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
from django.db import connections
from django.db.models import (
    BooleanField,
    Case,
    Expression,
    F,
    IntegerField,
    Model,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Col

GROUPS = 100  # related rows (stages, users) up to which a list sorted by them is read group by group


class BadCursor(ValueError):
    """A cursor that does not fit the list; an address that was cut or changed by hand."""


class RowComparison(Expression):
    """`(a, b) > (x, y)`: a row comparison, which an index on (a, b) answers on both databases."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, left: Sequence[Any], operator: str, right: Sequence[Any]) -> None:
        super().__init__()
        self.left, self.operator, self.right = list(left), operator, list(right)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """Take the key from the table of the sorted column, where one index holds both.

        For a child model Django would take it from the child's table, which is the same number, but then
        PostgreSQL has no index to compare by and reads the list from its start.
        """
        resolved = super().resolve_expression(*args, **kwargs)
        column, lookup = resolved.left[0], getattr(self.left[0], "name", "__")
        if isinstance(column, Col) and len(self.left) == 2 and "__" not in lookup:
            resolved.left = [column, Col(column.alias, column.target.model._meta.pk)]
        return resolved

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


class Number(Subquery):
    """The number of rows of a subquery, which may have a limit: it reads no more than that."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class Order:
    """How a list is sorted: the lookup, its direction, the key that breaks ties, and what "no value" is."""

    lookup: str
    descending: bool = False
    key: str = "pk"
    blank: Q | None = None
    # Conditions of which every row fulfils one, each with an index of its own that goes by the order.
    parts: tuple[Q, ...] = ()


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
    if "__" in order.lookup:  # its value goes into the cursors
        rows = rows.select_related(order.lookup.split("__")[0])
    valued = rows if order.blank is None else rows.exclude(order.blank)
    parts = [(valued, False)] if order.blank is None else [(valued, False), (rows.filter(order.blank), True)]
    if backwards:
        parts.reverse()
    if start and order.blank is not None:
        parts = parts[[blank for _part, blank in parts].index(start[2]) :]
    found: list[Any] = []
    for part, blank in parts:
        descending = order.descending != backwards
        lookups = [order.key] if blank else [order.lookup, order.key]
        behind = None
        if start and start[2] == blank:
            behind = [Value(start[1])] if blank else _typed(rows, order, start)
        groups = [] if blank else _groups(rows, order, behind, descending)
        if groups:
            part = _heads(part, order, number, groups, behind, descending)
        elif order.parts:
            chosen = [part.filter(condition) for condition in order.parts]
            chosen = [_after(one, lookups, behind, descending) if behind else one for one in chosen]
            part = any_of(rows, [one.order_by(*_signed(lookups, descending))[:number] for one in chosen])
        elif behind:
            part = _after(part, lookups, behind, descending)
        found += part.order_by(*_signed(lookups, descending))[: number - len(found)]
        if len(found) == number:
            break
    return found


def first_rows(rows: QuerySet, order: Order, number: int) -> list[QuerySet]:
    """Return the querysets of the first `number` rows with a value and of as many without, for `any_of`."""
    parts = [(rows, [order.lookup, order.key])]
    if order.blank is not None:
        parts = [
            (rows.exclude(order.blank), [order.lookup, order.key]),
            (rows.filter(order.blank), [order.key]),
        ]
    return [part.order_by(*_signed(lookups, order.descending))[:number] for part, lookups in parts]


def in_order(rows: QuerySet, order: Order) -> QuerySet:
    """Return few rows in an order, those without a value last; the database sorts them."""
    lookups: list[Any] = _signed([order.lookup, order.key], order.descending)
    if order.blank is not None:
        lookups.insert(0, Case(When(order.blank, then=1), default=0, output_field=IntegerField()))
    return rows.order_by(*lookups)


def _after(rows: QuerySet, lookups: Sequence[str], values: Sequence[Value], descending: bool) -> QuerySet:
    return rows.filter(RowComparison([F(lookup) for lookup in lookups], "<" if descending else ">", values))


def _signed(lookups: Sequence[str], descending: bool) -> list[str]:
    return [f"-{lookup}" if descending else lookup for lookup in lookups]


# --- Sorted by a column of a related row ---------------------------------------------------------------
# No index goes by a stage's position or an owner's name, but one goes by stage and one by owner. So what
# the database sorts is one page of each group, and never the whole list.


def _groups(
    rows: QuerySet, order: Order, behind: Sequence[Value] | None, descending: bool
) -> list[tuple[int, Any]]:
    """Return key and value of the related rows at or behind a place; none where there is no such row."""
    if "__" not in order.lookup:
        return []
    relation, name = order.lookup.split("__")
    related = rows.model._meta.get_field(relation).related_model
    found = related._base_manager.order_by().values_list("pk", name)
    if behind:
        found = found.filter(**{f"{name}__{'lte' if descending else 'gte'}": behind[0].value})
    groups = list(found[: GROUPS + 1])
    return groups if len(groups) <= GROUPS else []


def _heads(
    rows: QuerySet,
    order: Order,
    number: int,
    groups: Sequence[tuple[int, Any]],
    behind: Sequence[Value] | None,
    descending: bool,
) -> QuerySet:
    """Return the `number` nearest rows of each group: those of a page are among them."""
    relation = order.lookup.split("__")[0]
    heads = []
    for key, value in groups:
        group = rows.filter(**{relation: key})
        if behind and value == behind[0].value:
            group = _after(group, [order.key], behind[1:], descending)
        heads.append(group.order_by(*_signed([order.key], descending))[:number])
    return any_of(rows, heads)


def any_of(rows: QuerySet, parts: Sequence[QuerySet]) -> QuerySet:
    """Return those of `rows` that are in any of some limited querysets, each read by its own index."""
    if not parts:
        return rows.none()
    # An inner query each, since SQLite takes no LIMIT in the parts of a union; a union and no OR, for which
    # PostgreSQL would look through the whole table.
    keys = [
        part.model._base_manager.filter(pk__in=part.values("pk")).order_by().values("pk") for part in parts
    ]
    return rows.filter(pk__in=keys[0].union(*keys[1:], all=True) if keys[1:] else keys[0])


def _typed(rows: QuerySet, order: Order, start: tuple[Any, int, bool]) -> list[Value]:
    """Give a cursor's value the type of its column, as which the database is to compare it."""
    if order.lookup in rows.query.annotations:
        field = rows.query.annotations[order.lookup].output_field
    else:
        model: Any = rows.model
        *path, name = order.lookup.split("__")
        for step in path:
            model = model._meta.get_field(step).related_model
        field = model._meta.get_field(name)
    try:
        value = field.to_python(start[0])
        field.get_db_prep_value(value, connections[rows.db])
    except Exception as error:
        raise BadCursor from error
    if value is None or (isinstance(value, int) and abs(value) >= 2**63):
        raise BadCursor
    return [Value(value, output_field=field), Value(start[1])]


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
        str(value).encode()  # half a letter (a lone surrogate) cannot go to a database
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
    return value, key, blank
