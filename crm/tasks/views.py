"""The page of tasks, what is done to tasks on it, and a new one."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from associations import services
from associations.activities import tick_off
from associations.activity_forms import log_form
from associations.activity_others import PickedOthers, searches
from associations.outcomes import AssociationRefused
from associations.views.timeline import ticked_text
from records import schema
from records import services as record_services
from records.history import recorded
from records.http import Request
from records.models import Change, ObjectType, Record, Task
from records.provenance import By
from records.transactions import unit_of_work
from records.views.common import UNPROCESSABLE, by, posted_back, record_or_404, say

from . import snoozing
from .listing import TaskList

# --- The page ---------------------------------------------------------------------------------------------


def tasks(request: Request) -> HttpResponse:
    """Show the tasks that an address asks for."""
    return _show(request, request.GET)


def _show(request: Request, query: QueryDict) -> HttpResponse:
    template = "tasks/_tasks.html" if request.htmx else "tasks/tasks.html"
    return render(request, template, {"tasks": TaskList(request.user, query), "snoozes": snoozes()})


def _task_or_404(request: Request, pk: int) -> Record:
    return record_or_404(request, Task.object_type_name, pk)


def _back(request: Request) -> str:
    """Return the address of the page that a task was changed on."""
    if request.htmx and request.htmx.current_url_abs_path:
        return request.htmx.current_url_abs_path
    return posted_back(request) or reverse("tasks:list")


def _changed(request: Request) -> HttpResponse:
    """Answer with the page as it is now."""
    if not request.htmx:
        return redirect(_back(request))
    return _show(request, QueryDict(urlsplit(_back(request)).query))


def _say(request: Request, text: str, change: Any) -> None:
    say(request, text, undo=reverse("history:undo", args=[change.pk]), back=_back(request))


# --- What is done to tasks --------------------------------------------------------------------------------


@require_POST
def done(request: Request, pk: int) -> HttpResponse:
    """Tick a task off (`done=1`), or reopen it."""
    task = _task_or_404(request, pk)
    completes = request.POST.get("done") == "1"
    try:
        change = tick_off(task, completes, by=by(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if change:
            _say(request, ticked_text(completes), change)
    return _changed(request)


def snooze(request: Request, pk: int) -> HttpResponse:
    """Put a task off `until` one of the choices, or to a picked `day`."""
    task = _task_or_404(request, pk)
    if request.method != "POST":
        return render(request, "tasks/snooze.html", _snooze_context(request, task))
    choices = snoozing.choices()
    chosen, day = request.POST.get("until", ""), request.POST.get("day", "")
    try:
        until = choices[chosen] if chosen in choices else snoozing.day_of(day)
        change = snoozing.snooze(task, until, by=by(request))
    except ValidationError as error:
        return _refuse_snooze(request, task, day, error)
    moment = formats.date_format(timezone.localtime(until), "DATETIME_FORMAT")
    _say(request, _("Snoozed until %(moment)s.") % {"moment": moment}, change)
    return _changed(request)


def _snooze_context(request: Request, task: Record, day: str = "", error: str = "") -> dict[str, Any]:
    return {"task": task, "day": day, "error": error, "back": _back(request), "snoozes": snoozes()}


def snoozes() -> list[tuple[str, str, Any]]:
    """Return the choices of the menu: name, label and moment."""
    labels = {
        "tomorrow": _("Tomorrow"),
        "working-days": _("In three working days"),
        "monday": _("Next Monday"),
    }
    return [(name, labels[name], moment) for name, moment in snoozing.choices().items()]


def _refuse_snooze(request: Request, task: Record, day: str, error: ValidationError) -> HttpResponse:
    context = _snooze_context(request, task, day, " ".join(error.messages))
    template = "tasks/_snooze.html" if request.htmx else "tasks/snooze.html"
    response = render(request, template, context, status=UNPROCESSABLE)
    if request.htmx:
        # Into the menu that it came from, and not in place of the page.
        response["HX-Retarget"], response["HX-Reswap"] = f"#snooze-{task.pk}", "outerHTML"
    return response


# --- A new one --------------------------------------------------------------------------------------------


def new(request: Request) -> HttpResponse:
    """Create a task about the records that are ticked (`others`), or about none."""
    kind = schema.current().type(Task.object_type_name)
    is_posted = request.method == "POST"
    others = PickedOthers(kind, request.user, request.POST if is_posted else request.GET)
    context: dict[str, Any] = {"kind": kind, "others": others, "back": posted_back(request)}
    if request.htmx.target == "others-list":
        context |= {"changed": True, "list_url": request.path}
        return render(request, "associations/_activity_others_list.html", context)
    form = context["form"] = log_form(kind, None, request.user, request.POST if is_posted else None)
    if not is_posted:
        return render(request, "tasks/new.html", context)
    if searches(request, others):
        return render(request, "tasks/new.html", {**context, "form": form.unchecked()})
    if form.is_valid():
        try:
            change = _create(kind, form.values, others.chosen, by(request))
        except ValidationError as error:
            form.add_refusal(error)
        except AssociationRefused as error:
            context["refusals"] = error.report.refused
        else:
            _say(request, _("Task created."), change)
            return redirect(posted_back(request) or "tasks:list")
    return render(request, "tasks/new.html", context, status=UNPROCESSABLE)


@unit_of_work
def _create(kind: ObjectType, values: dict[str, Any], about: list[int], author: By) -> Change:
    """Create a task about these records and no others; return the change."""
    with transaction.atomic():
        author = recorded(author)
        task = record_services.create_record(kind, values, by=author)
        services.associate(task, about, by=author)
    return author.change
