"""What the pages of an import share."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.imports import drafting
from crm.imports.models import ImportDraft
from records.http import Request
from records.views.common import UNPROCESSABLE

STEPS = [
    ("what", gettext_lazy("What")),
    ("preview", gettext_lazy("Preview")),
    ("map", gettext_lazy("Map")),
    ("check", gettext_lazy("Check and import")),
]


def draft_or_404(request: Request, pk: int) -> ImportDraft:
    """Return the user's draft. Raises Http404, also where an object type that it needs is gone."""
    rows = ImportDraft.objects.visible_to(request.user).select_related("check_job", "job")
    found = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404(_("There is no such import in preparation; it may have been deleted."))
    if not drafting.still_there(found):
        raise Http404(_("An object type of this import has been archived; restore it, or begin anew."))
    found.owner = request.user
    return found


def step_page(
    request: Request,
    step: str,
    draft: ImportDraft | None,
    template: str,
    *,
    refused: bool = False,
    **context: Any,
) -> HttpResponse:
    """Show a step of an import; a refused form as 422."""
    names = [name for name, _label in STEPS]
    here = names.index(step)
    ahead = names.index(draft.step) if draft else 0
    steps = [
        {
            "name": name,
            "label": label,
            "number": place + 1,
            "is_current": place == here,
            "address": reverse(f"imports:{name}", args=[draft.pk])
            if draft and place <= max(ahead, here)
            else "",
        }
        for place, (name, label) in enumerate(STEPS)
    ]
    context |= {"draft": draft, "steps": steps, "imports": True}
    return render(request, template, context, status=UNPROCESSABLE if refused else 200)
