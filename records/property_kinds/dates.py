"""Days and moments."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Expression, Q, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy

from records import formulas
from records.json_values import ISODateField, ISOMomentField, JSONText, moment_from_text, moment_text
from records.models.property import Property

from .base import NullableKind, Operator, between

DAY = timedelta(days=1)
# Moments nearer than a day to the ends of the calendar have no date in some time zones.
FIRST, LAST = datetime.min.replace(tzinfo=UTC) + DAY, datetime.max.replace(tzinfo=UTC) - DAY


class DateKind(NullableKind):
    """A calendar day."""

    formula_family = formulas.DATE
    understood_rules = ("min", "max")
    too_small = gettext_lazy("Enter %(bound)s or later.")
    too_big = gettext_lazy("Enter %(bound)s or earlier.")

    def to_json(self, value: Any) -> Any:
        return value.isoformat()

    def from_json(self, stored: Any) -> Any:
        return date.fromisoformat(stored)

    def fitted(self, prop: Property, value: Any) -> Any:
        """Return the day of a derived day or moment."""
        return formulas.operand(value) if isinstance(value, date) else None

    def expression(self, prop: Property) -> Expression:
        return JSONText(prop.name, ISODateField())

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        # ISO 8601 is what <input type="date"> sends and shows, whatever the locale.
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else self.bound_text(value)

    def bound_text(self, bound: Any) -> str:
        return formats.date_format(bound, "DATE_FORMAT")

    def within(self, prop: Property, first: date | None, last: date | None) -> Q:
        """Return the condition "from the one day to the other", both included; None is no end."""
        ends = {f"{prop.lookup}__gte": first, f"{prop.lookup}__lte": last}
        return Q(**{lookup: end for lookup, end in ends.items() if end is not None})

    def comparisons(self) -> list[Operator]:
        def compare(filter_class: type[filters.Filter], days: Callable[[Any], tuple[Any, Any]]) -> Any:
            def build(prop: Property) -> filters.Filter:
                def apply(queryset: QuerySet, name: str, value: Any) -> QuerySet:
                    try:
                        first, last = days(value)
                    except OverflowError:  # before the first day of the calendar, behind the last
                        return queryset.filter(pk__in=[])
                    return queryset.filter(self.within(prop, first, last))

                return filter_class(method=apply)

            return build

        ranges = between(filters.DateFilter)
        return [
            Operator("on", gettext_lazy("is on"), compare(filters.DateFilter, lambda day: (day, day))),
            Operator(
                "before",
                gettext_lazy("is before"),
                compare(filters.DateFilter, lambda day: (None, day - DAY)),
            ),
            Operator(
                "after", gettext_lazy("is after"), compare(filters.DateFilter, lambda day: (day + DAY, None))
            ),
            Operator("between", gettext_lazy("is between"), compare(ranges, lambda days: (days[0], days[1]))),
        ]


class MomentField(forms.DateTimeField):
    """Takes a moment that has a date in every time zone."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            moment = super().to_python(value)
            if moment is None or FIRST <= moment <= LAST:
                return moment
        except OverflowError:
            pass
        raise ValidationError(self.error_messages["invalid"], code="invalid")


class DateTimeKind(DateKind):
    """A moment; entered and shown in the installation's time zone."""

    def to_json(self, value: Any) -> Any:
        return moment_text(value)

    def from_json(self, stored: Any) -> Any:
        return moment_from_text(stored)

    def fitted(self, prop: Property, value: Any) -> Any:
        """Return a derived moment; a day alone is none."""
        return value if isinstance(value, datetime) else None

    def expression(self, prop: Property) -> Expression:
        return JSONText(prop.name, ISOMomentField())

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return MomentField(widget=widget, **options)

    def bound_text(self, bound: Any) -> str:
        return formats.date_format(timezone.localtime(bound), "DATETIME_FORMAT")

    def within(self, prop: Property, first: date | None, last: date | None) -> Q:
        # From the start of a day to before the start of another, which is right where a day has 23 hours.
        ends = {
            f"{prop.lookup}__gte": first and start_of(first),
            f"{prop.lookup}__lt": last and last < date.max and start_of(last + DAY),
        }
        return Q(**{lookup: end for lookup, end in ends.items() if end})


def start_of(day: date) -> datetime:
    """Return the moment at which a day begins in the installation's time zone."""
    start = datetime.combine(day, time.min, timezone.get_current_timezone())
    try:
        return start.astimezone(UTC)
    except OverflowError:  # next to the ends of the calendar
        return FIRST if day.year == 1 else LAST
