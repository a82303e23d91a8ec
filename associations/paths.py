"""How two records are related: the shortest ways from one to the other along their associations.

A search from both ends at once, step by step. A step is two queries for all records reached so far, taken by
the end with fewer associations to read. What is read has bounds, since everything is near everything by way
of a record with 50,000 associations: such a hub is reached but not followed. Where both ends reach it, it
joins them all the same, and so do two hubs that are associated with each other.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q

from records import schema
from records.models import Record

from . import labels
from .labels import Word
from .models import Association
from .models.association import Number, Pair, canonical

STEPS = 6  # associations from one record to the other
FOLLOWED = 300  # associations up to which a record is followed; with more it is a hub
READ = 5_000  # associations that one step reads
JOINED = 100  # hubs of a side, and records of the other one, whose associations are looked up by their pairs
PATHS = 5  # that are shown


class Stop(NamedTuple):
    """A record on a path, and what it is called on the page of the one before."""

    record: Record
    words: list[Word]


@dataclass(frozen=True)
class Found:
    """The shortest paths between two records, and what the search left out."""

    paths: list[list[Stop]]
    has_more: bool = False  # as short ones
    hubs: int = 0  # records that were reached, and not followed since they have too many associations
    was_cut: bool = False  # there was more to read than a step reads

    @property
    def steps(self) -> int:
        """How many associations lie between the two."""
        return len(self.paths[0]) - 1 if self.paths else 0

    @property
    def is_certain(self) -> bool:
        """Whether nothing was left out: there is no shorter path, or none of up to STEPS."""
        return not (self.hubs or self.was_cut)


def shortest(one: Record, other: Record, user: Any) -> Found:
    """Return the shortest paths between two live records over records that `user` may see, at most PATHS.

    STEPS bounds the number of queries; FOLLOWED and READ bound what they read.
    """
    search = _Search(user, one.pk, other.pk)
    search.run()
    ways = list(islice(search.ways(), PATHS + 1))
    hubs, was_cut = search.left_out()
    return Found(_told(ways[:PATHS], user), len(ways) > PATHS, hubs, was_cut)


@dataclass
class _Side:
    """What one end of the search has reached."""

    reached: set[int]
    last: list[int]  # those reached by the last step, the ones with the fewest associations first
    hubs: set[int] = field(default_factory=set)  # passed over
    was_cut: bool = False


class _Search:
    def __init__(self, user: Any, one: int, other: int) -> None:
        # Records of an archived type have no page.
        types = [kind.pk for kind in schema.current().types]
        self.visible = Record.objects.visible_to(user).filter(object_type__in=types).order_by()
        self.degrees: dict[int, int] = {}  # of what was reached, counted up to FOLLOWED + 1
        self.near: dict[int, set[int]] = {}  # the associations that were read, from both of their ends
        self.one, self.other = one, other
        self.sides = (_Side({one}, [one]), _Side({other}, [other]))
        self._weigh({one, other})

    def run(self) -> None:
        """Read associations until the two sides meet, or there is no more to follow within the bounds."""
        for left in reversed(range(STEPS)):
            if any(self._is_exhausted(side) for side in self.sides):
                return  # the two have nothing to do with each other
            costs = [(sum(self.degrees[pk] for pk in self._followed(side)), side) for side in self.sides]
            open_ones = [(cost, number) for number, (cost, _side) in enumerate(costs) if cost]
            if not open_ones:
                for side in self.sides:
                    side.hubs.update(side.last)  # nothing else is left
                break
            if self._step(self.sides[min(open_ones)[1]], goes_on=bool(left)):
                break
        self._join_hubs()

    def left_out(self) -> tuple[int, bool]:
        """Return how many hubs were passed over, and whether more was left out."""
        first, second = self.sides
        return len(first.hubs | second.hubs), first.was_cut or second.was_cut

    def ways(self) -> Iterator[list[int]]:
        """Yield the shortest ways among all that was read, over those with few associations first."""
        steps = self._steps_to(self.other)
        if steps.get(self.one, STEPS + 1) <= STEPS:
            yield from self._onward([self.one], steps)

    def _onward(self, way: list[int], steps: dict[int, int]) -> Iterator[list[int]]:
        here = way[-1]
        if here == self.other:
            yield way
            return
        nearer = [pk for pk in self.near[here] if steps.get(pk) == steps[here] - 1]
        for pk in sorted(nearer, key=self._in_order):
            yield from self._onward([*way, pk], steps)

    def _steps_to(self, goal: int) -> dict[int, int]:
        """Return how far from the goal each record is, by what was read."""
        steps, queue = {goal: 0}, deque([goal])
        while queue:
            here = queue.popleft()
            for pk in self.near.get(here, ()):
                if pk not in steps and pk in self.degrees:  # else it was not seen to be visible
                    steps[pk] = steps[here] + 1
                    queue.append(pk)
        return steps

    # --- Steps ------------------------------------------------------------------------------------

    def _in_order(self, pk: int) -> tuple[int, int]:
        return self.degrees[pk], pk

    def _is_hub(self, pk: int) -> bool:
        return self.degrees[pk] > FOLLOWED

    def _is_exhausted(self, side: _Side) -> bool:
        return not (side.hubs or side.was_cut or any(self.degrees[pk] for pk in side.last))

    def _followed(self, side: _Side) -> list[int]:
        """Return the records from which the next step of a side goes on."""
        found: list[int] = []
        cost = 0
        for pk in side.last:
            cost += self.degrees[pk]
            if self._is_hub(pk) or (found and cost > READ):
                break
            found.append(pk)
        return found

    def _step(self, side: _Side, *, goes_on: bool) -> bool:
        """Let a side follow the associations of what it reached last; return whether the two have met.

        What it has reached then is looked at only if the search `goes_on`.
        """
        followed = self._followed(side)
        rest = side.last[len(followed) :]
        side.hubs.update(pk for pk in rest if self._is_hub(pk))
        side.was_cut |= any(not self._is_hub(pk) for pk in rest)
        self._read(_from(followed))
        new = {pk for here in followed for pk in self.near.get(here, ())} - side.reached
        (across,) = (one for one in self.sides if one is not side)
        if not new.isdisjoint(across.reached):
            return True
        if not goes_on:
            return False
        self._weigh(new)
        side.last = sorted(new & self.degrees.keys(), key=self._in_order)
        side.reached.update(side.last)
        return False

    def _read(self, pairs: Iterable[Pair]) -> None:
        for a, b in pairs:
            self.near.setdefault(a, set()).add(b)
            self.near.setdefault(b, set()).add(a)

    def _weigh(self, new: Collection[int]) -> None:
        """Count the associations of those of some records that the user may see. One query."""
        first, second = (
            Number(side.order_by().values("pk")[: FOLLOWED + 1])
            for side in Association.objects.seen_from(OuterRef("pk"))
        )
        rows = self.visible.filter(pk__in=list(new)).annotate(number=first + second)
        self.degrees.update(rows.values_list("pk", "number"))

    # --- Hubs -------------------------------------------------------------------------------------

    def _join_hubs(self) -> None:
        """Read which hubs that a side passed over are associated with what the other one reached last."""
        for side, across in (self.sides, self.sides[::-1]):
            if side.hubs:
                ends = [*sorted(across.hubs), *across.last]
                self._read(_between(sorted(side.hubs)[:JOINED], ends[:JOINED]))
        if self._is_hub(self.one) and self._is_hub(self.other):
            self._read(self._in_common())

    def _in_common(self) -> list[Pair]:
        """Return the associations by which two hubs have some others in common. Two queries."""
        found: list[int] = []
        for side, there in zip(Association.objects.seen_from(self.one), ("b", "a"), strict=True):
            rows, end = Association.objects.live(), OuterRef(f"record_{there}")
            behind = rows.filter(record_a=self.other, record_b=end)
            before = rows.filter(record_b=self.other, record_a=end)
            shared = side.filter(Q(Exists(behind)) | Q(Exists(before))).order_by()
            found += shared.values_list(f"record_{there}_id", flat=True)[: PATHS + 1]
        self._weigh(found)
        return [canonical(hub, pk) for pk in found for hub in (self.one, self.other)]


def _from(ids: Sequence[int]) -> list[Pair]:
    """Return the live associations that some records have. One query."""
    first, second = (
        Association.objects.live().filter(**{f"record_{end}__in": ids}).order_by() for end in ("a", "b")
    )
    return list(
        first.values_list("record_a_id", "record_b_id").union(
            second.values_list("record_a_id", "record_b_id"), all=True
        )
    )


def _between(ones: Sequence[int], others: Sequence[int]) -> list[Pair]:
    """Return the live associations of some records with some others, looked up by their pairs. One query."""
    first, second = (
        Association.objects.live()
        .filter(**{f"record_{here}__in": ones, f"record_{there}__in": others})
        .order_by()
        .values_list("record_a_id", "record_b_id")
        for here, there in (("a", "b"), ("b", "a"))
    )
    return list(first.union(second, all=True))


def _told(ways: list[list[int]], user: Any) -> list[list[Stop]]:
    """Return ways with their records, and the words on the way. Three queries if there are any."""
    if not ways:
        return []
    records = Record.objects.visible_to(user).in_bulk({pk for way in ways for pk in way})
    pairs = {canonical(*pair) for way in ways for pair in pairwise(way)}
    rows = Association.objects.among(pairs).values_list("record_a_id", "record_b_id", "pk")
    kept = [pk for a, b, pk in rows if (a, b) in pairs]
    words = labels.both_ways(kept) if kept else {}
    return [
        [Stop(records[pk], labels.telling(words.get((before, pk), ()))) for before, pk in pairwise([0, *way])]
        for way in ways
        if all(pk in records for pk in way)
    ]
