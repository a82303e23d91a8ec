"""The board of a type with pipelines: a column for each stage, its cards in their order, counts and sums.

It shows the records of a list (`records.lists.RecordList`): the same search, filters and permissions. The
number of queries depends neither on the number of records nor on that of stages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Value
from django.utils import timezone
from django.utils.functional import cached_property

from . import paging, stage_entries
from .lists import ExtraColumn, RecordList
from .models import Pipeline, Property, Record, Stage
from .property_kinds.numbers import money

COUNTED = 3_000  # cards of a column that are counted and summed at once; beyond, all are on demand
CARDS = 20  # cards that a column shows at first, and more of at a time
RANK = paging.Order("rank")  # the order that people give the cards


@dataclass(frozen=True)
class Total:
    """How many cards a column has, and the sum of their amounts in each currency, the commonest first."""

    count: int = 0
    is_exact: bool = True
    sums: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Card:
    """A record on the board: what stands on its card besides its name and owner."""

    record: Record
    stage: Stage
    amount: str
    facts: list[tuple[str, str]]  # label and markup
    since: datetime | None

    @property
    def time(self) -> timedelta | None:
        """How long the record has been in its stage, where that is known."""
        return timezone.now() - self.since if self.since else None


@dataclass
class Column:
    """A stage with the cards that are shown of it."""

    board: "Board"
    stage: Stage
    cards: list[Card] = field(default_factory=list)
    more: str | None = None  # the cursor of the cards that follow
    continued: bool = False  # whether there are cards above these

    @property
    def other_currencies(self) -> int:
        """How many sums there are besides the first."""
        return len(self.total.sums) - 1

    @property
    def total(self) -> Total:
        """Count and sums of all its cards."""
        return self.board.totals.get(self.stage.pk, Total())


class Board:
    """The columns of one pipeline: the given one, else the one that the address names, else the first."""

    def __init__(self, records: RecordList, pipeline: Pipeline | None = None) -> None:
        self.records = records
        self.object_type = records.object_type
        self.pipelines = self.object_type.pipelines
        asked = records.query.get("pipeline")
        named = (one for one in self.pipelines if one.name == asked)
        self.pipeline = pipeline or next(named, self.pipelines[0])
        self.model: Any = self.object_type.model
        prop: Any = self.object_type.stage_property
        self.stage_column: str = prop.column

    # --- Order ------------------------------------------------------------------------------------

    @cached_property
    def sorted_by(self) -> Property | None:
        """The property by which the cards are sorted; None for the order that people give them."""
        prop = self.object_type.properties.get(self.records.query.get("sort", "").removeprefix("-"))
        return prop if prop in self.sortable else None

    @property
    def sortable(self) -> list[Property]:
        """What the cards can be sorted by; not by what another row says, as which no index goes."""
        return [
            prop
            for prop in self.object_type.properties.values()
            if prop.kind.sortable and "__" not in prop.kind.order_by(prop)
        ]

    @property
    def sort_choices(self) -> list[dict[str, Any]]:
        """The orders that a menu offers: by each of these properties, numbers and days falling."""
        by_time = (Property.FieldType.DATE, Property.FieldType.DATETIME)
        choices = []
        for prop in self.sortable:
            falls = prop.kind.numeric or prop.field_type in by_time
            sort = f"-{prop.name}" if falls else prop.name
            choices.append({"sort": sort, "label": prop.title, "current": prop == self.sorted_by})
        return choices

    @property
    def order(self) -> paging.Order:
        """The order of the cards in each column."""
        return self.records.order if self.sorted_by else RANK

    # --- Cards ------------------------------------------------------------------------------------

    @property
    def _named(self) -> list[Property]:
        return [self.sorted_by] if self.sorted_by else []

    def _standing(self, stage: Stage) -> Any:
        return self.records.rows.with_values(self._named).filter(**{self.stage_column: stage.pk})

    @cached_property
    def continued(self) -> Stage | None:
        """The stage of which the address asks for the cards behind a cursor."""
        asked = self.records.query.get("column", "")
        stages = self.pipeline.stage_list if self.records.query.get("after") else []
        return next((one for one in stages if str(one.pk) == asked), None)

    @cached_property
    def continuation(self) -> Column | None:
        """The column of that stage from there on. Raises paging.BadCursor."""
        if self.continued is None:
            return None
        rows = self._standing(self.continued).select_related("owner")
        page = paging.page(rows, self.order, CARDS, after=self.records.query.get("after", ""))
        cards = self.cards(page.rows)
        return Column(self, self.continued, [cards[row.pk] for row in page.rows], page.after, continued=True)

    @cached_property
    def columns(self) -> list[Column]:
        """A column for each stage, with its first cards. Raises paging.BadCursor."""
        stages = [stage for stage in self.pipeline.stage_list if stage != self.continued]
        found: dict[int, list[Any]] = {stage.pk: [] for stage in stages}
        for row in self._first_cards(stages):
            found[getattr(row, f"{self.stage_column}_id")].append(row)
        cards = self.cards([row for rows in found.values() for row in rows[:CARDS]])
        columns = []
        for stage in self.pipeline.stage_list:
            if stage == self.continued and self.continuation:
                columns.append(self.continuation)
                continue
            rows = found[stage.pk]
            more = paging.cursor(rows[CARDS - 1], self.order) if len(rows) > CARDS else None
            columns.append(Column(self, stage, [cards[row.pk] for row in rows[:CARDS]], more))
        return columns

    def _first_cards(self, stages: Sequence[Stage]) -> Any:
        """Return the first cards of these stages, at least one more of each than is shown: one query."""
        heads = [
            part
            for stage in stages
            for part in paging.first_rows(self._standing(stage), self.order, CARDS + 1)
        ]
        rows = self.model.objects.with_values(self._named).select_related("owner")
        return paging.in_order(paging.any_of(rows, heads), self.order)

    def cards(self, rows: Sequence[Any]) -> dict[int, Card]:
        """Return the cards of records, by id, with what floors above know of them and since when."""
        ids = [row.pk for row in rows]
        extra: list[ExtraColumn] = [one for one in self.records.extra_columns.values() if one.shown]
        loaded = [(column.label, column.load(ids)) for column in extra] if ids else []
        since = stage_entries.since(ids) if ids else {}
        stages = self.object_type.stages
        cards = {}
        for row in rows:
            facts = [(label, cells[row.pk]) for label, cells in loaded if row.pk in cells]
            facts += [(prop.title, text) for prop in self._facts if (text := prop.kind.html(prop, row))]
            amount = self.amount.display(row) if self.amount else ""
            stage = stages[getattr(row, f"{self.stage_column}_id")]
            cards[row.pk] = Card(row, stage, amount, facts, since.get(row.pk))
        return cards

    @cached_property
    def _facts(self) -> list[Property]:
        """The secondary properties, without what the board says otherwise."""
        said = (Property.FieldType.STAGE, Property.FieldType.PIPELINE, Property.FieldType.USER)
        return [
            prop for prop in self.object_type.secondary if prop.field_type not in said and prop != self.amount
        ]

    def card(self, pk: int) -> Card | None:
        """Return the card of one record; None where the list does not have it (any more)."""
        row = self.records.rows.select_related("owner").filter(pk=pk).first()
        return self.cards([row])[pk] if row else None

    # --- Counts and sums --------------------------------------------------------------------------

    @cached_property
    def amount(self) -> Property | None:
        """The amount that is summed: the first property that is one."""
        properties = self.object_type.properties.values()
        return next((one for one in properties if one.field_type == Property.FieldType.CURRENCY), None)

    @cached_property
    def counted(self) -> list[Stage]:
        """The stages whose cards are counted: all of them, unless somebody needs only some."""
        return self.pipeline.stage_list

    def heads(self, stages: Sequence[Stage]) -> list[Column]:
        """Return columns for their heads only, without cards."""
        return [Column(self, stage) for stage in stages]

    @property
    def is_exact(self) -> bool:
        """Whether the address asks for exact counts, however long they take."""
        return bool(self.records.query.get("count"))

    @cached_property
    def totals(self) -> dict[int, Total]:
        """Count and sums by stage: one query, which reads no more than COUNTED cards of a column."""
        if not self.records.is_valid:
            return {}
        values = {
            "board_stage": F(self.stage_column),
            "board_currency": F(self.model.currency_column) if self.model.currency_column else Value(""),
            "board_amount": F(self.amount.lookup) if self.amount else Value(0),
        }
        rows = self.records.rows.with_values([self.amount] if self.amount else []).order_by()
        parts, params = [], []
        for stage in self.counted:
            standing = rows.filter(**{self.stage_column: stage.pk}).values(**values)
            part = standing if self.is_exact else standing[: COUNTED + 1]
            try:
                statement, its = part.query.sql_with_params()
            except EmptyResultSet:  # a filter that nothing can meet
                return {}
            parts.append(f"SELECT * FROM ({statement}) part")  # noqa: S608
            params += its
        if not parts:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT board_stage, board_currency, COUNT(*), SUM(board_amount) FROM"  # noqa: S608
                f" ({' UNION ALL '.join(parts)}) parts GROUP BY board_stage, board_currency"
                " ORDER BY COUNT(*) DESC, board_currency",
                params,
            )
            found = cursor.fetchall()
        return self._totals(found)

    def _totals(self, found: Sequence[tuple[int, str, int, Any]]) -> dict[int, Total]:
        counts: dict[int, int] = {}
        sums: dict[int, dict[str, Decimal]] = {}
        for stage, currency, count, amount in found:
            counts[stage] = counts.get(stage, 0) + count
            if amount is not None:
                of_stage = sums.setdefault(stage, {})
                code = currency or settings.DEFAULT_CURRENCY
                of_stage[code] = of_stage.get(code, Decimal()) + round(Decimal(amount), 2)
        totals = {}
        for stage, count in counts.items():
            is_exact = self.is_exact or count <= COUNTED
            of_stage = sums.get(stage, {}) if self.amount and is_exact else {}
            # A sum of many amounts says nothing by its cents.
            texts = [money(amount, code, whole=True) for code, amount in of_stage.items()]
            totals[stage] = Total(count if is_exact else COUNTED, is_exact, texts)
        return totals

    @property
    def count(self) -> int:
        """How many cards there are in all columns, as far as they were counted."""
        return sum(column.total.count for column in self.columns)

    @property
    def count_is_exact(self) -> bool:
        """Whether `count` is all of them."""
        return all(column.total.is_exact for column in self.columns)
