"""The sidebar's sections and the picker. Each view serves a page and, to HTMX, the part that changed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records.forms import PropertiesForm, create_form
from records.http import Request
from records.models import ObjectType, Record
from records.views.common import (
    UNPROCESSABLE,
    by,
    closed,
    object_type_or_404,
    record_or_404,
    say,
    selected_ids,
)

from . import picker as picking
from . import services, sidebar
from .outcomes import Replaced
from .type_pairs import may_be_associated

TABS = ("existing", "new")


def section(request: Request, type_name: str, pk: int, other_type: str) -> HttpResponse:
    """Show one section of a record's sidebar."""
    record = record_or_404(request, type_name, pk)
    object_type = object_type_or_404(other_type)
    if not request.htmx:
        return _back(record)
    return render(
        request, "associations/_section.html", {"section": sidebar.section(record, request.user, object_type)}
    )


@require_POST
def toggle(request: Request, type_name: str, pk: int, other_type: str) -> HttpResponse:
    """Collapse or expand the sections of an object type, and remember it for this user."""
    record = record_or_404(request, type_name, pk)
    object_type = object_type_or_404(other_type)
    sidebar.toggle(request.user, object_type)
    return section(request, type_name, pk, other_type) if request.htmx else _back(record)


def picker(request: Request, type_name: str, pk: int, other_type: str) -> HttpResponse:
    """Add associations: create a record, or tick existing ones, then save."""
    record = record_or_404(request, type_name, pk)
    object_type = object_type_or_404(other_type)
    if not may_be_associated(record.object_type_id, object_type.pk):
        names = {"one": record.kind.plural_label.lower(), "other": object_type.plural_label.lower()}
        raise Http404(_("The settings do not let %(one)s be associated with %(other)s.") % names)
    looking = request.POST.get("action") == "search" or "shown" in request.POST or "switch" in request.POST
    if request.method == "POST" and not looking:
        return _save(request, record, object_type)
    if request.htmx.target == "picker-results":
        return _show(request, record, object_type, template="associations/_picker_results.html")
    return _show(request, record, object_type)


def _save(request: Request, record: Record, object_type: ObjectType) -> HttpResponse:
    replacing = picking.parse_replacing(request.POST.getlist("replace"))
    refused: dict[str, Any] = {}
    form = None
    try:
        if request.POST.get("tab") == "new" and "instead" not in request.POST:
            form = create_form(object_type, request.POST)
            if not form.is_valid():
                raise ValidationError([])
            with transaction.atomic():
                texts = _associate(request, record, object_type, selected_ids(request), replacing)
                created = services.create_associated(
                    record, object_type, form.values, by=by(request), replacing=replacing
                )
            texts = [*texts, _("%(name)s created and associated.") % {"name": created}]
        else:
            ids = [*selected_ids(request, "instead"), *selected_ids(request)]
            if not ids:
                raise ValidationError(_("Tick at least one record."))
            texts = _associate(request, record, object_type, ids, replacing)
    except services.AssociationRefused as error:
        refused = {"refusals": error.report.refused}
    except ValidationError as error:
        if form is not None:
            form.add_refusal(error)
        else:
            refused = {"message": " ".join(error.messages)}
    else:
        return _saved(request, record, object_type, texts)
    return _show(request, record, object_type, form=form, status=UNPROCESSABLE, **refused)


def _associate(
    request: Request, record: Record, object_type: ObjectType, ids: list[int], replacing: list[Replaced]
) -> list[str]:
    """Associate the ticked records, if there are any; return what to say."""
    if not ids:
        return []
    _require_type(ids, object_type)
    count = len(services.associate(record, ids, by=by(request), replacing=replacing).associated)
    said = ngettext("%(count)s record associated.", "%(count)s records associated.", count)
    return [said % {"count": count}]


def _require_type(ids: list[int], object_type: ObjectType) -> None:
    """Refuse ids of records of another type: the section would not show them."""
    strangers = Record.objects.filter(pk__in=ids).exclude(object_type=object_type)
    if strangers:
        names = ", ".join(str(record) for record in strangers)
        raise ValidationError(
            _("%(names)s cannot be added here: choose records of the type %(type)s.")
            % {"names": names, "type": object_type.plural_label}
        )


def _show(
    request: Request,
    record: Record,
    object_type: ObjectType,
    *,
    form: PropertiesForm | None = None,
    status: int = 200,
    template: str = "",
    **context: Any,
) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    tab = data.get("switch") or data.get("tab")
    tab = tab if tab in TABS else TABS[0]
    text = data.get("q", "")
    shown = data.get("shown", "")
    context |= {
        "record": record,
        "object_type": object_type,
        "tab": tab,
        "text": text,
        "replacing": data.getlist("replace"),
    }
    # What was typed on the one tab and ticked on the other stays, whichever of them is shown.
    typed = {name: data[name] for name in data if name.startswith("new-")}
    if tab == "new":
        initial = {name.removeprefix("new-"): value for name, value in typed.items()}
        context["form"] = form or create_form(object_type, initial=initial)
        context["chosen"] = (
            Record.objects.visible_to(request.user).of_type(object_type).filter(pk__in=selected_ids(request))
        )
    else:
        context["typed"] = typed
        context["results"] = picking.find(
            record,
            object_type,
            text,
            selected_ids(request),
            request.user,
            int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 4 else picking.PAGE,
        )
    if not template:
        template = "associations/_picker.html" if request.htmx else "associations/picker.html"
    response = render(request, template, context, status=status)
    if request.htmx and template == "associations/_picker.html" and request.method == "POST":
        # What was to replace the section comes back into the picker instead.
        response["HX-Retarget"] = "#picker"
    return response


def _saved(request: Request, record: Record, object_type: ObjectType, texts: list[str]) -> HttpResponse:
    for text in texts:
        messages.success(request, text)
    if not request.htmx:
        return _back(record)
    return _changed(request, record, object_type)


def _changed(request: Request, record: Record, object_type: ObjectType) -> HttpResponse:
    """Answer with the section that changed and, where the page shows them, the last activities.

    With them go the record's properties that may follow from the change.
    """
    following = [prop for prop in record.kind.properties.values() if prop.derivation]
    if following:
        record = record.kind.model.objects.get(pk=record.pk)
    context = {
        "following": following,
        "object_type": record.kind,
        "section": sidebar.section(record, request.user, object_type),
        "record": record,
        "shows_feed": "tab=activities" not in (request.htmx.current_url or ""),
    }
    response = render(request, "associations/_saved.html", context)
    return closed(response, focus=f"add-{object_type.name}")


def remove(request: Request, type_name: str, pk: int, other_pk: int) -> HttpResponse:
    """Dissolve one association; a page asks first where there is no script, and a toast offers to undo it."""
    record = record_or_404(request, type_name, pk)
    other = Record.objects.visible_to(request.user).filter(pk=other_pk).first() if other_pk < 2**63 else None
    if other is None:
        raise Http404(_("This record does not exist, or has been archived."))
    if request.method != "POST":
        return render(request, "associations/remove.html", {"record": record, "other": other})
    removal = services.dissociate(record, [other.pk], by=by(request))
    if removal.change:
        text = _("%(other)s removed from %(record)s.") % {"other": other, "record": record}
        text = " ".join([text, *map(_without_primary, services.successors(removal.associations))])
        undo = reverse("history:undo", args=[removal.change.pk])
        say(request, text, undo=undo, back=record.get_absolute_url())
    if not request.htmx:
        return _back(record)
    return _changed(request, record, other.kind)


def _without_primary(lost: services.Successor) -> str:
    """Say that a record has no primary company any more, and which could be the next one."""
    names = {"name": lost.holder, "was": lost.was, "next": lost.next}
    if lost.next:
        return _("%(name)s has no primary company now; %(next)s would be next.") % names
    return _("%(name)s has no primary company now.") % names


def _back(record: Record) -> HttpResponse:
    return redirect(f"{record.get_absolute_url()}?tab=associations")
