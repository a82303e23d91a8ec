"""The forms of properties and their groups."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from records import conversion
from records.definition import Definition, DefinitionRefused
from records.models import ObjectType, Property, PropertyGroup
from records.property_kinds import KINDS, PropertyKind

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
RULES = ("min", "max", "min_length", "max_length", "pattern")
NEVER, ALWAYS, STAGE = "never", "always", "stage"


def rule_field(label: Any, help_text: Any = "") -> forms.CharField:
    """Return a field for a rule; what it may say is judged by the property's type."""
    return forms.CharField(label=label, help_text=help_text, max_length=300, required=False)


class PropertyForm(SettingsForm):
    """What can be said of a property at any time.

    Without script it has every field, and what means nothing for the chosen type is ignored; `narrow` leaves
    out what that is.
    """

    label = label_field(gettext_lazy("Label"))
    options = lines_field(
        gettext_lazy("Options"),
        gettext_lazy("One a line: a label, or what is stored and its label, as in “lost | Gone away”."),
        required=False,
    )
    help = forms.CharField(label=gettext_lazy("Help text"), max_length=300, required=False)
    group = forms.ChoiceField(label=gettext_lazy("Group"))
    new_group = label_field(gettext_lazy("Or a new group"), required=False)
    default = forms.CharField(
        label=gettext_lazy("Default"),
        help_text=gettext_lazy("What a new record has."),
        max_length=1_000,
        required=False,
    )
    min = rule_field(gettext_lazy("At least"))
    max = rule_field(gettext_lazy("At most"))
    min_length = rule_field(gettext_lazy("Letters, at least"))
    max_length = rule_field(gettext_lazy("Letters, at most"))
    pattern = rule_field(
        gettext_lazy("Pattern"),
        gettext_lazy("A regular expression that the whole text must match, such as [A-Z]{2}[0-9]+."),
    )
    required = forms.ChoiceField(label=gettext_lazy("Required"), required=False)
    indexed = Checkbox(
        label=gettext_lazy("Fast to filter and sort by"),
        help_text=gettext_lazy("By an index of its own: worth it from some ten thousand records on."),
    )
    PARTS = (
        ("", ("label", "name", "type", "options", "help", "group", "new_group")),
        (gettext_lazy("Values"), ("default", *RULES, "unique")),
        (gettext_lazy("When it must be filled in"), ("required", "from_")),
        (gettext_lazy("Lists and search"), ("searchable", "indexed")),
    )

    def __init__(self, kind: ObjectType, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        self.kind = kind
        super().__init__(data, initial=initial)
        groups = [(group.name, str(group)) for group in kind.groups]
        group = self.fields["group"]
        group.choices, group.initial = groups, groups[0][0]  # type: ignore[attr-defined]
        choices = [(NEVER, _("Never")), (ALWAYS, _("Always"))]
        if kind.pipelines:
            choices.append((STAGE, _("From a stage of the pipeline on")))
        self.fields["required"].choices = choices  # type: ignore[attr-defined]
        self.stage_fields = {f"from_{pipeline.pk}": pipeline for pipeline in kind.pipelines}
        for name, pipeline in self.stage_fields.items():
            self.fields[name] = forms.ChoiceField(
                label=_("From this stage on")
                if len(kind.pipelines) == 1
                else _("In “%(pipeline)s” from") % {"pipeline": pipeline},
                choices=[("", "—"), *((stage.name, str(stage)) for stage in pipeline.stage_list)],
                required=False,
            )

    def narrow(self, field_type: str) -> None:
        """Leave out what means nothing for a type, and let the default be entered as a value is."""
        if field_type not in Property.FieldType:
            return
        kind = KINDS[field_type]
        gone = [name for name in RULES if name not in kind.understood_rules]
        gone += [] if kind.has_options else ["options"]
        gone += [] if kind.can_be_unique else ["unique"]
        sample = Property(object_type=self.kind, field_type=field_type, name="sample")
        gone += [] if kind.index_expressions(sample) else ["indexed"]
        for name in gone:
            self.fields.pop(name, None)
        if "default" in self.fields:
            self._fit_default(kind, field_type)
        for name in ("min", "max"):
            if name in self.fields and field_type in (Property.FieldType.DATE, Property.FieldType.DATETIME):
                sample = Property(object_type=self.kind, field_type=field_type)
                self.fields[name].widget = kind.make_field(sample, {"required": False}).widget

    def _fit_default(self, kind: PropertyKind, field_type: str) -> None:
        field = self.fields["default"]
        if kind.has_options:
            field.help_text = (
                _("What a new record has: some of the options, parted by semicolons.")
                if kind.many
                else _("What a new record has: one of the options.")
            )
            return
        sample = Property(object_type=self.kind, field_type=field_type)
        widget = kind.make_field(sample, {"required": False}).widget
        field.widget = forms.Textarea(attrs={"rows": 2}) if isinstance(widget, forms.Textarea) else widget

    @property
    def chosen_type(self) -> str:
        """The field type of the property."""
        return self.cleaned_data.get("type", "")

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

    def clean(self) -> None:
        """Refuse "from a stage on" without a stage."""
        given = self.cleaned_data
        if given.get("required") == STAGE and not any(given.get(name) for name in self.stage_fields):
            self.add_error(next(iter(self.stage_fields)), _("Choose a stage."))

    def demands(self) -> Definition:
        """Return what the form was told of default, rules and being required, as the definition says it."""
        given = self.cleaned_data
        found: Definition = {}
        kind = KINDS[self.chosen_type]
        if "default" in self.fields:
            found["default"] = self._plain_default(kind, given["default"])
            found["rules"] = {
                name: self._plain(kind, given[name])
                for name in RULES
                if name in kind.understood_rules and given.get(name)
            }
        if "required" in self.fields:
            found["required"] = given["required"] == ALWAYS
            found["required_from"] = {
                pipeline.name: given[name]
                for name, pipeline in self.stage_fields.items()
                if given["required"] == STAGE and given[name]
            }
        if "indexed" in self.fields:
            found["indexed"] = given["indexed"]
        return found

    def _plain(self, kind: PropertyKind, text: str) -> str:
        """Return what was typed as it is written whatever the reader's language."""
        return str(formats.sanitize_separators(text)) if kind.numeric else text

    def _plain_default(self, kind: PropertyKind, text: str) -> Any:
        if not text:
            return None
        if not kind.has_options:
            return self._plain(kind, text)
        values = {option["label"]: option["value"] for option in self.cleaned_data.get("options", ())}
        parts = [part.strip() for part in (text.split(";") if kind.many else [text])]
        found = [values.get(part, part) for part in parts if part]
        return found if kind.many else found[0]

    def add_refusal(self, error: DefinitionRefused, path: str) -> None:
        """Show messages about rules and stages beside the fields that they are about."""
        rules, stages = f"{path}.rules: ", f"{path}.required_from: "
        messages = []
        for message in error.messages:
            if message.startswith(rules):
                name, colon, text = message.removeprefix(rules).partition(": ")
                message = f"{path}.{name}: {text}" if colon and name in self.fields else message
            elif message.startswith(stages):
                message = f"{path}.required: {message.removeprefix(stages)}"
            messages.append(message)
        super().add_refusal(DefinitionRefused(messages), path)

    def group_definition(self, name: str, prop: Definition) -> Definition:
        """Return a definition of the type that has the property in the group that was chosen."""
        group, label = self.cleaned_data["group"], self.cleaned_data["new_group"]
        if label:
            group = free_name(label, {"new", *(one.name for one in self.kind.groups)}, "group")
        return {"groups": {group: {**({"label": label} if label else {}), "properties": {name: prop}}}}


class NewPropertyForm(PropertyForm):
    """Adds a property."""

    redraws = ("type",)
    name = name_field(
        100, gettext_lazy("As in addresses and the API; made from the label if left empty."), source="label"
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=[(one.value, one.label) for one in Property.FieldType if KINDS[one].in_json],
    )
    unique = Checkbox(
        label=gettext_lazy("Unique"),
        help_text=gettext_lazy("No two live records have the same value. Cannot be changed later."),
    )
    searchable = Checkbox(
        label=gettext_lazy("Found by search"), help_text=gettext_lazy("Cannot be changed later.")
    )

    def clean_name(self) -> str:
        """Refuse a name that another property of the type has, archived ones too."""
        name = given_name(self, "label", 100)
        if other := Property.objects.filter(object_type=self.kind, name=name).first():
            raise ValidationError(
                _("An archived property has this internal name; restore it or choose another.")
                if other.archived_at
                else _("Another property has this internal name.")
            )
        return name

    def clean(self) -> None:
        """Forget what was written before another type was chosen."""
        super().clean()
        given = self.cleaned_data
        kind = KINDS.get(given.get("type", ""))
        if kind and not kind.has_options and "options" in given:
            given["options"] = []
        if kind and not kind.can_be_unique:
            given["unique"] = False
        sample = Property(object_type=self.kind, field_type=given.get("type", ""), name="sample")
        if kind and not kind.index_expressions(sample):
            given["indexed"] = False

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of its type."""
        given = self.cleaned_data
        keys = ("label", "type", "help", "unique", "searchable", "options")
        told = {key: given[key] for key in keys if key in given}
        return self.group_definition(given["name"], {**told, **self.demands()})


class EditPropertyForm(PropertyForm):
    """Changes a property."""

    def __init__(self, prop: Property, data: Any = None) -> None:
        self.prop = prop
        kind = prop.object_type
        super().__init__(
            kind,
            data,
            {
                "label": prop.label,
                "options": "\n".join(map(option_line, prop.options)),
                "help": prop.help_text,
                "group": next(group.name for group in kind.groups if group.pk == prop.group_id),
                "required": ALWAYS if prop.required else STAGE if prop.required_from else NEVER,
                "indexed": prop.indexed,
                "default": _as_text(prop, prop.default),
                **{name: _as_text(prop, bound) for name, bound in prop.rules.items()},
                **{
                    f"from_{pipeline.pk}": prop.required_from.get(pipeline.name, "")
                    for pipeline in kind.pipelines
                },
            },
        )
        if prop.read_only:
            for name in ("default", *RULES, "required", *self.stage_fields):
                del self.fields[name]
        if not prop.kind.in_json:  # a pipeline's stage, a moment in a column: what a new one has is given
            for name in ("default", *RULES):
                self.fields.pop(name, None)
        if prop.field_type == Property.FieldType.STAGE:
            for name in ("required", "default", *RULES, *self.stage_fields):
                self.fields.pop(name, None)
        if prop.column:
            del self.fields["indexed"]
        self.narrow(prop.field_type)

    @property
    def chosen_type(self) -> str:
        """The field type of the property."""
        return self.prop.field_type

    def old_options(self) -> list[Option]:
        """Return the property's options."""
        return self.prop.options

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of its type."""
        given = self.cleaned_data
        told: Definition = {key: given[key] for key in ("label", "help", "options") if key in self.fields}
        return self.group_definition(self.prop.name, {**told, **self.demands()})


class ConversionForm(SettingsForm):
    """Asks for another type, and what becomes of values that do not convert."""

    type = forms.ChoiceField(label=gettext_lazy("New type"))
    empty = forms.BooleanField(required=False)

    def __init__(self, prop: Property, data: Any = None) -> None:
        super().__init__(data if data and "type" in data else None)
        types = conversion.targets(prop)
        self.fields["type"].choices = [(one.value, one.label) for one in types]  # type: ignore[attr-defined]

    @property
    def field_type(self) -> str:
        """The type that was chosen."""
        return self.cleaned_data["type"]

    @property
    def type_label(self) -> str:
        """What it is called."""
        return str(Property.FieldType(self.field_type).label)


class GroupForm(SettingsForm):
    """Creates or renames a group."""

    label = label_field(gettext_lazy("Name"))


class DeleteGroupForm(SettingsForm):
    """Asks where the properties of a group go."""

    def __init__(self, count: int, others: list[PropertyGroup], data: Any = None) -> None:
        super().__init__(data)
        self.targets = {one.name: one for one in others}
        if count:
            text = ngettext("Move its %(count)s property to", "Move its %(count)s properties to", count)
            self.fields["target"] = forms.ChoiceField(
                label=text % {"count": count},
                choices=[("", "—"), *((name, str(one)) for name, one in self.targets.items())],
            )

    @property
    def target(self) -> PropertyGroup | None:
        """The group to which the properties go."""
        return self.targets.get(self.cleaned_data.get("target", ""))


def option_line(option: Option) -> str:
    """Return an option as the line that stands for it in a form."""
    return f"{option['value']} | {option['label']}"


def _as_text(prop: Property, stored: Any) -> str:
    """Return a default or a bound, given as it is stored, as a field of the settings shows it."""
    if stored is None:
        return ""
    if prop.kind.has_options:
        labels = {option["value"]: option["label"] for option in prop.options}
        values = stored if isinstance(stored, list) else [stored]
        return "; ".join(labels.get(one, str(one)) for one in values)
    if prop.kind.numeric:
        return formats.localize_input(prop.kind.from_json(stored))
    return str(prop.kind.form_value(stored))
