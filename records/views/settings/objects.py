"""Object types: the list of them, a new one, how one is called and shown, archiving."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records import schema, services
from records.http import Request
from records.models import ObjectType, Record
from records.settings_forms.common import SettingsForm
from records.settings_forms.objects import GeneralForm, ObjectTypeForm
from records.views.common import by, object_type_or_404, say

from .common import administrators_only, done, form_page, posted, saved, type_page


@administrators_only
def index(request: Request) -> HttpResponse:
    """Lead to the first page of the settings."""
    return redirect("settings:objects")


@administrators_only
def object_list(request: Request) -> HttpResponse:
    """List the object types with how many records and properties each has."""
    visible = Record.objects.visible_to(request.user).order_by()
    counts = dict(visible.values_list("object_type").annotate(Count("pk")))
    rows = [{"kind": kind, "count": counts.get(kind.pk, 0)} for kind in schema.current().types]
    archived = ObjectType.objects.filter(archived_at__isnull=False)
    return render(request, "records/settings/objects.html", {"rows": rows, "archived": archived})


@administrators_only
def create(request: Request) -> HttpResponse:
    """Create an object type."""
    form = ObjectTypeForm(posted(request))
    if form.is_valid():
        name = form.cleaned_data["name"]
        if saved(form, name, {"objects": {name: form.definition}}, new=True):
            kind = schema.current().type(name)
            return done(
                request,
                _("%(name)s created.") % {"name": kind.plural_label},
                reverse("settings:properties", args=[name]),
            )
    return form_page(
        request,
        form,
        title=_("Create object type"),
        submit=_("Create"),
        back=reverse("settings:objects"),
    )


@administrators_only
def general(request: Request, type_name: str) -> HttpResponse:
    """Show and change how a type is called and shown."""
    kind = object_type_or_404(type_name)
    form = GeneralForm(kind, posted(request))
    if form.is_valid() and saved(form, kind.name, {"objects": {kind.name: form.definition}}):
        return done(request, _("Saved."), request.path)
    return type_page(request, "general", kind, form=form)


@administrators_only
def archive(request: Request, type_name: str) -> HttpResponse:
    """Say what archiving a type takes along, and do it."""
    kind = object_type_or_404(type_name)
    if not kind.is_custom:
        raise Http404(_("Standard object types cannot be archived."))
    if request.method == "POST":
        services.archive_type(kind, by=by(request))
        say(
            request,
            _("%(name)s archived.") % {"name": kind.plural_label},
            undo=reverse("settings:object-restore", args=[kind.name]),
        )
        to = reverse("settings:objects")
        return HttpResponse(headers={"HX-Redirect": to}) if request.htmx else redirect(to)
    count = Record.objects.live().of_type(kind).count()
    text = ngettext(
        "The type leaves every page, and its %(count)s record with it. Both come back when it is restored.",
        "The type leaves every page, and its %(count)s records with it. All come back when it is restored.",
        count,
    ) % {"count": count}
    return form_page(
        request,
        SettingsForm(),
        title=_("Archive %(type)s?") % {"type": kind.plural_label},
        submit=_("Archive"),
        back=reverse("settings:object", args=[kind.name]),
        text=text,
        danger=True,
    )


@administrators_only
@require_POST
def restore(request: Request, type_name: str) -> HttpResponse:
    """Bring an archived type back with its records."""
    kind = ObjectType.objects.filter(name=type_name).first()
    if kind is None:
        raise Http404(_("There is no object type “%(name)s”.") % {"name": type_name})
    try:
        count = services.restore_type(kind, by=by(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("settings:objects")
    text = ngettext(
        "%(name)s restored with %(count)s record.", "%(name)s restored with %(count)s records.", count
    )
    messages.success(request, text % {"name": kind.plural_label, "count": count})
    return redirect("settings:object", type_name)
