"""What every action of a rule is: a form that says what it needs, a sentence, and what it does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from associations.labels import Word, words
from associations.labels import word as word_of
from records import schema
from records.models import ObjectType, Record
from records.provenance import By

from ..models import Rule, RuleRun
from ..tally import Tally

Given = dict[str, Any]  # what an action needs, as JSON keeps it


@dataclass
class Work:
    """The records that a rule's actions are done with, and what they need to know."""

    rule: Rule
    records: Sequence[Record]
    by: By
    tally: Tally
    run: RuleRun | None = None
    # Where others were written that match: the actions that match have a look at these alone.
    only_others: set[int] | None = None
    dry: bool = False  # whether all of it is taken back
    ids: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = [record.pk for record in self.records]

    @property
    def user(self) -> Any:
        """As whom the rule runs."""
        return self.rule.run_as


class ActionForm(forms.Form):
    """Says what an action needs. Which fields there are may depend on what others say: see `value`."""

    redraws: tuple[str, ...] = ()  # fields whose choice decides which others there are

    def __init__(
        self, kind: ObjectType, given: Given, data: Any = None, *, prefix: str = "", user: Any = None
    ) -> None:
        super().__init__(data, prefix=prefix, initial=given, auto_id="%s")
        self.kind = kind
        self.given = given
        self.user = user
        self.build()

    def build(self) -> None:
        """Add the fields."""

    def value(self, name: str) -> Any:
        """Return what a field says, unchecked: as it was typed, or as it is kept."""
        if self.is_bound:
            return self.data.get(self.add_prefix(name), "")
        return self.given.get(name, "")

    def params(self) -> Given:
        """Return what the (valid) form says, as JSON keeps it."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}

    # --- Fields that several have -----------------------------------------------------------------

    def add_type(self, name: str, label: Any, types: Sequence[ObjectType]) -> ObjectType | None:
        """Add a choice of an object type; return the chosen one, the first where none is."""
        self.fields[name] = forms.ChoiceField(
            label=label, choices=[(one.name, one.plural_label) for one in types]
        )
        chosen = self.value(name)
        return next((one for one in types if one.name == chosen), types[0] if types else None)

    def add_label(self, name: str, kind: ObjectType, other: ObjectType | None, *, required: bool) -> None:
        """Add a choice of a label, as read on the page of a record of `kind`."""
        found = words(kind.pk, other.pk) if other else []
        blank = [] if required else [("", _("no label"))]
        self.fields[name] = forms.ChoiceField(
            label=_("Label"), required=required, choices=[*blank, *((one.key, str(one)) for one in found)]
        )

    def add_property(self, name: str, label: Any, kind: ObjectType | None, suits: Any) -> Any:
        """Add a choice of a property that `suits`; return the chosen one, the first where none is."""
        found = [prop for prop in (kind.properties.values() if kind else ()) if suits(prop)]
        self.fields[name] = forms.ChoiceField(
            label=label, choices=[(prop.name, prop.title) for prop in found]
        )
        chosen = self.value(name)
        return next((prop for prop in found if prop.name == chosen), found[0] if found else None)


class Action:
    """A kind of action. Done with many records at once, in a constant number of statements."""

    name: ClassVar[str]
    label: ClassVar[Any]
    form: ClassVar[type[ActionForm]] = ActionForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        """Say what it does."""
        return str(self.label)

    def problem(self, kind: ObjectType, given: Given) -> str:
        """Say why it cannot be done (any more); empty where it can."""
        return ""

    def do(self, work: Work, given: Given) -> None:
        """Do it, in the transaction that is under way."""
        raise NotImplementedError


def type_named(name: str) -> ObjectType | None:
    """Return the object type of that name, if there is one."""
    try:
        return schema.current().type(name)
    except schema.UnknownObjectType:
        return None


def label_of(given: Given, kind: ObjectType, other: ObjectType, name: str = "label") -> Word | None:
    """Return the label that an action gives, as read on the page of a record of `kind`."""
    return word_of(given[name], kind.pk, other.pk) if given.get(name) else None


def missing_type(given: Given, name: str = "type") -> str:
    """Say that an object type has gone; empty where it is there."""
    if type_named(given.get(name, "")):
        return ""
    return _("The object type “%(name)s” does not exist (any more).") % {"name": given.get(name, "")}


def missing_property(kind: ObjectType, name: str) -> str:
    """Say that a property has gone; empty where it is there."""
    if name in kind.properties:
        return ""
    text = _("The property “%(name)s” does not exist (any more).")
    old = kind.archived_properties.get(name)
    return text % {"name": old.title if old else name}


def missing_label(given: Given, kind: ObjectType, other: ObjectType, name: str = "label") -> str:
    """Say that a label has gone; empty where it is there, or none is given."""
    if not given.get(name) or label_of(given, kind, other, name):
        return ""
    return _("A label that it sets does not exist (any more).")
