"""Makes ready for the next test what a test with transactions of its own leaves behind, quickly.

Django truncates every table and saves row by row what migrations had put there: seconds for each such test.
"""

from typing import Any

from django.apps import apps
from django.core import serializers
from django.db import transaction
from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations

_read: dict[str, list[tuple[Any, list[Any]]]] = {}


def _rows(data: str) -> list[tuple[Any, list[Any]]]:
    """Return what a serialized database holds, by model, as it was written."""
    if data not in _read:
        by_model: dict[Any, list[Any]] = {}
        for one in serializers.deserialize("json", data):
            assert not one.m2m_data or not any(one.m2m_data.values())
            by_model.setdefault(one.object.__class__, []).append(one.object)
        _read[data] = list(by_model.items())
    return _read[data]


def deserialize(self: BaseDatabaseCreation, data: str) -> None:
    """Put back what migrations had written, a statement for each table."""
    with transaction.atomic(using=self.connection.alias), self.connection.constraint_checks_disabled():
        for model, rows in _rows(data):
            # A table is either empty or, before the first of these tests, as migrations left it.
            table = model._base_manager.using(self.connection.alias)
            table.bulk_create(rows, batch_size=100, ignore_conflicts=True)


def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
    """Return what empties tables; nearly all are empty, and constraints wait for the end."""
    if options.get("reset_sequences"):
        return _sql_flush(self, style, tables, **options)
    return [f"DELETE FROM {self.quote_name(table)};" for table in tables]


_sql_flush = DatabaseOperations.sql_flush


def install() -> None:
    """Have Django's test cases use these."""
    assert apps.ready
    BaseDatabaseCreation.deserialize_db_from_string = deserialize
    DatabaseOperations.sql_flush = sql_flush
