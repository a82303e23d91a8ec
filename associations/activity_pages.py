"""Settings → Activities: with what else activities are associated, by their type and that of the record that
they are logged on."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import schema
from records.http import Request
from records.models import ObjectType
from records.settings_forms.common import Checkbox, SettingsForm
from records.views.common import object_type_or_404
from records.views.settings.common import (
    SettingsPage,
    administrators_only,
    done,
    form_page,
    pages,
    posted,
    saved,
)

from . import activity_rules
from .activity_rules import MOST, Activities, Rule, offered


class RuleForm(SettingsForm):
    """Says what is followed when activities of a type are logged on records of another."""

    def __init__(self, activity_type: ObjectType, object_type: ObjectType, data: Any = None) -> None:
        super().__init__(data)
        self.activity_type = activity_type
        self.offered = offered(activity_type, object_type)
        rule = activity_rules.rule(activity_type, object_type)
        for follow in self.offered:
            self.fields[f"follow_{follow}"] = Checkbox(label=follow.label, initial=follow in rule)
            if follow.is_numbered:
                self.fields[f"most_{follow}"] = forms.IntegerField(
                    label=_("%(what)s: at most") % {"what": follow.label},
                    initial=rule.get(follow, follow.usual),
                    min_value=1,
                    max_value=MOST,
                    required=False,
                )

    def clean(self) -> dict[str, Any]:
        """Ask for the number of what is followed."""
        cleaned = super().clean() or {}
        for follow in self.offered:
            name = f"most_{follow}"
            is_missing = name in self.fields and name not in self.errors and cleaned.get(name) is None
            if is_missing and cleaned.get(f"follow_{follow}"):
                self.add_error(name, _("Enter a number from 1 to %(most)s.") % {"most": MOST})
        return cleaned

    @property
    def definition(self) -> dict[str, Any]:
        """What the form was told, as a definition of one type."""
        follows = {
            str(follow): self.cleaned_data.get(f"most_{follow}", follow.usual)
            for follow in self.offered
            if self.cleaned_data[f"follow_{follow}"]
        }
        return {Activities.key: {self.activity_type.name: follows}}


def sentences(rule: Rule) -> list[str]:
    """Say what a rule follows."""
    return [follow.sentence(most) for follow, most in rule.items()]


def logged_on_or_404(type_name: str) -> ObjectType:
    """Return the type of that name on whose records activities are logged. Raises Http404."""
    kind = object_type_or_404(type_name)
    if kind.is_activity:
        raise Http404(_("Activities are not logged on activities."))
    return kind


def address(kind: ObjectType) -> str:
    """Return where the page shows the rules for records of a type."""
    return f"{reverse('activity-settings')}#on-{kind.name}"


@administrators_only
def rule_list(request: Request) -> HttpResponse:
    """List the rules, by the type of the record that an activity is logged on."""
    current = schema.current()
    groups = [
        (
            kind,
            [(one, sentences(activity_rules.rule(one, kind))) for one in current.activity_types],
            activity_rules.is_default(kind),
        )
        for kind in current.main_types
    ]
    return render(request, "associations/activity_settings.html", {"groups": groups})


@administrators_only
def edit(request: Request, type_name: str, activity_type: str) -> HttpResponse:
    """Change one rule."""
    kind = logged_on_or_404(type_name)
    activity = object_type_or_404(activity_type)
    if not activity.is_activity:
        raise Http404(_("There is no activity type “%(name)s”.") % {"name": activity_type})
    form = RuleForm(activity, kind, posted(request))
    if form.is_valid() and saved(form, kind.name, {"objects": {kind.name: form.definition}}):
        return done(request, _("Saved."), address(kind))
    names = {"activity": activity.plural_label, "type": kind.plural_label.lower()}
    return form_page(
        request,
        form,
        title=_("%(activity)s on %(type)s") % names,
        submit=_("Save"),
        back=address(kind),
        text=_("Associated as well, unless it is unticked when it is logged:"),
    )


@administrators_only
def reset(request: Request, type_name: str) -> HttpResponse:
    """Ask whether the rules for records of a type shall be as they were at first, and make them so."""
    kind = logged_on_or_404(type_name)
    if request.method == "POST":
        activity_rules.reset(kind)
        return done(request, _("The rules are as they were at first."), address(kind))
    return form_page(
        request,
        SettingsForm(),
        title=_("Reset the rules for %(type)s?") % {"type": kind.plural_label.lower()},
        submit=_("Reset"),
        back=address(kind),
        text=_("The rules for activities of all types become what they were at first."),
        danger=True,
    )


def register() -> None:
    """Add the page to the settings."""
    pages.insert(2, SettingsPage("activities", gettext_lazy("Activities"), "activity-settings"))
