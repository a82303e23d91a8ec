"""How history is told to a reader: the words that all of it shares, and who tells which part of it.

Each floor keeps something of a change (snapshots of records, events of associations) and registers
how it is read: for one record, and for one change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet, Subquery
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .models import Change, ObjectType, Record
from .provenance import Origin

COUNTED = 10_000  # of what a change did, no further is counted


@dataclass(frozen=True)
class Difference:
    """What became of one property: its title, and its value before and after as text.

    Of a long text `passage` shows as markup what was changed in it.
    """

    title: str
    was: str = ""
    now: str = ""
    passage: SafeString | str = ""


@dataclass(frozen=True)
class Line:
    """One thing that a change did: a sentence in markup, and in a word or two where its author is known.

    `differences` are the properties that it is about, `items` the records, where the sentence only counts
    them.
    """

    icon: str
    text: SafeString
    short: str = ""
    differences: Sequence[Difference] = ()
    items: Sequence[SafeString] = ()
    more: int = 0  # records beside those
    folded: bool = False  # whether the differences are shown only when they are asked for

    @property
    def passage(self) -> str:
        """What was changed in a long text, where that is all."""
        return self.differences[0].passage if len(self.differences) == 1 else ""

    @property
    def lists(self) -> bool:
        """Whether the sentence does not say all of the differences."""
        return self.folded or len(self.differences) > 1 or any(one.passage for one in self.differences)


class Source(Protocol):
    """What one floor keeps of changes."""

    place: int  # among the sources: what is told first
    name: str  # in addresses
    label: Any  # of what it keeps

    def of_record(self, record: Record, wanted: str) -> list[QuerySet]:
        """Return the rows about a record, each with its `change`, in querysets that each have an index.

        `wanted` is what a reader asks for: "" (all), the name of a source, or a property as
        `property_key` writes it.
        """

    def tell(self, record: Record, changes: Sequence[Change], user: Any) -> dict[int, list[Line]]:
        """Return what these changes did to a record, by their ids. A constant number of queries."""

    def numbers(self, change: Any) -> list[Subquery]:
        """Return numbers that add up to that of the rows of a change (an OuterRef).

        None counts further than COUNTED + 1.
        """

    def first(self, change: Any) -> list[Subquery]:
        """Return the ids of one or two records that a change (an OuterRef) touched; null for none."""

    def facts(self, change: Change) -> list[str]:
        """Return in words how much a change did."""

    def page(self, change: Change, user: Any, after: int, about: int) -> "Part":
        """Return a page of what a change did, behind the row of an id, perhaps `about` one record only."""


@dataclass(frozen=True)
class Row:
    """A row of a part of a change: the record (or records) that it is about, and what was done."""

    subject: SafeString
    lines: Sequence[Line]
    kind: ObjectType | None = None


@dataclass(frozen=True)
class Part:
    """A page of what a change did."""

    rows: Sequence[Row]
    after: int | None  # where the next page begins
    hidden: int = 0  # rows about records that the reader may not see


sources: list[Source] = []


def register(source: Source) -> None:
    """Let a source take part, at its place, in whatever order the floors start."""
    sources.append(source)
    sources.sort(key=lambda one: one.place)


def property_key(name: str) -> str:
    """Return what a reader asks for who wants to see what became of one property."""
    return f"property.{name}"


def author(change: Change) -> str:
    """Return who made a change, as the subject of a sentence."""
    if change.kind == Change.Kind.IMPORT:
        return _("Import %(name)s") % {"name": change.summary} if change.summary else _("An import")
    if change.kind == Change.Kind.RULE:
        return _("Rule %(name)s") % {"name": change.summary} if change.summary else _("A rule")
    if change.actor:
        return str(change.actor)
    by_itself = change.origin in (Origin.IMPORT, Origin.RULE)
    return _("Kith") if by_itself else _("Somebody")


def said_by(who: str) -> SafeString:
    """Return the subject of a sentence as markup."""
    return format_html('<span class="history__who">{}</span>', who)


def title(change: Change) -> str:
    """Return what a change is called where it stands for itself."""
    texts: Mapping[str, str] = {
        Change.Kind.EDIT: _("Edit"),
        Change.Kind.BULK: _("Bulk change"),
        Change.Kind.IMPORT: _("Import"),
        Change.Kind.RULE: _("Rule"),
        Change.Kind.MERGE: _("Merge"),
        Change.Kind.UNDO: _("Undo"),
    }
    kind = texts[change.kind]
    # The summary of an undo may be no more than what kind of change it undoes.
    return f"{kind}: {change.summary}" if change.summary else kind


def known(ids: Iterable[int], user: Any) -> dict[int, Record]:
    """Return those of some records that history may name to a user, by id; one query."""
    chosen = set(ids)
    if not chosen:
        return {}
    rows = Record.objects.known_to(user).select_related("merged_into").order_by()
    return rows.in_bulk(list(chosen))


def mention(record: Record | None) -> SafeString:
    """Return a record's name as a link; None stands for one that the reader may not see."""
    if record is None:
        return format_html('<span class="muted">{}</span>', _("a record that you may not see"))
    if record.kind.archived_at:
        return format_html("{} <span class=muted>{}</span>", record, _("(archived)"))
    address = reverse("records:record-by-id", args=[record.pk])
    link = format_html('<a href="{}">{}</a>', address, record)
    if record.merged_into:
        note = _("(merged into %(name)s)") % {"name": record.merged_into}
    elif record.archived_at:
        note = _("(archived)")
    else:
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record)
    return format_html("{} <span class=muted>{}</span>", link, note)
