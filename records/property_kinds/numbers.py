"""Numbers and money."""

import re
from collections.abc import Callable
from copy import copy
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import django_filters as filters
from babel.core import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_percent, list_currencies
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import DecimalField, Expression
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import formulas
from records.json_values import JSONNumber
from records.models.property import Property

from .base import KeepsBlank, NullableKind, Operator, PropertyKind, babel_locale, between, filter_by
from .widgets import PercentInput

DIGITS = 15  # of a decimal: what a floating-point number keeps exactly, as which SQLite holds them


class WholeNumberFilter(KeepsBlank):
    """Compares with a whole number."""

    field_class = forms.IntegerField


class AmountFilter(KeepsBlank):
    """Compares with a decimal."""

    field_class = forms.DecimalField


class NumberKind(NullableKind):
    """A number: a whole one in a column; under a key of the JSON it may have decimals and be negative."""

    numeric = True
    formula_family = formulas.NUMBER
    understood_rules = ("min", "max")
    # Holds each number of DIGITS digits, wherever its decimals begin.
    output_field: Any = DecimalField(max_digits=2 * DIGITS, decimal_places=DIGITS)

    def limits(self, prop: Property) -> dict[str, Any]:
        """Return the options of form fields that say which numbers both databases hold exactly."""
        return {"min_value": 0, "max_value": 2**53} if prop.column else {"max_digits": DIGITS}

    def filter_class(self, prop: Property) -> type[filters.Filter]:
        """Return the filter that compares with such numbers."""
        return WholeNumberFilter if prop.column else AmountFilter

    def to_json(self, value: Any) -> Any:
        return int(value) if value == int(value) else float(value)

    def from_json(self, stored: Any) -> Any:
        return Decimal(str(stored))

    def expression(self, prop: Property) -> Expression:
        return JSONNumber(prop.name, self.output_field)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return self.filter_class(prop).field_class(localize=True, **self.limits(prop), **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else self.bound_text(value)

    def bound_text(self, bound: Any) -> str:
        return formats.number_format(bound, use_l10n=True)

    def fitted(self, prop: Property, value: Any) -> Any:
        """Round a derived number to what the property holds: to DIGITS digits, to its decimal places."""
        if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
            return None
        number = Context(prec=DIGITS, rounding=ROUND_HALF_UP).create_decimal(str(value))
        if not number.is_finite() or abs(number) >= 10**DIGITS:
            return None
        places = self.output_field.decimal_places
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=2 * DIGITS + 1))
        # An amount has its two places always.
        return None if places < DIGITS < len(number.as_tuple().digits) else number

    def comparisons(self) -> list[Operator]:
        def compare(lookup: str, exclude: bool = False) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                filter_class = self.filter_class(prop)
                filter_class = between(filter_class) if lookup == "range" else filter_class
                return filter_by(filter_class, lookup, exclude, **self.limits(prop))(prop)

            return build

        return [
            Operator("eq", "=", compare("exact")),
            Operator("ne", "≠", compare("exact", exclude=True)),
            Operator("gt", ">", compare("gt")),
            Operator("gte", "≥", compare("gte")),
            Operator("lt", "<", compare("lt")),
            Operator("lte", "≤", compare("lte")),
            Operator("between", gettext_lazy("is between"), compare("range")),
        ]


def money(amount: Decimal, code: str, *, whole: bool = False) -> str:
    """Return an amount in a currency as the reader's language writes it; `whole` ones without cents."""
    locale = babel_locale()
    try:
        if whole:
            known = Locale.parse(locale)
            pattern = copy(known.currency_formats["standard"])
            pattern.frac_prec = (0, 0)
            text = pattern.apply(amount, known, currency=code, currency_digits=False)
        else:
            # As many digits as the currency has, and never fewer than the amount.
            text = format_currency(amount, code, locale=locale, decimal_quantization=False)
    except UnknownLocaleError:
        return f"{formats.number_format(amount, 0 if whole else 2)} {code}"
    # CLDR's currencySpacing, which Babel leaves out: letters stand off from digits, as in CHF 5.
    return re.sub(r"(?<=[^\W\d_])(?=\d)", "\u00a0", text)


class PercentageField(forms.DecimalField):
    """Takes a number of per cent, with or without the sign."""

    widget = PercentInput

    def to_python(self, value: Any) -> Any:
        bare = value.strip().removesuffix("%").strip() if isinstance(value, str) else value
        # A sign alone is no empty value.
        return super().to_python(value if bare == "" else bare)


class PercentageFilter(KeepsBlank):
    """Compares with a number of per cent."""

    field_class = PercentageField


class PercentageKind(NumberKind):
    """A number of per cent: 12.5 is 12.5%."""

    def filter_class(self, prop: Property) -> type[filters.Filter]:
        return PercentageFilter

    def bound_text(self, bound: Any) -> str:
        try:
            return format_percent(Decimal(bound) / 100, locale=babel_locale(), decimal_quantization=False)
        except UnknownLocaleError:
            return f"{formats.number_format(bound, use_l10n=True)}%"


class CurrencyKind(NumberKind):
    """An amount of money, as a decimal, in the record's currency; in a column never below 0."""

    output_field = DecimalField(max_digits=DIGITS, decimal_places=2)

    def limits(self, prop: Property) -> dict[str, Any]:
        limits = {"max_digits": DIGITS, "decimal_places": 2}
        return {"min_value": 0, **limits} if prop.column else limits

    def filter_class(self, prop: Property) -> type[filters.Filter]:
        return AmountFilter

    def to_json(self, value: Any) -> Any:
        return str(value)  # a JSON number would pass through a floating-point one

    def comparable(self, value: Any) -> str:
        return "" if value is None else format(Decimal(value).normalize(), "f")

    def from_json(self, stored: Any) -> Any:
        return Decimal(stored)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else money(Decimal(value), record.currency)


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
