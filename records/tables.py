"""The list's table (django-tables2), its columns made from properties."""

from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_tables2.data import TableListData

from .lists import NAME, ExtraColumn, RecordList
from .models import Property, Record


class SortedData(TableListData):
    """Rows that the database has sorted; the table only shows how."""

    def order_by(self, aliases: Any) -> None:
        """Leave the rows as they are."""


class SelectColumn(tables.Column):
    """A checkbox per row."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="",
            orderable=False,
            empty_values=(),
            accessor="pk",
            attrs={"td": {"class": "table__select"}, "th": {"class": "table__select"}},
        )

    @property
    def header(self) -> SafeString:
        """A checkbox that ticks the page."""
        return mark_safe(  # noqa: S308
            f'<input type="checkbox" data-select-all aria-label="{escape(_("Select all on this page"))}">'
        )

    def render(self, record: Record) -> SafeString:
        """Return the checkbox of a row."""
        return render_to_string("records/_row_checkbox.html", {"record": record})


class NameColumn(tables.Column):
    """A record's name, linked."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name=_("Name"),
            empty_values=(),
            accessor="pk",
            attrs={"td": {"class": "table__primary"}, "th": {"class": "table__primary"}},
        )

    def render(self, record: Record) -> SafeString:
        """Return the linked name of a row."""
        return render_to_string("records/_row_name.html", {"record": record})


class PropertyColumn(tables.Column):
    """A property's value."""

    def __init__(self, prop: Property) -> None:
        css = "table__num" if prop.kind.numeric else ""
        super().__init__(
            verbose_name=prop.title,
            orderable=prop.sortable,
            empty_values=(),
            accessor="pk",
            attrs={"td": {"class": css}, "th": {"class": css}},
        )
        self.prop = prop

    def render(self, record: Record) -> str:
        """Return the value's markup, or a dash."""
        return self.prop.kind.cell(self.prop, record) or DASH


class LoadedColumn(tables.Column):
    """A column whose cells were loaded for the whole page at once."""

    def __init__(self, column: ExtraColumn, cells: dict[int, str]) -> None:
        super().__init__(
            verbose_name=column.label,
            orderable=column.sortable,
            empty_values=(),
            accessor="pk",
            attrs={"td": {"class": column.css}, "th": {"class": column.css}},
        )
        self.cells = cells

    def render(self, record: Record) -> str:
        """Return the cell's markup, or a dash."""
        return self.cells.get(record.pk) or DASH


DASH = mark_safe('<span class="muted" aria-hidden="true">—</span>')


def record_table(record_list: RecordList) -> tables.Table:
    """Return the table of a list's page: a checkbox, the name, and the list's columns."""
    rows = record_list.page.rows
    ids = [record.pk for record in rows]
    columns: list[tuple[str, tables.Column]] = [("select", SelectColumn()), (NAME, NameColumn())]
    for column in record_list.columns:
        if isinstance(column, ExtraColumn):
            columns.append((column.name, LoadedColumn(column, column.load(ids))))
        else:
            columns.append((column.name, PropertyColumn(column)))
    if actions := record_list.actions:
        columns.append((actions.name, LoadedColumn(actions, actions.load(ids))))
    return tables.Table(
        SortedData(rows),
        extra_columns=columns,
        order_by=record_list.sort,
        order_by_field="sort",
    )
