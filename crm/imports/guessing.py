"""What columns are likely to be, by their names and by what stands in them."""

import re
from collections.abc import Iterable
from typing import Any

from records import schema
from records.models import ObjectType, Property
from records.text import fold

from .targets import FULL_NAME, NAME_PROPERTIES, Side, Targets, settable

# What columns are called in other programs' exports, by property; English, folded.
SYNONYMS = {
    "email": ("e mail", "mail", "email address", "e mail address", "mail address"),
    "firstname": ("given name", "forename", "first"),
    "lastname": ("surname", "family name", "last"),
    "jobtitle": ("title", "position", "role"),
    "phone": ("phone number", "telephone", "tel", "home phone", "work phone"),
    "mobilephone": ("mobile", "cell", "cell phone", "mobile phone number"),
    "address": ("street", "street address", "address 1", "address line 1"),
    "zip": ("postcode", "postal code", "zip code", "zip postal code"),
    "state": ("region", "state region", "province", "county"),
    "country": ("country region", "location", "office location"),
    "domain": ("website", "company domain name", "company domain", "web site", "homepage"),
    "annualrevenue": ("revenue", "annual revenue", "turnover"),
    "numberofemployees": ("employees", "number of employees", "headcount", "staff"),
    "industry": ("sector", "branch"),
    "dealname": ("opportunity", "opportunity name", "opportunity id", "deal"),
    "amount": ("value", "close value", "deal value", "price"),
    "dealstage": ("stage",),
    "hs_pipeline_stage": ("stage", "ticket status"),
    "closedate": ("close date", "closing date", "expected close date"),
    "hubspot_owner_id": ("owner", "sales agent", "account manager", "sales rep"),
    "subject": ("ticket name",),
}
NAMES = ("name", "full name", "contact name", "contact person", "person")
OTHER_RECORD = {  # what a column is called that names a record of another type
    "companies": ("company", "company name", "account", "account name", "organization", "organisation", "firm"),
    "contacts": ("contact", "contact name", "contact email", "contact e mail"),
    "deals": ("deal", "deal name", "opportunity"),
    "tickets": ("ticket", "ticket name"),
}
PARENTS = ("parent company", "parent", "subsidiary of", "parent account")
SEPARATOR = ";"


def comparable(header: str) -> str:
    """Return the name of a column as it compares.

    >>> comparable("E-Mail_Address"), comparable("CompanyName")
    ('e mail address', 'company name')
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return fold(re.sub(r"[_\-./:()]+", " ", parted))


def guess(targets: Targets, facts: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the uses of each column of a file: at most one each, and no property twice."""
    taken: set[str] = set()
    found: list[list[dict[str, Any]]] = []
    names = _Names(targets)
    for place, header in enumerate(facts["header"]):
        use = None
        if header and facts["columns"][place]["type"] != "empty":
            column = comparable(header)
            key = next((key for key in names.keys(column) if not taken & _sets(targets, key)), None)
            if key:
                taken |= _sets(targets, key)
                use = {"target": key, **options(targets, key, facts, place)}
        found.append([use] if use else [])
    return found


def _sets(targets: Targets, key: str) -> set[str]:
    target = targets.by_key[key]
    return {f"{target.side.alias}.{name}" for name in target.properties} or {key}


def options(targets: Targets, key: str, facts: dict[str, Any], place: int) -> dict[str, Any]:
    """Return what else is likely of a column that becomes a target."""
    target = targets.by_key[key]
    if target.other is None:
        return {"ignore_unknown": True} if target.prop and target.prop.field_type == "user" else {}
    column = facts["columns"][place]
    by = by_property(target.other, column["type"])
    values = facts["values"][place]
    examples = values if values is not None else column["examples"]
    separator = SEPARATOR if any(SEPARATOR in text for text in examples) else ""
    return {"by": by, "separator": separator, "missing": "skip"}


def by_property(kind: ObjectType, guessed: str) -> str:
    """Return the property by which texts of a type name a record; "" for the record's name."""
    if guessed == "email":
        return next((prop.name for prop in settable(kind) if prop.field_type == "email" and prop.unique), "")
    return ""


class _Names:
    """The targets by what columns are called that become them."""

    def __init__(self, targets: Targets) -> None:
        self.found: dict[str, list[str]] = {}
        in_row = {side.object_type.name for side in targets.sides}
        several = len(targets.sides) > 1
        for side in targets.sides:
            self._certain(side)
        if several:
            # "Company" in a file of contacts and companies is the company's name rather than a text.
            for side in targets.sides:
                for name in OTHER_RECORD.get(side.object_type.name, (fold(side.object_type.singular_label),)):
                    self._name_of(side, name, first=True)
        for side in targets.sides:
            self._probable(side)
        if targets.only_associations:
            return
        for side in targets.sides:
            for kind in schema.current().main_types:
                key = f"{side.alias}>{kind.name}"
                if kind.name in in_row or key not in targets.by_key:
                    continue
                words = OTHER_RECORD.get(kind.name, (fold(kind.singular_label), fold(kind.plural_label)))
                # A contact's property "company" is a text only: the record itself is what is meant.
                self._add(key, words, first=True)
            parent = f"{side.alias}>{side.object_type.name}"
            if side.object_type.name == "companies" and parent in targets.by_key:
                self._add(parent, PARENTS)

    def keys(self, column: str) -> list[str]:
        """Return the keys of what a column may be, the likeliest first."""
        return self.found.get(column, [])

    def _add(self, key: str, names: Iterable[str], *, first: bool = False) -> None:
        for name in names:
            keys = self.found.setdefault(name, [])
            if key not in keys:
                keys.insert(0, key) if first else keys.append(key)

    def _certain(self, side: Side) -> None:
        kind = side.object_type
        own = fold(kind.singular_label)
        for prop in settable(kind):
            key = f"{side.alias}.{prop.name}"
            names = {comparable(text) for text in (prop.title, prop.label, prop.name)}
            self._add(key, [*names, *(f"{own} {name}" for name in names)])
        self._add(f"{side.alias}.*id", (f"{own} id", "record id", f"{own} record id"))

    def _name_of(self, side: Side, name: str, *, first: bool) -> None:
        kind = side.object_type
        if kind.primary_properties == NAME_PROPERTIES:
            self._add(f"{side.alias}.{FULL_NAME}", (name,), first=first)
        elif kind.primary:
            self._add(f"{side.alias}.{kind.primary_properties[0]}", (name,), first=first)

    def _probable(self, side: Side) -> None:
        kind = side.object_type
        own = fold(kind.singular_label)
        for prop in settable(kind):
            self._add(f"{side.alias}.{prop.name}", SYNONYMS.get(prop.name, ()))
        if kind.primary_properties == NAME_PROPERTIES:
            self._add(f"{side.alias}.{FULL_NAME}", NAMES)
        else:
            self._name_of(side, "name", first=False)
        for name in (own, f"{own} name", *OTHER_RECORD.get(kind.name, ())):
            self._name_of(side, name, first=False)


def field_type(column: dict[str, Any], values: list[str] | None) -> str:
    """Return the type of a new property for a column, as `inspecting` found it."""
    types = {
        "number": Property.FieldType.NUMBER,
        "date": Property.FieldType.DATE,
        "datetime": Property.FieldType.DATETIME,
        "boolean": Property.FieldType.YES_NO,
        "email": Property.FieldType.EMAIL,
        "url": Property.FieldType.URL,
    }
    if found := types.get(column["type"]):
        return found
    return Property.FieldType.SELECT if values and 2 <= len(values) <= 12 else Property.FieldType.TEXT


def identifying(side: Side, mapped: list[str]) -> list[str]:
    """Return the properties that are likely to identify a record, of those that columns are mapped to."""
    properties = [side.object_type.properties[name] for name in mapped if name in side.object_type.properties]
    for one in properties:
        if one.unique:
            return [one.name]
    for one in properties:
        if one.field_type == Property.FieldType.DOMAIN:
            return [one.name]
    primary = side.object_type.primary_properties
    return list(primary) if primary and set(primary) <= set(mapped) else []
