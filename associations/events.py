"""What history keeps of associations: written by the services, in the transaction of the change."""

from collections.abc import Iterable, Sequence

from records.provenance import By
from records.services import BATCH

from .models import Association, AssociationEvent
from .outcomes import Labelled

Action = AssociationEvent.Action


def keep_added(added: Iterable[Association], by: By) -> None:
    """Keep that associations came; `by` has the change."""
    _write(_event(by, Action.ADDED, row.record_a_id, row.record_b_id) for row in added)


def keep_removed(removed: Iterable[Association], by: By) -> None:
    """Keep that associations went, what they were like and, before that, which labels went with them."""
    removed = list(removed)
    keep_unlabelled(
        [
            Labelled(*row.pair, one.label_id, one.from_record_id)
            for row in removed
            for one in row.labellings.all()
        ],
        by,
    )
    _write(
        _event(
            by,
            Action.REMOVED,
            *row.pair,
            since=row.created_at,
            origin=row.origin,
            author_id=row.created_by_id,
        )
        for row in removed
    )


def keep_labelled(labels: Sequence[Labelled], by: By) -> None:
    """Keep that associations got labels."""
    _write(_label_event(by, Action.LABELLED, one) for one in labels)


def keep_unlabelled(labels: Sequence[Labelled], by: By) -> None:
    """Keep that associations lost labels."""
    _write(_label_event(by, Action.UNLABELLED, one) for one in labels)


def _label_event(by: By, action: Action, one: Labelled) -> AssociationEvent:
    return _event(by, action, *one.pair, label_id=one.label_id, from_a=one.from_id == one.a)


def _event(by: By, action: Action, a: int, b: int, **facts: object) -> AssociationEvent:
    return AssociationEvent(change_id=by.change.pk, action=action, record_a_id=a, record_b_id=b, **facts)


def _write(events: Iterable[AssociationEvent]) -> None:
    AssociationEvent.objects.bulk_create(list(events), batch_size=BATCH)
