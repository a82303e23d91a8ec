"""What the tests of the kinds of properties share."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from records import definition, schema
from records.lists import RecordList
from records.models import CustomRecord, ObjectType, Property
from records.services import create_record
from tests.factories import by

OPTIONS = {"red": "Red", "blue": "Blue", ",": "Comma", 'a"b': "Quote", "łódź": "Łódź"}


def define(**properties: dict[str, Any]) -> ObjectType:
    """Define a type "things" whose records are called by their title, with these properties."""
    groups = {"about": {"properties": {"title": {}, **properties}}}
    definition.apply({"objects": {"things": {"singular": "Thing", "plural": "Things", "groups": groups}}})
    return schema.current().type("things")


def thing(kind: ObjectType, **values: Any) -> CustomRecord:
    """Create a record of that type from cleaned values; as it is read from the database."""
    record = create_record(kind, {"title": "Thing", **values}, by=by())
    return CustomRecord.objects.get(pk=record.pk)


def added(field_type: str, **keys: Any) -> Property:
    """Define a property "value" of some field type, with options where it needs them; return it."""
    if field_type in ("select", "radio", "checkbox"):
        keys.setdefault("options", OPTIONS)
    return define(value={"type": field_type, **keys}).properties["value"]


def lower(compare):
    return lambda value, operand: compare(value.lower(), operand.lower())


def known(compare):
    return lambda value, operand: value is not None and compare(value, operand)


NAIVE = {
    "contains": lower(lambda value, operand: operand in value),
    "lacks": lower(lambda value, operand: operand not in value),
    "is": lower(lambda value, operand: value == operand),
    "not": lower(lambda value, operand: value != operand),
    "starts": lower(lambda value, operand: value.startswith(operand)),
    "eq": lambda value, operand: value == operand,
    "ne": lambda value, operand: value != operand,
    "gt": known(lambda value, operand: value > operand),
    "gte": known(lambda value, operand: value >= operand),
    "lt": known(lambda value, operand: value < operand),
    "lte": known(lambda value, operand: value <= operand),
    "on": lambda value, operand: value == operand,
    "before": known(lambda value, operand: value < operand),
    "after": known(lambda value, operand: value > operand),
    "between": known(lambda value, operand: operand[0] <= value <= operand[1]),
    "in": lambda value, operand: value in operand,
    "nin": lambda value, operand: value not in operand,
    "any": lambda value, operand: bool(operand.intersection(value)),
    "all": lambda value, operand: operand.issubset(value),
    "none": lambda value, operand: operand.isdisjoint(value),
    "known": lambda value, _operand: value not in (None, "", []),
    "empty": lambda value, _operand: value in (None, "", []),
}


def filtered(described: Property, operator: str, *values: object) -> set[int]:
    """Return the ids of a list that an address filters."""
    query = QueryDict(mutable=True)
    query.setlist(f"{described.name}__{operator}", [str(value) for value in values])
    records = RecordList(described.object_type, query, AnonymousUser())
    assert records.is_valid, [one.errors for one in records.filters]
    return {record.pk for record in records.rows}
