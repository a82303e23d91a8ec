"""How records relate to others, as lists ask for it: floors above register what they know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from django.db.models import Q, QuerySet

from .models import ObjectType


@dataclass(frozen=True)
class Related:
    """What a group of filters asks of the associated records of one type."""

    object_type: ObjectType
    other: ObjectType
    others: QuerySet  # the records of the other type that fulfil the filters on them
    is_narrowed: bool  # whether there are such filters
    counts: Sequence[tuple[str, Any]] = ()  # operator and value of each filter by their number


class Answer(NamedTuple):
    """The condition that a relation makes of a `Related`, and whether it looks few records up by id."""

    condition: Q
    by_id: bool = False


class Relation(Protocol):
    """How a floor above relates records to others; registered in `relations`."""

    def types(self, object_type: ObjectType) -> Iterable[ObjectType]:
        """Return the types whose records those of a type may be related to."""

    def answer(self, asked: Related, narrowed: QuerySet | None) -> Answer:
        """Return the condition on records. `narrowed` are those left by all else, where that is not all."""


relations: list[Relation] = []


def related_types(object_type: ObjectType) -> dict[str, ObjectType]:
    """Return the types, by name, by whose records the list of a type can be filtered."""
    return {other.name: other for relation in relations for other in relation.types(object_type)}
