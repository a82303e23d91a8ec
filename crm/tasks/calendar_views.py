"""A user's calendar feed: what calendar programs read, and the page on which its address is made."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from associations import calendars
from associations.about import about
from associations.views.calendars import TYPE
from records import schema
from records.http import Request
from records.models import Meeting, Record, Task
from records.views.common import say

from .models import CalendarFeed

BACK, AHEAD = timedelta(days=90), timedelta(days=365)
MOST = 1_000  # entries from now on, and as many before: those nearest to now


@login_not_required
@require_safe
@cache_control(private=True, no_cache=True)
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with a user's meetings and open tasks; who knows the address needs no password."""
    found = CalendarFeed.by_token(token)
    if found is None:
        raise Http404(_("There is no calendar at this address, or not any more."))
    entries = _entries(found.user)
    concerned = about([entry.pk for entry in entries], found.user)
    events = [
        calendars.event(
            entry, request.build_absolute_uri(entry.get_absolute_url()), about=concerned[entry.pk].records
        )
        for entry in entries
    ]
    return HttpResponse(calendars.calendar(events, f"Kith: {found.user}"), content_type=TYPE)


def _entries(user: Any) -> list[Record]:
    """Return the meetings and open tasks of a user around now: two queries."""
    now = timezone.now()
    types = [schema.current().type(model.object_type_name) for model in (Meeting, Task)]
    rows: QuerySet = Record.objects.visible_to(user).filter(owner=user, object_type__in=types)
    rows = rows.filter(Q(object_type=types[0]) | Q(is_pending=True)).select_related("meeting", "task")
    ahead = rows.filter(happened_at__gte=now, happened_at__lt=now + AHEAD).order_by("happened_at", "pk")
    back = rows.filter(happened_at__lt=now, happened_at__gte=now - BACK).order_by("-happened_at", "-pk")
    return [*reversed(back[:MOST]), *ahead[:MOST]]


def settings(request: Request) -> HttpResponse:
    """Show the address of one's feed; with a POST make a new one (`renew`), or none (`remove`)."""
    if request.method == "POST":
        if "remove" in request.POST:
            CalendarFeed.objects.filter(user=request.user).delete()
            say(request, _("The calendar feed is turned off."))
        else:
            CalendarFeed.renew(request.user)
            say(request, _("The calendar feed has a new address."))
        return redirect("tasks:calendar")
    found = CalendarFeed.objects.filter(user=request.user).first()
    address = request.build_absolute_uri(reverse("tasks:feed", args=[found.token])) if found else ""
    return render(request, "tasks/calendar.html", {"feed": found, "address": address})
