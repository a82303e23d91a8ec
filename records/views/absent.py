"""What is said where an address asks for a record that is no longer there."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from records.http import Request
from records.models import Erasure, Record

from .common import AbsentRecord

NOT_FOUND, GONE = 404, 410


def answer(request: Request, absent: AbsentRecord) -> HttpResponse | None:
    """Lead from a merged record to its survivor, or say when a record was archived or deleted for good.

    None where the ordinary 404 says enough: there was never such a record, or the request is not a page's.
    """
    if request.method not in ("GET", "HEAD") or absent.pk >= 2**63:
        return None
    # Whoever may see records at all may learn that one is in the bin; `in_bin_of` says which are shown.
    records = Record.objects.filter(archived_at__isnull=False)
    if absent.object_type:
        records = records.of_type(absent.object_type)
    record = records.select_related("merged_into").filter(pk=absent.pk).first()
    if record and record.merged_into:
        return _to_survivor(request, record)
    if request.htmx:
        return None
    if record:
        return _archived(request, record)
    erasures = Erasure.objects.filter(record_id=absent.pk)
    if absent.object_type:
        erasures = erasures.filter(object_type=absent.object_type)
    erasure = erasures.first()
    if erasure is None:
        return None
    return render(request, "records/erased.html", {"erasure": erasure}, status=GONE)


def _to_survivor(request: Request, record: Record) -> HttpResponse:
    """Lead to the same page of the survivor, with the same query."""
    survivor = record.survivor
    match = request.resolver_match
    if match and match.kwargs.get("pk") == record.pk:
        address = reverse(match.view_name, kwargs={**match.kwargs, "pk": survivor.pk})
    else:
        address = survivor.get_absolute_url()
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{address}?{query}" if query else address)


def _archived(request: Request, record: Record) -> HttpResponse | None:
    shown = Record.objects.in_bin_of(request.user).select_related("updated_by").filter(pk=record.pk).first()
    if shown is None or shown.kind.archived_at:
        return None
    context = {"record": shown, "object_type": shown.kind}
    return render(request, "records/archived.html", context, status=NOT_FOUND)
