"""Files for spreadsheets: CSV and XLSX, written row by row, whose cells no program takes for formulas."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils import timezone

MARK = "\ufeff"  # by which spreadsheets know UTF-8
# What a spreadsheet would run, also behind apostrophes, so that defusing twice can be taken back twice.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
SHEET_ROWS = 1_048_576  # that a sheet of XLSX has
CELL = 32_767  # characters that a cell of XLSX has
EXACT = 10**15  # numbers up to which XLSX, which has floating point only, holds each digit


def defused(text: str) -> str:
    """Return a cell's text so that no spreadsheet takes it for a formula; `restored` takes it back.

    OWASP: https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """Return the text that a defused cell stands for.

    >>> restored(defused("=1+1")), restored(defused("'+49")), restored("Ada")
    ('=1+1', "'+49", 'Ada')
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file; cells are text, numbers, days, moments or None."""
    writer = csv.writer(_Echo())
    mark = MARK
    for row in rows:
        yield mark + str(writer.writerow([_plain(cell) for cell in row]))
        mark = ""


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return _local(cell).isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal | int | float):
        return format(cell, "f") if isinstance(cell, Decimal) else str(cell)
    return defused(str(cell))


def _local(moment: datetime) -> datetime:
    """Return a moment in the installation's time zone, which the file does not name."""
    return timezone.localtime(moment).replace(tzinfo=None) if timezone.is_aware(moment) else moment


def write_csv(file: IO[bytes], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file."""
    for line in csv_lines(rows):
        file.write(line.encode())


def write_xlsx(file: IO[bytes], rows: Iterable[Sequence[Any]]) -> None:
    """Write a workbook of one sheet, or of several with the same first row where one is too short.

    Memory is that of a row. Text beyond what a cell holds is cut, and ends in "…".
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        formats = {
            "head": book.add_format({"bold": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        rest = iter(rows)
        header = next(rest, ())
        sheet: Any = None
        number = SHEET_ROWS
        for row in _with_one(rest):
            if number == SHEET_ROWS:
                sheet = book.add_worksheet()
                sheet.freeze_panes(1, 0)
                for column, text in enumerate(header):
                    sheet.write_string(0, column, str(text)[:CELL], formats["head"])
                number = 1
            for column, cell in enumerate(row or ()):
                _write_cell(sheet, number, column, cell, formats)
            number += 1


def _with_one(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any] | None]:
    """Yield rows; None where there are none, so that there is a sheet."""
    yield next(rows, None)
    yield from rows


def _write_cell(sheet: Any, row: int, column: int, cell: Any, formats: dict[str, Any]) -> None:
    if cell in (None, ""):
        return
    if isinstance(cell, date) and cell.year >= 1900:  # spreadsheets know no days before
        if isinstance(cell, datetime):
            sheet.write_datetime(row, column, _local(cell), formats["moment"])
        else:
            sheet.write_datetime(row, column, cell, formats["day"])
    elif isinstance(cell, Decimal | int | float) and abs(cell) < EXACT:
        sheet.write_number(row, column, float(cell))
    else:
        text: str = cell if isinstance(cell, str) else _plain(cell)
        sheet.write_string(row, column, text if len(text) <= CELL else f"{text[: CELL - 1]}…")
