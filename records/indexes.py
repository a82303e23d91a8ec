"""Indexes on the values of added properties, made and dropped while Kith runs.

A value under a key of the JSON is filtered and sorted by reading every record of its type, until its property
is said to be fast (`Property.indexed`). `sync` brings the database in line with what the data model says. It
runs outside of transactions: on PostgreSQL an index is built concurrently, so that nobody waits for it.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Expression, F

from . import schema
from .models import Property, Record

logger = logging.getLogger(__name__)
PREFIX = "records_value_"
LOCK = 0x6B697468  # PostgreSQL's advisory lock: one builder at a time


def wanted() -> dict[str, models.Index]:
    """Return the indexes that there should be, by name, which says what each is made of."""
    return {
        index.name: index
        for kind in schema.current().types
        for prop in kind.properties.values()
        for index in indexes_of(prop)
    }


def indexes_of(prop: Property) -> list[models.Index]:
    """Return the indexes that serve a property: none, unless it is said to be fast and stands in the JSON.

    Archived records are in them too: PostgreSQL's planner makes nothing of what it knows of a partial index.
    """
    if not prop.indexed or prop.column:
        return []
    return [
        models.Index(
            F("object_type"),
            _as_text(expression),
            F("id"),
            name=f"{PREFIX}{prop.pk}_{prop.field_type}_{_digest(expression)}",
        )
        for expression in prop.kind.index_expressions(prop)
    ]


def _digest(expression: Expression) -> str:
    """Return what changes with the SQL of an expression: written otherwise it needs another index."""
    compiler = Record.objects.all().query.get_compiler(connection=connection)
    sql, _params = compiler.compile(expression.resolve_expression(compiler.query))
    return hashlib.md5(sql.encode(), usedforsecurity=False).hexdigest()[:8]


def _as_text(expression: Expression) -> Expression:
    """Return an expression that Django writes as it is: around a decimal it would put a cast of its own."""
    expression = expression.copy()
    expression.output_field = models.TextField()
    return expression


def standing() -> dict[str, bool]:
    """Return the indexes that there are, by name, and whether each serves: a build may have broken off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
                " WHERE indrelid = %s::regclass AND starts_with(relname, %s)",
                [Record._meta.db_table, PREFIX],
            )
        else:
            cursor.execute(
                "SELECT name, 1 FROM sqlite_master WHERE type = 'index' AND substr(name, 1, %s) = %s",
                [len(PREFIX), PREFIX],
            )
        return {name: bool(serves) for name, serves in cursor.fetchall()}


def sync() -> list[str]:
    """Build the indexes that are missing and drop those that nobody wants; return the names of both.

    Not within a transaction. Idempotent, and of several processes one works at a time.
    """
    with _one_at_a_time():
        plan, found = wanted(), standing()
        dropped = [name for name, serves in found.items() if name not in plan or not serves]
        built = [name for name in plan if not found.get(name)]
        concurrently = connection.vendor == "postgresql"
        # Only to write the statements: in use, SQLite's would check every foreign key of the database.
        editor = connection.SchemaEditorClass(connection, collect_sql=True)
        with connection.cursor() as cursor:
            for name in dropped:
                quietly = " CONCURRENTLY" if concurrently else ""
                cursor.execute(f"DROP INDEX{quietly} IF EXISTS {connection.ops.quote_name(name)}")
            for name in built:
                options: Any = {"concurrently": True} if concurrently else {}
                cursor.execute(str(plan[name].create_sql(Record, editor, **options)))
        if built:
            _tell_planner()
        return [*dropped, *built]


def drop(prop: Property) -> None:
    """Drop a property's indexes, whose expressions need not fit what its values become.

    `sync_soon` brings back those that are wanted.
    """
    # Nobody waits for it outside of a transaction; within one it cannot be done concurrently.
    concurrently = connection.vendor == "postgresql" and not connection.in_atomic_block
    quietly = " CONCURRENTLY" if concurrently else ""
    with connection.cursor() as cursor:
        for name in standing():
            if name.startswith(f"{PREFIX}{prop.pk}_"):
                cursor.execute(f"DROP INDEX{quietly} IF EXISTS {connection.ops.quote_name(name)}")


def sync_soon() -> None:
    """Sync once the transaction under way has been committed, without letting its request wait."""
    # Once, however many changes of the data model the transaction makes.
    if all(waiting[1] is not _start for waiting in connection.run_on_commit):
        transaction.on_commit(_start)


def _start() -> None:
    if standing() != dict.fromkeys(wanted(), True):
        threading.Thread(target=_sync_alone, name="indexes", daemon=True).start()


def _sync_alone() -> None:
    try:
        sync()
    except Exception:
        # The next start syncs again; meanwhile everything works, only slower.
        logger.exception("An index could not be built.")
    finally:
        connection.close()


_building = threading.Lock()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let others wait while one builds: threads of this process, and on PostgreSQL other processes too."""
    with _building:
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            # Not by waiting within a statement: who builds concurrently waits for every statement to end.
            while True:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.1)
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _tell_planner() -> None:
    """Let the database look at the new indexes: without figures its planner does not choose them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {connection.ops.quote_name(Record._meta.db_table)}")
        else:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")


def missing(properties: Iterable[Property]) -> set[str]:
    """Return the names of those properties whose index is still being built. One query."""
    found = standing()
    return {prop.name for prop in properties if not all(found.get(index.name) for index in indexes_of(prop))}
