"""The groups under which the properties of an object type stand."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import data_model
from records.http import Request
from records.models import PropertyGroup
from records.settings_forms.common import free_name
from records.settings_forms.properties import DeleteGroupForm, GroupForm
from records.views.common import object_type_or_404

from .common import administrators_only, done, form_page, posted, saved
from .properties import tab


def group_or_404(type_name: str, name: str) -> PropertyGroup:
    """Return the group of that name, with its type. Raises Http404."""
    kind = object_type_or_404(type_name)
    for group in kind.groups:
        if group.name == name:
            group.object_type = kind
            return group
    raise Http404(_("There is no group “%(name)s”.") % {"name": name})


@administrators_only
def create(request: Request, type_name: str) -> HttpResponse:
    """Add a group without properties yet."""
    kind = object_type_or_404(type_name)
    form = GroupForm(posted(request))
    if form.is_valid():
        label = form.cleaned_data["label"]
        name = free_name(label, {"new", *(one.name for one in kind.groups)}, "group")
        given = {"objects": {kind.name: {"groups": {name: {"label": label}}}}}
        if saved(form, f"{kind.name}.groups.{name}", given, new=True):
            return done(request, _("%(name)s added.") % {"name": label}, tab(kind))
    return form_page(request, form, title=_("Add group"), submit=_("Add"), back=tab(kind))


@administrators_only
def rename(request: Request, type_name: str, name: str) -> HttpResponse:
    """Rename a group."""
    group = group_or_404(type_name, name)
    kind = group.object_type
    form = GroupForm(posted(request), initial={"label": group.label})
    if form.is_valid():
        given = {"objects": {kind.name: {"groups": {name: form.cleaned_data}}}}
        if saved(form, f"{kind.name}.groups.{name}", given):
            return done(request, _("Saved."), tab(kind))
    return form_page(request, form, title=_("Rename group"), submit=_("Save"), back=tab(kind))


@administrators_only
@require_POST
def move(request: Request, type_name: str, name: str) -> HttpResponse:
    """Move a group up or down."""
    group = group_or_404(type_name, name)
    kind = group.object_type
    data_model.move(group, PropertyGroup.objects.filter(object_type=kind), up="up" in request.POST)
    return redirect(f"{tab(kind)}#group-{group.name}")


@administrators_only
def delete(request: Request, type_name: str, name: str) -> HttpResponse:
    """Ask where the properties of a group go, and delete it."""
    group = group_or_404(type_name, name)
    kind = group.object_type
    count = group.property_rows.count()
    others = [one for one in kind.groups if one != group]
    form = DeleteGroupForm(count, others, posted(request))
    if form.is_valid():
        try:
            data_model.delete_group(group, target=form.target)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return done(request, _("%(name)s deleted.") % {"name": group}, tab(kind))
    return form_page(
        request,
        form,
        title=_("Delete group “%(name)s”?") % {"name": group},
        submit=_("Delete"),
        back=tab(kind),
        text=_("Its properties move, archived ones too.") if count else _("No property stands here."),
        danger=True,
    )
