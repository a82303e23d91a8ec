"""The recycle bin of an object type, and restoring from it."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records import recycle_bin as bins
from records import services
from records.http import Request
from records.models import ObjectType, Record
from records.paging import BadCursor
from records.provenance import Origin

from .common import UNPROCESSABLE, by, object_type_or_404, selected_ids


def recycle_bin(request: Request, type_name: str) -> HttpResponse:
    """Show the archived records of a type."""
    return _show(request, object_type_or_404(type_name), request.GET)


def _show(
    request: Request, object_type: ObjectType, query: QueryDict, *, status: int = 200, **context: object
) -> HttpResponse:
    shown = bins.RecycleBin(object_type, query, request.user)
    try:
        shown.page  # noqa: B018  (read here, where what is wrong with the address can still be said)
    except BadCursor:
        messages.error(request, _("That page of the list does not exist; this is the first one."))
        shown, status = bins.RecycleBin(object_type, QueryDict(), request.user), 400
    context |= {
        "object_type": object_type,
        "bin": shown,
        "days": settings.RECYCLE_BIN_DAYS,
        "ticked": selected_ids(request),
    }
    return render(request, "records/bin.html", context, status=status)


@require_POST
def restore(request: Request, type_name: str) -> HttpResponse:
    """Bring archived records back, from the recycle bin or to undo archiving; all of them or none.

    Where another record has taken a unique value meanwhile, the bin says which and who has it.
    """
    object_type = object_type_or_404(type_name)
    chosen = Record.objects.in_bin_of(request.user).of_type(object_type).filter(pk__in=selected_ids(request))
    ids = list(chosen.values_list("pk", flat=True))
    query = QueryDict(request.POST.get("back", ""))
    try:
        restored = services.restore_records(ids, by=by(request, Origin.LIST))
    except ValidationError as error:
        refused = {"conflicts": bins.conflicts(ids), "refusals": error.messages}
        return _show(request, object_type, query, status=UNPROCESSABLE, **refused)
    count = len(restored)
    if count:
        text = ngettext("%(count)s record restored.", "%(count)s records restored.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.error(request, _("There is nothing to restore."))
    if "back" in request.POST:
        return redirect(f"{reverse('records:bin', args=[type_name])}?{query.urlencode()}")
    if count == 1:
        return redirect("records:record", type_name, restored[0])
    return redirect("records:list", type_name)
