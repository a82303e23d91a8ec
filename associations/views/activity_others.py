"""The list of records that an activity is associated with: in its editor, and afterwards on the timeline."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from records.http import Request
from records.models import Record
from records.views.common import UNPROCESSABLE, by, closed, record_or_404, say

from .. import activities
from ..activity_forms import log_form
from ..activity_others import Associated, Others, numbers, searches
from ..models import Association
from ..outcomes import AssociationRefused
from .log import kind_or_404
from .timeline import activity_or_404, back_url, changed, item_id, show_item


def others(request: Request, type_name: str, pk: int, activity_type: str) -> HttpResponse:
    """Show the list for an editor as it is filled in now."""
    record = record_or_404(request, type_name, pk)
    kind = kind_or_404(record, activity_type)
    form = log_form(kind, record, request.user, request.POST if request.method == "POST" else None)
    context = {
        "others": Others(record, kind, request.user, form),
        "own": record,
        "changed": True,
        "list_url": request.path,
    }
    return render(request, "associations/_activity_others_list.html", context)


def associated(request: Request, type_name: str, pk: int, activity_pk: int) -> HttpResponse:
    """Show with what an activity on a record's timeline is associated, and change it."""
    record = record_or_404(request, type_name, pk)
    activity = activity_or_404(request, record, activity_pk)
    if request.method != "POST":
        return _show(request, record, activity)
    listing = Associated(activity, request.user, request.POST)
    if request.htmx.target == "others-list" or searches(request, listing):
        return _show(request, record, activity)
    chosen = listing.chosen
    among = numbers(request.POST, "listed")
    try:
        change = activities.reassociate(activity, chosen, among=among, by=by(request))
    except AssociationRefused as error:
        return _show(request, record, activity, status=UNPROCESSABLE, refusals=error.report.refused)
    except ValidationError as error:
        return _show(request, record, activity, status=UNPROCESSABLE, message=" ".join(error.messages))
    back = back_url(request, record)
    if change:
        undo = reverse("history:undo", args=[change.pk])
        say(
            request,
            _("Associations of the %(type)s changed.") % {"type": activity.kind.singular_label.lower()},
            undo=undo,
            back=back,
        )
    if not request.htmx:
        return redirect(back)
    if not Association.objects.associated_among(record.pk, [activity.pk]):
        return changed(request, record)
    response = show_item(request, record, activity)
    response["HX-Retarget"] = f"#{item_id(activity)}"
    return closed(response, focus=item_id(activity))


def _show(
    request: Request, record: Record, activity: Record, *, status: int = 200, **context: Any
) -> HttpResponse:
    is_answer = request.method == "POST"
    context |= {
        "record": record,
        "activity": activity,
        "others": Associated(activity, request.user, request.POST if is_answer else None),
        "back": back_url(request, record),
    }
    if request.htmx.target == "others-list":
        context |= {"changed": True, "list_url": request.path}
        return render(request, "associations/_activity_others_list.html", context)
    template = (
        "associations/_activity_associated.html" if request.htmx else "associations/activity_associated.html"
    )
    response = render(request, template, context, status=status)
    if request.htmx and is_answer:
        # What was to replace the timeline comes back into the list instead.
        response["HX-Retarget"] = "#activity-associated"
    return response
