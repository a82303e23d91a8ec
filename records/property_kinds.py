"""How each kind of property behaves: one class per field type, the one place that knows.

Forms, in-place editors, tables, filters, search and imports ask here and have no branches of their own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import django_filters as filters
from babel.core import UnknownLocaleError
from babel.numbers import format_currency, list_currencies
from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator, URLValidator
from django.db import connection
from django.db.models import (
    BigIntegerField,
    DateField,
    DecimalField,
    Expression,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.template.defaultfilters import linebreaksbr
from django.utils import formats, timezone
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django_filters.fields import BaseRangeField

from records.models.property import Property

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
        if not value or value.isascii() or connection.vendor != "sqlite" or self.lookup_expr == "exact":
            return super().filter(queryset, value)
        pattern = self.PATTERNS[self.lookup_expr].format(re.escape(value))
        return self.get_method(queryset)(**{f"{self.field_name}__iregex": pattern})


def _lookup(filter_class: type[filters.Filter], lookup: str, exclude: bool = False, **options: Any) -> Any:
    def build(prop: Property) -> filters.Filter:
        return filter_class(field_name=prop.lookup, lookup_expr=lookup, exclude=exclude, **options)

    return build


class PropertyKind:
    """The behaviour of one field type. Subclasses say where theirs differs from a line of text."""

    numeric = False
    sortable = True
    in_json = True  # whether a key of the record's JSON can hold the value
    sort_lookup = "{column}"
    blank: Any = ""  # what an empty column holds

    # --- Values ---------------------------------------------------------------------------------

    def get(self, record: Any, prop: Property) -> Any:
        """Return the value that the record holds: in a column, or under a key of its JSON."""
        if prop.column:
            return getattr(record, prop.column)
        stored = record.properties.get(prop.name)
        return self.blank if stored is None else self.from_json(stored)

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

    def normalise(self, record: Any, prop: Property) -> None:
        """Bring the record's value into the form in which it is stored and compared."""
        value = self.get(record, prop)
        if isinstance(value, str):
            self.store(record, prop, value.strip())

    def display(self, value: Any, prop: Property, record: Any) -> str:
        """Return a value as text for a reader, in the reader's language."""
        return "" if value is None else str(value)

    def html(self, prop: Property, record: Any) -> str:
        """Return the record's value as markup: text, or a link or badge where that serves the reader."""
        return escape(self.display(self.get(record, prop), prop, record))

    def initial(self, record: Any, prop: Property) -> Any:
        """Return what a form shows for the record's value."""
        return self.get(record, prop)

    # --- Forms ----------------------------------------------------------------------------------

    def form_field(self, prop: Property) -> forms.Field:
        """Return the form field that enters and checks a value."""
        options = {"label": prop.title, "help_text": escape(prop.help_text), "required": prop.required}
        return self.make_field(prop, options)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        """Return the form field, given its label, help and whether it is required."""
        column = prop.object_type.model._meta.get_field(prop.column) if prop.column else None
        return forms.CharField(max_length=getattr(column, "max_length", LONGEST_LINE), **options)

    # --- Lists ----------------------------------------------------------------------------------

    def expression(self, prop: Property) -> Expression:
        """Return what a query calls `prop.lookup` where the value stands under a key of the JSON."""
        return Coalesce(KeyTextTransform(prop.name, "properties"), Value(""), output_field=TextField())

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
            return _lookup(TextFilter, lookup, exclude, max_length=TextFilter.LONGEST)

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


class TextKind(PropertyKind):
    """One line of text."""


class TextareaKind(PropertyKind):
    """Text of several lines."""

    sortable = False  # a page's address holds the value that it begins behind

    def html(self, prop: Property, record: Any) -> str:
        return linebreaksbr(self.get(record, prop))

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.CharField(max_length=65_536, widget=forms.Textarea(attrs={"rows": 4}), **options)


class LowerCaseFilter(TextFilter):
    """Compares with text that is stored in lower case, so that an index answers."""

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        return super().filter(queryset, value.lower())


class LowerCaseKind(PropertyKind):
    """Text that is stored in lower case."""

    def comparisons(self) -> list[Operator]:
        def exactly(operator: Operator) -> Operator:
            build = _lookup(LowerCaseFilter, "exact", operator.name == "not", max_length=TextFilter.LONGEST)
            return replace(operator, build=build)

        return [exactly(one) if one.name in ("is", "not") else one for one in super().comparisons()]


class EmailKind(LowerCaseKind):
    """An e-mail address; stored in lower case, since no two mailboxes differ by case in practice."""

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.EmailField(max_length=254, **options)

    def normalise(self, record: Any, prop: Property) -> None:
        self.store(record, prop, self.get(record, prop).strip().lower())

    def html(self, prop: Property, record: Any) -> str:
        return link("mailto:", self.get(record, prop))


class PhoneKind(PropertyKind):
    """A phone number as people write it."""

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.CharField(max_length=60, widget=forms.TextInput(attrs={"type": "tel"}), **options)

    def html(self, prop: Property, record: Any) -> str:
        return link("tel:", self.get(record, prop))


class WebAddressField(forms.URLField):
    """Takes an address of the web, which is all that a page may link to."""

    default_validators = [URLValidator(schemes=["http", "https"])]


class UrlKind(PropertyKind):
    """A web address; http and https only."""

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return WebAddressField(max_length=500, assume_scheme="https", **options)

    def html(self, prop: Property, record: Any) -> str:
        value = self.get(record, prop)
        # Older data may hold anything; only an address of the web becomes a link.
        is_web = value.lower().startswith(("https://", "http://"))
        return link("", value, new_tab=True) if is_web else escape(value)


class DomainField(forms.CharField):
    """Takes a domain however it is pasted: an address of a page or of a mailbox will do."""

    def to_python(self, value: Any) -> str:
        return normalise_domain(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            DomainNameValidator(message=_("Enter a domain name such as example.com."))(value)


def normalise_domain(text: str) -> str:
    """Return the bare domain of a domain, web address or e-mail address, in lower case.

    >>> normalise_domain("https://WWW.Example.com/about")
    'example.com'
    """
    text = text.strip().lower()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        host = None
    # What has no host is kept as it is, for the form to refuse it.
    return re.sub(r"^www\.(?=[^.]+\.)", "", host.rstrip(".")) if host else text


class DomainKind(LowerCaseKind):
    """An organisation's domain on the net, without scheme, path and www."""

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return DomainField(max_length=253, **options)

    def normalise(self, record: Any, prop: Property) -> None:
        self.store(record, prop, normalise_domain(self.get(record, prop)))


class NullableKind(PropertyKind):
    """Values whose absence is a null."""

    blank = None

    def is_blank(self, prop: Property) -> Q | None:
        return Q(**{f"{prop.lookup}__isnull": True})


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
        return Cast(KeyTextTransform(prop.name, "properties"), self.output_field)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return self.filter_class.field_class(localize=True, **self.limits, **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else formats.number_format(value, use_l10n=True)

    def comparisons(self) -> list[Operator]:
        def compare(lookup: str, exclude: bool = False) -> Callable[[Property], filters.Filter]:
            filter_class = _range(self.filter_class) if lookup == "range" else self.filter_class
            return _lookup(filter_class, lookup, exclude, **self.limits)

        return [
            Operator("eq", "=", compare("exact")),
            Operator("ne", "≠", compare("exact", exclude=True)),
            Operator("gt", ">", compare("gt")),
            Operator("gte", "≥", compare("gte")),
            Operator("lt", "<", compare("lt")),
            Operator("lte", "≤", compare("lte")),
            Operator("between", gettext_lazy("is between"), compare("range")),
        ]

    def filter_text(self, prop: Property, values: list[str]) -> str:
        return " – ".join(part for value in values for part in value.split(","))


class EndsField(BaseRangeField):
    """Takes both ends of a range."""

    def clean(self, value: Any) -> Any:
        """Refuse a range without one of its ends."""
        if value and (len(value) != 2 or not all(value)):
            raise ValidationError(_("Enter both values."))
        return super().clean(value)


def _range(filter_class: type[filters.Filter]) -> type[filters.Filter]:
    bases = (filters.BaseRangeFilter, filter_class)
    return type(f"{filter_class.__name__}Range", bases, {"base_field_class": EndsField})


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
            return format_currency(Decimal(value), code, locale=locale, decimal_quantization=False)
        except UnknownLocaleError:
            return f"{formats.number_format(Decimal(value), 2)} {code}"


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


class DateKind(NullableKind):
    """A calendar day."""

    field_class: type[forms.Field] = forms.DateField

    def to_json(self, value: Any) -> Any:
        return value.isoformat()

    def from_json(self, stored: Any) -> Any:
        return date.fromisoformat(stored)

    def expression(self, prop: Property) -> Expression:
        return Cast(KeyTextTransform(prop.name, "properties"), DateField())

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
                filter_class = _range(filters.DateFilter) if ranged else filters.DateFilter
                return filter_class(field_name=self.day(prop), lookup_expr=lookup)

            return build

        return [
            Operator("on", gettext_lazy("is on"), compare("exact")),
            Operator("before", gettext_lazy("is before"), compare("lt")),
            Operator("after", gettext_lazy("is after"), compare("gt")),
            Operator("between", gettext_lazy("is between"), compare("range", ranged=True)),
        ]

    def filter_text(self, prop: Property, values: list[str]) -> str:
        return " – ".join(part for value in values for part in value.split(","))


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


class ChoiceKind(PropertyKind):
    """One of a list of values."""

    def choices(self, prop: Property) -> list[Any]:
        """Return value and label of each choice, grouped where there are groups."""
        return prop.choices

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.ChoiceField(choices=[("", "—"), *self.choices(prop)], **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return dict(prop.choices).get(value, value or "")

    def comparisons(self) -> list[Operator]:
        def among(exclude: bool) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                return filters.MultipleChoiceFilter(
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


class RelatedKind(ChoiceKind):
    """One of a list of rows that the data model keeps in memory."""

    in_json = False
    blank = None

    def get(self, record: Any, prop: Property) -> Any:
        return self.rows(prop).get(getattr(record, f"{prop.column}_id"))

    def rows(self, prop: Property) -> dict[int, Any]:
        """Return the rows to choose from, by id."""
        raise AssertionError("given by each subclass")

    def choices(self, prop: Property) -> list[Any]:
        return [(str(pk), str(row)) for pk, row in self.rows(prop).items()]

    def offered(self, prop: Property) -> list[Any]:
        """Return the choices that a form offers; filters have them all."""
        return self.choices(prop)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        rows = self.rows(prop)
        blank = [] if options["required"] else [("", "—")]
        return forms.TypedChoiceField(
            choices=[*blank, *self.offered(prop)],
            coerce=lambda pk: rows[int(pk)],
            empty_value=None,
            **options,
        )

    def initial(self, record: Any, prop: Property) -> Any:
        return getattr(record, f"{prop.column}_id")

    def normalise(self, record: Any, prop: Property) -> None:
        pass

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else str(value)

    def is_blank(self, prop: Property) -> Q | None:
        return Q(**{f"{prop.lookup}__isnull": True})


class PipelineKind(RelatedKind):
    """The pipeline that a record is in."""

    sort_lookup = "{column}__position"

    def rows(self, prop: Property) -> dict[int, Any]:
        return {pipeline.pk: pipeline for pipeline in prop.object_type.pipelines}

    def is_blank(self, prop: Property) -> Q | None:
        return None

    def presence(self) -> list[Operator]:
        return []


def link(scheme: str, value: str, *, new_tab: bool = False) -> str:
    """Return a link to a mailbox, phone or web address; nothing for no value."""
    if not value:
        return ""
    extra = mark_safe(' target="_blank" rel="noopener noreferrer"') if new_tab else ""
    return format_html('<a href="{}{}"{}>{}</a>', scheme, value, extra, value)


class StageKind(PipelineKind):
    """The stage that a record has reached. Setting it sets the pipeline, which follows from it."""

    def rows(self, prop: Property) -> dict[int, Any]:
        return prop.object_type.stages

    def choices(self, prop: Property) -> list[Any]:
        pipelines = prop.object_type.pipelines
        if len(pipelines) == 1:
            return super().choices(prop)
        return [
            (str(pipeline), [(str(stage.pk), str(stage)) for stage in pipeline.stage_list])
            for pipeline in pipelines
        ]

    def html(self, prop: Property, record: Any) -> str:
        stage = self.get(record, prop)
        if stage is None:
            return ""
        return format_html('<span class="badge badge--{}">{}</span>', STAGE_BADGES[stage.outcome], stage)

    def set(self, record: Any, prop: Property, value: Any) -> None:
        super().set(record, prop, value)
        for other in prop.object_type.properties.values():
            if other.field_type == Property.FieldType.PIPELINE:
                setattr(record, other.column, value.pipeline)


class UserKind(RelatedKind):
    """A user of this installation."""

    sort_lookup = "{column}__username"

    def get(self, record: Any, prop: Property) -> Any:
        return getattr(record, prop.column)

    def rows(self, prop: Property) -> dict[int, Any]:
        return {user.pk: user for user in get_user_model().objects.order_by("username")}

    def offered(self, prop: Property) -> list[Any]:
        return [(str(pk), str(user)) for pk, user in self.rows(prop).items() if user.is_active]


STAGE_BADGES = {"open": "info", "won": "success", "lost": "danger", "closed": "neutral"}

KINDS: dict[str, PropertyKind] = {
    Property.FieldType.TEXT: TextKind(),
    Property.FieldType.TEXTAREA: TextareaKind(),
    Property.FieldType.EMAIL: EmailKind(),
    Property.FieldType.PHONE: PhoneKind(),
    Property.FieldType.URL: UrlKind(),
    Property.FieldType.DOMAIN: DomainKind(),
    Property.FieldType.NUMBER: NumberKind(),
    Property.FieldType.CURRENCY: CurrencyKind(),
    Property.FieldType.CURRENCY_CODE: CurrencyCodeKind(),
    Property.FieldType.DATE: DateKind(),
    Property.FieldType.DATETIME: DateTimeKind(),
    Property.FieldType.SELECT: ChoiceKind(),
    Property.FieldType.PIPELINE: PipelineKind(),
    Property.FieldType.STAGE: StageKind(),
    Property.FieldType.USER: UserKind(),
}


def clean_text(prop: Property, text: str) -> Any:
    """Return the value that `text` stands for. Raises ValidationError where it is not one."""
    try:
        return prop.kind.form_field(prop).clean(text)
    except ValidationError as error:
        raise ValidationError({prop.name: error.messages}) from error
