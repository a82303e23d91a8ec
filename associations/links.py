"""Which records of a type a record is associated with, perhaps by certain labels, as a condition on lists.

Of up to MANY they are looked up by their ids. Of more a list is walked in its order, asking of each record
whether it is associated: that a page costs the same however many there are.
"""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import cached_property

from records.models import ObjectType, Record

from . import labels
from .models import Association, Labelling

MANY = 5_000  # associated records from which on a list is walked in its order rather than they are sorted
UNLABELLED = "none"  # stands among the keys of words for associations without a label


class Links:
    """The live associations of a record with records of one type or, of these, those with any of some labels.

    `keys` are those of the words on the page of `record`, or UNLABELLED.
    """

    def __init__(self, record: Record, object_type: ObjectType, keys: Sequence[str] = ()) -> None:
        self.record = record
        self.object_type = object_type
        self.words = labels.words(record.object_type_id, object_type.pk)
        self.chosen = [word for word in self.words if word.key in keys]
        self.unlabelled = UNLABELLED in keys
        self.is_narrowed = bool(keys)
        self.is_unknown = len(set(keys)) > len(self.chosen) + self.unlabelled

    @cached_property
    def number(self) -> int:
        """How many associations there are, whatever their labels: from an index."""
        return Association.objects.counts_by_type(self.record.pk).get(self.object_type.pk, 0)

    @property
    def has_own_labels(self) -> bool:
        """Whether there are labels besides the primary one."""
        return any(not word.label.is_primary for word in self.words)

    @property
    def condition(self) -> Q:
        """The condition on associations that the labels make: any of them."""
        if not self.is_narrowed:
            return Q()
        found = Q(pk__in=[])
        labellings = Labelling.objects.filter(association=OuterRef("pk"))
        if self.chosen:
            found |= Q(Exists(labellings.filter(self._carried)))
        if self.unlabelled:
            known = {word.label.pk for word in self.words}
            found |= ~Q(Exists(labellings.filter(label__in=known)))
        return found

    @property
    def _carried(self) -> Q:
        """The condition on labellings of the record: that they are one of the chosen words on its page."""
        found = Q(pk__in=[])
        for word in self.chosen:
            if not word.label.is_directed:
                found |= Q(label=word.label.pk)
            elif word.inverse:
                found |= Q(label=word.label.pk, to_record=self.record.pk)
            else:
                found |= Q(label=word.label.pk, from_record=self.record.pk)
        return found

    def sides(self) -> list[QuerySet]:
        """Return the associations as two querysets, one per end, each with the other record as `other`."""
        sides: list[QuerySet] = list(Association.objects.seen_from(self.record.pk))
        return [side.filter(self.condition, other_type=self.object_type.pk).order_by() for side in sides]

    @cached_property
    def few(self) -> list[int] | None:
        """The ids of the other records where there are few with these labels among many, else None."""
        if not self.is_narrowed or self.number <= MANY:
            return None
        if self.unlabelled:
            parts = [side.values_list("other", flat=True) for side in self.sides()]
        else:  # the labels' own index leads to them
            mine = Labelling.objects.filter(self._carried).order_by()
            parts = [
                mine.filter(**{f"{here}_record": self.record.pk}).values_list(f"{there}_record", flat=True)
                for here, there in (("from", "to"), ("to", "from"))
            ]
        found = [list(part[: MANY + 1]) for part in parts]  # one under two of the labels is there twice
        return sorted({pk for ids in found for pk in ids}) if max(map(len, found)) <= MANY else None

    @property
    def by_id(self) -> bool:
        """Whether records are looked up by their ids."""
        return self.number <= MANY or self.few is not None

    def narrow(self, rows: QuerySet) -> QuerySet:
        """Narrow records to those at the other ends."""
        if self.few is not None:
            rows = rows.filter(pk__in=self.few)
        if self.number <= MANY:
            first, second = (side.values("other") for side in self.sides())
            return rows.filter(pk__in=first.union(second, all=True))
        return rows.filter(Association.objects.links(self.record.pk, self.condition))

    def count(self, most: int | None) -> int:
        """Return how many there are, no more than `most`, from the associations alone."""
        number = sum(side[:most].count() for side in self.sides())
        return number if most is None else min(number, most)
