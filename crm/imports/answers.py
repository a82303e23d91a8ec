"""What a user has said of the columns of a draft, and the mapping (`building.build`) that this means.

Answers are plain data:

    {"columns": [[[use, …], …], …],     by file and place of the column; see `proposing`
     "match": {alias: [property, …]},   what identifies a record; nothing: each row creates one
     "without": {alias: "create"},      what to do where that is empty; "error" otherwise
     "write": {alias: "update"},        or "create": whether records are only changed, or only created
     "pairs": {"contacts companies": {"on": true, "label": "7i"}},   records of a row that are associated
     "join": ["Customer", "Id"],        the columns that two files have in common
     "on_error": "skip"}
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from records.models import Property

from .models import ImportDraft
from .report import ImportRefused
from .targets import ID, Side, Target, Targets, sides
from .values import ISO_DATE, SEVERAL, Choices

Use = dict[str, Any]
DATES = (Property.FieldType.DATE, Property.FieldType.DATETIME)
MOST_USES = 4  # of one column
SECOND = "second"  # what a mapping calls the second file
FILES = ("", SECOND)


@dataclass
class Trouble:
    """What is wrong with answers, for the messages beside the fields."""

    columns: dict[tuple[int, int], list[str]] = field(default_factory=dict)  # by file and place
    sides: dict[str, list[str]] = field(default_factory=dict)  # by alias
    join: list[str] = field(default_factory=list)
    general: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.columns or self.sides or self.join or self.general)


class Answers:
    """The answers of a draft, with what they can be. Asks no database but for the names of owners."""

    def __init__(self, draft: ImportDraft) -> None:
        self.draft = draft
        self.only_associations = draft.kind == ImportDraft.Kind.ASSOCIATIONS
        self.said: dict[str, Any] = {
            "columns": [[[] for _name in facts["header"]] for facts in draft.facts],
            "match": {},
            "without": {},
            "pairs": {},
            "write": {},
            "join": ["", ""],
            **draft.answers,
        }
        self._choices: dict[int, Choices] = {}

    @cached_property
    def targets(self) -> list[Targets]:
        """What the columns of each file can become."""
        several = [name for names in self.draft.types for name in names]
        all_sides = iter(sides(several))
        return [
            Targets([next(all_sides) for _name in names], only_associations=self.only_associations)
            for names in self.draft.types
        ]

    @property
    def sides(self) -> list[Side]:
        """The records of all files."""
        return [side for targets in self.targets for side in targets.sides]

    @property
    def pairs(self) -> list[tuple[Side, Side]]:
        """The records that may be associated with each other: of a row, or of two files."""
        return Targets(self.sides).pairs

    def header(self, file: int) -> list[str]:
        """Return the names of a file's columns."""
        return self.draft.facts[file]["header"]

    def reading(self, file: int) -> dict[str, str]:
        """Return what was said of how a file is written."""
        return self.draft.reading[file] if file < len(self.draft.reading) else {}

    def uses(self, file: int, place: int) -> list[Use]:
        """Return the uses of a column."""
        return self.said["columns"][file][place]

    def all_uses(self) -> Iterator[tuple[int, int, Use, Target]]:
        """Yield each use with its file, the place of its column, and its target."""
        for file, columns in enumerate(self.said["columns"]):
            for place, uses in enumerate(columns):
                for use in uses:
                    if target := self.targets[file].by_key.get(use["target"]):
                        yield file, place, use, target

    def mapped(self, side: Side) -> list[Property]:
        """Return the properties of a record that columns are mapped to, in the order of the columns."""
        names = [
            name
            for _file, _place, _use, target in self.all_uses()
            if target.side == side
            for name in target.properties
        ]
        known = side.object_type.properties
        return [known[name] for name in dict.fromkeys(names) if name in known]

    def id_column(self, side: Side) -> str:
        """Return the column that has a record's id in Kith; "" where there is none."""
        key = f"{side.alias}.{ID}"
        return next(
            (
                self.header(file)[place]
                for file, place, use, _target in self.all_uses()
                if use["target"] == key
            ),
            "",
        )

    def match(self, side: Side) -> list[str]:
        """Return the properties that identify a record, of those that are mapped."""
        mapped = {prop.name for prop in self.mapped(side)}
        return [name for name in self.said["match"].get(side.alias, []) if name in mapped]

    def pair(self, one: Side, other: Side) -> dict[str, Any]:
        """Return whether two records of a row are associated, and as what."""
        return {"on": True, "label": "", **self.said["pairs"].get(f"{one.alias} {other.alias}", {})}

    def date_format(self, file: int, place: int, use: Use) -> str:
        """Return how a column writes dates: as said of it, of its file, or as its cells look."""
        guessed = self.draft.facts[file]["columns"][place]["date_formats"]
        return use.get("date_format") or self.reading(file).get("date_format") or next(iter(guessed), "")

    def decimal(self, file: int, place: int, use: Use) -> str:
        """Return what a column has before its decimals, in the same way."""
        guessed = self.draft.facts[file]["columns"][place]["decimal"]
        return use.get("decimal") or self.reading(file).get("decimal") or guessed or "."

    def choices(self, prop: Property) -> Choices:
        """Return the choices of a property by their names; read once."""
        if prop.pk not in self._choices:
            self._choices[prop.pk] = Choices(prop)
        return self._choices[prop.pk]

    def unknown_cells(self, file: int, place: int, target: Target) -> list[str]:
        """Return the cells of a column that are no values of its property, as far as they were read."""
        prop = target.prop
        values = self.draft.facts[file]["values"][place]
        if prop is None or values is None or not self.has_choices(prop):
            return []
        known = self.choices(prop).by_name

        def is_known(cell: str) -> bool:
            parts = cell.split(SEVERAL) if prop.kind.many else [cell]
            return all(len(known.get(part.strip().casefold(), [])) == 1 for part in parts)

        return [cell for cell in values if not is_known(cell)]

    def has_choices(self, prop: Property) -> bool:
        """Whether a property has only values that there is a list of."""
        return bool(self.choices(prop).by_name)

    # --- What is wrong ------------------------------------------------------------------------------

    def trouble(self) -> Trouble:
        """Return what is wrong with the answers."""
        found = Trouble()
        taken: dict[str, str] = {}
        for file, place, use, target in self.all_uses():
            keys = [f"{target.side.alias}.{name}" for name in target.properties] or (
                [use["target"]] if target.is_id or target.beside else []
            )
            for key in keys:
                if other := taken.get(key):
                    text = _("“%(column)s” is %(target)s already.") % {
                        "column": other,
                        "target": target.title,
                    }
                    found.columns.setdefault((file, place), []).append(text)
                taken.setdefault(key, self.header(file)[place])
        for side in self.sides:
            if not self.mapped(side) and not self.id_column(side):
                found.sides[side.alias] = [
                    _("No column is a property of %(type)s yet.") % {"type": side.object_type.plural_label}
                ]
            elif self.only_associations and not (self.match(side) or self.id_column(side)):
                found.sides[side.alias] = [_("Say what identifies it.")]
        if self.draft.kind == ImportDraft.Kind.TWO:
            for file, name in enumerate(self.said["join"]):
                if name not in self.header(file):
                    found.join = [_("Choose the column that both files have.")]
        return found

    # --- The mapping --------------------------------------------------------------------------------

    @property
    def headers(self) -> dict[str, list[str]]:
        """The columns of each file, by the name that the mapping gives it."""
        return {FILES[file]: self.header(file) for file in range(len(self.draft.facts))}

    def mapping(self) -> dict[str, Any]:
        """Return what a mapping file would say of the draft (docs/import.md)."""
        said: dict[str, Any] = {"file": self._file(0), "records": {}, "associations": [], "values": {}}
        if len(self.draft.facts) > 1:
            said["files"] = {SECOND: self._file(1)}
        for file, targets in enumerate(self.targets):
            said["records"] |= {side.alias: self._record(side, file) for side in targets.sides}
        for file, place, use, target in self.all_uses():
            column = self.header(file)[place]
            if target.other is not None:
                said["associations"].append(self._named(target, column, use))
            if cells := use.get("values"):
                said["values"].setdefault(column, {}).update(cells)
        for one, other in self.pairs:
            if self.only_associations or self.pair(one, other)["on"]:
                said["associations"].append(self._between(one, other))
        return said

    def _file(self, file: int) -> dict[str, str]:
        facts = self.draft.facts[file]
        told = {
            "encoding": facts.get("encoding"),
            "delimiter": facts.get("delimiter"),
            "sheet": facts.get("sheet"),
        }
        # How dates and decimals are written is said of each column.
        return {key: value for key, value in told.items() if value}

    def file_of(self, side: Side) -> int:
        """Return the number of the file whose rows hold a record."""
        return next(file for file, targets in enumerate(self.targets) if side in targets.sides)

    def _record(self, side: Side, file: int) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for at, place, use, target in self.all_uses():
            if target.side != side or not target.properties:
                continue
            column = self.header(at)[place]
            if target.is_full_name:
                for name, part in zip(target.properties, ("first", "last"), strict=True):
                    properties[name] = {"column": column, "part": part}
                continue
            properties[target.properties[0]] = self._entry(at, place, use, target)
        record: dict[str, Any] = {"properties": properties}
        if side.alias != side.object_type.name:
            record["type"] = side.object_type.name
        if file:
            record["file"] = FILES[file]
        column = self.id_column(side)
        if column:
            record["id"] = column
        else:
            record["match"] = self.match(side)
        if self.only_associations:
            record["write"] = "none"
            return record
        write = self.write(side)
        if write != "both":
            record["write"] = write
        if write in ("both", "create") and (column or record["match"]) and self.without(side) == "create":
            record["without_match"] = "create"
        return record

    def write(self, side: Side) -> str:
        """Return whether records are created and changed ("both"), or one of it only."""
        return self.said["write"].get(side.alias, "both")

    def without(self, side: Side) -> str:
        """Return what becomes of rows in which what identifies is empty."""
        return self.said["without"].get(side.alias, "create" if self.id_column(side) else "error")

    def _entry(self, file: int, place: int, use: Use, target: Target) -> str | dict[str, Any]:
        column = self.header(file)[place]
        prop = target.prop
        assert prop is not None  # noqa: S101
        entry: dict[str, Any] = {}
        is_exact = self.draft.facts[file]["columns"][place]["is_exact"]
        if prop.field_type in DATES and not is_exact:
            date_format = self.date_format(file, place, use)
            entry |= {"date_format": date_format} if date_format not in ("", ISO_DATE) else {}
        if prop.kind.numeric:
            decimal = self.decimal(file, place, use)
            entry |= {"decimal": decimal} if decimal != "." and not is_exact else {}
            if factor := use.get("multiply"):
                entry["multiply"] = int(factor)
        if use.get("ignore_unknown"):
            entry["ignore_unknown"] = True
        return {"column": column, **entry} if entry else column

    def _named(self, target: Target, column: str, use: Use) -> dict[str, Any]:
        assert target.other is not None  # noqa: S101
        said: dict[str, Any] = {"record": target.side.alias, "column": column, "with": target.other.name}
        said |= {key: use[key] for key in ("by", "separator") if use.get(key)}
        if use.get("label"):
            said["labels"] = [use["label"]]
        return {**said, "missing": use.get("missing") or "error"}

    def _between(self, one: Side, other: Side) -> dict[str, Any]:
        """Return the association of two records of a row, or of rows of two files that share a key."""
        said: dict[str, Any] = {"record": one.alias, "with": other.alias}
        if self.file_of(one) != self.file_of(other):
            column, key_column = self.said["join"]
            said |= {"column": column, "key_column": key_column, "several": "all", "missing": "skip"}
        if column := self._label_column(one, other):
            said["label_column"] = column
        elif label := self.pair(one, other)["label"]:
            said["labels"] = [label]
        return said

    def _label_column(self, one: Side, other: Side) -> str:
        key = f"{one.alias}+{other.alias}"
        found = (
            self.header(file)[place] for file, place, use, _target in self.all_uses() if use["target"] == key
        )
        return next(found, "")


def refused(error: ImportRefused) -> Trouble:
    """Return what the engine finds wrong, as trouble with no place."""
    return Trouble(general=[str(error)])
