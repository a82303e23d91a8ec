"""Actions of the lists of records in Django's admin: associate the selected ones with one other, and so on.

A page between asks which other record and which labels, says what would become of how many, and lets that
be done: at once, or as a job where there are very many. It sends along what the list sent, so that "all of
them" stays all that the list has, and it works without script.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from associations import bulk, saying, services, with_one_jobs
from associations.models import Association
from associations.with_one import Deed, Result, Wish, carry_out, foresee
from records import schema
from records.admin.choosing import RecordChoiceField, choosable, choosable_types
from records.admin.common import by
from records.admin.records import BulkAction, RecordAdmin
from records.history import forget_if_empty, recorded
from records.models import Change, Record
from records.provenance import By
from records.transactions import unit_of_work

from .common import undo_link
from .fields import LabelsField

DIRECTLY = 1_000  # records in the request; more are a job
FORESEEN = 10_000  # records that the page counts before
NAMED = 10  # records that it names
REASONS_SAID = 3  # refusals told in the message after


class WithOneForm(forms.Form):
    """Which other record, and which labels it shall have on the pages of the selected ones."""

    type = forms.ChoiceField(label=gettext_lazy("Object type"), required=False)
    other = RecordChoiceField(Association._meta.get_field("record_b"), label=gettext_lazy("Record"))
    labels = LabelsField()

    class Media:
        js = ("admin/js/jquery.init.js", "js/admin-record-type.js")

    def __init__(self, *args: Any, selected: "Selected", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.selected = selected
        kinds = [(kind.name, kind.plural_label) for kind in choosable_types(selected.request.user)]
        fields: dict[str, Any] = self.fields
        fields["type"].choices = [("", _("Any")), *kinds]
        fields["type"].help_text = _("Narrows what the search for the record finds.")
        fields["type"].widget.attrs["data-narrows"] = "id_other"
        fields["other"].queryset = choosable(selected.request.user)
        fields["labels"].help_text = selected.action.about_labels
        fields["labels"].widget.one = selected.any_id
        if selected.action.deed == Deed.DISSOCIATE or selected.of_type is None:
            del self.fields["labels"]

    def clean_other(self) -> Record:
        """Refuse one of another type than was chosen; offer the labels, now that both types are known."""
        other = self.cleaned_data["other"]
        wanted = self.cleaned_data.get("type")
        if wanted and other.kind.name != wanted:
            kind = schema.current().type(wanted).plural_label
            raise forms.ValidationError(
                _("%(name)s is not one of the %(type)s."), params={"name": other, "type": kind.lower()}
            )
        if "labels" in self.fields:
            field: Any = self.fields["labels"]
            field.offer(self.selected.of_type, other.object_type_id)
            field.widget.is_open = True
        return other

    def clean(self) -> dict[str, Any]:
        """Say nothing of labels while the record is in doubt."""
        if "other" in self.errors:
            self.errors.pop("labels", None)
        return super().clean() or {}

    @property
    def wish(self) -> Wish:
        """What is to be done."""
        field: Any = self.fields.get("labels")
        words = field.words_of(self.cleaned_data["labels"]) if field else []
        return Wish(self.selected.action.deed, self.cleaned_data["other"].pk, tuple(words))


@dataclass(frozen=True)
class Action:
    """One of the actions, in its words."""

    deed: Deed
    description: Any
    title: Any
    button: Any
    permissions: tuple[str, ...]  # on associations
    about_labels: Any = ""

    @property
    def name(self) -> str:
        """How the list calls it."""
        return f"{self.deed}_with_one"

    def is_allowed(self, request: HttpRequest) -> bool:
        """Whether the user may do this to associations."""
        return request.user.has_perms([f"associations.{verb}_association" for verb in self.permissions])

    def summary(self, number: int, other: Record) -> str:
        """Return what the change and the job are called."""
        text = {
            Deed.ASSOCIATE: ngettext(
                "%(count)s record associated with %(name)s",
                "%(count)s records associated with %(name)s",
                number,
            ),
            Deed.DISSOCIATE: ngettext(
                "association of %(count)s record with %(name)s removed",
                "associations of %(count)s records with %(name)s removed",
                number,
            ),
            Deed.LABEL: ngettext(
                "labels of %(count)s record with %(name)s set",
                "labels of %(count)s records with %(name)s set",
                number,
            ),
        }[self.deed]
        return text % {"count": number_format(number), "name": other}


class Selected:
    """The records that were selected in a list, of which only those that the user may see are touched."""

    def __init__(self, action: Action, request: HttpRequest, rows: QuerySet) -> None:
        self.action, self.request, self.all_rows = action, request, rows

    @cached_property
    def rows(self) -> Any:
        """The records, in the order of their numbers."""
        rows: Any = self.all_rows
        return rows.visible_to(self.request.user).order_by("pk")

    @cached_property
    def number(self) -> int:
        """How many there are."""
        return self.rows.count()

    @cached_property
    def left_out(self) -> int:
        """How many were selected besides: archived ones."""
        return self.all_rows.order_by().count() - self.number

    @cached_property
    def first(self) -> list[Record]:
        """The first few, to be named."""
        return list(self.rows.select_related(None)[:NAMED])

    @cached_property
    def of_type(self) -> int | None:
        """The one object type that all are of, None where they are of several."""
        if self.all_rows.model.object_type_name:
            return schema.current().type(self.all_rows.model.object_type_name).pk
        # Ordered by, so that PostgreSQL and SQLite skip to the next by the index.
        found = list(self.rows.order_by("object_type").values_list("object_type", flat=True).distinct()[:2])
        return found[0] if len(found) == 1 else None

    @property
    def any_id(self) -> int | None:
        """The number of one of them, for the script that asks for labels."""
        return self.first[0].pk if self.first else None

    def ids(self, most: int | None = None) -> list[int]:
        """Return the numbers of the first of them, of all where `most` is not given."""
        return list(self.rows.values_list("pk", flat=True)[:most])

    def stream(self) -> Iterator[int]:
        """Yield the numbers of all of them, not all in memory at once."""
        return self.rows.values_list("pk", flat=True).iterator(chunk_size=2_000)


def answer(action: Action, admin: Any, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
    """Ask, show the counts, or do it: whichever button was pressed."""
    selected = Selected(action, request, rows)
    if not selected.number:
        messages.warning(request, _("All records that you selected are archived."))
        return None
    if action.deed == Deed.LABEL and selected.of_type is None:
        text = _("These are records of several object types, which have labels of their own.")
        messages.error(request, f"{text} {_('Filter the list by one object type first.')}")
        return None
    asked = "preview" in request.POST or "carry_out" in request.POST
    form = WithOneForm(request.POST if asked else None, selected=selected)
    if not asked or not form.is_valid():
        return _page(admin, selected, form, status=422 if asked else 200)
    wish = form.wish
    # Only what has been seen is done: who changes the form sees the counts again.
    if "carry_out" in request.POST and request.POST.get("seen") == _named(wish):
        return _carry_out(selected, wish, form.cleaned_data["other"])
    ids = selected.ids(FORESEEN)
    result = foresee(wish, ids)
    other = form.cleaned_data["other"]
    context: dict[str, Any] = {
        "lines": _said(result, other, will=True),
        "does_something": any(result[name] for name in DOING) or selected.number > len(ids),
        "refusals": bulk.refusals(result.report, other),
        "foreseen": len(ids),
        "seen": _named(wish),
        "is_job": selected.number > DIRECTLY,
    }
    return _page(admin, selected, form, **context)


def _named(wish: Wish) -> str:
    return "-".join([str(wish.one), *(word.key for word in wish.words)])


def _page(admin: Any, selected: Selected, form: WithOneForm, status: int = 200, **more: Any) -> HttpResponse:
    request, action = selected.request, selected.action
    context = {
        **admin.admin_site.each_context(request),
        "title": action.title,
        "opts": admin.model._meta,
        "media": admin.media + form.media,
        "action": action,
        "selected": selected,
        "form": form,
        # What makes the list call the action again, with the same records.
        "sent_along": [
            ("action", action.name),
            ("select_across", "1" if request.POST.get("select_across") == "1" else "0"),
            *((ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)),
        ],
        "back": request.get_full_path(),
        **more,
    }
    return TemplateResponse(request, "admin/associations/with_one.html", context, status=status)


def _carry_out(selected: Selected, wish: Wish, other: Record) -> HttpResponse:
    request, action = selected.request, selected.action
    summary = action.summary(selected.number, other)
    if selected.number > DIRECTLY:
        job = with_one_jobs.start_job(
            wish, selected.stream(), selected.of_type, by=by(request), summary=summary
        )
        return HttpResponseRedirect(job.get_absolute_url())
    author, result = _at_once(wish, selected.ids(), by(request), summary)
    done = " ".join(_said(result, other, will=False))
    back = request.get_full_path()
    if author.change.pk:
        messages.success(request, format_html("{} {}", done, undo_link(author.change, back)))
    else:
        messages.info(request, done)
    if result.removal:
        for lost in services.successors(result.removal.associations)[:REASONS_SAID]:
            messages.info(request, saying.without_primary(lost))
    for text in saying.moved(result.report):
        messages.info(request, text)
    for refusal in bulk.refusals(result.report, other)[:REASONS_SAID]:
        messages.warning(request, refusal.message)
    return HttpResponseRedirect(back)


@unit_of_work
def _at_once(wish: Wish, ids: list[int], author: By, summary: str) -> tuple[By, Result]:
    with transaction.atomic():
        author = recorded(author, Change.Kind.BULK, summary)
        result = carry_out(wish, ids, by=author)
        forget_if_empty(author.change)
    return author, result


# --- In words ---------------------------------------------------------------------------------------

DOING = ("associated", "labelled", "removed", "changed")  # counts of what is written


def _said(result: Result, other: Record, *, will: bool) -> list[str]:
    """Say how many records became what, or will."""
    words = _future if will else _past
    texts = []
    for name, number in result.counts.items():
        if number:
            texts.append(words(name, number) % {"count": number_format(number), "name": other})
    return texts or [_("There is nothing to do.")]


def _future(name: str, number: int) -> str:
    return {
        "associated": ngettext(
            "%(count)s record will be associated with %(name)s.",
            "%(count)s records will be associated with %(name)s.",
            number,
        ),
        "labelled": ngettext(
            "%(count)s record is associated already and will get the labels.",
            "%(count)s records are associated already and will get the labels.",
            number,
        ),
        "removed": ngettext(
            "%(count)s association with %(name)s will be removed.",
            "%(count)s associations with %(name)s will be removed.",
            number,
        ),
        "changed": ngettext(
            "%(count)s association with %(name)s will have just these labels.",
            "%(count)s associations with %(name)s will have just these labels.",
            number,
        ),
        "refused": ngettext(
            "%(count)s record will be refused and stay as it is.",
            "%(count)s records will be refused and stay as they are.",
            number,
        ),
    }.get(name) or _standing(name, number)


def _past(name: str, number: int) -> str:
    return {
        "associated": ngettext(
            "%(count)s record associated with %(name)s.",
            "%(count)s records associated with %(name)s.",
            number,
        ),
        "labelled": ngettext(
            "%(count)s record was associated already and got the labels.",
            "%(count)s records were associated already and got the labels.",
            number,
        ),
        "removed": ngettext(
            "%(count)s association with %(name)s removed.",
            "%(count)s associations with %(name)s removed.",
            number,
        ),
        "changed": ngettext(
            "The labels of %(count)s association with %(name)s were set.",
            "The labels of %(count)s associations with %(name)s were set.",
            number,
        ),
        "refused": ngettext(
            "%(count)s record was refused and stays as it is.",
            "%(count)s records were refused and stay as they are.",
            number,
        ),
    }.get(name) or _standing(name, number)


def _standing(name: str, number: int) -> str:
    return {
        "already": ngettext(
            "%(count)s record is associated with %(name)s already.",
            "%(count)s records are associated with %(name)s already.",
            number,
        ),
        "unchanged": ngettext(
            "%(count)s association has just these labels already.",
            "%(count)s associations have just these labels already.",
            number,
        ),
        "not_associated": ngettext(
            "%(count)s record is not associated with %(name)s.",
            "%(count)s records are not associated with %(name)s.",
            number,
        ),
    }[name]


ACTIONS = (
    Action(
        Deed.ASSOCIATE,
        gettext_lazy("Associate selected with…"),
        gettext_lazy("Associate the selected records with another"),
        gettext_lazy("Associate"),
        ("add", "change"),  # those that are associated already get labels
        gettext_lazy("What the other record is to those selected. They add to labels that there are."),
    ),
    Action(
        Deed.DISSOCIATE,
        gettext_lazy("Remove association with…"),
        gettext_lazy("Remove associations of the selected records with another"),
        gettext_lazy("Remove associations"),
        ("delete",),
    ),
    Action(
        Deed.LABEL,
        gettext_lazy("Set label…"),
        gettext_lazy("Set the labels of associations of the selected records with another"),
        gettext_lazy("Set labels"),
        ("change",),
        gettext_lazy("What the other record is to those selected. Labels that are not ticked are taken off."),
    ),
)


def register() -> None:
    """Offer the actions on the list of every type; the ground floor knows nothing of associations."""
    for action in ACTIONS:
        RecordAdmin.bulk_actions.append(
            BulkAction(action.name, action.description, partial(answer, action), action.is_allowed)
        )
