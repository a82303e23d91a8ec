"""What the rows of files hold: records, and what associates them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from associations import labels
from associations.labels import Word
from records.models import ObjectType

from .identifying import AnyMatcher
from .values import SEVERAL, SHOWN, PropertyReader


@dataclass
class RecordMapping:
    """One record that each row of a file holds."""

    alias: str
    object_type: ObjectType
    readers: list[PropertyReader]
    matcher: AnyMatcher | None  # None creates a record for every row
    without_match: str = "error"  # what to do where the cells that identify are empty; or "create"
    file: str = ""  # the first one
    id_column: str = ""  # holds the ids of records that are there already
    write: str = "both"  # or only "create", or only "update", or "none": records are found, never changed


@dataclass
class Labels:
    """The labels that associations get: the same for all, or as a column says."""

    from_type: ObjectType
    to_type: ObjectType
    constant: tuple[Word, ...] = ()
    column: str = ""
    _known: dict[str, list[Word]] = field(default_factory=dict)

    def words(self, cells: dict[str, str]) -> list[Word]:
        """Return the words for a row, as read on the page of the first type. Raises ValidationError."""
        text = cells[self.column] if self.column else ""
        if text not in self._known:
            names = filter(None, (name.strip() for name in text.split(SEVERAL)))
            self._known[text] = [*self.constant, *map(self.named, names)]
        return self._known[text]

    def named(self, name: str) -> Word:
        """Return the word that a file calls so: what the other record is to this one, or else this to it.

        Raises ValidationError.
        """
        words = labels.words(self.from_type.pk, self.to_type.pk)
        wanted = name.casefold()
        for texts in (
            {word: (str(word), word.key) for word in words},
            {word: (str(word.reversed), word.label.name) for word in words},
        ):
            found = [word for word, called in texts.items() if wanted in map(str.casefold, called)]
            if found:
                return found[0]
        raise ValidationError(
            _("There is no label “%(name)s” of %(one)s and %(other)s; there are: %(known)s.")
            % {
                "name": name[:SHOWN],
                "one": self.from_type.plural_label.lower(),
                "other": self.to_type.plural_label.lower(),
                "known": ", ".join(map(str, words)) or "–",
            }
        )


@dataclass
class RowAssociation:
    """Two records of the same row are associated."""

    record: str  # alias
    other: str  # alias
    labels: Labels


@dataclass
class CellAssociation:
    """A cell names a record that the row's record is associated with."""

    record: str  # alias
    column: str
    object_type: ObjectType
    labels: Labels
    matcher: AnyMatcher | None = None  # finds it by a property, its id or its name,
    reader: PropertyReader | None = None  # whose value the cell writes;
    key_column: str = ""  # or else it is the record whose row has the cell's text in this column,
    key_record: str = ""  # under this alias, perhaps in another file
    several: str = "error"  # where a key stands in several rows; or "all": each of them is meant
    separator: str = ""  # between several names in a cell
    missing: str = "error"  # or "skip", or "create"

    def names(self, cells: dict[str, str]) -> list[str]:
        """Return the names that stand in a row's cell."""
        text = cells[self.column]
        names = text.split(self.separator) if self.separator else [text]
        return list(dict.fromkeys(filter(None, (name.strip() for name in names))))


@dataclass
class Mapping:
    """What every row of each file holds."""

    records: list[RecordMapping]
    in_row: list[RowAssociation] = field(default_factory=list)
    by_cell: list[CellAssociation] = field(default_factory=list)
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # by column: cell → what it stands for
    replacements: dict[str, dict[str, str]] = field(default_factory=dict)  # by column: text → another
    unused_columns: list[str] = field(default_factory=list)
    files: Sequence[str] = ("",)

    def __post_init__(self) -> None:
        self.file_of = {record.alias: record.file for record in self.records}

    def of_file(self, file: str) -> list[RecordMapping]:
        """Return the records that a row of a file holds."""
        return [record for record in self.records if record.file == file]

    def labels(self) -> list[tuple[str, Labels]]:
        """Return the labels of all associations, each with the record on whose page they are read."""
        rows = [(one.record, one.labels) for one in self.in_row]
        return rows + [(one.record, one.labels) for one in self.by_cell]

    def translate(self, cells: dict[str, str]) -> dict[str, str]:
        """Return a row's cells with the replacements made that the mapping asks for."""
        if not self.values and not self.replacements:
            return cells
        translated = dict(cells)
        for column, pairs in self.replacements.items():
            if column not in cells:
                continue
            for old, new in pairs.items():
                if old in translated[column]:
                    translated[column] = translated[column].replace(old, new)
        for column, known in self.values.items():
            if column in cells:
                translated[column] = known.get(translated[column].casefold(), translated[column])
        return translated
