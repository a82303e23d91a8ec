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

BATCH = 500  # snapshots per statement; SQLite takes some 30 at a time, as it limits the values of one


def recorded(by: By, kind: Change.Kind = Change.Kind.EDIT, summary: str = "") -> By:
    """Return `by` with a change that all written under it belongs to; as it is, where it has one."""
    if by.change is not None:
        return by
    summary = summary[: Change._meta.get_field("summary").max_length]
    change = Change.objects.create(actor=by.actor, origin=by.origin, kind=kind, summary=summary)
    return replace(by, change=change)


def forget_if_empty(change: Change) -> None:
    """Delete a change to which nothing belongs after all."""
    for relation in Change._meta.related_objects:
        if relation.related_model._base_manager.filter(**{relation.field.name: change}).exists():
            return
    change.delete()


def keep_created(records: Sequence[Record], by: By) -> By:
    """Keep what records (of one type) were created like; return `by` with the change."""
    if not records:
        return by
    by = recorded(by)
    _keep(records, by, update=False)
    return by


def keep_changed(changes: Sequence[tuple[Record, Record]], by: By) -> By:
    """Keep what records (of one type) are like after a change; return `by` with the change.

    Each comes with what it was like before, which is kept too where nothing has been yet: so it is with
    records from before history was kept, or that were loaded past the services.
    """
    if not changes:
        return by
    by = recorded(by)
    ids = [record.pk for _was, record in changes]
    snapshots = type(changes[0][1]).history.model.objects  # type: ignore[attr-defined]
    known = set(snapshots.filter(record_ptr__in=ids).order_by().values_list("record_ptr", flat=True))
    _keep([was for was, _record in changes if was.pk not in known], None, update=False)
    _keep([record for _was, record in changes], by, update=True)
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
