"""Permanent deletions: what is written down of them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from records import paging
from records.http import Request
from records.models import Erasure

from .common import administrators_only

PAGE_SIZE = 50
ORDER = paging.Order("id", descending=True, key="id")


@administrators_only
def erasure_list(request: Request) -> HttpResponse:
    """List the permanent deletions, the newest first."""
    rows = Erasure.objects.select_related("actor", "object_type")
    place: dict[str, Any] = {name: request.GET.get(name, "") for name in ("after", "before")}
    status = 200
    try:
        page = paging.page(rows, ORDER, PAGE_SIZE, **place)
    except paging.BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        page, status = paging.page(rows, ORDER, PAGE_SIZE), 400
    return render(request, "records/settings/erasures.html", {"page": page}, status=status)
