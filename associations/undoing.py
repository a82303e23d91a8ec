"""What an undo does with associations and their labels (see `records.undo`)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from records import undo
from records.models import Change, Record
from records.provenance import By
from records.services import batches
from records.undo import UndoReport

from . import services
from .labels import Word, all_labels
from .models import Association, AssociationEvent, Labelling
from .models.association import Pair
from .outcomes import Labelled, Was

Action = AssociationEvent.Action


def _events(change: Change, *actions: Action) -> list[AssociationEvent]:
    return list(change.association_events.filter(action__in=actions).order_by("id"))


def _pair(event: AssociationEvent) -> Pair:
    return (event.record_a_id, event.record_b_id)


def _label(event: AssociationEvent) -> Labelled:
    a, b = _pair(event)
    return Labelled(a, b, event.label_id or 0, a if event.from_a else b)


class _Since:
    """What happened to some pairs after a change."""

    def __init__(self, change: Change, by: By, pairs: Iterable[Pair]) -> None:
        self.events: dict[Pair, set[tuple[str, int | None]]] = defaultdict(set)
        pairs = list(dict.fromkeys(pairs))
        for batch in batches(pairs):
            later = AssociationEvent.objects.filter(
                change__gt=change.pk, record_a__in={a for a, _b in batch}, record_b__in={b for _a, b in batch}
            )
            for event in later.exclude(change=by.change).order_by():
                self.events[_pair(event)].add((event.action, event.label_id))
        self.there: dict[Pair, Association] = {}
        for batch in batches(pairs):
            rows = Association.objects.among(batch)
            self.there.update({row.pair: row for row in rows})
        named = {pk for pair in pairs for pk in pair}
        self.names = {pk: str(record) for pk, record in Record.objects.in_bulk(list(named)).items()}

    def say(self, pair: Pair) -> str:
        """Return how a report names a pair."""
        return " ↔ ".join(self.names.get(pk, str(pk)) for pk in pair)

    def label_touched(self, one: Labelled) -> bool:
        """Whether a label of a pair, or the association itself, has come or gone since."""
        whole = (Action.ADDED, Action.REMOVED)
        return any(label == one.label_id or action in whole for action, label in self.events[one.pair])


def dissociate_added(change: Change, by: By, report: UndoReport) -> None:
    """Dissolve the associations that a change made, but for those that have been changed since."""
    pairs = [_pair(event) for event in _events(change, Action.ADDED)]
    since = _Since(change, by, pairs)
    going = []
    for pair in pairs:
        if pair not in since.there:
            continue
        if since.events[pair]:
            report.leave(since.say(pair), _("the association has been changed since"))
        else:
            going.append(pair)
    if going:
        report.done["dissociated"] += len(services.dissociate_pairs(going, by=by).associations)


def unlabel_labelled(change: Change, by: By, report: UndoReport) -> None:
    """Take the labels off that a change put on associations that there were."""
    added = {_pair(event) for event in _events(change, Action.ADDED)}
    labels = [_label(event) for event in _events(change, Action.LABELLED) if _pair(event) not in added]
    since = _Since(change, by, [one.pair for one in labels])
    going: dict[Pair, list[Word]] = defaultdict(list)
    for one in labels:
        if since.label_touched(one):
            if one.pair in since.there:
                report.leave(since.say(one.pair), _("its labels have been changed since"))
        else:
            going[one.from_id, one.to_id].append(Word(all_labels()[one.label_id]))
    report.done["unlabelled"] += len(services.unlabel_pairs(going, by=by))


def associate_removed(change: Change, by: By, report: UndoReport) -> None:
    """Bring associations back that a change dissolved, as they were, where the rules still allow it."""
    removed = {_pair(event): event for event in _events(change, Action.REMOVED)}
    since = _Since(change, by, removed)
    wanted = [pair for pair in removed if pair not in since.there]
    # What a merge took away and brought together anew stays where it has been changed since: that is said.
    added = {_pair(event) for event in _events(change, Action.ADDED)}
    for pair in (removed.keys() & since.there.keys()) - added:
        report.leave(since.say(pair), _("they are associated again"))
    labels = [_label(event) for event in _events(change, Action.UNLABELLED) if _pair(event) in removed]
    words, notes = _words([one for one in labels if one.pair not in since.there], since)
    was = _was(removed)
    outcome = services.associate_pairs(wanted, by=by, skip_refused=True, words=words, was=was)
    for refused in outcome.refused:
        report.leave(since.say(refused.pair), refused.message)
    back = {one.pair for one in outcome.associated}
    report.done["associated"] += len(back)
    for pair, note in notes:
        if pair in back:
            report.leave(since.say(pair), note)


def _was(removed: Mapping[Pair, AssociationEvent]) -> dict[Pair, Was]:
    """Return what associations were when they were dissolved; one whose author has gone is nobody's."""
    named = {event.author_id for event in removed.values() if event.author_id}
    authors = set(get_user_model().objects.filter(pk__in=named).values_list("pk", flat=True))
    return {
        pair: Was(event.since, event.origin, event.author_id if event.author_id in authors else None)
        for pair, event in removed.items()
        if event.since
    }


def label_unlabelled(change: Change, by: By, report: UndoReport) -> None:
    """Put the labels back that a change took off associations that it left."""
    removed = {_pair(event) for event in _events(change, Action.REMOVED)}
    labels = [_label(event) for event in _events(change, Action.UNLABELLED) if _pair(event) not in removed]
    since = _Since(change, by, [one.pair for one in labels])
    standing = []
    for one in labels:
        if one.pair not in since.there:
            report.leave(since.say(one.pair), _("they are no longer associated"))
        elif since.label_touched(one):
            report.leave(since.say(one.pair), _("its labels have been changed since"))
        else:
            standing.append(one)
    words, notes = _words(standing, since)
    for pair, note in notes:
        report.leave(since.say(pair), note)
    outcome = services.label_pairs(words, by=by, skip_refused=True, as_was=True)
    for refused in outcome.refused:
        report.leave(since.say(refused.pair), refused.message)
    report.done["labelled"] += len(outcome.labelled)


def _words(
    labels: Sequence[Labelled], since: _Since
) -> tuple[dict[Pair, list[Word]], list[tuple[Pair, str]]]:
    """Return labels as the services take them, and why some of them cannot come back."""
    primary = {pk for pk, label in all_labels().items() if label.is_primary}
    holders = {one.from_id for one in labels if one.label_id in primary}
    taken: set[int] = set()
    for batch in batches(sorted(holders)):
        rows = Labelling.objects.filter(from_record__in=batch, is_primary=True)
        taken.update(rows.values_list("from_record", flat=True))
    words: dict[Pair, list[Word]] = defaultdict(list)
    notes = []
    for one in labels:
        label = all_labels()[one.label_id]  # of which history keeps even the archived ones
        if label.is_primary and one.from_id in taken:
            name = since.names.get(one.from_id, "")
            notes.append((one.pair, _("%(name)s has another primary company now") % {"name": name}))
        else:
            words[one.from_id, one.to_id].append(Word(label))
    return words, notes


def associated_since(change: Change, record_ids: Sequence[int]) -> set[int]:
    """Return those of some records whose associations somebody changed after a change, undos apart."""
    found: set[int] = set()
    for end in ("record_a", "record_b"):
        later = AssociationEvent.objects.filter(**{f"{end}__in": record_ids}, change__gt=change.pk)
        later = later.filter(change__undoes=None).order_by()
        found.update(later.values_list(f"{end}_id", flat=True))
    return found


def register() -> None:
    """Take part in undoing."""
    undo.steps += [
        (10, dissociate_added),
        (15, unlabel_labelled),
        (60, associate_removed),
        (65, label_unlabelled),
    ]
    undo.touched.append(associated_since)
