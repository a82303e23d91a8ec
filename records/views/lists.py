"""The list of an object type, and what is done from it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import list_actions, schema, services
from records.board import Board
from records.duplicates import possible_duplicates
from records.filter_editing import FilterMenu, filter_editor, with_filter
from records.forms import create_form
from records.http import Request
from records.lists import PAGE_SIZES, RecordList, without_page_state
from records.models import ObjectType, Record
from records.paging import BadCursor
from records.provenance import Origin
from records.saved_views import ViewBar
from records.tables import record_table

from .common import UNPROCESSABLE, by, object_type_or_404, say_archived, selected_ids
from .list_actions import act


def record_list(request: Request, type_name: str) -> HttpResponse:
    """Show the records of a type that the address asks for."""
    return show_records(request, object_type_or_404(type_name), request.GET, "records/list.html")


def show_records(
    request: Request, object_type: ObjectType, query: QueryDict, template: str = "records/_list.html"
) -> HttpResponse:
    """Show the list of a type that an address' query asks for."""

    def list_of(query: QueryDict) -> RecordList:
        return RecordList(object_type, query, request.user)

    context = {
        "object_types": schema.current().main_types,
        "bar": ViewBar(object_type, query, request.user),
        "list_actions": list_actions.offered(object_type),
    }
    return show_list(request, object_type, list_of, query, template, context)


def show_list(
    request: Request,
    object_type: ObjectType,
    list_of: Callable[[QueryDict], RecordList],
    query: QueryDict,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Show the list that `list_of` makes of an address' query: the page, or the part that HTMX asks for."""
    status = 200
    if (request.htmx.target or "").startswith("filter-choices"):
        return _filter_choices(request, object_type)
    editor = filter_editor(object_type, query)
    if editor and editor.is_bound:
        if editor.is_valid():
            query = without_page_state(with_filter(query, editor))
            return redirect(f"{request.path}?{query.urlencode()}")
        status = UNPROCESSABLE
    records = list_of(query)
    if not records.is_valid:
        status = UNPROCESSABLE
    try:
        shown = _shown(records)
    except BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        records = list_of(without_page_state(query))
        shown, status = _shown(records), 400
    is_page = query.get("after") or query.get("before")
    if is_page and not records.is_board and not records.page.rows:
        # Its rows went meanwhile, such as by archiving all of the last page: show the nearest that has some.
        nearest = without_page_state(query)
        nearest.update({"last": "1"} if query.get("after") else {})
        records = list_of(nearest)
        shown = _shown(records)
    context |= {
        "object_type": object_type,
        "records": records,
        **shown,
        "editor": editor,
        "page_sizes": PAGE_SIZES,
    }
    if request.htmx.target == "list":
        template = "records/_list.html"
    if request.htmx and context.get("column"):
        template = "records/_board_cards.html"
    return render(request, template, context, status=status)


def _shown(records: RecordList) -> dict[str, Any]:
    """Return the list as the address asks for it: as a table, as a board, or more cards of one column of it.

    Raises BadCursor.
    """
    if not records.is_board:
        return {"table": record_table(records)}
    board = Board(records)
    return {"board": board, "column": board.continuation}


def _filter_choices(request: Request, object_type: ObjectType) -> HttpResponse:
    """Show what a filter can be about: another step of the menu, or what its search finds."""
    group = request.GET.get("add_filter", "").partition(".")[0].removeprefix("or")
    number = int(group) if group in map(str, range(1, 100)) else 1
    menu = FilterMenu(object_type, request.GET, number)
    return render(request, "records/_filter_choices.html", {"menu": menu})


def create(request: Request, type_name: str) -> HttpResponse:
    """Create a record: a panel beside the list, or a page of its own."""
    object_type = object_type_or_404(type_name)
    form = create_form(object_type, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            record = services.create_record(object_type, form.values, by=by(request, Origin.LIST))
        except ValidationError as error:
            form.add_refusal(error)
        else:
            messages.success(request, _("%(name)s created.") % {"name": record})
            if request.htmx:
                return HttpResponse(headers={"HX-Redirect": record.get_absolute_url()})
            return redirect(record)
    template = "records/_create.html" if request.htmx else "records/create.html"
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, template, {"object_type": object_type, "form": form}, status=status)


def duplicates(request: Request, type_name: str) -> HttpResponse:
    """Show the records that the one being typed may double."""
    object_type = object_type_or_404(type_name)
    typed = {name: request.GET.get(f"new-{name}", "").replace("\x00", "") for name in object_type.properties}
    found = possible_duplicates(object_type, typed, request.user)
    return render(
        request, "records/_duplicates.html", {"duplicates": found, "can_associate": request.GET.get("picker")}
    )


@require_POST
def archive_selected(request: Request, type_name: str) -> HttpResponse:
    """Archive the ticked records of a list."""
    object_type = object_type_or_404(type_name)
    if "all" in request.POST:  # nobody has seen them all: ask first
        return act(request, type_name, "archive")
    visible = (
        Record.objects.visible_to(request.user).of_type(object_type).filter(pk__in=selected_ids(request))
    )
    archived = services.archive_records(visible.values_list("pk", flat=True), by=by(request, Origin.LIST))
    if archived:
        say_archived(request, object_type, archived)
    else:
        messages.error(request, _("No record was selected."))
    back = request.POST.get("back", "")
    return redirect(f"{reverse('records:list', args=[type_name])}?{QueryDict(back).urlencode()}")
