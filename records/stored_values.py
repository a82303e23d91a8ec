"""A property's values across all records of its type: what follows from them, and what they become.

Batch by batch in one transaction, so that memory stays flat however many records there are.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from . import schema
from .models import Property, Record, UniqueValue
from .models.record import RecordQuerySet
from .rows import update_rows
from .services import BATCH

EXAMPLES = 5


def with_value(prop: Property) -> RecordQuerySet:
    """Return the records, archived ones too, that have a value of a property."""
    records: Any = prop.object_type.model.objects.of_type(prop.object_type)
    if not prop.column:
        return records.filter(properties__has_key=prop.name)
    blank = prop.kind.is_blank(prop)
    return records if blank is None else records.exclude(blank)


def in_batches(records: RecordQuerySet) -> Iterator[list[Record]]:
    """Yield records by their ids, locked, so many at a time that they fit in memory."""
    locked = records.order_by("pk").select_for_update(of=("record_ptr", "self"), no_key=True)
    last = 0
    while batch := list(locked.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk


def rederive(prop: Property) -> None:
    """Bring names and what search finds in step with a property that came or went."""
    if not (prop.searchable or prop.unique):
        return
    with schema.pinned():
        for records in in_batches(with_value(prop)):
            stored = [vars(record).copy() for record in records]
            for record in records:
                record.derive()
            update_rows(prop.object_type.model, records, stored)


def claim_anew(prop: Property) -> None:
    """Claim the unique values of a property for the live records that have one.

    Raises ValidationError where two records have the same.
    """
    if not prop.unique:
        return
    UniqueValue.objects.filter(prop=prop).delete()
    for records in in_batches(with_value(prop).live()):
        claims = [
            UniqueValue(prop=prop, value=UniqueValue.key(text), record_id=record.pk)
            for record in records
            if (text := prop.display(record))
        ]
        doubled = _doubled(prop, claims)
        if doubled:
            raise ValidationError(doubled)
        try:
            UniqueValue.objects.bulk_create(claims, batch_size=BATCH)
        except IntegrityError as error:  # somebody else's save, since the look-up
            raise ValidationError(_("Somebody saves records at the same time; try again.")) from error


def _doubled(prop: Property, claims: list[UniqueValue]) -> list[str]:
    """Say which values more than one record would have."""
    taken = set(
        UniqueValue.objects.filter(prop=prop, value__in=[claim.value for claim in claims]).values_list(
            "value", flat=True
        )
    )
    doubled = []
    for claim in claims:
        if claim.value in taken:
            doubled.append(
                _("“%(value)s” is to be unique, but more than one record has it now.")
                % {"value": claim.value}
            )
        taken.add(claim.value)
    return doubled[:EXAMPLES]
