"""The forms of properties and their groups."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.definition import Definition
from records.models import ObjectType, Property
from records.property_kinds import KINDS

from .common import (
    LABEL_LENGTH,
    Checkbox,
    SettingsForm,
    free_name,
    given_name,
    label_field,
    lines_field,
    name_field,
)

Option = dict[str, str]


class PropertyForm(SettingsForm):
    """What can be said of a property at any time."""

    label = label_field(gettext_lazy("Label"))
    options = lines_field(
        gettext_lazy("Options"),
        gettext_lazy("One a line: a label, or what is stored and its label, as in “lost | Gone away”."),
        required=False,
    )
    help = forms.CharField(label=gettext_lazy("Help text"), max_length=300, required=False)
    group = forms.ChoiceField(label=gettext_lazy("Group"))
    new_group = label_field(gettext_lazy("Or a new group"), required=False)
    required = Checkbox(label=gettext_lazy("Required"), help_text=gettext_lazy("In every form that has it."))

    def __init__(self, kind: ObjectType, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        self.kind = kind
        super().__init__(data, initial=initial)
        groups = [(group.name, str(group)) for group in kind.groups]
        group = self.fields["group"]
        group.choices, group.initial = groups, groups[0][0]  # type: ignore[attr-defined]

    def old_options(self) -> list[Option]:
        """Return the options that there are so far."""
        return []

    def clean_options(self) -> list[Option]:
        """Return a list of values and labels. Refuses a line that is none."""
        known = {option_line(option): option for option in self.old_options()}
        options: list[Option] = []
        for line in filter(None, (line.strip() for line in self.cleaned_data["options"].splitlines())):
            value, bar, label = (part.strip() for part in line.partition("|"))
            option = known.get(line) or {"value": value, "label": label if bar else value}
            if not all(option.values()) or any(len(part) > LABEL_LENGTH for part in option.values()):
                raise ValidationError(
                    _("“%(line)s” is no option: %(count)s letters at most on each side of the bar.")
                    % {"line": line[:LABEL_LENGTH], "count": LABEL_LENGTH}
                )
            if option["value"] in (one["value"] for one in options):
                raise ValidationError(_("“%(value)s” stands here twice.") % {"value": option["value"]})
            options.append(option)
        return options

    def group_definition(self, name: str, prop: Definition) -> Definition:
        """Return a definition of the type that has the property in the group that was chosen."""
        group, label = self.cleaned_data["group"], self.cleaned_data["new_group"]
        if label:
            group = free_name(label, {one.name for one in self.kind.groups}, "group")
        return {"groups": {group: {**({"label": label} if label else {}), "properties": {name: prop}}}}


class NewPropertyForm(PropertyForm):
    """Adds a property."""

    name = name_field(100, gettext_lazy("As in addresses and the API; made from the label if left empty."))
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=[(one.value, one.label) for one in Property.FieldType if KINDS[one].in_json],
        help_text=gettext_lazy("Cannot be changed later."),
    )
    unique = Checkbox(
        label=gettext_lazy("Unique"),
        help_text=gettext_lazy("No two live records have the same value. Cannot be changed later."),
    )
    searchable = Checkbox(
        label=gettext_lazy("Found by search"), help_text=gettext_lazy("Cannot be changed later.")
    )
    field_order = ("label", "name", "type", "options", "help", "group", "new_group")

    def clean_name(self) -> str:
        """Refuse a name that another property of the type has."""
        name = given_name(self, "label", 100)
        if Property.objects.filter(object_type=self.kind, name=name).exists():
            raise ValidationError(_("Another property has this internal name."))
        return name

    def clean(self) -> None:
        """Forget options that were written before another type was chosen."""
        if self.cleaned_data.get("type") != Property.FieldType.SELECT and "options" in self.cleaned_data:
            self.cleaned_data["options"] = []

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of its type."""
        keys = ("label", "type", "help", "required", "unique", "searchable", "options")
        given = self.cleaned_data
        return self.group_definition(given["name"], {key: given[key] for key in keys})


class EditPropertyForm(PropertyForm):
    """Changes a property."""

    def __init__(self, prop: Property, data: Any = None) -> None:
        self.prop = prop
        super().__init__(
            prop.object_type,
            data,
            {
                "label": prop.label,
                "options": "\n".join(map(option_line, prop.options)),
                "help": prop.help_text,
                "group": next(group.name for group in prop.object_type.groups if group.pk == prop.group_id),
                "required": prop.required,
            },
        )
        if prop.field_type != Property.FieldType.SELECT:
            del self.fields["options"]
        if prop.read_only:
            del self.fields["required"]

    def old_options(self) -> list[Option]:
        """Return the property's options."""
        return self.prop.options

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of its type."""
        given = self.cleaned_data
        keys = [key for key in ("label", "help", "required", "options") if key in self.fields]
        return self.group_definition(self.prop.name, {key: given[key] for key in keys})


class GroupForm(SettingsForm):
    """Renames a group."""

    label = label_field(gettext_lazy("Name"))


def option_line(option: Option) -> str:
    """Return an option as the line that stands for it in a form."""
    return f"{option['value']} | {option['label']}"
