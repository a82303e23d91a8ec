"""The page of one record, its properties edited in place."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from records import services
from records.forms import PropertiesForm
from records.http import Request
from records.models import Property, Record
from records.record_history import RecordHistory
from records.requirements import Standing

from .common import UNPROCESSABLE, AbsentRecord, by, object_type_or_404, record_or_404, say_archived

# What the column in the middle shows, and what a phone shows, by name in the address.
TABS = {
    "overview": gettext_lazy("Overview"),
    "activities": gettext_lazy("Activities"),
    "history": gettext_lazy("History"),
    "associations": gettext_lazy("Associations"),
}
PHONE_TABS = {
    "about": gettext_lazy("About"),
    "activities": gettext_lazy("Activity"),
    "history": gettext_lazy("History"),
    "associations": gettext_lazy("Associations"),
}


def record_by_id(request: Request, pk: int) -> HttpResponse:
    """Lead from a bare record id to the record's page."""
    record = Record.objects.visible_to(request.user).filter(pk=pk).first() if pk < 2**63 else None
    if record is None:
        raise AbsentRecord(pk)
    return redirect(record)


def record_page(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Show a record: properties, overview, activities or history, and the sidebar."""
    record = record_or_404(request, type_name, pk)
    asked = request.GET.get("tab", "")
    tab = asked if asked in TABS else "overview"
    phone_tab = "activities" if asked == "overview" else asked if asked in PHONE_TABS else "about"
    context: dict[str, Any] = {
        "record": record,
        "object_type": record.kind,
        "tabs": TABS,
        "tab": tab,
        "phone_tabs": PHONE_TABS,
        "phone_tab": phone_tab,
        # The column that a phone shows.
        "column": phone_tab if phone_tab in ("about", "associations") else "activity",
    }
    status = 200
    if tab == "history":
        context["history"] = RecordHistory(record, request.GET, request.user)
        status = 200 if context["history"].filters.is_valid() else UNPROCESSABLE
    return render(request, "records/record.html", context, status=status)


def edit_property(request: Request, type_name: str, pk: int, name: str) -> HttpResponse:
    """Show one property, its form (`?edit`), or save it; with a stage, what is required there."""
    record = record_or_404(request, type_name, pk)
    prop = record.kind.properties.get(name)
    if prop is None:
        raise Http404(_("There is no property “%(name)s”.") % {"name": name})
    context: dict[str, Any] = {"record": record, "object_type": record.kind, "prop": prop}
    if request.method != "POST" and "edit" not in request.GET:
        return render(request, "records/_property.html", context) if request.htmx else redirect(record)
    if prop.read_only:
        raise Http404(_("This property cannot be edited."))
    form = _edit_form(request, record, prop)
    if request.method == "POST" and _saved(request, record, form, context):
        if request.htmx:
            return render(request, "records/_property_saved.html", context)
        return redirect(record)
    context["form"] = form
    template = "records/_property_form.html" if request.htmx else "records/property.html"
    return render(request, template, context, status=UNPROCESSABLE if request.method == "POST" else 200)


@require_POST
def move_to_stage(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Move a record to another stage of its pipeline, from the bar on its page.

    Where the stage requires what the record lacks, a form asks for it.
    """
    record = record_or_404(request, type_name, pk)
    prop = record.kind.stage_property
    if prop is None:
        raise Http404(_("This object type has no pipeline."))
    form = _edit_form(request, record, prop)
    context: dict[str, Any] = {"record": record, "object_type": record.kind, "prop": prop}
    if _saved(request, record, form, context):
        return redirect(record)
    context["form"] = form
    return render(request, "records/property.html", context, status=UNPROCESSABLE)


def _edit_form(request: Request, record: Record, prop: Property) -> PropertiesForm:
    """Return the form of a property; of a stage, together with what the record lacks there."""
    if request.method != "POST":
        return PropertiesForm(record.kind, [prop], record=record, prefix="edit")
    data = request.POST.copy()
    if "stage" in data:  # from the bar
        data[f"edit-{prop.name}"] = request.POST.get("stage", "")
    if prop != record.kind.stage_property:
        return PropertiesForm(record.kind, [prop], data, record=record, prefix="edit")
    stages = {str(pk): stage for pk, stage in record.kind.stages.items()}
    stage = stages.get(data.get(f"edit-{prop.name}", ""))
    moved = Standing.of(record).with_values({prop.name: stage})
    lacking = moved.missing if stage != prop.value_of(record) else []
    typed = [one for name, one in record.kind.properties.items() if f"edit-{name}" in data and one != prop]
    asked = [one for one in record.kind.properties.values() if one in lacking or one in typed]
    # Nothing is refused before it was asked for.
    first = any(one not in typed for one in lacking)
    form = PropertiesForm(
        record.kind,
        [prop, *(one for one in asked if not one.read_only)],
        None if first and not typed else data,
        record=record,
        prefix="edit",
    )
    for one in lacking:
        form.fields[one.name].required = True
    if not form.is_bound and stage:
        form.fields[lacking[0].name].widget.attrs["autofocus"] = True
        form.fields[prop.name].initial = stage.pk
        form.lead = _("“%(stage)s” needs more of this record.") % {"stage": stage}
    return form


def _saved(request: Request, record: Record, form: PropertiesForm, context: dict[str, Any]) -> bool:
    """Save what a form was told, as `context["record"]`; say whether that went well."""
    if not form.is_valid():
        return False
    try:
        context["record"] = services.update_record(record, form.values, by=by(request))
    except ValidationError as error:
        form.add_refusal(error)
        return False
    context["also"] = form.chosen[1:]
    return True


@require_POST
def archive(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Archive a record; the list offers to undo it."""
    object_type = object_type_or_404(type_name)
    record = record_or_404(request, type_name, pk)
    say_archived(request, object_type, services.archive_records([record.pk], by=by(request)))
    return redirect("records:list", type_name)
