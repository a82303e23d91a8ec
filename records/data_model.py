"""Changes of the data model that a definition cannot express: order, and what is taken away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, ProtectedError, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import derived, schema
from .models import DataModelStamp, ObjectType, Stage
from .provenance import By
from .services import move_between_stages
from .transactions import unit_of_work


@contextmanager
def changing() -> Iterator[None]:
    """Change the data model: all or nothing, one change at a time, served by every worker at once."""
    with transaction.atomic():
        list(DataModelStamp.objects.select_for_update())
        before = schema.current()
        yield
        schema.data_model_changed()
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
        place = rows.index(row)
        other = place - 1 if up else place + 1
        if not 0 <= other < len(rows):
            return
        rows[place], rows[other] = rows[other], rows[place]
        for position, one in enumerate(rows):
            one.position = position
        siblings.model._default_manager.bulk_update(rows, ["position"])


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

    Raises ValidationError where it is the last one, or where records stand in it and there is no target.
    """
    try:
        with changing():
            # Locked, so that no record comes to stand in it meanwhile.
            row = Stage.objects.select_for_update().filter(pk=stage.pk).first()
            if row is None:
                raise ValidationError(_("This stage has been deleted meanwhile."))
            if not Stage.objects.filter(pipeline=row.pipeline_id).exclude(pk=row.pk).exists():
                raise ValidationError(_("A pipeline needs a stage."))
            moved = move_between_stages(row, target, by=by) if target else 0
            row.delete()
    except (ProtectedError, IntegrityError) as error:
        count = records_by_stage(stage.pipeline.object_type).get(stage.pk, 0)
        raise ValidationError(
            ngettext(
                "%(count)s record stands in this stage, maybe archived; choose where it goes.",
                "%(count)s records stand in this stage, some maybe archived; choose where they go.",
                count,
            )
            % {"count": count}
        ) from error
    return moved
