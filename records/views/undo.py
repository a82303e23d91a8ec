"""Undoing a change: what it would do, and doing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records import told, undo_jobs
from records import undo as undoing
from records.http import Request
from records.models import Change

from .common import by, posted_back

CONFLICT = 409


def undo(request: Request, pk: int) -> HttpResponse:
    """Show what undoing a change would do now; with a POST do it, and lead back to where it was asked for.

    Who made the change may undo it, and administrators. What did very much is undone by a job, which says
    in the end what it left as it is: to find that out beforehand would take as long.
    """
    change = get_object_or_404(Change.objects.visible_to(request.user).select_related("actor"), pk=pk)
    back = posted_back(request)
    context = {"change": change, "back": back}
    if undo_jobs.is_large(change):
        if request.method == "POST":
            return redirect(undo_jobs.start_undo(change, by(request)))
        facts = [fact for source in told.sources for fact in source.facts(change)]
        return render(request, "records/undo.html", {**context, "facts": facts})
    try:
        if request.method != "POST":
            context["report"] = undoing.preview(change, by=by(request))
            return render(request, "records/undo.html", context)
        report = undoing.undo(change, by=by(request))
    except undoing.UndoRefused as error:
        messages.error(request, str(error))
        return redirect(back) if back else render(request, "records/undo.html", context, status=CONFLICT)
    if not report.left_count:
        messages.success(request, _("Undone."))
    elif sum(report.done.values()):
        text = ngettext(
            "Undone, but for %(count)s thing that stays as it is: %(what)s",
            "Undone, but for %(count)s things that stay as they are: %(what)s",
            report.left_count,
        )
        messages.warning(request, text % {"count": report.left_count, "what": _reasons(report)})
    else:
        messages.error(request, _("Nothing was undone: %(what)s") % {"what": _reasons(report)})
    return redirect(back or "home")


def _reasons(report: undoing.UndoReport) -> str:
    return "; ".join(f"{what}: {why}" for what, why in report.left[:3])
