"""The second step: how the files are written, and their first rows as they are read so."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crm.imports import drafting
from crm.imports.forms import ReadingForm
from crm.imports.inspecting import OPENING
from crm.imports.models import ImportDraft
from crm.imports.report import ImportRefused
from records.http import Request

from .common import draft_or_404, step_page

SHOWN = 10  # rows


def preview(request: Request, pk: int) -> HttpResponse:
    """Show how the files begin; with other settings as they are read by these."""
    draft = draft_or_404(request, pk)
    data = request.POST if request.method == "POST" else None
    forms = [_form(draft, file, data) for file in range(len(draft.facts))]
    refused = False
    if data is not None:
        facts = [_read(draft, file, form) for file, form in enumerate(forms)]
        refused = any(form.errors for form in forms)
        if not refused:
            readings = [_kept(form) for form in forms]
            draft = drafting.set_reading(draft.pk, readings, facts)
            if "next" in data:
                return redirect("imports:map", draft.pk)
            forms = [_form(draft, file, None) for file in range(len(draft.facts))]
    files = [_shown(draft, file, form) for file, form in enumerate(forms)]
    template = "imports/_preview.html" if request.htmx else "imports/preview.html"
    return step_page(request, "preview", draft, template, refused=refused, files=files)


def _form(draft: ImportDraft, file: int, data: Any) -> ReadingForm:
    reading = draft.reading[file] if file < len(draft.reading) else {}
    return ReadingForm(draft.facts[file], reading, data, prefix=f"f{file}")


def _read(draft: ImportDraft, file: int, form: ReadingForm) -> dict[str, Any]:
    """Return what is in a file as the form says that it is written; a refusal goes beside the field."""
    facts = draft.facts[file]
    if not form.is_valid():
        return facts
    said = {key: form.cleaned_data.get(key, "") for key in OPENING}
    asked = [key for key in OPENING if said[key] and said[key] != facts.get(key, "")]
    if not asked:
        return facts
    try:
        return drafting.read_again(draft, file, _opening(said, facts))
    except ImportRefused as error:
        form.add_error(asked[0], str(error))
    except FileNotFoundError:
        form.add_error(asked[0], _("The file is gone; upload it again."))
    return facts


def _opening(said: dict[str, str], facts: dict[str, Any]) -> dict[str, str]:
    """Return what is to be said of a file: another encoding may make another delimiter likely."""
    if said["encoding"] != facts.get("encoding", "") and said["delimiter"] == facts.get("delimiter", ""):
        return {**said, "delimiter": ""}
    return said


def _kept(form: ReadingForm) -> dict[str, str]:
    """Return what is kept of how a file is written: what was found out stays open."""
    return {name: form.cleaned_data.get(name, "") for name in form.fields}


def _shown(draft: ImportDraft, file: int, form: ReadingForm) -> dict[str, Any]:
    facts = draft.facts[file]
    return {
        "name": draft.names[file],
        "form": form,
        "facts": facts,
        "rows": facts["rows"][:SHOWN],
        "is_guess": facts["encoding_is_guess"],
    }
