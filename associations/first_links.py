"""The first associations of each section of a sidebar, in the order that the settings ask for.

What is read does not grow with the number of associations: the newest and the oldest stand at the ends of an
index range, labelled ones in a range per label. By name and by last change a section of up to MANY records is
sorted; of more, the newest associations are shown, since no index holds the others of a record in such an
order, and the walk through all records of the type that finds them has no bound.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, Subquery

from records.models import ObjectType, Record

from . import labels
from .links import MANY
from .models import Association, AssociationLabel, Labelling, SidebarSection
from .models.association import Link

Sort = SidebarSection.Sort


class _Found(NamedTuple):
    """An association that may be among the first, with what it is sorted by."""

    association_id: int
    other_id: int
    other_type_id: int
    created_at: datetime
    name: str
    changed_at: datetime


def feasible(sort: str, count: int) -> str:
    """Return the order in which the first of so many associated records are shown."""
    return Sort.NEWEST if sort in (Sort.NAME, Sort.CHANGED) and count > MANY else sort


def first_links(record: Record, sorts: Mapping[ObjectType, str], number: int) -> list[Link]:
    """Return the first `number` associations of a record with records of each type, in that type's order.

    One query, and one more where a type's are sorted by their labels.
    """
    labelled = [kind for kind, sort in sorts.items() if sort == Sort.LABELLED]
    ranks = _labelled(record, labelled, number) if labelled else {}
    branches = [branch for kind, sort in sorts.items() for branch in _branches(record, kind.pk, sort, number)]
    if ranks:
        branches += _rows(record, Q(pk__in=list(ranks)))
    if not branches:
        return []
    found: dict[int, dict[int, _Found]] = {kind.pk: {} for kind in sorts}
    for row in branches[0].union(*branches[1:], all=True):
        one = _Found(*row)
        found[one.other_type_id][one.association_id] = one
    return [
        Link(one.association_id, record.pk, one.other_id, one.other_type_id, one.created_at)
        for kind, sort in sorts.items()
        for one in _in_order(found[kind.pk].values(), sort, ranks)[:number]
    ]


def _branches(record: Record, type_id: int, sort: str, number: int) -> Iterator[Any]:
    """Return the queries that the first of one type are among, one per end of an association."""
    for side, there in zip(Association.objects.seen_from(record.pk), ("b", "a"), strict=True):
        # The limit stands inside, so that a record with 50,000 of them reads five index entries.
        order = {
            Sort.OLDEST: ("pk",),
            Sort.NAME: (f"record_{there}__sort_name", f"record_{there}_id"),
            Sort.CHANGED: (f"-record_{there}__updated_at", f"-record_{there}_id"),
        }.get(Sort(sort), ("-pk",))
        chosen = side.filter(other_type=type_id)  # type: ignore[misc]
        first = chosen.order_by(*order).values("pk")[:number]
        yield _side(there, Q(pk__in=first))


def _rows(record: Record, condition: Q) -> list[Any]:
    """Return the queries for associations of a record, one per end."""
    return [_side("b", condition & Q(record_a=record.pk)), _side("a", condition & Q(record_b=record.pk))]


def _side(there: str, condition: Q) -> Any:
    other = f"record_{there}"
    columns = (f"{other}_id", f"type_{there}_id", "created_at", f"{other}__sort_name", f"{other}__updated_at")
    return Association.objects.filter(condition).order_by().values_list("pk", *columns)


def _in_order(found: Iterable[_Found], sort: str, ranks: Mapping[int, int]) -> list[_Found]:
    """Sort what was found. Names compare by code point, as the database compares their bytes."""
    keys: dict[str, Any] = {
        Sort.NEWEST: lambda one: -one.association_id,
        Sort.OLDEST: lambda one: one.association_id,
        Sort.NAME: lambda one: (one.name, one.other_id),
        Sort.CHANGED: lambda one: (-one.changed_at.timestamp(), -one.other_id),
        Sort.LABELLED: lambda one: (ranks.get(one.association_id, 2), -one.association_id),
    }
    return sorted(found, key=keys[sort])


def _labelled(record: Record, types: Iterable[ObjectType], number: int) -> dict[int, int]:
    """Return the newest associations of a record under each label of some types: 0 for primary ones, else 1.

    One query that reads `number` index entries per label and end. That a company is a contact's primary one
    says nothing on the company's page, where nearly all are.
    """
    words = [word for kind in types for word in labels.words(record.object_type_id, kind.pk)]
    chosen = {word.label.pk: word.label for word in words if not (word.label.is_primary and word.inverse)}
    columns: dict[str, Subquery] = {}
    for end in ("from_record", "to_record"):
        carried = Labelling.objects.filter(
            **{end: record.pk}, label=OuterRef("pk"), association__archived_ends=0
        ).order_by("-association_id")
        for place in range(number):
            columns[f"{end}_{place}"] = Subquery(carried.values("association_id")[place : place + 1])
    rows = AssociationLabel.objects.filter(pk__in=list(chosen)).order_by().annotate(**columns)
    ranks: dict[int, int] = {}
    for label_id, *associations in rows.values_list("pk", *columns):
        rank = 0 if chosen[label_id].is_primary else 1
        for pk in filter(None, associations):
            ranks[pk] = min(rank, ranks.get(pk, rank))
    return ranks
