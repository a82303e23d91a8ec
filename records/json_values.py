"""The values under the keys of a record's JSON, as queries and indexes write them.

The key stands in the statement itself and not among its parameters: an index on an expression serves a
query only where both say the same, letter by letter.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import BooleanField, F, Field, Func, TextField
from django.db.models.expressions import Expression

NUMBER = r"^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$"


class JSONText(Func):
    """The value under a key of the JSON, as text; null where there is none."""

    def __init__(self, key: str, output_field: Field | None = None) -> None:
        if not key.replace("_", "").isalnum() or not key.isascii():
            raise ValueError(key)  # it goes into the statement as it is
        self.key = key
        super().__init__(F("properties"), output_field=output_field or TextField())

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Return the SQL of databases whose JSON has paths, such as SQLite."""
        return super().as_sql(
            compiler, connection, template=f"JSON_EXTRACT(%(expressions)s, '$.{self.key}')", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Return PostgreSQL's SQL."""
        return super().as_sql(compiler, connection, template=f"(%(expressions)s ->> '{self.key}')", **context)

    def copy(self) -> Any:
        """Return a copy that knows the key."""
        clone = super().copy()
        clone.key = self.key
        return clone

    @property
    def identity(self) -> Any:
        """What tells one expression from another."""
        return (type(self), self.key)


class JSONNumber(JSONText):
    """The number under a key of the JSON; null where there is none."""

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = super().as_sql(compiler, connection, **context)
        return f"CAST({sql} AS NUMERIC)", params

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQLite's SQL, without the cast that Django would put around a decimal."""
        return self.as_sql(compiler, connection, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        sql, params = super().as_postgresql(compiler, connection, **context)
        # What else may stand there, such as what was written while the property's type changed, is no
        # number: a cast would end the query, and the list with it.
        return f"(CASE WHEN {sql} ~ '{NUMBER}' THEN ({sql})::numeric END)", params * 2


class JSONYesNo(JSONText):
    """The yes or no under a key of the JSON; null where there is none."""

    def __init__(self, key: str) -> None:
        super().__init__(key, BooleanField())

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        sql, params = super().as_postgresql(compiler, connection, **context)
        return f"(CASE {sql} WHEN 'true' THEN true WHEN 'false' THEN false END)", params


class JSONHolds(Func):
    """Whether the list under a key of the JSON holds a value; null where there is no list."""

    def __init__(self, key: str, value: str) -> None:
        if not key.replace("_", "").isalnum() or not key.isascii():
            raise ValueError(key)
        self.key, self.value = key, value
        super().__init__(F("properties"), output_field=BooleanField())

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Return the SQL of databases that take JSON apart into rows, such as SQLite."""
        template = (
            f"EXISTS(SELECT 1 FROM json_each(%(expressions)s, '$.{self.key}') AS one"  # noqa: S608
            " WHERE one.value = %%s)"
        )
        sql, params = super().as_sql(compiler, connection, template=template, **context)
        return sql, [*params, self.value]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Return PostgreSQL's SQL, which an index on the list (GIN) can answer."""
        template = f"((%(expressions)s -> '{self.key}') ? %%s)"
        sql, params = super().as_sql(compiler, connection, template=template, **context)
        return sql, [*params, self.value]

    def copy(self) -> Any:
        """Return a copy that knows key and value."""
        clone = super().copy()
        clone.key, clone.value = self.key, self.value
        return clone

    @property
    def identity(self) -> Any:
        """What tells one expression from another."""
        return (type(self), self.key, self.value)


class OrEmpty(Func):
    """Text, and "" for none."""

    template = "COALESCE(%(expressions)s, '')"
    output_field = TextField()


def readable(read: Callable[[Any], Any], value: Any) -> Any:
    """Return what `read` makes of a value; None where it is none of its kind."""
    try:
        return read(value)
    except (ValueError, TypeError):
        return None


class ISODateField(TextField):
    """A calendar day as ISO 8601 writes it, whose order as text is that of time.

    No cast to a date: PostgreSQL's depends on a setting, so that no index can hold it.
    """

    def to_python(self, value: Any) -> date | None:
        """Return the day that text stands for."""
        return date.fromisoformat(value) if isinstance(value, str) else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> date | None:
        """Return the day that the database holds."""
        return readable(self.to_python, value)

    def get_prep_value(self, value: Any) -> Any:
        """Return what the database compares with."""
        return value.isoformat() if isinstance(value, date) else value


class ISOMomentField(TextField):
    """A moment as ISO 8601 writes it in UTC, to the millisecond: 2024-01-31T23:30:00.000Z.

    Every moment has the same length, so the order as text is that of time.
    """

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment that text stands for."""
        return moment_from_text(value) if isinstance(value, str) else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> datetime | None:
        """Return the moment that the database holds."""
        return readable(self.to_python, value)

    def get_prep_value(self, value: Any) -> Any:
        """Return what the database compares with."""
        return moment_text(value) if isinstance(value, datetime) else value


def moment_text(moment: datetime) -> str:
    """Return an aware moment as a record's JSON writes it.

    >>> moment_text(datetime(2024, 1, 31, 23, 30, tzinfo=UTC))
    '2024-01-31T23:30:00.000Z'
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def moment_from_text(text: str) -> datetime:
    """Return the moment that a record's JSON writes so. Raises ValueError."""
    return datetime.fromisoformat(text)


def text_of(key: str) -> Expression:
    """Return the text under a key of a record's JSON, "" where there is none."""
    return OrEmpty(JSONText(key))
