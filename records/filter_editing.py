"""Changing the filters of an address: choose a property, enter condition and value, take away."""

from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .models import ObjectType
from .named_filters import ActiveFilter, NumberOf, Subject, named_filters, subject_named
from .relations import related_types

SHOWN = 60  # properties that a search of the menu shows


class FilterEditor(forms.Form):
    """Chooses operator and value of a filter on one property."""

    def __init__(
        self,
        subject: Subject,
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
        *,
        prefix: str = "filter",
        auto_id: str = "filter_%s",
    ) -> None:
        super().__init__(data, initial=initial, prefix=prefix, auto_id=auto_id)
        self.subject = subject
        self.prop = subject.prop
        self.operators = {operator.name: operator for operator in self.prop.kind.operators}
        self.fields["operator"] = forms.ChoiceField(
            choices=[(operator.name, operator.label) for operator in self.operators.values()],
            label=_("Condition for %(property)s") % {"property": subject.title},
        )
        sample = next(iter(self.operators.values())).build(self.prop).field
        if isinstance(sample, forms.MultipleChoiceField):
            self.fields["value"] = forms.MultipleChoiceField(
                choices=sample.choices,
                required=False,
                label=_("Values"),
                widget=forms.CheckboxSelectMultiple,
            )
        else:
            attrs = {"class": "value"}
            if isinstance(sample, forms.DateField):
                attrs["type"] = "date"
            elif self.prop.kind.numeric:
                attrs["inputmode"] = "decimal"
            self.fields["value"] = forms.CharField(
                required=False, label=_("Value"), max_length=200, widget=forms.TextInput(attrs=attrs)
            )
            if "between" in self.operators:
                self.fields["value2"] = forms.CharField(
                    required=False,
                    label=_("and"),
                    max_length=200,
                    widget=forms.TextInput(attrs={**attrs, "class": "value2"}),
                )

    def clean(self) -> dict[str, Any]:
        """Check the value as the filter itself will."""
        cleaned = super().clean() or {}
        operator = self.operators.get(cleaned.get("operator", ""))
        if operator is None or not operator.wants_value or self.errors:
            return cleaned
        values = self._values(cleaned)
        if not any(value.strip(",") for value in values):
            self.add_error("value", _("Enter a value."))
            return cleaned
        query = QueryDict(mutable=True)
        query.setlist(self.parameter, values)
        bound = type("One", (django_filters.FilterSet,), {self.parameter: operator.build(self.prop)})(
            query, queryset=self.prop.object_type.model.objects.none()
        )
        if not bound.is_valid():
            self.add_error("value", bound.form.errors[self.parameter])
        return cleaned

    def _values(self, cleaned: dict[str, Any]) -> list[str]:
        if isinstance(cleaned.get("value"), list):
            return cleaned["value"]
        values = [cleaned.get("value", "")]
        if cleaned["operator"] == "between":
            values.append(cleaned.get("value2", ""))
        if self.prop.kind.numeric:
            # Typed as the reader's language writes numbers; in an address they are the same for all.
            values = [str(formats.sanitize_separators(value)) for value in values]
        return [",".join(values)]

    @property
    def parameter(self) -> str:
        """The name that the filter has in an address."""
        return f"{self.subject.name}__{self.cleaned_data['operator']}"

    @property
    def parameter_values(self) -> list[str]:
        """The values that the filter has in an address."""
        return self._values(self.cleaned_data) if self.operator.wants_value else ["1"]

    @property
    def operator(self) -> Any:
        """The operator that was chosen."""
        return self.operators[self.cleaned_data["operator"]]


def filter_editor(object_type: ObjectType, query: QueryDict) -> FilterEditor | None:
    """Return the editor of the filter that the address edits: a new one on a property (`edit_filter=amount`),
    or an active one, as it stands (`edit_filter=amount__gte`)."""
    edited = query.get("edit_filter", "")
    active = next((one for one in named_filters(object_type, query) if one.key == edited), None)
    subject = active.subject if active else subject_named(object_type, edited.partition("__")[0])
    if subject is None:
        return None
    if "filter-operator" in query:
        return FilterEditor(subject, query)
    return editor_of(active) if active else FilterEditor(subject)


def editor_of(active: ActiveFilter, **options: Any) -> FilterEditor:
    """Return the editor of a filter, as the filter stands; `options` are those of `FilterEditor`."""
    editor = FilterEditor(active.subject, initial={"operator": active.operator.name}, **options)
    if isinstance(editor.fields["value"], forms.MultipleChoiceField):
        editor.initial["value"] = active.values
    elif active.operator.name == "between":
        editor.initial["value"], _separator, editor.initial["value2"] = active.values[0].partition(",")
    elif active.operator.wants_value:
        editor.initial["value"] = active.values[0]
    return editor


# --- Addresses ----------------------------------------------------------------------------------------


def without_filter(query: QueryDict, key: str) -> QueryDict:
    """Return an address without one of its filters (see `ActiveFilter.key`), or without a parameter."""
    query = query.copy()
    parameter, _at, place = key.rpartition("@") if key not in query else (key, "", "")
    if parameter in query:
        kept = query.getlist(parameter)
        kept = [value for number, value in enumerate(kept) if str(number) != place] if place else []
        if kept:
            query.setlist(parameter, kept)
        else:
            del query[parameter]
    return query


def without_group(query: QueryDict, object_type: ObjectType, number: int) -> QueryDict:
    """Return an address without a group of its filters."""
    query = query.copy()
    for one in named_filters(object_type, query):
        if one.subject.group == number:
            query.pop(one.parameter, None)
    return query


def with_filter(query: QueryDict, editor: FilterEditor) -> QueryDict:
    """Return an address with the filter that a (valid) editor makes, in the place of the one it edits."""
    edited = query.get("edit_filter", "")
    place = list(query).index(edited.rpartition("@")[0] or edited) if _is_there(query, edited) else None
    kept = without_filter(query, edited) if place is not None else query.copy()
    parameter, number = editor.parameter, 2
    while parameter in kept and editor.operator.many:
        parameter, number = f"{editor.parameter}.{number}", number + 1
    values = [*kept.getlist(parameter), *editor.parameter_values]
    names = [name for name in kept if name != parameter]
    if parameter in kept:
        names = list(kept)
    else:
        names.insert(len(names) if place is None else place, parameter)
    result = QueryDict(mutable=True)
    for name in names:
        result.setlist(name, values if name == parameter else kept.getlist(name))
    return result


def _is_there(query: QueryDict, key: str) -> bool:
    return key in query or key.rpartition("@")[0] in query


# --- The menu -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """Something that the menu offers to filter by: its name in addresses, and its label."""

    name: str
    label: str


class FilterMenu:
    """What a group can be filtered by: own properties, or those of one associated type, or what a text finds.

    The address says which: `add_filter=or2.companies` opens the menu of the second group at the companies.
    """

    def __init__(self, object_type: ObjectType, query: QueryDict, number: int) -> None:
        self.object_type = object_type
        self.number = number
        asked, _dot, type_name = query.get("add_filter", "").partition(".")
        self.is_open = asked == f"or{number}"
        self.text = query.get("find", "").strip()[:100] if self.is_open else ""
        self.types = related_types(object_type)
        self.other = self.types.get(type_name) if self.is_open and not self.text else None

    @cached_property
    def choices(self) -> list[Choice]:
        """What is offered, own properties first."""
        if not self.text:
            return list(self._of(self.other))
        wanted = self.text.casefold()
        offered = [one for other in (None, *self.types.values()) for one in self._of(other, full=True)]
        return [one for one in offered if wanted in one.label.casefold()][:SHOWN]

    def _of(self, other: ObjectType | None, full: bool = False) -> Any:
        if other:
            number = NumberOf(other)
            yield Choice(Subject(number, other, self.number).name, number.title)
        for prop in (other or self.object_type).properties.values():
            subject = Subject(prop, other, self.number)
            yield Choice(subject.name, subject.title if full else prop.title)
