"""Forms made from properties."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from .models import ObjectType, Property, Record, UniqueValue
from .requirements import Standing, refusals


class PropertiesForm(forms.Form):
    """Enters and checks some properties of a record; `values` are the cleaned ones by property name."""

    lead = ""  # what is said above the fields
    needs_name = True  # whether a new record has to have one

    def __init__(
        self,
        object_type: ObjectType,
        properties: list[Property],
        data: QueryDict | dict[str, Any] | None = None,
        *,
        record: Record | None = None,
        prefix: str = "",
    ) -> None:
        self.object_type = object_type
        self.record = record
        self.chosen = properties
        self.duplicate: Record | None = None
        super().__init__(data, prefix=prefix or None, auto_id=f"{prefix or 'id'}_%s")
        for prop in properties:
            field = prop.kind.form_field(prop)
            if record is not None:
                field.initial = prop.kind.initial(record.specific, prop)
                _offer(field, prop, record.specific)
            elif prop.field_type == Property.FieldType.STAGE:
                field.initial = next(iter(object_type.stages), None)
            elif prop.default is not None:
                field.initial = prop.kind.default_initial(prop)
            self.fields[prop.name] = field

    def clean(self) -> dict[str, Any]:
        """Refuse a value that another live record holds, and a record without a name."""
        cleaned = super().clean() or {}
        for name, (holder, message) in taken_values(
            self.chosen, cleaned, self.record.pk if self.record else None
        ).items():
            self.duplicate = Record.objects.get(pk=holder)
            self.add_error(name, message)
        for name, message in missing_values(self.object_type, cleaned, self.record).items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, message)
        naming = [prop for prop in self.chosen if prop in self.object_type.primary or prop.unique]
        if (
            self.needs_name
            and naming
            and self.record is None
            and not self.errors
            and not any(cleaned.get(prop.name) for prop in naming)
        ):
            labels = ", ".join(prop.title.lower() for prop in naming)
            raise ValidationError(_("Fill in at least one of: %(labels)s.") % {"labels": labels})
        return cleaned

    @property
    def duplicate_list(self) -> list[Record]:
        """The record that already holds a unique value, for the list of possible duplicates."""
        return [self.duplicate] if self.duplicate else []

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values by property name."""
        return {prop.name: self.cleaned_data[prop.name] for prop in self.chosen}

    def add_refusal(self, error: ValidationError) -> None:
        """Show what the database said no to, beside the fields where possible."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            self.add_error(name if name in self.fields else None, errors)


def taken_values(
    properties: Iterable[Property], values: dict[str, Any], record_id: int | None
) -> dict[str, tuple[int, str]]:
    """Return, by property name, which other live record holds a unique value, and what to say of it."""
    taken = {}
    for prop in properties:
        text = prop.kind.comparable(values.get(prop.name))
        if prop.unique and text:
            holder = UniqueValue.holders(prop, [text]).get(UniqueValue.key(text))
            if holder and holder != record_id:
                taken[prop.name] = (holder, UniqueValue.message(prop, text))
    return taken


def missing_values(object_type: ObjectType, values: dict[str, Any], record: Record | None) -> dict[str, str]:
    """Return, by property name, what a record would lack in its stage once it has these values."""
    before = Standing.of(record.specific) if record else None
    now = before.with_values(values) if before else Standing.by_values(object_type, values)
    return refusals(now, before)


def _offer(field: forms.Field, prop: Property, record: Record) -> None:
    """Offer a record's value too where it is no longer a choice, such as an owner who has left.

    Otherwise saving without a change would drop it.
    """
    if not isinstance(field, forms.ChoiceField) or field.initial in (None, "") or prop.kind.many:
        return
    if not field.valid_value(field.initial):
        choices: Any = field.choices
        field.choices = [*choices, (str(field.initial), prop.display(record))]


def create_form(
    object_type: ObjectType, data: QueryDict | None = None, initial: dict[str, str] | None = None
) -> PropertiesForm:
    """Return the form that creates a record: what makes its name and what is required stand first."""
    properties = [prop for prop in object_type.properties.values() if not prop.read_only]
    first = {*object_type.primary_properties, *object_type.secondary_properties}
    properties.sort(key=lambda prop: (not prop.required, prop.name not in first))
    form = PropertiesForm(object_type, properties, data, prefix="new")
    form.initial.update(initial or {})
    return form
