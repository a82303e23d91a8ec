"""Texts by which a command or a file names records, such as `contacts:123`, and which records they mean.

`type:id`, `type.property=value`, or `type:text`, where the text is looked for among the type's unique values,
then its domains, then its names. Many are looked up at once: what a batch costs does not follow its size.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from . import schema
from .models import ObjectType, Property, Record, UniqueValue
from .models.record import NAME_LENGTH
from .property_kinds.text import DomainKind, LowerCaseKind, PhoneKind, TextKind, UrlKind
from .services import batches
from .text import fold

WRITTEN = re.compile(r"\s*(?P<type>[^\s.:=]+)(?:\.(?P<prop>[^\s.:=]+)\s*=|:)(?P<value>.*)", re.DOTALL)
LONGEST_ID = 18  # digits
ONE_LINE = (TextKind, LowerCaseKind, PhoneKind, UrlKind)
NAMED = 3  # records that a text with several meanings is told with


class BadReference(ValueError):
    """A text names no record, for the reason given."""


class Found(NamedTuple):
    """The record that a text means."""

    pk: int
    object_type: ObjectType


class _Way(NamedTuple):
    """One way to look for the records of a type: by id, by a property or, where both are missing, by name."""

    object_type: ObjectType
    prop: Property | None = None
    by_id: bool = False


class Finder:
    """Finds the records that texts mean, among those that a user (None: the system itself) may see."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self._fields: dict[int, Any] = {}

    def find(self, texts: Iterable[str]) -> dict[str, Found | BadReference]:
        """Return what each text means, or why it means nothing. A few queries for each type and way."""
        found: dict[str, Found | BadReference] = {}
        waiting: dict[str, list[tuple[_Way, Any]]] = {}  # by text: the ways left, and the key of each
        for text in dict.fromkeys(texts):
            try:
                waiting[text] = self._ways(text)
            except BadReference as error:
                found[text] = error
        while waiting:
            by_way: dict[_Way, dict[Any, list[str]]] = {}
            for text, ways in waiting.items():
                way, key = ways.pop(0)
                by_way.setdefault(way, {}).setdefault(key, []).append(text)
            for way, keys in by_way.items():
                for key, pks in self._look_up(way, keys).items():
                    for text in keys.get(key, ()):
                        found[text] = self._meant(text, way, pks)
            for text in [text for text, ways in waiting.items() if not ways and text not in found]:
                said = _("“%(text)s”: there is no such record, or it has been archived.")
                found[text] = BadReference(said % {"text": text})
            waiting = {text: ways for text, ways in waiting.items() if text not in found}
        return found

    # --- What a text may mean -----------------------------------------------------------------------

    def _ways(self, text: str) -> list[tuple[_Way, Any]]:
        """Return the ways to look for what a text means, the first that finds any being right."""
        written = WRITTEN.fullmatch(text)
        value = written["value"].strip() if written else ""
        if written is None or not value or "\x00" in text:
            raise BadReference(
                _("“%(text)s” names no record: write contacts:123 or contacts.email=ada@example.com.")
                % {"text": text.replace("\x00", "")}
            )
        try:
            kind = schema.current().type(written["type"])
        except schema.UnknownObjectType:
            raise BadReference(
                _("“%(text)s”: there is no object type “%(name)s”.") % {"text": text, "name": written["type"]}
            ) from None
        if name := written["prop"]:
            if name == "id":
                return [self._by_id(text, kind, value)]
            prop = kind.properties.get(name)
            if prop is None:
                raise BadReference(
                    _("“%(text)s”: %(type)s have no property “%(name)s”.")
                    % {"text": text, "type": kind.plural_label.lower(), "name": name}
                )
            if not (prop.unique or isinstance(prop.kind, ONE_LINE)):
                said = _("“%(text)s”: records are found by unique properties and by lines of text.")
                raise BadReference(said % {"text": text})
            return [(_Way(kind, prop), self._cleaned(text, prop, value))]
        if value.isascii() and value.isdigit():
            return [self._by_id(text, kind, value)]
        ways = []
        for prop in self._telling(kind):
            try:
                ways.append((_Way(kind, prop), self._cleaned(text, prop, value)))
            except BadReference:
                continue  # an address of a mailbox is no domain, and so on
        return [*ways, (_Way(kind), _comparable(value))]

    def _by_id(self, text: str, kind: ObjectType, value: str) -> tuple[_Way, int]:
        if not (value.isascii() and value.isdigit() and len(value) <= LONGEST_ID):
            raise BadReference(_("“%(text)s”: the number of a record is expected here.") % {"text": text})
        return _Way(kind, by_id=True), int(value)

    def _telling(self, kind: ObjectType) -> list[Property]:
        """Return the properties that a text without a property is looked for in."""
        properties = kind.properties.values()
        domains = [prop for prop in properties if isinstance(prop.kind, DomainKind) and not prop.unique]
        return [prop for prop in properties if prop.unique] + domains

    def _cleaned(self, text: str, prop: Property, value: str) -> Any:
        """Return what a value compares by. Raises BadReference where it is none of the property's."""
        field = self._fields.get(prop.pk)
        if field is None:
            field = self._fields[prop.pk] = prop.kind.form_field(prop)
            field.required, field.localize = False, False
        try:
            cleaned = field.clean(value)
        except ValidationError as error:
            raise BadReference(f"“{text}”: {' '.join(error.messages)}") from error
        comparable = prop.kind.comparable(cleaned)
        if prop.unique:
            return UniqueValue.key(comparable)
        return comparable.lower() if isinstance(prop.kind, LowerCaseKind) else comparable

    # --- Which records those are --------------------------------------------------------------------

    def _look_up(self, way: _Way, keys: Collection[Any]) -> dict[Any, list[int]]:
        """Return the numbers of the visible live records that each key means, oldest first."""
        found: dict[Any, list[int]] = {}
        for batch in batches(list(keys)):
            for key, pk in sorted(self._rows(way, batch), key=lambda row: row[1]):
                found.setdefault(key, []).append(pk)
        return found

    def _rows(self, way: _Way, keys: Collection[Any]) -> list[tuple[Any, int]]:
        kind, prop = way.object_type, way.prop
        visible = Record.objects.visible_to(self.user).of_type(kind)
        if way.by_id:
            return [(pk, pk) for pk in visible.filter(pk__in=keys).values_list("pk", flat=True)]
        if prop is None:
            folded = {fold(key)[:NAME_LENGTH] for key in keys}
            rows = visible.filter(sort_name__in=folded).values_list("display_name", "pk")
            return [(_comparable(name), pk) for name, pk in rows]
        if prop.unique:
            holders = UniqueValue.holders(prop, keys)
            seen = set(visible.filter(pk__in=list(holders.values())).values_list("pk", flat=True))
            return [(key, pk) for key, pk in holders.items() if pk in seen]
        records: Any = kind.model.objects.visible_to(self.user).of_type(kind).with_values([prop])
        rows = records.filter(**{f"{prop.lookup}__in": list(keys)}).values_list(prop.lookup, "pk")
        return [(prop.kind.comparable(value), pk) for value, pk in rows]

    def _meant(self, text: str, way: _Way, pks: list[int]) -> Found | BadReference:
        if len(pks) == 1:
            return Found(pks[0], way.object_type)
        named = ", ".join(map(str, pks[:NAMED]))
        return BadReference(
            _("“%(text)s” may mean %(count)s records (%(ids)s). Name one by its number.")
            % {"text": text, "count": len(pks), "ids": f"{named}, …" if len(pks) > NAMED else named}
        )


def _comparable(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
