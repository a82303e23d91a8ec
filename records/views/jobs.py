"""Jobs: their list, the page of each, and what can be done about one."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records import jobs, paging
from records.http import Request
from records.jobs.kinds import kind_of
from records.models import Job
from records.provenance import Origin
from records.spreadsheets import csv_lines

from .common import by

PAGE_SIZE = 50
ERRORS_SHOWN = 20
STOP_POLLING = 286  # by which htmx ends to ask


def job_list(request: Request) -> HttpResponse:
    """List jobs, the newest first: all of them for administrators, for others their own."""
    rows = Job.objects.visible_to(request.user).select_related("user")
    order = paging.Order("id", descending=True, key="id")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    status = 200
    try:
        page = paging.page(rows, order, PAGE_SIZE, after=after, before=before)
    except paging.BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        page, status = paging.page(rows, order, PAGE_SIZE, after="", before=""), 400
    return render(request, "records/jobs/list.html", {"page": page, "jobs": page.rows}, status=status)


def _job(request: Request, pk: int) -> Job:
    rows = Job.objects.visible_to(request.user).select_related("user", "change__undone_by", "cancellation")
    return get_object_or_404(rows, pk=min(pk, 2**63 - 1))


def job_page(request: Request, pk: int) -> HttpResponse:
    """Show how far a job is; a page that waits asks for its part again until the job has ended."""
    job = _job(request, pk)
    kind = kind_of(job)()
    words = kind.counts
    left = job.time_left()
    context: dict[str, Any] = {
        "job": job,
        "kind": kind,
        "counts": [(str(words.get(name, name)), number) for name, number in job.counts.items()],
        "left": timesince(job.started_at, job.started_at + left) if left and job.started_at else "",
        "errors": job.errors.all()[:ERRORS_SHOWN] if job.error_count else [],
        "links": kind.links(job) if job.state == Job.State.DONE else [],
        "cancelling": job.is_open and hasattr(job, "cancellation"),
    }
    if request.htmx and not request.htmx.boosted:
        status = 200 if job.is_open else STOP_POLLING
        return render(request, "records/jobs/_job.html", context, status=status)
    return render(request, "records/jobs/job.html", context)


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """End a job before its next step."""
    job = _job(request, pk)
    if job.is_open:
        jobs.cancel(job, by(request, Origin(job.origin)))
    else:
        messages.info(request, _("It had ended already."))
    return redirect(job)


@require_POST
def resume(request: Request, pk: int) -> HttpResponse:
    """Take up a job that failed."""
    job = _job(request, pk)
    if not jobs.resume(job):
        messages.error(request, _("Only a job that failed can be taken up again."))
    return redirect(job)


def errors(request: Request, pk: int) -> HttpResponse | StreamingHttpResponse:
    """Give what could not be done as a CSV file: the cells of the row, if there are any, and the reason."""
    job = _job(request, pk)
    header = job.params.get("header")
    header = header if isinstance(header, list) else []

    def rows() -> Iterator[list[Any]]:
        yield [*header, _("Row"), _("Record"), _("Reason")]
        for one in job.errors.iterator(chunk_size=2_000):
            cells = [str(cell) for cell in one.cells or []][: len(header)]
            cells += [""] * (len(header) - len(cells))
            yield [*cells, one.row, one.record_id, one.message]

    response = StreamingHttpResponse(csv_lines(rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="job-{job.pk}-errors.csv"'
    return response


def result(request: Request, pk: int) -> HttpResponse | FileResponse:
    """Give the file that a job made."""
    job = _job(request, pk)
    return _file(job.result, job.result_name)


def source(request: Request, pk: int) -> HttpResponse | FileResponse:
    """Give the file that a job read."""
    job = _job(request, pk)
    return _file(job.source, job.source_name)


def _file(file: FieldFile, name: str) -> FileResponse:
    if not file:
        raise Http404(_("There is no such file, or it was deleted after some time."))
    try:
        return FileResponse(file.open("rb"), as_attachment=True, filename=name)
    except FileNotFoundError as error:
        raise Http404(_("There is no such file, or it was deleted after some time.")) from error
