"""What is done to many records of a list at once: chosen, tried, then done, at once or as a job.

An action says what it takes (`ListAction.form`), what would become of records (`trial`) and does it (`act`)
to some of them, in one transaction. Floors above register theirs: associating is one of those.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import history, jobs, schema, services
from .jobs import JobKind, JobRefused, Run
from .models import Change, Job, ObjectType, Record
from .provenance import By
from .transactions import unit_of_work

DIRECT = 1_000  # records up to which an action is done in the request; more are a job
TRIED = 10_000  # records that a preview looks at
TOLD = 100  # refused records that a preview names
CONTROLS = ("csrfmiddlewaretoken", "back", "all", "selected", "count", "step")  # not fields of an action


@dataclass
class Effect:
    """What an action would do to records, or has done."""

    changed: list[int] = field(default_factory=list)
    unchanged: int = 0  # are like that already
    refused: dict[int, str] = field(default_factory=dict)  # why, by record id
    notes: list[str] = field(default_factory=list)  # what else follows
    change: Change | None = None
    tried: int | None = None  # how many were looked at, where those are not all

    def join(self, other: "Effect") -> None:
        """Add what became of others."""
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.refused |= other.refused
        self.change = other.change or self.change

    def told(self) -> list[tuple[Record, str]]:
        """Return the first of the refused records, and why. One query."""
        found = Record.objects.in_bulk(list(self.refused)[:TOLD])
        return [(found[pk], text) for pk, text in self.refused.items() if pk in found][:TOLD]

    @property
    def untold(self) -> int:
        """How many refused ones `told` leaves out."""
        return max(len(self.refused) - TOLD, 0)


class ActionForm(forms.Form):
    """What an action takes; without a field it is done as it is."""

    is_complete = True  # whether all fields were on the page: some depend on what others say

    @property
    def params(self) -> dict[str, Any]:
        """What was entered, as JSON."""
        return {}


class ListAction:
    """Something that can be done to the chosen records of a list."""

    name: ClassVar[str]  # in addresses and with jobs: never changes
    label: ClassVar[Any]  # of its button
    icon: ClassVar[str]
    place: ClassVar[int]  # among the others: those of lower ones come first
    verb: ClassVar[Any] = gettext_lazy("Save")  # on the button that does it
    is_danger: ClassVar[bool] = False
    template: ClassVar[str] = ""  # of its fields; none: there are none, and the preview comes first

    def is_offered(self, object_type: ObjectType) -> bool:
        """Whether there is such a thing for records of a type."""
        return True

    def form(self, object_type: ObjectType, data: QueryDict, user: Any, *, check: bool) -> ActionForm:
        """Return the form that enters what the action takes, filled in by `data`; to `check` it, bound."""
        return ActionForm(data if check else None)

    def asked(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        """Return the sentence that says what is about to happen to so many records."""
        raise NotImplementedError

    def said(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        """Return the sentence that says what has happened to so many, also for history."""
        raise NotImplementedError

    def trial(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        """Return what `act` would do now, without writing anything."""
        raise NotImplementedError

    def act(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        """Do it to live records of a type; called in a transaction, with a change in `by`.

        What is refused is left as it is and reported. Raises ValidationError where nothing can be done.
        """
        raise NotImplementedError


actions: list[ListAction] = []


def find(name: str, object_type: ObjectType) -> ListAction | None:
    """Return the action of that name, where records of the type have it."""
    return next((one for one in actions if one.name == name and one.is_offered(object_type)), None)


def offered(object_type: ObjectType) -> list[ListAction]:
    """Return the actions for the list of a type."""
    return sorted((one for one in actions if one.is_offered(object_type)), key=lambda one: one.place)


def carried(data: QueryDict) -> list[tuple[str, str]]:
    """Return what a form of an action says besides which records it is about."""
    return [(name, value) for name, values in data.lists() if name not in CONTROLS for value in values]


def preview(
    action: ListAction, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By
) -> Effect:
    """Return what an action would do to records; of very many, to the first TRIED of them."""
    effect = action.trial(object_type, ids[:TRIED], params, by)
    if len(ids) > TRIED:
        effect.tried = TRIED
    return effect


@unit_of_work
def do(
    action: ListAction, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By
) -> Effect:
    """Do an action to up to DIRECT records as one change. Raises ValidationError, with nothing written."""
    with transaction.atomic():
        by = history.recorded(by, Change.Kind.BULK, action.said(object_type, params, len(ids)))
        effect = action.act(object_type, ids, params, by)
        history.forget_if_empty(by.change)
        effect.change = by.change if by.change.pk else None
    return effect


def start(
    action: ListAction, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By
) -> Job:
    """Do an action to any number of records in the background, also as one change."""
    return jobs.start(
        ListJob,
        by=by,
        params={"action": action.name, "type": object_type.name, "params": params},
        summary=action.said(object_type, params, len(ids)),
        ids=ids,
    )


@jobs.register
class ListJob(JobKind):
    """Does a list action to many records, a batch at a time."""

    name = "list-action"
    label = gettext_lazy("Bulk change")
    counts = {
        "changed": gettext_lazy("Changed"),
        "unchanged": gettext_lazy("Already so"),
        "refused": gettext_lazy("Refused"),
        "gone": gettext_lazy("Archived meanwhile"),
    }

    def step(self, run: Run) -> bool:
        """Do the next batch, each of its records or say why not."""
        ids = run.next_batch()
        if ids is None:
            return True
        object_type, action = self._asked(run)
        visible = Record.objects.visible_to(run.user).of_type(object_type).filter(pk__in=ids)
        live = set(visible.values_list("pk", flat=True))
        try:
            effect = action.act(object_type, [pk for pk in ids if pk in live], run.params["params"], run.by)
        except ValidationError as error:
            raise JobRefused(" ".join(error.messages)) from error
        for name, number in (
            ("changed", len(effect.changed)),
            ("unchanged", effect.unchanged),
            ("refused", len(effect.refused)),
            ("gone", len(ids) - len(live)),
        ):
            if number:
                run.count(name, number)
        for pk, message in effect.refused.items():
            run.error(message, record_id=pk)
        run.done(len(ids))
        return False

    def _asked(self, run: Run) -> tuple[ObjectType, ListAction]:
        try:
            object_type = schema.current().type(run.params["type"])
        except schema.UnknownObjectType as error:
            raise JobRefused(_("There is no such object type any more.")) from error
        action = find(run.params["action"], object_type)
        if action is None:
            raise JobRefused(_("There is no such action any more."))
        return object_type, action


# --- Archive ------------------------------------------------------------------------------------------


class Archive(ListAction):
    """Archives records."""

    name = "archive"
    label = verb = gettext_lazy("Archive")
    icon = "archive-box"
    place = 90
    is_danger = True

    def asked(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        return ngettext(
            "This record leaves lists, searches and the pages of others, until it is restored:",
            "These %(count)s records leave lists, searches and the pages of others, until they are restored:",
            number,
        ) % {"count": number}

    def said(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        return ngettext("%(count)s record archived", "%(count)s records archived", number) % {"count": number}

    def trial(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        return Effect(changed=list(ids))

    def act(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        return Effect(changed=services.archive_records(ids, by=by))


actions.append(Archive())
