"""The editors that log an activity on a record, and edit one: a page and, to HTMX, a part of the timeline."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from records import attachments, history
from records import services as record_services
from records.attachment_forms import AttachmentsForm, attachments_form
from records.http import Request
from records.models import ObjectType, Record
from records.views.common import UNPROCESSABLE, by, object_type_or_404, record_or_404

from ..activities import log_activity
from ..activity_forms import ActivityForm, log_form
from ..activity_others import Others, searches
from ..outcomes import AssociationRefused
from ..type_pairs import may_be_associated
from .timeline import activity_or_404, back_url, changed, item_id, says_saved, show_item


def kind_or_404(record: Record, activity_type: str) -> ObjectType:
    """Return the activity type of that name. Raises Http404 where it cannot be logged on the record."""
    kind = object_type_or_404(activity_type)
    if not kind.is_activity or not may_be_associated(record.object_type_id, kind.pk):
        names = {"type": kind.plural_label.lower(), "record": record.kind.plural_label.lower()}
        raise Http404(_("There are no %(type)s on %(record)s.") % names)
    return kind


def log(request: Request, type_name: str, pk: int, activity_type: str) -> HttpResponse:
    """Log an activity on a record and on the others that are ticked; without a list on what the rules say."""
    record = record_or_404(request, type_name, pk)
    kind = kind_or_404(record, activity_type)
    form = log_form(kind, record, request.user, request.POST if request.method == "POST" else None)
    others = Others(record, kind, request.user, form)
    if request.method != "POST":
        return _show(request, record, kind, form, attachments_form(None), others=others)
    files = attachments_form(None, request.POST, request.FILES)
    if searches(request, others):
        files.say_gone()
        return _show(request, record, kind, form.unchecked(), files, others=others)
    refusals: list[Any] = []
    if _are_valid(form, files):
        named = others.chosen if others.is_open else None
        try:
            with attachments.with_files():
                author = history.recorded(by(request))
                activity, _report = log_activity(record, kind, form.values, others=named, by=author)
                attachments.add(activity, files.uploads, by=author)
        except ValidationError as error:
            form.add_refusal(error)
        except AssociationRefused as error:
            refusals = error.report.refused
        else:
            says_saved(request, record, activity, author.change.pk)
            return changed(request, record, focus=item_id(activity))
    return _show(request, record, kind, form, files, others=others, refusals=refusals, status=UNPROCESSABLE)


def edit(request: Request, type_name: str, pk: int, activity_pk: int) -> HttpResponse:
    """Edit an activity at its place on the timeline; `?item` shows it as it is."""
    record = record_or_404(request, type_name, pk)
    activity = activity_or_404(request, record, activity_pk)
    if request.method != "POST":
        if "item" in request.GET:
            return show_item(request, record, activity) if request.htmx else redirect(activity)
        form = ActivityForm(activity.kind, activity=activity)
        return _show(request, record, activity.kind, form, attachments_form(activity))
    form = ActivityForm(activity.kind, request.POST, activity=activity)
    files = attachments_form(activity, request.POST, request.FILES)
    if _are_valid(form, files):
        try:
            with attachments.with_files():
                author = history.recorded(by(request))
                saved = record_services.update_record(activity, form.values, by=author)
                attachments.add(saved, files.uploads, by=author)
        except ValidationError as error:
            form.add_refusal(error)
        else:
            says_saved(request, record, saved, _kept(author))
            return _saved(request, record, activity, saved)
    return _show(request, record, activity.kind, form, files, status=UNPROCESSABLE)


def _are_valid(form: ActivityForm, files: AttachmentsForm) -> bool:
    """Whether both parts of an editor are; each says what is wrong with it."""
    return all([form.is_valid(), files.is_valid()])


def _kept(author: Any) -> int | None:
    """Return the id of the change, unless there was nothing to change."""
    pk = author.change.pk
    history.forget_if_empty(author.change)
    return pk if author.change.pk else None


def _saved(request: Request, record: Record, before: Record, saved: Record) -> HttpResponse:
    """Answer with the activity where it stood, or with the timeline where it has moved."""
    stays = (before.happened_at, before.is_pending) == (saved.happened_at, saved.is_pending)
    if not request.htmx or not stays:
        return changed(request, record, focus=item_id(saved))
    response = show_item(request, record, saved)
    response["HX-Retarget"] = f"#{item_id(saved)}"
    return response


def _show(
    request: Request,
    record: Record,
    kind: ObjectType,
    form: ActivityForm,
    files: AttachmentsForm,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    if status == UNPROCESSABLE:
        files.say_gone()
    context |= {
        "record": record,
        "kind": kind,
        "form": form,
        "files": files,
        "activity": form.record,
        "back": back_url(request, record),
    }
    template = "associations/_activity_editor.html" if request.htmx else "associations/activity_editor.html"
    response = render(request, template, context, status=status)
    if request.htmx and request.method == "POST":
        # What was to replace the timeline comes back into the editor instead.
        response["HX-Retarget"] = f"#{item_id(form.record)}" if form.record else "#timeline-editor"
        response["HX-Reswap"] = "outerHTML" if form.record else "innerHTML"
    return response
