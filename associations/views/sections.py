"""The sidebar's sections and their cards. Each view serves a page and, to HTMX, the part that changed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records.http import Request
from records.views.common import by, object_type_or_404, posted_back, record_or_404

from .. import services, sidebar
from .common import back, changed, other_or_404, say_changed, show_associated


def section(request: Request, type_name: str, pk: int, other_type: str) -> HttpResponse:
    """Show all records of a section as a page, a list like any; to HTMX the section of the sidebar."""
    record = record_or_404(request, type_name, pk)
    object_type = object_type_or_404(other_type)
    in_list = (request.htmx.target or "").startswith(("list", "filter-choices"))
    if not request.htmx or in_list:
        return show_associated(request, record, object_type, request.GET)
    return render(
        request, "associations/_section.html", {"section": sidebar.section(record, request.user, object_type)}
    )


@require_POST
def toggle(request: Request, type_name: str, pk: int, other_type: str) -> HttpResponse:
    """Collapse or expand the sections of an object type, and remember it for this user."""
    record = record_or_404(request, type_name, pk)
    object_type = object_type_or_404(other_type)
    sidebar.toggle(request.user, object_type)
    return section(request, type_name, pk, other_type) if request.htmx else back(request, record)


def remove(request: Request, type_name: str, pk: int, other_pk: int) -> HttpResponse:
    """Dissolve one association; a page asks first where there is no script, and a toast offers to undo it."""
    record = record_or_404(request, type_name, pk)
    other = other_or_404(request, other_pk)
    if request.method != "POST":
        leave = posted_back(request) or f"{record.get_absolute_url()}?tab=associations"
        context = {"record": record, "other": other, "back": posted_back(request), "leave": leave}
        return render(request, "associations/remove.html", context)
    removal = services.dissociate(record, [other.pk], by=by(request))
    if removal.change:
        text = _("%(other)s removed from %(record)s.") % {"other": other, "record": record}
        say_changed(request, record, [text], removal.change, removal.associations)
    return changed(request, record, other.kind)
