"""Saved views of a list: save, open, change, share, pin, delete."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import saved_views
from records.http import Request
from records.models import ObjectType, SavedView
from records.saved_views import LONGEST_QUERY, SavedViewForm, ViewBar, address, pin, pinned_ids, saved_query

from .common import UNPROCESSABLE, object_type_or_404, say
from .settings.common import done, form_page, posted


def view_or_404(request: Request, object_type: ObjectType, pk: int, *, to_change: bool = False) -> SavedView:
    """Return a view that the user may open, or change. Raises Http404 and PermissionDenied."""
    views = SavedView.objects.visible_to(request.user).filter(object_type=object_type)
    view = views.filter(pk=pk).first() if pk < 2**63 else None
    if view is None:
        raise Http404(_("This view does not exist, or is not shared with you."))
    if to_change and not view.may_be_changed_by(request.user):
        raise PermissionDenied
    return view


def open_view(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Lead to the list as the view shows it: the address to share, right whenever the view changes."""
    object_type = object_type_or_404(type_name)
    return redirect(address(object_type, view_or_404(request, object_type, pk)))


def view_list(request: Request, type_name: str) -> HttpResponse:
    """Show all views of a type that the user may open: a panel beside the list, or a page of its own."""
    object_type = object_type_or_404(type_name)
    pinned = pinned_ids(request.user, object_type)
    views = (
        SavedView.objects.visible_to(request.user)
        .filter(object_type=object_type)
        .select_related("owner", "team")
    )
    places = {pk: place for place, pk in enumerate(pinned)}
    shown = sorted(views, key=lambda view: places.get(view.pk, len(places)))
    number = sum(view.pk in places for view in shown)
    rows = [
        {
            "view": view,
            "is_pinned": place < number,
            "is_first": place == 0,
            "is_last": place == number - 1,
            "may_change": view.may_be_changed_by(request.user),
        }
        for place, view in enumerate(shown)
    ]
    context = {"object_type": object_type, "rows": rows}
    if request.htmx and request.method == "POST":
        # The tabs behind the panel, as they are now.
        query = QueryDict((request.htmx.current_url_abs_path or "").partition("?")[2])
        context["bar"] = ViewBar(object_type, query, request.user)
    template = "records/_view_list.html" if request.htmx else "records/view_list.html"
    return render(request, template, context)


def create(request: Request, type_name: str) -> HttpResponse:
    """Save what an address (`query`) says as a new view, and pin it."""
    object_type = object_type_or_404(type_name)
    view = SavedView(object_type=object_type, owner=request.user)
    initial = {"query": request.GET.get("query", "")}
    form = SavedViewForm(posted(request), instance=view, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid() and _is_saved(form):
        pin(request.user, object_type, [*pinned_ids(request.user, object_type), view.pk])
        return done(request, _("View saved."), address(object_type, view))
    return form_page(request, form, title=_("Save view"), submit=_("Save"), back=address(object_type))


def edit(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Rename a view, or share it with others."""
    object_type = object_type_or_404(type_name)
    view = view_or_404(request, object_type, pk, to_change=True)
    form = SavedViewForm(posted(request), instance=view, user=request.user)
    if request.method == "POST" and form.is_valid() and _is_saved(form):
        return done(request, _("View saved."), address(object_type, view))
    return form_page(
        request, form, title=_("Rename or share"), submit=_("Save"), back=address(object_type, view)
    )


def _is_saved(form: SavedViewForm) -> bool:
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:  # somebody was quicker
        form.add_error("name", _("There is already a view of this name."))
        return False
    return True


@require_POST
def save(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Let a view show what an address (`query`) says."""
    object_type = object_type_or_404(type_name)
    view = view_or_404(request, object_type, pk, to_change=True)
    query = request.POST.get("query", "").replace("\x00", "")
    if len(query) > LONGEST_QUERY:
        return HttpResponse(
            _("This list's address is too long to be saved: remove some filters."),
            status=UNPROCESSABLE,
            content_type="text/plain",
        )
    view.query = saved_query(QueryDict(query)).urlencode()
    view.save(update_fields=["query", "updated_at"])
    say(request, _("View saved."))
    return redirect(address(object_type, view))


def delete(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Ask, then delete a view; its records stay."""
    object_type = object_type_or_404(type_name)
    view = view_or_404(request, object_type, pk, to_change=True)
    if request.method == "POST":
        view.delete()
        return done(request, _("View deleted."), address(object_type))
    text = _("“%(name)s” goes, for everybody who may open it. Records stay as they are.") % {"name": view}
    return form_page(
        request,
        forms.Form(),
        title=_("Delete view"),
        submit=_("Delete"),
        back=address(object_type, view),
        text=text,
        danger=True,
    )


@require_POST
def change_pins(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Pin a view as a tab of the user's own, take it off, or move it among them."""
    object_type = object_type_or_404(type_name)
    view = view_or_404(request, object_type, pk)
    ids = pinned_ids(request.user, object_type)
    if "up" in request.POST or "down" in request.POST:
        ids = saved_views.move(ids, view.pk, -1 if "up" in request.POST else 1)
    else:
        ids = [one for one in ids if one != view.pk] + ([view.pk] if "pin" in request.POST else [])
    pin(request.user, object_type, ids)
    if request.htmx:
        return view_list(request, type_name)
    return redirect(reverse("records:views", args=[type_name]))
