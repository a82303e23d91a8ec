"""What is set for each pair of object types, at a glance. No query: all of it stands in memory."""

from collections import defaultdict
from dataclasses import dataclass, field

from records import schema
from records.models import ObjectType

from .labels import Word, all_labels, limits
from .limit_settings import Bound
from .type_pairs import may_be_associated

SHOWN = 3  # labels, and limits, that a line names


@dataclass
class PairSummary:
    """A pair of object types: its live labels and its limits, in words, and whether it may be associated."""

    one: ObjectType
    other: ObjectType
    labels: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    @property
    def is_allowed(self) -> bool:
        """Whether records of these two types may be associated."""
        return may_be_associated(self.one.pk, self.other.pk)

    @property
    def first_labels(self) -> list[str]:
        """The labels that a line names."""
        return self.labels[:SHOWN]

    @property
    def more_labels(self) -> int:
        """How many it does not name."""
        return len(self.labels[SHOWN:])

    @property
    def first_limits(self) -> list[str]:
        """The limits that a line names."""
        return self.limits[:SHOWN]

    @property
    def more_limits(self) -> int:
        """How many it does not name."""
        return len(self.limits[SHOWN:])


def pairs_of(kind: ObjectType) -> list[PairSummary]:
    """Return the pairs of a type with each one, itself too."""
    return _filled([PairSummary(kind, other) for other in schema.current().main_types])


def all_pairs() -> list[tuple[ObjectType, list[PairSummary]]]:
    """Return every pair once, under the one of its two types that comes first."""
    types = schema.current().main_types
    groups = [(one, [PairSummary(one, other) for other in types[place:]]) for place, one in enumerate(types)]
    _filled([pair for _one, pairs in groups for pair in pairs])
    return groups


def _filled(pairs: list[PairSummary]) -> list[PairSummary]:
    """Tell each pair its labels and limits: a single walk through all of both."""
    words: dict[frozenset[int], list[str]] = defaultdict(list)
    sentences: dict[frozenset[int], list[str]] = defaultdict(list)
    for label in all_labels().values():
        if not label.archived_at:
            words[frozenset((label.from_type_id, label.to_type_id))].append(str(label))
    types = {kind.pk: kind for kind in schema.current().main_types}
    for limit in limits():
        ends = (limit.from_type_id, limit.to_type_id)
        if types.keys() >= set(ends) and not (limit.label and limit.label.archived_at):
            word = Word(limit.label, limit.inverse) if limit.label else None
            bound = Bound(types[ends[0]], types[ends[1]], word)
            sentences[frozenset(ends)].append(bound.said(limit.maximum))
    for pair in pairs:
        key = frozenset((pair.one.pk, pair.other.pk))
        pair.labels, pair.limits = words[key], sentences[key]
    return pairs
