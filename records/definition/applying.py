"""Brings the data model in line with a definition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from records import derived, schema
from records.models import DataModelStamp, ObjectType, Pipeline, Property, PropertyGroup, Stage
from records.transactions import unit_of_work

from .keys import FIXED, LAST, OWN_PROPERTIES, STAGE_PROPERTIES, UNDERSTOOD, Definition, Part, parts


class DefinitionRefused(Exception):
    """The definition cannot be applied; nothing was changed. `messages` says where and why."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = list(messages)
        super().__init__("\n".join(self.messages))


@dataclass(frozen=True)
class Change:
    """Something that applying a definition creates or changes."""

    path: str  # such as "viewings.properties.outcome"
    created: bool
    fields: tuple[str, ...] = ()  # of what is changed

    def __str__(self) -> str:
        if self.created:
            return _("%(path)s: created") % {"path": self.path}
        return _("%(path)s: %(fields)s changed") % {"path": self.path, "fields": ", ".join(self.fields)}


@unit_of_work
def apply(definition: Definition, *, dry_run: bool = False) -> list[Change]:
    """Bring the data model in line with a definition, all or nothing; return what that took.

    With `dry_run` nothing is changed. Raises DefinitionRefused.
    """
    with transaction.atomic():
        # One change of the data model at a time, whoever makes it.
        list(DataModelStamp.objects.select_for_update())
        before = schema.current()
        applying = _Applying()
        applying.everything(definition)
        if applying.problems:
            raise DefinitionRefused(applying.problems)
        if applying.changes:
            schema.data_model_changed()
            try:
                derived.settle(before, schema.current(), recalculate=not dry_run)
            except ValidationError as error:
                raise DefinitionRefused(
                    f"{path}.{_derivation_key(path)}: {message}"
                    for path, messages in error.message_dict.items()
                    for message in messages
                ) from error
        if dry_run:
            transaction.set_rollback(True)
    return applying.changes


def _derivation_key(path: str) -> str:
    """Return the key that says where the value of the property at a path comes from."""
    type_name, _properties, name = path.split(".")
    prop = schema.current().type(type_name).properties[name]
    return prop.derivation["from"]


class _Applying:
    """Walks a definition, creating and changing rows, and collects changes and problems."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.problems: list[str] = []
        # What is required from a stage on, until the stages are there.
        self.requirements: list[tuple[Property, Any, str]] = []

    def everything(self, definition: Any) -> None:
        """Apply a whole definition."""
        given = self._mapping(definition, "", {"objects"}, ())
        types = self._named(given.get("objects"), "objects")
        for name, one in types.items():
            self._type(name, one)
        # After all types are there, and part by part: they may name each other.
        for part in parts:
            for name, one in types.items():
                if isinstance(one, dict) and part.key in one and not self.problems:
                    self._part(part, ObjectType.objects.get(name=name), one[part.key])

    def _part(self, part: Part, kind: ObjectType, given: Any) -> None:
        path = f"{kind.name}.{part.key}"
        try:
            if part.apply(kind, given):
                self.changes.append(Change(kind.name, False, (part.key,)))
        except ValidationError as error:
            within = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            self.problems += [
                f"{path}.{place}: {message}" if place else f"{path}: {message}"
                for place, messages in within.items()
                for message in messages
            ]

    def _type(self, name: str, given: Any) -> None:
        elsewhere = {"groups", "pipelines", *(part.key for part in parts)}
        given = self._mapping(given, name, UNDERSTOOD["type"], elsewhere)
        kind = ObjectType.objects.filter(name=name).first()
        if kind is None:
            number = 1 + max(
                (
                    int(type_id[2:])
                    for type_id in ObjectType.objects.values_list("type_id", flat=True)
                    if type_id.startswith("2-")
                ),
                default=0,
            )
            kind = ObjectType(name=name, type_id=f"2-{number}", is_custom=True, position=100 + number)
            # Until its properties are there.
            start = {key: value for key, value in given.items() if key in ("singular", "plural", "icon")}
            if not self._save(kind, start, UNDERSTOOD["type"], name):
                return
            record_group(kind)
        for place, (group_name, group) in enumerate(
            self._named(given.get("groups"), f"{name}.groups").items()
        ):
            self._group(kind, group_name, group, place)
        for place, (pipeline_name, pipeline) in enumerate(
            self._named(given.get("pipelines"), f"{name}.pipelines").items()
        ):
            self._pipeline(kind, pipeline_name, pipeline, place)
        for prop, stages, path in self.requirements:
            self._save(prop, {"required_from": stages}, UNDERSTOOD["property"], path)
        self.requirements.clear()
        rest = {key: value for key, value in given.items() if key not in elsewhere}
        if not kind.primary_properties and "primary" not in rest:
            first = (
                kind.property_rows.exclude(group__name="record")
                .order_by("group__position", "position")
                .first()
            )
            rest["primary"] = [first.name] if first else []
        self._save(kind, rest, UNDERSTOOD["type"], name)
        if not kind.primary_properties:
            self.problems.append(
                _("%(path)s: a type needs a property that names its records.") % {"path": name}
            )

    def _group(self, kind: ObjectType, name: str, given: Any, place: int) -> None:
        path = f"{kind.name}.groups.{name}"
        given = self._mapping(given, path, UNDERSTOOD["group"], {"properties"})
        group = PropertyGroup.objects.filter(object_type=kind, name=name).first()
        if group is None:
            group = PropertyGroup(
                object_type=kind, name=name, position=self._behind(kind.property_groups, place)
            )
        if not self._save(
            group, {"label": name.capitalize(), **given} if not group.pk else given, UNDERSTOOD["group"], path
        ):
            return
        for position, (property_name, prop) in enumerate(
            self._named(given.get("properties"), f"{path}.properties").items()
        ):
            self._property(kind, group, property_name, prop, position)

    def _property(self, kind: ObjectType, group: PropertyGroup, name: str, given: Any, place: int) -> None:
        path = f"{kind.name}.properties.{name}"
        given = self._mapping(given, path, UNDERSTOOD["property"], derived.SHAPES)
        if isinstance(given.get("options"), dict):
            options = self._named(given["options"], f"{path}.options")
            given["options"] = [{"value": value, "label": str(label)} for value, label in options.items()]
        given = {key: _plain(value) for key, value in given.items()}
        prop = Property.objects.filter(object_type=kind, name=name).first()
        way = self._derivation(given, prop, path)
        if prop is None:
            prop = Property(
                object_type=kind, group=group, name=name, position=self._behind(group.property_rows, place)
            )
            given = {
                "label": name.replace("_", " ").capitalize(),
                "type": _usual_type(given[way]) if way else "text",
                **given,
            }
        elif prop.archived_at:
            self.problems.append(
                _("%(path)s: this property is archived; restore it in the settings first.") % {"path": path}
            )
            return
        else:
            prop.group = group
        stages = given.pop("required_from", None)
        understood = {**UNDERSTOOD["property"], **({way: "derivation"} if way else {})}
        if self._save(prop, given, understood, path) and stages is not None:
            self.requirements.append((prop, stages, path))

    def _derivation(self, given: dict[str, Any], prop: Property | None, path: str) -> str:
        """Bring what is said of where the value comes from into the form of `Property.derivation`.

        Returns the key that says so, "" where there is none: formula, rollup or synced.
        """
        ways = [way for way in derived.SHAPES if given.get(way) is not None]
        if len(ways) > 1 or (ways and prop is not None and not prop.derivation):
            self.problems.append(
                _("%(path)s: a value comes from one place: %(ways)s.")
                % {"path": path, "ways": ", ".join(ways)}
                if len(ways) > 1
                else _("%(path)s.%(way)s: values that were typed in stay so; add another property.")
                % {"path": path, "way": ways[0]}
            )
        for way in derived.SHAPES:
            if way not in ways[:1]:
                given.pop(way, None)
        if not ways:
            return ""
        way = ways[0]
        if way == "formula":
            given[way] = {"from": way, "formula": given[way]}
            return way
        keys = {"of": "type"} if way == "rollup" else {"from": "type"}
        told = self._mapping(
            given[way],
            f"{path}.{way}",
            {*keys, *derived.SHAPES[way][0], *derived.SHAPES[way][1]} - {"type"},
            (),
        )
        given[way] = {"from": way, **{keys.get(key, key): value for key, value in told.items()}}
        if "where" in told:
            where = self._named(told["where"], f"{path}.{way}.where")
            given[way]["where"] = {name: _texts(values) for name, values in where.items()}
        return way

    def _pipeline(self, kind: ObjectType, name: str, given: Any, place: int) -> None:
        path = f"{kind.name}.pipelines.{name}"
        given = self._mapping(given, path, UNDERSTOOD["pipeline"], {"stages"})
        pipeline = Pipeline.objects.filter(object_type=kind, name=name).first()
        if pipeline is None:
            pipeline = Pipeline(object_type=kind, name=name, position=self._behind(kind.pipeline_rows, place))
            given = {"label": name.capitalize(), **given}
            if not given.get("stages"):
                self.problems.append(_("%(path)s: a pipeline needs a stage.") % {"path": path})
        self._need_stage_property(kind, path)
        if not self._save(pipeline, given, UNDERSTOOD["pipeline"], path):
            return
        for position, (stage_name, stage) in enumerate(
            self._named(given.get("stages"), f"{path}.stages").items()
        ):
            stage_path = f"{path}.stages.{stage_name}"
            stage = self._mapping(stage, stage_path, UNDERSTOOD["stage"], set())
            row = Stage.objects.filter(pipeline=pipeline, name=stage_name).first()
            if row is None:
                row = Stage(
                    pipeline=pipeline, name=stage_name, position=self._behind(pipeline.stages, position)
                )
                stage = {"label": stage_name.capitalize(), **stage}
            self._save(row, stage, UNDERSTOOD["stage"], stage_path)

    def _need_stage_property(self, kind: ObjectType, path: str) -> None:
        if Property.objects.filter(object_type=kind, field_type=Property.FieldType.STAGE).exists():
            return
        if not kind.is_custom:
            self.problems.append(_("%(path)s: records of this type have no stages.") % {"path": path})
            return
        if kind.model.objects.filter(object_type=kind).exists():
            self.problems.append(
                _("%(path)s: there are records already, which have no stage.") % {"path": path}
            )
            return
        names = [name for name, *_rest in STAGE_PROPERTIES]
        taken = kind.property_rows.filter(name__in=names).values_list("name", flat=True)
        if taken:
            self.problems += [
                _("%(path)s.properties.%(name)s: a type with a pipeline has this property by itself.")
                % {"path": kind.name, "name": name}
                for name in taken
            ]
            return
        group = kind.property_groups.order_by("position")[0]
        for name, label, field_type, column, read_only in STAGE_PROPERTIES:
            Property.objects.create(
                object_type=kind,
                group=group,
                name=name,
                label=label,
                field_type=field_type,
                column=column,
                read_only=read_only,
                required=not read_only,
                position=LAST,
            )

    # --- Rows -----------------------------------------------------------------------------------

    def _save(self, row: models.Model, given: dict[str, Any], understood: dict[str, str], path: str) -> bool:
        """Set the given fields of a row and save it where that changes anything; say whether it is good."""
        created = row._state.adding
        stored = None if created else type(row)._default_manager.get(pk=row.pk)
        changed: list[str] = []
        for key, value in given.items():
            name = understood.get(key)
            if name is None:
                continue
            field: Any = row._meta.get_field(name)
            try:
                # A float as it was written: 0.3 has one decimal place, and not what is nearest in binary.
                value = field.to_python(str(value) if isinstance(value, float) else value)
            except ValidationError as error:
                self.problems.append(f"{path}.{key}: {' '.join(error.messages)}")
                return False
            setattr(row, name, value)
        if stored is not None:
            changed = _differences(stored, row)
            if fixed := [name for name in changed if name in FIXED and getattr(stored, name)]:
                message = (
                    _("%(path)s: the type is changed in the settings, which show what converts.")
                    if fixed == ["field_type"]
                    else _("%(path)s: %(fields)s cannot be changed, because records depend on it.")
                )
                self.problems.append(message % {"path": path, "fields": ", ".join(fixed)})
                return False
            if not changed:
                return True
        try:
            row.full_clean()
        except ValidationError as error:
            keys = {field: key for key, field in understood.items()}
            for name, messages in error.message_dict.items():
                place = f"{path}.{keys[name]}" if name in keys else path
                self.problems += [f"{place}: {message}" for message in messages]
            return False
        # Rules and defaults may have been said in other words than they are stored in.
        if stored is not None and not (changed := _differences(stored, row)):
            return True
        row.save()
        if not any(one.created and one.path == path for one in self.changes):
            self.changes.append(Change(path, created, tuple(changed)))
        return True

    @staticmethod
    def _behind(rows: Any, place: int) -> int:
        """Return a position behind the rows that there are."""
        last = rows.filter(position__lt=LAST).aggregate(last=models.Max("position"))["last"]
        return place if last is None else max(last + 1, place)

    # --- Plain data -----------------------------------------------------------------------------

    def _mapping(
        self, given: Any, path: str, understood: Iterable[str], parts: Iterable[str]
    ) -> dict[str, Any]:
        """Return a part of the definition as a dictionary of its own, without what is not understood."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.problems.append(_("%(path)s: names with values are expected here.") % {"path": path or "–"})
            return {}
        known = {*understood, *parts}
        for key in given:
            if key not in known:
                self.problems.append(
                    _("%(path)s: “%(key)s” means nothing here; known are %(known)s.")
                    % {"path": path or "–", "key": key, "known": ", ".join(sorted(known))}
                )
        return {key: value for key, value in given.items() if key in known}

    def _named(self, given: Any, path: str) -> dict[str, Any]:
        """Return a part of the definition whose keys are names."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.problems.append(_("%(path)s: names with values are expected here.") % {"path": path})
            return {}
        for name in given:
            if not isinstance(name, str | int) or isinstance(name, bool):  # what YAML makes of a bare no
                self.problems.append(
                    _("%(path)s: “%(name)s” is no name; write it in quotes.") % {"path": path, "name": name}
                )
        return {str(name): value for name, value in given.items()}


def _differences(stored: models.Model, row: models.Model) -> list[str]:
    """Return the names of the fields in which a row is another than the stored one."""
    fields: list[Any] = list(row._meta.concrete_fields)
    return [one.name for one in fields if getattr(stored, one.attname) != getattr(row, one.attname)]


def _plain(given: Any) -> Any:
    """Return what YAML reads as JSON can hold it: days and moments as text."""
    if isinstance(given, date):
        return given.isoformat()
    if isinstance(given, dict):
        return {key: _plain(value) for key, value in given.items()}
    return [_plain(one) for one in given] if isinstance(given, list) else given


def _usual_type(derivation: Mapping[str, Any]) -> str:
    """Return the type of a derived property that says none itself."""
    if derivation["from"] == "synced" or derivation.get("function") in ("min", "max", "sum"):
        source = Property.objects.filter(
            object_type__name=derivation.get("type"), name=derivation.get("property")
        ).first()
        return source.field_type if source else "text"
    return "number"


def _texts(given: Any) -> list[str]:
    """Return the values of a condition as an address holds them."""
    values = given if isinstance(given, list) else [given]
    return ["1" if value is True else str(value) for value in values]


def record_group(kind: ObjectType) -> None:
    """Give a new type what every record has."""
    group = PropertyGroup.objects.create(
        object_type=kind, name="record", label=gettext_noop("Record"), position=LAST
    )
    for place, (name, label, field_type, column, read_only) in enumerate(OWN_PROPERTIES):
        Property.objects.create(
            object_type=kind,
            group=group,
            name=name,
            label=label,
            field_type=field_type,
            column=column,
            read_only=read_only,
            position=place,
        )
