"""The recycle bin: archived records, which can be restored until their time there is over.

Records that were merged into others are not in it, nor do they expire: their old ids lead to the survivor,
and they go with it. Those of an archived object type wait for the type.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property

from . import erasing, paging, schema, search
from .lists import COUNTED, ExtraColumn
from .models import Erasure, ObjectType, Property, Record, UniqueValue
from .provenance import By, Origin

PAGE_SIZE = 50
BATCH = 500  # records that one transaction deletes
ORDER = paging.Order("archived_at", descending=True, key="id")

# What floors above show of archived records.
columns: list[ExtraColumn] = []


class RecycleBin:
    """A page of the archived records of one type, as its address asks for: search and page."""

    def __init__(self, object_type: ObjectType, query: QueryDict, user: Any) -> None:
        self.object_type = object_type
        self.query = query
        self.text = query.get("q", "").strip()
        rows: Any = Record.objects.in_bin_of(user).of_type(object_type)
        common = search.is_common(self.text, object_type)
        self.rows = search.matching(rows, self.text, object_type, common=common)

    @cached_property
    def page(self) -> paging.Page:
        """The page, those archived last first. Raises paging.BadCursor."""
        return paging.page(
            self.rows.select_related("updated_by"),
            ORDER,
            PAGE_SIZE,
            after=self.query.get("after", ""),
            before=self.query.get("before", ""),
        )

    @cached_property
    def count(self) -> int:
        """How many there are, up to COUNTED + 1."""
        return self.rows.order_by()[: COUNTED + 1].count()

    @property
    def count_is_exact(self) -> bool:
        """Whether `count` is all of them."""
        return self.count <= COUNTED

    @property
    def columns(self) -> list[ExtraColumn]:
        """The columns that floors above add."""
        return columns

    @cached_property
    def shown(self) -> list[dict[str, Any]]:
        """The rows of the page: each record, its days left, and the cells of `columns`."""
        records = self.page.rows
        cells = [column.load([record.pk for record in records]) for column in columns]
        return [
            {
                "record": record,
                "days_left": days_left(record.archived_at),
                "cells": [loaded.get(record.pk, "") for loaded in cells],
            }
            for record in records
        ]


def days_left(archived_at: datetime) -> int | None:
    """Return how many days a record archived then stays yet, begun ones counted; None: for ever."""
    if not settings.RECYCLE_BIN_DAYS:
        return None
    left = archived_at + timedelta(days=settings.RECYCLE_BIN_DAYS) - timezone.now()
    return max(0, ceil(left / timedelta(days=1)))


# --- What hinders restoring ----------------------------------------------------------------------------


@dataclass
class Conflict:
    """A record that cannot be restored, and who has which of its unique values."""

    record: Record
    taken: list[tuple[Property, str, Record]] = field(default_factory=list)


def conflicts(ids: Sequence[int]) -> list[Conflict]:
    """Return which of these archived records cannot be restored, and why: two queries.

    A value may be held by a live record, or by another of these.
    """
    records = [one.specific for one in Record.objects.filter(pk__in=ids).order_by("pk").with_details()]
    wanted = {record.pk: record.unique_values() for record in records}
    values = {value for one in wanted.values() for value in one.values()}
    claims = UniqueValue.objects.filter(value__in=values).select_related("record")
    holders = {(claim.prop_id, claim.value): claim.record for claim in claims}
    found: dict[int, Conflict] = {}
    for record in records:
        properties = {prop.pk: prop for prop in record.kind.properties.values()}
        for prop_id, value in wanted[record.pk].items():
            holder = holders.setdefault((prop_id, value), record)
            if holder != record:
                conflict = found.setdefault(record.pk, Conflict(record))
                prop = properties[prop_id]
                conflict.taken.append((prop, prop.display(record), holder))
    return list(found.values())


# --- When their time is over ---------------------------------------------------------------------------


def expired() -> dict[ObjectType, int]:
    """Return how many records of each type have been in the recycle bin longer than the settings say."""
    rows = {kind: _expired(kind) for kind in schema.current().types}
    return {kind: count for kind, found in rows.items() if (count := found.count())}


def _expired(kind: ObjectType) -> Any:
    if not settings.RECYCLE_BIN_DAYS:
        return Record.objects.none()
    before = timezone.now() - timedelta(days=settings.RECYCLE_BIN_DAYS)
    archived = Record.objects.filter(archived_at__lt=before, merged_into__isnull=True).of_type(kind)
    return archived.order_by("archived_at", "id")


@schema.pinned()
def empty() -> dict[str, int]:
    """Delete the records whose time is over, for good; return how many those were, by type.

    Each batch is a transaction of its own, so that it may be broken off at any time.
    """
    done: defaultdict[str, int] = defaultdict(int)
    by = By(None, Origin.RULE)
    for kind in schema.current().types:
        while ids := list(_expired(kind).values_list("pk", flat=True)[:BATCH]):
            done[kind.name] += len(erasing.erase(ids, by=by, kind=Erasure.Kind.EXPIRED))
    return dict(done)
