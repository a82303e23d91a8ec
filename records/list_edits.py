"""Setting one property of many records of a list, such as their owner."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import services
from .list_actions import ActionForm, Effect, ListAction, actions
from .models import ObjectType, Property, Record, UniqueValue
from .property_kinds import RelatedKind
from .provenance import By
from .requirements import Standing, refusals

VALUE = "value"  # the field that holds the new value


def editable(object_type: ObjectType) -> list[Property]:
    """Return the properties that can be set for many records."""
    return [prop for prop in object_type.properties.values() if not prop.read_only]


class PropertyForm(ActionForm):
    """Chooses a property, then its new value, by the property's own field."""

    def __init__(
        self, object_type: ObjectType, data: QueryDict, *, check: bool, chosen: Property | None = None
    ) -> None:
        properties = editable(object_type)
        name = data.get("property", "")
        self.prop = chosen or next((prop for prop in properties if prop.name == name), None)
        # The value on the page may be that of the property chosen before.
        is_of_prop = self.prop is not None and data.get("value-of") == self.prop.name
        self.is_complete = is_of_prop or self.prop is None
        super().__init__(data if check and self.is_complete else None, auto_id="action_%s")
        if chosen is None:
            choices = [("", "—"), *((prop.name, prop.title) for prop in properties)]
            self.fields["property"] = forms.ChoiceField(label=_("Property"), choices=choices, initial=name)
        if self.prop is not None:
            field = self.prop.kind.form_field(self.prop)
            if is_of_prop:
                field.initial = data.getlist(VALUE) if self.prop.kind.many else data.get(VALUE)
            self.fields[VALUE] = field

    @property
    def params(self) -> dict[str, Any]:
        assert self.prop is not None  # noqa: S101
        return {"property": self.prop.name, "value": _plain(self.prop, self.cleaned_data[VALUE])}


def _plain(prop: Property, value: Any) -> Any:
    """Return a cleaned value as JSON."""
    if value in (None, "", []):
        return None
    return value.pk if isinstance(prop.kind, RelatedKind) else prop.kind.to_json(value)


class SetProperty(ListAction):
    """Gives records one value of one property."""

    name = "set-property"
    label = gettext_lazy("Edit property")
    icon = "pencil-square"
    place = 40

    template = "records/_list_edit.html"

    def form(self, object_type: ObjectType, data: QueryDict, user: Any, *, check: bool) -> ActionForm:
        return PropertyForm(object_type, data, check=check)

    def asked(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        edit = Edit(object_type, params)
        if edit.is_blank:
            text = ngettext(
                "%(property)s of this record becomes empty:",
                "%(property)s of these %(count)s records becomes empty:",
                number,
            )
        else:
            text = ngettext(
                "%(property)s of this record becomes “%(value)s”:",
                "%(property)s of these %(count)s records becomes “%(value)s”:",
                number,
            )
        return text % {"property": edit.prop.title, "value": edit.text, "count": number}

    def said(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        edit = Edit(object_type, params)
        if edit.is_blank:
            text = ngettext(
                "%(property)s of %(count)s record emptied",
                "%(property)s of %(count)s records emptied",
                number,
            )
        else:
            text = ngettext(
                "%(property)s of %(count)s record set to “%(value)s”",
                "%(property)s of %(count)s records set to “%(value)s”",
                number,
            )
        return text % {"property": edit.prop.title, "value": edit.text, "count": number}

    def trial(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        return Edit(object_type, params).judge(ids)

    def act(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        edit = Edit(object_type, params)
        effect = edit.judge(ids)
        values = {edit.prop.name: edit.value}
        services.update_records(object_type, dict.fromkeys(effect.changed, values), by=by)
        return effect


class SetOwner(SetProperty):
    """Gives records an owner."""

    name = "set-owner"
    label = gettext_lazy("Set owner")
    icon = "user"
    place = 30

    def is_offered(self, object_type: ObjectType) -> bool:
        return self._owner(object_type) is not None

    def _owner(self, object_type: ObjectType) -> Property | None:
        return next((prop for prop in editable(object_type) if prop.column == "owner"), None)

    def form(self, object_type: ObjectType, data: QueryDict, user: Any, *, check: bool) -> ActionForm:
        return PropertyForm(object_type, data, check=check, chosen=self._owner(object_type))


class Edit:
    """A property and its new value, from what a form or a job says."""

    def __init__(self, object_type: ObjectType, params: dict[str, Any]) -> None:
        """Find them. Raises ValidationError where the property, or its value, does not exist any more."""
        found = object_type.properties.get(params["property"])
        if found is None or found.read_only:
            raise ValidationError(_("This property cannot be edited."))
        self.object_type, self.prop = object_type, found
        self.value = self._value(params["value"])
        self.is_blank = self.value in (None, "", [])

    def _value(self, plain: Any) -> Any:
        kind = self.prop.kind
        if plain is None:
            return None
        try:
            return kind.row(self.prop, plain) if isinstance(kind, RelatedKind) else kind.from_json(plain)
        except (KeyError, TypeError, ValueError) as error:
            raise ValidationError(_("This value does not exist any more.")) from error

    @cached_property
    def text(self) -> str:
        """The value for a reader."""
        return self.prop.display(self._scratch)

    @cached_property
    def _scratch(self) -> Record:
        """A record that has the value as it will be after saving."""
        record = self.object_type.model(object_type=self.object_type)
        self.prop.kind.set(record, self.prop, self.value)
        self.prop.kind.normalise(record, self.prop)
        return record

    def judge(self, ids: Sequence[int]) -> Effect:
        """Return which of these records would change and which cannot. A few queries."""
        effect = Effect()
        new = None if self.value is None else self.prop.value_of(self._scratch)
        holder = self._holder()
        for record in self._records(ids):
            old = self.prop.value_of(record)
            if old == new or (self.is_blank and old in (None, "", [])):
                effect.unchanged += 1
                continue
            before = Standing.of(record)
            wrong = refusals(before.with_values({self.prop.name: self.value}), before)
            if wrong:
                effect.refused[record.pk] = " ".join(wrong.values())
            elif self.prop.unique and not self.is_blank and holder is not None:
                effect.refused[record.pk] = UniqueValue.message(self.prop, self.text)
            else:
                holder = holder or record.pk
                effect.changed.append(record.pk)
        return effect

    def _holder(self) -> int | None:
        """Return who has a unique value, which nobody else can get."""
        if not self.prop.unique or self.is_blank:
            return None
        text = self.prop.kind.comparable(self.prop.value_of(self._scratch))
        return UniqueValue.holders(self.prop, [text]).get(UniqueValue.key(text))

    def _records(self, ids: Sequence[int]) -> Iterator[Record]:
        rows = self.object_type.model.objects.live().select_related("owner")
        for batch in services.batches(ids):
            found = rows.in_bulk(list(batch))
            yield from (found[pk] for pk in batch if pk in found)


actions += [SetOwner(), SetProperty()]
