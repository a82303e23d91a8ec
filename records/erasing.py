"""Deleting records for good: everything of them, everywhere, with a written record that it happened.

What goes follows from the models: every row that a foreign key ties to a record so that it would go with it,
and every snapshot of it. Floors above say by `records_erasing` what they keep about records without one.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import CharField, Count, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from . import search
from .models import Change, Erasure, Property, Record
from .provenance import By
from .services import batches
from .signals import archiving_locks, records_erasing
from .text import fold
from .transactions import unit_of_work

SNAPSHOTS = "snapshot"  # what `Erasure.counts` calls them, whichever table they stand in
SHORTEST = 3  # letters that a part of a name has to have to tell whose it is
MENTIONS = 20  # records that are listed for each text
TELLING = (Property.FieldType.EMAIL, Property.FieldType.PHONE)


class Part(NamedTuple):
    """A column by which rows of a table belong to a record, and go with it."""

    name: str  # in `Erasure.counts`
    model: type[models.Model]
    column: str


def parts() -> list[Part]:
    """Return what goes with a record, beside its own rows."""
    found = []
    models_of_records: list[Any] = [Record, *Record.concrete_models()]
    for model in models_of_records:
        for relation in model._meta.get_fields(include_hidden=True):
            if not isinstance(relation, models.ManyToOneRel) or relation.related_model in _own():
                continue
            if relation.model is model and relation.on_delete is models.CASCADE:
                table: Any = relation.related_model
                found.append(Part(table._meta.model_name, table, relation.field.attname))
    snapshots = [model.history.model for model in Record.concrete_models()]  # type: ignore[attr-defined]
    return [*found, *(Part(SNAPSHOTS, table, "record_ptr_id") for table in snapshots)]


def part_names() -> dict[str, Any]:
    """Return what a reader is told each part of `Erasure.counts` is."""
    names: dict[str, Any] = {part.name: part.model._meta.verbose_name_plural for part in parts()}
    return {**names, SNAPSHOTS: _("earlier versions")}


def _own() -> set[type[models.Model]]:
    return {Record, *Record.concrete_models()}


# --- What would go ------------------------------------------------------------------------------------


def with_merged(ids: Iterable[int]) -> list[int]:
    """Return record ids together with those of the records that were merged into them, and into those."""
    found = level = set(ids)
    while level:
        merged: set[int] = set()
        for batch in batches(sorted(level)):
            merged.update(Record.objects.filter(merged_into__in=batch).values_list("pk", flat=True))
        level = merged - found
        found = found | level
    return sorted(found)


def extent(ids: Sequence[int]) -> dict[int, Counter[str]]:
    """Return by record how many rows of which part would go with it: a query for each column of a part."""
    found: dict[int, Counter[str]] = {pk: Counter() for pk in ids}
    for part in parts():
        for batch in batches(ids):
            rows = part.model._base_manager.filter(**{f"{part.column}__in": batch}).order_by()
            for pk, number in rows.values_list(part.column).annotate(Count("pk")):
                found[pk][part.name] += number
    return found


def identifiers(records: Iterable[Record]) -> list[str]:
    """Return the texts that tell who or what these records (with their own columns) are, as they are shown.

    Names and their parts, unique values, email addresses and phone numbers.
    """
    found: dict[str, None] = {}
    for record in records:
        found[record.display_name] = None
        for prop in record.kind.properties.values():
            telling = prop.unique or prop in record.kind.primary or prop.field_type in TELLING
            if telling and (text := prop.display(record)) and len(text) >= SHORTEST:
                found[text] = None
    return [text for text in found if text]


def check_reason(reason: str, records: Iterable[Record]) -> None:
    """Refuse a reason that tells whom it is about. Raises ValidationError."""
    said = fold(reason)
    for text in identifiers(records):
        if re.search(rf"(?<!\w){re.escape(fold(text))}(?!\w)", said):
            message = _("Leave out “%(text)s”: what stays written down must not tell whom it was about.")
            raise ValidationError(message % {"text": text})


def mentions(record: Record, user: Any) -> list[Record]:
    """Return live records, up to MENTIONS for each text, in which search finds a record's name or email.

    They are others' own words and stay as they are; whoever erases can look at them.
    """
    texts = [record.display_name]
    for prop in record.kind.properties.values():
        if prop.unique or prop.field_type == Property.FieldType.EMAIL:
            texts.append(prop.display(record))
    found: dict[int, Record] = {}
    for text in dict.fromkeys(map(fold, texts)):
        if len(text) >= SHORTEST:
            others = Record.objects.visible_to(user).exclude(pk=record.pk)
            rows = search.matching(others, text).filter(search_text__contains=text)
            found.update((row.pk, row) for row in rows.order_by("-pk")[:MENTIONS])
    return list(found.values())


# --- Erase ---------------------------------------------------------------------------------------------


@unit_of_work
def erase(ids: Iterable[int], *, by: By, kind: str, reason: str = "") -> list[Erasure]:
    """Delete records for good, with those that were merged into them; return what is written down of it.

    All of it goes: the records, their history, associations and whatever else belongs to them; what others
    derived from them is worked out anew. Only one that is erased for data protection may be live: others
    have to be archived still, and are left out where they were restored meanwhile. A constant number of
    statements for each batch. It cannot be undone. Raises ValidationError for a reason that tells whom it is
    about; nothing is erased then.
    """
    chosen = sorted(set(ids))
    with transaction.atomic():
        _lock(with_merged(chosen))
        if kind != Erasure.Kind.PRIVACY:
            rows = Record.objects.filter(archived_at__isnull=False)
            archived = (rows.filter(pk__in=batch) for batch in batches(chosen))
            chosen = [pk for batch in archived for pk in batch.values_list("pk", flat=True)]
        written: list[Erasure] = []
        for batch in batches(with_merged(chosen)):
            written += _erase(batch, Erasure(actor=by.actor, origin=by.origin, kind=kind, reason=reason))
        return written


def _lock(ids: Sequence[int]) -> None:
    """Lock records that are to go, with those whose values may follow, in the order that all go by."""
    answers: list[Any] = archiving_locks.send(sender=Record, record_ids=ids)
    everyone = {pk for _receiver, found in answers for pk in found}.union(ids)
    for batch in batches(sorted(everyone)):
        # The full lock: it waits also for those who are about to point to one of them.
        rows = Record.objects.select_for_update().filter(pk__in=batch).order_by("pk")
        list(rows.values_list("pk", flat=True))


def _erase(ids: Sequence[int], about: Erasure) -> list[Erasure]:
    records = [record.specific for record in Record.objects.filter(pk__in=ids).with_details()]
    ids = [record.pk for record in records]
    if about.reason:
        check_reason(about.reason, records)
    counts = extent(ids)
    names = _names(records)
    answers = records_erasing.send(sender=Record, records=records)
    changes = _changes(ids)
    _delete_log(records, names)
    for part in parts():
        _delete(part.model, **{f"{part.column}__in": ids})
    Record.objects.filter(merged_into__in=ids).update(merged_into=None)
    for model in {type(record) for record in records}:
        _delete(model, pk__in=ids)
    _delete(Record, pk__in=ids)
    _clear_changes(changes, names)
    follow_ups: list[Any] = [follow_up for _receiver, follow_up in answers]
    for follow_up in follow_ups:
        if follow_up:
            follow_up()
    return Erasure.objects.bulk_create(
        Erasure(
            actor=about.actor,
            origin=about.origin,
            kind=about.kind,
            reason=about.reason,
            object_type_id=record.object_type_id,
            record_id=record.pk,
            counts=dict(counts[record.pk]),
        )
        for record in records
    )


def _delete(model: type[models.Model], **condition: Any) -> None:
    """Delete rows in one statement; what would go along goes by statements of its own."""
    rows: Any = model._base_manager.filter(**condition)
    rows._raw_delete(rows.db)


# --- What names a record without pointing to it --------------------------------------------------------


def _names(records: Sequence[Record]) -> set[str]:
    """Return how records are and were called, as far as their history tells."""
    names = {str(record) for record in records if record.display_name}
    for model in {type(record) for record in records}:
        snapshots = model.history.model.objects  # type: ignore[attr-defined]
        rows = snapshots.filter(record_ptr__in=[record.pk for record in records]).exclude(display_name="")
        names.update(rows.values_list("display_name", flat=True).distinct())
    return names


def _with_change() -> Iterator[tuple[type[models.Model], tuple[str, ...]]]:
    """Yield the tables whose rows belong to a change and to a record, with the columns of the record."""
    columns: dict[type[models.Model], list[str]] = {}
    for part in parts():
        if any(field.name == "change" for field in part.model._meta.concrete_fields):
            columns.setdefault(part.model, []).append(part.column)
    for model, names in columns.items():
        yield model, tuple(names)


def _changes(ids: Sequence[int]) -> set[int]:
    """Return the changes in which these records had a part."""
    found: set[int] = set()
    for model, columns in _with_change():
        for column in columns:
            rows = model._base_manager.filter(**{f"{column}__in": ids}, change__isnull=False).order_by()
            found.update(rows.values_list("change_id", flat=True).distinct())
    return found


def _clear_changes(changes: Iterable[int], names: set[str]) -> None:
    """Delete the changes of which nothing is left; of the others none may name one that is gone."""
    empty: Any = ~Q(pk=None)
    for model, _columns in _with_change():
        empty &= ~Exists(model._base_manager.filter(change=OuterRef("pk")))
    for batch in batches(sorted(changes)):
        rows = Change.objects.filter(pk__in=batch)
        gone = list(rows.filter(empty).values_list("pk", flat=True))
        Change.objects.filter(undoes__in=gone).update(undoes=None)
        _delete(Change, pk__in=gone)
        said = rows.exclude(summary="").values_list("pk", "summary")
        telling = [pk for pk, summary in said if any(name in summary for name in names)]
        Change.objects.filter(pk__in=telling).update(summary="")


def _delete_log(records: Sequence[Record], names: set[str]) -> None:
    """Delete what Django's admin wrote down about records, about what goes with them, or with their names."""
    tables = [part for part in parts() if part.name != SNAPSHOTS]
    kinds = ContentType.objects.get_for_models(*_own(), *(part.model for part in tables))
    ids = [record.pk for record in records]
    gone = Q(content_type__in=[kinds[model] for model in _own()], object_id__in=list(map(str, ids)))
    for part in tables:
        rows = part.model._base_manager.filter(**{f"{part.column}__in": ids}).order_by()
        keys = rows.annotate(key=Cast("pk", CharField())).values("key")
        gone |= Q(content_type=kinds[part.model], object_id__in=keys)
    LogEntry.objects.filter(gone).delete()
    # An association that is no more, and a record on whose page one was made, may name it as well.
    about = LogEntry.objects.filter(content_type__in=kinds.values())
    lines = about.values_list("pk", "object_repr", "change_message").iterator()
    naming = [pk for pk, shown, message in lines if not names.isdisjoint(_named(shown, message))]
    for batch in batches(naming):
        LogEntry.objects.filter(pk__in=batch).delete()


def _named(shown: str, message: str) -> Iterator[str]:
    """Yield what may be names of records in a line of the admin's log: one record's, or an association's."""
    try:
        steps = json.loads(message)
    except ValueError:
        steps = []
    objects = [fact.get("object", "") for step in steps for fact in step.values()] if steps else []
    for text in (shown, *objects):
        for name in text.split(" ↔ "):
            yield name
            yield name.rpartition(": ")[0]  # the label behind it
