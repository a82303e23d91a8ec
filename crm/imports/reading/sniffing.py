"""What a preview shows of a file before anybody has said anything about it, guesses marked as such."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self

from charset_normalizer import from_bytes
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.dateparse import parse_datetime

from crm.imports.exact import Exact
from crm.imports.report import ImportRefused
from crm.imports.values import read_number

from .delimited import CHUNK, CsvTable, encoding_by_mark
from .opening import open_table
from .sheets import SheetTable
from .table import Row

PREVIEWED = 20  # rows
LOOKED_AT = 1_000  # rows that guesses go by
EXAMPLES = 3
SAMPLE = 1 << 16  # bytes that say which encoding it is
# What tables come in that is not UTF-8, the likeliest first.
ENCODINGS = (
    *("cp1252", "cp1250", "latin-1", "iso8859-2", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255"),
    *("cp1256", "cp1257", "cp852", "cp850", "mac-roman", "shift-jis", "gb18030", "big5", "euc-kr"),
)
DAYS = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y"),
    *("%d-%b-%y", "%Y%m%d"),
)
TIMES = (" %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
MOMENTS = tuple(day + time for day in DAYS for time in TIMES)
YES_NO = ({"true", "false"}, {"yes", "no"}, {"y", "n"})
_DIGIT_DAY = re.compile(r"(19|20)\d{6}")


@dataclass
class ColumnGuess:
    """What the first rows of a file say about a column."""

    name: str
    type: str = "text"  # or number, date, datetime, boolean, email, url, empty
    date_formats: list[str] = field(default_factory=list)  # that fit all cells; several where it is open
    decimal: str = ""  # what stands before decimals, where the cells tell
    is_exact: bool = False  # the cells are numbers or dates of a workbook, no texts
    examples: list[str] = field(default_factory=list)


@dataclass
class Sniffed:
    """What a preview needs to know of a file."""

    name: str
    kind: str  # csv, xlsx or ods
    header: list[str]
    rows: list[list[str]]  # the first ones
    columns: list[ColumnGuess]
    encoding: str = ""
    encoding_is_guess: bool = False  # to be confirmed by somebody who can read the texts
    encodings: list[str] = field(default_factory=list)  # that it might be as well
    delimiter: str = ""
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """Return what `as_json` gave."""
        columns = [ColumnGuess(**column) for column in plain["columns"]]
        return cls(**{**plain, "columns": columns})


def sniff(path: Path, name: str = "", *, encoding: str = "", delimiter: str = "", sheet: str = "") -> Sniffed:
    """Return what a file is and how it begins; what is given is not guessed.

    Raises ImportRefused where it cannot be read.
    """
    name = name or path.name
    guessed: list[str] = []
    try:
        table = open_table(path, name=name, encoding=encoding, delimiter=delimiter, sheet=sheet)
        if isinstance(table, CsvTable) and not encoding and not _is_text(path, table.encoding):
            raise ImportRefused("")
    except ImportRefused:
        guessed = [] if encoding else guess_encodings(path)
        if not guessed:
            raise
        table = open_table(path, name=name, encoding=guessed[0], delimiter=delimiter, sheet=sheet)
    header = [column for column in table.header if column]  # nothing can be done with one without a name
    rows = [row.cells for row in _first_rows(table.rows())]
    sniffed = Sniffed(
        name=name,
        kind=table.kind,
        header=header,
        rows=[[str(cells[column]) for column in header] for cells in rows[:PREVIEWED]],
        columns=[guess_column(column, [cells[column] for cells in rows]) for column in header],
    )
    if isinstance(table, CsvTable):
        sniffed.encoding, sniffed.delimiter = table.encoding, table.delimiter
        sniffed.encoding_is_guess, sniffed.encodings = bool(guessed), guessed
    elif isinstance(table, SheetTable):
        sniffed.sheets, sniffed.sheet = table.sheets, table.sheet
    return sniffed


def _first_rows(rows: Iterable[Any]) -> list[Row]:
    return list(islice((row for row in rows if isinstance(row, Row)), LOOKED_AT))


# --- Encodings ----------------------------------------------------------------------------------------


def _is_text(path: Path, encoding: str) -> bool:
    """Return whether the whole file is text in an encoding."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(CHUNK):
                pass
    except UnicodeError:
        return False
    return True


def guess_encodings(path: Path) -> list[str]:
    """Return the encodings that a file may be in that is not UTF-8, the likeliest first; none if it says."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        if encoding_by_mark(start):
            return []
        if b"\0" in start:
            even, odd = start[::2].count(0), start[1::2].count(0)
            if max(even, odd) < 0.3 * len(start) or min(even, odd) > 0.03 * len(start):
                return []
            return ["utf-16-le"] if odd > even else ["utf-16-be"]
        file.seek(0)
        # What tells encodings apart are the letters beyond ASCII, so the lines that have some.
        telling = b"".join(islice((line for line in file if not line[:SAMPLE].isascii()), 200))[:SAMPLE]
    if not telling:
        return []
    found = [match.encoding.replace("_", "-") for match in from_bytes(telling, cp_isolation=list(ENCODINGS))]
    return list(dict.fromkeys([*found, *(name for name in ENCODINGS if _decodes(telling, name))]))


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeError:
        return False
    return True


# --- Columns ------------------------------------------------------------------------------------------


def guess_column(name: str, cells: Sequence[str]) -> ColumnGuess:
    """Return what a column seems to hold, by these cells of it."""
    texts = list(dict.fromkeys(cell for cell in cells if cell))
    guess = ColumnGuess(name, examples=[str(text) for text in texts[:EXAMPLES]])
    if not texts:
        guess.type = "empty"
        return guess
    guess.is_exact = all(type(text) is Exact for text in texts)
    low = {text.lower() for text in texts}
    if any(low <= pair for pair in YES_NO):
        guess.type = "boolean"
    elif formats := date_formats(texts, DAYS):
        guess.type, guess.date_formats = "date", formats
    elif formats := date_formats(texts, MOMENTS):
        guess.type, guess.date_formats = "datetime", formats
    elif all(_is_moment(text) for text in texts):
        guess.type = "datetime"
    elif decimals := _decimals(texts):
        guess.type = "number"
        guess.decimal = decimals[0] if len(decimals) == 1 else ""
    elif all(_is_email(text) for text in texts):
        guess.type = "email"
    elif all(text.startswith(("http://", "https://")) for text in low):
        guess.type = "url"
    return guess


def date_formats(texts: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the formats by which all of the texts are dates."""
    left = [one for one in known if one != "%Y%m%d" or all(map(_DIGIT_DAY.fullmatch, texts))]
    for text in texts:
        left = [one for one in left if _parses(text, one)]
        if not left:
            break
    return left


def _parses(text: str, date_format: str) -> bool:
    try:
        datetime.strptime(text, date_format)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    """Whether a text is a moment in ISO 8601, with its time zone perhaps, which needs no format."""
    try:
        return parse_datetime(text) is not None
    except ValueError:
        return False


def _decimals(texts: Sequence[str]) -> list[str]:
    """Return what may stand before the decimals, if all of these are numbers; both where it is open."""
    return [sign for sign in (".", ",") if all(_is_number(text, sign) for text in texts)]


def _is_number(text: str, decimal: str) -> bool:
    try:
        read_number(text.removesuffix("%").strip(), "." if type(text) is Exact else decimal)
    except ValidationError:
        return False
    return True


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
