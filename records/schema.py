"""The data model (object types, properties, pipelines) kept in memory, never stale.

A stamp in the database changes with every change to the data model; each request compares it with the
stamp of the copy in memory (one query for one row) and reads the data model anew only where they differ.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from records.models.object_type import DataModelStamp, ObjectType


class UnknownObjectType(LookupError):
    """No object type has that name or id."""


# What floors above keep with the data model in memory, by name: each loader returns it as it stands. A model
# that it reads calls `data_model_changed` when it is saved or deleted.
loaders: dict[str, Callable[[], Any]] = {}


class Schema:
    """The data model as it was under one stamp. Read-only: its objects are shared between threads."""

    def __init__(self, stamp: uuid.UUID) -> None:
        from records import derived
        from records.models import Pipeline, Property, PropertyGroup, Stage

        self.stamp = stamp
        self.everything = everything = list(ObjectType.objects.order_by("position", "id"))
        self.types = [object_type for object_type in everything if object_type.archived_at is None]
        # Activities stand on the timelines of the others, and not beside them.
        self.main_types = [object_type for object_type in self.types if not object_type.is_activity]
        self.activity_types = [object_type for object_type in self.types if object_type.is_activity]
        self._by_name = {object_type.name: object_type for object_type in self.types}
        # Records of an archived type still know what they are.
        self._by_id = {object_type.pk: object_type for object_type in everything}
        groups = {}
        pipelines = {}
        for object_type in everything:
            object_type.properties, object_type.groups = {}, []
            object_type.archived_properties = {}
            object_type.pipelines, object_type.stages = [], {}
        for group in PropertyGroup.objects.order_by("position", "id"):
            group.members = []
            groups[group.pk] = group
            self._by_id[group.object_type_id].groups.append(group)
        for prop in Property.objects.order_by("group__position", "position", "id"):
            prop.object_type = self._by_id[prop.object_type_id]
            if prop.archived_at:
                prop.object_type.archived_properties[prop.name] = prop
                continue
            prop.object_type.properties[prop.name] = prop
            groups[prop.group_id].members.append(prop)
        for pipeline in Pipeline.objects.order_by("position", "id"):
            pipeline.object_type = self._by_id[pipeline.object_type_id]
            pipeline.stage_list = []
            pipeline.object_type.pipelines.append(pipeline)
            pipelines[pipeline.pk] = pipeline
        for stage in Stage.objects.order_by("position", "id"):
            stage.pipeline = pipelines[stage.pipeline_id]
            stage.pipeline.stage_list.append(stage)
            stage.pipeline.object_type.stages[stage.pk] = stage
        self.extras = {name: load() for name, load in loaders.items()}
        self.dependencies = derived.dependencies(self)

    def type(self, name: str) -> ObjectType:
        """Return the object type of that name. Raises UnknownObjectType."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownObjectType(name) from None

    def type_by_id(self, pk: int) -> ObjectType:
        """Return the object type of that id. Raises UnknownObjectType."""
        try:
            return self._by_id[pk]
        except KeyError:
            raise UnknownObjectType(pk) from None


_latest: Schema | None = None
_pinned: ContextVar[Schema | None] = ContextVar("schema", default=None)
_memory: ContextVar[dict[str, Any] | None] = ContextVar("memory", default=None)


def current() -> Schema:
    """Return the data model: the one pinned for this request or command, else as it is now."""
    return _pinned.get() or _read()


@contextmanager
def pinned() -> Iterator[Schema]:
    """Hold one data model for the length of a request or a command, which then asks only once."""
    schema = _pinned.get() or _read()
    token = _pinned.set(schema)
    memory = _memory.set({} if _memory.get() is None else _memory.get())
    try:
        yield schema
    finally:
        _memory.reset(memory)
        _pinned.reset(token)


def remembered(name: str, look_up: Callable[[], Any]) -> Any:
    """Return what `look_up` finds, looked up once while a data model is pinned, as it is for a request."""
    memory = _memory.get()
    if memory is None:
        return look_up()
    if name not in memory:
        memory[name] = look_up()
    return memory[name]


def data_model_changed(sender: Any = None, **kwargs: Any) -> None:
    """Give the data model a new stamp, in the transaction that changes it."""
    if kwargs.get("raw"):  # fixtures bring their own stamp
        return
    DataModelStamp.objects.update_or_create(pk=1, defaults={"stamp": uuid.uuid4()})
    if _pinned.get():
        _pinned.set(None)


def _read() -> Schema:
    global _latest
    stamp = DataModelStamp.objects.values_list("stamp", flat=True).get(pk=1)
    if _latest is None or _latest.stamp != stamp:
        _latest = Schema(stamp)
    return _latest
