"""Settings → Associations: every pair of object types, and the page of each: its labels, its limits, and
whether such records may be associated."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from records import schema
from records.http import Request
from records.models import ObjectType
from records.paging import BadCursor
from records.views.common import UNPROCESSABLE, object_type_or_404
from records.views.settings.common import SettingsPage, administrators_only, pages, posted

from . import pair_overview, type_pairs
from .excess import exceeding, numbers_exceeding
from .label_settings import MANY_USES, known_labels, labels_between, labels_in_use, words_from
from .limit_settings import HIGHEST, Bound, bounds, limits_between, set_limits
from .models import AssociationLabel

FIELD = "limit-"  # and the key of what is limited


def pair_or_404(type_name: str, other_type: str) -> tuple[ObjectType, ObjectType]:
    """Return two object types by their names. Raises Http404."""
    return object_type_or_404(type_name), object_type_or_404(other_type)


def address(one: ObjectType, other: ObjectType) -> str:
    """Return the address of a pair's page."""
    return reverse("pairs:pair", args=[one.name, other.name])


# --- All pairs --------------------------------------------------------------------------------------


@administrators_only
def pair_list(request: Request) -> HttpResponse:
    """List all pairs of object types, or those of one type."""
    chosen = request.GET.get("type", "")
    kind = object_type_or_404(chosen) if chosen else None
    groups = [(kind, pair_overview.pairs_of(kind))] if kind else pair_overview.all_pairs()
    context = {"groups": groups, "types": schema.current().main_types, "chosen": chosen}
    return render(request, "associations/pairs/list.html", context)


# --- The page of a pair -----------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelRow:
    """A label as the page of two types shows it."""

    label: AssociationLabel
    word: str  # on the pages of the first type
    inverse: str  # on those of the other; empty where it is the same
    uses: int
    can_be_deleted: bool

    @property
    def has_many_uses(self) -> bool:
        """Whether there are more uses than are counted."""
        return self.uses > MANY_USES


class LimitsForm(forms.Form):
    """The limits of two object types, each in a field beside its sentence; empty is no limit."""

    def __init__(self, one: ObjectType, other: ObjectType, data: Any = None) -> None:
        super().__init__(data)
        self.bounds = bounds(one, other)
        for bound in self.bounds:
            before, after = bound.sentence
            field = forms.IntegerField(label=before, required=False, initial=bound.maximum)
            name = f"{FIELD}{bound.key}"
            labelled = " ".join(f"id_{name}_{part}" for part in ("before", "after"))
            field.widget.attrs = {
                "min": 1,
                "max": HIGHEST,
                "inputmode": "numeric",
                "placeholder": _("no limit"),
                "aria-labelledby": labelled,
            }
            field.after = after  # type: ignore[attr-defined]
            self.fields[name] = field

    @property
    def directions(self) -> list[tuple[ObjectType, list[forms.BoundField]]]:
        """The fields by the type whose records they limit."""
        found: dict[ObjectType, list[forms.BoundField]] = {}
        for bound in self.bounds:
            found.setdefault(bound.from_type, []).append(self[f"{FIELD}{bound.key}"])
        return list(found.items())

    def clean(self) -> None:
        """Refuse limits of labels that are there no more; those that came meanwhile stay as they are."""
        if any(name.startswith(FIELD) and name not in self.fields for name in self.data):
            raise ValidationError(_("A label was archived or deleted meanwhile. Look at the limits again."))

    def save(self) -> list[Bound] | None:
        """Set the limits; return those that allow less than before, or None where they are refused."""
        wanted = {
            bound: self.cleaned_data[name]
            for bound in self.bounds
            if (name := f"{FIELD}{bound.key}") in self.data
        }
        try:
            return set_limits(wanted)
        except ValidationError as error:
            for key, refusals in error.message_dict.items():
                name = f"{FIELD}{key}"
                for refusal in refusals:
                    self.add_error(name if name in self.fields else None, refusal)
            return None


@administrators_only
def pair(request: Request, type_name: str, other_type: str) -> HttpResponse:
    """Show the labels and limits of two object types, and set the limits."""
    one, other = pair_or_404(type_name, other_type)
    form = LimitsForm(one, other, posted(request))
    if form.is_valid() and (lowered := form.save()) is not None:
        messages.success(request, " ".join([_("Saved."), *_said_of(lowered, request.user)]))
        return redirect(f"{address(one, other)}#limits")
    rows = _label_rows(one, other)
    context = {
        "one": one,
        "other": other,
        "is_allowed": type_pairs.may_be_associated(one.pk, other.pk),
        "primary": [row for row in rows if row.label.is_primary],
        "labels": [row for row in rows if not row.label.is_primary and not row.label.archived_at],
        "archived": [row for row in rows if row.label.archived_at],
        "many": MANY_USES,
        "form": form,
        "has_limits": any(bound.maximum for bound in form.bounds),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "associations/pairs/pair.html", context, status=status)


def _label_rows(one: ObjectType, other: ObjectType) -> list[LabelRow]:
    """Return all labels of two types, as read from the pages of the first one: three queries."""
    labels = list(labels_between(one.pk, other.pk))
    uses = labels_in_use(label.pk for label in labels)
    known = known_labels(label.pk for label in labels)
    return [
        LabelRow(
            label,
            *words_from(label, one),
            uses=uses.get(label.pk, 0),
            can_be_deleted=not label.is_primary and label.pk not in known,
        )
        for label in labels
    ]


@administrators_only
@require_POST
def allow(request: Request, type_name: str, other_type: str) -> HttpResponse:
    """Let records of two types be associated from now on, or no longer."""
    one, other = pair_or_404(type_name, other_type)
    allowed = bool(request.POST.get("allowed"))
    type_pairs.set_allowed(one, other, allowed=allowed)
    names = {"one": one.plural_label, "other": other.plural_label}
    text = (
        _("%(one)s and %(other)s may be associated.")
        if allowed
        else _("%(one)s and %(other)s may not be associated from now on.")
    )
    messages.success(request, text % names)
    return redirect(address(one, other))


# --- Who has more -----------------------------------------------------------------------------------


def has_more(bound: Bound, number: int) -> str:
    """Return how many records have more than a limit allows, as words."""
    text = ngettext("%(count)s %(records)s has more", "%(count)s %(records)s have more", number)
    kind = bound.from_type
    records = kind.singular_label if number == 1 else kind.plural_label
    return text % {"count": number, "records": records.lower()}


def _said_of(lowered: list[Bound], user: Any) -> list[str]:
    """Return sentences about those who have more than the limits that were lowered just now."""
    limited = [(bound, maximum) for bound in lowered if (maximum := bound.maximum)]
    numbers = numbers_exceeding(limited, user)
    return [
        _("%(limit)s: %(more)s.") % {"limit": bound.said(maximum), "more": has_more(bound, numbers[bound])}
        for bound, maximum in limited
        if bound in numbers
    ]


@administrators_only
def excess(request: Request, type_name: str, other_type: str) -> HttpResponse:
    """Say of each limit of two types how many records have more: a part of their page, or a page.

    All associations of the two types are counted for it, so the page does not wait for it.
    """
    one, other = pair_or_404(type_name, other_type)
    limited = limits_between(one, other)
    numbers = numbers_exceeding(limited, request.user)
    rows = [
        {
            "said": bound.said(maximum),
            "more": has_more(bound, numbers[bound]),
            "url": reverse("pairs:exceeding", args=[one.name, other.name, bound.key]),
        }
        for bound, maximum in limited
        if bound in numbers
    ]
    name = "_excess" if request.htmx else "excess"
    context = {"one": one, "other": other, "rows": rows}
    return render(request, f"associations/pairs/{name}.html", context)


@administrators_only
def exceeding_list(request: Request, type_name: str, other_type: str, key: str) -> HttpResponse:
    """List the records that have more than one limit allows, the most first."""
    one, other = pair_or_404(type_name, other_type)
    limited = limits_between(one, other)
    bound, maximum = next(((bound, most) for bound, most in limited if bound.key == key), (None, 0))
    if bound is None:
        raise Http404(_("There is no such limit any more."))
    after, status = request.GET.get("after", ""), 200
    try:
        page = exceeding(bound, maximum, request.user, after)
    except BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        page, after, status = exceeding(bound, maximum, request.user), "", 400
    context = {
        "one": one,
        "other": other,
        "said": bound.said(maximum),
        "more": has_more(bound, page.total),
        "page": page,
        "is_first": not after,
    }
    return render(request, "associations/pairs/exceeding.html", context, status=status)


def register() -> None:
    """Add the page to the settings."""
    pages.insert(1, SettingsPage("associations", gettext_lazy("Associations"), "pairs:list"))
