"""What a timeline can be narrowed to: types of activities, a person, a period, a text."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from records.models import ObjectType
from records.property_kinds.dates import start_of
from records.property_kinds.related import UserKind
from records.search import LONGEST

DAY = timedelta(days=1)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TimelineFilters(forms.Form):
    """Reads the filters of an address. What makes no sense narrows nothing, and is said beside its field."""

    type = forms.MultipleChoiceField(
        label=_("Types"), required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    q = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    person = forms.TypedChoiceField(label=_("Person"), required=False, coerce=int, empty_value=None)
    since = forms.DateField(label=_("From"), required=False, widget=_day())
    until = forms.DateField(label=_("To"), required=False, widget=_day())

    def __init__(self, types: Iterable[ObjectType], query: QueryDict) -> None:
        self.offered = list(types)
        super().__init__(query, auto_id="timeline-%s", use_required_attribute=False)
        fields: Any = self.fields
        fields["type"].choices = [(kind.name, kind.plural_label) for kind in self.offered]
        fields["person"].choices = self._people  # looked up where they are needed
        self.is_valid()

    @staticmethod
    def _people() -> list[tuple[str, str]]:
        people = UserKind.everyone().values()
        return [("", str(_("Anybody"))), *((str(user.pk), str(user)) for user in people)]

    def clean(self) -> dict[str, object]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This is before the first day."))
        return cleaned

    @property
    def are_active(self) -> bool:
        """Whether anything is narrowed."""
        return any(self.cleaned_data.values())

    @property
    def number(self) -> int:
        """How many of the fields beside the types are filled in."""
        return sum(1 for name, value in self.cleaned_data.items() if value and name != "type")

    @property
    def types(self) -> list[ObjectType]:
        """The types to show: those that were ticked, or all."""
        ticked = self.cleaned_data.get("type")
        return [kind for kind in self.offered if not ticked or kind.name in ticked]

    @property
    def person_id(self) -> int | None:
        """The user who owns or wrote what is shown."""
        return self.cleaned_data.get("person")

    @property
    def text(self) -> str:
        """What has to occur in what is shown."""
        return self.cleaned_data.get("q", "")

    @property
    def narrows_records(self) -> bool:
        """Whether the activities themselves have to be looked at, and not just when they happened."""
        return bool(self.person_id or self.text)

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """The moments from which on and before which activities happened; None is no end."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        until = until + DAY if until and until < date.max else None
        return since and start_of(since), until and start_of(until)
