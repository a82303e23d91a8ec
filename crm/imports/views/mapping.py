"""The third step: what each column becomes. Each row saves itself; without script, on a page of its own."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.imports import checking, drafting, proposing
from crm.imports.answers import MOST_USES, Answers, Trouble, refused
from crm.imports.forms import ColumnPropertyForm, SettingsForm, UseForm
from crm.imports.models import ImportDraft, RememberedMapping
from crm.imports.report import ImportRefused
from crm.imports.targets import Side
from records import indexes
from records.http import Request
from records.models import ObjectType, Property
from records.views.settings.common import form_page, leave, saved

from .common import draft_or_404, step_page


def columns(request: Request, pk: int) -> HttpResponse:
    """Show the columns of all files; go on to the dry run where nothing is wrong."""
    draft = draft_or_404(request, pk)
    answers = Answers(draft)
    trouble = Trouble()
    settings_form = SettingsForm(answers)
    if request.method == "POST":
        settings_form = SettingsForm(answers, request.POST)
        draft = drafting.set_settings(draft.pk, settings_form.said())
        answers = Answers(draft)
        trouble = checking.trouble(answers)
        if not trouble and settings_form.is_valid():
            trouble = _begin(draft, request)
            if not trouble:
                return redirect("imports:check", draft.pk)
        settings_form = SettingsForm(answers)
    files = [
        {
            "name": name,
            "number": file,
            "rows": [_row(answers, file, place, trouble) for place in _places(answers, file)],
            "unnamed": answers.header(file).count(""),
            "targets": answers.targets[file],
        }
        for file, name in enumerate(draft.names)
    ]
    settings_form.troubles = trouble.sides
    context = {
        "files": files,
        "settings": settings_form,
        "choices": _choices(files),
        "trouble": trouble,
        "remembered": drafting.offered(draft),
        "used": _used(draft),
        "may_add": request.user.is_staff,
    }
    return step_page(request, "map", draft, "imports/map.html", refused=bool(trouble), **context)


def _begin(draft: ImportDraft, request: Request) -> Trouble:
    """Begin the dry run; return why it cannot be done."""
    try:
        checking.begin(draft, request.user)
    except ImportRefused as error:
        return refused(error)
    except FileNotFoundError:
        return Trouble(general=[_("The file is gone; upload it again.")])
    return Trouble()


def _places(answers: Answers, file: int) -> list[int]:
    """The columns that have a name, by which a mapping calls them."""
    return [place for place, name in enumerate(answers.header(file)) if name]


def _used(draft: ImportDraft) -> RememberedMapping | None:
    """Return the former mapping that the answers come from."""
    key = draft.answers.get("from")
    return RememberedMapping.objects.filter(pk=key).first() if key else None


def _row(
    answers: Answers, file: int, place: int, trouble: Trouble, *, data: Any = None, blank: bool = False
) -> dict[str, Any]:
    """Return what the page shows of a column."""
    facts = answers.draft.facts[file]
    column = facts["columns"][place]
    uses = [use for use in answers.uses(file, place) if use["target"] in answers.targets[file].by_key]
    shown = [*uses, {"target": ""}] if blank or not uses else uses
    return {
        "file": file,
        "place": place,
        "id": f"column-{file}-{place}",
        "name": facts["header"][place],
        "examples": column["examples"],
        "sides": answers.targets[file].sides,
        "uses": [UseForm(answers, file, place, number, use, data) for number, use in enumerate(shown)],
        "is_used": bool(uses),
        "takes_more": bool(uses) and len(shown) == len(uses) < MOST_USES,
        "errors": trouble.columns.get((file, place), []),
    }


def _choices(files: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Return the values of the properties into which cells are translated, each once for the whole page."""
    return {
        use.target.prop.name: use.choices
        for file in files
        for row in file["rows"]
        for use in row["uses"]
        if use.cells and use.target and use.target.prop
    }


def column(request: Request, pk: int, file: int, place: int) -> HttpResponse:
    """Keep what a column becomes and show its row anew; without script, ask for it on a page."""
    draft = draft_or_404(request, pk)
    answers = Answers(draft)
    _column_or_404(answers, file, place)
    blank = "add" in request.GET
    if request.method == "POST":
        uses = _posted(answers, file, place, request.POST)
        settings_said = None
        if "settings" in request.POST:
            settings_form = SettingsForm(answers, request.POST)
            settings_said = settings_form.said()
        draft = drafting.set_uses(draft.pk, file, place, uses, settings_said)
        if not request.htmx and "stay" not in request.POST:
            return redirect(f"{reverse('imports:map', args=[draft.pk])}#column-{file}-{place}")
        answers = Answers(draft)
    row = _row(answers, file, place, Trouble(), blank=blank)
    context = {"row": row, "targets": answers.targets[file], "may_add": request.user.is_staff}
    context["choices"] = _choices([{"rows": [row]}])
    if request.htmx:
        context |= {"draft": draft, "settings": SettingsForm(answers)}
        return render(request, "imports/_row_saved.html", context)
    return step_page(request, "map", draft, "imports/column.html", **context)


def _column_or_404(answers: Answers, file: int, place: int) -> None:
    """Refuse an address of a column that there is not. Raises Http404."""
    if file >= len(answers.draft.facts) or place not in _places(answers, file):
        raise Http404(_("There is no such column."))


def _posted(answers: Answers, file: int, place: int, data: Any) -> list[dict[str, Any]]:
    """Return the uses of a column that a form gives: one whose target is new begins with what is likely."""
    targets = answers.targets[file].by_key
    old = [use for use in answers.uses(file, place) if use["target"] in targets]
    if "target" not in data:
        return old
    uses: list[dict[str, Any]] = []
    for number, key in enumerate(data.getlist("target")[:MOST_USES]):
        if key not in targets or any(use["target"] == key for use in uses):
            continue
        if number < len(old) and old[number]["target"] == key:
            uses.append(UseForm(answers, file, place, number, old[number], data).options(data))
        else:
            facts = answers.draft.facts[file]
            uses.append({"target": key, **proposing.options(targets[key], facts, place)})
    return uses


@require_POST
def again(request: Request, pk: int) -> HttpResponse:
    """Map the columns as somebody did before, or as they are guessed."""
    draft = draft_or_404(request, pk)
    key = request.POST.get("mapping", "")
    if not key:
        drafting.changed(draft.pk, drafting.guess)
    elif key.isascii() and key.isdigit() and len(key) < 19:
        found = RememberedMapping.objects.visible_to(request.user).filter(pk=key, kind=draft.kind).first()
        if found is None or found.types != draft.types:
            raise Http404(_("There is no such mapping; it may have been deleted."))
        drafting.use_remembered(draft.pk, found)
    else:
        raise Http404(_("There is no such mapping; it may have been deleted."))
    return redirect("imports:map", draft.pk)


# --- A new property ---------------------------------------------------------------------------------


def new_property(request: Request, pk: int, file: int, place: int, alias: str) -> HttpResponse:
    """Add a property for a column, by the rules and for the users of the settings."""
    if not request.user.is_staff:
        raise PermissionDenied
    draft = draft_or_404(request, pk)
    answers = Answers(draft)
    _column_or_404(answers, file, place)
    side = _side(answers, file, alias)
    kind = side.object_type
    initial = _likely(answers, file, place, kind)
    redrawn = "redraw" in request.POST
    if redrawn:
        form = ColumnPropertyForm(kind, initial=request.POST.dict())
    else:
        form = ColumnPropertyForm(kind, request.POST if request.method == "POST" else None, initial)
    if request.htmx:
        chosen = request.POST.get("type", initial["type"])
        form.narrow(chosen)
    if not redrawn and form.is_valid():
        name = form.cleaned_data["name"]
        path = f"{kind.name}.properties.{name}"
        if saved(form, path, {"objects": {kind.name: form.definition}}, new=True):
            indexes.sync_soon()
            prop = _use_new(draft, file, place, side, name)
            to = reverse("imports:map", args=[draft.pk])
            return leave(request, f"{to}?added={prop}#column-{file}-{place}")
    return form_page(
        request,
        form,
        title=_("New property of %(type)s") % {"type": kind.plural_label},
        submit=_("Add"),
        back=f"{reverse('imports:map', args=[draft.pk])}#column-{file}-{place}",
    )


def _side(answers: Answers, file: int, alias: str) -> Side:
    """Return the record of a row that gets the property. Raises Http404."""
    found = next((side for side in answers.targets[file].sides if side.alias == alias), None)
    if found is None:
        raise Http404(_("A row holds no such record."))
    return found


def _likely(answers: Answers, file: int, place: int, kind: ObjectType) -> dict[str, Any]:
    """Return what the form of a new property begins with."""
    facts = answers.draft.facts[file]
    field_type = proposing.field_type(facts, place)
    values = facts["values"][place] or []
    options = "\n".join(values) if field_type == Property.FieldType.SELECT else ""
    return {"label": facts["header"][place][:100], "type": field_type.value, "options": options}


def _use_new(draft: ImportDraft, file: int, place: int, side: Side, name: str) -> str:
    """Let a column be the property that was added for it; return the property's name."""
    answers = Answers(draft)
    key = f"{side.alias}.{name}"
    target = answers.targets[file].by_key[key]
    use = {"target": key, **proposing.options(target, draft.facts[file], place)}
    uses = [*answers.uses(file, place), use][-MOST_USES:]
    drafting.set_uses(draft.pk, file, place, uses, None)
    return name
