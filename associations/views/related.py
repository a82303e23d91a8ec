"""How are these two related? The page that shows the shortest paths between two records."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from records import schema
from records.http import Request
from records.models import Record
from records.search import ranked_by_type
from records.text import without_nul
from records.views.common import UNPROCESSABLE, record_or_404

from .. import paths

RESULTS = 5  # of each object type
NOT_FOUND = 404


def related(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Search for another record (`?q=`), or show the shortest paths to one (`?to=`)."""
    record = record_or_404(request, type_name, pk)
    text = without_nul(request.GET.get("q", "").strip()[:200])
    context: dict[str, Any] = {
        "record": record,
        "text": text,
        "steps": paths.STEPS,
        "followed": paths.FOLLOWED,
    }
    if request.htmx.target == "related-results":
        return render(request, "associations/_related_results.html", context | _found(request, record, text))
    to = request.GET.get("to", "")
    if not to:
        return render(request, "associations/related.html", context | _found(request, record, text))
    pk_there = int(to) if to.isascii() and to.isdigit() and len(to) < 19 else 0
    other = Record.objects.visible_to(request.user).filter(pk=pk_there).first()
    if other is None and (survivor := _survivor(pk_there)):
        here = reverse("associations:related", args=[type_name, pk])
        return redirect(f"{here}?to={survivor.pk}")
    status = 200
    if other is None:
        status, context["problem"] = NOT_FOUND, _("This record does not exist, or has been archived.")
    elif other.pk == record.pk:
        status, context["problem"] = UNPROCESSABLE, _("These are one and the same record.")
    else:
        context |= {"other": other, "found": paths.shortest(record, other, request.user)}
    return render(request, "associations/related.html", context, status=status)


def _survivor(pk: int) -> Record | None:
    """Return the record that took over what the one with this id had, if it was merged."""
    merged = Record.objects.select_related("merged_into").filter(pk=pk, merged_into__isnull=False).first()
    return merged.survivor if merged else None


def _found(request: Request, record: Record, text: str) -> dict[str, Any]:
    """Return the records of all types that match a text, by type. Two queries at most."""
    if not text:
        return {"groups": []}
    others = Record.objects.visible_to(request.user).exclude(pk=record.pk).with_details()
    found = ranked_by_type(others, schema.current().main_types, text, RESULTS)
    return {"groups": [(kind, [one.specific for one in ones]) for kind, ones in found]}
