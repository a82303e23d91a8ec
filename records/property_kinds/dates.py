"""Days and moments."""

from collections.abc import Callable
from datetime import date
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Expression
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy

from records.json_values import ISODateField, JSONText
from records.models.property import Property

from .base import NullableKind, Operator, between


class DateKind(NullableKind):
    """A calendar day."""

    field_class: type[forms.Field] = forms.DateField

    def to_json(self, value: Any) -> Any:
        return value.isoformat()

    def from_json(self, stored: Any) -> Any:
        return date.fromisoformat(stored)

    def expression(self, prop: Property) -> Expression:
        return JSONText(prop.name, ISODateField())

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        # ISO 8601 is what <input type="date"> sends and shows, whatever the locale.
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else formats.date_format(value, "DATE_FORMAT")

    def day(self, prop: Property) -> str:
        """Return the lookup of the value's calendar day."""
        return prop.lookup

    def comparisons(self) -> list[Operator]:
        def compare(lookup: str, ranged: bool = False) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                filter_class = between(filters.DateFilter) if ranged else filters.DateFilter
                return filter_class(field_name=self.day(prop), lookup_expr=lookup)

            return build

        return [
            Operator("on", gettext_lazy("is on"), compare("exact")),
            Operator("before", gettext_lazy("is before"), compare("lt")),
            Operator("after", gettext_lazy("is after"), compare("gt")),
            Operator("between", gettext_lazy("is between"), compare("range", ranged=True)),
        ]


class DateTimeKind(DateKind):
    """A moment; shown in the installation's time zone."""

    in_json = False

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return forms.DateTimeField(widget=widget, **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")

    def day(self, prop: Property) -> str:
        return f"{prop.lookup}__date"
