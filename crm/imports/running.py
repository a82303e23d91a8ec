"""Runs an import in this process, as the command line does."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from records import history
from records.models import Change
from records.provenance import By

from . import steps
from .mapping import Mapping as FileMapping
from .memo import Memo
from .models.running import new_run
from .reading import Table
from .report import ImportRefused, Problem, Report
from .spool import Spool


class Importer:
    """Brings the rows of a table (or of several, by the names that the mapping gives them) into the CRM.

    With `on_error="stop"` an import is one transaction: a single problem and nothing was written. With
    "skip" every batch is one, and rows with problems are left out. A dry run does everything in a
    transaction that it takes back, so that its counts are exact; it goes to the end whatever it meets.
    """

    def __init__(
        self,
        table: Table | Mapping[str, Table],
        mapping: FileMapping,
        *,
        by: By,
        on_error: str = "stop",
        on_refused: str = "skip",
        dry_run: bool = False,
        tell: Callable[[Problem], None] = lambda problem: None,
    ) -> None:
        self.tables = {"": table} if isinstance(table, Table) else dict(table)
        self.mapping, self.by = mapping, by
        self.on_error, self.on_refused, self.dry_run = on_error, on_refused, dry_run
        self.tell = tell
        self.report = Report(unused_columns=mapping.unused_columns)
        self.problems = 0

    def run(self) -> Report:
        """Import. Raises ImportRefused where nothing (more) was written; each problem is told before."""
        spools = {name: Spool(partial(self.tables.__getitem__, name)) for name in self.tables}
        state: dict[str, Any] = {"run": new_run().hex}
        try:
            self._run(spools, state)
        finally:
            for spool in spools.values():
                spool.close()
        return self.report

    def _run(self, spools: dict[str, Spool], state: dict[str, Any]) -> None:
        names = {name: table.name for name, table in self.tables.items()}
        work = steps.Steps(
            spools.__getitem__, self.mapping, by=self.by, state=state, tell=self._told, names=names
        )
        work.report = self.report
        while work.is_reading:
            work.step()
        if self.dry_run or self.on_error == "stop":
            self._refuse_unreadable_rows(spools, names)
            with transaction.atomic():
                self._write(work)
                if self.dry_run:
                    transaction.set_rollback(True)
        else:
            try:
                self._write(work)
            finally:
                Memo(work.memo.run).forget()

    def _refuse_unreadable_rows(self, spools: dict[str, Spool], names: dict[str, str]) -> None:
        """Tell all rows that are no rows of the table before anything is written, not batch by batch."""
        if self.dry_run or not any(spool.problems for spool in spools.values()):
            return
        for name, spool in spools.items():
            for start in range(0, spool.items, steps.BATCH):
                for item in spool.batch(start, steps.BATCH):
                    if isinstance(item, Problem):
                        self._told(item if len(names) == 1 else Problem(item.line, item.message, names[name]))
        raise ImportRefused(_("Nothing was imported."))

    def _write(self, work: steps.Steps) -> None:
        """Write all batches as one change, which history shows and undoes as one."""
        summary = " + ".join(table.name for table in self.tables.values())
        work.by = history.recorded(self.by, Change.Kind.IMPORT, summary)
        try:
            done = False
            while not done:
                with transaction.atomic():
                    done = work.step()
                    if self.problems and self.on_error == "stop" and not self.dry_run:
                        raise ImportRefused(_("Nothing was imported."))
        finally:
            history.forget_if_empty(work.by.change)

    def _told(self, problem: Problem, left_out: bool = True) -> None:
        """Count what is an error: a row that is left out, or (where that is asked) a refused association."""
        self.problems += left_out or self.on_refused == "stop"
        self.tell(problem)
