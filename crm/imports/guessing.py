"""Guesses what the columns of a file are: by the names of properties, by what such columns are often called,
and by what somebody said of columns of that name before."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from records import schema
from records.models import ObjectType, Property
from records.text import fold

from .reading import ColumnGuess

# What files call a column, by the property of a standard type; all folded, without signs.
SYNONYMS: dict[str, dict[str, str]] = {
    "contacts": {
        "email": "e mail|mail|email address|e mail address|mail address|adres e mail"
        "|e mail 1 value|emailadresse",
        "firstname": "first|given name|forename|christian name|imie|vorname|prenom|nombre",
        "lastname": "last|surname|family name|second name|nazwisko|nachname|nom de famille|apellido",
        "phone": "phone number|telephone|tel|telephone number|telefon|work phone|business phone"
        "|phone 1 value",
        "mobilephone": "mobile|cell|cell phone|mobile number|mobile phone number|komorka|handy|gsm",
        "jobtitle": "title|position|role|job|contact title|stanowisko|job function",
        "company": "company|organisation|organization|employer|account|account name|firma|company name",
        "website": "web|homepage|url|web site|website url",
        "address": "street|address 1|address line 1|mailing street|ulica|strasse|adres",
        "city": "town|mailing city|miasto|ort|stadt",
        "state": "region|state region|province|county|mailing state|wojewodztwo",
        "zip": "zip code|postcode|post code|postal code|mailing zip postal code|kod pocztowy|plz",
        "country": "country region|mailing country|kraj|land",
        "hubspot_owner_id": "contact owner|owner|owner name|responsible|opiekun",
        "lifecyclestage": "lifecycle|stage",
        "hs_lead_status": "status",
    },
    "companies": {
        "name": "company|company name|organisation|organization|organisation name|organization name|employer"
        "|account|account name|firma|nazwa firmy|nazwa|business name|customer|client",
        "domain": "company domain|company domain name|website domain|domena|web domain",
        "industry": "sector|branch|branza|company industry",
        "numberofemployees": "employees|headcount|staff|size|company size|liczba pracownikow",
        "annualrevenue": "revenue|turnover|sales|company revenue|przychod",
        "phone": "phone number|telephone|tel|company phone|telefon|company phone number",
        "website": "web|homepage|url|web site|website url|company website",
        "address": "street|address 1|address line 1|billing street|company address|ulica|adres",
        "city": "town|billing city|company city|miasto|ort|stadt",
        "state": "region|state region|province|county|billing state|company state",
        "zip": "zip code|postcode|post code|postal code|billing zip postal code|kod pocztowy|plz",
        "country": "country region|billing country|company country|office location|kraj|land",
        "description": "about|notes|company description",
        "hubspot_owner_id": "company owner|account owner|owner|owner name",
    },
    "deals": {
        "dealname": "deal|opportunity|opportunity name|name|deal title",
        "amount": "value|deal amount|deal value|price|close value|kwota|wartosc|total",
        "dealstage": "stage|phase|sales stage|etap|status",
        "closedate": "close date|closing date|closed|expected close date|data zamkniecia|engage close date",
        "deal_currency_code": "currency|currency code|waluta",
        "dealtype": "type",
        "hubspot_owner_id": "deal owner|owner|owner name|sales agent|sales rep|opportunity owner",
        "description": "deal description|notes|comment",
    },
    "tickets": {
        "subject": "ticket|ticket name|title|summary|name",
        "content": "ticket description|body|message|details|text",
        "hs_pipeline_stage": "status|ticket status|stage|state",
        "hs_ticket_priority": "priority|urgency",
        "hs_ticket_category": "category|type",
        "hubspot_owner_id": "ticket owner|owner|assignee|agent",
    },
}
RECORD_ID = ("record id", "{type} id", "hs object id", "{type} record id", "associated {type} ids")
FULL_NAME = ("name", "full name", "contact", "contact name", "person", "imie i nazwisko")
_SIGNS = re.compile(r"[^\w]+|_+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def spoken(text: str) -> str:
    """Return a column's name without case, accents and signs.

    >>> spoken("E-Mail_Adresse:"), spoken("PostalCode")
    ('e mail adresse', 'postal code')
    """
    return " ".join(_SIGNS.sub(" ", fold(_CAMEL.sub(" ", text))).split())


def guess_mapping(
    object_types: Sequence[ObjectType | str],
    header: Sequence[str],
    columns: Sequence[ColumnGuess] = (),
    remembered: Mapping[str, tuple[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a mapping, as a mapping file says it, for rows that hold a record of each of these types.

    `columns` are what was found out about them (`sniff`). `remembered` is, by the name of a column, the
    type and the property's entry that somebody chose before: ("contacts", {"name": "email", …}) where the
    rest of the entry is what a mapping file says of the property; ("", None) for a column left out. Each
    type after the first is associated with the first one. A record whose columns are all unknown gets none,
    for somebody to choose.
    """
    types = [schema.current().type(one) if isinstance(one, str) else one for one in object_types]
    guess = _Guess(types, [name for name in header if name], {one.name: one for one in columns})
    guess.take_remembered(remembered or {})
    guess.take_names()
    records = {one.name: guess.record(one) for one in types}
    associations = [{"record": types[0].name, "with": other.name} for other in types[1:]]
    return {"records": records, "associations": associations}


class _Guess:
    def __init__(
        self, types: Sequence[ObjectType], header: Sequence[str], columns: Mapping[str, ColumnGuess]
    ) -> None:
        self.types, self.header, self.columns = types, header, columns
        self.left = list(header)
        self.found: dict[str, dict[str, Any]] = {one.name: {} for one in types}
        self.ids: dict[str, str] = {}

    def take_remembered(self, remembered: Mapping[str, tuple[str, Any]]) -> None:
        for column in self.header:
            if column not in remembered:
                continue
            type_name, entry = remembered[column]
            kind = next((one for one in self.types if one.name == type_name), None)
            if not type_name:
                self.left.remove(column)
            elif kind and (prop := kind.properties.get(entry.get("name", ""))) and not prop.read_only:
                spec = {key: value for key, value in entry.items() if key != "name"}
                self._take(kind, prop, column, spec)

    def take_names(self) -> None:
        """Give each column to the property that is called so; the surest names first."""
        single = len(self.types) == 1
        for sure in ("qualified", "label", "synonym"):
            for kind in self.types:
                names = self._names(kind, sure)
                for column in list(self.left):
                    prop = names.get(spoken(column))
                    if prop and prop.name not in self.found[kind.name] and self._fits(prop, column):
                        self._take(kind, prop, column, {})
            if sure == "qualified":
                self._take_ids(single)
        self._take_full_names()

    def _names(self, kind: ObjectType, sure: str) -> dict[str, Property]:
        """Return the properties of a type by what a column of theirs may be called."""
        names: dict[str, Property] = {}
        others = {other.name for other in self.types} - {kind.name}
        for prop in kind.properties.values():
            if prop.read_only or prop.derivation:
                continue
            labels = {spoken(text) for text in (prop.title, prop.label, prop.name)}
            if sure == "qualified":  # "Company phone", "Contact: e-mail"
                known = labels | set(self._synonyms(kind, prop))
                own = {spoken(kind.singular), spoken(kind.singular_label), spoken(kind.name)}
                called = {f"{type_name} {name}" for type_name in own for name in known}
            elif sure == "label":
                called = labels
            else:
                called = set(self._synonyms(kind, prop))
            if kind.name == "contacts" and prop.name == "company" and "companies" in others:
                continue  # the company's own name then
            for name in called:
                names.setdefault(name, prop)
        return names

    def _synonyms(self, kind: ObjectType, prop: Property) -> list[str]:
        return SYNONYMS.get(kind.name, {}).get(prop.name, "").split("|")

    def _take_ids(self, single: bool) -> None:
        for kind in self.types:
            spoken_types = {spoken(text) for text in (kind.singular, kind.singular_label)}
            names = {one.format(type=name) for one in RECORD_ID for name in spoken_types}
            if not single:  # whose would it be?
                names -= {"record id", "hs object id"}
            # A number of another system's is no id of ours: only columns that say "record id" are taken.
            names = {name for name in names if "record" in name or "hs object" in name}
            column = next((one for one in self.left if spoken(one) in names), "")
            if column:
                self.ids[kind.name] = column
                self.left.remove(column)

    def _take_full_names(self) -> None:
        """Part a person's whole name in first and last name, where the file has no such columns."""
        for kind in self.types:
            parts = {"firstname": "first", "lastname": "last"}
            if kind.name != "contacts" or parts.keys() & self.found[kind.name].keys():
                continue
            column = next((one for one in self.left if spoken(one) in FULL_NAME), "")
            if column:
                self.left.remove(column)
                for name, part in parts.items():
                    self.found[kind.name][name] = {"column": column, "part": part}

    def _fits(self, prop: Property, column: str) -> bool:
        """Whether what the cells hold does not speak against the property."""
        guess = self.columns.get(column)
        if guess is None or guess.type == "empty":
            return True
        if prop.kind.numeric:
            return guess.type == "number"
        if prop.field_type in (Property.FieldType.DATE, Property.FieldType.DATETIME):
            return guess.type in ("date", "datetime", "text")
        if prop.field_type == Property.FieldType.EMAIL:
            return guess.type in ("email", "text")
        return True

    def _take(self, kind: ObjectType, prop: Property, column: str, spec: dict[str, Any]) -> None:
        spec = {**self._way_of_writing(prop, column), **spec}
        self.found[kind.name][prop.name] = {"column": column, **spec} if spec else column
        if column in self.left:
            self.left.remove(column)

    def _way_of_writing(self, prop: Property, column: str) -> dict[str, Any]:
        """Return how the column writes dates and numbers, where that has to be said."""
        guess = self.columns.get(column)
        if guess is None:
            return {}
        spec: dict[str, Any] = {}
        is_date = prop.field_type in (Property.FieldType.DATE, Property.FieldType.DATETIME)
        if is_date and guess.date_formats and not guess.is_exact and guess.date_formats[0] != "%Y-%m-%d":
            spec["date_format"] = guess.date_formats[0]
        if prop.kind.numeric and guess.decimal == ",":
            spec["decimal"] = ","
        if prop.field_type == Property.FieldType.PERCENTAGE and guess.is_exact:
            spec["multiply"] = 100  # a workbook shows 0.125 as 12.5 %
        return spec

    def record(self, kind: ObjectType) -> dict[str, Any]:
        """Return what a mapping file says of a record: its columns, and what identifies it."""
        said: dict[str, Any] = {"properties": self.found[kind.name]}
        if kind.name in self.ids:
            return {"id": self.ids[kind.name], **said}
        mapped = [kind.properties[name] for name in self.found[kind.name]]
        unique = [prop.name for prop in mapped if prop.unique]
        domain = [prop.name for prop in mapped if prop.field_type == Property.FieldType.DOMAIN]
        primary = [name for name in kind.primary_properties if name in self.found[kind.name]]
        if match := unique[:1] or domain[:1] or primary:
            said["match"] = match
        return said
