"""The first step: what is imported, and the files."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from crm.imports import drafting
from crm.imports.forms import TypesForm, UploadForm, type_choices
from crm.imports.uploads import ImportUploadHandler
from records.http import Request
from records.uploads import BoundedUploadHandler

from .common import draft_or_404, step_page


@csrf_exempt  # for now: looking for the token would read the files before their handlers are set
def new(request: Request) -> HttpResponse:
    """Ask what is imported and for the files, and begin a draft."""
    others = [one for one in request.upload_handlers if not isinstance(one, BoundedUploadHandler)]
    request.upload_handlers = [ImportUploadHandler(request), *others]
    return _new(request)


@csrf_protect
def _new(request: Request) -> HttpResponse:
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            kind = form.chosen_kind()
            draft = drafting.create(request.user, kind, form.object_types, form.looked_at)
            return redirect("imports:preview", draft.pk)
    else:
        form = UploadForm(initial=_initial(request))
    return step_page(request, "what", None, "imports/what.html", refused=form.is_bound, form=form)


def _initial(request: Request) -> dict[str, Any]:
    """Return what the page begins with: the object type of the list that led here."""
    known = [name for name, _label in type_choices()]
    name = request.GET.get("type", "")
    initial: dict[str, Any] = {"kind": "one", "one": "contacts", "other": "companies"}
    return initial | ({"types": [name]} if name in known else {})


def what(request: Request, pk: int) -> HttpResponse:
    """Let the files that were uploaded hold other object types."""
    draft = draft_or_404(request, pk)
    form = TypesForm(
        request.POST if request.method == "POST" else None,
        initial=TypesForm.initial_of(draft),
        kind=draft.kind,
    )
    if form.is_bound and form.is_valid():
        drafting.set_types(draft.pk, form.object_types)
        return redirect("imports:preview", draft.pk)
    return step_page(request, "what", draft, "imports/what.html", refused=form.is_bound, form=form)
