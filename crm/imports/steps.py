"""An import in steps, each a constant number of queries, and each to be done within one transaction.

Where it stands is a small dictionary, and all else that it remembers are rows of the database. So whoever
commits the two together may be killed at any moment, and another process goes on from there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from associations import labels as words_of
from associations import services as association_services
from associations.labels import Word
from associations.models.association import Pair, canonical
from associations.services import Status
from records import services as record_services
from records.provenance import By

from .mapping import CellAssociation, Mapping, RecordMapping
from .memo import Memo, key_of
from .models import ImportWanted
from .planning import Plan, Planner, Target
from .reading import Row
from .report import Conflict, ImportRefused, Problem, Report
from .spool import Spool
from .values import SHOWN, PropertyReader, Source

BATCH = 1_000  # rows
READ = 20_000  # rows, of which nothing is written yet
Link = tuple[int, int, int, Sequence[Word]]  # line, record, other record, what that one is called


class Steps:
    """The steps of one import: first the files are read to their ends, then rows are written, batch by batch,
    then what cells name is associated, and at last what was remembered is forgotten."""

    def __init__(
        self,
        spool: Callable[[str], Spool],
        mapping: Mapping,
        *,
        by: By,
        state: dict[str, Any],
        tell: Callable[[Problem, bool], None],
        names: dict[str, str] | None = None,
    ) -> None:
        """`state` is where the import stands, empty at its beginning; each step brings it up to date.

        `tell` is given each problem, and whether its row was left out (or only an association of it was
        not made). `names` are what messages call the files, where there are several.
        """
        self.spool, self.mapping, self.by, self.state = spool, mapping, by, state
        self.tell, self.names = tell, names or {}
        self.memo = Memo(UUID(state["run"]))
        for key, value in {"phase": "read", "file": 0, "row": 0, "place": 0, "after": [0, 0]}.items():
            state.setdefault(key, value)
        self.report = Report()  # of what this object has done
        self.progress = 0  # of rows, and of names in cells
        self.here: dict[int, tuple[int, Row]] = {}  # rows of the batch with their numbers, by line

    def step(self) -> bool:
        """Do the next piece; return whether that was the last. Raises ImportRefused."""
        phases: dict[str, Callable[[], bool]] = {
            "read": self._read,
            "rows": self._rows,
            "cells": self._cells,
            "forget": self.memo.forget_some,
        }
        return phases[self.state["phase"]]()

    @property
    def is_reading(self) -> bool:
        """Whether nothing is written yet."""
        return self.state["phase"] == "read"

    @property
    def file(self) -> str:
        return self.mapping.files[self.state["file"]]

    def _next(self, phase: str) -> bool:
        """Go on with the next file, or behind the last one with the next phase."""
        self.state["row"] = 0
        self.state["file"] += 1
        if self.state["file"] == len(self.mapping.files):
            self.state.update(file=0, phase=phase)
        return False

    # --- Read -----------------------------------------------------------------------------------

    def _read(self) -> bool:
        """Read on, so that a file which breaks off later is refused before a write."""
        spool = self.spool(self.file)
        until = self.state["row"] + READ
        while spool.items < until and not spool.is_complete:
            spool.read_on(READ)
        self.state["row"] = spool.items
        if spool.is_complete:
            self.state["total"] = self.state.get("total", 0) + spool.items
            self._next("rows")
            if not (self.is_reading or self.state["total"]):
                raise ImportRefused(_("The file has no rows below its header."))
        return False

    # --- Records --------------------------------------------------------------------------------

    def _rows(self) -> bool:
        spool = self.spool(self.file)
        while not spool.is_complete:  # made anew, from the beginning
            spool.read_on(READ)
        start = self.state["row"]
        items = spool.batch(start, BATCH)
        if not items:
            return self._next("cells" if self.mapping.by_cell else "forget")
        rows = []
        self.here = {}
        for number, item in enumerate(items, start=start):
            if isinstance(item, Problem):
                self.report.skipped += 1
                self._problem(item, left_out=True)
            else:
                rows.append(item)
                self.here[item.line] = (number, item)
        self.report.rows += len(items)
        self.progress += len(items)
        self.state["row"] += len(items)
        self._batch(rows)
        return False

    def _batch(self, rows: Sequence[Row]) -> None:
        mapping, file = self.mapping, self.file
        plan = Planner(mapping, self.report, self._left_out, file).plan_rows(rows)
        self._write(plan)
        for place, association in enumerate(mapping.by_cell):
            if mapping.file_of[association.record] == file:
                wanted = self._wanted(association, place, plan)
                self.memo.want(wanted)
                self.state["wanted"] = self.state.get("wanted", 0) + len(wanted)
            if association.key_column and mapping.file_of[association.key_record] == file:
                self.memo.hold(
                    place,
                    (
                        (row.cells[association.key_column], targets[association.key_record].record_id)
                        for row, targets in plan.rows
                        if association.key_record in targets
                    ),
                )
        self._associate(
            (
                row.line,
                targets[pair.record].record_id,
                targets[pair.other].record_id,
                pair.labels.words(row.cells),
            )
            for row, targets in plan.rows
            for pair in mapping.in_row
            if pair.record in targets and pair.other in targets
        )

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
            raise Conflict(
                _("Somebody else changed records at the same time; run the import again. (%(reason)s)")
                % {"reason": reason}
            ) from error

    def _wanted(self, association: CellAssociation, place: int, plan: Plan) -> list[ImportWanted]:
        return [
            ImportWanted(
                run=self.memo.run,
                place=place,
                number=self.here[row.line][0],
                line=row.line,
                record_id=target.record_id,
                name=name,
                key=key_of(name),
                labels=",".join(dict.fromkeys(word.key for word in association.labels.words(row.cells))),
            )
            for row, targets in plan.rows
            if (target := targets.get(association.record))
            for name in association.names(row.cells)
        ]

    # --- Associations ---------------------------------------------------------------------------

    def _cells(self) -> bool:
        """Associate the records that cells name, now that all of them are there."""
        place, after = self.state["place"], self.state["after"]
        if place == len(self.mapping.by_cell):
            self.state["phase"] = "forget"
            return False
        association = self.mapping.by_cell[place]
        self.here = {}
        if association.several == "all" and self._join(association, place):
            return False
        wanted = (
            self.memo.alone(place, after[0], BATCH)
            if association.several == "all"
            else self.memo.wanted(place, after[0], BATCH)
        )
        if not wanted:
            self.state.update(place=place + 1, after=[0, 0])
            self.state.pop("joined", None)
            return False
        self.state["after"] = [wanted[-1].pk, 0]
        self.progress += len(wanted)
        self._name_rows(association, wanted)
        found = self._named(association, place, wanted)
        self._associate(
            (one.line, one.record_id, others[0], self._words(association, one))
            for one in wanted
            if len(others := self._judged(association, one, found.get(one.name))) == 1
        )
        return False

    def _join(self, association: CellAssociation, place: int) -> bool:
        """Associate the next pairs of records that have a key in common; return whether there were any."""
        if self.state.get("joined"):
            return False
        pairs = self.memo.joined(place, tuple(self.state["after"]), BATCH)
        if not pairs:
            self.state.update(joined=True, after=[0, 0])
            return False
        self.state["after"] = [pairs[-1][0].pk, pairs[-1][1]]
        self._name_rows(association, [one for one, _other in pairs])
        self._associate(
            (one.line, one.record_id, other, self._words(association, one)) for one, other in pairs
        )
        return True

    def _name_rows(self, association: CellAssociation, wanted: Sequence[ImportWanted]) -> None:
        """Note which rows of which file are spoken of."""
        self.state["file"] = self.mapping.files.index(self.mapping.file_of[association.record])
        self.numbers = {one.line: one.number for one in wanted}

    def _words(self, association: CellAssociation, one: ImportWanted) -> list[Word]:
        ends = (association.labels.from_type.pk, association.labels.to_type.pk)
        return [word for key in filter(None, one.labels.split(",")) if (word := words_of.word(key, *ends))]

    def _judged(self, association: CellAssociation, one: ImportWanted, others: list[int] | None) -> list[int]:
        """Return the record that a cell names; say so where it is none, or may be several."""
        if others is None:  # told already: the name is no value of the property
            return []
        if len(others) != 1:
            self.report.missing += 1
            if others:
                message = _("%(column)s: %(number)s records are called “%(name)s”: which one is meant?")
            else:
                message = _("%(column)s: nothing among the %(type)s is called “%(name)s”.")
            said = {
                "column": association.column,
                "number": len(others),
                "type": association.object_type.plural_label.lower(),
                "name": one.name[:SHOWN],
            }
            is_error = association.missing != "skip"
            self._problem(Problem(one.line, message % said, record_id=one.record_id), left_out=is_error)
        return others

    def _named(
        self, association: CellAssociation, place: int, wanted: Sequence[ImportWanted]
    ) -> dict[str, list[int]]:
        """Return the ids of the records that each name means."""
        matcher, reader = association.matcher, association.reader
        if matcher is None:
            held = self.memo.held(place, list(dict.fromkeys(one.key for one in wanted)))
            return {one.name: held.get(one.key, []) for one in wanted}
        keys: dict[str, Any] = {}
        for one in wanted:
            if one.name in keys:
                continue
            try:
                keys[one.name] = (
                    matcher.key({reader.prop.name: reader.value(one.name)})  # type: ignore[union-attr]
                    if reader
                    else matcher.key_of_name(one.name)
                )
            except ValidationError as error:
                keys[one.name] = None
                self._left_out(Problem(one.line, f"{association.column}: {' '.join(error.messages)}"))
        records = matcher.find({key for key in keys.values() if key is not None})
        found = {
            name: [record.pk for record in records.get(key, [])]
            for name, key in keys.items()
            if key is not None
        }
        if association.missing == "create" and reader:
            missing = {one.name: one.line for one in reversed(wanted) if found.get(one.name) == []}
            created = self._create(association, reader, missing)
            found = {name: created.get(name, others or None) for name, others in found.items()}  # type: ignore[misc]
        return found

    def _create(
        self, association: CellAssociation, reader: PropertyReader, lines: dict[str, int]
    ) -> dict[str, list[int]]:
        """Create the records that cells name and that there are none of; return their ids by name."""
        record = RecordMapping(
            "", association.object_type, [replace(reader, source=Source("name"))], association.matcher
        )
        report = Report()
        rows = [Row(line, {"name": name}) for name, line in lines.items()]
        plan = Planner(Mapping([record]), report, self._left_out).plan_rows(rows)
        self._write(plan)
        self.report.created.update(report.created)
        return {row.cells["name"]: [targets[""].record_id] for row, targets in plan.rows}

    def _associate(self, links: Iterable[Link]) -> None:
        """Associate pairs of records, each given with its line; say which ones a rule forbids."""
        lines: dict[Pair, list[int]] = {}
        words: dict[Pair, list[Word]] = {}
        for line, one, other, called in links:
            lines.setdefault(canonical(one, other), []).append(line)
            if called:
                words.setdefault((one, other), []).extend(called)
        if not lines:
            return
        report = association_services.associate_pairs(lines, by=self.by, skip_refused=True, words=words)
        for outcome in report.outcomes:
            here = lines[outcome.pair]
            if outcome.status == Status.REFUSED:
                self.report.refused += len(here)
                for line in here:
                    self._problem(Problem(line, outcome.message), left_out=False)
                continue
            new = outcome.status == Status.ASSOCIATED
            self.report.associated += new
            self.report.already_associated += len(here) - new
            self.report.labelled += outcome.status == Status.LABELLED

    # --- Problems -------------------------------------------------------------------------------

    def _left_out(self, problem: Problem) -> None:
        self._problem(problem, left_out=True)

    def _problem(self, problem: Problem, *, left_out: bool) -> None:
        """Tell a problem with the cells of its row as they stand in the file."""
        if not problem.cells:
            problem = replace(problem, cells=self._cells_of(problem.line))
        if len(self.mapping.files) > 1:
            problem = replace(problem, file=self.names.get(self.file, self.file))
        self.tell(problem, left_out)

    def _cells_of(self, line: int) -> list[str]:
        if line in self.here:
            return list(self.here[line][1].cells.values())
        number = getattr(self, "numbers", {}).get(line)
        spool = self.spool(self.file)
        items = spool.batch(number, 1) if number is not None and spool.is_complete else []
        return [str(cell) for item in items if isinstance(item, Row) for cell in item.cells.values()]
