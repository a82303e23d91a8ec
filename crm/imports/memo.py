"""What an import has to remember until all rows are read, kept on disk so that memory stays flat.

An association that a cell names can only be made when every record is there: a parent company may stand
further down than its child.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Self


class Wanted(NamedTuple):
    """A name that stands in a cell, to be associated with the record of its row."""

    line: int
    record_id: int
    name: str


class Memo:
    """A temporary database, gone when it is closed."""

    def __init__(self) -> None:
        self.db = sqlite3.connect("")  # a file without a name, which the system removes
        self.db.execute("CREATE TABLE wanted (place INTEGER, line INTEGER, record_id INTEGER, name TEXT)")
        self.db.execute(
            "CREATE TABLE keys (place INTEGER, name TEXT, record_id INTEGER,"
            " PRIMARY KEY (place, name, record_id)) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.db.close()

    def want(self, place: int, wanted: Iterable[Wanted]) -> None:
        """Remember names that stand in the column of the mapping's association number `place`."""
        self.db.executemany("INSERT INTO wanted VALUES (?, ?, ?, ?)", ((place, *one) for one in wanted))

    def wanted(self, place: int, number: int) -> Iterator[list[Wanted]]:
        """Yield what was remembered for an association, in the order of the file, `number` at a time."""
        cursor = self.db.execute(
            "SELECT line, record_id, name FROM wanted WHERE place = ? ORDER BY rowid", (place,)
        )
        while rows := cursor.fetchmany(number):
            yield [Wanted(*row) for row in rows]

    def hold(self, place: int, keys: Iterable[tuple[str, int]]) -> None:
        """Remember which record each key of the file stands for."""
        self.db.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", ((place, *one) for one in keys))

    def held(self, place: int, names: Sequence[str]) -> dict[str, list[int]]:
        """Return the ids of the records that each key stands for."""
        found: dict[str, list[int]] = {}
        for name in names:
            rows = self.db.execute(
                "SELECT record_id FROM keys WHERE place = ? AND name = ? ORDER BY record_id", (place, name)
            )
            found[name] = [pk for (pk,) in rows]
        return found
