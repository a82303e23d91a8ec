"""Substring search over names, addresses, domains and subjects: one interface, an index per database.

`Record.search_text` holds what can be found, folded. On PostgreSQL a trigram index (pg_trgm) stands on the
column; on SQLite an FTS5 table with the trigram tokenizer follows it by triggers. Both are kept in step by
the database itself. Text of fewer than three letters has no trigram and is looked up as the beginning of a
name instead.

On SQLite each entry begins with a mark of its object type, three letters that nobody types, so that the
matches of one type can be read without those of the others.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from .paging import any_of
from .text import fold, without_nul

if TYPE_CHECKING:
    from .models import ObjectType, RecordQuerySet

SHORTEST = 3  # letters of a trigram
CANDIDATES = 200  # matches that are ranked; keeps the cost of a frequent word flat
LONGEST = 200  # letters of a query that are looked at
COMMON = 10_000  # matches from which on a list is walked in its order rather than its matches sorted
MARKS = 0xF0000  # the first letter for private use; one for each object type


def _entry(row: str) -> str:
    mark = f"char({MARKS} + {row}.object_type_id)"
    return f"{row}.id, {mark} || {mark} || {mark} || {row}.search_text"


# Nothing but the names above goes into these statements.
_ADD = f"INSERT INTO records_search(rowid, search_text) VALUES ({_entry('new')});"  # noqa: S608
_DROP = f"""INSERT INTO records_search(records_search, rowid, search_text)
    VALUES ('delete', {_entry("old")});"""  # noqa: S608
_SQLITE = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS records_search
        USING fts5(search_text, content='', tokenize='trigram')""",
    f"""CREATE TRIGGER IF NOT EXISTS records_search_insert AFTER INSERT ON records_record
        BEGIN {_ADD} END""",
    f"""CREATE TRIGGER IF NOT EXISTS records_search_delete AFTER DELETE ON records_record
        BEGIN {_DROP} END""",
    f"""CREATE TRIGGER IF NOT EXISTS records_search_update AFTER UPDATE OF search_text ON records_record
        WHEN old.search_text IS NOT new.search_text BEGIN {_DROP} {_ADD} END""",
)
_SQLITE_REBUILD = (
    "INSERT INTO records_search(records_search) VALUES ('delete-all')",
    f"""INSERT INTO records_search(rowid, search_text)
        SELECT {_entry("record")} FROM records_record AS record""",  # noqa: S608
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
        for statement in (*_SQLITE, *_SQLITE_REBUILD):
            cursor.execute(statement)


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
            for statement in _SQLITE_REBUILD:
                cursor.execute(statement)


def matching(
    records: QuerySet, text: str, object_type: "ObjectType | None" = None, *, common: bool = False
) -> QuerySet:
    """Return those of `records` in which every word of `text` occurs; all of them for no text.

    Where they are all of one type, say so by `object_type`: it spares reading the matches of others. Of
    text that `is_common` no matches are looked up: the records are looked through.
    """
    words = _words(text)
    if not words:
        return records
    if not _long(words):
        return records.filter(name_begins(" ".join(words)))
    if connection.vendor == "sqlite" and not common:
        return _containing(records, words, _sqlite_ids(words, object_type))
    return _containing(records, words)


def looks_up(text: str) -> bool:
    """Whether the matches of `text`, unless it is common, are looked up by their ids."""
    return connection.vendor == "sqlite" and bool(_long(_words(text)))


def is_common(text: str, object_type: "ObjectType | None" = None) -> bool:
    """Whether so many records match that it is quicker to look through a list than to sort its matches.

    PostgreSQL weighs that by itself.
    """
    if not looks_up(text):
        return False
    words = _long(_words(text))
    ids = _sqlite_ids(words, object_type, COMMON + 1)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({ids.sql})", ids.params)  # noqa: S608
        return cursor.fetchone()[0] > COMMON


def ranked(records: QuerySet, text: str, limit: int, object_type: "ObjectType | None" = None) -> list[Any]:
    """Return the best matches for `text`: names that begin with it first, each part by name.

    At most CANDIDATES, in at most two queries whose cost does not grow with the number of matches.
    """
    query = fold(without_nul(text))[:LONGEST]
    if not query:
        return list(records.order_by("-updated_at", "-id")[:limit])
    limit = min(limit, CANDIDATES)
    found = list(records.filter(name_begins(query)).order_by("sort_name", "id")[:limit])
    if len(found) < limit and _long(query.split()):
        seen = {record.pk for record in found}
        others = [
            record for record in _candidates(records, query, CANDIDATES, object_type) if record.pk not in seen
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
    plain = records.select_related(None)
    beginning = [
        plain.of_type(kind).filter(name_begins(query)).order_by("sort_name", "id")[:limit] for kind in types
    ]
    found = {record.pk: record for record in any_of(records, beginning).order_by("sort_name", "id")}
    if _long(query.split()):
        if connection.vendor == "sqlite":
            share = CANDIDATES // max(len(types), 1)
            others = [_candidates(plain.of_type(kind), query, share, kind) for kind in types]
            candidates = any_of(records, others)
        else:
            # Its index knows no types: of a type without a match it would look through all records.
            candidates = _candidates(records, query, CANDIDATES, None)
        for record in _by_relevance(candidates, query):
            found.setdefault(record.pk, record)
    groups: dict[int, list[Any]] = {kind.pk: [] for kind in types}
    for record in found.values():
        group = groups.get(record.object_type_id)
        if group is not None and len(group) < limit:
            group.append(record)
    return [(kind, groups[kind.pk]) for kind in types if groups[kind.pk]]


def _candidates(records: QuerySet, query: str, number: int, object_type: "ObjectType | None") -> QuerySet:
    """Return up to `number` of the records that match, whichever are found soonest."""
    words = query.split()
    ids = None
    if connection.vendor == "sqlite":
        # The newest, and some more for those that `records` leaves out, such as archived ones.
        ids = _sqlite_ids(words, object_type, 5 * number)
    return _containing(records, words, ids).order_by()[:number]


def _containing(records: QuerySet, words: list[str], ids: RawSQL | None = None) -> QuerySet:
    """Return the records that contain each word; with `ids` (of the index) only short ones are looked for."""
    for word in words:
        if ids is None or len(word) < SHORTEST:
            records = records.filter(search_text__contains=word)
    return records if ids is None else records.filter(id__in=ids)


def _words(text: str) -> list[str]:
    return fold(without_nul(text))[:LONGEST].split()


def _long(words: Iterable[str]) -> list[str]:
    return [word for word in words if len(word) >= SHORTEST]


def _by_relevance(found: Iterable[Any], query: str) -> list[Any]:
    """Return records with the ones first in whose name a word begins with the query; each part by name."""
    return sorted(found, key=lambda one: (f" {query}" not in f" {one.sort_name}", one.sort_name, one.pk))


def name_begins(text: str) -> Q:
    """Return the condition "the name begins with `text`" (folded), which the index by name answers."""
    return Q(sort_name__gte=text, sort_name__lt=text + chr(0x10FFFF))


def _sqlite_ids(words: Iterable[str], object_type: "ObjectType | None", limit: int | None = None) -> RawSQL:
    """Return the ids of the entries with all long ones of the words, or the newest of them."""
    phrases = _long(words)
    if object_type:
        phrases.insert(0, chr(MARKS + object_type.pk) * SHORTEST)
    match = " ".join('"' + phrase.replace('"', '""') + '"' for phrase in phrases)
    newest = "" if limit is None else " ORDER BY rowid DESC LIMIT %s"
    return RawSQL(  # noqa: S611
        f"SELECT rowid FROM records_search WHERE records_search MATCH %s{newest}",  # noqa: S608
        (match,) if limit is None else (match, limit),
    )
