"""The forms of object types."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.definition import OWN_PROPERTIES, STAGE_PROPERTIES, Definition
from records.icons import ICONS
from records.models import ObjectType
from records.models.property import RESERVED

from .common import Checkbox, SettingsForm, given_name, internal_name, label_field, lines_field, name_field
from .pipelines import clean_stages, stage_definitions

COLUMNS = 8  # of a list, that the settings offer a place for


class IconSelect(forms.RadioSelect):
    """Shows icons to choose from."""

    template_name = "records/settings/icon_select.html"


class ObjectTypeForm(SettingsForm):
    """Creates an object type."""

    singular = label_field(gettext_lazy("Singular"), help_text=gettext_lazy("Such as “Property viewing”."))
    plural = label_field(gettext_lazy("Plural"), help_text=gettext_lazy("Such as “Property viewings”."))
    name = name_field(
        60, gettext_lazy("As in addresses and the API; made from the plural if left empty."), source="plural"
    )
    icon = forms.ChoiceField(
        label=gettext_lazy("Icon"),
        choices=[(icon, icon) for icon in ICONS],
        initial="cube",
        widget=IconSelect,
    )
    primary = label_field(
        gettext_lazy("Primary property"),
        initial=gettext_lazy("Name"),
        help_text=gettext_lazy("What a record is called by; more properties come later."),
    )
    has_pipeline = Checkbox(
        label=gettext_lazy("Its records move through a pipeline"),
        help_text=gettext_lazy("Whether they do cannot change once there are records."),
    )
    stages = lines_field(
        gettext_lazy("Stages of the pipeline"),
        gettext_lazy("One a line, in order."),
        initial=gettext_lazy("New\nIn progress\nDone"),
        required=False,
    )

    def clean_name(self) -> str:
        """Refuse a name that another type has, archived ones too."""
        name = given_name(self, "plural", 60)
        if other := ObjectType.objects.filter(name=name).first():
            raise ValidationError(
                _("An archived object type has this name; restore it or choose another.")
                if other.archived_at
                else _("Another object type has this name.")
            )
        return name

    def clean_stages(self) -> str:
        """Refuse stages whose names are too long."""
        return clean_stages(self.cleaned_data["stages"])

    def clean(self) -> None:
        """Refuse a pipeline without stages."""
        cleaned = self.cleaned_data
        if cleaned.get("has_pipeline") and "stages" in cleaned and not stage_definitions(cleaned["stages"]):
            self.add_error("stages", _("A pipeline needs a stage."))

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of one type."""
        given = self.cleaned_data
        taken = {*RESERVED, *(name for name, *_rest in (*OWN_PROPERTIES, *STAGE_PROPERTIES))}
        label = given["primary"]
        primary = internal_name(label)
        if primary in taken or not primary[:1].isalpha():
            primary = "record_name"
        defined: Definition = {
            **{key: given[key] for key in ("singular", "plural", "icon")},
            "primary": [primary],
            "groups": {
                "about": {
                    "label": _("About"),
                    "properties": {primary: {"label": label, "required": True}},
                }
            },
        }
        if given["has_pipeline"]:
            stages = stage_definitions(given["stages"])
            defined["columns"] = ["stage"]
            defined["pipelines"] = {"default": {"label": given["plural"], "stages": stages}}
        return defined


class GeneralForm(SettingsForm):
    """Changes how a type is called and shown."""

    singular = label_field(gettext_lazy("Singular"))
    plural = label_field(gettext_lazy("Plural"))
    icon = forms.ChoiceField(
        label=gettext_lazy("Icon"), choices=[(icon, icon) for icon in ICONS], widget=IconSelect
    )

    def __init__(self, kind: ObjectType, data: Any = None) -> None:
        super().__init__(data, initial={key: getattr(kind, key) for key in ("singular", "plural", "icon")})
        properties = [("", "—"), *((prop.name, prop.title) for prop in kind.properties.values())]
        self.places: dict[str, list[str]] = {}
        for key, chosen, count, label in (
            ("secondary", kind.secondary_properties, 2, gettext_lazy("Beside the name %(number)s")),
            ("columns", kind.list_properties, COLUMNS, gettext_lazy("Column %(number)s")),
        ):
            self.places[key] = []
            for number in range(max(count, len(chosen))):
                self.places[key].append(f"{key}_{number}")
                self.fields[f"{key}_{number}"] = forms.ChoiceField(
                    label=label % {"number": number + 1},
                    choices=properties,
                    initial=chosen[number] if number < len(chosen) else "",
                    required=False,
                )

    def bound_places(self, key: str) -> list[forms.BoundField]:
        """Return the fields of the places of one kind."""
        return [self[name] for name in self.places[key]]

    @property
    def secondary_fields(self) -> list[forms.BoundField]:
        """The places beside a record's name."""
        return self.bound_places("secondary")

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """The places of a list's columns."""
        return self.bound_places("columns")

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of one type."""
        given = self.cleaned_data
        chosen = {
            key: list(dict.fromkeys(filter(None, (given[name] for name in names))))
            for key, names in self.places.items()
        }
        return {**{key: given[key] for key in ("singular", "plural", "icon")}, **chosen}
