"""What the pages know of an uploaded file: what it is, how it begins, and what stands in its columns.

A file lies in the storage, which may be another machine; here it is read as a file of this one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _

from .reading import Row, Table, open_table, sniff
from .report import ImportRefused

COUNTED = 20_000  # rows that are counted, and whose values are collected, while somebody waits
DISTINCT = 60  # different values of a column, beyond which it is no list of choices
LONGEST = 100  # characters of such a value
READING = ("encoding", "delimiter", "sheet", "date_format", "decimal")  # what can be said of a file
OPENING = READING[:3]


@contextmanager
def on_disk(file: File) -> Iterator[Path]:
    """Let a stored file be read by its path: its own, or that of a copy which goes afterwards."""
    try:
        path: Path | None = Path(file.path)  # type: ignore[attr-defined]
    except NotImplementedError:
        path = None
    if path and path.is_file():
        yield path
        return
    with NamedTemporaryFile() as copy, file.open("rb") as stored:
        for chunk in stored.chunks():
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


def inspect(path: Path, name: str, reading: dict[str, str]) -> dict[str, Any]:
    """Return what was found in a file: `reading.Sniffed` as plain data, and more. What is said is no guess.

    Raises ImportRefused where it cannot be read.
    """
    said = {key: reading[key] for key in OPENING if reading.get(key)}
    found = sniff(path, name, **said)
    facts = found.as_json()
    said |= {"encoding": found.encoding} if found.encoding else {}
    return {**facts, **_collected(open_table(path, name=name, **said))}


def _collected(table: Table) -> dict[str, Any]:
    """Return how many rows there are, and the values of each column that has only a few."""
    values: list[dict[str, None] | None] = [{} if name else None for name in table.header]
    number = 0
    for number, item in enumerate(table.rows(), start=1):
        if number > COUNTED:
            break
        if not isinstance(item, Row):
            continue
        for place, name in enumerate(table.header):
            known = values[place]
            if known is None or not (cell := item.cells[name]):
                continue
            known[str(cell)] = None
            if len(known) > DISTINCT or len(cell) > LONGEST:
                values[place] = None
    if not number:
        raise ImportRefused(_("The file has no rows below its header."))
    return {
        "count": min(number, COUNTED),
        "count_is_exact": number <= COUNTED,
        "values": [None if known is None else list(known) for known in values],
    }
