"""Template tags by which a record page's slots show its associations."""

from typing import Any

from django import template

from associations import sidebar as sidebars
from associations.models import Association
from records.models import Record

register = template.Library()
FEED = 25  # lines of the activities tab at a time
RECENT = 5  # lines on the overview


@register.inclusion_tag("associations/_sidebar.html", takes_context=True)
def sidebar(context: dict[str, Any], record: Record) -> dict[str, Any]:
    """Show the sidebar of a record: one section per object type."""
    request = context["request"]
    return {
        "sections": sidebars.sections(record, request.user),
        "request": request,
        "csrf_token": context["csrf_token"],
    }


@register.inclusion_tag("associations/_feed.html", takes_context=True)
def activities(context: dict[str, Any], record: Record) -> dict[str, Any]:
    """Show what happened to a record, newest first, a part at a time (`?before=`)."""
    text = context["request"].GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return _feed(record, FEED, before)


@register.inclusion_tag("associations/_feed.html", takes_context=True)
def recent_activities(context: dict[str, Any], record: Record, oob: bool = False) -> dict[str, Any]:
    """Show the last few things that happened to a record; with `oob` in place of what the page shows."""
    return {**_feed(record, RECENT, None), "recent": True, "oob": oob}


@register.inclusion_tag("associations/_feed.html")
def last_activities(record: Record) -> dict[str, Any]:
    """Show the last few things that happened to a record on another one's page."""
    return {**_feed(record, RECENT, None), "recent": True, "elsewhere": True}


def _feed(record: Record, number: int, before: int | None) -> dict[str, Any]:
    rows = Association.objects.feed(record.pk, number + 1, before)
    more = len(rows) > number
    rows = rows[:number]
    items = [(row, row.record_b if row.record_a_id == record.pk else row.record_a) for row in rows]
    return {"record": record, "items": items, "older": rows[-1].pk if more else None}
