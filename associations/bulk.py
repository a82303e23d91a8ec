"""What is done to many associations of one record at once: as one change, all of it or nothing.

Of more than DIRECT it is a job, which does the others where some are refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from records import jobs
from records.history import forget_if_empty, recorded
from records.jobs import JobKind, JobRefused, Run
from records.list_actions import DIRECT
from records.models import Change, Job, Record
from records.provenance import By
from records.services import batches
from records.transactions import unit_of_work

from . import services
from .label_forms import chosen_words
from .labels import Word, all_labels
from .models import AssociationEvent, Labelling
from .outcomes import AssociationRefused, Labelled, Outcome, Report

__all__ = ["DIRECT", "Action", "Done", "Refusal", "act", "refusals", "start"]
NAMED = 5  # records that a refusal names
REASONS = 10  # refusals that are told


class Action(StrEnum):
    """What is done."""

    REMOVE = "remove"  # the associations
    ADD = "add"  # labels to those that they carry
    TAKE = "take"  # labels off
    SET = "set"  # just these labels; who is primary stays


@dataclass(frozen=True)
class Done:
    """What became of it: the change (None where there was nothing to do) and the associations it touched."""

    change: Change | None
    count: int

    @cached_property
    def lost_primary(self) -> list[Labelled]:
        """The primary companies that went, of records that have none now. Two queries, few in any case."""
        if self.change is None:
            return []
        primary = [pk for pk, label in all_labels().items() if label.is_primary]
        events = AssociationEvent.objects.filter(
            change=self.change, action=AssociationEvent.Action.UNLABELLED, label__in=primary
        )
        gone = {
            (a if from_a else b): Labelled(a, b, label_id, a if from_a else b)
            for a, b, label_id, from_a in events.values_list("record_a", "record_b", "label", "from_a")
        }
        for batch in batches(sorted(gone)):
            rows = Labelling.objects.filter(from_record__in=batch, is_primary=True)
            for holder in rows.values_list("from_record", flat=True):
                del gone[holder]
        return list(gone.values())


@unit_of_work
def act(
    action: Action,
    record: Record,
    others: Iterable[int],
    words: Sequence[Word] = (),
    *,
    by: By,
    leave_out_refused: bool = False,
) -> Done:
    """Do something to the associations of a record with the records of these ids, in one change.

    `words` are labels as read on the page of `record`. Raises AssociationRefused, with nothing written; with
    `leave_out_refused` what is refused stays as it is, and the rest is done. Raises ValidationError where
    several would be the primary record of `record`.
    """
    ids = list(dict.fromkeys(others))
    _check(action, record, ids, words)
    try:
        with transaction.atomic():
            return _act(action, record, ids, words, by)
    except AssociationRefused as error:
        if not leave_out_refused:
            raise
        refused = {pk for outcome in error.report.refused for pk in outcome.pair}
    return _act(action, record, [pk for pk in ids if pk not in refused], words, by)


def _check(action: Action, record: Record, ids: Sequence[int], words: Sequence[Word]) -> None:
    """Refuse several primary records. Raises ValidationError."""
    gives = action in (Action.ADD, Action.SET)
    if gives and len(ids) > 1 and any(word.label.is_primary and not word.inverse for word in words):
        # Also where one of them is it already, which the rules would let the others take it from.
        raise ValidationError(_("%(name)s can have only one primary record.") % {"name": record})


def _write(action: Action, record: Record, ids: Sequence[int], words: Sequence[Word], by: By) -> None:
    """Do it. Raises AssociationRefused."""
    of_pairs = {(record.pk, pk): words for pk in ids}
    match action:
        case Action.REMOVE:
            services.dissociate(record, ids, by=by)
        case Action.ADD:
            services.label_pairs(of_pairs, by=by)
        case Action.TAKE:
            services.unlabel_pairs(of_pairs, by=by)
        case Action.SET:
            services.relabel_pairs(of_pairs, by=by, keep_primary=True)


def _act(action: Action, record: Record, ids: Sequence[int], words: Sequence[Word], by: By) -> Done:
    with transaction.atomic():
        by = recorded(by, Change.Kind.BULK, _summary(action, record, len(ids), words))
        _write(action, record, ids, words, by)
        touched = AssociationEvent.objects.filter(change=by.change).order_by()
        # A pair that another one took the primary label from is touched too, and was not asked for.
        wanted = set(ids)
        pairs = set(touched.values_list("record_a", "record_b"))
        count = sum(1 for a, b in pairs if (b if a == record.pk else a) in wanted)
        if not pairs:
            forget_if_empty(by.change)
            return Done(None, 0)
    return Done(by.change, count)


def start(action: Action, record: Record, ids: Sequence[int], words: Sequence[Word] = (), *, by: By) -> Job:
    """Do something to any number of associations in the background; what is refused stays as it is.

    Raises ValidationError where several would be the primary record of `record`.
    """
    _check(action, record, ids, words)
    return jobs.start(
        AssociationsJob,
        by=by,
        params={"action": action.value, "record": record.pk, "labels": [word.key for word in words]},
        summary=_summary(action, record, len(ids), words),
        ids=ids,
    )


@jobs.register
class AssociationsJob(JobKind):
    """Changes many associations of one record, a batch at a time."""

    name = "associations-bulk"
    label = gettext_lazy("Bulk change of associations")
    counts = {"done": gettext_lazy("Done"), "refused": gettext_lazy("Refused")}

    def step(self, run: Run) -> bool:
        """Do the next batch: all of it but what is refused."""
        ids = run.next_batch()
        if ids is None:
            return True
        record = Record.objects.visible_to(run.user).filter(pk=run.params["record"]).first()
        if record is None:
            raise JobRefused(_("This record does not exist, or has been archived."))
        # All of one type, that of the section which they were chosen in.
        first = Record.objects.filter(pk__in=ids).values_list("object_type", flat=True).first()
        try:
            words = chosen_words(run.params["labels"], record.object_type_id, first or 0) if first else []
        except ValidationError as error:
            raise JobRefused(" ".join(error.messages)) from error
        action, refused = Action(run.params["action"]), {}
        try:
            with transaction.atomic():
                _write(action, record, ids, words, run.by)
        except AssociationRefused as error:
            for outcome in error.report.refused:
                a, b = outcome.pair
                refused[b if a == record.pk else a] = outcome.message
            _write(action, record, [pk for pk in ids if pk not in refused], words, run.by)
        for pk, message in refused.items():
            run.error(message, record_id=pk)
        run.count("done", len(ids) - len(refused))
        if refused:
            run.count("refused", len(refused))
        run.done(len(ids))
        return False

    def links(self, job: Job) -> list[tuple[str, str]]:
        """Lead back to the record."""
        record = Record.objects.live().filter(pk=job.params.get("record", 0)).first()
        return [(str(record), record.get_absolute_url())] if record else []


def _summary(action: Action, record: Record, number: int, words: Sequence[Word]) -> str:
    text = {
        Action.REMOVE: ngettext(
            "%(count)s association of %(name)s removed", "%(count)s associations of %(name)s removed", number
        ),
        Action.ADD: ngettext(
            "%(labels)s put on %(count)s association of %(name)s",
            "%(labels)s put on %(count)s associations of %(name)s",
            number,
        ),
        Action.TAKE: ngettext(
            "%(labels)s taken off %(count)s association of %(name)s",
            "%(labels)s taken off %(count)s associations of %(name)s",
            number,
        ),
        Action.SET: ngettext(
            "labels of %(count)s association of %(name)s set",
            "labels of %(count)s associations of %(name)s set",
            number,
        ),
    }[action]
    return text % {"count": number, "name": record, "labels": ", ".join(map(str, words))}


@dataclass(frozen=True)
class Refusal:
    """Why some records were refused, how many, and the first of them."""

    message: str
    count: int
    records: list[Record]

    @property
    def more(self) -> int:
        """How many it does not name."""
        return self.count - len(self.records)


def refusals(report: Report, record: Record) -> list[Refusal]:
    """Return what a report refused, by reason, most frequent first, for the page of `record`. One query."""
    by_message: dict[str, list[Outcome]] = {}
    for outcome in report.refused:
        by_message.setdefault(outcome.message, []).append(outcome)
    told = sorted(by_message.items(), key=lambda one: -len(one[1]))[:REASONS]

    def other(outcome: Outcome) -> int:
        a, b = outcome.pair
        return b if a == record.pk else a

    named = Record.objects.in_bulk([other(outcome) for _text, ones in told for outcome in ones[:NAMED]])
    return [
        Refusal(text, len(ones), [named[pk] for one in ones[:NAMED] if (pk := other(one)) in named])
        for text, ones in told
    ]
