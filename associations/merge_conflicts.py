"""What two records that are to be merged are associated with, and where that is more than one may have.

Only the survivor can get more than it may have. A record at the other end loses one of the two when it gets
the survivor in place of the other, so it has at most as many as before, with each label as well.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from records import schema
from records.models import ObjectType, Record

from .labels import Word, all_labels, limits
from .models import Association, Labelling

End = tuple[int, bool]  # a label, and whether the record at hand stands at its `to` end
Kept = Mapping[str, Mapping[int, bool]]  # by conflict and partner, whether the survivor keeps it


@dataclass(frozen=True)
class Conflict:
    """Under one limit the two records have more partners together than the survivor may have."""

    other_type: ObjectType
    word: Word | None  # what the partners are called on the survivor's page; None: any of that type
    maximum: int
    own: tuple[int, ...]  # the survivor's partners, by id
    coming: tuple[int, ...]  # those that only the other record has

    @property
    def key(self) -> str:
        """How forms name it."""
        return f"label-{self.word.key}" if self.word else f"type-{self.other_type.pk}"

    @property
    def is_primary(self) -> bool:
        """Whether it is about which company is the primary one."""
        return self.word is not None and self.word.label.is_primary

    @property
    def partners(self) -> tuple[int, ...]:
        """All between which to choose, the survivor's first."""
        return (*self.own, *self.coming)

    @property
    def preferred(self) -> dict[int, bool]:
        """The choice that keeps what the survivor has, and of the others as many as there is room for."""
        room = max(self.maximum - len(self.own), 0)
        return {pk: pk not in self.coming[room:] for pk in self.partners}

    def allows(self, kept: Iterable[int]) -> bool:
        """Whether the survivor may have these: within the limit, or no more than it has already."""
        kept = set(kept)
        return len(kept) <= self.maximum or kept <= set(self.own)


class MergeConflicts(Exception):
    """Somebody has to choose what the survivor keeps; nothing was written."""

    def __init__(self, conflicts: Iterable[Conflict]) -> None:
        self.conflicts = list(conflicts)
        super().__init__(", ".join(conflict.key for conflict in self.conflicts))


class Sides:
    """What two records are associated with, by partner: read once, a constant number of queries."""

    def __init__(self, survivor: Record, other: Record) -> None:
        self.survivor, self.other = survivor, other
        self.own = self._partners(survivor.pk)
        self.coming = self._partners(other.pk)
        self.are_associated = self.own.pop(other.pk, None) is not None
        self.coming.pop(survivor.pk, None)

    def _partners(self, pk: int) -> dict[int, int]:
        """Return the type of each associated record by its id, the oldest association first; archived too."""
        found: list[tuple[int, int, int]] = []
        for here, there in (("a", "b"), ("b", "a")):
            rows = Association.objects.filter(**{f"record_{here}": pk}).order_by()
            found += rows.values_list("pk", f"record_{there}", f"type_{there}")
        return {partner: type_id for _pk, partner, type_id in sorted(found)}

    @cached_property
    def _labelled(self) -> dict[int, dict[End, list[int]]]:
        """By record and label that is limited or primary: who is called so, the oldest first."""
        pks = (self.survivor.pk, self.other.pk)
        named = {limit.label_id for limit in limits() if limit.label_id}
        named |= {label.pk for label in all_labels().values() if label.is_primary}
        rows = Labelling.objects.filter(Q(from_record__in=pks) | Q(to_record__in=pks), label__in=named)
        found: dict[int, dict[End, list[int]]] = {pk: defaultdict(list) for pk in pks}
        for label_id, from_id, to_id in rows.order_by("pk").values_list("label", "from_record", "to_record"):
            directed = all_labels()[label_id].is_directed
            for here, there, inverse in ((from_id, to_id, False), (to_id, from_id, directed)):
                if here in found and there not in found:
                    found[here][label_id, inverse].append(there)
        return found

    @property
    def counts(self) -> dict[int, tuple[int, int]]:
        """By object type: how many associations come over, and how many both records have."""
        found: dict[int, tuple[int, int]] = {}
        for partner, type_id in self.coming.items():
            moved, shared = found.get(type_id, (0, 0))
            both = partner in self.own
            found[type_id] = (moved + (not both), shared + both)
        return found

    def conflicts(self, dropped: Iterable[int] = ()) -> list[Conflict]:
        """Return where the survivor would have too many, without the partners that it does not keep.

        A label that at most as many can carry as are kept anyway is no question of its own.
        """
        gone = set(dropped)
        found, most = [], {}
        for limit in limits():
            if limit.from_type_id == self.survivor.object_type_id and limit.label_id is None:
                own, coming = (
                    [pk for pk, type_id in side.items() if type_id == limit.to_type_id and pk not in gone]
                    for side in (self.own, self.coming)
                )
                if conflict := self._conflict(limit.to_type_id, None, limit.maximum, own, coming):
                    found.append(conflict)
                    most[limit.to_type_id] = max(limit.maximum, len(own))
        for (label_id, inverse), maximum in self._label_limits().items():
            label = all_labels()[label_id]
            type_id = label.from_type_id if inverse else label.to_type_id
            own, coming = (
                [pk for pk in self._labelled[one.pk][label_id, inverse] if pk not in gone]
                for one in (self.survivor, self.other)
            )
            if most.get(type_id, maximum + 1) > maximum and (
                conflict := self._conflict(type_id, Word(label, inverse), maximum, own, coming)
            ):
                found.append(conflict)
        return found

    def _label_limits(self) -> dict[End, int]:
        """Return the limits of the survivor's labels; nobody sees archived ones."""
        type_id = self.survivor.object_type_id
        found = {
            (limit.label_id, limit.inverse): limit.maximum
            for limit in limits()
            if limit.label_id and limit.from_type_id == type_id
        }
        found |= {
            (label.pk, False): 1
            for label in all_labels().values()
            if label.is_primary and label.from_type_id == type_id
        }
        return {end: maximum for end, maximum in found.items() if not all_labels()[end[0]].archived_at}

    @staticmethod
    def _conflict(
        type_id: int, word: Word | None, maximum: int, own: list[int], coming: list[int]
    ) -> Conflict | None:
        more = tuple(pk for pk in coming if pk not in own)
        if not more or len(own) + len(more) <= maximum:
            return None
        return Conflict(schema.current().type_by_id(type_id), word, maximum, tuple(own), more)


@dataclass(frozen=True)
class Settled:
    """What the survivor does not keep: partners, and labels by what a partner is called."""

    partners: frozenset[int]
    labels: frozenset[tuple[int, bool, int]]


def settle(sides: Sides, kept: Kept) -> Settled:
    """Return what the survivor does not keep by these choices.

    Each choice says of every partner whether it is kept: of what nobody has seen nobody has decided. Which
    company is primary need not be chosen: the survivor's stays it. Raises MergeConflicts.
    """
    first = [one for one in sides.conflicts() if one.word is None]
    open_ones = [one for one in first if not _is_settled(one, kept)]
    gone = frozenset(pk for one in first for pk in one.partners if not kept.get(one.key, {}).get(pk, True))
    labels: set[tuple[int, bool, int]] = set()
    for one in sides.conflicts(gone):
        if one.word is None:
            continue
        choice = kept.get(one.key, {})
        if one.is_primary and not _is_settled(one, kept):
            choice = one.preferred
        elif not _is_settled(one, kept):
            open_ones.append(one)
        labels |= {
            (one.word.label.pk, one.word.inverse, pk) for pk in one.partners if not choice.get(pk, True)
        }
    if open_ones:
        raise MergeConflicts(open_ones)
    return Settled(gone, frozenset(labels))


def _is_settled(conflict: Conflict, kept: Kept) -> bool:
    choice = kept.get(conflict.key, {})
    return all(pk in choice for pk in conflict.partners) and conflict.allows(
        pk for pk in conflict.partners if choice[pk]
    )
