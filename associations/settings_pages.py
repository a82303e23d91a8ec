"""The tab "Associations" among the settings of an object type."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import schema
from records.http import Request
from records.models import ObjectType
from records.settings_forms.common import SettingsForm
from records.views.common import object_type_or_404
from records.views.settings.common import (
    SettingsTab,
    administrators_only,
    done,
    posted,
    saved,
    tabs,
    type_page,
)

from .pair_overview import pairs_of
from .type_pairs import Partners, partners


class PartnersForm(SettingsForm):
    """Chooses the object types that a type may be associated with."""

    associations = forms.MultipleChoiceField(
        label=gettext_lazy("May be associated with"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Associations that there are stay; of the others no new ones can be made."),
    )

    def __init__(self, kind: ObjectType, data: Any = None) -> None:
        super().__init__(
            data, initial={"associations": [other.name for other in partners(kind) if not other.is_activity]}
        )
        field: Any = self.fields["associations"]
        field.choices = [(other.name, other.plural_label) for other in schema.current().main_types]

    @property
    def definition(self) -> dict[str, Any]:
        """What the form was told, as a definition of one type."""
        return {Partners.key: self.cleaned_data["associations"]}


@administrators_only
def associations(request: Request, type_name: str) -> HttpResponse:
    """Show and change which types a type may be associated with."""
    kind = object_type_or_404(type_name)
    form = PartnersForm(kind, posted(request))
    if form.is_valid() and saved(form, kind.name, {"objects": {kind.name: form.definition}}):
        return done(request, _("Saved."), reverse("association-settings", args=[kind.name]))
    pairs = pairs_of(kind)
    return type_page(
        request, "associations", kind, template="associations/settings.html", form=form, pairs=pairs
    )


def register() -> None:
    """Add the tab."""
    tabs.append(SettingsTab("associations", gettext_lazy("Associations"), "association-settings"))
