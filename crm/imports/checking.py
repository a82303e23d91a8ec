"""The dry run of a draft and what it found, and the import itself."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from records.models import Job
from records.provenance import By, Origin

from . import drafting
from .answers import FILES, Answers, Trouble, refused
from .building import build
from .inspecting import on_disk
from .jobs import start_import
from .models import ImportDraft
from .reading import Table, open_table
from .report import ImportRefused, Problem
from .running import Importer

AT_ONCE = 2_000  # rows, whose dry run somebody waits for
PROBLEMS_KEPT = 1_000  # of such a dry run; a job keeps more


def trouble(answers: Answers) -> Trouble:
    """Return what is wrong with the answers, found by the pages or by the engine."""
    found = answers.trouble()
    if found:
        return found
    try:
        build(answers.mapping(), answers.headers)
    except ImportRefused as error:
        return refused(error)
    return found


def begin(draft: ImportDraft, user: Any) -> None:
    """Do the dry run of a draft: at once, or as a job where it is long. Raises ImportRefused."""
    by = By(user, Origin.IMPORT)
    job, findings = None, {}
    is_short = all(facts["count_is_exact"] for facts in draft.facts) and draft.rows <= AT_ONCE
    if is_short:
        findings = _dry_run(draft, by)
    else:
        with _files(draft) as files:
            job = start_import(Answers(draft).mapping(), files, by=by, dry_run=True, summary=str(draft))
    # What was answered meanwhile, in another window, is not what was tried.
    mine = ImportDraft.objects.filter(pk=draft.pk, updated_at=draft.updated_at)
    mine.update(findings=findings, check_job=job)


def _dry_run(draft: ImportDraft, by: By) -> dict[str, Any]:
    problems: list[list[Any]] = []
    count = 0

    def tell(problem: Problem) -> None:
        nonlocal count
        count += 1
        if count <= PROBLEMS_KEPT:
            problems.append([problem.line, problem.file, problem.message, list(problem.cells)])

    answers = Answers(draft)
    with _tables(draft, answers) as tables:
        importer = Importer(
            tables, build(answers.mapping(), answers.headers), by=by, on_error="skip", dry_run=True, tell=tell
        )
        report = importer.run()
    return {"report": report.as_json(), "problems": problems, "problem_count": count}


@contextmanager
def _tables(draft: ImportDraft, answers: Answers) -> Iterator[dict[str, Table]]:
    """Open the files of a draft as tables."""
    with ExitStack() as stack:
        tables = {}
        for number, file in enumerate(draft.files):
            facts = draft.facts[number]
            path = stack.enter_context(on_disk(file))
            how = {key: facts[key] for key in ("encoding", "delimiter", "sheet") if facts.get(key)}
            tables[FILES[number]] = open_table(path, name=draft.names[number], **how)
        yield tables


@contextmanager
def _files(draft: ImportDraft) -> Iterator[dict[str, File]]:
    """Open the files of a draft under the names that they were uploaded by."""
    with ExitStack() as stack:
        yield {
            FILES[number]: File(stack.enter_context(file.open("rb")), name=draft.names[number])
            for number, file in enumerate(draft.files)
        }


def run(draft: ImportDraft, user: Any, *, name: str = "", is_shared: bool = False) -> Job:
    """Begin the import of a draft, once, and return its job; remember how the columns were mapped."""
    with transaction.atomic():
        held = ImportDraft.objects.select_for_update().get(pk=draft.pk)
        if held.job_id and held.job:
            return held.job
        drafting.remember(held)
        if name:
            drafting.remember(held, name=name, is_shared=is_shared)
        with _files(held) as files:
            mapping = Answers(held).mapping()
            job = start_import(mapping, files, by=By(user, Origin.IMPORT), summary=str(held))
        held.job, held.updated_at = job, timezone.now()
        held.save(update_fields=["job", "updated_at"])
    return job
