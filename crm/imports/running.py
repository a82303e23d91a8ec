"""Runs an import: batch by batch, each in a constant number of queries, memory flat in the number of rows."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from associations import services as association_services
from associations.models.association import Pair, canonical
from associations.services import Status
from records import history
from records import services as record_services
from records.models import Change
from records.provenance import By

from .mapping import CellAssociation, Mapping
from .memo import Memo, Wanted
from .planning import Plan, Planner, Target
from .reading import Row, Table
from .report import ImportRefused, Problem, Report

BATCH = 1_000  # rows


class Importer:
    """Brings the rows of a table into the CRM as a mapping says.

    With `on_error="stop"` an import is one transaction: a single problem and nothing was written. With
    "skip" every batch is one, and rows with problems are left out. A dry run does everything in a
    transaction that it takes back, so that its counts are exact; it goes to the end whatever it meets.
    """

    def __init__(
        self,
        table: Table,
        mapping: Mapping,
        *,
        by: By,
        on_error: str = "stop",
        on_refused: str = "skip",
        dry_run: bool = False,
        tell: Callable[[Problem], None] = lambda problem: None,
    ) -> None:
        self.table, self.mapping, self.by = table, mapping, by
        self.on_error, self.on_refused, self.dry_run = on_error, on_refused, dry_run
        self.tell = tell
        self.report = Report(unused_columns=mapping.unused_columns)
        self.problems = 0

    def run(self) -> Report:
        """Import. Raises ImportRefused where nothing (more) was written; each problem is told before."""
        self._read_through()
        if self.dry_run or self.on_error == "stop":
            with transaction.atomic():
                self._import()
                if self.dry_run:
                    transaction.set_rollback(True)
        else:
            self._import()
        return self.report

    def _read_through(self) -> None:
        """Read the whole file once, so that one which breaks off later is refused before a write."""
        for item in self.table.rows():
            self.report.rows += 1
            if isinstance(item, Problem):
                self.report.skipped += 1
                self._problem(item)
        if not self.report.rows:
            raise ImportRefused(_("The file has no rows below its header."))
        self._stop_on_problems()

    def _import(self) -> None:
        """Write all batches as one change, which history shows and undoes as one."""
        self.by = history.recorded(self.by, Change.Kind.IMPORT, self.table.path.name)
        try:
            self._import_rows()
        finally:
            history.forget_if_empty(self.by.change)

    def _import_rows(self) -> None:
        rows = (item for item in self.table.rows() if isinstance(item, Row))
        with Memo() as memo:
            while batch := list(islice(rows, BATCH)):
                with transaction.atomic():
                    self._batch(batch, memo)
            for place, association in enumerate(self.mapping.by_cell):
                for wanted in memo.wanted(place, BATCH):
                    with transaction.atomic():
                        self._associate_by_cell(association, place, wanted, memo)

    def _problem(self, problem: Problem) -> None:
        self.problems += 1
        self.tell(problem)

    def _stop_on_problems(self) -> None:
        if self.problems and self.on_error == "stop" and not self.dry_run:
            raise ImportRefused(_("Nothing was imported."))

    # --- Records --------------------------------------------------------------------------------

    def _batch(self, rows: list[Row], memo: Memo) -> None:
        plan = Planner(self.mapping, self.report, self._problem).plan_rows(rows)
        self._stop_on_problems()
        self._write(plan)
        for place, association in enumerate(self.mapping.by_cell):
            memo.want(place, self._wanted(association, plan))
            if association.key_column:
                memo.hold(
                    place,
                    (
                        (row.cells[association.key_column], targets[association.key_record].record_id)
                        for row, targets in plan.rows
                        if association.key_record in targets
                    ),
                )
        pairs = [
            (row.line, targets[pair.record].record_id, targets[pair.other].record_id)
            for row, targets in plan.rows
            for pair in self.mapping.in_row
            if pair.record in targets and pair.other in targets
        ]
        self._associate(pairs)

    def _write(self, plan: Plan) -> None:
        changed: dict[Any, dict[int, dict[str, Any]]] = {}
        for pk, target in plan.known.items():
            if target.values:
                changed.setdefault(target.object_type, {})[pk] = target.values
        new: dict[Any, list[Target]] = {}
        for target in plan.new:
            new.setdefault(target.object_type, []).append(target)
        try:
            for object_type, changes in changed.items():
                record_services.update_records(object_type, changes, by=self.by)
            for object_type, targets in new.items():
                for target in targets:
                    target.record = record_services.build_record(object_type, target.values, by=self.by)
                records = [target.record for target in targets if target.record]
                record_services.create_records(records, by=self.by)
        except (ValidationError, IntegrityError) as error:  # it was free a moment ago
            reason = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            raise ImportRefused(
                _("Somebody else changed records at the same time; run the import again. (%(reason)s)")
                % {"reason": reason}
            ) from error

    def _wanted(self, association: CellAssociation, plan: Plan) -> Iterator[Wanted]:
        for row, targets in plan.rows:
            if target := targets.get(association.record):
                for name in association.names(row.cells):
                    yield Wanted(row.line, target.record_id, name)

    # --- Associations ---------------------------------------------------------------------------

    def _associate_by_cell(
        self, association: CellAssociation, place: int, wanted: list[Wanted], memo: Memo
    ) -> None:
        """Associate the records that cells name, now that all of them are there."""
        found = self._named(association, place, wanted, memo)
        pairs = []
        for one in wanted:
            others = found.get(one.name)
            if others is None:  # told already: the name is no value of the property
                continue
            if len(others) == 1:
                pairs.append((one.line, one.record_id, others[0]))
                continue
            self.report.missing += 1
            if others:
                message = _("%(column)s: %(number)s records are called “%(name)s”: which one is meant?")
            else:
                message = _("%(column)s: nothing among the %(type)s is called “%(name)s”.")
            problem = Problem(
                one.line,
                message
                % {
                    "column": association.column,
                    "number": len(others),
                    "type": association.object_type.plural_label.lower(),
                    "name": one.name[:60],
                },
            )
            self._problem(problem) if association.missing == "error" else self.tell(problem)
        self._stop_on_problems()
        self._associate(pairs)

    def _named(
        self, association: CellAssociation, place: int, wanted: list[Wanted], memo: Memo
    ) -> dict[str, list[int]]:
        """Return the ids of the records that each name means."""
        names = list(dict.fromkeys(one.name for one in wanted))
        matcher, reader = association.matcher, association.reader
        if matcher is None:
            return memo.held(place, names)
        keys: dict[str, Any] = {}
        for one in wanted:
            if one.name in keys:
                continue
            try:
                keys[one.name] = (
                    matcher.key({reader.prop.name: reader.value(one.name)})
                    if reader
                    else matcher.key_of_name(one.name)
                )
            except ValidationError as error:
                keys[one.name] = None
                self._problem(Problem(one.line, f"{association.column}: {' '.join(error.messages)}"))
        records = matcher.find({key for key in keys.values() if key is not None})
        return {
            name: [record.pk for record in records.get(key, [])]
            for name, key in keys.items()
            if key is not None
        }

    def _associate(self, pairs: Iterable[tuple[int, int, int]]) -> None:
        """Associate pairs of records, each given with its line; say which ones a rule forbids."""
        lines: dict[Pair, list[int]] = {}
        for line, one, other in pairs:
            lines.setdefault(canonical(one, other), []).append(line)
        if not lines:
            return
        report = association_services.associate_pairs(lines, by=self.by, skip_refused=True)
        for outcome in report.outcomes:
            here = lines[outcome.pair]
            if outcome.status == Status.REFUSED:
                self.report.refused += len(here)
                for line in here:
                    problem = Problem(line, outcome.message)
                    self._problem(problem) if self.on_refused == "stop" else self.tell(problem)
                continue
            new = outcome.status == Status.ASSOCIATED
            self.report.associated += new
            self.report.already_associated += len(here) - new
        self._stop_on_problems()
