"""What is done to the chosen records of a list: enter what it takes, see what it would do, do it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records import list_actions
from records.http import Request
from records.list_actions import DIRECT, ActionForm, Effect, ListAction
from records.models import ObjectType
from records.provenance import Origin
from records.selections import Selection

from .common import UNPROCESSABLE, by, closed, object_type_or_404, say

FORM, PREVIEW, DO = "form", "preview", "do"


@require_POST
def act(request: Request, type_name: str, name: str) -> HttpResponse:
    """Do an action to records of a list, in three steps: its form, a preview of its effect, the effect."""
    object_type = object_type_or_404(type_name)
    action = list_actions.find(name, object_type)
    if action is None:
        raise Http404(_("There is no such action."))
    context: dict[str, Any] = {"object_type": object_type, "action": action}
    try:
        selection = Selection(object_type, request.POST, request.user)
    except ValidationError as error:
        address = reverse("records:list", args=[type_name])
        back = QueryDict(request.POST.get("back", "")).urlencode()
        context |= {"message": " ".join(error.messages), "leave": f"{address}?{back}" if back else address}
        return show_sheet(request, context, status=UNPROCESSABLE)
    context |= {"selection": selection, "leave": selection.address}
    step = request.POST.get("step", FORM if action.template else PREVIEW)
    checks = step in (PREVIEW, DO)
    form = action.form(object_type, request.POST, request.user, check=checks)
    context["form"] = form
    if not checks or not form.is_complete:
        return show_sheet(request, context)
    if not form.is_valid():
        return show_sheet(request, context, status=UNPROCESSABLE)
    try:
        if step == DO and not selection.has_changed(request.POST):
            return _do(request, object_type, action, selection, form)
        return _preview(request, context, action, selection, form, anew=step == DO)
    except ValidationError as error:
        context["message"] = " ".join(error.messages)
        return show_sheet(request, context, status=UNPROCESSABLE)


def _preview(
    request: Request,
    context: dict[str, Any],
    action: ListAction,
    selection: Selection,
    form: ActionForm,
    *,
    anew: bool,
) -> HttpResponse:
    params, kind = form.params, selection.object_type
    effect = list_actions.preview(action, kind, selection.ids, params, by(request, Origin.LIST))
    context |= {
        "effect": effect,
        "asked": action.asked(kind, params, selection.count),
        "carried": list_actions.carried(request.POST),
        "is_job": selection.count > DIRECT,
    }
    if anew:
        context["message"] = _("Meanwhile there are others: look at them again.")
    return show_sheet(request, context, status=UNPROCESSABLE if anew else 200)


def show_sheet(request: Request, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Show a step: in the dialog, or as a page."""
    template = "records/_list_action.html" if request.htmx else "records/list_action.html"
    return render(request, template, context, status=status)


def _do(
    request: Request, object_type: ObjectType, action: ListAction, selection: Selection, form: ActionForm
) -> HttpResponse:
    author = by(request, Origin.LIST)
    if selection.count > DIRECT:
        job = list_actions.start(action, object_type, selection.ids, form.params, author)
        return leave_for(request, job.get_absolute_url())
    effect = list_actions.do(action, object_type, selection.ids, form.params, author)
    text = _told(action, object_type, form.params, effect)
    if effect.change:
        undo = reverse("history:undo", args=[effect.change.pk])
        say(request, text, undo=undo, back=selection.address)
    else:
        say(request, text)
    if not request.htmx:
        return redirect(selection.address)
    from .lists import show_records  # which leads here

    response = closed(show_records(request, object_type, QueryDict(selection.back)), focus="rows")
    response["HX-Retarget"], response["HX-Reswap"] = "#list", "outerHTML"
    return response


def _told(action: ListAction, object_type: ObjectType, params: dict[str, Any], effect: Effect) -> str:
    texts = []
    if effect.changed:
        texts.append(action.said(object_type, params, len(effect.changed)) + ".")
    elif not effect.refused:
        texts.append(_("Nothing to do: they are like that already."))
    if number := len(effect.refused):
        text = ngettext("%(count)s record was refused.", "%(count)s records were refused.", number)
        texts.append(text % {"count": number})
    return " ".join(texts)


def leave_for(request: Request, address: str) -> HttpResponse:
    """Lead the whole page somewhere else."""
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else redirect(address)
