"""Where added values could stand, measured: a JSON column per record, or a row per value (EAV).

`python -m bench.json_or_eav` prints the table that docs/decisions/0007 quotes. Plain tables and plain SQL in
databases of their own, so that nothing but the layout differs.
"""

import argparse
import json
import os
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from .run import _maintenance, _name, address, remove

PROPERTIES = 10
TIMES = 200


class Database:
    """One of the two databases, as far as these measurements need it."""

    def __init__(self, url: str) -> None:
        remove(url)
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self.file = Path(url.removeprefix("sqlite:///"))
            self.file.parent.mkdir(exist_ok=True)
            self.connection: Any = sqlite3.connect(self.file, isolation_level=None)
            self.connection.execute("PRAGMA journal_mode = wal")
        else:
            with _maintenance(url) as server:
                server.execute(f'CREATE DATABASE "{_name(url)}"')
            self.connection = psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True)

    def run(self, statement: str, params: list[Any] | None = None) -> list[Any]:
        """Run a statement whose places are question marks; return its rows."""
        if not self.is_sqlite:
            statement = statement.replace("?", "%s")
        cursor = self.connection.execute(statement, params or [])
        return cursor.fetchall() if cursor.description else []

    def insert(self, table: str, width: int, rows: Iterator[tuple[Any, ...]]) -> None:
        """Insert many rows the fastest way."""
        if self.is_sqlite:
            self.run("BEGIN")
            places = ", ".join("?" * width)
            self.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
            self.run("COMMIT")
            return
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def megabytes(self, table: str) -> float:
        """Return what a table and its indexes take."""
        if self.is_sqlite:
            (total,) = self.run(
                "SELECT sum(pgsize) FROM dbstat WHERE name IN"
                " (SELECT name FROM sqlite_master WHERE tbl_name = ?)",
                [table],
            )[0]
        else:
            (total,) = self.run("SELECT pg_total_relation_size(?::regclass)", [table])[0]
        return total / 1e6

    def key(self, name: str, number: bool = False) -> str:
        """Return the SQL of a value under a key of the JSON."""
        if self.is_sqlite:
            text = f"JSON_EXTRACT(properties, '$.{name}')"
            return f"CAST({text} AS NUMERIC)" if number else text
        return f"(properties ->> '{name}')::numeric" if number else f"(properties ->> '{name}')"


def value(pk: int, number: int) -> Any:
    """Return the value of a record for a property: text under even numbers, numbers under odd ones."""
    drawn = random.Random(pk * PROPERTIES + number).randrange(1_000_000)
    return drawn if number % 2 else f"option {drawn % 2_000}"


def make(database: Database, records: int) -> dict[str, float]:
    """Create and fill both layouts; return seconds and sizes."""
    found = {}
    made = {pk: [value(pk, number) for number in range(PROPERTIES)] for pk in range(1, records + 1)}
    json_type = "text" if database.is_sqlite else "jsonb"
    database.run(f"CREATE TABLE json_record (id integer PRIMARY KEY, name text, properties {json_type})")
    started = time.perf_counter()
    database.insert(
        "json_record",
        3,
        (
            (pk, f"Record {pk:07}", json.dumps({f"p{number}": one for number, one in enumerate(values)}))
            for pk, values in made.items()
        ),
    )
    found["JSON: load, s"] = time.perf_counter() - started
    database.run("CREATE INDEX json_name ON json_record (name, id)")
    found["JSON: size, MB"] = database.megabytes("json_record")
    started = time.perf_counter()
    database.run(f"CREATE INDEX json_p0 ON json_record ({database.key('p0')}, id)")
    database.run(f"CREATE INDEX json_p1 ON json_record (({database.key('p1', True)}), id)")
    found["JSON: two expression indexes, s"] = time.perf_counter() - started
    found["JSON: size with them, MB"] = database.megabytes("json_record")

    database.run("CREATE TABLE eav_record (id integer PRIMARY KEY, name text)")
    database.run(
        "CREATE TABLE eav_value (record integer, property integer, text_value text, number_value numeric)"
    )
    started = time.perf_counter()
    database.insert("eav_record", 2, ((pk, f"Record {pk:07}") for pk in made))
    database.insert(
        "eav_value",
        4,
        (
            (pk, number, None, one) if isinstance(one, int) else (pk, number, one, None)
            for pk, values in made.items()
            for number, one in enumerate(values)
        ),
    )
    for index in ("record, property", "property, text_value, record", "property, number_value, record"):
        database.run(f"CREATE INDEX eav_{index.split(', ')[1]} ON eav_value ({index})")
    database.run("CREATE INDEX eav_name ON eav_record (name, id)")
    found["EAV: load with its indexes, s"] = time.perf_counter() - started
    found["EAV: size, MB"] = database.megabytes("eav_record") + database.megabytes("eav_value")
    database.run("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")
    return found


def queries(database: Database, records: int) -> dict[str, dict[str, Callable[[random.Random], None]]]:
    """Return, by what is asked, how each layout answers."""
    key = database.key

    def asks(statement: str, *draw: Callable[[random.Random], Any]) -> Callable[[random.Random], None]:
        def ask(chance: random.Random) -> None:
            database.run(statement, [one(chance) for one in draw])

        return ask

    def option(chance: random.Random) -> str:
        return f"option {chance.randrange(2_000)}"

    def low(chance: random.Random) -> int:
        return chance.randrange(900_000)

    def start(chance: random.Random) -> str:
        return f"Record {chance.randrange(records):07}"

    def page_eav(chance: random.Random) -> None:
        rows = database.run(
            "SELECT id FROM eav_record WHERE name > ? ORDER BY name, id LIMIT 25", [start(chance)]
        )
        places = ", ".join("?" * len(rows))
        database.run(f"SELECT * FROM eav_value WHERE record IN ({places})", [pk for (pk,) in rows])

    # p2 and p3 are like p0 and p1, without an index in the JSON.
    one_eav = "JOIN eav_value v ON v.record = r.id AND v.property = 0 AND v.text_value = ?"
    two_eav = f"{one_eav} JOIN eav_value w ON w.record = r.id AND w.property = 1 AND w.number_value > ?"
    sort_eav = (
        "SELECT r.id, r.name, v.number_value FROM eav_value v JOIN eav_record r ON r.id = v.record"
        " WHERE v.property = 1 AND v.number_value > ? ORDER BY v.number_value, v.record LIMIT 25"
    )

    def by_json(text: str, number: str) -> list[str]:
        return [
            f"SELECT id, name FROM json_record WHERE {key(text)} = ? ORDER BY name LIMIT 25",
            f"SELECT id, name FROM json_record WHERE {key(text)} = ? AND {key(number, True)} > ?"
            " ORDER BY name LIMIT 25",
            f"SELECT id, name, properties FROM json_record WHERE {key(number, True)} > ?"
            f" ORDER BY {key(number, True)}, id LIMIT 25",
        ]

    indexed, plain = by_json("p0", "p1"), by_json("p2", "p3")
    return {
        "25 records with their 10 values": {
            "EAV": page_eav,
            "JSON": asks("SELECT * FROM json_record WHERE name > ? ORDER BY name, id LIMIT 25", start),
        },
        "one filter (1 in 2,000)": {
            "EAV": asks(f"SELECT r.id, r.name FROM eav_record r {one_eav} ORDER BY r.name LIMIT 25", option),
            "JSON": asks(plain[0], option),
            "JSON, index": asks(indexed[0], option),
        },
        "two filters": {
            "EAV": asks(
                f"SELECT r.id, r.name FROM eav_record r {two_eav} ORDER BY r.name LIMIT 25", option, low
            ),
            "JSON": asks(plain[1], option, low),
            "JSON, index": asks(indexed[1], option, low),
        },
        "a page in the order of a value": {
            "EAV": asks(sort_eav, low),
            "JSON": asks(plain[2], low),
            "JSON, index": asks(indexed[2], low),
        },
    }


def median(ask: Callable[[random.Random], None]) -> float:
    """Return the milliseconds in the middle; fewer turns where one takes long."""
    chance = random.Random(3)
    took: list[float] = []
    while len(took) < TIMES and sum(took) < 5_000:
        started = time.perf_counter()
        ask(chance)
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def main() -> None:
    """Fill, ask, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.json_or_eav", description=__doc__)
    parser.add_argument("--records", type=int, default=300_000)
    options = parser.parse_args()
    for name in ("sqlite", "postgresql"):
        server = os.environ.get("DATABASE_URL", "")
        if name == "postgresql" and not server.startswith("postgres"):
            print("PostgreSQL is not measured: DATABASE_URL names no server.")
            continue
        url = address(name, "layout", server)
        database = Database(url)
        print(f"\n{name}, {options.records:,} records with {PROPERTIES} values each\n")
        for what, figure in make(database, options.records).items():
            print(f"{what:40} {figure:10.1f}")
        print(f"\n{'ms, p50':40} {'EAV':>10} {'JSON':>10} {'JSON, index':>12}")
        for what, ways in queries(database, options.records).items():
            cells = [
                f"{median(ways[way]):.2f}" if way in ways else "" for way in ("EAV", "JSON", "JSON, index")
            ]
            print(f"{what:40} {cells[0]:>10} {cells[1]:>10} {cells[2]:>12}", flush=True)
        database.connection.close()
        remove(url)


if __name__ == "__main__":
    main()
