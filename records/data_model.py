"""Changes of the data model that a definition cannot express: order, and what is taken away."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, ProtectedError, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import derived, indexes, schema
from .definition import LAST, STAGE_PROPERTIES
from .models import (
    DataModelStamp,
    ObjectType,
    Pipeline,
    Property,
    PropertyGroup,
    Stage,
    StageEntry,
    UniqueValue,
)
from .provenance import By
from .requirements import forget_stage
from .services import move_between_stages
from .stored_values import claim_anew, rederive, with_value
from .transactions import unit_of_work

# What code reads by its name or type, whatever the data model says.
NEEDED_TYPES = (Property.FieldType.STAGE, Property.FieldType.PIPELINE)
NEEDED_COLUMNS = ("owner", "created_at", "updated_at")


@contextmanager
def changing() -> Iterator[None]:
    """Change the data model: all or nothing, one change at a time, served by every worker at once."""
    with transaction.atomic():
        list(DataModelStamp.objects.select_for_update())
        before = schema.current()
        yield
        schema.data_model_changed()
        indexes.sync_soon()
        try:
            derived.settle(before, schema.current())
        except ValidationError as error:
            raise ValidationError(
                [f"{path}: {' '.join(found)}" for path, found in error.message_dict.items()]
            ) from error


def move(row: Any, siblings: QuerySet, *, up: bool) -> None:
    """Let a row change places with the one before or behind it; the first and the last stay."""
    with changing():
        rows = list(siblings.order_by("position", "id"))
        place = rows.index(row) if row in rows else -1  # somebody else has deleted it
        other = place - 1 if up else place + 1
        if place < 0 or not 0 <= other < len(rows):
            return
        rows[place], rows[other] = rows[other], rows[place]
        # What stands behind all that will come, such as a record's dates, goes on doing so.
        moved = list(dropwhile(lambda one: one.position >= LAST, reversed(rows)))
        for position, one in enumerate(reversed(moved)):
            one.position = position
        siblings.model._default_manager.bulk_update(moved, ["position"])


def records_by_stage(kind: ObjectType) -> dict[int, int]:
    """Return how many records, archived ones too, stand in each stage of a type, by the stage's id."""
    prop = kind.stage_property
    if prop is None:
        return {}
    standing = kind.model.objects.of_type(kind).order_by().values_list(prop.column)
    return dict(standing.annotate(Count("pk")))


@unit_of_work
def delete_stage(stage: Stage, *, target: Stage | None, by: By) -> int:
    """Delete a stage and move the records that stand in it to another one; return how many those are.

    What was required from the stage on is so from the next one. Raises ValidationError where it is the last
    one, or where records stand in it and there is no target.
    """
    try:
        with changing():
            # Locked, so that no record comes to stand in it meanwhile.
            row = Stage.objects.select_for_update().filter(pk=stage.pk).first()
            if row is None:
                raise ValidationError(_("This stage has been deleted meanwhile."))
            others = Stage.objects.filter(pipeline=row.pipeline_id).exclude(pk=row.pk)
            if not others.exists():
                raise ValidationError(_("A pipeline needs a stage."))
            moved = move_between_stages(row, target, by=by) if target else 0
            behind = Q(position__gt=row.position) | Q(position=row.position, pk__gt=row.pk)
            following = others.filter(behind).order_by("position", "pk").first()
            forget_stage(row.pipeline.object_type, row, following)
            _name_in_history(row)
            row.delete()
    except (ProtectedError, IntegrityError) as error:
        count = records_by_stage(stage.pipeline.object_type).get(stage.pk, 0)
        raise ValidationError(_still_there(count)) from error
    return moved


@unit_of_work
def delete_pipeline(pipeline: Pipeline, *, target: Stage | None, by: By) -> int:
    """Delete a pipeline with its stages and move its records to a stage of another; return how many.

    Without its last pipeline a type that users defined has no stages any more. Raises ValidationError where
    records stand in it and there is no target, and for the last one of a standard type.
    """
    try:
        with changing():
            row = Pipeline.objects.select_for_update().filter(pk=pipeline.pk).first()
            if row is None:
                raise ValidationError(_("This pipeline has been deleted meanwhile."))
            kind = row.object_type
            is_last = not Pipeline.objects.filter(object_type=kind).exclude(pk=row.pk).exists()
            if is_last and not kind.is_custom:
                raise ValidationError(_("%(type)s need a pipeline.") % {"type": kind.plural_label})
            stages = list(Stage.objects.select_for_update().filter(pipeline=row))
            moved = sum(move_between_stages(stage, target, by=by) for stage in stages) if target else 0
            for stage in stages:
                forget_stage(kind, stage, None)
                _name_in_history(stage)
            row.delete()
            if is_last:
                _forget_properties(kind, [name for name, *_rest in STAGE_PROPERTIES])
    except (ProtectedError, IntegrityError) as error:
        counts = records_by_stage(pipeline.object_type)
        count = sum(counts.get(pk, 0) for pk in pipeline.stages.values_list("pk", flat=True))
        raise ValidationError(_still_there(count)) from error
    return moved


def _name_in_history(stage: Stage) -> None:
    """Let the history of those who stood in a stage that goes say what it was called."""
    StageEntry.objects.filter(stage=stage).update(label=stage.label)


def _still_there(count: int) -> str:
    return ngettext(
        "%(count)s record stands here, maybe archived; choose where it goes.",
        "%(count)s records stand here, some maybe archived; choose where they go.",
        count,
    ) % {"count": count}


def _forget_properties(kind: ObjectType, names: list[str]) -> None:
    """Delete properties that a type has no longer, also from where it shows them."""
    for field in ("secondary_properties", "list_properties"):
        setattr(kind, field, [name for name in getattr(kind, field) if name not in names])
    kind.save(update_fields=["secondary_properties", "list_properties"])
    Property.objects.filter(object_type=kind, name__in=names).delete()


# --- Groups ---------------------------------------------------------------------------------------


@unit_of_work
def delete_group(group: PropertyGroup, *, target: PropertyGroup | None) -> int:
    """Delete a group and move its properties, archived ones too, to the end of another; return how many.

    Raises ValidationError where properties stand in it and there is no target, and for the last one.
    """
    with changing():
        row = PropertyGroup.objects.filter(pk=group.pk).first()
        if row is None:
            raise ValidationError(_("This group has been deleted meanwhile."))
        if not PropertyGroup.objects.filter(object_type=row.object_type_id).exclude(pk=row.pk).exists():
            raise ValidationError(_("A type needs a group for its properties."))
        members = list(row.property_rows.order_by("position", "pk"))
        if members and not (target and PropertyGroup.objects.filter(pk=target.pk).exists()):
            raise ValidationError(_("Properties stand in it, some maybe archived; choose where they go."))
        if target:
            last = target.property_rows.aggregate(last=Max("position"))["last"] or 0
            for place, prop in enumerate(members, start=last + 1):
                prop.group, prop.position = target, place
            Property.objects.bulk_update(members, ["group", "position"])
        row.delete()
    return len(members)


# --- Archive of properties ------------------------------------------------------------------------


def needed_by(prop: Property) -> str:
    """Say why a property cannot be archived; "" where it can."""
    if prop.name in prop.object_type.primary_properties:
        return _("It names the records.")
    if (prop.read_only and prop.column) or prop.field_type in NEEDED_TYPES or prop.column in NEEDED_COLUMNS:
        return _("Kith needs it.")
    return ""


def records_with_value(prop: Property) -> int:
    """Return how many records, archived ones too, have a value of a property."""
    return with_value(prop).count()


@unit_of_work
def archive_property(prop: Property) -> None:
    """Take a property off every page; its values stay, and its name stays taken.

    The values that were unique are free. Raises ValidationError where it is needed.
    """
    with changing():
        row = _locked(prop)
        if row.archived_at:
            return
        if reason := needed_by(row):
            raise ValidationError(reason)
        row.archived_at = timezone.now()
        row.save(update_fields=["archived_at"])
        UniqueValue.objects.filter(prop=row).delete()
        schema.data_model_changed()
        rederive(row)


@unit_of_work
def restore_property(prop: Property) -> None:
    """Bring an archived property back with its values.

    Raises ValidationError, and restores nothing, where records share a value that is to be unique.
    """
    with changing():
        row = _locked(prop)
        if row.archived_at is None:
            return
        row.archived_at = None
        row.save(update_fields=["archived_at"])
        schema.data_model_changed()
        claim_anew(row)
        rederive(row)


def _locked(prop: Property) -> Property:
    row = Property.objects.filter(pk=prop.pk).select_related("object_type", "group").first()
    if row is None:
        raise ValidationError(_("This property has been deleted meanwhile."))
    return row
