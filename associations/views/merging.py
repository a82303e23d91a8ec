"""Merging two records: choosing the other one, then what the survivor keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from records import merged_values, schema
from records.http import Request
from records.merged_values import Difference
from records.models import ObjectType, Record
from records.views.common import (
    UNPROCESSABLE,
    AbsentRecord,
    by,
    main_type_or_404,
    posted_back,
    record_or_404,
    say,
    selected_ids,
)

from .. import merging, picker
from ..merge_conflicts import Conflict, Kept
from ..merging import MergeConflicts, MergeRefused, Sides
from ..picker import Picked

VALUE, KEEP, AMONG = "value-", "keep-", "among-"  # and a property's name, or a conflict's key


def merge(request: Request, type_name: str) -> HttpResponse:
    """Merge the record `b` into `a`, chosen property by property; without `b` choose it first.

    Two rows that were ticked in a list lead here as well.
    """
    object_type = main_type_or_404(type_name)
    if request.method == "POST" and "merge" not in request.POST:
        return _from_list(request, object_type)
    survivor = record_or_404(request, type_name, _id(request, "a"))
    if "b" not in request.GET:
        return _choose(request, survivor)
    other = record_or_404(request, type_name, _id(request, "b"))
    try:
        merging.check(survivor, other)
        if request.method == "POST":
            return _merge(request, survivor, other)
    except MergeRefused as error:
        return _choose(request, survivor, str(error))
    return _show(request, survivor, other)


def _id(request: Request, name: str) -> int:
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise AbsentRecord(2**63)  # such as no id at all
    return int(text)


def merge_url(object_type: ObjectType, survivor: int, other: int) -> str:
    """Return the address of the page that merges `other` into `survivor`."""
    address = reverse("associations:merge", args=[object_type.name])
    return f"{address}?{urlencode({'a': survivor, 'b': other})}"


def _from_list(request: Request, object_type: ObjectType) -> HttpResponse:
    ids = selected_ids(request)
    if len(ids) == 2:
        return redirect(merge_url(object_type, *ids))
    messages.error(request, _("Select exactly two records to merge them."))
    address = reverse("records:list", args=[object_type.name])
    query = request.POST.get("back", "")
    return redirect(f"{address}?{query}" if query else address)


# --- Choosing the other record ------------------------------------------------------------------------


def _choose(request: Request, record: Record, message: str = "") -> HttpResponse:
    """Show a search for the record to merge with this one."""
    text, shown = request.GET.get("q", ""), request.GET.get("shown", "")
    results = picker.find(
        record,
        record.kind,
        text,
        Picked([]),
        request.user,
        int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 4 else picker.PAGE,
    )
    context = {
        "record": record,
        "object_type": record.kind,
        "text": text,
        "results": results,
        "message": message,
    }
    template = "associations/merge_with.html"
    if request.htmx.target == "merge-results":
        template = "associations/_merge_results.html"
    return render(request, template, context, status=UNPROCESSABLE if message else 200)


# --- Merging ------------------------------------------------------------------------------------------


def _merge(request: Request, survivor: Record, other: Record) -> HttpResponse:
    take = [
        name.removeprefix(VALUE)
        for name, chosen in request.POST.items()
        if name.startswith(VALUE) and chosen == str(other.pk)
    ]
    names = {"other": other, "survivor": survivor}
    try:
        change = merging.merge(survivor, other, by=by(request), take=take, keep=_kept(request))
    except MergeConflicts as error:
        return _show(request, survivor, other, unsettled=[one.key for one in error.conflicts])
    except ValidationError as error:
        return _show(request, survivor, other, refused=error)
    say(
        request,
        _("%(other)s has been merged into %(survivor)s.") % names,
        undo=reverse("history:undo", args=[change.pk]),
        back=survivor.get_absolute_url(),
    )
    return redirect(posted_back(request) or survivor)


def _kept(request: Request) -> Kept:
    """Return the choices that a form names: of each partner that it showed, whether it is kept.

    Where none is, nothing was chosen.
    """
    found = {}
    for name in request.POST:
        if name.startswith(AMONG):
            key = name.removeprefix(AMONG)
            ticked = selected_ids(request, f"{KEEP}{key}")
            if ticked:
                found[key] = {pk: pk in ticked for pk in selected_ids(request, name)}
    return found


@dataclass(frozen=True)
class ValueChoice:
    """A property whose value has to be chosen."""

    difference: Difference
    chosen: int  # the id of the record whose value it is
    errors: Sequence[str] = ()

    @property
    def name(self) -> str:
        """How the form names it."""
        return f"{VALUE}{self.difference.prop.name}"


@dataclass(frozen=True)
class Partner:
    """A record that the survivor may keep."""

    record: Record
    is_kept: bool
    owner: Record | None  # which of the two has it; None: both


@dataclass(frozen=True)
class ConflictChoice:
    """A limit under which has to be chosen what the survivor keeps."""

    conflict: Conflict
    partners: list[Partner]
    is_refused: bool

    @property
    def keep_name(self) -> str:
        """How the form names what is kept."""
        return f"{KEEP}{self.conflict.key}"

    @property
    def among_name(self) -> str:
        """How the form names what was shown."""
        return f"{AMONG}{self.conflict.key}"


def _show(
    request: Request,
    survivor: Record,
    other: Record,
    *,
    unsettled: Iterable[str] = (),
    refused: ValidationError | None = None,
) -> HttpResponse:
    sides = Sides(survivor, other)
    errors = refused.message_dict if refused and hasattr(refused, "error_dict") else {}
    values = [
        ValueChoice(one, _chosen(request, one), errors.get(one.prop.name, ()))
        for one in merged_values.differences(survivor, other)
    ]
    shown = {one.difference.prop.name for one in values}
    problems = [text for name, texts in errors.items() if name not in shown for text in texts]
    problems += refused.messages if refused and not errors else []
    conflicts = _conflicts(sides, _kept(request), set(unsettled))
    limited = {one.conflict.other_type.pk for one in conflicts if one.conflict.word is None}
    kinds, counts = schema.current().types, sides.counts
    context = {
        "object_type": survivor.kind,
        "survivor": survivor,
        "other": other,
        "numbers": (len(sides.own), len(sides.coming)),
        "swapped": merge_url(survivor.kind, other.pk, survivor.pk),
        "values": values,
        "alike": merged_values.alike(survivor, other),
        "conflicts": conflicts,
        "sections": [(kind, *counts[kind.pk], kind.pk in limited) for kind in kinds if kind.pk in counts],
        "are_associated": sides.are_associated,
        "problems": problems,
        "is_refused": bool(refused or any(one.is_refused for one in conflicts)),
        "back": posted_back(request),
    }
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "associations/merge.html", context, status=status)


def _chosen(request: Request, one: Difference) -> int:
    """Return the record whose value a form says is chosen, or the preferred one."""
    posted = request.POST.get(f"{VALUE}{one.prop.name}", "")
    preferred = one.other if one.prefers_other else one.survivor
    named = [record.pk for record in (one.survivor, one.other) if str(record.pk) == posted]
    return named[0] if named else preferred.pk


def _conflicts(sides: Sides, kept: Kept, unsettled: set[str]) -> list[ConflictChoice]:
    """Return what there is to choose, as it was chosen before; one query for the names, if any."""
    conflicts = sides.conflicts()
    # Archived records too: they hold their place, since they come back.
    records: Any = Record.objects.in_bulk({pk for conflict in conflicts for pk in conflict.partners})
    found = []
    for conflict in conflicts:
        choice = {**conflict.preferred, **kept.get(conflict.key, {})}
        partners = [
            Partner(records[pk], choice[pk], _owner(sides, conflict, pk))
            for pk in conflict.partners
            if pk in records
        ]
        found.append(ConflictChoice(conflict, partners, conflict.key in unsettled))
    return found


def _owner(sides: Sides, conflict: Conflict, pk: int) -> Record | None:
    if pk in conflict.coming:
        return sides.other
    return None if pk in sides.coming and conflict.word is None else sides.survivor
