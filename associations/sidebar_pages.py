"""The tab "Sidebar" among the settings of an object type: order of the sections, and the cards of each."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from records.http import Request
from records.models import ObjectType
from records.settings_forms.common import SettingsForm
from records.views.common import object_type_or_404
from records.views.settings.common import (
    SettingsTab,
    administrators_only,
    done,
    form_page,
    posted,
    tabs,
    type_page,
)

from . import sidebar_layout
from .sidebar_layout import MOST_PROPERTIES, Layout, Sort
from .type_pairs import may_be_associated


class SectionForm(SettingsForm):
    """Says how the cards of a section are sorted and what they show."""

    PARTS = (("", ("sort",)), (gettext_lazy("Properties on a card"), ("property_",)))
    sort = forms.ChoiceField(
        label=gettext_lazy("Sorted by"),
        choices=Sort.choices,
        help_text=gettext_lazy(
            "By name and by last change, a section with more than 5,000 records shows the newest."
        ),
    )

    def __init__(self, layout: Layout, data: Any = None) -> None:
        super().__init__(data, initial={"sort": layout.sort})
        chosen = [prop.name for prop in layout.properties]
        choices = [("", "—"), *((prop.name, prop.title) for prop in layout.other.properties.values())]
        for number in range(MOST_PROPERTIES):
            self.fields[f"property_{number}"] = forms.ChoiceField(
                label=_("Property %(number)s") % {"number": number + 1},
                choices=choices,
                initial=chosen[number] if number < len(chosen) else "",
                required=False,
            )

    @property
    def chosen(self) -> list[str]:
        """The names of the chosen properties, in order."""
        return [
            name
            for number in range(MOST_PROPERTIES)
            if (name := self.cleaned_data.get(f"property_{number}", ""))
        ]


def tab_of(kind: ObjectType) -> str:
    """Return the address of a type's sidebar settings."""
    return reverse("sidebar-settings", args=[kind.name])


def layout_or_404(kind: ObjectType, other_type: str) -> Layout:
    """Return the layout of one section. Raises Http404 where the sidebar has none of that type."""
    for one in sidebar_layout.layouts(kind):
        if one.other.name == other_type and _has_section(kind)(one.other):
            return one
    raise Http404(_("There is no such section."))


def _has_section(kind: ObjectType) -> Callable[[ObjectType], bool]:
    return lambda other: may_be_associated(kind.pk, other.pk)


@administrators_only
def section_list(request: Request, type_name: str) -> HttpResponse:
    """List the sections of a sidebar in order."""
    kind = object_type_or_404(type_name)
    has_section = _has_section(kind)
    return type_page(
        request,
        "sidebar",
        kind,
        template="associations/sidebar_settings.html",
        layouts=[one for one in sidebar_layout.layouts(kind) if has_section(one.other)],
        is_default=sidebar_layout.is_default(kind),
    )


@administrators_only
def edit(request: Request, type_name: str, other_type: str) -> HttpResponse:
    """Change the cards of one section."""
    kind = object_type_or_404(type_name)
    layout = layout_or_404(kind, other_type)
    form = SectionForm(layout, posted(request))
    if form.is_valid():
        try:
            sort, chosen = form.cleaned_data["sort"], form.chosen
            sidebar_layout.change(kind, layout.other, sort=sort, properties=chosen)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return done(request, _("Saved."), tab_of(kind))
    names = {"type": kind.plural_label, "other": layout.other.plural_label}
    return form_page(
        request,
        form,
        title=_("%(type)s: section “%(other)s”") % names,
        submit=_("Save"),
        back=tab_of(kind),
    )


@administrators_only
@require_POST
def move(request: Request, type_name: str, other_type: str) -> HttpResponse:
    """Move a section up or down."""
    kind = object_type_or_404(type_name)
    other = layout_or_404(kind, other_type).other
    sidebar_layout.move(kind, other, up="up" in request.POST, among=_has_section(kind))
    return redirect(f"{tab_of(kind)}#section-{other.name}")


@administrators_only
def reset(request: Request, type_name: str) -> HttpResponse:
    """Ask whether the sidebar shall be as it was at first, and make it so."""
    kind = object_type_or_404(type_name)
    if request.method == "POST":
        sidebar_layout.reset(kind)
        return done(request, _("The sidebar is as it was at first."), tab_of(kind))
    return form_page(
        request,
        SettingsForm(),
        title=_("Reset the sidebar of %(type)s?") % {"type": kind.plural_label.lower()},
        submit=_("Reset"),
        back=tab_of(kind),
        text=_("Order, sorting and properties of all its sections become what they were at first."),
        danger=True,
    )


def register() -> None:
    """Add the tab."""
    tabs.append(SettingsTab("sidebar", gettext_lazy("Sidebar"), "sidebar-settings"))
