"""What is done to records. Every path that writes records (page, list, admin, import, API) calls these."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from . import derived, history, schema
from .models import Change, ObjectType, Record, Stage, UniqueValue
from .provenance import By
from .requirements import Standing, asks, held_values, refusals
from .rows import insert_children, update_rows
from .signals import archiving_locks, records_archived, records_restored, records_written, writing_locks
from .transactions import unit_of_work

BATCH = 2_000  # rows per statement
REFUSALS_SHOWN = 5  # records named in a refusal, for each property


@unit_of_work
def create_record(object_type: ObjectType, values: dict[str, Any], *, by: By) -> Record:
    """Create a record of a type from cleaned values by property name.

    Properties that are not named keep their default; a missing stage is the first of its pipeline.
    Raises ValidationError by property name where a unique value is taken or one is missing in its stage.
    """
    record = build_record(object_type, values, by=by)
    with transaction.atomic():
        record.save()
        _require([record], [None])
        by = history.keep_created(object_type, [record.pk], by)
        _written(object_type, {record.pk: set(held_values(record))}, by=by, created=True)
    return record


def build_record(object_type: ObjectType, values: dict[str, Any], *, by: By) -> Record:
    """Return an unsaved record of a type with these values and the defaults of others."""
    record = object_type.model(object_type=object_type, origin=by.origin)
    record.created_by = record.updated_by = by.actor
    _assign(record, object_type, with_defaults(object_type, values))
    return record


@unit_of_work
def update_record(record: Record, values: dict[str, Any], *, by: By) -> Record:
    """Set some properties of a record, given as cleaned values by property name; return it as it is now.

    Raises ValidationError by property name where a unique value is taken or one is missing in its stage, and
    where the record has been archived meanwhile.
    """
    with transaction.atomic():
        # As it is now, locked: two people may edit different properties of one record at once. Its parent
        # row too, lest the save bring back a record that somebody archives at the same moment.
        model = type(record.specific)
        _lock_along(writing_locks, [record.pk], object_type=record.kind, changes={record.pk: set(values)})
        rows = model.objects.select_for_update(of=("record_ptr", "self"), no_key=True).live()
        fresh = rows.filter(pk=record.pk).first()
        if fresh is None:
            raise ValidationError(_("%(name)s has been archived.") % {"name": record})
        before = held_values(fresh)
        _assign(fresh, fresh.kind, values)
        fresh.updated_by = by.actor
        fresh.updated_at = timezone.now()
        fresh.derive()
        changes = {fresh.pk: _changed(before, fresh)}
        with history.keeping(by, _edited(fresh.kind, changes)) as by:
            fresh.save()
        _require([fresh], [before])
        _written(fresh.kind, changes, by=by)
    return fresh


def _assign(record: Record, object_type: ObjectType, values: dict[str, Any]) -> None:
    for name, value in values.items():
        prop = object_type.properties[name]
        prop.kind.set(record, prop, value)


def _require(records: Sequence[Record], before: Sequence[dict[str, Any] | None]) -> None:
    """Refuse records that lack what is required in their stage; `before` is what they held until now.

    Raises ValidationError by property name.
    """
    if not records or not asks(records[0].kind):
        return
    wrong: dict[str, list[str]] = {}
    for record, held in zip(records, before, strict=True):
        stood = None if held is None else Standing.by_values(record.kind, held)
        for name, text in refusals(Standing.of(record), stood).items():
            wrong.setdefault(name, []).append(text if len(records) == 1 else f"{record}: {text}")
    if wrong:
        raise ValidationError({name: texts[:REFUSALS_SHOWN] for name, texts in wrong.items()})


def _changed(before: dict[str, Any], record: Record) -> set[str]:
    """Return the names of the properties whose value is another than it was."""
    now = held_values(record)
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def _edited(object_type: ObjectType, changes: Mapping[int, set[str]]) -> dict[ObjectType, list[int]]:
    """Return, by type, the records of which something changed that history keeps."""
    return {object_type: [pk for pk, names in changes.items() if history.entered(object_type, names)]}


def _written(
    object_type: ObjectType, changes: Mapping[int, set[str]], *, by: By, created: bool = False
) -> None:
    """Tell who listens what was written; in the transaction that writes it."""
    records_written.send(sender=Record, object_type=object_type, changes=changes, created=created, by=by)


def with_defaults(object_type: ObjectType, values: dict[str, Any]) -> dict[str, Any]:
    """Complete values by the defaults of properties that they do not name, also not to empty them.

    A stage is by default the first of the pipeline that they name, or of the first one.
    """
    defaults = {
        prop.name: prop.kind.default(prop)
        for prop in object_type.properties.values()
        if prop.default is not None and prop.name not in values
    }
    values = {**defaults, **values}
    stage = object_type.stage_property
    if stage is None or values.get(stage.name):
        return values
    named = (
        values.get(prop.name) for prop in object_type.properties.values() if prop.field_type == "pipeline"
    )
    pipeline = next(filter(None, named), object_type.pipelines[0])
    return {**values, stage.name: pipeline.stage_list[0]}


# --- Many at once -----------------------------------------------------------------------------------


@unit_of_work
def create_records(records: Sequence[Record], *, by: By) -> None:
    """Insert records made by `build_record`, all of one type, in a few statements; each gets its id.

    Raises ValidationError where a unique value is taken, by another record or twice among these, and where
    one is missing in its stage: the caller looks that up first (`UniqueValue.holders`, `requirements`).
    """
    if not records:
        return
    for record in records:
        record.derive()
    _require(records, [None] * len(records))
    with transaction.atomic():
        model = type(records[0])
        parents = [
            Record(
                **{
                    field.attname: getattr(record, field.attname)
                    for field in Record._meta.local_concrete_fields
                }
            )
            for record in records
        ]
        Record.objects.bulk_create(parents, batch_size=BATCH)
        for record, parent in zip(records, parents, strict=True):
            record.pk = record.id = parent.pk
            record._state.adding = False
        insert_children(model, records)
        _claim_unique_values(records)
        by = history.keep_created(records[0].kind, [record.pk for record in records], by)
        changes = {record.pk: set(held_values(record)) for record in records}
        _written(records[0].kind, changes, by=by, created=True)


@unit_of_work
def update_records(object_type: ObjectType, changes: Mapping[int, dict[str, Any]], *, by: By) -> list[Record]:
    """Set some properties of live records of one type: cleaned values by property name, by record id.

    In a few statements; returns the records. Raises ValidationError by property name where a unique value is
    taken or one is missing in its stage.
    """
    updated: list[Record] = []
    with transaction.atomic():
        for batch in batches(sorted(changes)):
            named = {pk: set(changes[pk]) for pk in batch}
            _lock_along(writing_locks, batch, object_type=object_type, changes=named)
            # By id alone: without statistics PostgreSQL would rather read every record of the type.
            rows = object_type.model.objects.filter(pk__in=batch).order_by("pk")
            locked = rows.select_for_update(of=("record_ptr", "self"), no_key=True)
            records = [record for record in locked if record.archived_at is None]
            stored = [vars(record).copy() for record in records]
            held = [held_values(record) for record in records]
            for record in records:
                _assign(record, object_type, changes[record.pk])
                record.updated_by = by.actor
                record.updated_at = timezone.now()
                record.derive()
            _require(records, held)
            changed = {
                record.pk: _changed(before, record) for record, before in zip(records, held, strict=True)
            }
            with history.keeping(by, _edited(object_type, changed)) as by:
                update_rows(object_type.model, records, stored)
            _renew_unique_values(records)
            _written(object_type, changed, by=by)
            updated += records
    return updated


def set_derived(object_type: ObjectType, values: Mapping[int, dict[str, Any]]) -> dict[int, set[str]]:
    """Set derived values of records (locked by the caller), by record id, and all that follows from them.

    Nobody has edited these records: when and by whom they were changed last stays. Returns by record id the
    names of the properties whose value is another now. A few statements.
    """
    changed: dict[int, set[str]] = {}
    for batch in batches(sorted(values)):
        records, stored = [], []
        for record in object_type.model.objects.filter(pk__in=batch).order_by("pk"):
            row, held = vars(record).copy(), held_values(record)
            for name, value in values[record.pk].items():
                derived.put(record, object_type.properties[name], value)
            record.derive()
            if names := _changed(held, record):
                changed[record.pk] = names
                records.append(record)
                stored.append(row)
        if records:
            update_rows(object_type.model, records, stored)
            _renew_unique_values([record for record in records if record.archived_at is None])
    return changed


def _renew_unique_values(records: Sequence[Record]) -> None:
    """Bring the unique values of live records in step with what the records say now."""
    if not any(prop.unique for record in records[:1] for prop in record.kind.properties.values()):
        return
    held: dict[int, dict[int, str]] = {record.pk: {} for record in records}
    for claim in UniqueValue.objects.filter(record__in=list(held)):
        held[claim.record_id][claim.prop_id] = claim.value
    changed = [record for record in records if record.unique_values() != held[record.pk]]
    UniqueValue.objects.filter(record__in=[record.pk for record in changed]).delete()
    _claim_unique_values(changed)


def _claim_unique_values(records: Sequence[Record]) -> None:
    claims = [
        UniqueValue(prop_id=prop_id, value=value, record_id=record.pk)
        for record in records
        for prop_id, value in record.unique_values().items()
    ]
    taken: set[tuple[int, str]] = set()
    for batch in batches(claims):
        rows = UniqueValue.objects.filter(
            prop__in={claim.prop_id for claim in batch}, value__in=[claim.value for claim in batch]
        )
        taken.update(rows.values_list("prop_id", "value"))
    doubled: dict[int, list[str]] = {}
    for claim in claims:
        if (claim.prop_id, claim.value) in taken:
            doubled.setdefault(claim.prop_id, []).append(claim.value)
        taken.add((claim.prop_id, claim.value))
    if doubled:
        props = {prop.pk: prop for prop in records[0].kind.properties.values()}
        raise ValidationError(
            {
                props[prop_id].name: [UniqueValue.message(props[prop_id], value) for value in values]
                for prop_id, values in doubled.items()
            }
        )
    try:
        with transaction.atomic():
            UniqueValue.objects.bulk_create(claims, batch_size=BATCH)
    except IntegrityError as error:  # somebody else's save, since the look-up above
        raise ValidationError(_("Another record has taken one of these values meanwhile.")) from error


# --- Archive and restore ----------------------------------------------------------------------------


@unit_of_work
def archive_records(
    ids: Iterable[int], *, by: By, at: datetime | None = None, survivor_id: int | None = None
) -> list[int]:
    """Archive the live ones among these records; return their ids.

    Archived records leave every page and query, free their unique values and keep their associations.
    `at` is the moment that they are archived at; now, where none is given. With `survivor_id` they are
    merged into the record of that id: their addresses lead there, and they are not in the bin.
    """
    with transaction.atomic():
        ids = sorted(set(ids))
        _lock_along(archiving_locks, ids, record_ids=ids)
        archived = lock(ids, archived=False)
        now = at or timezone.now()
        for batch in batches(archived):
            with history.keeping(by, _by_type(batch)) as by:
                Record.objects.filter(pk__in=batch).update(
                    archived_at=now, merged_into=survivor_id, updated_at=now, updated_by=by.actor
                )
            UniqueValue.objects.filter(record__in=batch).delete()
        records_archived.send(sender=Record, record_ids=archived)
    return archived


@unit_of_work
def restore_records(ids: Iterable[int], *, by: By) -> list[int]:
    """Restore the archived ones among these records, with their associations; return their ids.

    One that was merged into another is on its own again. Raises ValidationError, and restores none, where
    another live record has taken a unique value.
    """
    with transaction.atomic():
        ids = sorted(set(ids))
        _lock_along(archiving_locks, ids, record_ids=ids)
        restored = lock(ids, archived=True)
        for batch in batches(restored):
            by_type = _by_type(batch)
            with history.keeping(by, by_type) as by:
                Record.objects.filter(pk__in=batch).update(
                    archived_at=None, merged_into=None, updated_at=timezone.now(), updated_by=by.actor
                )
            for kind, of_type in by_type.items():
                _claim_unique_values(list(kind.model.objects.filter(pk__in=of_type).order_by("pk")))
        records_restored.send(sender=Record, record_ids=restored)
    return restored


@unit_of_work
def archive_type(object_type: ObjectType, *, by: By) -> int:
    """Archive a custom object type with all its live records; return how many those are.

    The type leaves every page. Raises ValidationError for a standard type.
    """
    with transaction.atomic():
        row = ObjectType.objects.select_for_update().get(pk=object_type.pk)
        if not row.is_custom:
            raise ValidationError(_("Standard object types cannot be archived."))
        if row.archived_at:
            return 0
        row.archived_at = timezone.now()
        row.save(update_fields=["archived_at"])
        live = Record.objects.live().of_type(row).values_list("pk", flat=True)
        by = history.recorded(by, Change.Kind.BULK, str(row))
        return len(archive_records(live, by=by, at=row.archived_at))


@unit_of_work
def restore_type(object_type: ObjectType, *, by: By) -> int:
    """Restore a custom object type with the records that were archived with it; return how many those are."""
    with transaction.atomic():
        row = ObjectType.objects.select_for_update().get(pk=object_type.pk)
        if row.archived_at is None:
            return 0
        together = Record.objects.of_type(row).filter(archived_at=row.archived_at)
        row.archived_at = None
        row.save(update_fields=["archived_at"])
        by = history.recorded(by, Change.Kind.BULK, str(row))
        return len(restore_records(together.values_list("pk", flat=True), by=by))


@unit_of_work
def move_between_stages(source: Stage, target: Stage, *, by: By) -> int:
    """Move all records that stand in one stage, archived ones too, to another; return how many those are.

    A few statements, however many records.
    """
    kind = schema.current().type_by_id(source.pipeline.object_type_id)
    goals: dict[str, Any] = {"pipeline": target.pipeline, "stage": target}
    columns = {
        prop.column: goals[prop.field_type] for prop in kind.properties.values() if prop.field_type in goals
    }
    stage_columns = {name: source for name, goal in columns.items() if goal is target}
    with transaction.atomic():
        ids = list(kind.model.objects.filter(**stage_columns).values_list("pk", flat=True))
        if ids:
            by = history.recorded(by, Change.Kind.BULK, f"{source} → {target}")
        names = {prop.name for prop in kind.properties.values() if prop.column in (*columns, "updated_at")}
        for batch in batches(ids):
            _lock_along(writing_locks, batch, object_type=kind, changes=dict.fromkeys(batch, names))
            with history.keeping(by, {kind: batch}) as by:
                kind.model.objects.filter(pk__in=batch).update(
                    **columns, updated_at=timezone.now(), updated_by=by.actor
                )
            changes = {pk: set(names) for pk in batch}
            if kind.formulas:
                for pk, calculated in set_derived(kind, {pk: {} for pk in batch}).items():
                    changes[pk] |= calculated
            _written(kind, changes, by=by)
    return len(ids)


def _by_type(ids: Sequence[int]) -> dict[ObjectType, list[int]]:
    """Return the ids of records by their types; one query."""
    found: dict[ObjectType, list[int]] = {}
    for pk, type_id in Record.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "object_type"):
        found.setdefault(schema.current().type_by_id(type_id), []).append(pk)
    return found


def lock(ids: Iterable[int], *, archived: bool) -> list[int]:
    """Return those of the ids whose record is (or is not) archived, locked in one order everywhere."""
    found: list[int] = []
    for batch in batches(sorted(set(ids))):
        rows = Record.objects.select_for_update(no_key=True).filter(
            pk__in=batch, archived_at__isnull=not archived
        )
        found += rows.order_by("pk").values_list("pk", flat=True)
    return found


def _lock_along(signal: Signal, ids: Sequence[int], **about: Any) -> None:
    """Lock records that are to change with those whose values follow, if there are any, in one order."""
    answers: list[Any] = signal.send(sender=Record, **about)
    follow = {pk for _receiver, found in answers for pk in found}
    for batch in batches(sorted(follow.union(ids)) if follow else []):
        rows = Record.objects.select_for_update(no_key=True).filter(pk__in=batch).order_by("pk")
        list(rows.values_list("pk", flat=True))


def batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield a sequence in pieces small enough for one statement."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
