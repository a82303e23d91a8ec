"""The sidebar of a record page: one section per object type, its newest associated records as cards."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from records import schema
from records.models import ObjectType, Record

from .models import Association
from .type_pairs import partners

CARDS = 5  # cards that a section shows
COLLAPSED = "collapsed_sections"  # the user's preference that holds the collapsed ones


@dataclass(frozen=True)
class Card:
    """An associated record in a section, and since when."""

    record: Record
    since: datetime


@dataclass
class Section:
    """The records of one object type that a record is associated with."""

    record: Record
    object_type: ObjectType
    count: int = 0
    collapsed: bool = False
    may_add: bool = True
    cards: list[Card] = field(default_factory=list)


def sections(record: Record, user: Any, types: Iterable[ObjectType] | None = None) -> list[Section]:
    """Return the sections of a record's sidebar, or those of some object types: three queries.

    Neither the queries nor what they read grow with the number of associations; only the counts read
    index entries.
    """
    counts = Association.objects.counts_by_type(record.pk)
    allowed = partners(record.kind)
    if types is None:  # those that there may be, and those that there still are
        types = [kind for kind in schema.current().types if kind in allowed or counts.get(kind.pk)]
    types = list(types)
    filled = [object_type.pk for object_type in types if counts.get(object_type.pk)]
    links = Association.objects.newest(record.pk, filled, CARDS)
    others = {
        other.pk: other.specific
        for other in Record.objects.visible_to(user)
        .filter(pk__in=[link.other_id for link in links])
        .with_details()
    }
    cards: dict[int, list[Card]] = {}
    for link in links:
        if link.other_id in others:
            cards.setdefault(link.other_type_id, []).append(Card(others[link.other_id], link.created_at))
    collapsed = user.preferences.get(COLLAPSED, [])
    return [
        Section(
            record,
            kind,
            counts.get(kind.pk, 0),
            kind.name in collapsed,
            kind in allowed,
            cards.get(kind.pk, []),
        )
        for kind in types
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
