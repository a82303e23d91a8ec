"""Makes a mapping from what a mapping file (or options) says, checked against the file and the data model.

Whatever it says wrong is found here, before a row is read: unknown columns, properties, object types and
settings, each with the nearest name there is.
"""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Mapping_
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from records import schema
from records.models import ObjectType, Property
from records.text import fold

from .identifying import AnyMatcher, IdMatcher, Matcher
from .mapping import CellAssociation, Labels, Mapping, RecordMapping, RowAssociation
from .report import ImportRefused
from .said import DECIMALS, FileOptions, Keys, file_options
from .values import NAME_PARTS, PropertyReader, Source

# Settings of an association that name a column, and which of its records has that.
COLUMNS = {"column": "record", "key_column": "with", "label_column": "record"}
WRITES = ("both", "create", "update", "none")
DELIMITER_NAMES = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
ID = "id"  # instead of a property: the number that a record has


def load_toml(path: Path) -> dict[str, Any]:
    """Return what a mapping file says. Raises ImportRefused where it is not TOML."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ImportRefused(
            _("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": error.strerror}
        ) from error
    except (ValueError, RecursionError) as error:  # all that is wrong with TOML, numbers and nesting too
        raise ImportRefused(
            _("%(file)s is not TOML: %(reason)s") % {"file": path, "reason": error}
        ) from error


def build(said: dict[str, Any], headers: Sequence[str] | Mapping_[str, Sequence[str]]) -> Mapping:
    """Return the mapping that `said` (a mapping file's content) means for a file with this header.

    Where it speaks of several files, `headers` are theirs by name; the first one's is "". Raises
    ImportRefused.
    """
    if not isinstance(headers, Mapping_):
        headers = {"": headers}
    options = file_options(said)
    for name in options:
        if name not in headers:
            raise ImportRefused(_("mapping: [files.%(name)s]: there is no such file.") % {"name": name})
    for name in headers:
        if name not in options:
            raise ImportRefused(_("mapping: nothing is said of the file “%(name)s”.") % {"name": name})
    named = {name: [column for column in header if column] for name, header in headers.items()}
    return _Builder(said, named, options).mapping()


class _Builder:
    """Makes a mapping, looking up every name that it uses."""

    def __init__(
        self, said: dict[str, Any], headers: dict[str, list[str]], options: dict[str, FileOptions]
    ) -> None:
        self.headers, self.options = headers, options
        self.file = ""  # whose columns are meant
        self.used: dict[str, set[str]] = {name: set() for name in headers}
        top = Keys(said, _("the file"))
        top.take("file", dict, {}), top.take("files", dict, {})  # see file_options
        self.values = self.pairs(top, "values")
        self.replacements = self.pairs(top, "replace")
        associations = [
            Keys(table, _("association %(number)s") % {"number": number})
            for number, table in enumerate(top.take("associations", list, []), start=1)
        ]
        # First, so that a column "Owner" that names a company is not taken for the property of that name.
        records = top.take("records", dict, {})
        for keys in associations:
            for key, end in COLUMNS.items():
                if key in keys.table:
                    record = records.get(str(keys.table.get(end)), {})
                    file = str(record.get("file", "")) if isinstance(record, dict) else ""
                    self.used.get(file, set()).add(str(keys.table[key]))
        if not records:
            raise ImportRefused(_("mapping: say what a row holds, such as [records.contacts]."))
        self.records = {alias: self.record(alias, table) for alias, table in records.items()}
        self.in_row: list[RowAssociation] = []
        self.by_cell: list[CellAssociation] = []
        for keys in associations:
            self.association(keys)
        top.done()

    def mapping(self) -> Mapping:
        return Mapping(
            records=list(self.records.values()),
            in_row=self.in_row,
            by_cell=self.by_cell,
            values={
                name: {old.casefold(): new for old, new in pairs.items()}
                for name, pairs in self.values.items()
            },
            replacements=self.replacements,
            unused_columns=[
                column
                for name, header in self.headers.items()
                for column in header
                if column not in self.used[name]
            ],
            files=tuple(self.headers),
        )

    @property
    def header(self) -> list[str]:
        return self.headers[self.file]

    # --- Records --------------------------------------------------------------------------------

    def record(self, alias: str, table: Any) -> RecordMapping:
        keys = Keys(table, f"[records.{alias}]")
        object_type = self.object_type(keys.text("type", alias))
        self.file = self.file_named(keys)
        properties = keys.take("properties", dict, {})
        id_column = keys.text("id")
        if id_column:
            self.column(id_column)
        readers = [self.reader(object_type, name, spec) for name, spec in properties.items()]
        if keys.take("by_header", bool, not (properties or id_column)):
            readers += self.readers_by_header(object_type, {reader.prop.name for reader in readers})
        if not readers and not id_column:
            raise ImportRefused(
                _(
                    "No column is named like a property of %(type)s; map one, such as "
                    '--map "%(column)s=%(property)s".'
                )
                % {
                    "type": object_type.name,
                    "column": next(iter(self.header), ""),
                    "property": next(iter(object_type.properties)),
                }
            )
        match = keys.texts("match")
        matcher: AnyMatcher | None
        if id_column or match == [ID]:
            if not id_column:
                raise keys.refuse(_('matched by id, but no column holds it: id = "Record ID".'))
            if match not in (None, [ID]):
                raise keys.refuse(_("an id identifies alone; leave out match."))
            matcher = IdMatcher(object_type)
        else:
            matcher = self.matcher(object_type, match, readers)
        without = keys.text("without_match", "error", ("error", "create"))
        write = keys.text("write", "both", WRITES)
        if write in ("update", "none") and (matcher is None or without == "create"):
            raise keys.refuse(_("what is not to be created has to be identified: match."))
        keys.done()
        return RecordMapping(alias, object_type, readers, matcher, without, self.file, id_column, write)

    def file_named(self, keys: Keys) -> str:
        name = keys.text("file")
        if name not in self.headers:
            known = ", ".join(filter(None, self.headers)) or "–"
            raise keys.refuse(
                _("there is no file “%(name)s” besides; there are: %(known)s."), name=name, known=known
            )
        return name

    def reader(self, object_type: ObjectType, name: str, spec: Any) -> PropertyReader:
        where = f"{object_type.name}.{name}"
        prop = self.property(object_type, name)
        if prop.read_only:
            raise ImportRefused(_("mapping: %(where)s is read-only.") % {"where": where})
        keys = Keys({"column": spec} if isinstance(spec, str) else spec, where)
        column, parts = keys.text("column"), keys.texts("text")
        if bool(column) == (parts is not None):
            raise ImportRefused(_("mapping: %(where)s: give either column or text.") % {"where": where})
        source = Source(column, tuple(parts or ()), keys.text("separator", "\n"))
        for used in source.columns:
            self.column(used)
        multiply = keys.take("multiply", (int, float), 1)
        if not 1e-9 <= multiply <= 1e12:
            raise ImportRefused(_("mapping: %(where)s: multiply is a number above 0.") % {"where": where})
        reader = PropertyReader(
            prop,
            source,
            part=keys.text("part", "", NAME_PARTS),
            default=keys.text("default"),
            date_format=keys.text("date_format", self.options[self.file].date_format),
            decimal=keys.text("decimal", self.options[self.file].decimal, DECIMALS),
            multiply=None if multiply == 1 else Decimal(str(multiply)),
            ignore_unknown=keys.take("ignore_unknown", bool, False),
        )
        keys.done()
        return reader

    def readers_by_header(self, object_type: ObjectType, mapped: set[str]) -> list[PropertyReader]:
        """Return readers for the columns that are named like a property and not used yet."""
        names = {
            fold(text): prop
            for prop in object_type.properties.values()
            if not prop.read_only and prop.name not in mapped
            for text in (prop.title, prop.label, prop.name)
        }
        readers: list[PropertyReader] = []
        for column in self.header:
            prop = names.get(fold(column))
            if prop is None or column in self.used[self.file] or prop in [reader.prop for reader in readers]:
                continue
            readers.append(self.reader(object_type, prop.name, column))
        return readers

    def matcher(
        self, object_type: ObjectType, names: list[str] | None, readers: list[PropertyReader]
    ) -> Matcher | None:
        """Return what identifies a record: as said, else its unique property or domain where mapped."""
        mapped = [reader.prop for reader in readers]
        if names is None:
            found = [prop for prop in mapped if prop.unique] or [
                prop for prop in mapped if prop.field_type == Property.FieldType.DOMAIN
            ]
            if not found:
                raise ImportRefused(
                    _(
                        "Say what identifies one of the %(type)s, so that a second import changes it instead "
                        'of doubling it: match = "%(property)s" (or match = [] to create one for every row).'
                    )
                    % {"type": object_type.name, "property": mapped[0].name}
                )
            return Matcher(object_type, found[:1])
        if not names:
            return None
        properties = [self.property(object_type, name) for name in names]
        for prop in properties:
            if prop not in mapped:
                raise ImportRefused(
                    _("mapping: %(type)s are matched by %(property)s, but no column is mapped to it.")
                    % {"type": object_type.name, "property": prop.name}
                )
            if prop.unique and len(properties) > 1:
                raise ImportRefused(
                    _("mapping: %(property)s is unique; match %(type)s by it alone.")
                    % {"type": object_type.name, "property": prop.name}
                )
        return Matcher(object_type, properties)

    # --- Associations ---------------------------------------------------------------------------

    def association(self, keys: Keys) -> None:
        record, other, column = keys.text("record"), keys.text("with"), keys.text("column")
        self.alias(record, keys.where)
        self.file = self.records[record].file
        if not column:
            self.alias(other, keys.where)
            if record == other:
                raise keys.refuse(_("the column that names the other record is missing."))
            if self.records[other].file != self.file:
                raise keys.refuse(_("in two files, say by which columns: column and key_column."))
            labels = self.labels(keys, record, self.records[other].object_type)
            self.in_row.append(RowAssociation(record, other, labels))
        else:
            self.column(column)
            self.by_cell.append(self.cell_association(keys, record, other, column))
        keys.done()

    def labels(self, keys: Keys, record: str, other: ObjectType) -> Labels:
        labels = Labels(self.records[record].object_type, other, column=keys.text("label_column"))
        if labels.column:
            self.column(labels.column)
        try:
            labels.constant = tuple(labels.named(name) for name in keys.texts("labels") or ())
        except ValidationError as error:
            raise keys.refuse(" ".join(error.messages)) from error
        return labels

    def cell_association(self, keys: Keys, record: str, other: str, column: str) -> CellAssociation:
        key_column, by = keys.text("key_column"), keys.text("by")
        if key_column:
            self.alias(other, keys.where)
            object_type, alias = self.records[other].object_type, other
            with self.of_file(self.records[other].file):
                self.column(key_column)
        else:
            object_type, alias = self.object_type(other), ""
        association = CellAssociation(
            record,
            column,
            object_type,
            self.labels(keys, record, object_type),
            key_column=key_column,
            key_record=alias,
            several=keys.text("several", "error", ("error", "all")),
            separator=keys.text("separator"),
            missing=keys.text("missing", "error", ("error", "skip", "create")),
        )
        if by and key_column:
            raise keys.refuse(_("give either by or key_column."))
        if association.several == "all" and not key_column:
            raise keys.refuse(_("several is for keys of the file: key_column."))
        if association.missing == "create" and (key_column or not by or by == ID):
            raise keys.refuse(_("to create what is missing, say by which property it goes: by."))
        if by == ID:
            association.matcher = IdMatcher(object_type)
        elif not key_column:
            properties = [self.property(object_type, by)] if by else []
            association.matcher = Matcher(object_type, properties)
            if by:
                association.reader = PropertyReader(properties[0], Source(column))
        return association

    @contextmanager
    def of_file(self, name: str) -> Iterator[None]:
        before, self.file = self.file, name
        yield
        self.file = before

    # --- Names ----------------------------------------------------------------------------------

    def object_type(self, name: str) -> ObjectType:
        try:
            return schema.current().type(name)
        except schema.UnknownObjectType:
            known = [kind.name for kind in schema.current().types]
            raise ImportRefused(
                _("There is no object type “%(name)s”%(hint)s") % {"name": name, "hint": _hint(name, known)}
            ) from None

    def property(self, object_type: ObjectType, name: str) -> Property:
        prop = object_type.properties.get(name)
        if prop is None:
            raise ImportRefused(
                _("%(type)s have no property “%(name)s”%(hint)s")
                % {"type": object_type.name, "name": name, "hint": _hint(name, object_type.properties)}
            )
        return prop

    def column(self, name: str) -> str:
        if name not in self.header:
            raise ImportRefused(
                _("The file has no column “%(name)s”%(hint)s")
                % {"name": name, "hint": _hint(name, self.header)}
            )
        self.used[self.file].add(name)
        return name

    def alias(self, name: str, where: str) -> None:
        if name not in self.records:
            raise ImportRefused(
                _("mapping: %(where)s: there is no record “%(name)s” in a row%(hint)s")
                % {"where": where, "name": name, "hint": _hint(name, self.records)}
            )

    def pairs(self, top: Keys, key: str) -> dict[str, dict[str, str]]:
        """Return a table of texts for each column that [values] or [replace] names."""
        found = {}
        for column, table in top.take(key, dict, {}).items():
            if not any(column in header for header in self.headers.values()):
                self.column(column)
            pairs = Keys(table, f"[{key}.{column}]")
            found[column] = {old: pairs.text(old) for old in list(pairs.table)}
        return found


def _hint(name: str, known: Iterable[str]) -> str:
    """Return the nearest known name, or all of them, as the end of a message."""
    known = list(known)
    folded = {fold(one): one for one in known}
    near = difflib.get_close_matches(fold(name), folded, n=1)
    if near:
        return _("; did you mean “%(name)s”?") % {"name": folded[near[0]]}
    return _("; there are: %(names)s.") % {"names": ", ".join(known)}
