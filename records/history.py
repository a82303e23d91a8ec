"""What history keeps of records: a snapshot of each after every change, and the change it belongs to.

Whatever writes records calls these, in the transaction that writes. A change may span several calls, such
as a merge, or several transactions, such as an import: who starts it passes on the `By` of `recorded`.
Derived values are not kept: they follow from others, and nobody has set them.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .models import Change, ObjectType, Record
from .provenance import By

BATCH = 500  # snapshots per statement; each has some forty columns


def recorded(by: By, kind: Change.Kind = Change.Kind.EDIT, summary: str = "") -> By:
    """Return `by` with a change that all written under it belongs to; as it is, where it has one."""
    if by.change is not None:
        return by
    summary = summary[: Change._meta.get_field("summary").max_length]
    change = Change.objects.create(actor=by.actor, origin=by.origin, kind=kind, summary=summary)
    return replace(by, change=change)


def keep_created(records: Sequence[Record], by: By) -> None:
    """Keep the first snapshots of records (of one type) that were just created."""
    _keep(records, recorded(by), update=False)


def keep_before(records: Sequence[Record]) -> None:
    """Keep what records (of one type) are like before they change, where nothing is kept of them yet.

    So it is with records from before history was kept, or that were loaded past the services.
    """
    if not records:
        return
    snapshots = type(records[0]).history.model.objects  # type: ignore[attr-defined]
    known = set(snapshots.filter(id__in=[record.pk for record in records]).values_list("id", flat=True))
    _keep([record for record in records if record.pk not in known], None, update=False)


def keep_changed(records: Sequence[Record], by: By) -> By:
    """Keep what records (of one type) are like after a change; return `by` with the change."""
    if not records:
        return by
    by = recorded(by)
    _keep(records, by, update=True)
    return by


def entered(object_type: ObjectType, names: Iterable[str]) -> set[str]:
    """Return those of a type's property names whose values are kept: not derived, nor set by Kith itself."""
    return {
        name
        for name in names
        if (prop := object_type.properties.get(name)) and not prop.derivation and not prop.read_only
    }


def _keep(records: Sequence[Record], by: By | None, *, update: bool) -> None:
    if not records:
        return
    derived = {name for name, prop in records[0].kind.properties.items() if prop.derivation}
    kept: list[Any] = []
    for record in records:
        one = copy.copy(record)
        one.properties = {name: value for name, value in record.properties.items() if name not in derived}
        kept.append(one)
    manager = type(records[0]).history  # type: ignore[attr-defined]
    if by is None:
        # As it was when it was last changed, so that history reads in order.
        for one in kept:
            one._history_date, one._history_user = one.updated_at, one.updated_by_id and one.updated_by
    manager.bulk_history_create(
        kept,
        batch_size=BATCH,
        update=update,
        default_user=by.actor if by else None,
        default_date=by.change.at if by else None,
        custom_historical_attrs={"change": by.change if by else None},
    )
