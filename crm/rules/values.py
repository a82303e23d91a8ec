"""Values of properties as rules keep and compare them."""

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from records.models import Property, Record

FIELD = Property.FieldType
PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")  # of another property's value, in a text
TEXTS = (FIELD.TEXT, FIELD.TEXTAREA, FIELD.HTML, FIELD.EMAIL, FIELD.PHONE, FIELD.URL, FIELD.DOMAIN)
FAMILIES = {
    **dict.fromkeys((FIELD.TEXT, FIELD.EMAIL, FIELD.PHONE, FIELD.URL, FIELD.DOMAIN), "text"),
    **dict.fromkeys((FIELD.SELECT, FIELD.RADIO, FIELD.COUNTRY, FIELD.CURRENCY_CODE), "text"),
    **dict.fromkeys((FIELD.NUMBER, FIELD.CURRENCY, FIELD.PERCENTAGE), "number"),
    FIELD.DATE: "date",
    FIELD.USER: "user",
}


def kept(prop: Property, value: Any) -> Any:
    """Return a cleaned value as JSON keeps it; None for none. `restored` makes a value of it again."""
    if value in (None, "", []):
        return None
    return value.pk if isinstance(value, models.Model) else prop.kind.to_json(value)


def restored(prop: Property, plain: Any) -> Any:
    """Return the value that JSON keeps. Raises ValidationError where the property does not take it now."""
    field = prop.kind.form_field(prop)
    if plain is None:
        field.required = False
        return field.clean([] if prop.kind.many else "")
    return prop.kind.clean_plain(prop, plain, field)


def is_value(prop: Property, record: Record, plain: Any) -> bool:
    """Whether a record has the value that JSON keeps."""
    return kept(prop, prop.value_of(record)) == plain


def shown(prop: Property, plain: Any) -> str:
    """Return a kept value as a reader knows it; a text as it stands, with its places."""
    if plain is None:
        return "—"
    if isinstance(plain, str) and prop.field_type in TEXTS:
        return plain
    try:
        value = restored(prop, plain)
    except ValidationError:
        return str(plain)
    return prop.kind.display(value, prop, prop.object_type.model(object_type=prop.object_type))


def unknown_places(text: str, properties: Collection[str]) -> list[str]:
    """Return the names in braces that no property has."""
    return [name for name in PLACE.findall(text) if name not in properties and name != "name"]


def filled(text: str, record: Record) -> str:
    """Return a text with the values of a record in the places of their names."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "name":
            return str(record)
        prop = record.kind.properties.get(match[1])
        return prop.display(record) if prop else match[0]

    return PLACE.sub(value, text)


def value_for(prop: Property, plain: Any, record: Record) -> Any:
    """Return the value to set, made for a record. Raises ValidationError."""
    if isinstance(plain, str) and prop.field_type in TEXTS:
        plain = filled(plain, record)
        if prop.field_type == FIELD.TEXT and prop.column:
            longest = getattr(prop.object_type.model._meta.get_field(prop.column), "max_length", None)
            plain = plain[:longest]
    return restored(prop, plain)


# --- Comparing the values of two properties -----------------------------------------------------------


class UnicodeLower(Lower):
    """Small letters of every script, which SQLite by itself knows of A to Z only."""

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQLite's SQL."""
        return self.as_sql(compiler, connection, function="KITH_LOWER", **context)


def teach_lower(sender: Any, connection: Any, **kwargs: Any) -> None:
    """Give a new connection to SQLite its KITH_LOWER."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            "KITH_LOWER", 1, lambda text: text.lower() if isinstance(text, str) else text, deterministic=True
        )


def family(prop: Property) -> str:
    """Return what values of a property can be compared with; "" where with none."""
    return "" if prop.archived_at else FAMILIES.get(prop.field_type, "")  # type: ignore[call-overload]


def key(prop: Property, value: Any) -> Any:
    """Return what two values are compared by, as a record or a query gives them; None for no value."""
    if value in (None, ""):
        return None
    of = family(prop)
    if of == "user":
        return value.pk if isinstance(value, models.Model) else int(value)
    if of == "number":
        try:
            return Decimal(str(value)).normalize()
        except InvalidOperation:
            return None
    if of == "date":
        return value if isinstance(value, date) and not isinstance(value, datetime) else _day(value)
    return str(value).strip().lower() or None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def having(rows: Any, prop: Property, keys: Iterable[Any]) -> Any:
    """Narrow records to those whose value has one of these keys; `prop.lookup` can be read of them."""
    rows, wanted = rows.with_values([prop]), list(keys)
    if family(prop) != "text" or prop.field_type in (FIELD.EMAIL, FIELD.DOMAIN):
        return rows.filter(**{f"{prop.lookup}__in": wanted})
    # Of A to Z there may be an index on the small letters.
    plain = [one for one in wanted if one.isascii()]
    other = [one for one in wanted if not one.isascii()]
    rows = rows.annotate(rule_key=Lower(prop.lookup))
    condition = models.Q(rule_key__in=plain)
    if other:
        rows = rows.annotate(rule_other_key=UnicodeLower(prop.lookup))
        condition |= models.Q(rule_other_key__in=other)
    return rows.filter(condition)


def check_places(text: str, properties: Collection[str]) -> None:
    """Refuse a text that names what no property is called. Raises ValidationError."""
    if unknown := unknown_places(text, properties):
        raise ValidationError(_("There is no property “%(name)s” to put in.") % {"name": unknown[0]})
