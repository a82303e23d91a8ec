"""Deleting records for good: from the recycle bin, or everything about one for data protection."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from records import erasing
from records.http import Request
from records.models import Erasure, ObjectType, Record
from records.provenance import Origin
from records.settings_forms.common import Checkbox

from .common import UNPROCESSABLE, AbsentRecord, by, object_type_or_404, selected_ids
from .settings.common import administrators_only, posted

NAMED = 20  # records that the page which asks names


class ErasureForm(forms.Form):
    """Asks whether records are to go for good, and why; the reason must not tell whom it is about."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=Erasure._meta.get_field("reason").max_length,
        required=False,
        help_text=gettext_lazy("It stays written down: no names, but perhaps the number of a request."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    confirmed = Checkbox(label=gettext_lazy("Yes, delete all of this for good. It cannot be undone."))

    def __init__(self, records: Sequence[Record], data: Any = None, *, needs_reason: bool = False) -> None:
        super().__init__(data)
        self.records = records
        self.fields["reason"].required = needs_reason
        self.fields["confirmed"].required = True
        self.fields["confirmed"].error_messages["required"] = _("Tick this to go on.")

    def clean_reason(self) -> str:
        """Refuse names, addresses and the like."""
        erasing.check_reason(self.cleaned_data["reason"], self.records)
        return self.cleaned_data["reason"]


@administrators_only
def delete_selected(request: Request, type_name: str) -> HttpResponse:
    """Ask whether ticked records of the recycle bin are to be deleted for good, and do it."""
    object_type = object_type_or_404(type_name)
    if "ask" in request.POST:
        query = QueryDict(mutable=True)
        query.setlist("selected", [str(pk) for pk in selected_ids(request)])
        return redirect(f"{request.path}?{query.urlencode()}")
    back = reverse("records:bin", args=[type_name])
    in_bin = Record.objects.in_bin_of(request.user).of_type(object_type)
    ids = list(in_bin.filter(pk__in=selected_ids(request)).values_list("pk", flat=True))
    if not ids:
        messages.error(request, _("No record was selected."))
        return redirect(back)
    return _ask_or_erase(request, object_type, ids, Erasure.Kind.MANUAL, back)


@administrators_only
def erase_record(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Ask whether everything about a record, live or archived, is to be erased, and do it."""
    object_type = object_type_or_404(type_name)
    records = Record.objects.of_type(object_type)
    visible = records.visible_to(request.user) | records.in_bin_of(request.user)
    record = visible.filter(pk=pk).first() if pk < 2**63 else None
    if record is None:
        raise AbsentRecord(pk, object_type)
    live = record.archived_at is None
    back = record.get_absolute_url() if live else reverse("records:bin", args=[type_name])
    context = {"mentions": erasing.mentions(record.specific, request.user)}
    return _ask_or_erase(request, object_type, [record.pk], Erasure.Kind.PRIVACY, back, **context)


def _ask_or_erase(
    request: Request, object_type: ObjectType, ids: list[int], kind: Erasure.Kind, back: str, **context: Any
) -> HttpResponse:
    everything = erasing.with_merged(ids)
    records = [one.specific for one in Record.objects.filter(pk__in=everything).with_details()]
    needs_reason = kind == Erasure.Kind.PRIVACY
    form = ErasureForm(records, posted(request), needs_reason=needs_reason)
    if form.is_valid():
        try:
            origin = Origin.PAGE if needs_reason else Origin.LIST
            reason = form.cleaned_data["reason"]
            erased = erasing.erase(ids, by=by(request, origin), kind=kind, reason=reason)
        except ValidationError as error:  # it got another name since it was looked at
            form.add_error("reason", error)
        else:
            return _erased(request, object_type, len(erased), needs_reason)
    named = [one for one in records if one.merged_into_id is None]
    context |= {
        "object_type": object_type,
        "form": form,
        "back": back,
        "ids": ids,
        "named": named[:NAMED],
        "more": len(named) - NAMED,
        "merged": len(everything) - len(named),
        "going": _going(everything),
        "is_privacy": needs_reason,
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "records/erase.html", context, status=status)


def _going(ids: Sequence[int]) -> list[tuple[Any, int]]:
    """Return what would go with these records, as a reader is told, and how many of each."""
    totals: Counter[str] = sum(erasing.extent(ids).values(), Counter())
    names = erasing.part_names()
    return [(names[name], number) for name, number in sorted(totals.items())]


def _erased(request: Request, object_type: ObjectType, count: int, privacy: bool) -> HttpResponse:
    if count:
        text = ngettext("%(count)s record deleted for good.", "%(count)s records deleted for good.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.error(request, _("They were restored or deleted meanwhile."))
    return redirect("records:list" if privacy else "records:bin", object_type.name)
