"""Filters made from properties: `amount__gte=1000` in an address, a chip on the page.

The first group of filters stands as it is, further ones have a prefix: `or2.amount__gte=1000`. Filters of one
group narrow together, and a record need fulfil only one of the groups. `companies.industry__in=…` is about
associated records: all filters of a group on one type speak of the same associated record, and
`companies.count__gt=3` counts those that fulfil them.

Only the filters that an address names are built; there are hundreds of others.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from .models import ObjectType, Property, Record
from .property_kinds import Operator
from .property_kinds.numbers import NumberKind
from .text import without_nul

GROUPS, FILTERS = 5, 20  # that a list takes
COUNT = "count"  # what stands in place of a property for the number of associated records
# Names that say something else of associated records; a property of such a name is written with a prefix.
TAKEN = (COUNT, "label")
ESCAPE = "property-"
COUNTED = 10_000  # associated records of one record up to which a list can be filtered by their number
_GROUP = re.compile(r"or([1-9]\d?)\.")
_LIKE_A_FILTER = re.compile(r"([a-z]\w*\.){0,2}[a-z][\w-]*__[a-z_]+(\.\d{1,2})?", re.ASCII)


class CountKind(NumberKind):
    """How many associated records there are."""

    limits = {"min_value": 0, "max_value": COUNTED}

    def presence(self) -> list[Operator]:
        return []


@dataclass(frozen=True)
class NumberOf:
    """The number of associated records of a type, to filter by as if it were a property."""

    object_type: ObjectType
    such: bool = False  # whether only those count that fulfil the group's other filters on them
    name = COUNT
    lookup = COUNT
    kind = CountKind()

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        text = _("Number of such %(type)s") if self.such else _("Number of %(type)s")
        return text % {"type": self.object_type.plural_label.lower()}


# --- Associated records -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Related:
    """What a group of filters asks of the associated records of one type."""

    object_type: ObjectType
    other: ObjectType
    others: QuerySet  # the records of the other type that fulfil the filters on them
    is_narrowed: bool  # whether there are such filters
    counts: Sequence[tuple[str, Any]] = ()  # operator and value of each filter by their number


class Answer(NamedTuple):
    """The condition that a relation makes of a `Related`, and whether it looks few records up by id."""

    condition: Q
    by_id: bool = False


class Relation(Protocol):
    """How a floor above relates records to others; registered in `relations`."""

    def types(self, object_type: ObjectType) -> Iterable[ObjectType]:
        """Return the types whose records those of a type may be related to."""

    def answer(self, asked: Related, narrowed: QuerySet | None) -> Answer:
        """Return the condition on records. `narrowed` are those left by all else, where that is not all."""


relations: list[Relation] = []


def related_types(object_type: ObjectType) -> dict[str, ObjectType]:
    """Return the types, by name, by whose records the list of a type can be filtered."""
    return {other.name: other for relation in relations for other in relation.types(object_type)}


# --- What an address names ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """What a filter is about: a property of the records or of associated ones, in a group."""

    prop: Any  # Property | NumberOf; what needs no more than their common attributes takes either
    other: ObjectType | None = None
    group: int = 1

    @property
    def name(self) -> str:
        """The name in addresses, such as `or2.companies.industry`."""
        name = self.prop.name
        if self.other:
            if name in TAKEN and isinstance(self.prop, Property):
                name = f"{ESCAPE}{name}"
            name = f"{self.other.name}.{name}"
        return f"{group_prefix(self.group, name)}{name}"

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        if self.other is None or isinstance(self.prop, NumberOf):
            return self.prop.title
        return f"{self.other.singular_label}: {self.prop.title}"


def group_prefix(group: int, name: str = "") -> str:
    """Return what names in a group begin with; `name` may be one that looks like the prefix of a group."""
    return f"or{group}." if group > 1 or _GROUP.match(name) else ""


def subject_named(object_type: ObjectType, name: str) -> Subject | None:
    """Return what a name in an address is about; None where there is no such thing."""
    group, match = 1, _GROUP.match(name)
    if match:
        group, name = int(match[1]), name[match.end() :]
    type_name, dot, prop_name = name.rpartition(".")
    if not dot:
        prop = object_type.properties.get(name)
        return Subject(prop, None, group) if prop else None
    other = related_types(object_type).get(type_name)
    if other is None:
        return None
    if prop_name == COUNT:
        return Subject(NumberOf(other), other, group)
    if prop_name.startswith(ESCAPE) or prop_name not in TAKEN:
        prop = other.properties.get(prop_name.removeprefix(ESCAPE))
        return Subject(prop, other, group) if prop else None
    return None


@dataclass(frozen=True)
class ActiveFilter:
    """A filter that a list's address names, as its chip shows it."""

    parameter: str
    subject: Subject
    operator: Operator
    values: list[str]
    place: int | None = None  # its value's, where the parameter is several filters
    errors: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What tells it from all other filters of the address."""
        return self.parameter if self.place is None else f"{self.parameter}@{self.place}"

    @property
    def text(self) -> str:
        """The filter as a phrase: property, operator, values."""
        prop = self.subject.prop
        shown = prop.kind.filter_text(prop, self.values) if self.operator.wants_value else ""
        return f"{self.subject.title} {self.operator.label} {shown}".strip()


def split_parameter(parameter: str) -> tuple[str, str]:
    """Return subject and operator that a parameter names.

    `dealstage__in.2` is a second filter by an operator that takes any number of values.
    """
    name, _separator, operator = parameter.rpartition("__")
    return name, re.sub(r"\.\d{1,2}\Z", "", operator)


def named_filters(object_type: ObjectType, query: QueryDict) -> list[ActiveFilter]:
    """Return the filters that an address names; one without a value is none."""
    named = []
    for parameter in query:
        name, operator_name = split_parameter(parameter)
        subject = subject_named(object_type, name) if name else None
        if subject is None:
            continue
        operator = next((one for one in subject.prop.kind.operators if one.name == operator_name), None)
        values = {
            place: value
            for place, text in enumerate(query.getlist(parameter))
            if (value := without_nul(text).strip())
        }
        if operator is None or not values:
            continue
        if operator.many:
            named.append(ActiveFilter(parameter, subject, operator, list(values.values())))
            continue
        # Of the same filter twice one is enough; two values are two filters.
        distinct = {value if operator.wants_value else "": place for place, value in reversed(values.items())}
        named += [
            ActiveFilter(parameter, subject, operator, [values[place]], place if len(distinct) > 1 else None)
            for place in sorted(distinct.values())
        ]
    return named


def left_out(object_type: ObjectType, query: QueryDict) -> list[str]:
    """Return what an address names as filters that cannot be made, such as those on archived properties."""
    unknown = []
    for parameter in query:
        if not _LIKE_A_FILTER.fullmatch(parameter) or not any(map(str.strip, query.getlist(parameter))):
            continue
        name, operator = split_parameter(parameter)
        subject = subject_named(object_type, name)
        if subject is None or all(one.name != operator for one in subject.prop.kind.operators):
            unknown.append(_archived_title(object_type, name) or parameter)
    return unknown


def _archived_title(object_type: ObjectType, name: str) -> str:
    type_name, dot, name = _GROUP.sub("", name).rpartition(".")
    owner = related_types(object_type).get(type_name) if dot else object_type
    prop = owner.archived_properties.get(name.removeprefix(ESCAPE)) if owner else None
    return prop.title if prop else ""


@dataclass
class Group:
    """Filters that narrow together."""

    number: int
    filters: list[ActiveFilter]

    @property
    def prefix(self) -> str:
        """What the names of its filters begin with in an address."""
        return group_prefix(self.number)


# --- From filters to conditions -----------------------------------------------------------------------


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
