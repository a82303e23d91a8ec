"""Opens a file by what it is, whatever it is called."""

from pathlib import Path

from django.utils.translation import gettext as _

from crm.imports.report import ImportRefused

from .delimited import CsvTable
from .sheets import SheetTable
from .table import Table

LOOKED_AT = 1 << 12  # bytes
OLE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what old Excel writes, and what an encrypted workbook is wrapped in
)
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
OLE_LOOKED_AT = 1 << 22
OTHERS = {
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"{\\rtf": "RTF",
    b"SQLite format 3": "SQLite",
}
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")


def open_table(
    path: Path, *, name: str = "", encoding: str = "", delimiter: str = "", sheet: str = ""
) -> Table:
    """Open a file as a table: a workbook by its sheet, anything else as text with a delimiter.

    `name` is what messages call it. Encoding and delimiter are found out where they are not given, as far
    as nothing can be corrupted by that. Raises ImportRefused where the file cannot be read.
    """
    name = name or path.name
    start = read_start(path)
    if start.startswith((b"PK\3\4", b"PK\5\6", b"PK\7\10")):
        return SheetTable(path, name=name, sheet=sheet)
    _refuse_others(path, name, start)
    return CsvTable(path, name=name, encoding=encoding, delimiter=delimiter)


def read_start(path: Path, size: int = LOOKED_AT) -> bytes:
    """Return the first bytes of a file. Raises ImportRefused where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise ImportRefused(
            _("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": error.strerror}
        ) from error


def _refuse_others(path: Path, name: str, start: bytes) -> None:
    if start.startswith(OLE):
        if ENCRYPTED in read_start(path, OLE_LOOKED_AT):
            message = _("“%(name)s” is protected by a password; save it without one.")
        else:
            message = _("“%(name)s” is a workbook of an old kind (.xls); save it as .xlsx or CSV.")
        raise ImportRefused(message % {"name": name})
    kind = next((kind for mark, kind in OTHERS.items() if start.startswith(mark)), "")
    if not kind and start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
        kind = "HTML/XML"
    if kind:
        raise ImportRefused(
            _("“%(name)s” is no table but %(kind)s; save it as CSV or .xlsx.") % {"name": name, "kind": kind}
        )
