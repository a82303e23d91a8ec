"""What a row of a file holds: records, and what associates them."""

from dataclasses import dataclass, field

from records.models import ObjectType

from .identifying import Matcher
from .values import PropertyReader


@dataclass
class RecordMapping:
    """One record that each row of a file holds."""

    alias: str
    object_type: ObjectType
    readers: list[PropertyReader]
    matcher: Matcher | None  # None creates a record for every row
    without_match: str = "error"  # what to do where the cells that identify are empty; or "create"


@dataclass
class RowAssociation:
    """Two records of the same row are associated."""

    record: str  # alias
    other: str  # alias


@dataclass
class CellAssociation:
    """A cell names a record that the row's record is associated with."""

    record: str  # alias
    column: str
    object_type: ObjectType
    matcher: Matcher | None = None  # finds it by a property or by its name,
    reader: PropertyReader | None = None  # whose value the cell writes;
    key_column: str = ""  # or else it is the record whose row has the cell's text in this column,
    key_record: str = ""  # under this alias
    separator: str = ""  # between several names in a cell
    missing: str = "error"  # or "skip"

    def names(self, cells: dict[str, str]) -> list[str]:
        """Return the names that stand in a row's cell."""
        text = cells[self.column]
        names = text.split(self.separator) if self.separator else [text]
        return list(dict.fromkeys(filter(None, (name.strip() for name in names))))


@dataclass
class Mapping:
    """What every row of a file holds."""

    records: list[RecordMapping]
    in_row: list[RowAssociation] = field(default_factory=list)
    by_cell: list[CellAssociation] = field(default_factory=list)
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # by column: cell → what it stands for
    replacements: dict[str, dict[str, str]] = field(default_factory=dict)  # by column: text → another
    unused_columns: list[str] = field(default_factory=list)

    def translate(self, cells: dict[str, str]) -> dict[str, str]:
        """Return a row's cells with the replacements made that the mapping asks for."""
        if not self.values and not self.replacements:
            return cells
        translated = dict(cells)
        for column, pairs in self.replacements.items():
            for old, new in pairs.items():
                translated[column] = translated[column].replace(old, new)
        for column, known in self.values.items():
            translated[column] = known.get(translated[column].casefold(), translated[column])
        return translated
