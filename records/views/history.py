"""The list of changes, and the page of each."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from records import told
from records.change_log import ChangeLog
from records.http import Request
from records.models import Change
from records.paging import BadCursor

from .common import UNPROCESSABLE


def change_list(request: Request) -> HttpResponse:
    """List the changes, the newest first: all of them for administrators, for others their own."""
    log = ChangeLog(request.GET, request.user)
    status = 200 if log.filters.is_valid() else UNPROCESSABLE
    try:
        log.page  # noqa: B018  (read here, where what is wrong with the address can still be said)
    except BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        log, status = ChangeLog(QueryDict(), request.user), 400
    query = log.query.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    return render(request, "records/changes.html", {"log": log, "state": query.urlencode()}, status=status)


def change(request: Request, pk: int) -> HttpResponse:
    """Show what one change did, a page at a time; `part` says whether to records or to what else."""
    rows = Change.objects.visible_to(request.user).select_related("actor", "undoes", "undone_by__actor")
    shown = get_object_or_404(rows, pk=pk)
    parts = [(source, source.facts(shown)) for source in told.sources]
    chosen = {source.name: source for source, facts in parts if facts}
    source = chosen.get(request.GET.get("part", "")) or next(iter(chosen.values()), None)
    after, about = (_number(request, name) for name in ("after", "record"))
    context: dict[str, Any] = {
        "change": shown,
        "parts": [(one, facts) for one, facts in parts if facts],
        "source": source,
        "part": source.page(shown, request.user, after, about) if source else None,
        "about": told.known([about], request.user).get(about) if about else None,
        "after": after,
    }
    return render(request, "records/change.html", context)


def _number(request: Request, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
