"""What every file is once it is open: a header, and rows of cells with the line in which each begins."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from crm.imports.exact import Exact
from crm.imports.report import ImportRefused, Problem

MOST_COLUMNS = 1_000
LONGEST_NAME = 500  # characters of a column's name
LONGEST_CELL = 131_072  # characters; a quote that is never closed would swallow the file otherwise
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its cells by column name, without the white space around them."""

    line: int  # where it begins
    cells: dict[str, str]


class Table:
    """A file with a header. It is read from the beginning each time `rows` is called."""

    kind = ""
    copy: Any = None  # of a file that is stored elsewhere: goes with the table

    def __init__(self, path: Path, name: str = "") -> None:
        self.path, self.name = path, name or path.name
        self.header: list[str] = []

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line in which each record of the file begins, and its cells; the header first."""
        raise NotImplementedError

    def rows(self) -> Iterator[Row | Problem]:
        """Yield each row that is not empty; a Problem in place of one that does not fit the header.

        Raises ImportRefused where the file cannot be read any further.
        """
        records = self.records()
        next(records)
        for line, cells in records:
            if not any(cells) or not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(self.header):
                message = _("cells: %(found)s, but columns in the header: %(expected)s.") % {
                    "found": len(cells),
                    "expected": len(self.header),
                }
                yield Problem(line, message, cells=shown(cells))
            elif _NO_TEXT.search("".join(cells)):
                message = _("NUL, or half of a character: no database can store that as text.")
                yield Problem(line, message, cells=shown(cells))
            else:
                cells = [cell if type(cell) is Exact else self.text(cell) for cell in cells]
                yield Row(line, dict(zip(self.header, cells, strict=True)))

    def text(self, cell: str) -> str:
        """Return what a cell says."""
        return cell.strip()

    def set_header(self, line: int, cells: Sequence[str]) -> None:
        """Take the names of the columns. Raises ImportRefused for names that cannot be told apart."""
        self.header = [self.text(str(name)) for name in cells]
        if not any(self.header):
            raise ImportRefused(_("The file is empty: its first line must name the columns."))
        if _NO_TEXT.search("".join(self.header)):
            raise ImportRefused(
                _("line 1: NUL characters. If this is UTF-16 without a mark, say so: --encoding utf-16-le.")
            )
        if len(self.header) > MOST_COLUMNS:
            raise ImportRefused(
                _("The file has %(number)s columns; %(most)s are the most that can be imported.")
                % {"number": len(self.header), "most": MOST_COLUMNS}
            )
        places: dict[str, int] = {}
        for place, name in enumerate(self.header, start=1):
            if len(name) > LONGEST_NAME:
                raise ImportRefused(
                    _("line %(line)s: the name of column %(place)s is longer than %(most)s characters.")
                    % {"line": line, "place": place, "most": LONGEST_NAME}
                )
            if name and name in places:
                raise ImportRefused(
                    _(
                        "line %(line)s: two columns are named “%(name)s” (%(first)s and %(second)s); "
                        "rename one."
                    )
                    % {"line": line, "name": name, "first": places[name], "second": place}
                )
            places[name] = place


def shown(cells: Sequence[str]) -> list[str]:
    """Return cells as a list of refused rows can show them: characters that are none marked as such."""
    return [_NO_TEXT.sub("\ufffd", cell) for cell in cells[:MOST_COLUMNS]]
