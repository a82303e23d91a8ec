"""Pairs of records as a command takes them: from arguments, or line by line from a file or standard input."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, NamedTuple

from django.utils.translation import gettext as _

COLUMNS = ("record", "other", "label")  # also the names of a header
DELIMITERS = ("\t", ",", ";")
LABEL_SEPARATOR = ";"


class Unreadable(Exception):
    """The file cannot be read any further."""


class Line(NamedTuple):
    """Two records and the labels between them, as written; `problem` where the line holds no pair."""

    place: str  # what a message about it begins with, such as "line 3"
    record: str = ""
    other: str = ""
    labels: tuple[str, ...] = ()
    problem: str = ""


def from_arguments(texts: list[str], labels: Iterable[str]) -> Iterator[Line]:
    """Yield the pairs of the first record with each other one."""
    record, *others = texts
    for other in others:
        yield Line(f"{record} {other}", record, other, tuple(labels))


@dataclass
class PairFile:
    """The lines of CSV text; the first may name the columns.

    `labels` are those of lines that name none. Nothing but the line at hand is kept in memory.
    """

    stream: IO[bytes]
    delimiter: str = ""  # found out from the first line where it is not given
    labels: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[Line]:
        """Yield line after line; raises Unreadable for what is no text, or no CSV."""
        number = 0
        try:
            texts = self._texts()
            first = next(texts, "")
            delimiter = self.delimiter or next((one for one in DELIMITERS if one in first), ",")
            rows = csv.reader(chain([first], texts), delimiter=delimiter, strict=True)
            places = {name: place for place, name in enumerate(COLUMNS)}
            for row in rows:
                number, begun = rows.line_num, number + 1
                if not any(cell.strip() for cell in row):
                    continue
                if begun == 1 and (named := self._header(row)):
                    places = named
                    continue
                yield self._line(row, places, _("line %(number)s") % {"number": begun})
        except csv.Error as error:
            said = _("Line %(number)s is no CSV: %(reason)s.")
            raise Unreadable(said % {"number": number + 1, "reason": error}) from error

    def _texts(self) -> Iterator[str]:
        """Yield the lines as text; each is read as UTF-8 by itself, so that a message can name it."""
        for number, line in enumerate(self.stream, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                said = _("Line %(number)s is not UTF-8.")
                raise Unreadable(said % {"number": number}) from error

    def _header(self, row: list[str]) -> dict[str, int]:
        """Return where the columns stand, where this row names them."""
        names = [cell.strip().casefold() for cell in row]
        if not {"record", "other"} <= set(names):
            return {}
        return {name: names.index(name) for name in COLUMNS if name in names}

    def _line(self, row: list[str], places: dict[str, int], place: str) -> Line:
        cells = {name: row[at].strip() for name, at in places.items() if at < len(row)}
        if not (cells.get("record") and cells.get("other")):
            return Line(place, problem=_("two records are expected."))
        if len(row) > max(len(COLUMNS), 1 + max(places.values())):
            return Line(place, problem=_("there are more cells than columns."))
        written = cells.get("label", "").split(LABEL_SEPARATOR)
        labels = tuple(filter(None, (label.strip() for label in written))) or self.labels
        return Line(place, cells["record"], cells["other"], labels)


def batches(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    """Yield lines by so many."""
    rest = iter(lines)
    while batch := list(islice(rest, size)):
        yield batch
