"""Records that a new one may double."""

from typing import Any

from .models import ObjectType, Record, UniqueValue
from .search import name_begins
from .text import fold

DUPLICATES_SHOWN = 5


def possible_duplicates(object_type: ObjectType, values: dict[str, str], user: Any) -> list[Record]:
    """Return up to DUPLICATES_SHOWN live records that a new one with these typed values may double.

    Alike are: the same unique value, the same domain, the same name apart from case and accents, or a name
    that begins with it.
    """
    exact: list[int] = []
    for prop in object_type.properties.values():
        text = values.get(prop.name, "").strip()
        if text and prop.unique:
            exact += UniqueValue.holders(prop, [text]).values()
    visible = object_type.model.objects.visible_to(user).of_type(object_type)
    found = list(visible.filter(pk__in=exact)) if exact else []
    for prop in object_type.properties.values():
        text = values.get(prop.name, "").strip()
        if text and prop.field_type == "domain":
            record = object_type.model()
            prop.kind.set(record, prop, text)
            prop.kind.normalise(record, prop)
            same = visible.with_values([prop]).filter(**{prop.lookup: prop.value_of(record)})
            found += same.order_by("pk")[:DUPLICATES_SHOWN]
    name = fold(" ".join(values.get(prop.name, "") for prop in object_type.primary))
    if len(name) >= 3:
        found += visible.filter(name_begins(name)).order_by("sort_name", "pk")[:DUPLICATES_SHOWN]
    return list({record.pk: record for record in found}.values())[:DUPLICATES_SHOWN]
