"""From the cells of a row to the value of one property.

The property's own form field checks the value (`records.property_kinds`). What is added here is what files
need and forms do not: several columns in one value, dates and numbers as the file writes them whatever the
reader's language, and choices by name or label.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from records.models import Property
from records.property_kinds import RelatedKind

from .exact import Exact

ISO_DATE = "%Y-%m-%d"
SEVERAL = ";"  # between the choices of a cell that has several
NAME_PARTS = ("first", "last")
DIGITS = 40  # of the longest number that is read
SHOWN = 60  # characters of a refused value, and
CHOICES_SHOWN = 12  # choices, in a message
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Source:
    """Where a property's text comes from: a column, or parts with the columns that stand in them.

    A part drops out where one of its columns is empty, so that no " – " or "Phone: " is left standing.
    """

    column: str = ""
    parts: tuple[str, ...] = ()  # such as "{product} – {opportunity_id}"
    separator: str = "\n"

    @cached_property
    def columns(self) -> list[str]:
        """The columns that are looked at; none in a constant."""
        if self.column:
            return [self.column]
        return list(dict.fromkeys(name for part in self.parts for name in _PLACEHOLDER.findall(part)))

    def text(self, cells: dict[str, str]) -> str:
        """Return the text that a row has for the property."""
        if self.column:
            return cells[self.column]
        texts = [
            _PLACEHOLDER.sub(lambda found: cells[found[1]], part)
            for part in self.parts
            if all(cells[name] for name in _PLACEHOLDER.findall(part))
        ]
        return self.separator.join(texts)


@dataclass
class PropertyReader:
    """Reads one property's value out of rows."""

    prop: Property
    source: Source
    part: str = ""  # "first" or "last": of a full name
    default: str = ""  # for new records whose cells are empty
    date_format: str = ""
    decimal: str = "."
    multiply: Decimal | None = None
    ignore_unknown: bool = False  # a choice that does not exist leaves the property as it is

    def text(self, cells: dict[str, str]) -> str:
        """Return what the row says, as text."""
        text = self.source.text(cells)
        return split_name(text)[NAME_PARTS.index(self.part)] if self.part else text

    def value(self, text: str) -> Any:
        """Return the value as a record stores it; None where it is to be left alone.

        Raises ValidationError.
        """
        kind = self.prop.kind
        value = self._clean_exact(text) if type(text) is Exact else self._clean(self._typed(text))
        if value in (None, "", []):
            return None
        if isinstance(kind, RelatedKind):
            return value
        # As it will be after saving, so that it can be compared with what a record has.
        kind.set(self._scratch, self.prop, value)
        kind.normalise(self._scratch, self.prop)
        return kind.get(self._scratch, self.prop)

    def _typed(self, text: str) -> Any:
        """Return what somebody would enter in the property's form field."""
        if self._choices is not None:
            if not self.prop.kind.many:
                return self._choices.find(text, self.ignore_unknown)
            named = filter(None, (part.strip() for part in text.split(SEVERAL)))
            return list(filter(None, (self._choices.find(name, self.ignore_unknown) for name in named)))
        if self.prop.kind.numeric:
            if self.prop.field_type == Property.FieldType.PERCENTAGE:
                text = text.replace("%", "")
            decimal = "." if type(text) is Exact else self.decimal
            return format(self._multiplied(read_number(text, decimal)), "f")
        return text

    def _multiplied(self, number: Decimal) -> Decimal:
        """Return the number in the property's own unit, rounded to the decimals that it keeps."""
        if self.multiply is None:
            return number
        places = getattr(self._field, "decimal_places", 0)
        if places is None:  # as many as there is room for
            with localcontext(prec=self._field.max_digits):  # type: ignore[attr-defined]
                return number * self.multiply
        with localcontext(prec=2 * DIGITS):
            return round(number * self.multiply, places)

    def _clean_exact(self, text: Exact) -> Any:
        """Return the value of a cell that is no text: a date is written in ISO 8601."""
        if not isinstance(self._field, forms.DateField | forms.DateTimeField):
            return self._clean(self._typed(text))
        if isinstance(self._field, forms.DateField) and (day := parse_date(text[:10])):
            return self._exact_field.clean(day)
        return self._exact_field.clean(str(text))

    def _clean(self, typed: Any) -> Any:
        try:
            return self._field.clean(typed)
        except ValidationError as error:
            is_date = isinstance(self._field, forms.DateField | forms.DateTimeField)
            if not is_date or getattr(error, "code", "") != "invalid":
                raise
            raise ValidationError(
                _("“%(text)s” is not a date written as %(format)s.")
                % {"text": typed[:SHOWN], "format": self.date_format or ISO_DATE}
            ) from None

    @cached_property
    def _field(self) -> forms.Field:
        # Made once: a field per cell would be most of the cost of an import.
        made = self.prop.kind.form_field(self.prop)
        made.required = False
        made.localize = False
        if isinstance(made, forms.DateField):
            made.input_formats = [self.date_format or ISO_DATE]
        elif isinstance(made, forms.DateTimeField) and self.date_format:
            made.input_formats = [self.date_format]
        return made

    @cached_property
    def _exact_field(self) -> forms.Field:
        made = self.prop.kind.form_field(self.prop)
        made.required = False
        return made

    @cached_property
    def _choices(self) -> "Choices | None":
        return Choices(self.prop) if isinstance(self._field, forms.ChoiceField) else None

    @cached_property
    def _scratch(self) -> Any:
        return self.prop.object_type.model()


class Choices:
    """A property's choices by what a file may call them."""

    def __init__(self, prop: Property) -> None:
        named = prop.kind.names(prop)
        self.labels = [names[-1] for names in named.values()]
        self.by_name: dict[str, list[str]] = {}
        for value, names in named.items():
            for name in {name.casefold() for name in names if name}:
                self.by_name.setdefault(name, []).append(value)

    def find(self, text: str, ignore_unknown: bool) -> str:
        """Return the form field's value for a name; "" for an ignored one. Raises ValidationError."""
        found = self.by_name.get(text.casefold(), [])
        if len(found) == 1:
            return found[0]
        if not found and ignore_unknown:
            return ""
        if found:
            message = _("“%(text)s” may mean several values; write pipeline/stage, or a unique name.")
        else:
            message = _("“%(text)s” is none of its values: %(known)s.")
        known = ", ".join(self.labels[:CHOICES_SHOWN]) + (" …" if len(self.labels) > CHOICES_SHOWN else "")
        raise ValidationError(message % {"text": text[:SHOWN], "known": known or "–"})


def read_number(text: str, decimal: str = ".") -> Decimal:
    """Return the number that a text writes, with or without grouping and currency signs.

    Groups must be of three digits, so that 1,05 is not read as 105. Raises ValidationError.

    >>> read_number("$ 1,234.50"), read_number("1.234,50 €", ",")
    (Decimal('1234.50'), Decimal('1234.50'))
    """
    bare = "".join(char for char in text if unicodedata.category(char) != "Sc").strip()
    other = "." if decimal == "," else ","
    match = re.fullmatch(rf"([-+]?(?:\d+|\d{{1,3}}(?:[{other}\s'’]\d{{3}})+))(?:[{decimal}](\d+))?", bare)
    if match is None or len(bare) > DIGITS:
        raise ValidationError(
            _("“%(text)s” is not a number with “%(decimal)s” before the decimals.")
            % {"text": text[:SHOWN], "decimal": decimal}
        )
    whole, decimals = match.groups()
    return Decimal(re.sub(r"[^\d+-]", "", whole) + ("." + decimals if decimals else ""))


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of a full name; particles such as "de" belong to the last.

    >>> split_name("Isabel de Castro"), split_name("Lovelace, Ada"), split_name("Prince")
    (('Isabel', 'de Castro'), ('Ada', 'Lovelace'), ('Prince', ''))
    """
    if "," in name:
        last, first = name.split(",", 1)
        return first.strip(), last.strip()
    words = name.split()
    start = len(words) - 1
    while start > 1 and words[start - 1].islower():
        start -= 1
    return " ".join(words[: max(start, 1)]), " ".join(words[max(start, 1) :])
