"""Another type for a property: what its values become, told before and done in one transaction.

A value converts by its text: what the old type writes, the new type's form field reads. Only what stands in
the records' JSON converts; a column has the type that it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import history, indexes, schema
from .data_model import changing
from .models import Change, Property, Record
from .property_kinds import KINDS
from .provenance import By
from .rows import update_rows
from .signals import records_written
from .stored_values import EXAMPLES, claim_anew, in_batches, with_value
from .transactions import unit_of_work

OPTIONS = 100  # that are made of the values that occur; a list of more is no list to choose from
OPTION_LENGTH = 100
REMEMBERED = 10_000  # different values whose conversion is kept in memory
NOT_A_TARGET = (Property.FieldType.USER,)  # text names no user for certain


@dataclass(frozen=True)
class Example:
    """A value that does not convert: whose it is and why."""

    record_id: int
    record: str
    text: str
    reason: str


@dataclass
class Preview:
    """What would become of a property's values."""

    converting: int = 0
    failing: int = 0
    examples: list[Example] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # what else goes: default, rules

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.converting + self.failing


def can_convert(prop: Property) -> bool:
    """Whether a property can be given another type: one whose values users type into the records' JSON."""
    return not (prop.column or prop.read_only or prop.derivation)


def targets(prop: Property) -> list[Property.FieldType]:
    """Return the types that a property could be given."""
    return [
        one
        for one in Property.FieldType
        if KINDS[one].in_json
        and one != prop.field_type
        and one not in NOT_A_TARGET
        and (KINDS[one].can_be_unique or not prop.unique)
    ]


def preview(prop: Property, field_type: str) -> Preview:
    """Return what a property's values would become as values of another type; nothing is changed.

    Raises ValidationError where it cannot be: too many different values to make options of.
    """
    conversion = _Conversion(prop, field_type)
    found = Preview(lost=conversion.lost)
    for pk, name, stored in _values(prop):
        try:
            conversion.converted(stored)
        except ValidationError as error:
            found.failing += 1
            if len(found.examples) < EXAMPLES:
                reason = " ".join(error.messages)
                found.examples.append(Example(pk, name, conversion.text(stored)[:OPTION_LENGTH], reason))
        else:
            found.converting += 1
    return found


def convert(prop: Property, field_type: str, *, empty: bool, by: By) -> int:
    """Give a property another type and convert the values of all its records, archived ones too.

    What does not convert is emptied with `empty`; without, nothing is changed. Returns how many values
    converted. Raises ValidationError, and changes nothing, also where values that are to be unique are not.
    """
    indexes.drop(prop)
    try:
        return _convert(prop, field_type, empty=empty, by=by)
    finally:
        indexes.sync_soon()


@unit_of_work
def _convert(prop: Property, field_type: str, *, empty: bool, by: By) -> int:
    with changing():
        row = Property.objects.select_for_update(of=("self",)).get(pk=prop.pk)
        if row.field_type != prop.field_type or row.archived_at or not can_convert(row):
            raise ValidationError(_("Somebody else has changed this property meanwhile."))
        conversion = _Conversion(row, field_type)
        new = conversion.new
        # An index is of no use for every type.
        new.indexed = new.indexed and bool(new.kind.index_expressions(new))
        new.save()
        schema.data_model_changed()
        with schema.pinned():
            converted = _convert_records(conversion, empty=empty, by=by)
            claim_anew(new)
    return converted


def _convert_records(conversion: "_Conversion", *, empty: bool, by: By) -> int:
    new = conversion.new
    kind = schema.current().type_by_id(new.object_type_id)
    # A record's name, and what search finds, may be made of the value.
    derives = new.searchable or new.unique or new.name in kind.primary_properties
    converted, failing = 0, 0
    now = timezone.now()
    for records in in_batches(with_value(new)):
        stored = [vars(record).copy() for record in records]
        for record in records:
            try:
                value = conversion.converted(record.properties[new.name])
            except ValidationError:
                failing += 1
                value = None
            else:
                converted += 1
            kept = {name: one for name, one in record.properties.items() if name != new.name}
            record.properties = kept if value is None else {**kept, new.name: value}
            record.updated_at, record.updated_by = now, by.actor
            if derives:
                record.derive()
        if failing and not empty:
            continue  # only to say how many there are
        other = [
            record.pk
            for record, was in zip(records, stored, strict=True)
            if record.properties != was["properties"]
        ]
        if other:
            by = history.recorded(by, Change.Kind.BULK, new.label)
        with history.keeping(by, {kind: other}):
            update_rows(kind.model, records, stored)
        changes = {record.pk: {new.name} for record in records}
        records_written.send(sender=Record, object_type=kind, changes=changes, created=False, by=by)
    if failing and not empty:
        raise ValidationError(
            ngettext(
                "%(count)s value does not convert, so nothing was changed.",
                "%(count)s values do not convert, so nothing was changed.",
                failing,
            )
            % {"count": failing}
        )
    return converted


def _values(prop: Property) -> Iterator[tuple[int, str, Any]]:
    """Yield id, name and stored value of each record that has one; memory stays flat."""
    rows = with_value(prop).order_by("pk").values_list("pk", "display_name", "properties")
    for pk, name, properties in rows.iterator(chunk_size=2_000):
        yield pk, name, properties[prop.name]


class _Conversion:
    """Reads the values of a property as those of another type."""

    def __init__(self, prop: Property, field_type: str) -> None:
        self.old = prop
        self.new = Property.objects.select_related("object_type", "group").get(pk=prop.pk)
        self.new.field_type = field_type
        self.lost: list[str] = []
        self.memory: dict[str, Any] = {}
        self.keeps_options = self.old.kind.has_options and self.new.kind.has_options
        if self.new.kind.has_options and not self.keeps_options:
            self.new.options = self._options_that_occur()
        elif not self.new.kind.has_options:
            self.new.options = []
        self._fit_demands()
        self.names = {
            name.casefold(): one["value"] for one in self.new.options for name in (one["label"], one["value"])
        }
        self.field = self.new.kind.form_field(self.new)
        self.scratch = self.new.object_type.model()

    def _options_that_occur(self) -> list[dict[str, str]]:
        texts: dict[str, str] = {}
        for _pk, _name, stored in _values(self.old):
            for text in self._parts(self.text(stored)):
                if len(text) <= OPTION_LENGTH:
                    texts.setdefault(text.casefold(), text)
            if len(texts) > OPTIONS:
                raise ValidationError(
                    _("The values differ too much to choose from: there are more than %(count)s of them.")
                    % {"count": OPTIONS}
                )
        if not texts:
            raise ValidationError(_("No record has a value yet, so there is nothing to choose from."))
        return [{"value": text, "label": text} for text in sorted(texts.values(), key=str.casefold)]

    def _fit_demands(self) -> None:
        """Convert the default; keep the rules that the new type understands."""
        new, kind = self.new, self.new.kind
        old_rules, old_default = new.rules, new.default
        new.rules, new.default = {}, None
        rules = {name: bound for name, bound in old_rules.items() if name in kind.understood_rules}
        for name, bound in rules.items():
            new.rules = {**new.rules, name: bound}
            try:
                new.rules = kind.clean_rules(new)
            except ValidationError:
                del new.rules[name]
        if old_rules.keys() - new.rules.keys():
            self.lost.append(
                _("These rules mean nothing for the new type: %(rules)s.")
                % {"rules": ", ".join(sorted(old_rules.keys() - new.rules.keys()))}
            )
        if old_default is None:
            return
        text = self.text(old_default)
        new.default = self._parts(text) if kind.many else text
        try:
            new.default = kind.clean_default(new)
        except ValidationError:
            new.default = None
            self.lost.append(_("The default “%(value)s” does not convert.") % {"value": text})

    def text(self, stored: Any) -> str:
        """Return a stored value as its old type writes it."""
        kind = self.old.kind
        if kind.has_options:
            labels = {one["value"]: one["label"] for one in self.old.options}
            values = stored if isinstance(stored, list) else [stored]
            return "; ".join(labels.get(value, str(value)) for value in values)
        if self.old.field_type == Property.FieldType.HTML:
            return unescape(strip_tags(str(stored))).strip()
        if isinstance(stored, bool):
            return kind.display(stored, self.old, None)
        return str(stored)

    def _parts(self, text: str) -> list[str]:
        if not self.new.kind.many:
            return [text.strip()]
        return [part for part in (one.strip() for one in text.split(";")) if part]

    def converted(self, stored: Any) -> Any:
        """Return a value as the new type's JSON holds it; None for none. Raises ValidationError."""
        key = repr(stored)
        if key not in self.memory:
            if len(self.memory) >= REMEMBERED:
                self.memory.clear()
            try:
                self.memory[key] = self._converted(stored)
            except ValidationError as error:
                self.memory[key] = error
        found = self.memory[key]
        if isinstance(found, ValidationError):
            raise found
        return found

    def _converted(self, stored: Any) -> Any:
        kind, prop = self.new.kind, self.new
        if self.keeps_options:
            values = stored if isinstance(stored, list) else [stored]
            if not kind.many and len(values) > 1:
                raise ValidationError(_("Only one of these can be chosen."))
        else:
            values = self._parts(self.text(stored))
            if kind.has_options:
                values = [self.names.get(value.casefold(), value) for value in values]
        plain = values if kind.many else values[0]
        if prop.field_type == Property.FieldType.YES_NO:
            plain = YES_NO.get(plain.casefold(), plain) if isinstance(plain, str) else plain
        value = kind.clean_plain(prop, plain, self.field)
        # As it will be after saving.
        kind.set(self.scratch, prop, value)
        kind.normalise(self.scratch, prop)
        return self.scratch.properties.get(prop.name)


YES_NO = {"1": "true", "0": "false", "yes": "true", "no": "false"}
