"""Template tags by which a record page's slots show its associations."""

from typing import Any

from django import template
from django.utils.formats import localize
from django.utils.translation import gettext as _

from associations import picture as pictures
from associations import picture_layout
from associations import sidebar as sidebars
from associations.models import Association
from associations.timeline import Timeline
from associations.timeline_items import count_text
from records.models import Record

register = template.Library()


@register.inclusion_tag("associations/_sidebar.html", takes_context=True)
def sidebar(context: dict[str, Any], record: Record) -> dict[str, Any]:
    """Show the sidebar of a record: one section per object type."""
    request = context["request"]
    return {
        "sections": sidebars.sections(record, request.user),
        "request": request,
        "csrf_token": context["csrf_token"],
    }


@register.inclusion_tag("associations/_timeline.html", takes_context=True)
def timeline(context: dict[str, Any], record: Record) -> dict[str, Any]:
    """Show the timeline of a record: on its tab all that the address asks for, else the last of it."""
    return _timeline(context, record, whole=context["request"].GET.get("tab") == "activities")


@register.inclusion_tag("associations/_timeline_items.html", takes_context=True)
def renewed_timeline(context: dict[str, Any], record: Record) -> dict[str, Any]:
    """Show the last few activities of a record in place of those that its page shows."""
    return {**_timeline(context, record, whole=False), "oob": True}


@register.inclusion_tag("associations/_timeline_brief.html", takes_context=True)
def last_activities(context: dict[str, Any], record: Record) -> dict[str, Any]:
    """Show what is to come of a record and what happened last, on another one's page."""
    return _timeline(context, record, whole=False)


@register.inclusion_tag("associations/_picture.html", takes_context=True)
def picture(context: dict[str, Any], record: Record, steps: str = "", oob: bool = False) -> dict[str, Any]:
    """Draw a record's neighbourhood of one or two steps (`?steps=`); with `oob` in place of what is shown."""
    request = context["request"]
    asked = steps or request.GET.get("steps", "")
    drawn = pictures.picture(record, request.user, 2 if asked == "2" else 1)
    return {
        "record": record,
        "picture": drawn,
        "drawings": [("wide", picture_layout.wide(drawn)), ("narrow", picture_layout.narrow(drawn))],
        "oob": oob,
    }


@register.simple_tag
def more_label(more: pictures.More) -> str:
    """Return which records are not shown."""
    said = {
        "number": localize(more.number),
        "type": more.kind.plural_label.lower() if more.kind else "",
        "name": more.holder.record,
    }
    if more.kind:
        return _("%(number)s more %(type)s of %(name)s") % said
    if more.and_more:
        return _("More than %(number)s others associated with %(name)s") % said
    return _("%(number)s more associated with %(name)s") % said


@register.inclusion_tag("associations/_related_link.html")
def related_link(record: Record) -> dict[str, Any]:
    """Show the way to "how are these two related?", in a menu."""
    return {"record": record}


def _timeline(context: dict[str, Any], record: Record, whole: bool) -> dict[str, Any]:
    request = context["request"]
    return {
        "timeline": Timeline(record, request.user, request.GET, whole=whole),
        "record": record,
        "request": request,
        "user": request.user,
        "csrf_token": context["csrf_token"],
    }


@register.filter
def associations_text(number: int) -> str:
    """Return a number of associations in words."""
    return count_text(number)


@register.inclusion_tag("admin/associations/_events.html")
def association_events(row: Association | Record) -> dict[str, Any]:
    """Show what became of an association, or of all those of a record, in Django's admin."""
    from associations.admin import events  # once Django's admin is there

    said = [(event, events.word_of(event)) for event in events.history_of(row)]
    return {"events": said, "record": row if isinstance(row, Record) else None, "most": events.NEWEST}
