"""The picker: a page and, to HTMX, a panel that refreshes the section it was opened from."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from records.forms import PropertiesForm, create_form
from records.http import Request
from records.models import ObjectType, Record
from records.views.common import (
    UNPROCESSABLE,
    by,
    object_type_or_404,
    posted_back,
    record_or_404,
    say,
    selected_ids,
)

from .. import labels, saying, services
from .. import picker as picking
from ..label_forms import choices, posted_keys
from ..picker import NEW, Picked
from ..type_pairs import may_be_associated
from .common import changed, say_changed

TABS = ("existing", "new")


def picker(request: Request, type_name: str, pk: int, other_type: str) -> HttpResponse:
    """Add associations: create a record, or tick existing ones, choose their labels, then save."""
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


def _picked(request: Request) -> Picked:
    data = request.POST if request.method == "POST" else request.GET
    return Picked(selected_ids(request), selected_ids(request, "associated"), posted_keys(data))


def _save(request: Request, record: Record, object_type: ObjectType) -> HttpResponse:
    refused: dict[str, Any] = {}
    form = None
    if request.POST.get("tab") == "new" and "instead" not in request.POST:
        form = create_form(object_type, request.POST)
    try:
        if form and not form.is_valid():
            raise ValidationError([])
        _associate(request, record, object_type, form)
    except services.AssociationRefused as error:
        refused = {"refusals": error.report.refused}
    except ValidationError as error:
        if form and hasattr(error, "error_dict"):
            form.add_refusal(error)
        else:
            refused = {"message": " ".join(error.messages)}
    else:
        return changed(request, record, object_type)
    return _show(request, record, object_type, form=form, status=UNPROCESSABLE, **refused)


def _associate(
    request: Request, record: Record, object_type: ObjectType, form: PropertiesForm | None
) -> None:
    """Associate what was picked, and what the form creates, with their labels; say what became of them.

    Raises ValidationError or AssociationRefused.
    """
    picked = _picked(request)
    replacing = picking.parse_replacing(request.POST.getlist("replace"))
    chosen = picked.words(record, object_type)
    created = None
    if form:
        _require_type(chosen, object_type)
        new = picked.words_of(NEW, record, object_type)
        created, report = services.create_associated(
            record, object_type, form.values, by=by(request), replacing=replacing, words=new, others=chosen
        )
    else:
        if instead := selected_ids(request, "instead"):
            # In place of a record to be created one that there is: first, and with the labels meant for it.
            chosen = dict.fromkeys(instead, picked.words_of(NEW, record, object_type)) | chosen
        if not chosen:
            raise ValidationError(_("Tick at least one record."))
        _require_type(chosen, object_type)
        report = services.associate(record, chosen, by=by(request), replacing=replacing, words=chosen)
    texts = saying.became(report, created)
    if report.change:
        say_changed(request, record, texts, report.change)
    else:
        say(request, " ".join(texts))


def _require_type(ids: Iterable[int], object_type: ObjectType) -> None:
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
    picked = _picked(request)
    context |= {
        "record": record,
        "object_type": object_type,
        "tab": tab,
        "text": text,
        "replacing": data.getlist("replace"),
        "back": posted_back(request),
        "leave": posted_back(request) or f"{record.get_absolute_url()}?tab=associations",
        "new_choices": choices(labels.words(record.object_type_id, object_type.pk), picked.keys.get(NEW, ())),
    }
    # What was typed on the one tab and ticked on the other stays, whichever of them is shown.
    typed = {name: data[name] for name in data if name.startswith("new-")}
    if tab == "new":
        initial = {name.removeprefix("new-"): value for name, value in typed.items()}
        context["form"] = form or create_form(object_type, initial=initial)
        context["chosen"] = picking.chips(record, object_type, picked, request.user)
    else:
        context["typed"] = typed
        context["results"] = picking.find(
            record,
            object_type,
            text,
            picked,
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
