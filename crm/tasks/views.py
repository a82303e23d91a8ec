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
from associations.outcomes import AssociationRefused
from associations.type_pairs import may_be_associated
from associations.views.timeline import ticked_text
from records import schema, search
from records import services as record_services
from records.history import recorded
from records.http import Request
from records.models import Change, ObjectType, Record, Task
from records.provenance import By
from records.views.common import (
    UNPROCESSABLE,
    by,
    posted_back,
    record_or_404,
    say,
    selected_ids,
)

from . import snoozing
from .listing import TaskList

FOUND = 3  # records of each type that a search for what a task is about shows
MOST = 25  # records that a new task can be about


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
    """Create a task about the chosen records (`about`), or about none; `find` looks for more of them."""
    kind = schema.current().type(Task.object_type_name)
    chosen = _chosen(request, kind)
    given = request.POST if request.method == "POST" else request.GET
    text = search.without_nul(given.get("q", ""))[: search.LONGEST].strip()
    context = {"kind": kind, "chosen": chosen, "text": text, "back": posted_back(request)}
    if request.htmx.target == "about-results":
        return render(request, "tasks/_about.html", {**context, "found": _found(request, kind, text, chosen)})
    form = log_form(kind, None, request.user, request.POST if request.method == "POST" else None)
    context["form"] = form
    if request.method != "POST":
        return render(request, "tasks/new.html", context)
    if "find" in request.POST:
        form.errors.clear()  # one has not finished yet
        context["found"] = _found(request, kind, text, chosen)
        return render(request, "tasks/new.html", context)
    if form.is_valid():
        try:
            change = _create(kind, form.values, [record.pk for record in chosen], by(request))
        except ValidationError as error:
            form.add_refusal(error)
        except AssociationRefused as error:
            context["refusals"] = error.report.refused
        else:
            _say(request, _("Task created."), change)
            return redirect(posted_back(request) or "tasks:list")
    return render(request, "tasks/new.html", context, status=UNPROCESSABLE)


@transaction.atomic
def _create(kind: ObjectType, values: dict[str, Any], about: list[int], author: By) -> Change:
    """Create a task about these records and no others; return the change."""
    author = recorded(author)
    task = record_services.create_record(kind, values, by=author)
    services.associate(task, about, by=author)
    return author.change


def _types(kind: ObjectType) -> list[ObjectType]:
    """Return the types of what a task can be about."""
    return [one for one in schema.current().main_types if may_be_associated(one.pk, kind.pk)]


def _chosen(request: Request, kind: ObjectType) -> list[Record]:
    records = Record.objects.visible_to(request.user).filter(object_type__in=[one.pk for one in _types(kind)])
    found = records.in_bulk(selected_ids(request, "about")[:MOST])
    return list(found.values())


def _found(request: Request, kind: ObjectType, text: str, chosen: list[Record]) -> list[Record]:
    visible = Record.objects.visible_to(request.user).exclude(pk__in=[record.pk for record in chosen])
    groups = search.ranked_by_type(visible, _types(kind), text, FOUND)
    return [record for _kind, records in groups for record in records]
