"""What an address names as filters: `amount__gte=1000`, in groups, of the records or of associated ones."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import django_filters as filters
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import ObjectType, Property
from .property_kinds import Operator
from .property_kinds.base import NullableKind, between, filter_by
from .relations import related_types
from .text import without_nul

COUNT = "count"  # what stands in place of a property for the number of associated records
# Names that say something else of associated records; a property of such a name is written with a prefix.
TAKEN = (COUNT, "label")
ESCAPE = "property-"
COUNTED = 10_000  # associated records of one record up to which a list can be filtered by their number
_GROUP = re.compile(r"or([1-9]\d?)\.")
_LIKE_A_FILTER = re.compile(r"([a-z]\w*\.){0,2}[a-z][\w-]*__[a-z_]+(\.\d{1,2})?", re.ASCII)


class CountFilter(filters.Filter):
    """Compares with a number of records."""

    field_class = forms.IntegerField


class CountKind(NullableKind):
    """How many associated records there are."""

    numeric = True

    def comparisons(self) -> list[Operator]:
        def compare(filter_class: type[filters.Filter] = CountFilter) -> Callable[[Any], filters.Filter]:
            return filter_by(filter_class, "exact", min_value=0, max_value=COUNTED)

        # What each means is said by the relation that is asked: there is no column to look at.
        return [
            Operator("eq", "=", compare()),
            Operator("ne", "≠", compare()),
            Operator("gt", ">", compare()),
            Operator("gte", "≥", compare()),
            Operator("lt", "<", compare()),
            Operator("lte", "≤", compare()),
            Operator("between", gettext_lazy("is between"), compare(between(CountFilter))),
        ]

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
