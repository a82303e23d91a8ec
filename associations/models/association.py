from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records import schema
from records.models import ObjectType, Record
from records.paging import Number
from records.provenance import Origin

Pair = tuple[int, int]  # two record ids, the smaller first


def canonical(one: int, other: int) -> Pair:
    """Return a pair of record ids in the order in which it is stored."""
    return (one, other) if one < other else (other, one)


class Link(NamedTuple):
    """An association as one of its two records sees it."""

    association_id: int
    record_id: int
    other_id: int
    other_type_id: int
    created_at: datetime


class Several(NamedTuple):
    """How many records of a type a record is associated with, and the id of the primary one."""

    number: int
    primary: int | None


class AssociationQuerySet(models.QuerySet["Association"]):
    """Associations, and the ways to read them from one end."""

    def live(self) -> Self:
        """Leave out associations of which either record is archived."""
        return self.filter(archived_ends=0)

    def of(self, record_id: int) -> Self:
        """Return the associations that a record has, at whichever end it stands."""
        return self.filter(Q(record_a=record_id) | Q(record_b=record_id))

    def among(self, pairs: Iterable[Pair]) -> Self:
        """Return the associations of these pairs (and perhaps others between the same records)."""
        pairs = list(pairs)
        return self.filter(record_a__in={a for a, _b in pairs}, record_b__in={b for _a, b in pairs})

    def seen_from(self, record: int | OuterRef) -> list[Self]:
        """Return two querysets, one per end, of the live associations seen from a record (its id).

        Each has the annotations `other` and `other_type`; together they are all there are. They stay apart
        because each is served by an index of its own.
        """
        return [
            self.live()
            .filter(**{f"record_{here}": record})
            .annotate(other=F(f"record_{there}_id"), other_type=F(f"type_{there}_id"))
            for here, there in (("a", "b"), ("b", "a"))
        ]

    def counts_by_type(self, record_id: int) -> dict[int, int]:
        """Return how many records of each object type (by id) a record is associated with: one query."""
        first, second = (
            side.order_by()
            .values("other_type")
            .annotate(number=Count("pk"))
            .values_list("other_type", "number")
            for side in self.seen_from(record_id)
        )
        counts: dict[int, int] = {}
        for type_id, number in first.union(second, all=True):
            counts[type_id] = counts.get(type_id, 0) + number
        return counts

    def newest(
        self, record_id: int, type_ids: Iterable[int], number: int, before: int | None = None
    ) -> list[Link]:
        """Return the `number` newest associations (older than `before`, an id) of a record with each type.

        One query.
        """
        branches = []
        for type_id in type_ids:
            for side in self.seen_from(record_id):
                # The limit stands inside, so that a record with 50,000 of them reads five index entries.
                side = side.filter(pk__lt=before) if before else side
                first = side.filter(other_type=type_id).order_by("-pk").values("pk")[:number]
                branches.append(
                    self.filter(pk__in=first)
                    .order_by()
                    .values_list("pk", "record_a_id", "record_b_id", "type_a_id", "type_b_id", "created_at")
                )
        if not branches:
            return []
        links = [
            Link(pk, a, b, type_b, at) if a == record_id else Link(pk, b, a, type_a, at)
            for pk, a, b, type_a, type_b, at in branches[0].union(*branches[1:], all=True)
        ]
        links.sort(key=lambda link: -link.association_id)
        kept: dict[int, list[Link]] = {}
        for link in links:
            section = kept.setdefault(link.other_type_id, [])
            if len(section) < number:
                section.append(link)
        return [link for section in kept.values() for link in section]

    def first_for_each(self, record_ids: Iterable[int], type_id: int) -> dict[int, list[int]]:
        """Return, for many records at once, the ids of the first two associated records of one type.

        The primary one comes first, then the oldest associations; two, so that a reader can tell "one" from
        "several". One query that reads at most two index entries per record and end, however many
        associations there are.
        """
        from .label import Labelling  # which needs this module

        columns: dict[str, Any] = {}
        for side in self.seen_from(OuterRef("pk")):
            ordered = side.filter(other_type=type_id).order_by("pk")
            for place in (0, 1):
                for name in ("pk", "other"):
                    columns[f"{name}_{len(columns)}"] = Subquery(ordered.values(name)[place : place + 1])
        # At most one row per record, by the unique index of primary labels.
        primary = Labelling.objects.filter(
            from_record=OuterRef("pk"),
            is_primary=True,
            label__to_type=type_id,
            association__archived_ends=0,
        )
        columns["primary"] = Subquery(primary.values("to_record")[:1])
        rows = Record.objects.filter(pk__in=list(record_ids)).order_by().annotate(**columns)
        found = {}
        for record_id, *values, first in rows.values_list("pk", *columns):
            links = sorted((pk, other) for pk, other in zip(values[::2], values[1::2], strict=True) if pk)
            others = [first] if first else []
            others += [other for _pk, other in links if other != first]
            found[record_id] = others[:2]
        return found

    def several_for_each(self, record_ids: Iterable[int], type_id: int, most: int) -> dict[int, Several]:
        """Return, for many records at once, how many records of one type each has, counting no further than
        `most` per end, and the id of the primary one. One query.
        """
        from .label import Labelling  # which needs this module

        sides = [
            Number(side.filter(other_type=type_id).order_by().values("pk")[:most])
            for side in self.seen_from(OuterRef("pk"))
        ]
        primary = Labelling.objects.filter(
            from_record=OuterRef("pk"), is_primary=True, label__to_type=type_id
        )
        rows = Record.objects.filter(pk__in=list(record_ids)).order_by()
        rows = rows.annotate(number=sides[0] + sides[1], primary=Subquery(primary.values("to_record")[:1]))
        return {
            pk: Several(number, primary)
            for pk, number, primary in rows.values_list("pk", "number", "primary")
        }

    def primary_for_each(self, record_ids: Iterable[int], type_id: int) -> dict[int, int]:
        """Return, for many records at once, the id of the primary associated record of one type.

        Where none is labelled as the primary one it is the oldest; a record without any is left out. One
        query.
        """
        return {pk: others[0] for pk, others in self.first_for_each(record_ids, type_id).items() if others}

    def associated_among(self, record_id: int, ids: Iterable[int]) -> dict[int, int]:
        """Return those of `ids` with which a record is associated, each with the association's id.

        One query over the pairs' own index.
        """
        pairs = [canonical(record_id, pk) for pk in ids]
        rows = self.of(record_id).among(pairs).values_list("pk", "record_a_id", "record_b_id")
        return {b if a == record_id else a: pk for pk, a, b in rows}

    def feed(self, record_id: int, number: int, before: int | None = None) -> list["Association"]:
        """Return the newest associations of a record with their records and authors: two queries."""
        # By type, since the indexes are: the newest of all are among the newest of each.
        types = [object_type.pk for object_type in schema.current().main_types]
        links = self.newest(record_id, types, number, before)
        pks = sorted((link.association_id for link in links), reverse=True)[:number]
        return list(
            self.filter(pk__in=pks).select_related("record_a", "record_b", "created_by").order_by("-pk")
        )

    def links(self, record_id: int, condition: Q = Q()) -> Q:  # noqa: B008
        """Return the condition "is associated with this record", looked up for each record by the pair.

        Only associations that fulfil `condition` count.
        """
        rows = self.live().filter(condition)
        return Q(Exists(rows.filter(record_a=record_id, record_b=OuterRef("pk")))) | Q(
            Exists(rows.filter(record_b=record_id, record_a=OuterRef("pk")))
        )


def _timeline_index(end: str, other: str) -> models.Index:
    """Return the index that timelines of the records at one end are read by: a range for each type.

    So that one of a hundred thousand notes and three meetings has its meetings at once.
    """
    return models.Index(
        fields=(f"record_{end}", f"type_{other}", "happened_at", "id", f"record_{other}"),
        name=f"associations_timeline_{end}",
        condition=Q(archived_ends=0, happened_at__isnull=False),
    )


def _pending_index(end: str) -> models.Index:
    """Return the index that the open tasks of the records at one end are read by."""
    return models.Index(
        fields=(f"record_{end}", "happened_at", "id"),
        name=f"associations_pending_{end}",
        condition=Q(archived_ends=0, is_pending=True),
    )


class Association(models.Model):
    """Two records that have to do with each other.

    One row per pair, the smaller id first: there is no second row that could disagree, so an association
    is two-way by construction. Both object types stand in the row, so that each section of a sidebar
    comes from one index range per end. Write through `associations.services` only.
    """

    record_a = models.ForeignKey(
        Record, models.CASCADE, related_name="+", verbose_name=_("record"), db_index=False
    )
    record_b = models.ForeignKey(
        Record, models.CASCADE, related_name="+", verbose_name=_("other record"), db_index=False
    )
    type_a = models.ForeignKey(ObjectType, models.PROTECT, related_name="+", editable=False, db_index=False)
    type_b = models.ForeignKey(ObjectType, models.PROTECT, related_name="+", editable=False, db_index=False)
    # How many of the two records are archived: 0 is a live association. A number and not a yes or no,
    # because archiving and restoring then add and subtract one, whatever becomes of the other record.
    archived_ends = models.PositiveSmallIntegerField(_("archived records"), default=0, editable=False)
    # Of the activity that one of the records is: what its own row says, for the other one's timeline.
    happened_at = models.DateTimeField(null=True, editable=False)
    is_pending = models.BooleanField(default=False, editable=False)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin.choices, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
        verbose_name=_("by"),
    )

    objects = AssociationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("association")
        verbose_name_plural = _("associations")
        constraints = (
            models.UniqueConstraint(fields=("record_a", "record_b"), name="associations_association_unique"),
            models.CheckConstraint(
                condition=Q(record_a__lt=F("record_b")), name="associations_association_canonical"
            ),
        )
        indexes = (
            # Each also answers which records stand at the other end without a look at the table.
            models.Index(
                fields=("record_a", "archived_ends", "type_b", "id", "record_b"), name="associations_from_a"
            ),
            models.Index(
                fields=("record_b", "archived_ends", "type_a", "id", "record_a"), name="associations_from_b"
            ),
            *(_timeline_index(end, other) for end, other in ("ab", "ba")),
            *(_pending_index(end) for end in "ab"),
            # By date, which is not the order of the ids: what an undo brings back has its date again.
            models.Index(
                fields=("record_a", "archived_ends", "type_b", "created_at", "id"),
                name="associations_since_a",
            ),
            models.Index(
                fields=("record_b", "archived_ends", "type_a", "created_at", "id"),
                name="associations_since_b",
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_a} ↔ {self.record_b}"

    @property
    def pair(self) -> Pair:
        """The two record ids, the smaller first."""
        return (self.record_a_id, self.record_b_id)

    def other_end(self, record_id: int) -> int:
        """Return the id of the record that one of the two is associated with."""
        return self.record_b_id if record_id == self.record_a_id else self.record_a_id
