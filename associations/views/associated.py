"""What is done to many associated records at once, from the page of all of a section."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records.http import Request
from records.lists import without_page_state
from records.models import ObjectType, Record
from records.provenance import Origin
from records.views.common import UNPROCESSABLE, by, object_type_or_404, posted_back, record_or_404, say
from records.views.common import selected_ids as ticked_ids
from records.views.list_actions import leave_for

from .. import bulk as bulk_actions
from .. import labels
from ..associated import AssociatedList
from ..bulk import Action, Done
from ..label_forms import FIELD, choices, chosen_words
from ..labels import Word
from ..outcomes import AssociationRefused
from .common import changed, query_of, say_changed

CHOSEN = "bulk"  # stands where the fields of labels have the id of a record
NAMED = 10  # records that a preview names


class Chosen:
    """The records that a form is about: ticked ones, or all that its address asks for."""

    def __init__(self, request: Request, record: Record, object_type: ObjectType) -> None:
        self.back = posted_back(request)
        query = without_page_state(query_of(self.back))
        self.records = AssociatedList(record, object_type, query, request.user)
        self.is_all = bool(request.POST.get("all"))
        if self.is_all and not self.records.is_valid:
            raise ValidationError(_("The filters of the list are wrong: correct or remove them first."))
        if self.is_all and self.records.left_out:
            raise ValidationError(_("A filter of the list does not exist any more: remove it first."))
        # All are found anew from the address: the form names none of them.
        self.ids = self.records.ids() if self.is_all else self.records.among(ticked_ids(request))
        self.has_changed = request.POST.get("count", str(len(self.ids))) != str(len(self.ids))

    @property
    def named(self) -> list[Record]:
        """The first of them, in the order of the list."""
        if self.is_all:
            return self.records.page.rows[:NAMED]
        found = Record.objects.in_bulk(self.ids[:NAMED])
        return [found[pk] for pk in self.ids[:NAMED] if pk in found]


@require_POST
def bulk(request: Request, type_name: str, pk: int, other_type: str) -> HttpResponse:
    """Ask what is to become of many associations and show which they are; with `confirmed` do it."""
    record = record_or_404(request, type_name, pk)
    object_type = object_type_or_404(other_type)
    try:
        action = Action(request.POST.get("action", ""))
    except ValueError as error:
        raise Http404(_("There is no such action.")) from error
    if action != Action.REMOVE and not _offered(action, record, object_type):
        raise Http404(_("There are no labels for these records."))
    try:
        chosen = Chosen(request, record, object_type)
        if not chosen.ids:
            raise ValidationError(_("No record was selected."))
    except ValidationError as error:
        context = {"message": " ".join(error.messages)}
        return _show(request, record, object_type, action, context, is_refused=True)
    if "confirmed" not in request.POST:
        return _ask(request, record, object_type, action, chosen)
    if chosen.has_changed:
        text = _("Meanwhile there are others: look at them again.")
        return _ask(request, record, object_type, action, chosen, message=text)
    try:
        keys = request.POST.getlist(f"{FIELD}{CHOSEN}")
        words = chosen_words(keys, record.object_type_id, object_type.pk)
        if not words and action in (Action.ADD, Action.TAKE):
            raise ValidationError(_("Choose at least one label."))
        if len(chosen.ids) > bulk_actions.DIRECT:
            author = by(request, Origin.LIST)
            job = bulk_actions.start(action, record, chosen.ids, words, by=author)
            return leave_for(request, job.get_absolute_url())
        done = bulk_actions.act(
            action,
            record,
            chosen.ids,
            words,
            by=by(request, Origin.LIST),
            leave_out_refused="leave_out" in request.POST,
        )
    except ValidationError as error:
        text = " ".join(error.messages)
        return _ask(request, record, object_type, action, chosen, message=text)
    except AssociationRefused as error:
        refused = bulk_actions.refusals(error.report, record)
        number = len(error.report.refused)
        left = len(chosen.ids) - number
        return _ask(request, record, object_type, action, chosen, refusals=refused, refused=number, left=left)
    _say(request, record, action, done)
    return changed(request, record, object_type, focus="rows")


def _offered(action: Action, record: Record, object_type: ObjectType) -> list[Word]:
    """Return the labels to choose from. Who is primary, "set" leaves as it is: nobody would think of it."""
    words = labels.words(record.object_type_id, object_type.pk) if action != Action.REMOVE else []
    return [word for word in words if action != Action.SET or not word.label.is_primary]


def _ask(
    request: Request, record: Record, object_type: ObjectType, action: Action, chosen: Chosen, **refused: Any
) -> HttpResponse:
    keys = request.POST.getlist(f"{FIELD}{CHOSEN}")
    offered = _offered(action, record, object_type)
    named = chosen.named
    context = {
        "chosen": chosen,
        "count": len(chosen.ids),
        "named": named,
        "more": len(chosen.ids) - len(named),
        "choices": choices(offered, keys),
        "name": CHOSEN,
        "is_job": len(chosen.ids) > bulk_actions.DIRECT,
    }
    return _show(request, record, object_type, action, context | refused, is_refused=bool(refused))


def _show(
    request: Request,
    record: Record,
    object_type: ObjectType,
    action: Action,
    context: dict[str, Any],
    is_refused: bool,
) -> HttpResponse:
    section = reverse("associations:section", args=[record.kind.name, record.pk, object_type.name])
    context |= {
        "record": record,
        "object_type": object_type,
        "action": action.value,
        "title": _title(action),
        "leave": posted_back(request) or section,
    }
    template = "associations/_bulk.html" if request.htmx else "associations/bulk.html"
    response = render(request, template, context, status=UNPROCESSABLE if is_refused else 200)
    if request.htmx.target == "list":  # what was to replace the list comes back into the form instead
        response["HX-Retarget"] = "#bulk-sheet"
    return response


def _title(action: Action) -> str:
    return {
        Action.REMOVE: _("Remove associations"),
        Action.ADD: _("Add labels"),
        Action.TAKE: _("Remove labels"),
        Action.SET: _("Set labels"),
    }[action]


def _say(request: Request, record: Record, action: Action, done: Done) -> None:
    if done.change is None:
        say(request, _("Nothing to do: they are like that already."))
        return
    if action == Action.REMOVE:
        text = ngettext(
            "%(count)s record removed from %(name)s.", "%(count)s records removed from %(name)s.", done.count
        )
    else:
        text = ngettext(
            "Labels of %(count)s record changed.", "Labels of %(count)s records changed.", done.count
        )
    texts = [text % {"count": done.count, "name": record}]
    lost = done.lost_primary
    if len(lost) > 1:  # too many to offer each a next one
        said = ngettext(
            "%(count)s record has no primary company now.",
            "%(count)s records have no primary company now.",
            len(lost),
        )
        texts.append(said % {"count": len(lost)})
        lost = []
    say_changed(request, record, texts, done.change, lost)
