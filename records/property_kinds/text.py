"""Text: lines, paragraphs, addresses of mailboxes, phones, pages and organisations."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.validators import DomainNameValidator, URLValidator
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.template.defaultfilters import linebreaksbr
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from records.models.property import Property

from .base import Operator, PropertyKind, TextFilter, filter_by


class WrittenKind(PropertyKind):
    """Whatever is written letter by letter."""

    understood_rules: tuple[str, ...] = ("min_length", "max_length", "pattern")

    def from_json(self, stored: Any) -> Any:
        return str(stored)


class TextKind(WrittenKind):
    """One line of text."""

    def index_expressions(self, prop: Property) -> list[Any]:
        return [self.expression(prop), Lower(self.expression(prop))]  # sorted by; "is", without case


class TextareaKind(WrittenKind):
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


class LowerCaseKind(WrittenKind):
    """Text that is stored in lower case."""

    def comparisons(self) -> list[Operator]:
        def exactly(operator: Operator) -> Operator:
            build = filter_by(LowerCaseFilter, "exact", operator.name == "not", max_length=TextFilter.LONGEST)
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


class PhoneKind(WrittenKind):
    """A phone number as people write it."""

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.CharField(max_length=60, widget=forms.TextInput(attrs={"type": "tel"}), **options)

    def html(self, prop: Property, record: Any) -> str:
        return link("tel:", self.get(record, prop))


class WebAddressField(forms.URLField):
    """Takes an address of the web, which is all that a page may link to."""

    default_validators = [URLValidator(schemes=["http", "https"])]


class UrlKind(WrittenKind):
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


def link(scheme: str, value: str, *, new_tab: bool = False) -> str:
    """Return a link to a mailbox, phone or web address; nothing for no value."""
    if not value:
        return ""
    extra = mark_safe(' target="_blank" rel="noopener noreferrer"') if new_tab else ""
    return format_html('<a href="{}{}"{}>{}</a>', scheme, value, extra, value)
