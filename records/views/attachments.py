"""The files of a record: added and removed on its page or its place on a timeline, and served."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from records import attachments, file_types
from records.attachment_forms import AttachmentsForm, attachments_form
from records.history import recorded
from records.http import Request
from records.models import Attachment, Record

from .common import UNPROCESSABLE, by, closed, posted_back, record_or_404, say

# Nothing in a file may run, load anything, or be framed.
POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@require_GET
def download(request: Request, pk: int, name: str) -> FileResponse:
    """Serve a file to those who may see its record: for saving, but for pictures and plain texts."""
    row = Attachment.objects.visible_to(request.user).filter(pk=pk).first() if pk < 2**63 else None
    try:
        file = row.file.open("rb") if row and row.file else None
    except FileNotFoundError:
        file = None
    if row is None or file is None:
        raise Http404(_("This file does not exist, or has been removed."))
    shown = row.content_type in file_types.SHOWN
    response = FileResponse(
        file, as_attachment=not shown, filename=row.name, content_type=_content_type(row.content_type)
    )
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


def _content_type(stored: str) -> str:
    """Return what a browser is told: of what can hold scripts, nothing that it would run."""
    if stored.startswith("text/"):
        return f"{stored if stored in file_types.BY_ENDING.values() else 'text/plain'}; charset=utf-8"
    return stored if stored in file_types.BY_ENDING.values() else file_types.UNKNOWN


def record_attachments(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Show a record's files with the form that adds some (without it: `?list`), and add them."""
    record = record_or_404(request, type_name, pk)
    if request.method != "POST":
        form = None if request.htmx and "list" in request.GET else attachments_form(record, required=True)
        return _show(request, record, form)
    form = attachments_form(record, request.POST, request.FILES, required=True)
    if form.is_valid():
        try:
            with attachments.with_files():
                author = recorded(by(request))
                added = attachments.add(record, form.uploads, by=author)
        except ValidationError as error:
            form.refuse(error)
        else:
            count = len(added)
            text = ngettext("%(count)s file added.", "%(count)s files added.", count) % {"count": count}
            return _changed(request, record, text, author.change.pk)
    form.say_gone()
    return _show(request, record, form, status=UNPROCESSABLE)


@require_POST
def remove(request: Request, type_name: str, pk: int, attachment_pk: int) -> HttpResponse:
    """Remove a file from a record; a toast offers to undo it."""
    record = record_or_404(request, type_name, pk)
    rows = Attachment.objects.visible_to(request.user).filter(record=record.pk)
    row = rows.filter(pk=attachment_pk).first() if attachment_pk < 2**63 else None
    if row is None:
        raise Http404(_("This file does not exist, or has been removed."))
    author = recorded(by(request))
    attachments.remove([row], by=author)
    return _changed(request, record, _("“%(name)s” removed.") % {"name": row.name}, author.change.pk)


def _back(request: Request, record: Record) -> str:
    """Return the address of the page that an action was taken on."""
    if request.htmx and request.htmx.current_url_abs_path:
        return request.htmx.current_url_abs_path
    return posted_back(request) or record.get_absolute_url()


def _changed(request: Request, record: Record, text: str, change: int) -> HttpResponse:
    """Say what was done, with an offer to undo it, and show the files as they are now."""
    back = _back(request, record)
    say(request, text, undo=reverse("history:undo", args=[change]), back=back)
    if not request.htmx:
        return redirect(back)
    return closed(_show(request, record, None, changed=True), focus=f"attachments-{record.pk}")


def _show(
    request: Request, record: Record, form: AttachmentsForm | None, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {
        "owner": record,
        "attachments": attachments.of_records([record.pk], request.user).get(record.pk, []),
        "form": form,
        "back": _back(request, record) if request.htmx else posted_back(request),
    }
    template = "records/_attachments_changed.html" if request.htmx else "records/attachments.html"
    return render(request, template, context, status=status)
