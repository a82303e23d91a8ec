"""From the bytes of a file of text to its rows: encoding, delimiter, cells with their line numbers.

Nothing is guessed that could corrupt a text in silence: a file is what its byte order mark says, else UTF-8,
else what the user says it is.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from crm.imports.report import ImportRefused
from records.spreadsheets import restored

from .table import LONGEST_CELL, Table

DELIMITERS = (",", ";", "\t", "|")
CHUNK = 1 << 20  # bytes
# The longer marks first: that of UTF-32 begins like that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class CsvTable(Table):
    """A file of text with a delimiter, such as CSV or TSV. It is read as a stream."""

    kind = "csv"

    def __init__(self, path: Path, *, name: str = "", encoding: str = "", delimiter: str = "") -> None:
        """Find out what the file is and read its header. Raises ImportRefused where it cannot be read."""
        super().__init__(path, name)
        self.encoding = _known_encoding(encoding) if encoding else self._encoding_by_mark()
        if delimiter and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
            raise ImportRefused(_("A delimiter is one character, such as , or ; or tab."))
        self.delimiter = delimiter or self._guess_delimiter()
        self.set_header(*next(self.records(), (1, [])))

    def text(self, cell: str) -> str:
        """Return a cell without what an export defused it by."""
        return restored(super().text(cell))

    # --- Bytes to text --------------------------------------------------------------------------

    def _encoding_by_mark(self) -> str:
        try:
            with self.path.open("rb") as file:
                start = file.read(4)
        except OSError as error:
            raise ImportRefused(
                _("%(file)s cannot be read: %(reason)s.") % {"file": self.path, "reason": error.strerror}
            ) from error
        return encoding_by_mark(start) or "utf-8"

    def _open(self) -> TextIO:
        try:
            return self.path.open(encoding=self.encoding, newline="")
        except OSError as error:
            raise ImportRefused(
                _("%(file)s cannot be read: %(reason)s.") % {"file": self.path, "reason": error.strerror}
            ) from error

    def _undecodable(self, error: UnicodeError) -> ImportRefused:
        """Return the refusal that names line and byte of what is no text in the file's encoding."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        newlines = io.IncrementalNewlineDecoder(None, translate=True)
        line, done = 1, 0
        with self.path.open("rb") as file:
            while True:
                chunk = file.read(CHUNK)
                held = len(decoder.getstate()[0])
                try:
                    text = decoder.decode(chunk, not chunk)
                except UnicodeDecodeError as found:
                    good = found.object[: found.start].decode(self.encoding, errors="ignore")
                    line += newlines.decode(good).count("\n")
                    return ImportRefused(
                        _(
                            "line %(line)s: byte %(byte)s of the file (0x%(value)02X) is not %(encoding)s "
                            "text. If it was saved in another encoding, name that: --encoding latin-1 "
                            "(or cp1252, cp1250 …)."
                        )
                        % {
                            "line": line,
                            "byte": done - held + found.start + 1,
                            "value": found.object[found.start],
                            "encoding": self.encoding.upper().removesuffix("-SIG"),
                        }
                    )
                if not chunk:
                    return ImportRefused(str(error))
                line += newlines.decode(text).count("\n")
                done += len(chunk)

    # --- Text to cells --------------------------------------------------------------------------

    def _guess_delimiter(self) -> str:
        """Return the delimiter that parts the header into the most columns."""
        widths = {}
        for delimiter in DELIMITERS:
            self.delimiter = delimiter
            try:
                widths[delimiter] = len(next(self.records(), (1, []))[1])
            except ImportRefused:
                continue
        if not widths:
            self.delimiter = ","
            next(self.records())  # says what is wrong with the first line
        return max(widths, key=lambda delimiter: widths[delimiter])

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line in which each record of the file begins, and its cells."""
        with self._open() as file:
            csv.field_size_limit(LONGEST_CELL)
            reader = csv.reader(_without_mark(file), delimiter=self.delimiter, strict=True)
            while True:
                line = reader.line_num + 1
                try:
                    yield line, next(reader)
                except StopIteration:
                    return
                except UnicodeError as error:
                    raise self._undecodable(error) from error
                except csv.Error as error:
                    raise ImportRefused(_csv_message(line, reader.line_num, str(error))) from error


def encoding_by_mark(start: bytes) -> str:
    """Return the encoding that a file's byte order mark says; "" without one."""
    return next((name for mark, name in BYTE_ORDER_MARKS if start.startswith(mark)), "")


def _known_encoding(name: str) -> str:
    try:
        "a".encode(name)  # refuses codecs that are not of text, too
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise ImportRefused(_("There is no encoding “%(name)s”.") % {"name": name}) from None


def _without_mark(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file, the first without a byte order mark."""
    for number, line in enumerate(file):
        yield line.removeprefix("\ufeff") if number == 0 else line


def _csv_message(first: int, last: int, error: str) -> str:
    if "field larger" in error:
        message = _("line %(line)s: a cell of more than %(number)s characters; is a quote never closed?")
    elif "unexpected end" in error:
        message = _("line %(line)s: a quote is opened and never closed.")
    elif "expected after" in error:
        message = _(
            "line %(last)s: after a closing quote comes neither the delimiter nor the end of the line."
        )
    else:
        message = _("line %(last)s: this is not CSV (%(error)s).")
    return message % {"line": first, "last": last, "number": LONGEST_CELL, "error": error}
