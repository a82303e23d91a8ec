"""The page on which e-mails are put on a record's timeline as files."""

from collections import Counter

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from associations.outcomes import AssociationRefused
from records.http import Request
from records.models import Change
from records.provenance import Origin
from records.views.common import UNPROCESSABLE, by, record_or_404, say

from .forms import UploadForm
from .logging import Result, Status, log_messages


def upload(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Ask for e-mails as files, and log them on a record."""
    record = record_or_404(request, type_name, pk)
    if record.kind.is_activity:
        raise Http404(_("Emails are not logged on activities."))
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        try:
            results, change = log_messages(
                form.cleaned_data["emails"], by=by(request, Origin.MAIL), about=record
            )
        except (AssociationRefused, ValidationError) as error:
            text = str(error) if isinstance(error, AssociationRefused) else " ".join(error.messages)
            form.add_error("emails", text)
        else:
            _say(request, results, change)
            return redirect(record)
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "crm/upload_email.html", {"record": record, "form": form}, status=status)


def _say(request: Request, results: list[Result], change: Change | None) -> None:
    """Say what became of the messages; what was written can be undone as one."""
    numbers = Counter(one.status for one in results)
    texts = [_sentence(status, number) for status, number in sorted(numbers.items())]
    undo = reverse("history:undo", args=[change.pk]) if change else ""
    say(request, " ".join(texts), undo=undo)


def _sentence(status: Status, number: int) -> str:
    if status == Status.LOGGED:
        text = ngettext("%(number)s email logged.", "%(number)s emails logged.", number)
    elif status == Status.ASSOCIATED:
        text = ngettext(
            "%(number)s email had been logged before and is on this timeline now, too.",
            "%(number)s emails had been logged before and are on this timeline now, too.",
            number,
        )
    elif status == Status.ARCHIVED:
        text = ngettext(
            "%(number)s email had been logged before and is in the recycle bin.",
            "%(number)s emails had been logged before and are in the recycle bin.",
            number,
        )
    else:
        text = ngettext(
            "%(number)s email is on this timeline already.",
            "%(number)s emails are on this timeline already.",
            number,
        )
    return text % {"number": number}
