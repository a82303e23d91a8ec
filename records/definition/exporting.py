"""Says the data model as a definition."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import models

from records import schema
from records.models import ObjectType, Property

from .keys import UNDERSTOOD, Definition, parts


def export(names: Iterable[str] = ()) -> Definition:
    """Return the data model as a definition: of these object types, or of all."""
    chosen = set(names)
    kinds = [kind for kind in schema.current().types if not chosen or kind.name in chosen]
    return {"objects": {kind.name: _export_type(kind, kinds) for kind in kinds}}


def _export_type(kind: ObjectType, exported: Sequence[ObjectType]) -> Definition:
    def kept(names: list[str]) -> list[str]:
        return [name for name in names if name not in kind.archived_properties]

    # Every custom type is given its owner, dates and stage by itself.
    groups = {
        group.name: {
            **_fields(group, "group"),
            "properties": {
                prop.name: _export_property(prop)
                for prop in group.members
                if not (kind.is_custom and prop.column)
            },
        }
        for group in kind.groups
    }
    pipelines = {
        pipeline.name: {
            **_fields(pipeline, "pipeline"),
            "stages": {stage.name: _fields(stage, "stage", probability=str) for stage in pipeline.stage_list},
        }
        for pipeline in kind.pipelines
    }
    groups = {name: group for name, group in groups.items() if group["properties"]}
    fields = _fields(kind, "type", secondary=kept, columns=kept)
    found = {**fields, "groups": groups, **({"pipelines": pipelines} if pipelines else {})}
    return found | {part.key: said for part in parts if (said := part.export(kind, exported)) is not None}


def _export_property(prop: Property) -> Definition:
    fields = _fields(
        prop,
        "property",
        options=lambda options: {one["value"]: one["label"] for one in options},
        default=prop.kind.plain,
    )
    if not prop.derivation:
        return fields
    way = prop.derivation["from"]
    if way == "formula":
        return {**fields, way: prop.derivation["formula"]}
    if way == "synced":
        fields.pop("options", None)  # they are those of what it is synced with
    type_key = "of" if way == "rollup" else "from"
    told = {key: value for key, value in prop.derivation.items() if key not in ("from", "type")}
    return {**fields, way: {type_key: prop.derivation["type"], **told}}


def _fields(row: models.Model, level: str, **written: Callable[[Any], Any]) -> Definition:
    """Return what a row says beyond the defaults."""
    found = {}
    for key, name in UNDERSTOOD[level].items():
        field: Any = row._meta.get_field(name)
        value = getattr(row, name)
        if value != field.get_default():
            found[key] = written.get(key, lambda same: same)(value)
    return found
