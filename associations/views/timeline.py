"""The timeline of a record: parts of it for HTMX, and what is done to the activities on it."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import services as record_services
from records.history import recorded
from records.http import Request
from records.models import Record, Task
from records.views.common import by, closed, posted_back, record_or_404, say

from .. import timeline as timelines
from ..activities import tick_off
from ..models import Association
from ..timeline import Timeline

WHOLE = "activities"  # the tab of a record's page that shows all of its timeline


def page_url(record: Record) -> str:
    """Return the address of the page that shows the whole timeline of a record."""
    return f"{record.get_absolute_url()}?tab={WHOLE}"


def is_whole(query: QueryDict) -> bool:
    """Whether a page with this address shows the whole timeline, and not the last few activities."""
    return query.get("tab") == WHOLE


def activity_or_404(request: Request, record: Record, pk: int) -> Record:
    """Return the activity of that id on a record's timeline, as its own model. Raises Http404."""
    records = Record.objects.visible_to(request.user).with_details().select_related("created_by")
    found = records.filter(pk=pk).first() if pk < 2**63 else None
    if found is None or not found.kind.is_activity or not _association(record, found.pk):
        raise Http404(_("This activity is not on the timeline, or not any more."))
    return found.specific


def _association(record: Record, pk: int) -> int | None:
    return Association.objects.associated_among(record.pk, [pk]).get(pk)


# --- Showing it -------------------------------------------------------------------------------------------


def timeline(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Show the timeline that an address asks for, or the next part of it, within the record's page."""
    record = record_or_404(request, type_name, pk)
    query = QueryDict(mutable=True)
    for name, texts in request.GET.lists():
        if given := [text for text in texts if text]:
            query.setlist(name, given)
    query["tab"] = WHOLE
    address = f"{record.get_absolute_url()}?{query.urlencode()}"
    if not request.htmx:
        return redirect(address)
    shown = Timeline(record, request.user, query, whole=True)
    if shown.is_part:
        shown.continues = True
        return render(request, "associations/_timeline_rows.html", {"timeline": shown, "record": record})
    if request.htmx.target == "timeline-items":
        response = render(request, "associations/_timeline_items.html", {"timeline": shown, "record": record})
    else:
        response = render(request, "associations/_timeline.html", {"timeline": shown, "record": record})
    response["HX-Push-Url"] = address
    return response


def _query_of_page(request: Request) -> QueryDict:
    """Return the query of the page that an action was taken on."""
    if not request.htmx:
        return QueryDict(urlsplit(posted_back(request)).query)
    return QueryDict(urlsplit(request.htmx.current_url or "").query)


def back_url(request: Request, record: Record) -> str:
    """Return the address of the page that an action was taken on; where unknown, of the whole timeline."""
    if request.htmx and request.htmx.current_url_abs_path:
        return request.htmx.current_url_abs_path
    return posted_back(request) or page_url(record)


def changed(request: Request, record: Record, focus: str = "") -> HttpResponse:
    """Answer with the timeline as it is now on the page that an action was taken on."""
    if not request.htmx:
        return redirect(back_url(request, record))
    query = _query_of_page(request)
    query = query.copy()
    query.pop("before", None)
    shown = Timeline(record, request.user, query, whole=is_whole(query))
    response = render(
        request, "associations/_timeline.html", {"timeline": shown, "record": record, "changed": True}
    )
    return closed(response, focus=focus or "timeline")


def item_id(activity: Record) -> str:
    """Return the id of the element that shows an activity."""
    return f"activity-{activity.pk}"


def show_item(request: Request, record: Record, activity: Record) -> HttpResponse:
    """Answer with one activity as it stands on the page."""
    item = timelines.item(record, activity, request.user)
    response = render(request, "associations/_activity_changed.html", {"item": item, "record": record})
    return closed(response, focus=item_id(activity))


# --- What is done to activities ---------------------------------------------------------------------------


@require_POST
def pin(request: Request, type_name: str, pk: int, activity_pk: int) -> HttpResponse:
    """Let an activity stand first on the timeline (`pinned=1`), or at its place again."""
    record = record_or_404(request, type_name, pk)
    activity = activity_or_404(request, record, activity_pk)
    if request.POST.get("pinned") != "1":
        timelines.unpin(record, activity)
        say(request, _("Unpinned."))
    elif timelines.pin(record, activity):
        say(request, _("Pinned to the top."))
    return changed(request, record, focus=item_id(activity))


@require_POST
def done(request: Request, type_name: str, pk: int, activity_pk: int) -> HttpResponse:
    """Tick a task off (`done=1`), or reopen it."""
    record = record_or_404(request, type_name, pk)
    activity = activity_or_404(request, record, activity_pk)
    if not isinstance(activity, Task):
        raise Http404(_("Only tasks can be completed."))
    completes = request.POST.get("done") == "1"
    try:
        change = tick_off(activity, completes, by=by(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if change:
            _say(request, record, ticked_text(completes), change.pk)
    return changed(request, record, focus=item_id(activity))


def ticked_text(completes: bool) -> str:
    """Return what is said of a task that was ticked off, or reopened."""
    return _("Task completed.") if completes else _("Task reopened.")


@require_POST
def archive(request: Request, type_name: str, pk: int, activity_pk: int) -> HttpResponse:
    """Archive an activity, which leaves every timeline that it stands on; a toast offers to undo it."""
    record = record_or_404(request, type_name, pk)
    activity = activity_or_404(request, record, activity_pk)
    stood_above = timelines.item(record, activity, request.user).stands_above
    author = recorded(by(request))
    record_services.archive_records([activity.pk], by=author)
    text = _("%(type)s archived.") % {"type": activity.kind.singular_label}
    _say(request, record, text, author.change.pk)
    if not request.htmx or stood_above:
        return changed(request, record)
    # Only that row goes, so that one stays where one has scrolled to.
    response = closed(render(request, "crm/_toasts_oob.html"), focus="timeline")
    response["HX-Retarget"], response["HX-Reswap"] = f"#{item_id(activity)}", "outerHTML"
    return response


def _say(request: Request, record: Record, text: str, change: int) -> None:
    say(request, text, undo=reverse("history:undo", args=[change]), back=back_url(request, record))


def says_saved(request: Request, record: Record, activity: Record, change: int | None) -> None:
    """Say that an activity was saved, and offer to undo it."""
    text = _("%(type)s saved.") % {"type": activity.kind.singular_label}
    if change:
        _say(request, record, text, change)
    else:
        say(request, text)
