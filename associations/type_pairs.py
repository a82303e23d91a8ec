"""Which object types may be associated with which: all with all, but for what administrators forbid.

Activities may be associated with records of every type, whatever the settings say.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext as _

from records import data_model, definition, schema
from records.models import ObjectType

from .models import TypePair

KEPT = "forbidden_type_pairs"  # where the data model in memory has them


def may_be_associated(type_id: int, other_id: int) -> bool:
    """Whether records of two object types (by id) may be associated. No query.

    Two activities may not: an activity is about records that are none, and stands on their timelines.
    """
    current = schema.current()
    if current.type_by_id(type_id).is_activity and current.type_by_id(other_id).is_activity:
        return False
    return (min(type_id, other_id), max(type_id, other_id)) not in schema.current().extras[KEPT]


def partners(object_type: ObjectType) -> list[ObjectType]:
    """Return the object types whose records a record of a type may be associated with. No query."""
    return [other for other in schema.current().types if may_be_associated(object_type.pk, other.pk)]


def set_partners(object_type: ObjectType, names: Iterable[str]) -> bool:
    """Let records of a type be associated with records of just these types; return whether that is new.

    Associations that there are stay. Raises ValidationError for a name that no object type has.
    """
    chosen = set(names)
    with data_model.changing():
        types = {kind.name: kind for kind in ObjectType.objects.filter(archived_at__isnull=True)}
        if unknown := sorted(chosen - types.keys()):
            raise ValidationError(_("There is no object type “%(name)s”.") % {"name": unknown[0]})
        before = _forbidden()
        for other in types.values():
            if not other.is_activity:
                _set(object_type, other, allowed=other.name in chosen)
        return _forbidden() != before


def set_allowed(one: ObjectType, other: ObjectType, *, allowed: bool) -> None:
    """Let records of two types be associated from now on, or no longer; associations that there are stay."""
    with data_model.changing():
        _set(one, other, allowed=allowed)


def _set(one: ObjectType, other: ObjectType, *, allowed: bool) -> None:
    first, second = sorted((one.pk, other.pk))
    rows = TypePair.objects.filter(type_a=first, type_b=second)
    if not rows.update(is_allowed=allowed) and not allowed:
        TypePair.objects.create(type_a_id=first, type_b_id=second, is_allowed=False)


def _forbidden() -> frozenset[tuple[int, int]]:
    rows = TypePair.objects.filter(is_allowed=False)
    return frozenset(rows.values_list("type_a_id", "type_b_id"))


class Partners(definition.Part):
    """The key `associations` of a type in a definition: the names of the types it may be associated with."""

    key = "associations"

    def apply(self, object_type: ObjectType, given: Any) -> bool:
        """Set the partners of a type. Raises ValidationError."""
        if not isinstance(given, list) or any(not isinstance(name, str) for name in given):
            raise ValidationError(_("A list of names of object types is expected here."))
        return set_partners(object_type, given)

    def export(self, object_type: ObjectType, exported: Sequence[ObjectType]) -> Any:
        """Return the partners of a type, or None where they are all types."""
        names = [other.name for other in partners(object_type) if not other.is_activity]
        return names if len(names) < len(schema.current().main_types) else None


def register() -> None:
    """Keep the pairs with the data model, and read them from definitions."""
    schema.loaders[KEPT] = _forbidden
    definition.parts.append(Partners())
    post_save.connect(schema.data_model_changed, sender=TypePair)
    post_delete.connect(schema.data_model_changed, sender=TypePair)
