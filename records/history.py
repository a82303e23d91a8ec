"""What history keeps of records: a snapshot of each after every change, and the change it belongs to.

Whatever writes records calls these, in the transaction that writes. A change may span several calls, such
as a merge, or several transactions, such as an import: who starts it passes on the `By` of `recorded`.
Derived values are not kept: they follow from others, and nobody has set them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection
from django.db.models import ForeignObjectRel

from .models import Change, ObjectType, Record
from .provenance import By

CREATED, CHANGED = "+", "~"  # as simple-history writes it
COPY = """
    INSERT INTO {snapshots} ({columns})
    SELECT {taken} FROM {children} JOIN {parents} ON {parents}.id = {children}.record_ptr_id
    WHERE {children}.record_ptr_id IN ({ids})
    AND (%s OR NOT EXISTS (SELECT 1 FROM {snapshots} kept WHERE kept.record_ptr_id = {parents}.id))
    ORDER BY {parents}.id
"""


def recorded(by: By, kind: Change.Kind = Change.Kind.EDIT, summary: str = "") -> By:
    """Return `by` with a change that all written under it belongs to; as it is, where it has one."""
    if by.change is not None:
        return by
    summary = summary[: Change._meta.get_field("summary").max_length]
    change = Change.objects.create(actor=by.actor, origin=by.origin, kind=kind, summary=summary)
    return replace(by, change=change)


def forget_if_empty(change: Change) -> None:
    """Delete a change to which nothing belongs after all."""
    for relation in Change._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel):
            continue
        if relation.related_model._base_manager.filter(**{relation.field.name: change}).exists():
            return
    change.delete()


def keep_created(object_type: ObjectType, ids: Sequence[int], by: By) -> By:
    """Keep what records of a type were created like; return `by` with the change."""
    if not ids:
        return by
    by = recorded(by, _kind(ids))
    _keep(object_type, ids, by, CREATED)
    return by


@contextmanager
def keeping(by: By, ids: Mapping[ObjectType, Sequence[int]]) -> Iterator[By]:
    """Keep what records, by their types, are like once the statements within have run.

    What they are like before is kept too where nothing has been yet: so it is with records from before
    history was kept, or that were loaded past the services. Gives `by` with the change; as it is, where
    there are no records. Two statements per type.
    """
    chosen = {object_type: of_type for object_type, of_type in ids.items() if of_type}
    if chosen:
        by = recorded(by, _kind([pk for of_type in chosen.values() for pk in of_type]))
    for object_type, of_type in chosen.items():
        _keep(object_type, of_type, None, CREATED)
    yield by
    for object_type, of_type in chosen.items():
        _keep(object_type, of_type, by, CHANGED)


def _kind(ids: Sequence[int]) -> Change.Kind:
    return Change.Kind.BULK if len(ids) > 1 else Change.Kind.EDIT


def entered(object_type: ObjectType, names: Iterable[str]) -> set[str]:
    """Return those of a type's property names whose values are kept: not derived, nor set by Kith itself."""
    return {
        name
        for name in names
        if (prop := object_type.properties.get(name)) and not prop.derivation and not prop.read_only
    }


def _keep(object_type: ObjectType, ids: Sequence[int], by: By | None, what: str) -> None:
    """Copy records of one type into the table of their snapshots; without `by` those that have none yet.

    The database copies its own rows: one statement, whatever their number, and nothing passes through here.
    """
    model: Any = object_type.model
    snapshots = model.history.model
    quote = connection.ops.quote_name
    parents, children = (quote(table._meta.db_table) for table in (Record, model))
    taken: dict[str, str] = {}  # what stands in each column of the snapshot
    values: list[Any] = []
    for column in snapshots.tracked_fields:
        taken[column.column] = f"{parents if column.model is Record else children}.{quote(column.column)}"
    if derived := [name for name, prop in object_type.properties.items() if prop.derivation]:
        taken["properties"], values = _without(taken["properties"], derived)
    if by is None:
        # As it was when it was last changed, so that history reads in order.
        taken |= {"history_date": taken["updated_at"], "history_user_id": taken["updated_by_id"]}
    else:
        taken |= dict.fromkeys(("history_date", "history_user_id", "change_id"), "%s")
        at = connection.ops.adapt_datetimefield_value(by.change.at)
        values += [at, by.actor.pk if by.actor else None, by.change.pk]
    # Order is that of the columns, in which the values come too.
    taken["history_type"] = "%s"
    statement = COPY.format(
        snapshots=quote(snapshots._meta.db_table),
        columns=", ".join(map(quote, taken)),
        taken=", ".join(taken.values()),
        children=children,
        parents=parents,
        ids=", ".join(["%s"] * len(ids)),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, what, *ids, bool(by)])


def _without(column: str, names: Sequence[str]) -> tuple[str, list[Any]]:
    """Return SQL for a column of JSON without these keys, and its values."""
    if connection.vendor == "postgresql":
        return f"{column} - %s::text[]", [list(names)]
    return f"json_remove({column}, {', '.join(['%s'] * len(names))})", [f'$."{name}"' for name in names]
