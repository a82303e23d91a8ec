"""What the views of records share."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records import schema
from records.http import Request
from records.models import ObjectType, Record
from records.provenance import By, Origin

UNPROCESSABLE = 422  # a form that was refused; comes back with its messages and all that was typed


def object_type_or_404(name: str) -> ObjectType:
    """Return the object type of that name. Raises Http404."""
    try:
        return schema.current().type(name)
    except schema.UnknownObjectType as error:
        raise Http404(_("There is no object type “%(name)s”.") % {"name": name}) from error


def main_type_or_404(name: str) -> ObjectType:
    """Return the object type of that name, whose records can be the same as others. Raises Http404.

    An activity is what happened at one moment; there is nothing to be merged.
    """
    kind = object_type_or_404(name)
    if kind.is_activity:
        raise Http404(_("%(type)s are not merged.") % {"type": kind.plural_label})
    return kind


class AbsentRecord(Http404):
    """There is no such live record; `records.views.absent` says what became of it."""

    def __init__(self, pk: int, object_type: ObjectType | None = None) -> None:
        super().__init__(_("This record does not exist, or has been archived."))
        self.pk = pk
        self.object_type = object_type


def record_or_404(request: Request, type_name: str, pk: int) -> Record:
    """Return the live record of that type and id, as its own model, with its owner. Raises AbsentRecord."""
    object_type = object_type_or_404(type_name)
    visible = object_type.model.objects.visible_to(request.user).of_type(object_type)
    visible = visible.select_related("owner", "created_by")
    # Beyond what the id column holds there is nothing, and a database may refuse to look.
    record = visible.filter(pk=pk).first() if pk < 2**63 else None
    if record is None:
        raise AbsentRecord(pk, object_type)
    return record


def by(request: Request, origin: Origin = Origin.PAGE) -> By:
    """Return the author of what this request changes."""
    return By(request.user, origin)


def closed(response: HttpResponse, focus: str = "") -> HttpResponse:
    """Tell the page to close its dialog and to put the focus on the element with this id."""
    response["HX-Trigger-After-Settle"] = json.dumps({"kith:done": {"focus": focus}})
    return response


def selected_ids(request: Request, field: str = "selected") -> list[int]:
    """Return the record ids that were ticked, without those that are no numbers."""
    texts = (request.POST if request.method == "POST" else request.GET).getlist(field)
    return list(
        dict.fromkeys(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19)
    )


def say_archived(request: Request, object_type: ObjectType, ids: list[int]) -> None:
    """Put a toast with an undo on the next page."""
    count = len(ids)
    text = ngettext("%(count)s record archived.", "%(count)s records archived.", count) % {"count": count}
    say(request, text, undo=reverse("records:restore", args=[object_type.name]), selected=ids)


class ToastAction(NamedTuple):
    """A button of a toast: what it is called, and the address that it posts fields to."""

    label: str
    address: str
    fields: dict[str, Any] = {}


def say(
    request: Request, text: str, *, undo: str = "", actions: Iterable[ToastAction] = (), **fields: Any
) -> None:
    """Put a toast on the next page; with `undo` (an address to post `fields` to) it offers to take back.

    `actions` are further buttons beside that one.
    """
    offered = [*([ToastAction(_("Undo"), undo, fields)] if undo else []), *actions]
    tags = json.dumps([one._asdict() for one in offered]) if offered else ""
    messages.success(request, text, extra_tags=tags)


def posted_back(request: Request) -> str:
    """Return the path of this site that a form says it was sent from; empty where it says none."""
    to = request.POST.get("back", "") or request.GET.get("back", "")
    return to if url_has_allowed_host_and_scheme(to, allowed_hosts=None) else ""
