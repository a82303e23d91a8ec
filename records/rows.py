"""Statements on many records' rows that Django has no way to write: their columns stand in two tables."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from .models import Record


def insert_children(model: type[Record], records: Sequence[Record]) -> None:
    """Insert the child rows of records whose parent rows stand. Django's bulk_create has no way to."""
    fields = model._meta.local_concrete_fields
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column or "") for field in fields)
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                [field.get_db_prep_save(field.pre_save(record, add=True), connection) for field in fields]
                for record in records
            ],
        )


def update_rows(model: type[Record], records: Sequence[Record], stored: Sequence[dict[str, Any]]) -> None:
    """Write the columns in which any of the records differs from what is stored: a statement per table."""
    quote = connection.ops.quote_name
    for table in (Record, model):
        changed = [
            field
            for field in table._meta.local_concrete_fields
            if any(
                getattr(record, field.attname) != row[field.attname]
                for record, row in zip(records, stored, strict=True)
            )
        ]
        if not changed:
            continue
        key = table._meta.pk
        places = ", ".join(f"{quote(field.column or '')} = %s" for field in changed)
        statement = f"UPDATE {quote(table._meta.db_table)} SET {places} WHERE {quote(key.column or '')} = %s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.executemany(
                statement,
                [
                    [
                        field.get_db_prep_save(getattr(record, field.attname), connection)
                        for field in (*changed, key)
                    ]
                    for record in records
                ],
            )
