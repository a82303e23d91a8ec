"""What the pages propose for the columns of a file: what `guessing` says, as uses of columns.

A use is what a column becomes (`targets`), with the options that the target has. A column may have several.
"""

from typing import Any

from associations.type_pairs import may_be_associated
from records import schema
from records.models import Property
from records.text import fold

from .guessing import guess_mapping, spoken
from .reading import ColumnGuess
from .targets import FULL_NAME, ID, Side, Target, Targets, settable

Use = dict[str, Any]
# What a column is called that names a record of another type.
OTHER_RECORD = {
    "companies": "company|company name|account|account name|organization|organisation|firm|employer|firma",
    "contacts": "contact|contact name|contact email|contact e mail|contact person",
    "deals": "deal|deal name|opportunity|opportunity name",
    "tickets": "ticket|ticket name",
}
SAME_TYPE = {
    "companies": "parent|parent company|parent account|subsidiary of",
    "contacts": "manager|reports to",
}
SEPARATOR = ";"
FEW = 12  # different values, of which a dropdown can be made
NEW_TYPES = {
    "number": Property.FieldType.NUMBER,
    "date": Property.FieldType.DATE,
    "datetime": Property.FieldType.DATETIME,
    "boolean": Property.FieldType.YES_NO,
    "email": Property.FieldType.EMAIL,
    "url": Property.FieldType.URL,
}


def propose(targets: Targets, facts: dict[str, Any]) -> tuple[list[list[Use]], dict[str, list[str]]]:
    """Return the uses of each column, and what identifies the record of each alias."""
    header: list[str] = facts["header"]
    columns = [ColumnGuess(**column) for column in facts["columns"]]
    uses: list[list[Use]] = [[] for _name in header]
    match: dict[str, list[str]] = {}
    by_type = {side.object_type.name: side for side in reversed(targets.sides)}
    guessed = guess_mapping([side.object_type for side in by_type.values()], header, columns)
    for type_name, said in guessed["records"].items():
        side = by_type[type_name]
        for name, entry in said["properties"].items():
            _take(uses, header, side, name, entry if isinstance(entry, dict) else {"column": entry})
        if "id" in said:
            uses[header.index(said["id"])].append({"target": f"{side.alias}.{ID}"})
        match[side.alias] = said.get("match", [])
    if not targets.only_associations:
        for place, name in enumerate(header):
            key = name and _named(targets, name, has_use=bool(uses[place]))
            if key and columns[place].type != "empty":
                uses[place].append({"target": key, **options(targets.by_key[key], facts, place)})
    return uses, match


def _take(uses: list[list[Use]], header: list[str], side: Side, name: str, entry: dict[str, Any]) -> None:
    """Let the column of a mapping's entry be used as the entry says."""
    here = uses[header.index(entry["column"])]
    told: Use = {
        key: str(value) for key, value in entry.items() if key in ("date_format", "decimal", "multiply")
    }
    if "part" in entry:
        if entry["part"] == "first":
            here.append({"target": f"{side.alias}.{FULL_NAME}"})
        return
    prop = side.object_type.properties[name]
    if prop.field_type == Property.FieldType.USER:
        told["ignore_unknown"] = True  # few who stand in a file have an account here
    here.append({"target": f"{side.alias}.{name}", **told})


def _named(targets: Targets, column: str, *, has_use: bool) -> str:
    """Return the target for a column that names the associated record of another type."""
    called = spoken(column)
    in_row = {side.object_type.name for side in targets.sides}
    for side in targets.sides:
        own = side.object_type.name
        if not has_use and called in SAME_TYPE.get(own, "").split("|"):
            return f"{side.alias}>{own}" if f"{side.alias}>{own}" in targets.by_key else ""
        for kind in schema.current().main_types:
            if kind.name in in_row or not may_be_associated(side.object_type.pk, kind.pk):
                continue
            names = {fold(kind.singular_label), fold(kind.plural_label)}
            if called in names or called in OTHER_RECORD.get(kind.name, "").split("|"):
                return f"{side.alias}>{kind.name}"
    return ""


def options(target: Target, facts: dict[str, Any], place: int) -> Use:
    """Return what else is likely of a column that becomes a target."""
    if target.other is None:
        is_user = target.prop is not None and target.prop.field_type == Property.FieldType.USER
        return {"ignore_unknown": True} if is_user else {}
    column = facts["columns"][place]
    examples = facts["values"][place] or column["examples"]
    by = ""
    if column["type"] == "email":
        emails = (prop for prop in settable(target.other) if prop.field_type == Property.FieldType.EMAIL)
        by = next((prop.name for prop in emails if prop.unique), "")
    separator = SEPARATOR if any(SEPARATOR in text for text in examples) else ""
    return {"by": by, "separator": separator, "missing": "skip"}


def field_type(facts: dict[str, Any], place: int) -> Property.FieldType:
    """Return the type that a new property for a column is likely to have."""
    column, values = facts["columns"][place], facts["values"][place]
    if found := NEW_TYPES.get(column["type"]):
        return found
    return Property.FieldType.SELECT if values and 2 <= len(values) <= FEW else Property.FieldType.TEXT


def identifying(side: Side, mapped: list[Property]) -> list[str]:
    """Return the properties that are likely to identify a record, of those that columns are mapped to."""
    names = [prop.name for prop in mapped]
    for prop in mapped:
        if prop.unique:
            return [prop.name]
    for prop in mapped:
        if prop.field_type == Property.FieldType.DOMAIN:
            return [prop.name]
    primary = side.object_type.primary_properties
    return list(primary) if primary and set(primary) <= set(names) else []
