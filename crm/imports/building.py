"""Makes a mapping from what a mapping file (or options) says, checked against the file and the data model.

Whatever it says wrong is found here, before a row is read: unknown columns, properties, object types and
settings, each with the nearest name there is.
"""

import difflib
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from records import schema
from records.models import ObjectType, Property
from records.text import fold

from .identifying import Matcher
from .mapping import CellAssociation, Mapping, RecordMapping, RowAssociation
from .report import ImportRefused
from .values import NAME_PARTS, PropertyReader, Source

COLUMNS = ("column", "key_column")  # settings of an association that name one


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


def build(said: dict[str, Any], header: list[str]) -> Mapping:
    """Return the mapping that `said` (a mapping file's content) means for a file with this header.

    Raises ImportRefused.
    """
    return _Builder(said, [name for name in header if name]).mapping()


def file_options(said: dict[str, Any]) -> tuple[str, str]:
    """Return encoding and delimiter that a mapping file states, which are needed before there is a header."""
    options = _Keys(said.get("file", {}), "[file]")
    return options.text("encoding"), options.text("delimiter")


class _Keys:
    """A table of the mapping file, taken apart key by key; what is left over is refused."""

    def __init__(self, table: Any, where: str) -> None:
        if not isinstance(table, dict):
            raise ImportRefused(_("mapping: %(where)s must be a table.") % {"where": where})
        self.table, self.where = dict(table), where

    def take(self, key: str, kinds: type | tuple[type, ...], default: Any) -> Any:
        value = self.table.pop(key, default)
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise ImportRefused(
                _("mapping: %(where)s: %(key)s has the wrong kind of value.")
                % {"where": self.where, "key": key}
            )
        return value

    def text(self, key: str, default: str = "", choices: Iterable[str] = ()) -> str:
        value = self.take(key, str, default)
        if choices and value != default and value not in choices:
            raise ImportRefused(
                _("mapping: %(where)s: %(key)s is one of %(choices)s.")
                % {"where": self.where, "key": key, "choices": ", ".join(choices)}
            )
        return value

    def texts(self, key: str) -> list[str] | None:
        """Return a text or list of texts as a list; None where the key is missing."""
        value = self.take(key, (str, list, type(None)), None)
        if value is None:
            return None
        texts = [value] if isinstance(value, str) else value
        if not all(isinstance(text, str) for text in texts):
            raise ImportRefused(
                _("mapping: %(where)s: %(key)s must hold texts.") % {"where": self.where, "key": key}
            )
        return texts

    def done(self) -> None:
        for key in self.table:
            raise ImportRefused(
                _("mapping: %(where)s: there is no setting “%(key)s”.") % {"where": self.where, "key": key}
            )


class _Builder:
    """Makes a mapping, looking up every name that it uses."""

    def __init__(self, said: dict[str, Any], header: list[str]) -> None:
        self.header = header
        self.used: set[str] = set()
        top = _Keys(said, _("the file"))
        options = _Keys(top.take("file", dict, {}), "[file]")
        options.text("encoding"), options.text("delimiter")  # see file_options
        self.decimal = options.text("decimal", ".", (".", ","))
        self.date_format = options.text("date_format")
        options.done()
        self.values = self.pairs(top, "values")
        self.replacements = self.pairs(top, "replace")
        associations = [
            _Keys(table, _("association %(number)s") % {"number": number})
            for number, table in enumerate(top.take("associations", list, []), start=1)
        ]
        # First, so that a column "Owner" that names a company is not taken for the property of that name.
        self.used.update(
            str(keys.table[key]) for keys in associations for key in COLUMNS if key in keys.table
        )
        records = top.take("records", dict, {})
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
            unused_columns=[name for name in self.header if name not in self.used],
        )

    # --- Records --------------------------------------------------------------------------------

    def record(self, alias: str, table: Any) -> RecordMapping:
        keys = _Keys(table, f"[records.{alias}]")
        object_type = self.object_type(keys.text("type", alias))
        properties = keys.take("properties", dict, {})
        readers = [self.reader(object_type, name, spec) for name, spec in properties.items()]
        if keys.take("by_header", bool, not properties):
            readers += self.readers_by_header(object_type, {reader.prop.name for reader in readers})
        if not readers:
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
        matcher = self.matcher(object_type, keys.texts("match"), readers)
        without = keys.text("without_match", "error", ("error", "create"))
        keys.done()
        return RecordMapping(alias, object_type, readers, matcher, without)

    def reader(self, object_type: ObjectType, name: str, spec: Any) -> PropertyReader:
        where = f"{object_type.name}.{name}"
        prop = self.property(object_type, name)
        if prop.read_only:
            raise ImportRefused(_("mapping: %(where)s is read-only.") % {"where": where})
        keys = _Keys({"column": spec} if isinstance(spec, str) else spec, where)
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
            date_format=keys.text("date_format", self.date_format),
            decimal=keys.text("decimal", self.decimal, (".", ",")),
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
            if prop is None or column in self.used or prop in [reader.prop for reader in readers]:
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

    def association(self, keys: _Keys) -> None:
        record, other, column = keys.text("record"), keys.text("with"), keys.text("column")
        self.alias(record, keys.where)
        if not column:
            self.alias(other, keys.where)
            if record == other:
                raise ImportRefused(
                    _("mapping: %(where)s: the column that names the other record is missing.")
                    % {"where": keys.where}
                )
            self.in_row.append(RowAssociation(record, other))
        else:
            self.column(column)
            self.by_cell.append(self.cell_association(keys, record, other, column))
        keys.done()

    def cell_association(self, keys: _Keys, record: str, other: str, column: str) -> CellAssociation:
        key_column, by = keys.text("key_column"), keys.text("by")
        if key_column:
            self.alias(other, keys.where)
            self.column(key_column)
            object_type, alias = self.records[other].object_type, other
        else:
            object_type, alias = self.object_type(other), ""
        association = CellAssociation(
            record,
            column,
            object_type,
            key_column=key_column,
            key_record=alias,
            separator=keys.text("separator"),
            missing=keys.text("missing", "error", ("error", "skip")),
        )
        if by and key_column:
            raise ImportRefused(
                _("mapping: %(where)s: give either by or key_column.") % {"where": keys.where}
            )
        if not key_column:
            properties = [self.property(object_type, by)] if by else []
            association.matcher = Matcher(object_type, properties)
            if by:
                association.reader = PropertyReader(properties[0], Source(column))
        return association

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
        self.used.add(name)
        return name

    def alias(self, name: str, where: str) -> None:
        if name not in self.records:
            raise ImportRefused(
                _("mapping: %(where)s: there is no record “%(name)s” in a row%(hint)s")
                % {"where": where, "name": name, "hint": _hint(name, self.records)}
            )

    def pairs(self, top: _Keys, key: str) -> dict[str, dict[str, str]]:
        """Return a table of texts for each column that [values] or [replace] names."""
        found = {}
        for column, table in top.take(key, dict, {}).items():
            if column not in self.header:
                self.column(column)
            pairs = _Keys(table, f"[{key}.{column}]")
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
