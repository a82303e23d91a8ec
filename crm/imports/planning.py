"""What a batch of rows means for the records: which are new, which change, which rows cannot be imported."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from records.models import ObjectType, Property, Record, UniqueValue
from records.requirements import Standing, asks, refusals
from records.services import with_defaults

from .identifying import Key, Matcher
from .mapping import Mapping, RecordMapping
from .reading import Row
from .report import Problem, Report
from .values import SHOWN


@dataclass
class Draft:
    """What one row says about one of its records."""

    mapping: RecordMapping
    values: dict[str, Any]
    defaults: dict[str, Any]  # for a record that is created
    key: Key | None


@dataclass
class Target:
    """A record that a batch creates or (perhaps) changes."""

    object_type: ObjectType
    record: Record | None  # None until it is created
    values: dict[str, Any]  # what is to be set

    def differs(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return those of the values that this record does not have yet."""
        return {name: value for name, value in values.items() if self._value(name) != value}

    def _value(self, name: str) -> Any:
        if name in self.values or self.record is None:
            return self.values.get(name)
        return self.object_type.properties[name].value_of(self.record)

    @property
    def record_id(self) -> int:
        """The id, once the record is written."""
        assert self.record is not None  # noqa: S101
        return self.record.pk


@dataclass
class Plan:
    """What is to be written for a batch, and which records each row stands for."""

    new: list[Target] = field(default_factory=list)
    known: dict[int, Target] = field(default_factory=dict)  # by record id
    rows: list[tuple[Row, dict[str, Target]]] = field(default_factory=list)  # records by alias


class Planner:
    """Plans one batch of a file, in a number of queries that does not depend on its rows."""

    def __init__(
        self, mapping: Mapping, report: Report, tell: Callable[[Problem], None], file: str = ""
    ) -> None:
        self.mapping, self.report, self.tell, self.file = mapping, report, tell, file
        self.records = mapping.of_file(file)
        self.labels = [
            labels for record, labels in mapping.labels() if labels.column and mapping.file_of[record] == file
        ]
        self.plan = Plan()
        self.needed: dict[str, tuple[list[Property], list[Property]]] = {}  # by type, see `_needed`
        self.found: dict[str, dict[Key, list[Record]]] = {}
        self.by_key: dict[tuple[Any, ...], Target] = {}
        self.holders: dict[tuple[int, str], int] = {}  # unique value → id of the record that has it
        self.claimed: dict[tuple[int, str], Target] = {}  # unique value → record of this batch

    def plan_rows(self, rows: Iterable[Row]) -> Plan:
        """Return the plan. Rows with a problem are told and left out as a whole."""
        drafted = []
        for row in rows:
            row = Row(row.line, self.mapping.translate(row.cells))
            drafts, problems = self._drafts(row)
            problems += self._wrong_labels(row)
            if problems:
                self._leave_out(row, problems)
            else:
                drafted.append((row, drafts))
        self._look_up([draft for _row, drafts in drafted for draft in drafts])
        for row, drafts in drafted:
            problems = [message for draft in drafts for message in self._objections(draft)]
            if problems:
                self._leave_out(row, problems)
            else:
                targets = {draft.mapping.alias: self._accept(draft) for draft in drafts}
                self.plan.rows.append((row, targets))
        return self.plan

    def _leave_out(self, row: Row, problems: list[str]) -> None:
        self.report.skipped += 1
        for message in problems:
            self.tell(Problem(row.line, message, cells=list(row.cells.values())))

    def _wrong_labels(self, row: Row) -> list[str]:
        wrong = []
        for labels in self.labels:
            try:
                labels.words(row.cells)
            except ValidationError as error:
                wrong.append(f"{labels.column}: {' '.join(error.messages)}")
        return wrong

    # --- What the rows say ----------------------------------------------------------------------

    def _drafts(self, row: Row) -> tuple[list[Draft], list[str]]:
        """Return the records that a row tells of, and what is wrong with them."""
        drafts: list[Draft] = []
        problems: list[str] = []
        for mapping in self.records:
            texts = {reader.prop.name: reader.text(row.cells) for reader in mapping.readers}
            id_text = row.cells[mapping.id_column] if mapping.id_column else ""
            # Constants say nothing of a record: there is one where a cell does.
            if id_text or any(texts[reader.prop.name] for reader in mapping.readers if reader.source.columns):
                draft, wrong = self._draft(mapping, texts, id_text)
                drafts.append(draft)
                problems += wrong
        return drafts, problems

    def _draft(self, mapping: RecordMapping, texts: dict[str, str], id_text: str) -> tuple[Draft, list[str]]:
        draft = Draft(mapping, {}, {}, None)
        problems = []
        for reader in mapping.readers:
            text = texts[reader.prop.name]
            if not (text or reader.default):
                continue
            try:
                value = reader.value(text or reader.default)
            except ValidationError as error:
                problems.append(f"{reader.prop.title}: {' '.join(error.messages)}")
                continue
            if value not in (None, ""):
                (draft.values if text else draft.defaults)[reader.prop.name] = value
        matcher = mapping.matcher
        if matcher is not None and not problems:
            if isinstance(matcher, Matcher):
                draft.key = matcher.key(draft.values)
            elif id_text:
                try:
                    draft.key = matcher.key_of_name(id_text)
                except ValidationError as error:
                    return draft, [f"{mapping.id_column}: {' '.join(error.messages)}"]
            if draft.key is None and mapping.without_match == "error":
                problems.append(self._no_identity(mapping))
        return draft, problems

    def _no_identity(self, mapping: RecordMapping) -> str:
        names = [prop.title.lower() for prop in mapping.matcher.properties] if mapping.matcher else []
        return _(
            "No %(properties)s, by which %(type)s are identified "
            '(without_match = "create" would create one each time).'
        ) % {
            "properties": ", ".join(names) or mapping.id_column,
            "type": mapping.object_type.plural_label.lower(),
        }

    # --- What is there --------------------------------------------------------------------------

    def _look_up(self, drafts: list[Draft]) -> None:
        for mapping in self.records:
            mine = [draft for draft in drafts if draft.mapping is mapping]
            if mapping.matcher is not None:
                keys = {draft.key for draft in mine if draft.key is not None}
                self.found[mapping.alias] = mapping.matcher.find(keys)
            for prop in self._unique(mapping):
                values = [
                    prop.kind.comparable(draft.values[prop.name])
                    for draft in mine
                    if prop.name in draft.values
                ]
                holders = UniqueValue.holders(prop, values)
                self.holders.update({(prop.pk, value): pk for value, pk in holders.items()})

    def _unique(self, mapping: RecordMapping) -> list[Any]:
        """The unique properties that a row sets and that do not identify its record."""
        match = mapping.matcher.unique if mapping.matcher else None
        return [reader.prop for reader in mapping.readers if reader.prop.unique and reader.prop != match]

    def _objections(self, draft: Draft) -> list[str]:
        """Return why a record cannot be written as the row says."""
        mapping = draft.mapping
        found = self._found(draft)
        if len(found) > 1:
            return [
                _("%(number)s %(type)s are called %(key)s: which one is meant?")
                % {
                    "number": len(found),
                    "type": mapping.object_type.plural_label.lower(),
                    "key": ", ".join(
                        str(draft.values.get(prop.name, "")) for prop in mapping.matcher.properties
                    )
                    if mapping.matcher
                    else "",
                }
            ]
        place = self._place(draft)
        target = self.by_key.get(place) if place else None
        if target is None and found:
            target = self.plan.known.get(found[0].pk)
        objections: list[str] = []
        is_new = not found and target is None
        if is_new and (mapping.write in ("update", "none") or (mapping.id_column and draft.key)):
            return [self._unknown(draft)]
        if mapping.write == "none" or (mapping.write == "create" and not is_new):
            return []
        for prop in self._unique(mapping):
            value = prop.kind.comparable(draft.values.get(prop.name))
            claim = (prop.pk, UniqueValue.key(value))
            holder, claimant = self.holders.get(claim), self.claimed.get(claim)
            taken = holder and not (found and found[0].pk == holder)
            if value and (taken or (claimant and claimant is not target)):
                objections.append(UniqueValue.message(prop, value))
        if is_new:
            objections += self._gaps(draft)
        record = found[0] if found else None
        return objections + list(self._missing(draft, record, target).values())

    def _unknown(self, draft: Draft) -> str:
        """Return what is said where a record is to be there and is not."""
        mapping = draft.mapping
        if mapping.id_column and draft.key:
            key = str(draft.key[0])
        else:
            properties = mapping.matcher.properties if mapping.matcher else []
            key = ", ".join(str(draft.values.get(prop.name, "")) for prop in properties)
        return _("Among the %(type)s there is none that goes by %(key)s.") % {
            "type": mapping.object_type.plural_label.lower(),
            "key": f"“{key[:SHOWN]}”",
        }

    def _missing(self, draft: Draft, record: Record | None, target: Target | None) -> dict[str, str]:
        """Return, by property name, what the record would lack in its stage."""
        if not asks(draft.mapping.object_type):
            return {}
        if record is not None:
            before = Standing.of(record)
            now = before.with_values(target.values if target else {})
            return refusals(now.with_values(draft.values), before)
        values = {**draft.defaults, **(target.values if target else {}), **draft.values}
        kind = draft.mapping.object_type
        return refusals(Standing.by_values(kind, with_defaults(kind, values)))

    def _gaps(self, draft: Draft) -> list[str]:
        """Return what a new record lacks."""
        kind = draft.mapping.object_type
        if kind.name not in self.needed:
            self.needed[kind.name] = _needed(kind)
        required, naming = self.needed[kind.name]
        values = {**draft.defaults, **draft.values}
        gaps = [
            _("%(property)s is missing.") % {"property": prop.title}
            for prop in required
            if prop.name not in values
        ]
        if not gaps and not any(prop.name in values for prop in naming):
            labels = ", ".join(prop.title.lower() for prop in naming)
            gaps.append(
                _("Nothing names the record; fill in at least one of: %(labels)s.") % {"labels": labels}
            )
        return gaps

    # --- What is to be done ---------------------------------------------------------------------

    def _found(self, draft: Draft) -> list[Record]:
        return [] if draft.key is None else self.found[draft.mapping.alias].get(draft.key, [])

    def _place(self, draft: Draft) -> tuple[Any, ...] | None:
        """Where a record that this batch creates is found again by a later row."""
        if draft.key is None or draft.mapping.matcher is None:
            return None
        names = tuple(prop.name for prop in draft.mapping.matcher.properties)
        return (draft.mapping.object_type.pk, names, draft.key)

    def _accept(self, draft: Draft) -> Target:
        kind, place, found = draft.mapping.object_type, self._place(draft), self._found(draft)
        target = self.by_key.get(place) if place else None
        if target is None and found:
            target = self.plan.known.setdefault(found[0].pk, Target(kind, found[0], {}))
        if target is None:
            target = Target(kind, None, {**draft.defaults, **draft.values})
            self.plan.new.append(target)
            self.report.created[kind.name] += 1
        else:
            stays = draft.mapping.write in ("create", "none")
            changes = {} if stays else target.differs(draft.values)
            target.values.update(changes)
            counter = self.report.updated if changes else self.report.unchanged
            counter[kind.name] += 1
        if place:
            self.by_key[place] = target
        if draft.mapping.write == "none":
            return target
        for prop in self._unique(draft.mapping):
            if value := draft.values.get(prop.name):
                self.claimed[prop.pk, UniqueValue.key(prop.kind.comparable(value))] = target
        return target


def _needed(kind: ObjectType) -> tuple[list[Property], list[Property]]:
    """Return what a new record of a type must have, and the properties of which one has to name it."""
    required = [
        prop
        for prop in kind.properties.values()
        if prop.required and prop.field_type != "stage" and prop.kind.default(prop) is None
    ]
    primary = set(kind.primary_properties)
    return required, [prop for prop in kind.properties.values() if prop.name in primary or prop.unique]
