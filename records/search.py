"""Substring search over names, addresses, domains and subjects: one interface, an index per database.

`Record.search_text` holds what can be found, folded. On PostgreSQL a trigram index (pg_trgm) stands on the
column; on SQLite an FTS5 table with the trigram tokenizer follows it by triggers. Both are kept in step by
the database itself. Text of fewer than three letters has no trigram and is looked up as the beginning of a
name instead.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from .text import fold, without_nul

if TYPE_CHECKING:
    from .models import ObjectType, RecordQuerySet

SHORTEST = 3  # letters of a trigram
CANDIDATES = 200  # matches that are ranked; keeps the cost of a frequent word flat
LONGEST = 200  # letters of a query that are looked at

_SQLITE = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS records_search USING fts5(
        search_text, content='records_record', content_rowid='id', tokenize='trigram')""",
    """CREATE TRIGGER IF NOT EXISTS records_search_insert AFTER INSERT ON records_record BEGIN
        INSERT INTO records_search(rowid, search_text) VALUES (new.id, new.search_text); END""",
    """CREATE TRIGGER IF NOT EXISTS records_search_delete AFTER DELETE ON records_record BEGIN
        INSERT INTO records_search(records_search, rowid, search_text)
        VALUES ('delete', old.id, old.search_text); END""",
    """CREATE TRIGGER IF NOT EXISTS records_search_update AFTER UPDATE OF search_text ON records_record
        WHEN old.search_text IS NOT new.search_text BEGIN
        INSERT INTO records_search(records_search, rowid, search_text)
        VALUES ('delete', old.id, old.search_text);
        INSERT INTO records_search(rowid, search_text) VALUES (new.id, new.search_text); END""",
)
_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS records_search ON records_record USING gin (search_text gin_trgm_ops)",
)


def install(db: BaseDatabaseWrapper) -> None:
    """Make the search index of this database where it is missing, filled from the records."""
    with db.cursor() as cursor:
        if db.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement)
            return
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE name LIKE 'records_search_%' AND type = 'trigger'"
        )
        if cursor.fetchone()[0] == len(_SQLITE) - 1:
            return
        for statement in _SQLITE:
            cursor.execute(statement)
        cursor.execute("INSERT INTO records_search(records_search) VALUES ('rebuild')")


def keep_installed(using: str, **kwargs: Any) -> None:
    """After each migrate: when Django rebuilds a SQLite table to change it, the triggers go."""
    from django.db import connections

    db = connections[using]
    if "records_record" in db.introspection.table_names():
        install(db)


def rebuild() -> None:
    """Fill SQLite's index anew, for a load that went around the triggers."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO records_search(records_search) VALUES ('rebuild')")


def matching(records: QuerySet, text: str, prefix: str = "") -> QuerySet:
    """Return those of `records` in which every word of `text` occurs; all of them for no text.

    `prefix` is the lookup from the queryset's model to the record, such as "record__".
    """
    words = fold(without_nul(text))[:LONGEST].split()
    if not words:
        return records
    long_words = [word for word in words if len(word) >= SHORTEST]
    if not long_words:
        return records.filter(name_begins(" ".join(words), prefix))
    for word in words:
        if len(word) < SHORTEST or connection.vendor == "postgresql":
            records = records.filter(**{f"{prefix}search_text__contains": word})
    if connection.vendor == "sqlite":
        records = records.filter(**{f"{prefix}id__in": _sqlite_ids(long_words)})
    return records


def ranked(records: QuerySet, text: str, limit: int) -> list[Any]:
    """Return the best matches for `text`: names that begin with it first, each part by name.

    At most CANDIDATES, in at most two queries whose cost does not grow with the number of matches.
    """
    query = fold(without_nul(text))[:LONGEST]
    if not query:
        return list(records.order_by("-updated_at", "-id")[:limit])
    limit = min(limit, CANDIDATES)
    found = list(records.filter(name_begins(query)).order_by("sort_name", "id")[:limit])
    if len(found) < limit and any(len(word) >= SHORTEST for word in query.split()):
        seen = {record.pk for record in found}
        others = [
            record for record in matching(records, query).order_by()[:CANDIDATES] if record.pk not in seen
        ]
        found += _by_relevance(others, query)[: limit - len(found)]
    return found


def ranked_by_type(
    records: "RecordQuerySet", types: Iterable["ObjectType"], text: str, limit: int
) -> list[tuple["ObjectType", list[Any]]]:
    """Return the best matches of each object type, without the types that have none.

    At most two queries, whatever the number of types and of matches.
    """
    query = fold(without_nul(text))[:LONGEST]
    types = list(types)
    if not query:
        return []
    beginning = [
        records.select_related(None)
        .of_type(kind)
        .filter(name_begins(query))
        .order_by("sort_name", "id")[:limit]
        for kind in types
    ]
    # An inner query each: SQLite takes no LIMIT in the parts of a union.
    wanted = Q(pk__in=[])
    for part in beginning:
        wanted |= Q(pk__in=part.values("pk"))
    found = {record.pk: record for record in records.filter(wanted).order_by("sort_name", "id")}
    if any(len(word) >= SHORTEST for word in query.split()):
        for record in _by_relevance(matching(records, query).order_by()[:CANDIDATES], query):
            found.setdefault(record.pk, record)
    groups: dict[int, list[Any]] = {kind.pk: [] for kind in types}
    for record in found.values():
        if len(groups.get(record.object_type_id, [])) < limit:
            groups[record.object_type_id].append(record)
    return [(kind, groups[kind.pk]) for kind in types if groups[kind.pk]]


def _by_relevance(found: Iterable[Any], query: str) -> list[Any]:
    """Return records with the ones first in whose name a word begins with the query; each part by name."""
    return sorted(found, key=lambda one: (f" {query}" not in f" {one.sort_name}", one.sort_name, one.pk))


def name_begins(text: str, prefix: str = "") -> Q:
    """Return the condition "the name begins with `text`" (folded), which the index by name answers."""
    return Q(**{f"{prefix}sort_name__gte": text, f"{prefix}sort_name__lt": text + chr(0x10FFFF)})


def _sqlite_ids(words: list[str]) -> RawSQL:
    phrases = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    return RawSQL("SELECT rowid FROM records_search WHERE records_search MATCH %s", (phrases,))
