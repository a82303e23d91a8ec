"""One of a list, or several: dropdowns, radio buttons, checkboxes, yes or no, countries."""

import operator
from collections.abc import Callable, Iterable
from functools import cache, reduce
from typing import Any

import django_filters as filters
from babel.core import Locale, UnknownLocaleError, get_global
from django import forms
from django.db.models import Expression, Q, QuerySet
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import formulas
from records.json_values import JSONHolds, JSONText, JSONYesNo
from records.models.property import Property
from records.text import fold

from .base import KeepsBlank, Operator, PropertyKind, babel_locale


class OptionsFilter(KeepsBlank, filters.MultipleChoiceFilter):
    """Compares with any of several choices."""


class ChoiceKind(PropertyKind):
    """One of a list of values."""

    def choices(self, prop: Property) -> list[Any]:
        """Return value and label of each choice, grouped where there are groups."""
        return prop.choices

    def from_json(self, stored: Any) -> Any:
        return str(stored)

    def names(self, prop: Property) -> dict[str, list[str]]:
        return {value: [value, str(label)] for value, label in self.choices(prop)}

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.ChoiceField(choices=[("", "—"), *self.choices(prop)], **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return dict(prop.choices).get(value, value or "")

    def comparisons(self) -> list[Operator]:
        def among(exclude: bool) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                return OptionsFilter(
                    field_name=prop.lookup, choices=self.choices(prop), exclude=exclude, distinct=False
                )

            return build

        return [
            Operator("in", gettext_lazy("is any of"), among(False), many=True),
            Operator("nin", gettext_lazy("is none of"), among(True), many=True),
        ]

    def filter_text(self, prop: Property, values: list[str]) -> str:
        labels: dict[str, str] = {}
        for value, label in self.choices(prop):
            labels.update(label if isinstance(label, list) else {str(value): label})
        return ", ".join(str(labels.get(value, value)) for value in values)


class DropdownKind(ChoiceKind):
    """One of the property's options."""

    has_options = True


class RadioKind(DropdownKind):
    """One of the property's options, all of them in sight."""

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        blank = [] if options["required"] else [("", gettext_lazy("No answer"))]
        return forms.ChoiceField(choices=[*blank, *self.choices(prop)], widget=forms.RadioSelect, **options)


class YesNoKind(ChoiceKind):
    """Yes, no, or not known yet."""

    can_be_unique = False
    blank = None
    formula_family = formulas.BOOLEAN

    def from_json(self, stored: Any) -> Any:
        if not isinstance(stored, bool):
            raise TypeError(stored)
        return stored

    def fitted(self, prop: Property, value: Any) -> Any:
        """Return a derived yes or no."""
        return value if isinstance(value, bool) else None

    def choices(self, prop: Property) -> list[Any]:
        return [("true", _("Yes")), ("false", _("No"))]

    def names(self, prop: Property) -> dict[str, list[str]]:
        said = {"true": ("yes", "y", "1"), "false": ("no", "n", "0")}
        return {value: [value, *said[value], label] for value, label in self.choices(prop)}

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.TypedChoiceField(
            choices=[("", "—"), *self.choices(prop)], coerce=_is_true, empty_value=None, **options
        )

    def form_value(self, plain: Any) -> Any:
        return str(plain).lower() if isinstance(plain, bool) else super().form_value(plain)

    def initial(self, record: Any, prop: Property) -> Any:
        value = self.get(record, prop)
        return "" if value is None else self.form_value(value)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else str(dict(self.choices(prop))[self.form_value(value)])

    def expression(self, prop: Property) -> Expression:
        return JSONYesNo(prop.name)

    def is_blank(self, prop: Property) -> Q | None:
        return Q(**{f"{prop.lookup}__isnull": True})

    def comparisons(self) -> list[Operator]:
        def among(exclude: bool) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                return YesNoFilter(
                    field_name=prop.lookup,
                    choices=self.choices(prop),
                    coerce=_is_true,
                    exclude=exclude,
                    distinct=False,
                )

            return build

        return [
            Operator("in", gettext_lazy("is"), among(False), many=True),
            Operator("nin", gettext_lazy("is not"), among(True), many=True),
        ]


class YesNoFilter(KeepsBlank, filters.TypedMultipleChoiceFilter):
    """Compares with yes or no."""


def _is_true(text: str) -> bool:
    return text == "true"


class CheckboxesKind(ChoiceKind):
    """Any number of the property's options, held as a list in their order."""

    can_be_unique = False
    formula_family = ""
    has_options = True
    many = True
    sortable = False  # a list comes neither before nor after another

    def get(self, record: Any, prop: Property) -> Any:
        return self.from_json(record.properties.get(prop.name))

    def from_json(self, stored: Any) -> Any:
        return list(stored) if isinstance(stored, list) else []

    def normalise(self, record: Any, prop: Property) -> None:
        self.store(record, prop, self.get(record, prop))

    def set(self, record: Any, prop: Property, value: Any) -> None:
        self.store(record, prop, value or None)

    def store(self, record: Any, prop: Property, value: Any) -> None:
        super().store(record, prop, self.ordered(prop, value or ()) or self.blank)

    def ordered(self, prop: Property, chosen: Iterable[str]) -> list[str]:
        """Return what was chosen in the order of the options; what is none any more stays, behind them."""
        places = {option: place for place, (option, _label) in enumerate(self.choices(prop))}
        return sorted(set(chosen), key=lambda one: (places.get(one, len(places)), one))

    def clean_plain(self, prop: Property, plain: Any, field: forms.Field | None = None) -> Any:
        return self.ordered(prop, super().clean_plain(prop, plain, field))

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.MultipleChoiceField(
            choices=self.choices(prop), widget=forms.CheckboxSelectMultiple, **options
        )

    def form_value(self, plain: Any) -> Any:
        return [str(one) for one in plain] if isinstance(plain, list | tuple) else plain

    def display(self, value: Any, prop: Property, record: Any) -> str:
        labels = dict(self.choices(prop))
        return ", ".join(str(labels.get(one, one)) for one in value or ())

    def html(self, prop: Property, record: Any) -> str:
        labels = dict(self.choices(prop))
        tags = (("badge", labels.get(one, one)) for one in self.get(record, prop))
        return format_html_join(" ", '<span class="{}">{}</span>', tags)

    def count_holding(self, prop: Property, values: list[str]) -> dict[str, int]:
        kind = prop.object_type
        records = kind.model.objects.of_type(kind)
        counts = {one: records.filter(JSONHolds(prop.name, one)).count() for one in values}
        return {one: count for one, count in counts.items() if count}

    def expression(self, prop: Property) -> Expression:
        return JSONText(prop.name)

    def is_blank(self, prop: Property) -> Q | None:
        return Q(**{f"{prop.lookup}__isnull": True})

    def comparisons(self) -> list[Operator]:
        def compare(combine: Callable[[Q, Q], Q], none: bool = False) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                def apply(queryset: QuerySet, name: str, values: list[str]) -> QuerySet:
                    if not values:
                        return queryset
                    holds = reduce(combine, (Q(JSONHolds(prop.name, one)) for one in values))
                    return queryset.filter(Q(**{f"{prop.lookup}__isnull": True}) | ~holds if none else holds)

                return filters.MultipleChoiceFilter(method=apply, choices=self.choices(prop), distinct=False)

            return build

        return [
            Operator("in", gettext_lazy("has any of"), compare(operator.or_), many=True),
            Operator("all", gettext_lazy("has all of"), compare(operator.and_), many=True),
            Operator("nin", gettext_lazy("has none of"), compare(operator.or_, none=True), many=True),
        ]


# Two letters that CLDR names and ISO 3166 does not: regions, groupings, reserved and private codes. Kosovo's
# XK is as private as the last ones, but people live there.
NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


@cache
def countries(language: str) -> dict[str, str]:
    """Return the names of all countries in a language by ISO 3166-1 code, in the order of the names."""
    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        territories = Locale("en").territories
    named = {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    }
    return dict(sorted(named.items(), key=lambda pair: fold(pair[1])))


class CountryKind(ChoiceKind):
    """A country, by its code of two letters; lists are sorted by that code."""

    def choices(self, prop: Property) -> list[Any]:
        return list(countries(babel_locale()).items())

    def names(self, prop: Property) -> dict[str, list[str]]:
        english = countries("en")
        found = {code: [code, english[code], name] for code, name in self.choices(prop)}
        for alias, codes in get_global("territory_aliases").items():  # such as UK, USA and 840
            if len(codes) == 1 and codes[0] in found:
                found[codes[0]].insert(0, alias)
        return found

    def form_value(self, plain: Any) -> Any:
        return plain.upper() if isinstance(plain, str) else super().form_value(plain)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return countries(babel_locale()).get(value, value or "")
