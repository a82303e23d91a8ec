"""The sidebar of a record page: one section per object type, its first associated records as cards."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from records.activity_facts import freshen
from records.models import ObjectType, Property, Record

from . import labels
from .first_links import feasible, first_links
from .labels import Word
from .models import Association
from .sidebar_layout import Layout, layouts
from .type_pairs import partners

CARDS = 5  # cards that a section shows
COLLAPSED = "collapsed_sections"  # the user's preference that holds the collapsed ones


@dataclass(frozen=True)
class Card:
    """An associated record in a section, and since when."""

    record: Record
    since: datetime
    properties: list[Property] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)  # what it is called on the page at hand

    @property
    def is_primary(self) -> bool:
        """Whether it is the primary record of the one whose page it is on."""
        return any(word.label.is_primary and not word.inverse for word in self.words)

    @property
    def values(self) -> list[tuple[Property, str]]:
        """Property and text of those that have a value."""
        return self.record.values_of(self.properties)


@dataclass
class Section:
    """The records of one object type that a record is associated with."""

    record: Record
    object_type: ObjectType
    layout: Layout
    count: int = 0
    collapsed: bool = False
    may_add: bool = True
    cards: list[Card] = field(default_factory=list)

    @property
    def has_labels(self) -> bool:
        """Whether there are labels for its cards."""
        return bool(labels.words(self.record.object_type_id, self.object_type.pk))

    @property
    def has_primary(self) -> bool:
        """Whether one of its cards can be the record's primary one."""
        return labels.primary_word(self.record.object_type_id, self.object_type.pk) is not None

    @property
    def too_many_to_sort(self) -> bool:
        """Whether the newest are shown, whatever the settings say, since there are too many to sort."""
        return feasible(self.layout.sort, self.count) != self.layout.sort


def sections(record: Record, user: Any, types: Iterable[ObjectType] | None = None) -> list[Section]:
    """Return the sections of a record's sidebar, or those of some object types: four queries, and one more
    where one is sorted by labels.

    Neither the queries nor what they read grow with the number of associations; only the counts read
    index entries.
    """
    counts = Association.objects.counts_by_type(record.pk)
    allowed = partners(record.kind)
    laid_out = layouts(record.kind)
    if types is None:  # those that there may be, and those that there still are
        laid_out = [one for one in laid_out if one.other in allowed or counts.get(one.other.pk)]
    else:
        wanted = list(types)
        laid_out = [one for one in laid_out if one.other in wanted]
    sorts = {
        one.other: feasible(one.sort, number) for one in laid_out if (number := counts.get(one.other.pk, 0))
    }
    links = first_links(record, sorts, CARDS)
    others = {
        other.pk: other.specific
        for other in Record.objects.visible_to(user)
        .filter(pk__in=[link.other_id for link in links])
        .with_details()
    }
    freshen(others.values())
    words = labels.carried(record.pk, [link.association_id for link in links]) if links else {}
    properties = {one.other.pk: one.properties for one in laid_out}
    cards: dict[int, list[Card]] = {}
    for link in links:
        if other := others.get(link.other_id):
            card = Card(other, link.created_at, properties[link.other_type_id], words.get(other.pk, []))
            cards.setdefault(link.other_type_id, []).append(card)
    collapsed = user.preferences.get(COLLAPSED, [])
    return [
        Section(
            record,
            one.other,
            one,
            count=counts.get(one.other.pk, 0),
            collapsed=one.other.name in collapsed,
            may_add=one.other in allowed,
            cards=cards.get(one.other.pk, []),
        )
        for one in laid_out
    ]


def section(record: Record, user: Any, object_type: ObjectType) -> Section:
    """Return one section of a record's sidebar."""
    return sections(record, user, [object_type])[0]


def toggle(user: Any, object_type: ObjectType) -> bool:
    """Collapse or expand the sections of an object type for a user; return whether it is now collapsed."""
    collapsed = set(user.preferences.get(COLLAPSED, []))
    collapsed ^= {object_type.name}
    user.prefer(COLLAPSED, sorted(collapsed) or None)
    return object_type.name in collapsed
