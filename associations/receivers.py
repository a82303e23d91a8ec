"""What the middle floor does when the ground floor says that something happened."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.backends.signals import connection_created
from django.db.models.signals import post_delete, pre_delete

from records.derived import Node
from records.models import ObjectType, Record
from records.signals import (
    archiving_locks,
    derivations_changed,
    records_archived,
    records_erasing,
    records_restored,
    records_written,
    writing_locks,
)

from . import activity_facts, columns, rollups, services


def connect() -> None:
    """Listen to the ground floor."""
    records_archived.connect(_archived)
    records_restored.connect(_restored)
    records_erasing.connect(_erasing)
    records_written.connect(_written)
    writing_locks.connect(_writing_locks)
    archiving_locks.connect(_archiving_locks)
    derivations_changed.connect(_derivations_changed)
    connection_created.connect(rollups.teach_sum)
    for model in Record.concrete_models():  # Kith erases many at once; a shell may delete one
        pre_delete.connect(_about_to_go, sender=model)
        post_delete.connect(_gone, sender=model)
    pre_delete.connect(_record_about_to_go, sender=Record)
    post_delete.connect(_record_gone, sender=Record)


def _written(
    sender: Any, object_type: ObjectType, changes: Mapping[int, set[str]], created: bool, **kwargs: Any
) -> None:
    if not created:  # what is new is not associated yet
        rollups.properties_changed(object_type, changes)
        if object_type.is_activity:
            services.follow_activities(list(changes))


def _about_to_go(sender: Any, instance: Record, **kwargs: Any) -> None:
    instance.dissolved = rollups.associations_of([instance.pk])  # type: ignore[attr-defined]


def _gone(sender: Any, instance: Record, **kwargs: Any) -> None:
    rollups.links_changed(instance.dissolved)  # type: ignore[attr-defined]


def _record_about_to_go(sender: Any, instance: Record, **kwargs: Any) -> None:
    instance.concerned = activity_facts.reach([instance.pk])  # type: ignore[attr-defined]


def _record_gone(sender: Any, instance: Record, **kwargs: Any) -> None:
    # The row of the type goes first, and only then the associations with the record's own row.
    activity_facts.refresh_activity_facts(instance.concerned)  # type: ignore[attr-defined]


def _writing_locks(
    sender: Any, object_type: ObjectType, changes: Mapping[int, set[str]], **kwargs: Any
) -> set[int]:
    followed = activity_facts.reach(list(changes)) if object_type.is_activity else set()
    return rollups.reach_of_properties(object_type, changes) | followed


def _archiving_locks(sender: Any, record_ids: Sequence[int], **kwargs: Any) -> set[int]:
    return rollups.reach_of_archiving(record_ids) | activity_facts.reach(record_ids)


def _derivations_changed(sender: Any, nodes: Sequence[Node], **kwargs: Any) -> None:
    rollups.recalculate(nodes)


def _archived(sender: Any, record_ids: Sequence[int], **kwargs: Any) -> None:
    services.follow_archiving(record_ids, 1)


def _restored(sender: Any, record_ids: Sequence[int], **kwargs: Any) -> None:
    services.follow_archiving(record_ids, -1)


def _erasing(sender: Any, records: Sequence[Record], **kwargs: Any) -> Callable[[], None]:
    ids = [record.pk for record in records]
    columns.delete_views_of(ids)
    dissolved, concerned = rollups.associations_of(ids), activity_facts.reach(ids)

    def follow() -> None:
        rollups.links_erased(dissolved)
        activity_facts.refresh_activity_facts(concerned)

    return follow
