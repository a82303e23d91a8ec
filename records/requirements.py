"""Which properties a record must have in its stage: those that are required from a stage on.

A record that stood in a stage before a property became required there may still be edited. So it is asked
for when a record is created, when it moves to another stage, and when a value that it has is taken away; as
HubSpot does with the conditional properties of a stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _

from .models import ObjectType, Property, Record, Stage

EMPTY: tuple[Any, ...] = (None, "", [])


def required_in(object_type: ObjectType, stage: Stage) -> list[Property]:
    """Return the properties that a record must have in a stage, beside those that are always required.

    A lost record has not passed the stages before: what it must have is required from that very stage on.
    """
    places = {one.name: place for place, one in enumerate(stage.pipeline.stage_list)}
    found = []
    for prop in object_type.properties.values():
        first = prop.required_from.get(stage.pipeline.name)
        if first not in places:
            continue
        reached = first == stage.name or (
            stage.outcome != "lost" and places[first] < places.get(stage.name, -1)
        )
        if reached:
            found.append(prop)
    return found


def asks(object_type: ObjectType) -> bool:
    """Whether anything is required in a stage of this type."""
    return any(prop.required_from for prop in object_type.properties.values())


@dataclass(frozen=True)
class Standing:
    """Where a record stands in its pipeline, and which of its properties have a value."""

    object_type: ObjectType
    stage: Stage | None
    held: frozenset[str]

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return where a record stands; no query."""
        return cls.by_values(record.kind, held_values(record))

    @classmethod
    def by_values(cls, object_type: ObjectType, values: Mapping[str, Any]) -> Self:
        """Return where a record with these values by property name, cleaned or stored, stands."""
        prop = object_type.stage_property
        given = values.get(prop.name) if prop else None
        # As the data model in memory has it, which knows the stage's neighbours.
        stage = object_type.stages.get(given.pk if isinstance(given, Stage) else given or 0)
        held = frozenset(name for name, value in values.items() if value not in EMPTY)
        return cls(object_type, stage, held)

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """Return where the record stands once these values by property name are set."""
        new = self.by_values(self.object_type, values)
        stage = new.stage or self.stage
        return type(self)(self.object_type, stage, (self.held - values.keys()) | new.held)

    @property
    def missing(self) -> list[Property]:
        """The properties that are required where the record stands and have no value."""
        if self.stage is None:
            return []
        return [prop for prop in required_in(self.object_type, self.stage) if prop.name not in self.held]


def refusals(now: Standing, before: Standing | None = None) -> dict[str, str]:
    """Return, by property name, what is missing for a record to come to stand so.

    `before` is where it stood; None for a new one.
    """
    if not asks(now.object_type):
        return {}
    stays = before is not None and before.stage == now.stage
    return {
        prop.name: message(prop, now.stage)
        for prop in now.missing
        if not (stays and before and prop.name not in before.held)
    }


def message(prop: Property, stage: Stage | None) -> str:
    """Return what a user is told of a value that is missing in a stage."""
    return _("%(property)s is required in the stage “%(stage)s”.") % {"property": prop.title, "stage": stage}


def held_values(record: Record) -> dict[str, Any]:
    """Return the stored value of each property that has one, by its name; no query."""
    held = {}
    for prop in record.kind.properties.values():
        if prop.column:
            value = getattr(record, record._meta.get_field(prop.column).attname)  # type: ignore[union-attr]
        else:
            value = record.properties.get(prop.name)
        if value not in EMPTY:
            held[prop.name] = value
    return held


def forget_stage(object_type: ObjectType, gone: Stage, following: Stage | None) -> None:
    """Let what was required from a stage on be so from the one behind it; or nowhere, where there is none."""
    pipeline = gone.pipeline.name
    for prop in Property.objects.filter(object_type=object_type).exclude(required_from={}):
        if prop.required_from.get(pipeline) != gone.name:
            continue
        rest = {name: stage for name, stage in prop.required_from.items() if name != pipeline}
        prop.required_from = {**rest, pipeline: following.name} if following else rest
        prop.save(update_fields=["required_from"])
