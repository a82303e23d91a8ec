"""The form of a rule: when, only if, then, as whom. Its fields follow from what it says already."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from records import schema
from records.filter_editing import FilterEditor, editor_of
from records.models import ObjectType, Property, SavedView
from records.named_filters import NumberOf, Subject, named_filters, subject_named
from records.property_kinds.related import UserKind
from records.relations import related_types
from records.settings_forms.common import Checkbox

from .. import values
from ..actions import ACTIONS, ActionForm
from ..models import Rule
from .draft import Draft

LONGEST_QUERY = 6_000  # letters of the conditions, as in the address of a list


def unchecked(form: forms.Form) -> None:
    """Show a form as it was filled in, of which nothing is said to be wrong yet."""
    if form.is_bound:
        form.initial = {
            name: field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
            for name, field in form.fields.items()
        }
        form.is_bound = False


class MainForm(forms.Form):
    """What a rule is called, when it runs, in which view records have to be, and as whom."""

    name = forms.CharField(max_length=100)

    def __init__(self, rule: Rule, kind: ObjectType, user: Any, data: QueryDict | None = None) -> None:
        initial = {
            "name": rule.name,
            "type": kind.name,
            "trigger": rule.trigger,
            "property": rule.trigger_property,
            "becomes": rule.trigger_value is not None,
            "view": rule.view_id,
            "condition_view": rule.condition_view_id,
            "run_as": rule.run_as_id or user.pk,
            "is_on": rule.is_on,
        }
        super().__init__(data, initial=initial, auto_id="%s")
        self.rule, self.kind, self.user = rule, kind, user
        self.fields["name"].label = _("Name")
        self.fields["type"] = forms.ChoiceField(
            label=_("Object type"),
            choices=[(one.name, one.plural_label) for one in schema.current().main_types],
        )
        self.fields["trigger"] = forms.ChoiceField(label=_("When"), choices=Rule.Trigger.choices)
        self._build_trigger()
        self.fields["condition_view"] = self._views(_("It is in the saved view"), required=False)
        people = [(str(pk), str(one)) for pk, one in UserKind.everyone().items() if one.is_active]
        self.fields["run_as"] = forms.ChoiceField(
            label=_("Runs as"),
            choices=people,
            help_text=_("It sees and does what this user may, and what it creates is theirs."),
        )
        self.fields["is_on"] = Checkbox(label=_("The rule is on"))

    def said(self, name: str) -> str:
        """Return what a field says, unchecked."""
        given = self.data.get(name, "") if self.is_bound else self.initial.get(name)
        return "" if given is None or given is False else str(given)

    def _build_trigger(self) -> None:
        self.prop: Property | None = None
        trigger = self.said("trigger")
        if trigger == Rule.Trigger.CHANGED:
            properties = [prop for prop in self.kind.properties.values() if prop.field_type != "html"]
            self.fields["property"] = forms.ChoiceField(
                label=_("Property"), choices=[(prop.name, prop.title) for prop in properties]
            )
            chosen = self.said("property")
            self.prop = next((one for one in properties if one.name == chosen), properties[0])
            self.fields["becomes"] = Checkbox(label=_("Only when it becomes a certain value"))
            if self.said("becomes"):
                field = self.prop.kind.form_field(self.prop)
                field.label, field.help_text, field.required = _("The value"), "", True
                self.fields["value"] = field
                if self.rule.trigger_value is not None and self.rule.trigger_property == self.prop.name:
                    self.initial["value"] = self.rule.trigger_value
        elif trigger == Rule.Trigger.VIEW:
            self.fields["view"] = self._views(_("Saved view"), required=True)

    def _views(self, label: str, *, required: bool) -> forms.ModelChoiceField:
        """Return a choice of the views that the user as whom the rule runs may open, and who builds it."""
        found = SavedView.objects.filter(object_type=self.kind).visible_to(self.user)
        field = forms.ModelChoiceField(found, label=label, required=required, empty_label="—")
        if not required:
            field.empty_label = _("any")
        return field

    def clean(self) -> dict[str, Any]:
        """Refuse a view that the user as whom the rule runs may not open."""
        cleaned = super().clean() or {}
        run_as = UserKind.everyone().get(int(cleaned["run_as"])) if cleaned.get("run_as") else None
        cleaned["run_as"] = run_as
        for name in ("view", "condition_view"):
            view = cleaned.get(name)
            if view and run_as and not SavedView.objects.visible_to(run_as).filter(pk=view.pk).exists():
                text = _("%(user)s may not open this view.")
                self.add_error(name, text % {"user": run_as})
        return cleaned

    def fill(self, rule: Rule) -> None:
        """Put what the (valid) form says into a rule."""
        said = self.cleaned_data
        rule.name = " ".join(said["name"].split())
        rule.object_type_id = self.kind.pk
        rule.trigger, rule.run_as, rule.is_on = said["trigger"], said["run_as"], said["is_on"]
        rule.trigger_property = said.get("property", "")
        rule.trigger_value = None
        if self.prop and said.get("becomes"):
            rule.trigger_value = values.kept(self.prop, said["value"])
        for name in ("view", "condition_view"):
            view = said.get(name)
            setattr(rule, name, view)
            setattr(rule, f"{name}_name", view.name if view else "")


@dataclass
class ConditionRow:
    """A condition: what it is about, and the editor of the filter."""

    number: int
    subject: Subject
    editor: FilterEditor

    @property
    def parameter_name(self) -> str:
        """The name of the hidden field that says what it is about."""
        return f"condition-{self.number}-subject"

    @property
    def has_second(self) -> bool:
        """Whether there is a field for the end of a range."""
        return "value2" in self.editor.fields


@dataclass
class ActionRow:
    """An action: its kind, and the form that says what it needs."""

    number: int
    name: str
    form: ActionForm

    @property
    def label(self) -> str:
        """What the kind is called."""
        return str(ACTIONS[self.name].label)

    @property
    def parameter_name(self) -> str:
        """The name of the hidden field that says the kind."""
        return f"action-{self.number}-action"

    @property
    def fields(self) -> list[forms.BoundField]:
        """The fields that stand in sight."""
        more = {one.name for one in self.more}
        return [one for one in self.form if one.name not in more]

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields that stand under "More properties"."""
        return list(getattr(self.form, "more", []))

    @property
    def more_is_open(self) -> bool:
        """Whether one of these says something, or is wrong."""
        return any(one.errors or one.value() not in (None, "", []) for one in self.more)


class Builder:
    """The whole form of a rule, as it is kept or as it was sent; `checked` says whether to judge it."""

    def __init__(self, rule: Rule, user: Any, data: QueryDict | None = None, *, checked: bool = True) -> None:
        self.rule, self.user, self.data = rule, user, data
        self.kind = self._kind()
        self.main = MainForm(rule, self.kind, user, data)
        self.conditions = list(self._conditions())
        self.actions = list(self._actions())
        self.problem = ""
        # What is chosen to be added next.
        self.new_condition = data.get("new_condition", "") if data is not None else ""
        self.new_action = data.get("new_action", "") if data is not None else ""
        if not checked:
            for form in self.forms:
                unchecked(form)

    def _kind(self) -> ObjectType:
        types = schema.current().main_types
        if self.data is not None:
            name = self.data.get("type", "")
            return next((one for one in types if one.name == name), types[0])
        return self.rule.kind if self.rule.object_type_id else types[0]

    def _conditions(self) -> Iterator[ConditionRow]:
        if self.data is None:
            named = named_filters(self.kind, self.rule.query) if self.rule.object_type_id else []
            for number, active in enumerate(named):
                yield ConditionRow(number, active.subject, editor_of(active, **self._ids(number)))
            return
        for number, row in enumerate(Draft.read(self.data).conditions):
            subject = subject_named(self.kind, row.get("subject", [""])[0])
            if subject is not None and subject.group == 1:
                fresh = "operator" not in row  # it was added just now
                editor = FilterEditor(subject, None if fresh else self.data, **self._ids(number))
                yield ConditionRow(number, subject, editor)

    @staticmethod
    def _ids(number: int) -> dict[str, Any]:
        return {"prefix": f"condition-{number}", "auto_id": "%s"}

    def _actions(self) -> Iterator[ActionRow]:
        if self.data is None:
            for number, given in enumerate(self.rule.actions):
                if given.get("action") in ACTIONS:
                    yield self._action(number, given["action"], given, None)
            return
        for number, row in enumerate(Draft.read(self.data).actions):
            name = row.get("action", [""])[0]
            if name in ACTIONS:
                yield self._action(number, name, {}, None if len(row) == 1 else self.data)

    def _action(self, number: int, name: str, given: dict[str, Any], data: QueryDict | None) -> ActionRow:
        form = ACTIONS[name].form(self.kind, given, data, prefix=f"action-{number}", user=self.user)
        return ActionRow(number, name, form)

    @property
    def forms(self) -> list[forms.Form]:
        """All forms that it is made of."""
        return [self.main, *(row.editor for row in self.conditions), *(row.form for row in self.actions)]

    @property
    def subjects(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What a condition can be about, in groups: own properties, then those of associated records."""
        own = [(Subject(prop).name, prop.title) for prop in self.kind.properties.values()]
        groups = [(self.kind.singular_label, own)]
        for other in related_types(self.kind).values():
            about: list[tuple[str, str]] = [(Subject(NumberOf(other), other).name, NumberOf(other).title)]
            if not other.is_activity:
                about += [
                    (Subject(prop, other).name, Subject(prop, other).title)
                    for prop in other.properties.values()
                ]
            groups.append((_("Associated %(type)s") % {"type": other.plural_label.lower()}, about))
        return groups

    @property
    def offered_actions(self) -> list[tuple[str, str]]:
        """The kinds of actions."""
        return [(name, str(action.label)) for name, action in ACTIONS.items()]

    @cached_property
    def is_valid(self) -> bool:
        """Whether a rule can be made of it; messages stand beside the fields, or are the `problem`."""
        valid = all(form.is_bound and form.is_valid() for form in self.forms)
        if not self.actions:
            self.problem = _("Add at least one action.")
        elif not valid and any(not form.is_bound for form in self.forms):
            self.problem = _("Fill in what was added last.")
        elif valid and len(self.query) > LONGEST_QUERY:
            self.problem = _("These are too many conditions.")
        return valid and not self.problem

    @property
    def query(self) -> str:
        """The (valid) conditions as the address of a list."""
        query = QueryDict(mutable=True)
        for row in self.conditions:
            parameter, number = row.editor.parameter, 2
            while parameter in query and row.editor.operator.many:
                parameter, number = f"{row.editor.parameter}.{number}", number + 1
            query.setlist(parameter, [*query.getlist(parameter), *row.editor.parameter_values])
        return query.urlencode()

    def fill(self) -> Rule:
        """Put what the (valid) form says into the rule; return it, unsaved."""
        rule = self.rule
        self.main.fill(rule)
        rule.conditions = self.query
        rule.actions = [{"action": row.name, **row.form.params()} for row in self.actions]
        return rule
