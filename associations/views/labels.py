"""The labels of one association, edited on its card; and the primary company."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records.http import Request
from records.models import Record
from records.views.common import UNPROCESSABLE, by, posted_back, record_or_404

from .. import labels as words_of_types
from .. import saying, services
from ..label_forms import FIELD, choices, chosen_words
from ..labels import Word
from ..models import Association
from ..outcomes import Labelled
from ..picker import parse_replacing
from .common import back, changed, other_or_404, say_changed


def labels(request: Request, type_name: str, pk: int, other_pk: int) -> HttpResponse:
    """Show the labels of an association, or with `?edit` a form of them; save them."""
    record = record_or_404(request, type_name, pk)
    other = other_or_404(request, other_pk)
    if not words_of_types.words(record.object_type_id, other.object_type_id):
        raise Http404(_("There are no labels for these records."))
    if request.method == "POST":
        return _save(request, record, other)
    carried = _carried(record, other)
    if carried is None:
        names = {"one": record, "other": other}
        raise Http404(_("%(one)s and %(other)s are not associated.") % names)
    if "edit" in request.GET:
        return _show_form(request, record, other, [word.key for word in carried])
    if not request.htmx:
        return back(request, record)
    context = {"record": record, "other": other, "words": carried, "back": posted_back(request)}
    return render(request, "associations/_labels.html", context)


def _carried(record: Record, other: Record) -> list[Word] | None:
    """Return the labels of an association as read on the page of `record`; None where there is none."""
    ids = Association.objects.associated_among(record.pk, [other.pk])
    return words_of_types.carried(record.pk, ids.values()).get(other.pk, []) if ids else None


def _save(request: Request, record: Record, other: Record) -> HttpResponse:
    keys = request.POST.getlist(f"{FIELD}{other.pk}")
    replacing = parse_replacing(request.POST.getlist("replace"))
    before = _carried(record, other) or []
    try:
        words = chosen_words(keys, record.object_type_id, other.object_type_id)
        report = services.set_words(record, other.pk, words, by=by(request), replacing=replacing)
    except services.AssociationRefused as error:
        return _show_form(request, record, other, keys, refusals=error.report.refused)
    except ValidationError as error:
        return _show_form(request, record, other, keys, message=" ".join(error.messages))
    if report.change:
        text = _("Labels of %(name)s saved.") % {"name": other}
        gone = [Labelled.of(record.pk, other.pk, word) for word in before if word not in words]
        say_changed(request, record, [text, *saying.moved(report)], report.change, gone)
    return changed(request, record, other.kind, focus=f"edit-labels-{other.pk}")


def _show_form(
    request: Request, record: Record, other: Record, keys: list[str], **refused: Any
) -> HttpResponse:
    offered = words_of_types.words(record.object_type_id, other.object_type_id)
    context = {
        "record": record,
        "other": other,
        "choices": choices(offered, keys),
        "replacing": request.POST.getlist("replace"),
        "back": posted_back(request),
        "leave": posted_back(request) or f"{record.get_absolute_url()}?tab=associations",
        **refused,
    }
    template = "associations/_labels_form.html" if request.htmx else "associations/labels.html"
    response = render(request, template, context, status=UNPROCESSABLE if refused else 200)
    if request.htmx and refused:
        # What was to replace the section comes back onto the card instead.
        response["HX-Retarget"] = f"#labels-{other.pk}"
    return response


@require_POST
def primary(request: Request, type_name: str, pk: int, other_pk: int) -> HttpResponse:
    """Make an associated company the primary one of a record."""
    record = record_or_404(request, type_name, pk)
    other = other_or_404(request, other_pk)
    word = words_of_types.primary_word(record.object_type_id, other.object_type_id)
    if word is None:
        raise Http404(_("These records have no primary one."))
    try:
        report = services.label_pairs({(record.pk, other.pk): [word]}, by=by(request))
    except services.AssociationRefused as error:
        messages.error(request, " ".join(one.message for one in error.report.refused))
    else:
        if report.change:
            names = {"now": other, "name": record}
            text = _("%(now)s is now the primary company of %(name)s.") % names
            say_changed(request, record, saying.moved(report) or [text], report.change)
    return changed(request, record, other.kind, focus=f"edit-labels-{other.pk}")
