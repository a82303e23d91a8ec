"""Numbers and money."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django_filters as filters
from babel.core import UnknownLocaleError
from babel.numbers import format_currency, list_currencies
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, DecimalField, Expression
from django.utils import formats
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from records.json_values import JSONNumber
from records.models.property import Property

from .base import NullableKind, Operator, PropertyKind, between, filter_by


class WholeNumberFilter(filters.Filter):
    """Compares with a whole number."""

    field_class = forms.IntegerField


class AmountFilter(filters.Filter):
    """Compares with a decimal."""

    field_class = forms.DecimalField


class NumberKind(NullableKind):
    """A whole number."""

    numeric = True
    output_field: Any = BigIntegerField()
    filter_class: type[filters.Filter] = WholeNumberFilter
    # What both databases hold exactly, in a column as in a comparison.
    limits: dict[str, Any] = {"min_value": 0, "max_value": 2**53}

    def expression(self, prop: Property) -> Expression:
        return JSONNumber(prop.name, self.output_field)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return self.filter_class.field_class(localize=True, **self.limits, **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else formats.number_format(value, use_l10n=True)

    def comparisons(self) -> list[Operator]:
        def compare(lookup: str, exclude: bool = False) -> Callable[[Property], filters.Filter]:
            filter_class = between(self.filter_class) if lookup == "range" else self.filter_class
            return filter_by(filter_class, lookup, exclude, **self.limits)

        return [
            Operator("eq", "=", compare("exact")),
            Operator("ne", "≠", compare("exact", exclude=True)),
            Operator("gt", ">", compare("gt")),
            Operator("gte", "≥", compare("gte")),
            Operator("lt", "<", compare("lt")),
            Operator("lte", "≤", compare("lte")),
            Operator("between", gettext_lazy("is between"), compare("range")),
        ]


class CurrencyKind(NumberKind):
    """An amount of money, as a decimal, in the record's currency."""

    filter_class = AmountFilter
    output_field = DecimalField(max_digits=15, decimal_places=2)
    # SQLite keeps decimals as floating-point numbers, which are exact to 15 digits.
    limits = {"min_value": 0, "max_digits": 15, "decimal_places": 2}

    def to_json(self, value: Any) -> Any:
        return str(value)  # a JSON number would pass through a floating-point one

    def from_json(self, stored: Any) -> Any:
        return Decimal(stored)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        if value is None:
            return ""
        locale = (get_language() or "en").replace("-", "_")
        code = record.currency
        try:
            # As many digits as the currency has, and never fewer than the amount.
            text = format_currency(Decimal(value), code, locale=locale, decimal_quantization=False)
        except UnknownLocaleError:
            return f"{formats.number_format(Decimal(value), 2)} {code}"
        # CLDR's currencySpacing, which Babel leaves out: letters stand off from digits, as in CHF 5.
        return re.sub(r"(?<=[^\W\d_])(?=\d)", "\u00a0", text)


class CurrencyCodeField(forms.CharField):
    """Takes the code of a currency that exists."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and value not in list_currencies():
            raise ValidationError(_("Enter the three letters of a currency, such as EUR."))


class CurrencyCodeKind(PropertyKind):
    """The ISO 4217 code of a currency."""

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return CurrencyCodeField(**options)
