"""From a workbook to rows: cells as texts that mean exactly what the cell holds."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from crm.imports.exact import Exact
from crm.imports.report import ImportRefused, Problem

from .archives import check_workbook
from .table import LONGEST_CELL, Row, Table, shown

WHOLE = 2**53  # whole numbers below are exact in a cell
T = TypeVar("T")


class SheetTable(Table):
    """One sheet of a workbook, which stands in memory as long as this does."""

    def __init__(self, path: Path, *, name: str = "", sheet: str = "") -> None:
        """Read the sheet of this name, or the first one that is shown. Raises ImportRefused."""
        super().__init__(path, name)
        self.kind = check_workbook(path, self.name)
        workbook = self._guarded(lambda: CalamineWorkbook.from_path(path))
        self.sheets = _shown_sheets(workbook)
        if not self.sheets:
            raise ImportRefused(_("“%(name)s” has no sheet.") % {"name": self.name})
        if sheet and sheet not in self.sheets:
            raise ImportRefused(
                _("“%(name)s” has no sheet “%(sheet)s”; there are: %(names)s.")
                % {"name": self.name, "sheet": sheet, "names": ", ".join(self.sheets)}
            )
        self.sheet = sheet or self.sheets[0]
        self._sheet: CalamineSheet = self._guarded(lambda: workbook.get_sheet_by_name(self.sheet))
        workbook.close()
        line, cells = next(self.records(), (1, []))
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            raise ImportRefused(_("The sheet “%(name)s” is empty.") % {"name": self.sheet})
        self.set_header(line, cells)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of each row that is not empty, and its cells."""
        width = len(self.header) or None
        for line, cells in enumerate(self._sheet.iter_rows(), start=1):
            texts = [cell if type(cell) is str else text_of(cell) for cell in cells[:width]]
            if any(texts):
                yield line, texts

    def rows(self) -> Iterator[Row | Problem]:
        for row in super().rows():
            if isinstance(row, Row) and any(len(cell) > LONGEST_CELL for cell in row.cells.values()):
                message = _("A cell has more than %(number)s characters.") % {"number": LONGEST_CELL}
                cells = [cell[:LONGEST_CELL] for cell in row.cells.values()]
                yield Problem(row.line, message, cells=shown(cells))
            else:
                yield row

    def _guarded(self, read: Callable[[], T]) -> T:
        """Return what the library reads; refuse where it cannot, or breaks."""
        try:
            return read()
        except (CalamineError, OSError, ValueError, OverflowError) as error:
            raise self._unreadable(error) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # what Rust's panics are here
                raise
            raise self._unreadable(error) from error

    def _unreadable(self, error: BaseException) -> ImportRefused:
        return ImportRefused(
            _("“%(name)s” is no workbook that can be read (%(reason)s).")
            % {"name": self.name, "reason": str(error)[:200]}
        )


def _shown_sheets(workbook: CalamineWorkbook) -> list[str]:
    """Return the names of the sheets of cells: those that are shown, or all where none is."""
    sheets = [one for one in workbook.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    visible = [one.name for one in sheets if one.visible == SheetVisibleEnum.Visible]
    return visible or [one.name for one in sheets]


def text_of(value: Any) -> str:
    """Return a cell's value as text: numbers as Excel shows them, dates and times in ISO 8601.

    >>> [text_of(one) for one in (3.0, 0.1 + 0.2, True, datetime(2024, 1, 31), "x")]
    ['3', '0.3', 'true', '2024-01-31', 'x']
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return Exact("true" if value else "false")
    if isinstance(value, float):
        if value.is_integer() and abs(value) < WHOLE:
            return Exact(int(value))
        # Fifteen digits are what Excel keeps and shows; behind them is the noise of binary fractions.
        return Exact(format(Decimal(format(value, ".15g")), "f"))
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() == time():
            return Exact(value.date())
        return Exact(value.isoformat(" "))
    if isinstance(value, date | time):
        return Exact(value.isoformat())
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return Exact(f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}")
    return Exact(value)
