"""Imports as jobs in the background, resumable at any moment, and dry runs that give exact counts."""

import shutil
import tempfile
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import history
from records.jobs import JobKind, JobRefused, Run, register, start
from records.models import Change, Job
from records.provenance import By

from .building import DELIMITER_NAMES, build
from .memo import Memo
from .models import ImportFile
from .models.running import new_run
from .reading import Table, open_table
from .report import Conflict, ImportRefused, Problem, Report
from .said import file_options
from .spool import Spool, forget, spooled
from .steps import Steps

ATTEMPTS = 3  # of a step at which somebody else has taken a value


class ImportJob(JobKind):
    """An import: each step reads, writes or associates the next rows. Rows with a problem are left out."""

    name = "import"
    label = gettext_lazy("Import")
    change_kind: ClassVar[Change.Kind | None] = Change.Kind.IMPORT
    counts = {
        "created": gettext_lazy("Created"),
        "updated": gettext_lazy("Updated"),
        "unchanged": gettext_lazy("Unchanged"),
        "associated": gettext_lazy("Associated"),
        "labelled": gettext_lazy("Given a label"),
        "already_associated": gettext_lazy("Already associated"),
        "refused": gettext_lazy("Associations refused"),
        "missing": gettext_lazy("Records not found"),
        "skipped": gettext_lazy("Rows left out"),
    }

    def step(self, run: Run) -> bool:
        """Do the next piece. Raises JobRefused where the file or what was said of it is wrong."""
        if "said" not in run.params:
            raise JobRefused(_("What was to be imported has been deleted meanwhile."))
        problems: list[Problem] = []
        try:
            work = self._steps(run, problems)
            last = self._advance(run, work, problems)
        except ImportRefused as error:
            raise JobRefused(str(error)) from error
        self._keep(run, work, problems)
        return last

    def _steps(self, run: Run, problems: list[Problem]) -> Steps:
        said, state = run.params["said"], run.state
        state.setdefault("run", run.params["run"])
        spools = partial(_spool, run.job)
        if "headers" not in state:
            state["headers"] = {name: spools(name).header for name in file_options(said)}
            # For the table of refused rows; that of a second file stands behind.
            columns = [name for header in state["headers"].values() for name in header if name]
            run.params["header"] = list(dict.fromkeys(columns))
        return Steps(
            spools,
            build(said, state["headers"]),
            by=run.by,
            state=state,
            tell=lambda problem, left_out: problems.append(problem),
            names=run.params["names"],
        )

    def _advance(self, run: Run, work: Steps, problems: list[Problem]) -> bool:
        for attempt in range(1, ATTEMPTS + 1):
            before = deepcopy(work.state)
            try:
                with transaction.atomic():
                    return work.step()
            except Conflict:
                if attempt == ATTEMPTS:
                    raise
                work.state.clear()
                work.state.update(before)
                work.report, work.progress = Report(), 0
                problems.clear()
        raise AssertionError

    def _keep(self, run: Run, work: Steps, problems: list[Problem]) -> None:
        report = Report.from_json(run.state["report"]) if "report" in run.state else Report()
        report.unused_columns = work.mapping.unused_columns
        report.add(work.report)
        run.state["report"] = report.as_json()
        for name in self.counts:
            value = getattr(work.report, name)
            number = value if isinstance(value, int) else value.total()
            if number:
                run.count(name, number)
        run.done(work.progress)
        if not work.is_reading:
            run.total(run.state["total"] + run.state.get("wanted", 0))
        for problem in problems:
            message = f"{problem.file}: {problem.message}" if problem.file else problem.message
            cells = _in_columns(run, work, problem)
            run.error(message, row=problem.line, record_id=problem.record_id, cells=cells)

    def ended(self, job: Job) -> None:
        """Forget what the import had to remember, and its further files."""
        if run := job.params.get("run"):
            Memo(UUID(run)).forget()
            transaction.on_commit(partial(forget, run))


class ImportDryRun(ImportJob):
    """Everything that an import would do, taken back at the end: so its counts are exact.

    It reads in steps like an import; the rest is one step and holds the same locks.
    """

    name = "import-dry-run"
    label = gettext_lazy("Dry run of an import")
    change_kind = None

    def _advance(self, run: Run, work: Steps, problems: list[Problem]) -> bool:
        if work.is_reading:
            return work.step()
        state = deepcopy(work.state)
        with transaction.atomic():
            work.by = history.recorded(work.by, Change.Kind.IMPORT)
            while not work.step():
                pass
            transaction.set_rollback(True)
        work.state.clear()
        work.state.update(state)
        return True


register(ImportJob)
register(ImportDryRun)


def start_import(
    said: dict[str, Any], files: Mapping[str, File], *, by: By, dry_run: bool = False, summary: str = ""
) -> Job:
    """Begin an import (or a dry run of it) in the background and return its job.

    `said` is what a mapping file says; `files` are by the names that it gives them, the first one's is "".
    What came of it stands in the job's counts, and by object type in `cursor["report"]` (`Report.as_json`).
    """
    run = new_run()
    names = {name: Path(file.name or "").name for name, file in files.items()}
    kept = []
    try:
        for name, file in files.items():
            if name:
                one = ImportFile(run=run, name=name, file_name=names[name][-255:])
                one.file.save(names[name], file, save=True)
                kept.append(one)
        return start(
            ImportDryRun if dry_run else ImportJob,
            by=by,
            params={"said": said, "run": run.hex, "names": names},
            summary=summary or " + ".join(names.values()),
            source=files[""],
        )
    except BaseException:
        for one in kept:
            one.file.delete(save=False)
        raise


def _spool(job: Job, name: str) -> Spool:
    """Return the rows of a file of an import."""
    return spooled(job.params["run"], name, lambda: _table(job, name))


def _table(job: Job, name: str) -> Table:
    how = file_options(job.params["said"])[name]
    if name:
        kept = ImportFile.objects.get(run=UUID(job.params["run"]), name=name)
        file, file_name = kept.file, kept.file_name
    else:
        file, file_name = job.source, job.source_name
    path, copy = _local(file)
    table = open_table(
        path,
        name=file_name,
        encoding=how.encoding,
        delimiter=DELIMITER_NAMES.get(how.delimiter, how.delimiter),
        sheet=how.sheet,
    )
    table.copy = copy
    return table


def _local(file: FieldFile) -> tuple[Path, Any]:
    """Return where a stored file can be read: itself, or a copy that goes with what is given beside it."""
    try:
        if (path := Path(file.path)).exists():
            return path, None
    except NotImplementedError:
        pass
    copy = tempfile.NamedTemporaryFile()  # noqa: SIM115
    try:
        with file.open("rb") as stored:
            shutil.copyfileobj(stored, copy)
    except OSError as error:
        raise ImportRefused(_("The file is no longer there.")) from error
    copy.flush()
    return Path(copy.name), copy


def _in_columns(run: Run, work: Steps, problem: Problem) -> list[str]:
    """Return the cells of a row under the columns of all files."""
    names = run.params["names"]
    file = next((name for name in names if names[name] == problem.file), "")
    header = list(dict.fromkeys(run.state["headers"][file]))
    if len(problem.cells) != len(header):  # a row that does not fit its header
        return list(problem.cells)
    cells = dict(zip(header, problem.cells, strict=True))
    return [cells.get(name, "") for name in run.params["header"]]
