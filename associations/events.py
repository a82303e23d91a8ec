"""What history keeps of associations: written by the services, in the transaction of the change."""

from collections.abc import Iterable, Sequence

from django.db import connection

from records.provenance import By
from records.services import BATCH

from .models import Association, AssociationEvent, AssociationLabel, Labelling
from .outcomes import Labelled

Action = AssociationEvent.Action
# Copies what many associations (links) are like into events, where all of one record change hands: the
# database copies its own rows, and nothing passes through here.
COPY = """
    INSERT INTO {events}
    (change_id, action, record_a_id, record_b_id, label_id, from_a, since, origin, author_id)
    SELECT %(change)s, %(action)s, {facts} FROM {rows}
    WHERE links.record_a_id = %(pk)s OR links.record_b_id = %(pk)s
    ORDER BY {order}
"""
LABELS = "{labellings} carried JOIN {links} links ON links.id = carried.association_id"
PARTNER = "CASE links.record_a_id WHEN %(pk)s THEN links.record_b_id ELSE links.record_a_id END"
PAIR = (
    f"CASE WHEN {PARTNER} < %(survivor)s THEN {PARTNER} ELSE %(survivor)s END,"
    f" CASE WHEN {PARTNER} < %(survivor)s THEN %(survivor)s ELSE {PARTNER} END"
)
# Whether the smaller id of the survivor's pair stands at the `from` end; it does where the ends mean nothing.
FROM_A = (
    f"labels.from_type_id = labels.to_type_id AND labels.inverse_label = ''"
    f" OR (carried.from_record_id = %(pk)s) = (%(survivor)s < {PARTNER})"
)


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


def keep_leaving(pk: int, by: By) -> None:
    """Keep that all associations of a record go, with their labels: two statements, whatever their number."""
    _copy(
        Action.UNLABELLED,
        "links.record_a_id, links.record_b_id, carried.label_id,"
        " carried.from_record_id = links.record_a_id, NULL, '', NULL",
        LABELS,
        {"pk": pk},
        by,
    )
    _copy(
        Action.REMOVED,
        "links.record_a_id, links.record_b_id, NULL, TRUE,"
        " links.created_at, links.origin, links.created_by_id",
        "{links} links",
        {"pk": pk},
        by,
    )


def keep_coming(pk: int, survivor: int, by: By) -> None:
    """Keep that another record gets all associations that this one still has, with their labels: likewise."""
    ids = {"pk": pk, "survivor": survivor}
    _copy(Action.ADDED, f"{PAIR}, NULL, TRUE, NULL, '', NULL", "{links} links", ids, by)
    labels = LABELS + " JOIN {labels} labels ON labels.id = carried.label_id"
    _copy(Action.LABELLED, f"{PAIR}, carried.label_id, ({FROM_A}), NULL, '', NULL", labels, ids, by)


def _copy(action: Action, facts: str, rows: str, ids: dict[str, int], by: By) -> None:
    tables = {
        name: connection.ops.quote_name(model._meta.db_table)
        for name, model in {
            "events": AssociationEvent,
            "links": Association,
            "labellings": Labelling,
            "labels": AssociationLabel,
        }.items()
    }
    order = "carried.id" if "carried" in rows else "links.id"
    statement = COPY.format(**tables, facts=facts, rows=rows.format(**tables), order=order)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"change": by.change.pk, "action": str(action), **ids})


def _label_event(by: By, action: Action, one: Labelled) -> AssociationEvent:
    return _event(by, action, *one.pair, label_id=one.label_id, from_a=one.from_id == one.a)


def _event(by: By, action: Action, a: int, b: int, **facts: object) -> AssociationEvent:
    return AssociationEvent(change_id=by.change.pk, action=action, record_a_id=a, record_b_id=b, **facts)


def _write(events: Iterable[AssociationEvent]) -> None:
    AssociationEvent.objects.bulk_create(list(events), batch_size=BATCH)
