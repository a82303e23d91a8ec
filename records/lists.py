"""A list of records as its address describes it: search, filters, order, columns and page."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property

from . import activity_facts, paging, search
from .filters import Filters
from .models import ObjectType, Property, Record
from .named_filters import ActiveFilter, left_out

PAGE_SIZES = (25, 50, 100)
COUNTED = search.COMMON  # rows counted at once; beyond, an exact count is offered and not forced
NAME = "name"  # the column that holds a record's name
# What an address says of this one look at a list, and not of the list.
PAGE_PARAMETERS = (
    "after",
    "before",
    "last",
    "column",
    "count",
    "edit_filter",
    "add_filter",
    "find",
    "created",
)


def without_page_state(query: QueryDict) -> QueryDict:
    """Return an address without what it says of this one look at the list: it starts at the first page."""
    query = query.copy()
    for name in [name for name in query if name in PAGE_PARAMETERS or name.startswith("filter-")]:
        del query[name]
    return query


@dataclass(frozen=True)
class ExtraColumn:
    """A column that is not a property: its name in addresses, label, and its cells for a page of records."""

    name: str
    label: str
    load: Callable[[Sequence[int]], dict[int, str]]
    shown: bool = False  # before a user chooses columns
    sortable: bool = False  # by the list that has it
    css: str = ""  # the class of its cells


@dataclass(frozen=True)
class Narrowing:
    """What an address narrows a list by besides properties, and how its chip says so."""

    parameter: str
    text: str
    apply: Callable[[QuerySet], QuerySet]
    count: int | None = None  # how many records it leaves, where that is known
    by_id: bool = False  # whether it names the records rather than what they must be like


class Extension(Protocol):
    """What a floor above adds to lists."""

    def columns(self, object_type: ObjectType) -> Iterable[ExtraColumn]:
        """Return the columns that it adds to the list of a type."""

    def narrowings(self, object_type: ObjectType, query: QueryDict, user: Any) -> Iterable[Narrowing]:
        """Return what it reads from an address to narrow the list of a type by."""


extensions: list[Extension] = []


class RecordList:
    """The records of one type that an address asks for.

    A floor above may make a list of some of them, at an address of its own: a subclass that says which
    (`scope`).
    """

    actions: ExtraColumn | None = None  # what stands behind all columns, whichever are chosen

    def __init__(self, object_type: ObjectType, query: QueryDict, user: Any) -> None:
        self.object_type = object_type
        self.query = query
        self.user = user
        self.text = query.get("q", "").strip()
        self.scope = self._scope()
        self.narrowings = self._narrowings()
        self.is_common = search.is_common(self.text, object_type)
        rows: Any = object_type.model.objects.visible_to(user)
        # Custom types share one table; a board goes by its stages, which belong to one type.
        if object_type.is_custom and not self.is_board:
            rows = rows.of_type(object_type)
        self.filtering = Filters(object_type, query, user)
        self.is_valid = self.filtering.is_valid
        if self.is_valid:
            for narrowing in self._conditions:
                rows = narrowing.apply(rows)
            rows = search.matching(rows, self.text, object_type, common=self.is_common)
            rows = self.filtering.apply(rows, is_narrowed=bool(self.text or self._conditions))
        else:
            rows = rows.none()
        if self._goes_by_type and not object_type.is_custom and not self.is_board:
            rows = rows.of_type(object_type)
        self.rows = rows

    def _scope(self) -> Narrowing | None:
        """Return which records the list is about, whatever its address asks for; None for all of the type."""
        return None

    def _narrowings(self) -> list[Narrowing]:
        """Return what the address narrows the list by besides properties."""
        return [
            narrowing
            for extension in extensions
            for narrowing in extension.narrowings(self.object_type, self.query, self.user)
        ]

    @property
    def _conditions(self) -> list[Narrowing]:
        return [*([self.scope] if self.scope else []), *self.narrowings]

    @property
    def address(self) -> str:
        """Where the list is, without what a user asks of it."""
        return reverse("records:list", args=[self.object_type.name])

    @property
    def filters(self) -> list[ActiveFilter]:
        """The filters that the address names, of all groups."""
        return self.filtering.active

    @property
    def has_board(self) -> bool:
        """Whether the records can be shown as cards by stage."""
        return self.object_type.stage_property is not None

    @property
    def is_board(self) -> bool:
        """Whether the records are shown as cards by stage rather than as a table."""
        return self.query.get("view") == "board" and self.has_board

    @property
    def _goes_by_type(self) -> bool:
        """Whether an index of `Record`, all of which begin with the type, serves the list.

        Where none does, the type is left to follow from the table: SQLite would take its mention for an
        invitation to read all of the type by such an index.
        """
        if search.looks_up(self.text) and not self.is_common:
            return False
        if self.filtering.by_id or any(narrowing.by_id for narrowing in self._conditions):
            return False
        if any(getattr(one.subject.prop, "indexed", False) for one in self.filters):
            return True  # its index begins with the type
        return self.order.key == "id" and "__" not in self.order.lookup

    # --- Columns ----------------------------------------------------------------------------------

    @cached_property
    def extra_columns(self) -> dict[str, ExtraColumn]:
        """The columns that floors above add, by name."""
        return {
            column.name: column for extension in extensions for column in extension.columns(self.object_type)
        }

    @cached_property
    def columns(self) -> list[Property | ExtraColumn]:
        """The columns beside the name, in order: those that the address names, else the usual ones."""
        available: dict[str, Property | ExtraColumn] = {
            **{name: prop for name, prop in self.object_type.properties.items() if name != NAME},
            **self.extra_columns,
        }
        asked = [
            available[name] for name in dict.fromkeys(self.query.getlist("columns")) if name in available
        ]
        if asked or "columns" in self.query:
            return asked
        usual: list[Property | ExtraColumn] = [
            column for column in self.extra_columns.values() if column.shown
        ]
        names = self.object_type.list_properties
        properties: list[Property | ExtraColumn] = [available[name] for name in names if name in available]
        return [*properties[:1], *usual, *properties[1:]]

    @cached_property
    def left_out(self) -> list[str]:
        """What the address asks for and no longer exists, such as archived properties."""
        kind = self.object_type
        asked = [*self.query.getlist("columns"), self.query.get("sort", "").removeprefix("-")]
        known = {"", NAME, *kind.properties, *self.extra_columns}
        unknown = dict.fromkeys(name for name in asked if name not in known)
        labels = [
            kind.archived_properties[name].title if name in kind.archived_properties else name
            for name in unknown
        ]
        return list(dict.fromkeys([*left_out(kind, self.query), *labels]))

    @property
    def choosable_columns(self) -> list[dict[str, Any]]:
        """Every column there is, and whether it is shown."""
        chosen = {column.name for column in self.columns}
        return [
            *(
                {"name": prop.name, "label": prop.title, "chosen": prop.name in chosen}
                for prop in self.object_type.properties.values()
                if prop.name != NAME
            ),
            *(
                {"name": column.name, "label": column.label, "chosen": column.name in chosen}
                for column in self.extra_columns.values()
            ),
        ]

    # --- Order and pages --------------------------------------------------------------------------

    @property
    def sort(self) -> str:
        """The column that the list is sorted by, with a minus for descending."""
        asked = self.query.get("sort", "")
        name = asked.removeprefix("-")
        column = self.object_type.properties.get(name) or self.extra_columns.get(name)
        return asked if name == NAME or (column is not None and column.sortable) else NAME

    @property
    def order(self) -> paging.Order:
        """The order of the list."""
        name, descending = self.sort.removeprefix("-"), self.sort.startswith("-")
        if name == NAME:
            return paging.Order("sort_name", descending, key="id")
        prop = self.object_type.properties[name]
        # The tie is broken within the table of the sorted column, where one index holds both.
        base = not prop.column or any(field.name == prop.column for field in Record._meta.local_fields)
        column = self.object_type.model._meta.get_field(prop.column) if prop.column else None
        always = prop.read_only and column is not None and not column.null
        blank = None if always else prop.kind.is_blank(prop)
        return paging.Order(prop.kind.order_by(prop), descending, key="id" if base else "pk", blank=blank)

    @property
    def page_size(self) -> int:
        """Rows on a page."""
        asked = self.query.get("per_page", "")
        return int(asked) if asked in map(str, PAGE_SIZES) else PAGE_SIZES[0]

    @property
    def _sortable_rows(self) -> Any:
        """The rows with the value that they are sorted by."""
        name = self.sort.removeprefix("-")
        return self.rows.with_values([prop for prop in [self.object_type.properties.get(name)] if prop])

    @cached_property
    def page(self) -> paging.Page:
        """The page that the address asks for. Raises paging.BadCursor."""
        page = paging.page(
            self._sortable_rows.select_related("owner"),
            self.order,
            self.page_size,
            after=self.query.get("after", ""),
            before=self.query.get("before", ""),
            last=bool(self.query.get("last")),
        )
        activity_facts.freshen(page.rows)
        return page

    @cached_property
    def count(self) -> int:
        """How many records there are: exactly where the address asks for that, else up to COUNTED + 1."""
        exact = bool(self.query.get("count"))
        if self.filtering.is_related and self._is_one_page:
            return len(self.page.rows)  # to find them again might take as long as it took to find them
        rows = self.rows.order_by()
        if not self.is_narrowed and self.scope and self.scope.count is not None:
            return self.scope.count
        if not self.is_narrowed and not self.scope:  # an index of `Record` alone answers
            rows = Record.objects.visible_to(self.user).of_type(self.object_type).order_by()
        elif not self.text and not self.filters and len(self.narrowings) == 1:
            if self.narrowings[0].count is not None:
                return self.narrowings[0].count
        elif self.is_common and not exact and not self.filters and not self._conditions:
            return COUNTED + 1
        return rows.count() if exact else rows[: COUNTED + 1].count()

    def ids(self) -> list[int]:
        """Return the ids of all records of the list, of all its pages, in its order. One query."""
        return list(paging.in_order(self._sortable_rows, self.order).values_list("pk", flat=True))

    @property
    def _is_one_page(self) -> bool:
        """Whether the page that the address asks for is the first and the last."""
        if any(self.query.get(name) for name in ("after", "before", "last")):
            return False
        return self.page.before is None and self.page.after is None

    @property
    def count_is_exact(self) -> bool:
        """Whether `count` is all, and not "more than COUNTED"."""
        return bool(self.query.get("count")) or self.count != COUNTED + 1

    @property
    def state(self) -> list[tuple[str, str]]:
        """The address's parameters that a search keeps: all but the text and the page."""
        kept = without_page_state(self.query).lists()
        return [(name, value) for name, values in kept for value in values if name != "q"]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the whole type is asked for."""
        return bool(self.text or self.filters or self.narrowings)
