"""The properties of an object type, group by group."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records import conversion, data_model, derived
from records.http import Request
from records.models import ObjectType, Property
from records.settings_forms.common import SettingsForm
from records.settings_forms.derivations import EditPropertyForm, NewPropertyForm
from records.settings_forms.properties import ConversionForm
from records.views.common import UNPROCESSABLE, by, object_type_or_404, say

from .common import administrators_only, done, form_page, leave, posted, saved, type_page


def property_or_404(type_name: str, name: str) -> Property:
    """Return the property of that name, an archived one too. Raises Http404."""
    kind = object_type_or_404(type_name)
    prop = kind.properties.get(name) or kind.archived_properties.get(name)
    if prop is None:
        raise Http404(_("There is no property “%(name)s”.") % {"name": name})
    return prop


def tab(kind: ObjectType) -> str:
    """Return the address of a type's properties."""
    return reverse("settings:properties", args=[kind.name])


def gone(request: Request, prop: Property) -> HttpResponse:
    """Say that a property has been archived, such as by somebody else while a form was open."""
    messages.error(request, _("%(name)s has been archived; restore it first.") % {"name": prop.title})
    return leave(request, tab(prop.object_type))


@administrators_only
def property_list(request: Request, type_name: str) -> HttpResponse:
    """List the properties of a type, and the archived ones."""
    kind = object_type_or_404(type_name)
    return type_page(request, "properties", kind, archived=list(kind.archived_properties.values()))


@administrators_only
def create(request: Request, type_name: str) -> HttpResponse:
    """Add a property."""
    kind = object_type_or_404(type_name)
    redrawn = "redraw" in request.POST  # another type was chosen: other fields mean something
    if redrawn:
        form = NewPropertyForm(kind, initial=request.POST.dict())
    else:
        form = NewPropertyForm(kind, posted(request))
    if request.htmx:
        form.narrow(request.POST.get("type", Property.FieldType.TEXT))
    if not redrawn and form.is_valid():
        path = f"{kind.name}.properties.{form.cleaned_data['name']}"
        if saved(form, path, {"objects": {kind.name: form.definition}}, new=True):
            return done(request, _("%(name)s added.") % {"name": form.cleaned_data["label"]}, tab(kind))
    return form_page(request, form, title=_("Add property"), submit=_("Add"), back=tab(kind))


@administrators_only
def edit(request: Request, type_name: str, name: str) -> HttpResponse:
    """Change a property."""
    prop = property_or_404(type_name, name)
    if prop.archived_at:
        return gone(request, prop)
    kind = prop.object_type
    form = EditPropertyForm(prop, posted(request))
    if form.is_valid():
        path = f"{kind.name}.properties.{prop.name}"
        if saved(form, path, {"objects": {kind.name: form.definition}}):
            return done(request, _("Saved."), tab(kind))
    return form_page(
        request,
        form,
        title=prop.title,
        submit=_("Save"),
        back=tab(kind),
        prop=prop,
        needed_by=data_model.needed_by(prop),
        can_convert=conversion.can_convert(prop),
    )


@administrators_only
@require_POST
def preview_formula(request: Request, type_name: str) -> HttpResponse:
    """Show what a formula comes to for an example, the newest record, or what is wrong with it."""
    kind = object_type_or_404(type_name)
    example = kind.model.objects.visible_to(request.user).of_type(kind).order_by("-pk").first()
    context: dict[str, Any] = {"example": example}
    text = request.POST.get("formula", "").strip()
    if text:
        try:
            context["result"] = derived.preview(text, kind, example)
        except ValidationError as error:
            context["problem"] = " ".join(error.messages)
    return render(request, "records/settings/_formula_preview.html", context)


@administrators_only
@require_POST
def move(request: Request, type_name: str, name: str) -> HttpResponse:
    """Move a property up or down within its group."""
    prop = property_or_404(type_name, name)
    if prop.archived_at:
        return gone(request, prop)
    among = Property.objects.filter(group=prop.group_id, archived_at__isnull=True)
    data_model.move(prop, among, up="up" in request.POST)
    return redirect(f"{tab(prop.object_type)}#property-{prop.name}")


@administrators_only
def archive(request: Request, type_name: str, name: str) -> HttpResponse:
    """Say how many records have a value of a property, and archive it."""
    prop = property_or_404(type_name, name)
    kind = prop.object_type
    if prop.archived_at:
        return gone(request, prop)
    if reason := data_model.needed_by(prop):
        raise Http404(reason)
    form = SettingsForm(posted(request))
    if form.is_valid():
        try:
            data_model.archive_property(prop)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            undo = reverse("settings:property-restore", args=[kind.name, prop.name])
            say(request, _("%(name)s archived.") % {"name": prop.title}, undo=undo)
            return leave(request, tab(kind))
    count = data_model.records_with_value(prop)
    text = ngettext(
        "%(count)s record has a value of it, which stays and comes back with the property.",
        "%(count)s records have a value of it, which stay and come back with the property.",
        count,
    ) % {"count": count}
    return form_page(
        request,
        form,
        title=_("Archive “%(name)s”?") % {"name": prop.title},
        submit=_("Archive"),
        back=tab(kind),
        text=_("The property leaves every page, form, filter and column.") + " " + text,
        danger=True,
    )


@administrators_only
@require_POST
def restore(request: Request, type_name: str, name: str) -> HttpResponse:
    """Bring an archived property back with its values."""
    prop = property_or_404(type_name, name)
    try:
        data_model.restore_property(prop)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(tab(prop.object_type))
    messages.success(request, _("%(name)s restored.") % {"name": prop.title})
    return redirect(f"{tab(prop.object_type)}#property-{prop.name}")


@administrators_only
def change_type(request: Request, type_name: str, name: str) -> HttpResponse:
    """Show what of a property's values would convert to another type, and convert them."""
    prop = property_or_404(type_name, name)
    kind = prop.object_type
    if prop.archived_at:
        return gone(request, prop)
    if not conversion.can_convert(prop):
        raise Http404(_("The type of this property cannot be changed."))
    form = ConversionForm(prop, request.POST or request.GET)
    preview = None
    if form.is_valid():
        try:
            if request.method == "POST":
                converted = conversion.convert(
                    prop, form.field_type, empty=form.cleaned_data["empty"], by=by(request)
                )
                text = ngettext(
                    "%(name)s is now of the type “%(type)s”; %(count)s value converted.",
                    "%(name)s is now of the type “%(type)s”; %(count)s values converted.",
                    converted,
                )
                words = {"name": prop.title, "type": form.type_label, "count": converted}
                return done(request, text % words, tab(kind))
            preview = conversion.preview(prop, form.field_type)
        except ValidationError as error:
            form.add_error(None, error)
            preview = conversion.preview(prop, form.field_type) if request.method == "POST" else None
    status = UNPROCESSABLE if form.errors else 200
    context = {"kind": kind, "prop": prop, "form": form, "preview": preview, "back": tab(kind)}
    return render(request, "records/settings/convert.html", context, status=status)
