"""Searches the records of a type for pairs that may be the same, and keeps what it finds.

Records are compared only where they stand near each other: with the same mailbox, number, domain or name, or
as neighbours in one of the orders in which nearly the same names come together (`likeness.name_keys`). So the
work grows with the number of records, not with its square. All that the search remembers is in a temporary
database on disk, so memory stays flat.

A value that more than CROWD records share (5,000 contacts named “Info”) tells nothing and is left out; so
does a person's name that more than NAMESAKES share.
"""

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, islice
from typing import Any, NamedTuple, Self, TypeVar

from django.db import transaction
from django.utils import timezone

from . import services
from .likeness import SKELETON, Telling, Traits, judge, may_be_near, name_keys
from .models import DuplicatePair, DuplicateSearch, ObjectType
from .transactions import unit_of_work

CROWD = 25  # records that share a value, beyond which it tells nothing
NAMESAKES = 5  # people of one name, beyond which it tells nothing by itself
WINDOW = 10  # neighbours that a record is compared with in an order of near names
CHUNK = 1_000  # records read, or pairs written, at a time
NEAR = "near"  # the sign under which near names stand
T = TypeVar("T")


class Found(NamedTuple):
    """A pair as the search has it: smaller id first."""

    record_a: int
    record_b: int
    score: int
    reason: str


@dataclass
class Report:
    """What a search found: how many pairs are open now, are new, and are none any more."""

    records: int = 0
    pairs: int = 0
    new: int = 0
    gone: int = 0
    crowds: int = 0


def search(kind: ObjectType, *, actor: Any = None) -> Report:
    """Search the live records of a type for duplicates and bring `DuplicatePair` in step with what is found.

    Pairs that somebody has dismissed stay dismissed, whatever their records become. Two searches at once, or
    one that is broken off, do no harm: the next one completes what is there.
    """
    with Workshop(namesakes=NAMESAKES if kind.is_person else CROWD) as workshop:
        telling = Telling(kind)
        for records in _chunks(_records(kind, telling)):
            workshop.add(records)
        workshop.leave_out_crowds()
        workshop.compare()
        workshop.know(_known(kind))
        report = Report(records=workshop.number("traits"), crowds=workshop.number("crowds"))
        for gone in _chunks(workshop.gone()):
            report.gone += DuplicatePair.objects.open().filter(pk__in=gone).delete()[0]
        for pairs in _chunks(workshop.new()):
            report.new += _keep(kind, pairs)
        for pairs in _chunks(workshop.changed()):
            _keep(kind, pairs)
    DuplicateSearch.objects.update_or_create(
        object_type_id=kind.pk,
        defaults={
            "searched_at": timezone.now(),
            "searched_by": actor,
            "records": report.records,
            "crowds": report.crowds,
        },
    )
    report.pairs = DuplicatePair.objects.of_type(kind).open().count()
    return report


def _records(kind: ObjectType, telling: Telling) -> Iterator[tuple[int, Traits]]:
    """Yield id and traits of each live record."""
    rows = kind.model.objects.live().of_type(kind).with_values((*telling.properties, *telling.facts))
    for pk, *values in rows.order_by("pk").values_list("pk", *telling.lookups()).iterator(CHUNK):
        yield pk, telling.traits(*values)


def _known(kind: ObjectType) -> Iterator[tuple[Any, ...]]:
    """Yield the pairs that there are already."""
    rows = DuplicatePair.objects.of_type(kind).order_by("pk")
    return rows.values_list("record_a", "record_b", "score", "reason", "pk", "dismissed_at").iterator(CHUNK)


@unit_of_work
def _keep(kind: ObjectType, pairs: Sequence[Found]) -> int:
    """Insert pairs, or update those that are there, unless a record is archived by now; return how many."""
    with transaction.atomic():
        ids = {pk for pair in pairs for pk in (pair.record_a, pair.record_b)}
        live = set(services.lock(ids, archived=False))
        rows = [
            DuplicatePair(
                object_type_id=kind.pk,
                record_a_id=pair.record_a,
                record_b_id=pair.record_b,
                score=pair.score,
                reason=pair.reason,
            )
            for pair in pairs
            if {pair.record_a, pair.record_b} <= live
        ]
        DuplicatePair.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["record_a", "record_b"],
            update_fields=["score", "reason"],
        )
    return len(rows)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


class Workshop:
    """The temporary database in which records are laid out, compared and sorted."""

    def __init__(self, namesakes: int = CROWD) -> None:
        self.namesakes = namesakes
        self.db = sqlite3.connect("")  # a file without a name, which the system removes
        self.db.executescript(
            """CREATE TABLE traits (pk INTEGER PRIMARY KEY, data TEXT, name TEXT, is_loose INTEGER);
            CREATE TABLE keys (sign TEXT, block TEXT, place TEXT, pk INTEGER);
            CREATE TABLE crowds (sign TEXT, block TEXT, PRIMARY KEY (sign, block)) WITHOUT ROWID;
            CREATE TABLE found (record_a INTEGER, record_b INTEGER, score INTEGER, reason TEXT,
                PRIMARY KEY (record_a, record_b)) WITHOUT ROWID;
            CREATE TABLE known (record_a INTEGER, record_b INTEGER, score INTEGER, reason TEXT,
                pk INTEGER, dismissed_at TEXT, PRIMARY KEY (record_a, record_b)) WITHOUT ROWID"""
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.db.close()

    def number(self, table: str) -> int:
        """Return how many rows a table has."""
        return self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  (a name from here)

    def add(self, records: Sequence[tuple[int, Traits]]) -> None:
        """Lay records out under everything by which they can meet another."""
        rows_of_traits = ((pk, one.dumps(), one.name, one.is_loose) for pk, one in records)
        self.db.executemany("INSERT INTO traits VALUES (?, ?, ?, ?)", rows_of_traits)
        rows = ((*key, pk) for pk, traits in records for key in _keys(traits))
        self.db.executemany("INSERT INTO keys VALUES (?, ?, ?, ?)", rows)

    def leave_out_crowds(self) -> None:
        """Take away what too many records share to tell anything; of names also what is nearly the same."""
        self.db.executescript(
            f"""INSERT INTO crowds SELECT sign, block FROM keys WHERE sign <> '{NEAR}'
                GROUP BY sign, block HAVING count(*) > iif(sign = 'name', {self.namesakes}, {CROWD});
            DELETE FROM keys WHERE sign = '{NEAR}' AND pk IN (SELECT pk FROM keys JOIN crowds
                USING (sign, block) WHERE sign = 'name');
            DELETE FROM keys WHERE (sign, block) IN (SELECT sign, block FROM crowds)"""  # noqa: S608
        )

    def compare(self) -> None:
        """Judge all records that stand near each other."""
        statement = """SELECT sign, block, pk, name, is_loose, data FROM keys JOIN traits USING (pk)
            WHERE sign {} ? ORDER BY sign, block, place, pk"""
        for comparison, pairs in (("<>", _alike), ("=", _near)):
            rows = map(_Row._make, self.db.execute(statement.format(comparison), [NEAR]))
            self.db.executemany("INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?)", pairs(rows))

    def know(self, pairs: Iterator[tuple[Any, ...]]) -> None:
        """Lay out the pairs that there are already."""
        texts = ((*pair, dismissed_at and str(dismissed_at)) for *pair, dismissed_at in pairs)
        self.db.executemany("INSERT INTO known VALUES (?, ?, ?, ?, ?, ?)", texts)

    def new(self) -> Iterator[Found]:
        """Yield the pairs that there were not yet."""
        return self._found("LEFT JOIN known USING (record_a, record_b) WHERE known.pk IS NULL")

    def changed(self) -> Iterator[Found]:
        """Yield the pairs whose score or reason is another than it was."""
        return self._found(
            "JOIN known USING (record_a, record_b)"
            " WHERE (found.score, found.reason) <> (known.score, known.reason)"
        )

    def _found(self, rest: str) -> Iterator[Found]:
        statement = f"SELECT record_a, record_b, found.score, found.reason FROM found {rest}"  # noqa: S608
        return map(Found._make, self.db.execute(f"{statement} ORDER BY record_a, record_b"))

    def gone(self) -> Iterator[int]:
        """Yield the keys of the pairs that are no longer alike, unless they are dismissed."""
        rows = self.db.execute(
            "SELECT known.pk FROM known LEFT JOIN found USING (record_a, record_b)"
            " WHERE found.score IS NULL AND dismissed_at IS NULL ORDER BY known.pk"
        )
        return (pk for (pk,) in rows)


def _keys(traits: Traits) -> Iterator[tuple[str, str, str]]:
    """Yield sign, block and place of everything by which a record can meet another."""
    for sign, values in (("email", traits.emails), ("phone", traits.phones), ("domain", traits.domains)):
        for value in values:
            yield sign, value, ""
    if not traits.words:
        return
    if traits.employer:
        # Few of the thousand Anna Smiths work at one place.
        yield "name at employer", f"{traits.name}@{traits.employer}", ""
    if traits.has_telling_name:
        yield "name", traits.name, ""
        for block, place in name_keys(traits):
            yield NEAR, block, place


class _Row(NamedTuple):
    """A record in a block, as `Workshop.compare` reads it."""

    sign: str
    block: str
    pk: int
    name: str
    is_loose: int
    data: str


def _alike(rows: Iterator[_Row]) -> Iterator[Found]:
    """Judge each with each in a block of those that share something; yield the pairs that are alike."""
    for _block, members in groupby(rows, key=lambda row: row[:2]):
        traits = [(row.pk, Traits.loads(row.data)) for row in members]
        for (pk, one), (other_pk, other) in combinations(traits, 2):
            yield from _judged(pk, one, other_pk, other)


def _near(rows: Iterator[_Row]) -> Iterator[Found]:
    """Compare the names in a block with their neighbours; yield the pairs that are alike."""
    for block, members in groupby(rows, key=lambda row: row.block):
        # Names that differ in where their spaces stand look far apart.
        judges_all = block.startswith(SKELETON)
        before: deque[_Row] = deque(maxlen=WINDOW)
        for row in members:
            for other in before:
                is_loose = judges_all or row.is_loose or other.is_loose
                if is_loose or may_be_near(row.name, other.name):
                    one = Traits.loads(row.data)
                    yield from _judged(row.pk, one, other.pk, Traits.loads(other.data))
            before.append(row)


def _judged(pk: int, one: Traits, other_pk: int, other: Traits) -> Iterator[Found]:
    if pk != other_pk and (likeness := judge(one, other)):
        yield Found(min(pk, other_pk), max(pk, other_pk), likeness.score, likeness.signs[0])
