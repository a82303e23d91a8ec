"""Filters made from properties: `amount__gte=1000` in an address, a chip on the page.

Only the filters that an address names are built; there are hundreds of others.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.translation import gettext as _

from .models import ObjectType, Property
from .property_kinds import Operator
from .text import without_nul


@dataclass(frozen=True)
class ActiveFilter:
    """A filter that a list's address names, as its chip shows it."""

    parameter: str
    prop: Property
    operator: Operator
    values: list[str]
    errors: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The filter as a phrase: property, operator, values."""
        shown = self.prop.kind.filter_text(self.prop, self.values) if self.operator.wants_value else ""
        return f"{self.prop.title} {self.operator.label} {shown}".strip()


def named_filters(object_type: ObjectType, query: QueryDict) -> list[ActiveFilter]:
    """Return the filters that an address names; one without a value is none."""
    named = []
    for parameter in query:
        name, separator, operator_name = parameter.rpartition("__")
        prop = object_type.properties.get(name)
        if not separator or prop is None:
            continue
        operator = next((one for one in prop.kind.operators if one.name == operator_name), None)
        values = [value for text in query.getlist(parameter) if (value := without_nul(text).strip())]
        if operator and values:
            # Of a parameter that is there twice the last one counts, except where any number may be.
            named.append(ActiveFilter(parameter, prop, operator, values if operator.many else values[-1:]))
    return named


def filter_set(
    object_type: ObjectType, query: QueryDict, queryset: Any
) -> tuple[django_filters.FilterSet, list[ActiveFilter]]:
    """Return the filters that an address names, bound to it, and how each is shown."""
    named = named_filters(object_type, query)
    members = {one.parameter: one.operator.build(one.prop) for one in named}
    data = QueryDict(mutable=True)
    for one in named:
        data.setlist(one.parameter, one.values)
    bound = type("PropertyFilterSet", (django_filters.FilterSet,), members)(
        data, queryset=queryset.with_values(one.prop for one in named)
    )
    errors = {} if bound.is_valid() else bound.form.errors
    active = [replace(one, errors=list(errors.get(one.parameter, []))) for one in named]
    return bound, active


class FilterEditor(forms.Form):
    """Chooses operator and value of a filter on one property."""

    def __init__(
        self, prop: Property, data: QueryDict | None = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial, prefix="filter", auto_id="filter_%s")
        self.prop = prop
        self.operators = {operator.name: operator for operator in prop.kind.operators}
        self.fields["operator"] = forms.ChoiceField(
            choices=[(operator.name, operator.label) for operator in self.operators.values()],
            label=_("Condition for %(property)s") % {"property": prop.title},
        )
        sample = next(iter(self.operators.values())).build(prop).field
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
            elif prop.kind.numeric:
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
        return f"{self.prop.name}__{self.cleaned_data['operator']}"

    @property
    def parameter_values(self) -> list[str]:
        """The values that the filter has in an address."""
        operator = self.operators[self.cleaned_data["operator"]]
        return self._values(self.cleaned_data) if operator.wants_value else ["1"]
