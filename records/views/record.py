"""The page of one record, its properties edited in place."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import services
from records.forms import PropertiesForm
from records.http import Request
from records.models import Record

from .common import UNPROCESSABLE, by, object_type_or_404, record_or_404, say_archived

TABS = ("about", "overview", "activities", "associations")


def record_by_id(request: Request, pk: int) -> HttpResponse:
    """Lead from a bare record id to the record's page."""
    record = Record.objects.visible_to(request.user).filter(pk=pk).first()
    if record is None:
        raise Http404(_("This record does not exist, or has been archived."))
    return redirect(record)


def record_page(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Show a record: properties, overview or activities, and the sidebar."""
    record = record_or_404(request, type_name, pk)
    tab = request.GET.get("tab", "")
    if tab not in TABS:
        tab = ""
    context = {
        "record": record,
        "object_type": record.kind,
        "tab": tab,
        # The column that a phone shows.
        "column": {"": "about", "overview": "activity", "activities": "activity"}.get(tab, tab),
    }
    return render(request, "records/record.html", context)


def edit_property(request: Request, type_name: str, pk: int, name: str) -> HttpResponse:
    """Show one property, its form (`?edit`), or save it."""
    record = record_or_404(request, type_name, pk)
    prop = record.kind.properties.get(name)
    if prop is None:
        raise Http404(_("There is no property “%(name)s”.") % {"name": name})
    context: dict[str, Any] = {"record": record, "object_type": record.kind, "prop": prop}
    if request.method != "POST" and "edit" not in request.GET:
        return render(request, "records/_property.html", context) if request.htmx else redirect(record)
    if prop.read_only:
        raise Http404(_("This property cannot be edited."))
    form = PropertiesForm(
        record.kind, [prop], request.POST if request.method == "POST" else None, record=record, prefix="edit"
    )
    if request.method == "POST" and form.is_valid():
        try:
            context["record"] = services.update_record(record, form.values, by=by(request))
        except ValidationError as error:
            form.add_refusal(error)
        else:
            if request.htmx:
                return render(request, "records/_property_saved.html", context)
            return redirect(record)
    context["form"] = form
    template = "records/_property_form.html" if request.htmx else "records/property.html"
    return render(request, template, context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
def move_to_stage(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Move a record to another stage of its pipeline, from the bar on its page."""
    record = record_or_404(request, type_name, pk)
    prop = record.kind.stage_property
    if prop is None:
        raise Http404(_("This object type has no pipeline."))
    form = PropertiesForm(
        record.kind,
        [prop],
        {f"edit-{prop.name}": request.POST.get("stage", "")},
        record=record,
        prefix="edit",
    )
    if form.is_valid():
        try:
            services.update_record(record, form.values, by=by(request))
        except ValidationError as error:
            form.add_refusal(error)
        else:
            return redirect(record)
    context = {"record": record, "object_type": record.kind, "prop": prop, "form": form}
    return render(request, "records/property.html", context, status=UNPROCESSABLE)


@require_POST
def archive(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Archive a record; the list offers to undo it."""
    object_type = object_type_or_404(type_name)
    record = record_or_404(request, type_name, pk)
    say_archived(request, object_type, services.archive_records([record.pk], by=by(request)))
    return redirect("records:list", type_name)
