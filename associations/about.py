"""What activities are about, for many of them at once: the records that each is associated with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from records import schema
from records.models import ObjectType, Record

from .models import Association

SHOWN = 4  # of each activity's records


@dataclass
class About:
    """The first records that an activity is associated with, and how many there are."""

    records: list[Record] = field(default_factory=list)
    number: int = 0

    @property
    def more(self) -> int:
        """How many there are besides."""
        return max(self.number - len(self.records), 0)


def about(
    ids: Iterable[int], user: Any, most: int = SHOWN, kind: ObjectType | None = None
) -> dict[int, About]:
    """Return what each activity (by id) is about, as far as a user may see it, or of that only the records of
    one type; the oldest associations first count. Three queries for any number of activities.
    """
    found = {pk: About() for pk in ids}
    if not found:
        return found
    pairs: list[tuple[int, int]] = []
    for here, there, type_there in (
        ("record_a_id", "record_b_id", "type_b"),
        ("record_b_id", "record_a_id", "type_a"),
    ):
        same: dict[str, Any] = {"partition_by": [F(here)]}
        rows = Association.objects.live().filter(**{f"{here}__in": list(found)}).order_by()
        rows = rows.filter(**{type_there: kind}) if kind else rows
        rows = rows.annotate(
            place=Window(RowNumber(), order_by="id", **same), number=Window(Count("pk"), **same)
        ).filter(place__lte=most)
        for activity, other, number, place in rows.values_list(here, there, "number", "place"):
            pairs.append((activity, other))
            found[activity].number += number if place == 1 else 0
    records = Record.objects.visible_to(user).in_bulk({other for _activity, other in pairs})
    for activity, other in pairs:
        if other in records:
            found[activity].records.append(records[other])
    places = {kind.pk: place for place, kind in enumerate(schema.current().types)}
    for one in found.values():
        one.records.sort(key=lambda record: (places[record.object_type_id], record.pk))
        del one.records[most:]
    return found
