"""Template tags and filters for records."""

import json
from typing import Any

from django import template
from django.utils.safestring import mark_safe

from records import attachments, told
from records.duplicate_pages import DuplicateList, twin_of
from records.filter_editing import FilterMenu, without_filter, without_group
from records.lists import RecordList, without_page_state
from records.models import ObjectType, Property, Record
from records.stage_entries import History, history, long_text, short_text
from records.views.settings.common import pages

register = template.Library()
TINTS = 8  # colours of avatars


@register.simple_tag
def value(prop: Property, record: Record, brief: bool = False) -> str:
    """Return a property's value as markup, cut to a line or two where it is to be brief; or a dash."""
    return (prop.kind.cell(prop, record) if brief else prop.kind.html(prop, record)) or EMPTY


EMPTY = mark_safe('<span class="muted is-empty">—</span>')


@register.inclusion_tag("records/_mark.html")
def record_mark(record: Record) -> dict[str, Any]:
    """Show the picture that stands before a record's name: initials of a person, else the type's icon."""
    kind = record.kind
    return {"record": record, "kind": kind, "is_person": kind.is_person, "tint": tint(record)}


@register.inclusion_tag("records/_twin.html", takes_context=True)
def looks_like(context: Any, record: Record) -> dict[str, Any]:
    """Say on a record's page what it looks like a duplicate of; nothing where that is nothing."""
    return {"record": record, "twin": twin_of(record, context["user"])}


@register.inclusion_tag("records/_attachments_section.html", takes_context=True)
def attachments_section(context: Any, record: Record) -> dict[str, Any]:
    """Show the files of a record on its page."""
    request = context["request"]
    return {
        "owner": record,
        "attachments": attachments.of_records([record.pk], request.user).get(record.pk, []),
        "back": request.get_full_path(),
        "csrf_token": context["csrf_token"],
    }


@register.simple_tag
def pairs_url(pairs: DuplicateList, **changes: str) -> str:
    """Return the address of a page of possible duplicates with some parameters changed; its first page."""
    return pairs.address(**changes)


@register.inclusion_tag("records/settings/_nav.html")
def settings_nav(name: str) -> dict[str, Any]:
    """Show the pages on which the settings begin; `name` is the one that is open."""
    return {"pages": pages, "name": name}


@register.filter
def tint(row: Any) -> int:
    """Return the number of the colour that somebody's initials stand on."""
    return row.pk % TINTS + 1


@register.filter
def initials(name: Any) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    return "".join(word[0].upper() for word in dict.fromkeys([*words[:1], *words[-1:]])) or "?"


@register.simple_tag
def list_url(records: RecordList, remove: str = "", remove_group: int | None = None, **changes: Any) -> str:
    """Return the address of a list with some parameters changed, or with a filter, another parameter or a
    group of filters removed; it starts at the first page."""
    query = without_page_state(records.query)
    if remove:
        query = without_filter(query, remove)
    if remove_group:
        query = without_group(query, records.object_type, remove_group)
    for name, changed in changes.items():
        query[name] = changed
    return f"?{query.urlencode()}"


@register.simple_tag
def filter_menu(records: RecordList, number: int) -> FilterMenu:
    """Return what the group of filters with this number can be filtered by."""
    return FilterMenu(records.object_type, records.query, number)


register.filter("change_title", told.title)
register.filter("mention", told.mention)


@register.filter
def offers(message: Any) -> list[dict[str, Any]]:
    """Return the buttons of a toast (see `records.views.common.say`), each with its fields as pairs."""
    tags = message.extra_tags or ""
    if not tags.startswith("["):
        return []
    return [one | {"fields": _pairs(one["fields"])} for one in json.loads(tags)]


def _pairs(fields: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, str(one))
        for name, given in fields.items()
        for one in (given if isinstance(given, list) else [given])
    ]


@register.filter
def highlights(object_type: ObjectType) -> list[Property]:
    """Return the properties that an overview shows first: those of the type's list, without its stage."""
    chosen = [
        object_type.properties[name] for name in object_type.list_properties if name in object_type.properties
    ]
    return [prop for prop in chosen if prop.field_type != Property.FieldType.STAGE][:6]


@register.simple_tag
def stays(record: Record) -> History | None:
    """Return the record's stays in the stages of its pipeline; None where it has none."""
    found = history(record) if record.kind.stage_property else None
    return found if found and found.stays else None


register.filter("duration", long_text)
register.filter("short_duration", short_text)


@register.simple_tag
def stages(record: Record) -> list[dict[str, Any]]:
    """Return the stages of the record's pipeline, and which are behind it."""
    prop = record.kind.stage_property
    current = prop.value_of(record) if prop else None
    if current is None:
        return []
    return [
        {
            "stage": stage,
            "current": stage.pk == current.pk,
            # A record that was lost was never won, though that stage comes before.
            "done": stage.position < current.position and not stage.is_closed,
        }
        for stage in current.pipeline.stage_list
    ]


@register.filter
def telling(object_type: ObjectType) -> str:
    """Return the form fields by which a record being typed may double another, as HTMX's list of them."""
    names = (
        prop.name
        for prop in object_type.properties.values()
        if prop.unique or prop in object_type.primary or prop.field_type == Property.FieldType.DOMAIN
    )
    return ",".join(f"new-{name}" for name in names)
