"""Which of two records' values the one keeps that the other is merged into."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .models import Property, Record
from .property_kinds.related import RelatedKind
from .requirements import EMPTY, held_values


@dataclass(frozen=True)
class Difference:
    """A property of which two records have different values."""

    prop: Property
    survivor: Record
    other: Record
    prefers_other: bool  # where nobody chooses: what the survivor lacks

    @property
    def sides(self) -> list[tuple[Record, str]]:
        """Both records, the survivor first, each with its value as text; of a stage with its pipeline."""
        return [(record, self._text(record)) for record in (self.survivor, self.other)]

    def _text(self, record: Record) -> str:
        text = self.prop.display(record)
        if self.prop.field_type == Property.FieldType.STAGE and len(record.kind.pipelines) > 1:
            return f"{self.prop.value_of(record).pipeline}: {text}"
        return text


def alike(survivor: Record, other: Record) -> list[Property]:
    """Return the properties that people enter and that two records have the same value of; no query."""
    ours, theirs = held_values(survivor), held_values(other)
    return [
        prop
        for prop in survivor.kind.properties.values()
        if _is_chosen(prop) and prop.name in ours and ours[prop.name] == theirs.get(prop.name)
    ]


def differences(survivor: Record, other: Record) -> list[Difference]:
    """Return the properties that people enter and that differ between two records; no query.

    As in HubSpot the survivor's values are preferred, but for what it lacks. An amount means nothing without
    its currency: where the survivor has no amount, the currency comes with the other's.
    """
    ours, theirs = held_values(survivor), held_values(other)
    props = [prop for prop in survivor.kind.properties.values() if _is_chosen(prop)]
    amounts = [prop.name for prop in props if prop.field_type == Property.FieldType.CURRENCY]
    has_amount, gets_amount = (any(name in held for name in amounts) for held in (ours, theirs))
    found = []
    for prop in props:
        if ours.get(prop.name) == theirs.get(prop.name):
            continue
        prefers_other = prop.name not in ours
        if prop.field_type == Property.FieldType.CURRENCY_CODE and gets_amount:
            prefers_other = not has_amount
        found.append(Difference(prop, survivor, other, prefers_other))
    return found


def _is_chosen(prop: Property) -> bool:
    # A record's stage says which pipeline it is in.
    return not (prop.read_only or prop.derivation or prop.field_type == Property.FieldType.PIPELINE)


def preferred(found: Iterable[Difference]) -> set[str]:
    """Return the names of the properties that the survivor takes over where nobody chooses."""
    return {one.prop.name for one in found if one.prefers_other}


def taken_over(found: Iterable[Difference], names: Iterable[str]) -> dict[str, Any]:
    """Return the other record's values of these of the properties that differ, as services take them.

    Raises ValidationError, by property name, where a required one would be empty.
    """
    chosen = set(names)
    values, wrong = {}, {}
    for one in found:
        if one.prop.name not in chosen:
            continue
        values[one.prop.name] = _value(one.prop, one.other)
        if one.prop.required and values[one.prop.name] in EMPTY:
            wrong[one.prop.name] = _("%(property)s is required.") % {"property": one.prop.title}
    if wrong:
        raise ValidationError(wrong)
    return values


def _value(prop: Property, record: Record) -> Any:
    """Return the value that a record has; no query, also for a row that it points to."""
    if prop.column and isinstance(prop.kind, RelatedKind):
        return prop.kind.rows(prop).get(getattr(record, f"{prop.column}_id") or 0)
    return prop.value_of(record)
