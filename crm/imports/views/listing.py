"""The page of imports: those in preparation, and those that ran."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.imports import drafting
from crm.imports.models import ImportDraft
from records import paging
from records.http import Request
from records.models import Job

from .common import draft_or_404

DRAFTS, PAGE_SIZE = 50, 25
KIND = "import"  # of jobs


def imports(request: Request) -> HttpResponse:
    """List the user's drafts, and the imports that they may open; the newest first."""
    drafts = ImportDraft.objects.visible_to(request.user).filter(job=None)
    drafts = drafts.defer("facts", "answers", "reading")[:DRAFTS]
    rows = Job.objects.visible_to(request.user).filter(kind=KIND).select_related("user", "change__undone_by")
    order = paging.Order("id", descending=True, key="id")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    status = 200
    try:
        page = paging.page(rows, order, PAGE_SIZE, after=after, before=before)
    except paging.BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        page, status = paging.page(rows, order, PAGE_SIZE, after="", before=""), 400
    context = {"drafts": drafts, "page": page, "jobs": page.rows, "imports": True}
    return render(request, "imports/list.html", context, status=status)


def go_on(request: Request, pk: int) -> HttpResponse:
    """Lead to the step at which a draft stands."""
    return redirect(draft_or_404(request, pk))


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete a draft and its files."""
    draft = draft_or_404(request, pk)
    name = str(draft)
    drafting.delete(draft)
    messages.success(request, _("“%(name)s” deleted; nothing of it was imported.") % {"name": name})
    return redirect("imports:list")
