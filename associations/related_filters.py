"""Filters of lists by associated records: "contacts whose company's industry is X", "deals with no contact".

There are two ways to the same records. Either each record of the list is asked for its associated ones (two
index ranges, read only as far as the answer needs), or the others are found first and lead to the records.
The first is quick where few records are left to ask, or most of them answer yes; the second where the others
are few. Counting both, up to a bound, decides.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThanOrEqual

from records import relations
from records.models import ObjectType
from records.relations import Answer, Related

from .links import MANY
from .models import Association
from .type_pairs import partners

NARROW = 1_000  # records that are asked one by one without further ado
FEW_OTHERS = 50_000  # others up to which they are found first


class NumberOfRows(Func):
    """How many rows a (limited) subquery has."""

    template = "(SELECT COUNT(*) FROM %(expressions)s AS associated)"
    output_field = IntegerField()


class Range:
    """The numbers of associated records that some comparisons allow: from `low` to `high`, but for some."""

    def __init__(self, comparisons: Iterable[tuple[str, Any]]) -> None:
        self.low, self.high, self.excluded = 0, None, set()  # type: ignore[var-annotated]
        for operator, value in comparisons:
            if operator == "ne":
                self.excluded.add(int(value))
                continue
            low, high = {
                "eq": lambda n: (n, n),
                "gt": lambda n: (n + 1, None),
                "gte": lambda n: (n, None),
                "lt": lambda n: (0, n - 1),
                "lte": lambda n: (0, n),
                "between": lambda n: (n[0], n[1]),
            }[operator](value)
            self.low = max(self.low, int(low))
            if high is not None:
                self.high = int(high) if self.high is None else min(self.high, int(high))
        while self.low in self.excluded:
            self.low += 1
        self.excluded = {number for number in self.excluded if number > self.low}

    @property
    def is_one_or_more(self) -> bool:
        """Whether one is as good as many."""
        return self.low == 1 and self.high is None and not self.excluded

    @property
    def bound(self) -> int:
        """How far one has to count to know."""
        return max(self.low, *(number + 1 for number in (self.high, *self.excluded) if number is not None), 1)


class AssociatedRecords:
    """Relates records by their live associations (see `records.relations.Relation`)."""

    def types(self, object_type: ObjectType) -> Iterable[ObjectType]:
        """Return the types whose records those of a type may be associated with."""
        return partners(object_type)

    def answer(self, asked: Related, narrowed: QuerySet | None) -> Answer:
        """Return the condition on records, by the quicker of the two ways."""
        allowed = Range(asked.counts) if asked.counts else Range([("gte", 1)])
        condition = _counted(asked, allowed)
        if narrowed is not None:
            ids = list(narrowed.order_by().values_list("pk", flat=True)[: NARROW + 1])
            if len(ids) <= NARROW:
                return Answer(Q(pk__in=ids) & condition, by_id=True)
        if allowed.low == 0 or not asked.is_narrowed:
            return Answer(condition)
        number = asked.others.order_by()[: FEW_OTHERS + 1].count()
        if number > FEW_OTHERS:
            return Answer(condition)
        found = Q(pk__in=_found(asked))
        return Answer(found if allowed.is_one_or_more else found & condition, by_id=number <= MANY)


def _sides(asked: Related) -> list[QuerySet]:
    """Return the associations of a record that count, one queryset per end."""
    others = asked.others.order_by().filter(pk=OuterRef("other"))
    sides: list[QuerySet] = list(Association.objects.seen_from(OuterRef("pk")))
    return [side.filter(Exists(others), other_type=asked.other.pk).order_by() for side in sides]


def _counted(asked: Related, allowed: Range) -> Q:
    """Return the condition on a record's own associations."""
    sides = _sides(asked)
    if allowed.high is not None and allowed.low > allowed.high:
        return Q(pk__in=[])
    one_or_more = Q(Exists(sides[0])) | Q(Exists(sides[1]))
    if allowed.is_one_or_more:
        return one_or_more
    if allowed.high == 0:
        return ~one_or_more
    # Each end is read up to the bound: "more than 3" never counts 50,000.
    first, second = (NumberOfRows(Subquery(side.values("pk")[: allowed.bound])) for side in sides)
    number = first + second
    condition = Q()
    if allowed.low:
        condition &= Q(GreaterThanOrEqual(number, allowed.low))
    if allowed.high is not None:
        condition &= Q(LessThanOrEqual(number, allowed.high))
    for excluded in allowed.excluded:
        condition &= ~Q(Exact(number, excluded))
    return condition or ~Q(pk__in=[])  # all: an empty condition would vanish beside an alternative


def _found(asked: Related) -> QuerySet:
    """Return the ids of all records that any of the others is associated with."""
    others = asked.others.order_by().values("pk")
    first, second = (
        Association.objects.live()
        .filter(**{f"record_{there}__in": others, f"type_{here}": asked.object_type.pk})
        .order_by()
        .values(f"record_{here}_id")
        for here, there in (("a", "b"), ("b", "a"))
    )
    return first.union(second, all=True)


def register() -> None:
    """Let lists be filtered by associated records."""
    relations.relations.append(AssociatedRecords())
