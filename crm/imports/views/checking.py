"""The last step: what an import would do, by a dry run; and the import itself."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.imports import checking
from crm.imports.answers import Answers
from crm.imports.forms import RunForm
from crm.imports.models import ImportDraft
from crm.imports.report import ImportRefused, Report
from records import schema
from records.http import Request
from records.models import Job
from records.spreadsheets import csv_lines
from records.views.jobs import STOP_POLLING

from .common import draft_or_404, step_page

SHOWN = 20  # problems
State = Job.State


def check(request: Request, pk: int) -> HttpResponse:
    """Show what a dry run found; while it runs, how far it is. Posted, do it (again)."""
    draft = draft_or_404(request, pk)
    if request.method == "POST":
        trouble = checking.trouble(Answers(draft))
        if trouble:
            return redirect("imports:map", draft.pk)
        try:
            checking.begin(draft, request.user)
        except ImportRefused as error:
            messages.error(request, str(error))
        except FileNotFoundError:
            messages.error(request, _("The file is gone; upload it again."))
        return redirect("imports:check", draft.pk)
    job = draft.check_job
    context = _context(draft, job)
    if request.htmx and not request.htmx.boosted:
        status = 200 if job and job.is_open else STOP_POLLING
        return render(request, "imports/_check.html", {"draft": draft, **context}, status=status)
    return step_page(request, "check", draft, "imports/check.html", **context)


def _context(draft: ImportDraft, job: Job | None, form: RunForm | None = None) -> dict[str, Any]:
    """Return what the page says of a dry run, done at once or by a job."""
    report = None
    problems: list[Any] = []
    count = 0
    if draft.findings:
        report, count = Report.from_json(draft.findings["report"]), draft.findings["problem_count"]
        problems = [
            {"row": line, "file": file, "message": message}
            for line, file, message, _cells in draft.findings["problems"][:SHOWN]
        ]
    elif job and job.state == State.DONE and "report" in job.cursor:
        report, count = Report.from_json(job.cursor["report"]), job.error_count
        problems = list(job.errors.all()[:SHOWN])
    return {
        "job": job,
        "report": report,
        "types": _by_type(report) if report else [],
        "writes": report is not None and _writes(report),
        "problems": problems,
        "problem_count": count,
        "form": form or RunForm(),
    }


def _by_type(report: Report) -> list[dict[str, Any]]:
    names = dict.fromkeys([*report.created, *report.updated, *report.unchanged])
    known = {kind.name: kind for kind in schema.current().everything}
    return [
        {
            "kind": known[name],
            "created": report.created[name],
            "updated": report.updated[name],
            "unchanged": report.unchanged[name],
        }
        for name in names
        if name in known
    ]


def _writes(report: Report) -> bool:
    """Whether an import would do anything at all."""
    return bool(report.created or report.updated or report.associated or report.labelled)


def problems(request: Request, pk: int) -> HttpResponse | StreamingHttpResponse:
    """Give the problems of a dry run as a CSV file: the cells of the row, its line and the reason."""
    draft = draft_or_404(request, pk)
    if draft.check_job and not draft.findings:
        return redirect("jobs:errors", draft.check_job_id)
    header = draft.facts[0]["header"] if len(draft.facts) == 1 else []
    found = draft.findings.get("problems", [])

    def rows() -> Iterator[list[Any]]:
        yield [*header, _("File"), _("Row"), _("Reason")]
        for line, file, message, cells in found:
            shown = [*cells, *[""] * len(header)][: len(header)]
            yield [*shown, file or draft.name, line, message]

    response = StreamingHttpResponse(csv_lines(rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{draft.pk}-problems.csv"'
    return response


@require_POST
def run(request: Request, pk: int) -> HttpResponse:
    """Begin the import that was tried, and lead to its job."""
    draft = draft_or_404(request, pk)
    job = draft.check_job
    context = _context(draft, job)
    form = RunForm(request.POST)
    if draft.job:
        return redirect(draft.job)
    if context["report"] is None:
        messages.error(request, _("Check it first: something has changed since, or the check is not done."))
        return redirect("imports:check", draft.pk)
    if not form.is_valid():
        context["form"] = form
        return step_page(request, "check", draft, "imports/check.html", refused=True, **context)
    try:
        started = checking.run(
            draft,
            request.user,
            name=form.cleaned_data["remember_as"],
            is_shared=form.cleaned_data["is_shared"],
        )
    except (ImportRefused, FileNotFoundError) as error:
        text = str(error) if isinstance(error, ImportRefused) else _("The file is gone; upload it again.")
        form.add_error(None, text)
        context["form"] = form
        return step_page(request, "check", draft, "imports/check.html", refused=True, **context)
    return redirect(started)
