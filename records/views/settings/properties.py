"""The properties of an object type, group by group."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import data_model, derived
from records.http import Request
from records.models import ObjectType, Property
from records.settings_forms.derivations import EditPropertyForm, NewPropertyForm
from records.settings_forms.properties import GroupForm
from records.views.common import object_type_or_404

from .common import administrators_only, done, form_page, posted, saved, type_page


def property_or_404(type_name: str, name: str) -> Property:
    """Return the property of that name. Raises Http404."""
    prop = object_type_or_404(type_name).properties.get(name)
    if prop is None:
        raise Http404(_("There is no property “%(name)s”.") % {"name": name})
    return prop


def tab(kind: ObjectType) -> str:
    """Return the address of a type's properties."""
    return reverse("settings:properties", args=[kind.name])


@administrators_only
def property_list(request: Request, type_name: str) -> HttpResponse:
    """List the properties of a type."""
    return type_page(request, "properties", object_type_or_404(type_name))


@administrators_only
def create(request: Request, type_name: str) -> HttpResponse:
    """Add a property."""
    kind = object_type_or_404(type_name)
    form = NewPropertyForm(kind, posted(request))
    if form.is_valid():
        path = f"{kind.name}.properties.{form.cleaned_data['name']}"
        if saved(form, path, {"objects": {kind.name: form.definition}}, new=True):
            return done(request, _("%(name)s added.") % {"name": form.cleaned_data["label"]}, tab(kind))
    return form_page(request, form, title=_("Add property"), submit=_("Add"), back=tab(kind))


@administrators_only
def edit(request: Request, type_name: str, name: str) -> HttpResponse:
    """Change a property."""
    prop = property_or_404(type_name, name)
    kind = prop.object_type
    form = EditPropertyForm(prop, posted(request))
    if form.is_valid():
        path = f"{kind.name}.properties.{prop.name}"
        if saved(form, path, {"objects": {kind.name: form.definition}}):
            return done(request, _("Saved."), tab(kind))
    return form_page(request, form, title=prop.title, submit=_("Save"), back=tab(kind), prop=prop)


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
    data_model.move(prop, Property.objects.filter(group=prop.group_id), up="up" in request.POST)
    return redirect(f"{tab(prop.object_type)}#property-{prop.name}")


@administrators_only
def rename_group(request: Request, type_name: str, name: str) -> HttpResponse:
    """Rename a group."""
    kind = object_type_or_404(type_name)
    group = next((group for group in kind.groups if group.name == name), None)
    if group is None:
        raise Http404(_("There is no group “%(name)s”.") % {"name": name})
    form = GroupForm(posted(request), initial={"label": group.label})
    if form.is_valid():
        given = {"objects": {kind.name: {"groups": {name: form.cleaned_data}}}}
        if saved(form, f"{kind.name}.groups.{name}", given):
            return done(request, _("Saved."), tab(kind))
    return form_page(request, form, title=_("Rename group"), submit=_("Save"), back=tab(kind))
