"""Which records a file means: found by the values that identify them, many at once."""

import unicodedata
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from records.models import ObjectType, Property, UniqueValue
from records.models.record import NAME_LENGTH
from records.text import fold

Key = tuple[Any, ...]
LONGEST_ID = 18  # digits


class Matcher:
    """Finds the live records of a type by the values of some properties; by their name where none is given.

    Unique values compare as the data model does; names apart from case; other values exactly.
    """

    def __init__(self, object_type: ObjectType, properties: Iterable[Property] = ()) -> None:
        self.object_type = object_type
        self.properties = list(properties)
        self.unique = next((prop for prop in self.properties if prop.unique), None)
        primary = set(object_type.primary_properties)
        self.by_name = self.unique is None and primary <= {prop.name for prop in self.properties}
        self.by_display_name = not self.properties

    def key(self, values: dict[str, Any]) -> Key | None:
        """Return what identifies the record with these stored values; None where all of them are empty."""
        found = [values.get(prop.name) for prop in self.properties]
        if all(value in (None, "") for value in found):
            return None
        return self._key(found)

    def key_of_name(self, name: str) -> Key:
        """Return the key of the record that has this name."""
        return (_comparable(name),)

    def find(self, keys: Collection[Key]) -> dict[Key, list[Any]]:
        """Return the records that each key means, oldest first, in at most two queries.

        There may be others among them, whose keys were not asked for.
        """
        if not keys:
            return {}
        found: dict[Key, list[Any]] = {}
        records = self.object_type.model.objects.with_values(self.properties).filter(self._narrowed(keys))
        for record in records.select_related("owner").order_by("pk"):
            # Not asked of the database, which might then read all live records instead of these few.
            if record.archived_at or record.object_type_id != self.object_type.pk:
                continue
            if self.by_display_name:
                key = self.key_of_name(record.display_name)
            else:
                key = self._key([prop.value_of(record) for prop in self.properties])
            found.setdefault(key, []).append(record)
        return found

    def _key(self, values: list[Any]) -> Key:
        primary = self.object_type.primary_properties
        parts = []
        for prop, value in zip(self.properties, values, strict=True):
            if value is None or value == "":
                parts.append("")
            elif prop.unique:
                parts.append(UniqueValue.key(prop.kind.comparable(value)))
            elif self.by_name and prop.name in primary:
                parts.append(_comparable(value))
            else:
                parts.append(value)
        return tuple(parts)

    def _narrowed(self, keys: Collection[Key]) -> Q:
        """Return the condition that an index answers; `find` compares what it lets through."""
        if self.unique is not None:
            place = self.properties.index(self.unique)
            values = {key[place] for key in keys if key[place]}
            return Q(pk__in=list(UniqueValue.holders(self.unique, values).values()))
        if self.by_display_name or self.by_name:
            places = [0]
            if self.by_name:
                names = [prop.name for prop in self.properties]
                places = [names.index(name) for name in self.object_type.primary_properties]
            texts = {" ".join(filter(None, (str(key[place]) for place in places))) for key in keys}
            folded = {fold(text[:NAME_LENGTH])[:NAME_LENGTH] for text in texts}
            # All that the index by name begins with.
            return Q(archived_at__isnull=True, object_type=self.object_type, sort_name__in=folded)
        first = self.properties[0]
        values = {key[0] for key in keys}
        condition = Q(**{f"{first.lookup}__in": [value for value in values if value != ""]})
        return condition | (first.kind.is_blank(first) or Q(pk__in=[])) if "" in values else condition


class IdMatcher:
    """Finds the live records of a type by their ids."""

    properties: tuple[Property, ...] = ()
    unique = None
    by_display_name = False

    def __init__(self, object_type: ObjectType) -> None:
        self.object_type = object_type

    def key_of_name(self, name: str) -> Key:
        """Return the key of the record with the id that a cell writes. Raises ValidationError."""
        if not (name.isascii() and name.isdecimal() and len(name) <= LONGEST_ID):
            raise ValidationError(_("“%(text)s” is not the id of a record.") % {"text": name[:60]})
        return (int(name),)

    def find(self, keys: Collection[Key]) -> dict[Key, list[Any]]:
        """Return the record that each id means; one query."""
        if not keys:
            return {}
        records = self.object_type.model.objects.filter(pk__in=[pk for (pk,) in keys]).select_related("owner")
        return {
            (record.pk,): [record]
            for record in records
            if record.archived_at is None and record.object_type_id == self.object_type.pk
        }


AnyMatcher = Matcher | IdMatcher


def _comparable(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
