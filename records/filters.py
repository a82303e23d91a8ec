"""Filters made from properties: `amount__gte=1000` in an address, a chip on the page.

The first group of filters stands as it is, further ones have a prefix: `or2.amount__gte=1000`. Filters of one
group narrow together, and a record need fulfil only one of the groups. `companies.industry__in=…` is about
associated records: all filters of a group on one type speak of the same associated record, and
`companies.count__gt=3` counts those that fulfil them.

Only the filters that an address names are built; there are hundreds of others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from .models import ObjectType, Property, Record
from .named_filters import ActiveFilter, NumberOf, group_prefix, named_filters
from .relations import Answer, Related, relations

GROUPS, FILTERS = 5, 20  # that a list takes


@dataclass
class Group:
    """Filters that narrow together."""

    number: int
    filters: list[ActiveFilter]

    @property
    def prefix(self) -> str:
        """What the names of its filters begin with in an address."""
        return group_prefix(self.number)


class Recorder:
    """Stands in for a queryset while filters narrow it, and keeps the condition that they make."""

    def __init__(self) -> None:
        self.condition = Q()

    def filter(self, *args: Any, **lookups: Any) -> "Recorder":
        """Record a condition."""
        self.condition &= Q(*args, **lookups)
        return self

    def exclude(self, *args: Any, **lookups: Any) -> "Recorder":
        """Record a condition that must not hold."""
        self.condition &= ~Q(*args, **lookups)
        return self


def _bind(named: Sequence[ActiveFilter], queryset: Any) -> django_filters.FilterSet:
    """Return a filter set of these filters, bound to their values."""
    data = QueryDict(mutable=True)
    members = {}
    for number, one in enumerate(named):
        members[f"filter{number}"] = one.operator.build(one.subject.prop)
        data.setlist(f"filter{number}", one.values)
    return type("PropertyFilterSet", (django_filters.FilterSet,), members)(data, queryset=queryset)


def _values(named: Sequence[ActiveFilter]) -> list[tuple[ActiveFilter, Any, Any]]:
    """Return each filter with its django-filter and the cleaned value."""
    bound = _bind(named, Record.objects.none())
    bound.is_valid()
    return [
        (one, bound.filters[name], bound.form.cleaned_data[name])
        for one, name in zip(named, bound.filters, strict=True)
    ]


def condition_of(named: Sequence[ActiveFilter]) -> Q:
    """Return the condition that (valid) filters on properties of the same records make."""
    recorder: Any = Recorder()
    for _one, its_filter, value in _values(named):
        recorder = its_filter.filter(recorder, value)
    return recorder.condition


def _properties(named: Iterable[ActiveFilter]) -> Iterator[Property]:
    for one in named:
        if isinstance(one.subject.prop, Property):
            yield one.subject.prop


def filter_set(
    object_type: ObjectType, query: QueryDict, queryset: Any
) -> tuple[django_filters.FilterSet, list[ActiveFilter]]:
    """Return the filters on properties that an address names outside of further groups, bound to it, and
    how each is shown."""
    named = [
        one
        for one in named_filters(object_type, query)
        if one.subject.other is None and one.subject.group == 1
    ]
    bound = _bind(named, queryset.with_values(_properties(named)))
    return bound, _judged(named, bound)


def _judged(named: Sequence[ActiveFilter], bound: django_filters.FilterSet) -> list[ActiveFilter]:
    errors = {} if bound.is_valid() else bound.form.errors
    return [replace(one, errors=list(errors.get(f"filter{number}", []))) for number, one in enumerate(named)]


class Filters:
    """The filters that a list's address names, in their groups."""

    def __init__(self, object_type: ObjectType, query: QueryDict, user: Any) -> None:
        self.object_type = object_type
        self.user = user
        named = named_filters(object_type, query)
        numbers = sorted({one.subject.group for one in named})
        kept = [one for one in named if one.subject.group in numbers[:GROUPS]][:FILTERS]
        self.is_too_much = len(kept) < len(named)
        self.active = _judged(kept, _bind(kept, Record.objects.none()))
        self.groups = [
            Group(number, filters)
            for number in numbers
            if (filters := [one for one in self.active if one.subject.group == number])
        ]
        for group in self.groups:
            group.filters = [self._with_such(one, group) for one in group.filters]
        self.active = [one for group in self.groups for one in group.filters]
        self.by_id = False

    @staticmethod
    def _with_such(one: ActiveFilter, group: Group) -> ActiveFilter:
        """Let the number of associated records say so where only those count that fulfil other filters."""
        subject = one.subject
        if not isinstance(subject.prop, NumberOf):
            return one
        such = any(
            other.subject.other == subject.other and isinstance(other.subject.prop, Property)
            for other in group.filters
        )
        return replace(one, subject=replace(subject, prop=replace(subject.prop, such=such)))

    @property
    def is_related(self) -> bool:
        """Whether any of them is about associated records."""
        return any(one.subject.other for one in self.active)

    @property
    def takes_more(self) -> bool:
        """Whether there may be another filter."""
        return len(self.active) < FILTERS

    @property
    def next_group(self) -> int | None:
        """The number of the group to add; None where there may be no more."""
        if not self.takes_more or not 0 < len(self.groups) < GROUPS:
            return None
        return next(
            number for number in range(2, 100) if all(number != group.number for group in self.groups)
        )

    @property
    def problem(self) -> str:
        """What is wrong with all of them together; empty where nothing is."""
        if not self.is_too_much:
            return ""
        return _(
            "A list takes %(filters)s filters in %(groups)s groups at most. Remove some to see records."
        ) % {"filters": FILTERS, "groups": GROUPS}

    @cached_property
    def is_valid(self) -> bool:
        """Whether the list can be narrowed by them."""
        return not self.is_too_much and not any(one.errors for one in self.active)

    def apply(self, rows: Any, is_narrowed: bool) -> Any:
        """Narrow records by (valid) filters; `is_narrowed` says whether they are not all of their type."""
        if not self.groups:
            return rows
        own = [one for one in self.active if one.subject.other is None]
        rows = rows.with_values(_properties(own))
        wanted, looked_up = Q(), []
        for group in self.groups:
            mine = [one for one in group.filters if one.subject.other is None]
            condition = condition_of(mine)
            narrowed = rows.filter(condition) if mine or is_narrowed else None
            answers = [self._answer(one, narrowed) for one in self._related(group)]
            for answer in answers:
                condition &= answer.condition
            wanted = wanted | condition if wanted else condition
            looked_up.append(any(answer.by_id for answer in answers))
        self.by_id = all(looked_up)
        return rows.filter(wanted)

    def _related(self, group: Group) -> Iterator[Related]:
        """Yield what a group asks of associated records, by type."""
        others = dict.fromkeys(one.subject.other for one in group.filters if one.subject.other)
        for other in others:
            its = [one for one in group.filters if one.subject.other == other]
            counts = [one for one in its if isinstance(one.subject.prop, NumberOf)]
            conditions = [one for one in its if one not in counts]
            rows = other.model.objects.visible_to(self.user).with_values(_properties(conditions))
            if other.is_custom:  # they share one table
                rows = rows.of_type(other)
            yield Related(
                self.object_type,
                other,
                rows.filter(condition_of(conditions)),
                bool(conditions),
                [(one.operator.name, value) for one, _filter, value in _values(counts)],
            )

    def _answer(self, asked: Related, narrowed: Any) -> Answer:
        relation = next(one for one in relations if asked.other in one.types(asked.object_type))
        return relation.answer(asked, narrowed)
