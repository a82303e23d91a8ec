"""What history can be narrowed to, as forms that an address fills."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import told
from .models import Change, Record
from .property_kinds.dates import DAY, start_of
from .property_kinds.related import UserKind
from .provenance import Origin

NOBODY = "none"  # changes that no person made


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class HistoryFilters(forms.Form):
    """Whose changes, from where, and when."""

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    origin = forms.ChoiceField(
        label=gettext_lazy("From where"),
        required=False,
        choices=[("", gettext_lazy("Anywhere")), *Origin.choices],
    )
    since = day_field(gettext_lazy("Since"))
    until = day_field(gettext_lazy("Until"))

    def __init__(self, query: Any) -> None:
        super().__init__(query, auto_id="history-%s")
        people = [(str(pk), str(user)) for pk, user in UserKind.everyone().items()]
        who: Any = self.fields["who"]
        who.choices = [("", _("Everybody")), *people, (NOBODY, _("Nobody (Kith itself)"))]

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first one."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This is before the first day."))
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are on, by their names."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def count(self) -> int:
        """How many filters are on, right or wrong."""
        return sum(bool(self.data.get(name)) for name in self.fields)

    def lookups(self) -> dict[str, Any]:
        """Return what changes have to be like, as the lookups of a query."""
        chosen = self.chosen
        found: dict[str, Any] = {name: chosen[name] for name in ("origin", "kind") if name in chosen}
        if who := chosen.get("who"):
            found |= {"actor__isnull": True} if who == NOBODY else {"actor": int(who)}
        if since := chosen.get("since"):
            found["at__gte"] = start_of(since)
        if (until := chosen.get("until")) and until < date.max:
            found["at__lt"] = start_of(until + DAY)
        return found


class RecordHistoryFilters(HistoryFilters):
    """What the history of a record can be narrowed to."""

    what = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    field_order = ("what", "who", "origin", "since", "until")

    def __init__(self, record: Record, query: Any) -> None:
        super().__init__(query)
        kind = record.kind
        properties = [
            (told.property_key(prop.name), prop.title)
            for prop in (*kind.properties.values(), *kind.archived_properties.values())
            if not prop.derivation and not prop.read_only
        ]
        what: Any = self.fields["what"]
        what.choices = [
            ("", _("Everything")),
            ("properties", _("All properties")),
            *[(source.name, source.label) for source in told.sources if source.name != "properties"],
            (_("One property"), properties),
        ]


class ChangeFilters(HistoryFilters):
    """What the list of changes can be narrowed to; whose they are only for those who see all."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("All kinds")), *Change.Kind.choices],
    )
    field_order = ("kind", "who", "origin", "since", "until")

    def __init__(self, query: Any, user: Any) -> None:
        super().__init__(query)
        if not user.is_staff:
            del self.fields["who"]
