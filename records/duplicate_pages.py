"""The pages of possible duplicates: what they show of each pair, and saying that two are not the same.

A pair is judged again whenever it is shown: one whose records have changed since the search and are no
longer alike is left out, however they were changed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from . import paging
from .likeness import Likeness, Telling, judge
from .lists import COUNTED, ExtraColumn
from .models import DuplicatePair, DuplicateSearch, ObjectType, Property, Record
from .text import fold

PAGE_SIZE = 20
LOOKED_AT = 5  # pairs of a record among which its page looks for one that is still alike
# Records up to which a search runs while somebody waits for its page; beyond, the command does it.
SEARCHED_AT_ONCE = 20_000
BY_SCORE = paging.Order("score", descending=True, key="id")
BY_DISMISSAL = paging.Order("dismissed_at", descending=True, key="id")

# What floors above know: the address of the page that merges the second record into the first (a type and
# two ids), and what else they show of each record.
merge_address: Callable[[ObjectType, int, int], str] | None = None
columns: list[ExtraColumn] = []


@dataclass
class Fact:
    """A row of the comparison: a label, and what each record has there."""

    label: Any
    texts: list[Any]
    tells: bool = False  # whether it speaks for a duplicate where both have the same

    @property
    def is_same(self) -> bool:
        """Whether both have the same there, apart from case and accents, and that tells something."""
        one, other = (fold(str(text)) for text in self.texts)
        return self.tells and bool(one) and one == other


@dataclass
class Shown:
    """A pair as a page shows it."""

    pair: DuplicatePair
    records: list[Record]
    likeness: Likeness
    facts: list[Fact] = field(default_factory=list)

    @property
    def merge_address(self) -> str:
        """The address of the page that merges both, the newer into the older; "" where nothing can."""
        ids = (self.pair.record_a_id, self.pair.record_b_id)
        return merge_address(self.records[0].kind, *ids) if merge_address else ""


class DuplicateList:
    """A page of the pairs of one type, as its address asks for: open or dismissed, reason, record, page."""

    def __init__(self, kind: ObjectType, query: QueryDict, user: Any) -> None:
        self.kind = kind
        self.query = query
        self.user = user
        self.telling = Telling(kind)
        self.is_dismissed = query.get("shown") == "dismissed"
        self.reasons = self.telling.reasons
        self.reason = next((one for one in self.reasons if one == query.get("reason")), None)
        pk = query.get("record", "")
        self.record_id = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else None

    @cached_property
    def rows(self) -> Any:
        """The pairs that the address asks for, on all pages."""
        rows = DuplicatePair.objects.of_type(self.kind).visible_to(self.user)
        rows = rows.dismissed() if self.is_dismissed else rows.open()
        if self.reason:
            rows = rows.filter(reason=self.reason)
        return rows.of_record(self.record_id) if self.record_id else rows

    @cached_property
    def page(self) -> paging.Page:
        """The page, the likeliest (or the last dismissed) first. Raises paging.BadCursor."""
        rows = self.rows.with_details(self.kind).select_related("dismissed_by")
        order = BY_DISMISSAL if self.is_dismissed else BY_SCORE
        after, before = self.query.get("after", ""), self.query.get("before", "")
        return paging.page(rows, order, PAGE_SIZE, after=after, before=before)

    @cached_property
    def count(self) -> int:
        """How many there are, up to COUNTED + 1."""
        return self.rows.order_by()[: COUNTED + 1].count()

    @property
    def count_is_exact(self) -> bool:
        """Whether `count` is all of them."""
        return self.count <= COUNTED

    @cached_property
    def shown(self) -> list[Shown]:
        """The pairs of the page that are still alike; of dismissed ones all."""
        found = []
        for pair in self.page.rows:
            records = [pair.record_a.specific, pair.record_b.specific]
            likeness = judge(*map(self.telling.of, records))
            if likeness is None and self.is_dismissed:
                likeness = Likeness(pair.score, (DuplicatePair.Reason(pair.reason),))
            if likeness:
                found.append(Shown(pair, records, likeness))
        ids = sorted({record.pk for one in found for record in one.records})
        loaded = [(column.label, column.load(ids)) for column in columns] if ids else []
        for one in found:
            one.facts = self._facts(one.records)
            for label, cells in loaded:
                one.facts.append(Fact(label, [cells.get(record.pk, "0") for record in one.records]))
        return found

    @property
    def record(self) -> Record | None:
        """The record whose pairs the address asks for, where it has some on this page."""
        records = (record for one in self.shown for record in one.records)
        return next((record for record in records if record.pk == self.record_id), None)

    @property
    def left_out(self) -> int:
        """How many pairs of the page have changed since the search and are no longer alike."""
        return len(self.page.rows) - len(self.shown)

    @cached_property
    def _compared(self) -> dict[Property, bool]:
        """The properties that stand side by side, and whether it tells something that they are the same."""
        every = self.kind.properties.values()
        whose = [prop for prop in every if prop.column in ("owner", "created_at")]
        telling = (*self.telling.properties, *self.telling.facts, *self.kind.secondary)
        return {**dict.fromkeys(telling, True), **dict.fromkeys(whose, False)}

    def _facts(self, records: list[Record]) -> list[Fact]:
        facts = [
            Fact(prop.title, [prop.kind.cell(prop, record) for record in records], tells)
            for prop, tells in self._compared.items()
        ]
        return [fact for fact in facts if any(fact.texts)]

    def address(self, **changes: str) -> str:
        """Return the address of this page with some parameters changed; "" takes one away."""
        query = QueryDict(mutable=True)
        kept = {name: self.query.get(name, "") for name in ("shown", "reason", "record")}
        query.update({name: value for name, value in {**kept, **changes}.items() if value})
        path = reverse("records:possible-duplicates", args=[self.kind.name])
        return f"{path}?{query.urlencode()}" if query else path

    @property
    def previous(self) -> str:
        """The address of the page before; "" where there is none."""
        return self.address(before=self.page.before) if self.page.before else ""

    @property
    def next(self) -> str:
        """The address of the page after; "" where there is none."""
        return self.address(after=self.page.after) if self.page.after else ""

    @cached_property
    def last_search(self) -> DuplicateSearch | None:
        """When this type was last searched; None for never."""
        return DuplicateSearch.objects.filter(object_type=self.kind.pk).select_related("searched_by").first()

    @cached_property
    def is_searched_here(self) -> bool:
        """Whether there are few enough records to search them while somebody waits."""
        rows = self.kind.model.objects.live().of_type(self.kind).order_by()
        return rows[: SEARCHED_AT_ONCE + 1].count() <= SEARCHED_AT_ONCE


def dismiss(pair: DuplicatePair, *, actor: Any) -> None:
    """Say that the two records of a pair are not the same; who said so first stays."""
    open_one = DuplicatePair.objects.open().filter(pk=pair.pk)
    open_one.update(dismissed_at=timezone.now(), dismissed_by=actor)


def reopen(pair: DuplicatePair) -> None:
    """Take back that the two records of a pair are not the same."""
    DuplicatePair.objects.filter(pk=pair.pk).update(dismissed_at=None, dismissed_by=None)


@dataclass
class Twin:
    """The record that one looks like most, how, and whether there are more."""

    record: Record
    likeness: Likeness
    has_more: bool


def twin_of(record: Record, user: Any) -> Twin | None:
    """Return what a record (an instance of its own model) looks like a duplicate of; one query."""
    pairs = DuplicatePair.objects.of_type(record.kind).visible_to(user).open().of_record(record.pk)
    telling = Telling(record.kind)
    traits = telling.of(record)
    found = []
    for pair in pairs.with_details(record.kind).order_by("-score", "id")[:LOOKED_AT]:
        other = pair.record_b if pair.record_a_id == record.pk else pair.record_a
        if likeness := judge(traits, telling.of(other.specific)):
            found.append((other, likeness))
    return Twin(*found[0], has_more=len(found) > 1) if found else None
