"""The part of a property's form that says where its value comes from, when nobody types it in."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import derived, formulas, schema
from records.definition import Definition, DefinitionRefused
from records.models import ObjectType, Property

from . import properties

TYPED, FORMULA, ROLLUP, SYNCED = "typed", "formula", "rollup", "synced"
WAYS = [
    (TYPED, gettext_lazy("It is typed in")),
    (FORMULA, gettext_lazy("Calculated from other properties")),
    (ROLLUP, gettext_lazy("Roll-up of associated records")),
    (SYNCED, gettext_lazy("Synced from the primary associated record")),
]
FUNCTIONS = [
    ("sum", gettext_lazy("Sum")),
    ("count", gettext_lazy("Number of records")),
    ("average", gettext_lazy("Average")),
    ("min", gettext_lazy("Smallest or earliest")),
    ("max", gettext_lazy("Largest or latest")),
]
ANY, KEPT = "", "kept"
STAGES = [
    (ANY, gettext_lazy("Any")),
    ("open", gettext_lazy("Open")),
    ("done", gettext_lazy("Closed")),
    ("won", gettext_lazy("Won")),
    ("lost", gettext_lazy("Lost")),
]


class DerivationForm(forms.Form):
    """Says where a value comes from. Each way has fields of its own; those of the others are ignored."""

    value_from = forms.ChoiceField(label=gettext_lazy("Where its value comes from"), choices=WAYS)
    formula = forms.CharField(
        label=gettext_lazy("Formula"),
        max_length=formulas.LONGEST,
        required=False,
        help_text=gettext_lazy(
            "Such as amount * probability(dealstage) or if(is_known(closedate), closedate + 30)."
        ),
        widget=forms.Textarea(
            attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "none", "dir": "ltr", "class": "code"}
        ),
    )
    rollup_function = forms.ChoiceField(
        label=gettext_lazy("What to work out"), choices=FUNCTIONS, required=False
    )
    rollup_property = forms.ChoiceField(label=gettext_lazy("Of these associated records"), required=False)
    rollup_stage = forms.ChoiceField(
        label=gettext_lazy("Only those whose stage is"),
        choices=STAGES,
        required=False,
        help_text=gettext_lazy("More conditions can be given in a definition file."),
    )
    synced_property = forms.ChoiceField(
        label=gettext_lazy("Property of the associated record"), required=False
    )

    def __init__(self, kind: ObjectType, data: Any = None, *, prop: Property | None = None) -> None:
        self.kind, self.prop = kind, prop
        super().__init__(data, initial=self._initial(prop.derivation) if prop else {"value_from": TYPED})
        fields: dict[str, Any] = self.fields
        fields["rollup_property"].choices = [("", "—"), *self._offered(numbers=True)]
        fields["synced_property"].choices = [("", "—"), *self._offered(numbers=False)]
        if prop:
            fields["value_from"].choices = WAYS[1:]
        if self.initial.get("rollup_stage") == KEPT:
            fields["rollup_stage"].choices = [*STAGES, (KEPT, _("As the definition file says"))]

    @staticmethod
    def _initial(derivation: dict[str, Any]) -> dict[str, Any]:
        way = derivation["from"]
        source = f"{derivation.get('type', '')}.{derivation.get('property', '')}"
        if way == FORMULA:
            return {"value_from": way, "formula": derivation["formula"]}
        if way == SYNCED:
            return {"value_from": way, "synced_property": source}
        return {
            "value_from": way,
            "rollup_function": derivation["function"],
            "rollup_property": source,
            "rollup_stage": _chosen_stage(derivation.get("where", {})),
        }

    def _offered(self, *, numbers: bool) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the properties of all types to choose from, type by type."""
        offered = []
        for kind in schema.current().types:
            choices = (
                [(f"{kind.name}.", _("%(type)s (to count)") % {"type": kind.plural_label})] if numbers else []
            )
            for prop in kind.properties.values():
                family = prop.kind.formula_family
                if family in (formulas.NUMBER, formulas.DATE) if numbers else family:
                    choices.append((f"{kind.name}.{prop.name}", f"{kind.plural_label}: {prop.title}"))
            if choices:
                offered.append((kind.plural_label, choices))
        return offered

    def clean(self) -> dict[str, Any]:
        """Refuse a way whose own fields say too little."""
        given = super().clean() or {}
        way = given.get("value_from")
        if way == FORMULA and not given.get("formula") and "formula" not in self.errors:
            self.add_error("formula", _("Write a formula."))
        for name, chosen in (("rollup_property", ROLLUP), ("synced_property", SYNCED)):
            if way == chosen and not given.get(name) and name not in self.errors:
                self.add_error(name, _("Choose what it comes from."))
        if way == ROLLUP and given.get("rollup_property"):
            self._clean_rollup(given)
        return given

    def _clean_rollup(self, given: dict[str, Any]) -> None:
        type_name, name = given["rollup_property"].split(".")
        if given["rollup_function"] != "count" and not name:
            self.add_error("rollup_property", _("Choose a property: records alone can only be counted."))
        if given["rollup_stage"] not in (ANY, KEPT) and not schema.current().type(type_name).stage_property:
            self.add_error("rollup_stage", _("Records of this type have no stages."))

    @property
    def is_derived(self) -> bool:
        """Whether nobody types the value in."""
        return self.cleaned_data["value_from"] != TYPED

    @property
    def definition(self) -> Definition:
        """What the form was told, as keys of a property's definition."""
        given = self.cleaned_data
        way = given["value_from"]
        if way == TYPED:
            return {}
        if way == FORMULA:
            return {way: given["formula"]}
        type_name, name = given[f"{way}_property"].split(".")
        if way == SYNCED:
            return {way: {"from": type_name, "property": name}}
        told: Definition = {"of": type_name, "function": given["rollup_function"]}
        if told["function"] != "count":
            told["property"] = name
        stage = given["rollup_stage"]
        if stage == KEPT and self.prop:
            told["where"] = self.prop.derivation["where"]
        elif stage:
            prop = schema.current().type(type_name).stage_property
            told["where"] = {f"{prop.name}__{stage}": True} if prop else {}
        return {way: told}

    def refuse(self, way: str, message: str) -> None:
        """Show what a definition says of a way beside its field."""
        self.add_error({FORMULA: FORMULA, ROLLUP: "rollup_property", SYNCED: "synced_property"}[way], message)


def _chosen_stage(where: dict[str, Any]) -> str:
    """Return the choice that conditions stand for; `KEPT` where the form has no words for them."""
    if not where:
        return ANY
    names = [name.rpartition("__")[2] for name in where]
    return names[0] if len(names) == 1 and names[0] in dict(STAGES) else KEPT


class _Derivable(properties.PropertyForm):
    """A property's form together with the part that says where its value comes from."""

    derivation: DerivationForm | None = None

    def is_valid(self) -> bool:
        """Say whether both parts are good."""
        valid = super().is_valid()
        return (self.derivation is None or self.derivation.is_valid()) and valid

    @property
    def definition(self) -> Definition:
        """What both parts were told, as a definition of the type."""
        told: Definition = super().definition  # type: ignore[misc]
        if self.derivation is not None and self.derivation.is_derived:
            (group,) = told["groups"].values()
            (prop,) = group["properties"].values()
            for key in ("required", "required_from", "default", "rules"):  # of what is typed in
                prop.pop(key, None)
            prop.update(self.derivation.definition)
            if prop.get("options") == []:
                del prop["options"]
        return told

    def add_refusal(self, error: DefinitionRefused, path: str) -> None:
        """Show messages about the derivation in its part."""
        rest = []
        for message in error.messages:
            place, _colon, text = message.partition(": ")
            way = place.removeprefix(f"{path}.").partition(".")[0]
            if self.derivation is not None and way in derived.SHAPES and place.startswith(f"{path}."):
                self.derivation.refuse(way, text)
            else:
                rest.append(message)
        if rest:
            super().add_refusal(DefinitionRefused(rest), path)


class NewPropertyForm(_Derivable, properties.NewPropertyForm):
    """Adds a property, typed in or derived."""

    def __init__(self, kind: ObjectType, data: Any = None, **options: Any) -> None:
        super().__init__(kind, data, **options)
        if data is not None and "value_from" not in data:  # whoever knows nothing of it means this
            data = {"value_from": TYPED}
        self.derivation = DerivationForm(kind, data)


class EditPropertyForm(_Derivable, properties.EditPropertyForm):
    """Changes a property; whether its value is derived stays."""

    def __init__(self, prop: Property, data: Any = None, **options: Any) -> None:
        super().__init__(prop, data, **options)
        if prop.derivation:
            self.derivation = DerivationForm(prop.object_type, data, prop=prop)
            gone = ["default", "required", *properties.RULES, *self.stage_fields]
            if prop.derivation["from"] == SYNCED:
                gone.append("options")
            for name in gone:
                self.fields.pop(name, None)
