"""The possible duplicates of a type: shown, searched for, dismissed and taken up again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records import duplicate_pages, duplicate_search
from records.duplicate_pages import DuplicateList
from records.http import Request
from records.models import DuplicatePair, ObjectType
from records.paging import BadCursor

from .common import UNPROCESSABLE, main_type_or_404, say


def possible_duplicates(request: Request, type_name: str) -> HttpResponse:
    """Show the pairs of a type that may be the same."""
    return _show(request, main_type_or_404(type_name), request.GET)


def _show(
    request: Request, kind: ObjectType, query: QueryDict, *, status: int = 200, focus: int | None = None
) -> HttpResponse:
    """Show the page that a query asks for; with `focus`, the place of the pair that takes the focus."""
    pairs = DuplicateList(kind, query, request.user)
    try:
        pairs.page  # noqa: B018  (read here, where what is wrong with the address can still be said)
    except BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        pairs, status = DuplicateList(kind, QueryDict(), request.user), 400
    context = {"object_type": kind, "pairs": pairs, "focus": focus}
    if focus is not None:
        context["focus"] = min(focus, len(pairs.shown) - 1)
    template = "records/_pairs.html" if request.htmx else "records/possible_duplicates.html"
    return render(request, template, context, status=status)


@require_POST
def search_again(request: Request, type_name: str) -> HttpResponse:
    """Search the records of a type, where they are few enough for somebody to wait; administrators may."""
    kind = main_type_or_404(type_name)
    if not request.user.is_staff:
        raise PermissionDenied
    pairs = DuplicateList(kind, request.GET, request.user)
    if not pairs.is_searched_here:
        messages.error(request, _("There are too many records to search them from this page."))
        return _show(request, kind, request.GET, status=UNPROCESSABLE)
    report = duplicate_search.search(kind, actor=request.user)
    found = ngettext("%(new)d new pair found.", "%(new)d new pairs found.", report.new)
    messages.success(request, found % {"new": report.new} if report.new else _("No new pairs found."))
    return redirect(pairs.address())


@require_POST
def dismiss(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Say that two records are not the same; a toast offers to take that back."""
    kind = main_type_or_404(type_name)
    back, place = request.POST.get("back", ""), request.POST.get("place", "")
    duplicate_pages.dismiss(_pair_or_404(request, kind, pk), actor=request.user)
    undo = reverse("records:pair-reopen", args=[kind.name, pk])
    say(request, _("Marked as not a duplicate."), undo=undo, back=back)
    if request.htmx:
        focus = int(place) if place.isascii() and place.isdigit() and len(place) < 5 else 0
        return _show(request, kind, QueryDict(back), focus=focus)
    return redirect(_address(kind, back))


@require_POST
def reopen(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Put a pair back among the possible duplicates."""
    kind = main_type_or_404(type_name)
    duplicate_pages.reopen(_pair_or_404(request, kind, pk))
    messages.success(request, _("The pair is back among the possible duplicates."))
    return redirect(_address(kind, request.POST.get("back", "")))


def _pair_or_404(request: Request, kind: ObjectType, pk: int) -> DuplicatePair:
    visible = DuplicatePair.objects.of_type(kind).visible_to(request.user)
    pair = visible.filter(pk=pk).first() if pk < 2**63 else None
    if pair is None:
        raise Http404(_("This pair does not exist: one of its records may have been archived or merged."))
    return pair


def _address(kind: ObjectType, back: str) -> str:
    address = reverse("records:possible-duplicates", args=[kind.name])
    return f"{address}?{QueryDict(back).urlencode()}" if back else address
