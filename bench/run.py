"""`make bench`: loads a small and a large world where they are missing, measures both, prints the table.

Never touches the user's database: SQLite files of its own in var/, PostgreSQL databases of its own on the
server that DATABASE_URL names.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg
from psycopg import sql

from .report import Measured, table

ROOT = Path(__file__).resolve().parent.parent
SMALL, LARGE = 1_000, 1_000_000


def databases(asked: str, url: str) -> list[str]:
    """Return which databases are measured; say loudly where PostgreSQL cannot be."""
    has_server = url.startswith("postgres")
    if asked != "sqlite" and not has_server:
        warning = "PostgreSQL is NOT measured: DATABASE_URL names no PostgreSQL server."
        if asked == "postgresql":
            raise SystemExit(warning)
        print(f"{'!' * len(warning)}\n{warning}\n{'!' * len(warning)}", flush=True)
    return [
        name
        for name in ("sqlite", "postgresql")
        if asked in (name, "both") and (name == "sqlite" or has_server)
    ]


def address(database: str, size: str, server: str) -> str:
    """Return the address of a database of the bench's own."""
    if database == "sqlite":
        return f"sqlite:///{ROOT / 'var' / f'bench-{size}.sqlite3'}"
    return urlunsplit(urlsplit(server)._replace(path=f"/kith_bench_{size}"))


def environment(url: str) -> dict[str, str]:
    """Return the environment of a process that works on this database."""
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "crm.settings", "DEBUG": ""}


def make_ready(url: str, records: int, fresh: bool = False) -> None:
    """Load the world of so many records into a database, unless it is there."""
    if not fresh and is_ready(url, records):
        return
    print(f"Loading {records:,} records into {url.rpartition('/')[2]} …", flush=True)
    remove(url)
    if not url.startswith("sqlite"):
        with _maintenance(url) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_name(url))))
    _loader(url, records).check_returncode()


def is_ready(url: str, records: int) -> bool:
    """Whether a database holds the world of so many records, as today's code would load it."""
    if url.startswith("sqlite"):
        exists = Path(url.removeprefix("sqlite:///")).exists()
    else:
        with _maintenance(url) as server:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            exists = server.execute(query, [_name(url)]).fetchone() is not None
    return exists and _loader(url, records, "--check").returncode == 0


def remove(url: str) -> None:
    """Delete a database of the bench's own, if it is there."""
    if url.startswith("sqlite"):
        for end in ("", "-wal", "-shm"):
            Path(url.removeprefix("sqlite:///") + end).unlink(missing_ok=True)
        return
    with _maintenance(url) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_name(url))))


def _loader(url: str, records: int, *options: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "bench.load", str(records), *options]
    return subprocess.run(command, env=environment(url), cwd=ROOT)


def _name(url: str) -> str:
    return urlsplit(url).path[1:]


def _maintenance(url: str) -> "psycopg.Connection[Any]":
    parts = urlsplit(url)._replace(scheme="postgresql", path="/postgres")
    return psycopg.connect(urlunsplit(parts), autocommit=True)


class Worker:
    """A process that measures actions on one database."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            env=environment(url),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.actions: list[str] = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("A worker broke off; what it says is above.")
        return json.loads(line)

    def measure(self, action: str, times: int) -> list[tuple[float, int]]:
        """Do an action some times; return milliseconds and queries of each."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps([action, times]) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def measure(small: Worker, large: Worker, wanted: str, rounds: int, each: int) -> list[Measured]:
    """Measure every action on both sizes, in turns."""
    names = [name for name in small.actions if wanted.lower() in name.lower()]
    found = {name: Measured(name) for name in names}
    for turn in range(rounds + 1):
        for name in names:
            for worker, results in ((small, found[name].small), (large, found[name].large)):
                measured = worker.measure(name, each)
                if turn:  # the first warms up
                    results += measured
        print(f"\r  round {turn} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return list(found.values())


def main() -> None:
    """Load, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--records", type=int, default=LARGE, help="records of the large world (1,000,000)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rounds", type=int, default=10, help="turns of each size (10)")
    parser.add_argument("--each", type=int, default=4, help="requests per turn and action (4)")
    parser.add_argument("--only", default="", help="only actions in whose name this occurs")
    parser.add_argument("--fresh", action="store_true", help="load anew what is loaded already")
    parser.add_argument("--json", type=Path, help="write every single measurement to this file too")
    options = parser.parse_args()
    environ.Env.read_env(ROOT / ".env")
    server = os.environ.get("DATABASE_URL", "")
    everything = {}
    for database in databases(options.database, server):
        urls = [address(database, size, server) for size in ("small", "large")]
        for url, records in zip(urls, (SMALL, options.records), strict=True):
            make_ready(url, records, options.fresh)
        small, large = (Worker(url) for url in urls)
        measured = measure(small, large, options.only, options.rounds, options.each)
        small.stop()
        large.stop()
        requests = options.rounds * options.each
        print(f"\n{database}: {SMALL:,} and {options.records:,} records, {requests} requests each\n")
        print(table(measured), flush=True)
        everything[database] = [one.as_dict() for one in measured]
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
