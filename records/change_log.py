"""The changes of all records, as their list and the page of each show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef
from django.http import QueryDict
from django.utils.functional import cached_property

from . import paging, told
from .history_filters import ChangeFilters
from .models import Change, Record

PAGE_SIZE = 50
ORDER = paging.Order("id", descending=True, key="id")


@dataclass(frozen=True)
class ListedChange:
    """A change in the list, and how much it touched."""

    change: Change
    numbers: Sequence[int]  # by source
    records: Sequence[Record]  # some of them

    @property
    def has_more(self) -> bool:
        """Whether it touched other records than the two that are named."""
        return len(self.records) > 2 or max(self.numbers) > len(self.records)

    @property
    def most(self) -> int:
        """The number up to which is counted."""
        return told.COUNTED


class ChangeLog:
    """A page of the changes that a user may open, as an address asks for it."""

    def __init__(self, query: QueryDict, user: Any) -> None:
        self.query, self.user = query, user
        self.filters = ChangeFilters(query, user)

    @property
    def sources(self) -> Sequence[told.Source]:
        """What a change may have touched."""
        return told.sources

    @property
    def is_narrowed(self) -> bool:
        """Whether the address asks for less than all."""
        return bool(self.filters.count)

    @cached_property
    def page(self) -> paging.Page:
        """The page, the newest first: one query. Raises paging.BadCursor."""
        if not self.filters.is_valid():
            return paging.Page([], None, None)
        rows = Change.objects.visible_to(self.user).filter(**self.filters.lookups())
        rows = rows.select_related("actor", "undoes", "undone_by__actor")
        place = {name: self.query.get(name, "") for name in ("after", "before")}
        return paging.page(rows, ORDER, PAGE_SIZE, after=place["after"], before=place["before"])

    @cached_property
    def rows(self) -> list[ListedChange]:
        """The changes of the page with what they touched: two queries."""
        changes = self.page.rows
        columns: dict[str, Any] = {}
        for source in told.sources:
            for what in ("numbers", "first"):
                for place, expression in enumerate(getattr(source, what)(OuterRef("pk"))):
                    columns[f"{source.name}_{what}_{place}"] = expression
        found = Change.objects.filter(pk__in=[change.pk for change in changes]).order_by()
        touched = {row["pk"]: row for row in found.annotate(**columns).values("pk", *columns)}
        first = {pk: _values(row, "first") for pk, row in touched.items()}
        records = told.known({one for ids in first.values() for one in ids}, self.user)
        return [
            ListedChange(
                change,
                [sum(_values(touched[change.pk], f"{source.name}_numbers")) for source in told.sources],
                [records[pk] for pk in dict.fromkeys(first[change.pk]) if pk in records],
            )
            for change in changes
        ]


def _values(row: dict[str, Any], name: str) -> list[int]:
    """Return the numbers in the columns of that name."""
    return [value for column, value in row.items() if name in column and value]
