"""Looks a workbook (a ZIP archive of XML) through before a library opens it.

A few kilobytes can unpack to more than a machine holds, and one cell in the last corner of a sheet can ask
for a table of 17 billion cells. So everything is unpacked once, in pieces that are thrown away: the real
sizes are counted, not those that the archive states, and so are the rows and columns of each sheet.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext as _

from crm.imports.report import ImportRefused

from .table import LONGEST_CELL

PIECE = 1 << 20  # bytes
MOST_PARTS = 5_000
MOST_UNPACKED = 1 << 30  # bytes of all parts together
MOST_OF_A_PART = 1 << 25  # bytes of a part that is neither a sheet nor the texts of the cells
MOST_OF_TEXTS = 1 << 28  # bytes
MOST_TEXTS = 8_000_000
MOST_CELLS = 10_000_000  # rows × columns of a sheet, empty ones too: so it stands in memory
LONGEST_RUN = 8 * LONGEST_CELL  # bytes between two tags
ODS = b"application/vnd.oasis.opendocument.spreadsheet"

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_PREFIX = rb"(?:[\w.-]+:)?"  # of a namespace
_BINARY = (".bin", ".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".vml")


class _Tags:
    """Finds the tags of a sheet, much faster where they have no prefix, as in nearly all files."""

    def __init__(self, prefix: bytes) -> None:
        tag = b"<" + prefix
        number = rb"(?:[^>]*?\s)?r\s*=\s*[\"']"
        self.row = re.compile(tag + rb"row[\s/>]")
        self.cell = re.compile(tag + rb"c[\s/>]")
        self.row_number = re.compile(tag + rb"row\s" + number + rb"(\d{1,9})")
        self.reference = re.compile(tag + rb"c\s" + number + rb"([A-Za-z]{1,4})(\d{1,9})")
        self.text = re.compile(tag + rb"si[\s/>]")


_BARE, _PREFIXED = _Tags(b""), _Tags(_PREFIX)


def _tags(piece: bytes) -> _Tags:
    has_prefix = any(tag in piece for tag in (b":c", b":row", b":si"))
    return _PREFIXED if has_prefix else _BARE


def check_workbook(path: Path, name: str) -> str:
    """Return "xlsx" or "ods". Raises ImportRefused for what is neither, is damaged, or is too large."""
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            return _Check(archive, file, name).kind()
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError) as error:
        raise _damaged(name) from error


def _damaged(name: str) -> ImportRefused:
    return ImportRefused(
        _("“%(name)s” is damaged or was not transferred to its end: it cannot be unpacked.") % {"name": name}
    )


def _too_large(name: str) -> ImportRefused:
    return ImportRefused(
        _("“%(name)s” unpacks to more than can be read. Save the sheet as CSV and import that.")
        % {"name": name}
    )


class _Check:
    def __init__(self, archive: zipfile.ZipFile, file: BinaryIO, name: str) -> None:
        self.archive, self.file, self.name = archive, file, name
        self.parts = archive.infolist()
        self.unpacked = 0

    def kind(self) -> str:
        names = [part.filename for part in self.parts]
        if any(part.flag_bits & 1 for part in self.parts):
            raise ImportRefused(_("“%(name)s” is protected by a password.") % {"name": self.name})
        if len(set(names)) < len(names):
            raise _damaged(self.name)
        if len(names) > MOST_PARTS or sum(part.file_size for part in self.parts) > MOST_UNPACKED:
            raise _too_large(self.name)
        if "xl/workbook.xml" in names:
            kind = "xlsx"
        elif "content.xml" in names and "mimetype" in names and self._start("mimetype", 100) == ODS:
            kind = "ods"
        else:
            raise ImportRefused(
                _("“%(name)s” is no table that can be read: neither CSV, nor .xlsx, nor .ods.")
                % {"name": self.name}
            )
        for part in self.parts:
            self._look_through(part, kind)
        return kind

    def _start(self, name: str, size: int) -> bytes:
        with self.archive.open(name) as part:
            return part.read(size).strip()

    def _look_through(self, part: zipfile.ZipInfo, kind: str) -> None:
        name = part.filename.lower()
        if name.endswith(_BINARY):  # no part that is read
            for _piece in self._pieces(part):
                pass
        elif kind == "ods":
            if name == "content.xml":
                self._check_ods(part)
            else:
                self._check_xml(part, lambda piece: None, MOST_OF_A_PART)
        elif "/worksheets/" in name and not name.endswith(".rels"):
            self._check_sheet(part)
        elif name.endswith("sharedstrings.xml"):
            self._check_texts(part)
        else:
            self._check_xml(part, lambda piece: None, MOST_OF_A_PART)

    def _pieces(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield what a part really unpacks to, whatever the archive says about its size."""
        self.file.seek(part.header_offset)
        mark, name_length, extra_length = _LOCAL_HEADER.unpack(self.file.read(_LOCAL_HEADER.size))
        if mark != b"PK\3\4" or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _damaged(self.name)
        self.file.seek(name_length + extra_length, 1)
        left, found = part.compress_size, 0
        inflater = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
        packed = b""
        while True:
            if not packed and left:
                packed = self.file.read(min(PIECE, left))
                if not packed:
                    raise _damaged(self.name)
                left -= len(packed)
            if inflater is None:
                piece, packed = packed, b""
            else:
                piece = inflater.decompress(packed, PIECE)
                packed = inflater.unconsumed_tail
            if not piece and not packed and not left:
                break
            found += len(piece)
            self.unpacked += len(piece)
            if found > part.file_size or (inflater and inflater.eof and (left or inflater.unused_data)):
                raise _damaged(self.name)
            if self.unpacked > MOST_UNPACKED:
                raise _too_large(self.name)
            yield piece
        if found != part.file_size or (inflater is not None and not inflater.eof):
            raise _damaged(self.name)

    def _check_xml(self, part: zipfile.ZipInfo, look: Callable[[bytes], None], most: int) -> None:
        """Look at a part in pieces that end before a tag."""
        found, rest = 0, b""
        for piece in self._pieces(part):
            found += len(piece)
            if found > most:
                raise _too_large(self.name)
            text = rest + piece
            end = text.rfind(b"<")
            text, rest = (text[:end], text[end:]) if end >= 0 else (b"", text)
            if len(rest) > LONGEST_RUN + PIECE:
                raise self._huge_cell()
            self._check_piece(text, look)
        self._check_piece(rest, look)

    def _check_piece(self, text: bytes, look: Callable[[bytes], None]) -> None:
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise ImportRefused(
                _("“%(name)s” defines entities in its XML, which no spreadsheet program does.")
                % {"name": self.name}
            )
        look(text)

    def _huge_cell(self) -> ImportRefused:
        return ImportRefused(
            _("“%(name)s” has a cell of more than %(number)s characters.")
            % {"name": self.name, "number": LONGEST_CELL}
        )

    # --- XLSX -----------------------------------------------------------------------------------

    def _check_texts(self, part: zipfile.ZipInfo) -> None:
        texts = 0

        def look(piece: bytes) -> None:
            nonlocal texts
            texts += len(_tags(piece).text.findall(piece))
            if texts > MOST_TEXTS:
                raise _too_large(self.name)

        self._check_xml(part, look, MOST_OF_TEXTS)

    def _check_sheet(self, part: zipfile.ZipInfo) -> None:
        """Bound the rows and columns of a sheet from above."""
        last_row = rows = last_column = unplaced = 0
        letters: set[bytes] = set()

        def look(piece: bytes) -> None:
            nonlocal last_row, rows, last_column, unplaced
            tags = _tags(piece)
            placed = tags.reference.findall(piece)
            if new := {column.upper() for column, _row in placed} - letters:
                letters.update(new)
                last_column = max(last_column, *map(_column, new))
            numbers = [int(row) for _column, row in placed]
            last_row = max([last_row, *numbers, *map(int, tags.row_number.findall(piece))])
            rows += len(tags.row.findall(piece))
            # Cells that do not say where they stand come one behind the other.
            if len(tags.cell.findall(piece)) > len(placed):
                unplaced = max(unplaced, *(len(tags.cell.findall(one)) for one in tags.row.split(piece)))
            if (last_row + rows) * (last_column + unplaced) > 2 * MOST_CELLS:
                raise _too_large(self.name)

        self._check_xml(part, look, MOST_UNPACKED)
        if max(last_row, rows) * (last_column + unplaced) > MOST_CELLS:
            raise _too_large(self.name)

    # --- ODS ------------------------------------------------------------------------------------

    def _check_ods(self, part: zipfile.ZipInfo) -> None:
        """Count the cells that a sheet's repetitions stand for; empty ones at the end of it are none."""
        counts = _OdsCounts(lambda: _too_large(self.name))
        parser = expat.ParserCreate()
        parser.StartElementHandler = counts.start
        parser.EndElementHandler = counts.end
        parser.buffer_text = True

        def refuse(*_declared: Any) -> None:
            raise ImportRefused(
                _("“%(name)s” defines entities in its XML, which no spreadsheet program does.")
                % {"name": self.name}
            )

        parser.StartDoctypeDeclHandler = refuse
        try:
            for piece in self._pieces(part):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _damaged(self.name) from error


class _OdsCounts:
    def __init__(self, refusal: Callable[[], ImportRefused]) -> None:
        self.refusal = refusal
        self.rows = self.pending_rows = self.width = self.widest = self.empty = self.repeated = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "table":
            self.rows = self.pending_rows = self.widest = 0
        elif name == "table-row":
            self.width = self.empty = 0
            self.repeated = self._number(attributes, "table:number-rows-repeated")
        elif name in ("table-cell", "covered-table-cell"):
            number = self._number(attributes, "table:number-columns-repeated")
            if any(key.startswith(("office:value-type", "calcext:value-type")) for key in attributes):
                self.width += self.empty + number
                self.empty = 0
            else:
                self.empty += number
        elif name == "p":  # text in a cell that states no type
            self.width += self.empty
            self.empty = 0
        elif name == "s" and self._number(attributes, "text:c") > LONGEST_CELL:
            raise self.refusal()

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] != "table-row":
            return
        if self.width:
            self.rows += self.pending_rows + self.repeated
            self.pending_rows = 0
        else:
            self.pending_rows += self.repeated
        self.widest = max(self.widest, self.width)
        if self.rows * self.widest > MOST_CELLS:
            raise self.refusal()

    def _number(self, attributes: dict[str, str], name: str) -> int:
        text = attributes.get(name, "1")
        if not text.isdecimal() or len(text) > 9:
            raise self.refusal()
        return int(text)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
