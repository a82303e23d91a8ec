"""What is done on a board: a card is moved, by pointer, by key or by its menu."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from records.board import Board
from records.forms import PropertiesForm
from records.http import Request
from records.lists import RecordList
from records.models import ObjectType, Property, Record, Stage
from records.provenance import Origin
from records.ranks import Moved, move_card

from .common import UNPROCESSABLE, by, closed, object_type_or_404, record_or_404, say

PREFIX = "move"  # of the fields that a stage asks for


def move(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Move a card to another stage or place; without a POST, show where it can go.

    The address carries the board's own query, by which its heads are counted and to which one returns.
    """
    object_type = object_type_or_404(type_name)
    if object_type.stage_property is None:
        raise Http404(_("This object type has no pipeline."))
    try:
        record = record_or_404(request, type_name, pk)
    except Http404 as error:
        if request.method != "POST" or not request.htmx:
            raise
        return _refuse(request, type_name, str(error))
    if request.method != "POST":
        template = "records/_card_menu.html" if request.htmx else "records/move.html"
        return render(request, template, {"record": record, "object_type": object_type, "query": request.GET})
    stage = object_type.stages.get(_id(request, "stage") or 0)
    form = _form(request, object_type, record, request.POST.getlist("field"))
    try:
        if stage is None:
            raise ValidationError(_("This stage has been deleted meanwhile."))
        if not form.is_valid():
            return _ask(request, record, stage, form)
        board = Board(RecordList(object_type, request.GET, request.user), stage.pipeline)
        moved = move_card(
            record,
            stage,
            after=_id(request, "after"),
            before=_id(request, "before"),
            keeps_rank=board.sorted_by is not None,
            values=form.values,
            by=by(request, Origin.LIST),
        )
    except ValidationError as error:
        names = [name for name in getattr(error, "error_dict", {}) if _is_entered(object_type, name)]
        if stage is None or not names:
            return _refuse(request, type_name, " ".join(error.messages))
        form = _form(request, object_type, record, [*request.POST.getlist("field"), *names])
        form.is_valid()
        form.add_refusal(error)
        return _ask(request, record, stage, form)
    _say_moved(request, moved, stage)
    if not request.htmx:
        return redirect(f"{reverse('records:list', args=[type_name])}?{request.GET.urlencode()}")
    return _swap(request, board, moved, stage)


def _id(request: Request, field: str) -> int | None:
    text = request.POST.get(field, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _is_entered(object_type: ObjectType, name: str) -> bool:
    prop = object_type.properties.get(name)
    return prop is not None and not prop.read_only and prop.field_type != Property.FieldType.STAGE


def _form(request: Request, object_type: ObjectType, record: Record, names: list[str]) -> PropertiesForm:
    """Return the form of the properties that a stage asked for when the card was first dropped on it."""
    chosen = [object_type.properties[name] for name in dict.fromkeys(names) if _is_entered(object_type, name)]
    return PropertiesForm(object_type, chosen, request.POST, record=record, prefix=PREFIX)


def _ask(request: Request, record: Record, stage: Stage, form: PropertiesForm) -> HttpResponse:
    """Ask for what the stage requires: in a dialog over the board, or on a page of its own."""
    context = {
        "record": record,
        "object_type": record.kind,
        "stage": stage,
        "form": form,
        "places": [(name, _id(request, name)) for name in ("after", "before") if _id(request, name)],
        "query": request.GET,
    }
    template = "records/_move_form.html" if request.htmx else "records/move_form.html"
    response = render(request, template, context, status=UNPROCESSABLE)
    if request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def _refuse(request: Request, type_name: str, text: str) -> HttpResponse:
    messages.error(request, text)
    if request.htmx:
        return render(request, "crm/_toasts_oob.html", status=UNPROCESSABLE)
    context = {"type_name": type_name, "query": request.GET}
    return render(request, "records/move_refused.html", context, status=UNPROCESSABLE)


def _say_moved(request: Request, moved: Moved, stage: Stage) -> None:
    record, left = moved.record, moved.left
    if left is None or left == stage:
        text = _("%(name)s moved within %(stage)s.")
    else:
        text = _("%(name)s moved to %(stage)s.")
    undo = f"{reverse('records:move', args=[record.kind.name, record.pk])}?{request.GET.urlencode()}"
    fields: dict[str, Any] = {"stage": (left or stage).pk}
    fields |= {"after": moved.was_below} if moved.was_below else {}
    say(request, text % {"name": record, "stage": stage}, undo=undo, **fields)


def _swap(request: Request, board: Board, moved: Moved, stage: Stage) -> HttpResponse:
    """Answer with what a move changed on the board: the card, and the heads of both columns."""
    pk = moved.record.pk
    changed = [one for one in board.pipeline.stage_list if one in (stage, moved.left)]
    board.counted = changed if moved.left != stage else []
    context: dict[str, Any] = {
        "object_type": board.object_type,
        "pk": pk,
        "card": board.card(pk),
        "heads": board.heads(board.counted),
        "query": request.GET,
        "records": board.records,
    }
    response = closed(render(request, "records/_board_moved.html", context), focus=f"card-{pk}-name")
    place = {"card": pk, "stage": stage.pk, "after": _id(request, "after"), "before": _id(request, "before")}
    response["HX-Trigger"] = json.dumps({"kith:moved": place})
    return response
