"""What the pages of the settings share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import definition, indexes
from records.definition import Definition, DefinitionRefused
from records.http import Request
from records.models import ObjectType
from records.settings_forms.common import SettingsForm
from records.views.common import UNPROCESSABLE


@dataclass(frozen=True)
class SettingsTab:
    """A page that a floor above adds to the settings of an object type."""

    name: str
    label: Any
    url_name: str  # of an address that takes the type's name


@dataclass(frozen=True)
class SettingsPage:
    """A page on which the settings begin."""

    name: str
    label: Any
    url_name: str


tabs: list[SettingsTab] = []
pages: list[SettingsPage] = [
    SettingsPage("objects", gettext_lazy("Object types"), "settings:objects"),
    SettingsPage("erasures", gettext_lazy("Permanent deletions"), "settings:erasures"),
]
View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """Let only administrators see a page."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def posted(request: Request) -> Any:
    """Return what was typed into a form, or None where it is opened."""
    return request.POST if request.method == "POST" else None


def saved(form: SettingsForm, path: str, given: Definition, *, new: bool = False) -> bool:
    """Apply a definition of what is at `path` (such as "viewings.properties.outcome"); say whether it stands.

    Where it is refused the form says why. What is `new` must not be there yet, and what is not must be: two
    administrators may be at it at once.
    """
    try:
        with transaction.atomic():
            changes = definition.apply(given)
            if new != any(change.created and change.path == path for change in changes):
                message = _("It has been taken meanwhile.") if new else _("It has been deleted meanwhile.")
                raise DefinitionRefused([f"{path}: {message}"])
    except DefinitionRefused as error:
        form.add_refusal(error, path)
        return False
    return True


def type_page(
    request: Request, tab: str, kind: ObjectType, *, template: str = "", **context: Any
) -> HttpResponse:
    """Show a tab of an object type; its form, where one was refused, as it was typed."""
    # A type without stages can be given a pipeline as long as no record would lack a stage.
    may_have_pipelines = kind.stage_property is not None or (
        kind.is_custom and not kind.model.objects.of_type(kind).exists()
    )
    context |= {
        "kind": kind,
        "tab": tab,
        "may_have_pipelines": may_have_pipelines,
        "more_tabs": tabs,
    }
    form = context.get("form")
    status = UNPROCESSABLE if form and form.is_bound else 200
    return render(request, template or f"records/settings/{tab}.html", context, status=status)


def form_page(
    request: Request, form: BaseForm, *, title: str, submit: str, back: str, **context: Any
) -> HttpResponse:
    """Show a form: a panel beside the page, or a page of its own."""
    template = "records/settings/_form.html" if request.htmx else "records/settings/form.html"
    context = {"form": form, "title": title, "submit": submit, "back": back, **context}
    return render(request, template, context, status=UNPROCESSABLE if form.is_bound else 200)


def done(request: Request, text: str, to: str) -> HttpResponse:
    """Lead to a page that says what was done; a property may have come to need an index, or no longer."""
    indexes.sync_soon()
    messages.success(request, text)
    return leave(request, to)


def leave(request: Request, to: str) -> HttpResponse:
    """Lead the whole page elsewhere, also from within a panel."""
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": to})
    return redirect(to)
