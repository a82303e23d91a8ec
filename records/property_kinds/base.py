"""What every kind of property has: values, form field, filters; a line of text, until a kind says more."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, Expression, F, Q, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.html import escape
from django.utils.translation import get_language, gettext_lazy, to_locale
from django.utils.translation import gettext as _
from django_filters.fields import BaseRangeField

from records import formulas
from records.json_values import text_of
from records.models.property import Property

from .rules import clean_rules, rules_of

LONGEST_LINE = 1_000  # characters of a line of text that no column limits


@dataclass(frozen=True)
class Operator:
    """A comparison that a list can be filtered by: its name in addresses, label and filter."""

    name: str
    label: Any
    build: Callable[[Property], filters.Filter]
    wants_value: bool = True
    many: bool = False  # compares with any number of values


class TextFilter(filters.CharFilter):
    """Compares text without case, in any script."""

    LONGEST = 500  # letters of a value; SQLite takes no patterns without end
    # SQLite's LIKE knows upper and lower case of A to Z only; its regular expressions are Python's.
    PATTERNS = {"icontains": "{}", "iexact": r"\A{}\Z", "istartswith": r"\A{}"}

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        """Narrow a queryset to the rows whose text compares so with the value."""
        if value and value.isascii() and self.lookup_expr == "iexact":
            # In lower case, of which there can be an index; of A to Z databases compare nothing else.
            return self.get_method(queryset)(Exact(Lower(F(self.field_name)), value.lower()))
        if not value or value.isascii() or connection.vendor != "sqlite" or self.lookup_expr == "exact":
            return super().filter(queryset, value)
        pattern = self.PATTERNS[self.lookup_expr].format(re.escape(value))
        return self.get_method(queryset)(**{f"{self.field_name}__iregex": pattern})


class KeepsBlank(filters.Filter):
    """Leaves in the rows without a value where it leaves out those with certain values."""

    def get_method(self, queryset: QuerySet) -> Callable[..., QuerySet]:
        """Return what narrows a queryset; in SQL a null is neither like a value nor unlike it."""
        if not self.exclude:
            return queryset.filter

        def leave_out(*conditions: Q, **lookups: Any) -> QuerySet:
            return queryset.exclude(Q(*conditions, **lookups) & Q(**{f"{self.field_name}__isnull": False}))

        return leave_out


def filter_by(filter_class: type[filters.Filter], lookup: str, exclude: bool = False, **options: Any) -> Any:
    def build(prop: Property) -> filters.Filter:
        return filter_class(field_name=prop.lookup, lookup_expr=lookup, exclude=exclude, **options)

    return build


class PropertyKind:
    """The behaviour of one field type. Subclasses say where theirs differs from a line of text."""

    numeric = False
    sortable = True
    sortable_in_json = True
    in_json = True  # whether a key of the record's JSON can hold the value
    can_be_unique = True
    has_options = False  # whether the property says what there is to choose from
    many = False  # whether the value is a list
    understood_rules: tuple[str, ...] = ()  # the keys of `Property.rules` that mean something
    # What is said of a value beyond a rule's bound.
    too_small: Any = gettext_lazy("Enter %(bound)s or more.")
    too_big: Any = gettext_lazy("Enter %(bound)s or less.")
    sort_lookup = "{column}"
    blank: Any = ""  # what an empty column holds
    follows_clock = False  # whether the value changes with time, and a column holds what it was
    formula_family = formulas.TEXT  # what values are to a formula; none: formulas cannot use them

    # --- Values ---------------------------------------------------------------------------------

    def get(self, record: Any, prop: Property) -> Any:
        """Return the value that the record holds: in a column, or under a key of its JSON."""
        if prop.column:
            return getattr(record, prop.column)
        stored = record.properties.get(prop.name)
        if stored is None:
            return self.blank
        try:
            return self.from_json(stored)
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            # Written by somebody who did not know yet that the property has another type.
            return self.blank

    def set(self, record: Any, prop: Property, value: Any) -> None:
        """Store a cleaned value; None and "" both empty the property."""
        self.store(record, prop, self.blank if value in (None, "") else value)

    def store(self, record: Any, prop: Property, value: Any) -> None:
        """Put a value where the record holds it; a key without a value is none."""
        if prop.column:
            setattr(record, prop.column, value)
        else:
            # A new dictionary, so that whoever compares a record with what it was sees the difference.
            kept = {name: one for name, one in record.properties.items() if name != prop.name}
            record.properties = kept if value == self.blank else {**kept, prop.name: self.to_json(value)}

    def to_json(self, value: Any) -> Any:
        """Return a value as JSON holds it."""
        return value

    def from_json(self, stored: Any) -> Any:
        """Return the value that JSON holds."""
        return stored

    def fitted(self, prop: Property, value: Any) -> Any:
        """Return a derived value as the property can hold it, blank where it cannot; its form judges."""
        try:
            return self.make_field(prop, {"required": False}).clean(getattr(value, "label", value))
        except ValidationError:
            return self.blank

    def normalise(self, record: Any, prop: Property) -> None:
        """Bring the record's value into the form in which it is stored and compared."""
        value = self.get(record, prop)
        if isinstance(value, str) and (bare := value.strip()) != value:
            self.store(record, prop, bare)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        """Return a value as text for a reader, in the reader's language."""
        return "" if value is None else str(value)

    def html(self, prop: Property, record: Any) -> str:
        """Return the record's value as markup: text, or a link or badge where that serves the reader."""
        return escape(self.display(self.get(record, prop), prop, record))

    def cell(self, prop: Property, record: Any) -> str:
        """Return the record's value as markup for where there is room for a line or two."""
        return self.html(prop, record)

    def initial(self, record: Any, prop: Property) -> Any:
        """Return what a form shows for the record's value."""
        return self.get(record, prop)

    # --- Forms ----------------------------------------------------------------------------------

    def form_field(self, prop: Property) -> forms.Field:
        """Return the form field that enters and checks a value."""
        options = {"label": prop.title, "help_text": escape(prop.help_text), "required": prop.required}
        field = self.make_field(prop, options)
        field.validators += rules_of(prop)
        return field

    def bound_text(self, bound: Any) -> str:
        """Return a rule's bound as text for a reader."""
        return str(bound)

    def measured(self, value: Any) -> str:
        """Return the text that rules of length and pattern look at."""
        return str(value)

    def form_value(self, plain: Any) -> Any:
        """Return what a form would send for a value that plain data (JSON, YAML) writes."""
        return plain if plain is None else str(plain)

    def names(self, prop: Property) -> dict[str, list[str]]:
        """Return what a file may call each value to choose, the last of them as a reader knows it."""
        return {}

    def comparable(self, value: Any) -> str:
        """Return what tells a value from another, whatever the reader's language; "" for none."""
        return "" if value in (None, "") else str(self.to_json(value))

    def plain(self, stored: Any) -> Any:
        """Return what JSON holds as a definition writes it, to be understood elsewhere too."""
        return stored

    def clean_plain(self, prop: Property, plain: Any, field: forms.Field | None = None) -> Any:
        """Return the value that plain data stands for, whatever the reader's language.

        Raises ValidationError where the property's form field, or the one given, refuses it.
        """
        field = field or self.form_field(prop)
        field.required, field.localize = False, False
        return field.clean(self.form_value(plain))

    def clean_rules(self, prop: Property) -> dict[str, Any]:
        """Return the property's rules as they are stored. Raises ValidationError for rules that cannot be."""
        return clean_rules(prop)

    def clean_default(self, prop: Property) -> Any:
        """Return the property's default as it is stored, in JSON; None for none.

        Raises ValidationError for one that its own form field refuses or that new records cannot all have.
        """
        if prop.default in (None, "", []):
            return None
        if prop.read_only:
            raise ValidationError(_("Nobody enters this property, so it has no default."))
        if prop.unique:
            raise ValidationError(_("Only one record could have it: the property is unique."))
        value = self.clean_plain(prop, prop.default)
        return None if value in (None, "", []) else self.to_json(value)

    def default(self, prop: Property) -> Any:
        """Return the value that a new record has where none is given; None for none."""
        return None if prop.default is None else self.from_json(prop.default)

    def default_initial(self, prop: Property) -> Any:
        """Return what the form of a new record shows for the default."""
        record = prop.object_type.model()
        self.set(record, prop, self.default(prop))
        return self.initial(record, prop)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        """Return the form field, given its label, help and whether it is required."""
        column = prop.object_type.model._meta.get_field(prop.column) if prop.column else None
        return forms.CharField(max_length=getattr(column, "max_length", LONGEST_LINE), **options)

    def count_holding(self, prop: Property, values: list[str]) -> dict[str, int]:
        """Return how many records, archived ones too, hold each of the values that any of them holds."""
        kind = prop.object_type
        records = kind.model.objects.of_type(kind).with_values([prop])
        holding = records.filter(**{f"{prop.lookup}__in": values}).values_list(prop.lookup).order_by()
        return dict(holding.annotate(count=Count("pk")))

    # --- Lists ----------------------------------------------------------------------------------

    def expression(self, prop: Property) -> Expression:
        """Return what a query calls `prop.lookup` where the value stands under a key of the JSON."""
        return text_of(prop.name)

    def index_expressions(self, prop: Property) -> list[Any]:
        """Return what queries sort by and compare with: an index each, where a property in the JSON is fast.

        None where it cannot be.
        """
        return [self.expression(prop)] if self.sortable else []

    def order_by(self, prop: Property) -> str:
        """Return the lookup that a list is sorted by."""
        return self.sort_lookup.format(column=prop.lookup)

    def is_blank(self, prop: Property) -> Q | None:
        """Return the condition "has no value", or None where there always is one."""
        return Q(**{prop.lookup: ""})

    @property
    def operators(self) -> list[Operator]:
        """The comparisons that a filter offers, the usual one first."""
        return [*self.comparisons(), *self.presence()]

    def comparisons(self) -> list[Operator]:
        """The operators that compare with a value."""

        def compare(lookup: str, exclude: bool = False) -> Callable[[Property], filters.Filter]:
            return filter_by(TextFilter, lookup, exclude, max_length=TextFilter.LONGEST)

        return [
            Operator("contains", gettext_lazy("contains"), compare("icontains")),
            Operator("lacks", gettext_lazy("does not contain"), compare("icontains", exclude=True)),
            Operator("is", gettext_lazy("is"), compare("iexact")),
            Operator("not", gettext_lazy("is not"), compare("iexact", exclude=True)),
            Operator("starts", gettext_lazy("starts with"), compare("istartswith")),
        ]

    def presence(self) -> list[Operator]:
        """The operators "has a value" and "has none"."""

        def has(known: bool) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                blank = self.is_blank(prop) or Q(pk__in=[])
                condition = ~blank if known else blank

                def apply(queryset: QuerySet, name: str, value: str) -> QuerySet:
                    return queryset.filter(condition)

                return filters.CharFilter(method=apply)

            return build

        return [
            Operator("known", gettext_lazy("has a value"), has(True), wants_value=False),
            Operator("empty", gettext_lazy("is empty"), has(False), wants_value=False),
        ]

    def filter_text(self, prop: Property, values: list[str]) -> str:
        """Return the values of an active filter as text for its chip."""
        return ", ".join(values)


class NullableKind(PropertyKind):
    """Values whose absence is a null."""

    blank = None

    def is_blank(self, prop: Property) -> Q | None:
        return Q(**{f"{prop.lookup}__isnull": True})

    def filter_text(self, prop: Property, values: list[str]) -> str:
        return " – ".join(part for value in values for part in value.split(","))


def babel_locale() -> str:
    """Return the reader's language as Babel names it."""
    return to_locale(get_language() or "en")


class EndsField(BaseRangeField):
    """Takes both ends of a range."""

    def clean(self, value: Any) -> Any:
        """Refuse a range without one of its ends."""
        if value and (len(value) != 2 or not all(value)):
            raise ValidationError(_("Enter both values."))
        return super().clean(value)


def between(filter_class: type[filters.Filter]) -> type[filters.Filter]:
    bases = (filters.BaseRangeFilter, filter_class)
    return type(f"{filter_class.__name__}Range", bases, {"base_field_class": EndsField})
