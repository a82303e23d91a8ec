"""What the views of associations share: where they lead back to, what they say, what they answer with."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from records.http import Request
from records.models import Change, ObjectType, Record
from records.views.common import ToastAction, closed, posted_back, say
from records.views.lists import show_list

from .. import saying, services, sidebar
from ..associated import AssociatedList
from ..models import Association
from ..outcomes import Labelled
from ..type_pairs import may_be_associated


def other_or_404(request: Request, pk: int) -> Record:
    """Return the live record of that id, of whatever type. Raises Http404."""
    other = Record.objects.visible_to(request.user).filter(pk=pk).first() if pk < 2**63 else None
    if other is None:
        raise Http404(_("This record does not exist, or has been archived."))
    return other


def back(request: Request, record: Record) -> HttpResponse:
    """Lead back to where the form says that it was sent from, or to the record's associations."""
    return redirect(posted_back(request) or f"{record.get_absolute_url()}?tab=associations")


def show_associated(
    request: Request, record: Record, object_type: ObjectType, query: QueryDict
) -> HttpResponse:
    """Show all records of a type that a record is associated with, as an address asks for them."""

    def list_of(query: QueryDict) -> AssociatedList:
        return AssociatedList(record, object_type, query, request.user)

    context = {
        "record": record,
        "may_add": may_be_associated(record.object_type_id, object_type.pk),
        "bulk_url": reverse("associations:bulk", args=[record.kind.name, record.pk, object_type.name]),
        "bulk_template": "associations/_associated_bulk.html",
        "empty_template": "associations/_associated_empty.html",
        "menu_template": "associations/_label_filter.html",
    }
    return show_list(request, object_type, list_of, query, "associations/associated.html", context)


def query_of(address: str) -> QueryDict:
    """Return the query of an address."""
    return QueryDict(urlsplit(address).query)


def changed(request: Request, record: Record, object_type: ObjectType, focus: str = "") -> HttpResponse:
    """Answer with the section that changed and, where the page shows it, the last activities or the picture.

    On the page of all of a section answer with its list. With them go the record's properties that may
    follow from the change. The focus goes to the element with the id `focus`, else to the section's Add.
    """
    if not request.htmx:
        return back(request, record)
    if request.htmx.target == "list":
        response = show_associated(request, record, object_type, query_of(posted_back(request)))
        return closed(response, focus=focus or f"add-{object_type.name}")
    following = [prop for prop in record.kind.properties.values() if prop.derivation]
    if following:
        record = record.kind.model.objects.get(pk=record.pk)
    shown = QueryDict((request.htmx.current_url or "").partition("?")[2].partition("#")[0])
    context = {
        "following": following,
        "object_type": record.kind,
        "section": sidebar.section(record, request.user, object_type),
        "record": record,
        "shows_feed": shown.get("tab") not in ("activities", "associations"),
        "shows_picture": shown.get("tab") == "associations",
        "steps": shown.get("steps", "1"),
    }
    response = render(request, "associations/_saved.html", context)
    return closed(response, focus=focus or f"add-{object_type.name}")


def say_changed(
    request: Request,
    record: Record,
    texts: Iterable[str],
    change: Change,
    gone: Iterable[Labelled | Association] = (),
) -> None:
    """Say on the page of `record` what a change did, and offer to undo it.

    Where a primary company went with the labels or associations in `gone`, say that nobody is it now, and
    offer to make the next one primary.
    """
    here = posted_back(request) or record.get_absolute_url()
    lost = services.successors(gone)
    say(
        request,
        " ".join([*texts, *map(saying.without_primary, lost)]),
        undo=reverse("history:undo", args=[change.pk]),
        actions=[
            ToastAction(
                _("Make %(name)s primary") % {"name": one.next},
                reverse("associations:primary", args=[one.holder.kind.name, one.holder.pk, one.next.pk]),
                {"back": here},
            )
            for one in lost
            if one.next
        ],
        back=here,
    )
