"""Loads a world into an empty database, past the services but with what they would write.

Rows go in by COPY or executemany, without indexes, foreign keys and triggers; these are put back at the
end, which is several times quicker than to keep them up row by row.
"""

import argparse
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models

BATCH = 10_000  # rows per statement
ROOT = Path(__file__).resolve().parent.parent
USER = "bench"
# The labels that records carry: of which two object types (the holder first), which one, and on the holder's
# how many-th association of that kind. The sample's labels (crm/sample/words.py), and each primary company.
LABELLED = (
    ("contacts", "companies", "primary", 1),
    ("deals", "companies", "primary", 1),
    ("tickets", "companies", "primary", 1),
    ("deals", "contacts", "decision_maker", 1),
    ("deals", "contacts", "budget_holder", 2),
    ("tickets", "contacts", "reporter", 1),
)
LABEL = """
INSERT INTO associations_labelling (association_id, label_id, from_record_id, to_record_id, is_primary)
WITH chosen (holder_type, other_type, place, label, is_primary) AS (VALUES {places}),
ends AS (
    SELECT id, record_a_id AS holder, record_b_id AS other, type_a_id AS holder_type, type_b_id AS other_type
    FROM associations_association
    WHERE (type_a_id, type_b_id) IN (SELECT holder_type, other_type FROM chosen)
    UNION ALL
    SELECT id, record_b_id AS holder, record_a_id AS other, type_b_id AS holder_type, type_a_id AS other_type
    FROM associations_association
    WHERE (type_b_id, type_a_id) IN (SELECT holder_type, other_type FROM chosen)
),
ranked AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY holder, other_type ORDER BY id) AS place FROM ends
)
SELECT id, label, holder, other, is_primary FROM ranked JOIN chosen USING (holder_type, other_type, place)
UNION ALL
SELECT id, %s, record_a_id, record_b_id, %s FROM associations_association
WHERE type_a_id = %s AND type_b_id = %s
"""
PLAIN = (models.CharField, models.TextField, models.IntegerField, models.ForeignKey)


def stamp(records: int) -> str:
    """Return what a loaded database is known by: its size, and the code that draws and stores its rows."""
    digest = hashlib.sha256()
    for path in (
        ROOT / "bench/generate.py",
        ROOT / "bench/load.py",
        ROOT / "crm/sample/words.py",
        *sorted(ROOT.glob("*/migrations/*.py")),
    ):
        digest.update(path.read_bytes())
    return f"{records} {digest.hexdigest()[:16]}"


def is_loaded(records: int) -> bool:
    """Whether the database holds such a world, completely loaded."""
    if "bench_stamp" not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT stamp FROM bench_stamp")
        return cursor.fetchone() == (stamp(records),)


def load(records: int, say: Callable[[str], None] = lambda text: None) -> None:
    """Migrate the database, which is empty, and fill it with a world of so many records."""
    from associations.models import Association, Labelling
    from crm.sample import words
    from records import definition, indexes, schema, search
    from records.models import Record, StageEntry, UniqueValue

    from .generate import DEFINITION, Size, World

    started = time.perf_counter()

    def done(what: str) -> None:
        say(f"{time.perf_counter() - started:6.0f} s  {what}")

    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    users.create_user(USER)
    owners = [users.create_user(name, first_name=first, last_name=last) for name, first, last in words.OWNERS]
    definition.apply({"objects": words.LABELS})
    definition.apply(DEFINITION)
    models = (Record, *Record.concrete_models(), UniqueValue, StageEntry, Association, Labelling)
    tables = [model._meta.db_table for model in models]
    with schema.pinned(), _bare(tables):
        world = World(Size.of(records), owners)
        _load_records(world.records())
        _load_records(world.activities())
        done(f"{world.size.records} records, {len(world.logged)} activities")
        pairs = world.pairs()
        _load_associations(world, pairs)
        done(f"{len(pairs)} associations")
        done(f"{_label_associations(world.types)} labels")
    if connection.vendor == "sqlite":
        search.install(connection)
    indexes.sync()
    done("indexes")
    with connection.cursor() as cursor:
        tables = [model for model in apps.get_models() if model._meta.managed]
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM (ANALYZE)")  # what autovacuum does within minutes
        else:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")
        cursor.execute("CREATE TABLE bench_stamp (stamp text)")
        cursor.execute("INSERT INTO bench_stamp VALUES (%s)", [stamp(records)])
    done("ready")


def _load_records(records: Iterable[Any]) -> None:
    from records.models import Record, StageEntry, UniqueValue

    parent = Record._meta.local_concrete_fields
    for batch in _batches(records):
        _insert(Record, parent, (_row(record, parent) for record in batch))
        for model in Record.concrete_models():
            fields = model._meta.local_concrete_fields
            _insert(model, fields, (_row(record, fields) for record in batch if type(record) is model))
        claims = [
            UniqueValue(prop_id=prop_id, value=value, record_id=record.pk)
            for record in batch
            for prop_id, value in record.unique_values().items()
        ]
        _insert_made(UniqueValue, claims)
        entries = [
            StageEntry(
                record_id=record.pk,
                stage=stage,
                label=stage.label,
                entered_at=record.created_at,
                entered_by_id=record.created_by_id,
            )
            for record in batch
            if (prop := record.kind.stage_property) and (stage := prop.value_of(record))
        ]
        _insert_made(StageEntry, entries)


def _insert_made(model: Any, rows: Sequence[Any]) -> None:
    """Insert rows that get their ids from the database."""
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    _insert(model, fields, (_row(row, fields) for row in rows))


def _load_associations(world: Any, pairs: Sequence[Any]) -> None:
    from associations.models import Association
    from records.provenance import Origin

    from .generate import DAYS, FIRST_DAY

    types = {name: kind.pk for name, kind in world.types.items()}
    type_of = [types[name] for name in (*world.type_names, *(one.type_name for one in world.logged))]
    author = world.owners[0].pk
    step = timedelta(days=DAYS) / len(pairs)
    names = (
        "record_a",
        "record_b",
        "type_a",
        "type_b",
        "archived_ends",
        "origin",
        "created_at",
        "created_by",
        "happened_at",
        "is_pending",
    )
    fields = [Association._meta.get_field(name) for name in names]
    moment: Any = fields[names.index("created_at")]
    rows = (
        (
            a,
            b,
            type_of[a - 1],
            type_of[b - 1],
            0,
            Origin.IMPORT.value,
            moment.get_db_prep_save(at, connection),
            author,
            happened and moment.get_db_prep_save(happened, connection),
            False,
        )
        for a, b, at, happened in chain(
            ((a, b, FIRST_DAY + step * number, None) for number, (a, b) in enumerate(pairs)),
            ((one.contact_id, one.pk, one.at, one.at) for one in world.logged),  # contacts have lower ids
        )
    )
    for batch in _batches(rows):
        _insert(Association, fields, batch)


def _label_associations(types: Mapping[str, Any]) -> int:
    """Put labels on associations, in one statement; return how many."""
    from associations.models import AssociationLabel

    labels = {(row.from_type_id, row.name): row for row in AssociationLabel.objects.all()}
    params: list[Any] = []
    for holder, other, name, place in LABELLED:
        row = labels[types[holder].pk, name]
        params += [types[holder].pk, types[other].pk, place, row.pk, row.is_primary]
    contacts = types["contacts"].pk
    params += [labels[contacts, "colleague"].pk, False, contacts, contacts]
    with connection.cursor() as cursor:
        cursor.execute(LABEL.format(places=", ".join(["(%s, %s, %s, %s, %s)"] * len(LABELLED))), params)
        return cursor.rowcount


def _row(instance: Any, fields: Sequence[Any]) -> list[Any]:
    return [
        # Text and whole numbers are stored as they are; asking their fields takes half of the load.
        field.pre_save(instance, True)
        if isinstance(field, PLAIN)
        else field.get_db_prep_save(field.pre_save(instance, True), connection)
        for field in fields
    ]


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _insert(model: Any, fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(quote(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(rows))


@contextmanager
def _bare(tables: list[str]) -> Iterator[None]:
    """Take indexes, foreign keys and triggers off some tables, and put them back at the end."""
    bare = _bare_postgresql if connection.vendor == "postgresql" else _bare_sqlite
    with connection.cursor() as cursor:
        put_back = bare(cursor, tables)
        yield
        for statement in put_back:
            cursor.execute(statement)


def _bare_postgresql(cursor: Any, tables: list[str]) -> list[str]:
    cursor.execute("SET maintenance_work_mem = '512MB'")
    cursor.execute(
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
        AND contype IN ('f', 'u') ORDER BY contype DESC""",
        [tables],
    )
    constraints = cursor.fetchall()
    for table, name, _definition in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(
        """SELECT indexname, indexdef FROM pg_indexes JOIN pg_index ON indexrelid = to_regclass(indexname)
        WHERE tablename = ANY(%s) AND NOT indisprimary""",
        [tables],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    return [
        *(definition for _name, definition in indexes),
        *(
            f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'
            for table, name, definition in constraints
        ),
    ]


def _bare_sqlite(cursor: Any, tables: list[str]) -> list[str]:
    # The file is thrown away if the load breaks off: nothing has to survive a crash.
    for setting in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"):
        cursor.execute(f"PRAGMA {setting}")
    put_back = []
    cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')")
    for kind, name, table, sql in cursor.fetchall():
        if table in tables and sql:
            cursor.execute(f'DROP {kind} "{name}"')
            if kind == "index":  # the triggers come back with the search index
                put_back.append(sql)
    return [*put_back, "PRAGMA journal_mode = WAL"]


def main() -> None:
    """Fill the database that DATABASE_URL names, unless it is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("records", type=int)
    parser.add_argument("--check", action="store_true", help="only say, by the exit status, if it is loaded")
    options = parser.parse_args()
    django.setup()
    if options.check:
        raise SystemExit(0 if is_loaded(options.records) else 3)
    load(options.records, lambda text: print(f"  {text}", flush=True))


if __name__ == "__main__":
    main()
