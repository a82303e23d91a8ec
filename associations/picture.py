"""The neighbourhood of a record: what is associated with it, what is with that, and which with each other.

`picture_layout` says where each of them is drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from records import schema
from records.models import ObjectType, Record

from . import labels
from .first_links import first_links
from .labels import Word
from .models import Association, SidebarSection
from .models.association import Number
from .sidebar_layout import layouts

STEPS = (1, 2)
NEAR, OF_A_TYPE = {1: 32, 2: 16}, {1: 8, 2: 4}  # records one step away, by the steps that are shown
FURTHER = 3  # records behind each of them
COUNTED = 100  # associations with records of a type up to which those of a neighbour are counted


@dataclass(frozen=True)
class Node:
    """A record in a picture."""

    record: Record
    step: int = 0  # 0 for the one whose picture it is
    via: int = 0  # the id of the record behind which it is drawn

    @property
    def pk(self) -> int:
        """The record's id."""
        return self.record.pk

    @property
    def kind(self) -> ObjectType:
        """The record's object type."""
        return self.record.kind


@dataclass(frozen=True)
class More:
    """How many associated records are not shown behind one that is, and where they are."""

    holder: Node
    number: int
    kind: ObjectType | None = None  # None where they are of any type
    and_more: bool = False  # they were not counted to the end

    @property
    def via(self) -> int:
        """The id of the record behind which they are."""
        return self.holder.pk

    @property
    def url(self) -> str:
        """The page that shows them."""
        if self.kind:
            return reverse("associations:section", args=[self.holder.kind.name, self.via, self.kind.name])
        return f"{self.holder.record.get_absolute_url()}?tab=associations"


class Edge(NamedTuple):
    """An association of two records that are shown, the nearer first, and what each calls the other."""

    one: Node
    other: Node
    words: Sequence[Word]  # what the other is called on the page of the one
    back: Sequence[Word]


@dataclass(frozen=True)
class Picture:
    """A record, those around it, their associations, and how many more there are."""

    centre: Node
    steps: int
    nodes: list[Node]  # without the centre, the near ones first
    edges: list[Edge]
    more: list[More]
    counts: dict[ObjectType, int]  # of the centre

    @property
    def near(self) -> list[Node]:
        """The records that are one step away."""
        return [node for node in self.nodes if node.step == 1]

    def words(self, node: Node) -> Sequence[Word]:
        """Return what a record is called on the page of the one behind which it is drawn."""
        return self._words.get(node.pk, ())

    @cached_property
    def _words(self) -> dict[int, Sequence[Word]]:
        return {edge.other.pk: edge.words for edge in self.edges if edge.one.pk == edge.other.via}

    @property
    def rows(self) -> list[tuple[Node, list[tuple[Node, Sequence[Word]]]]]:
        """The picture as a table: each record, whom it is associated with, and what it is called there."""
        ties: dict[int, list[tuple[Node, Sequence[Word]]]] = {node.pk: [] for node in self.nodes}
        for one, other, words, back in self.edges:
            ties[other.pk].append((one, words))
            if one.step:
                ties[one.pk].append((other, back))
        return [(node, ties[node.pk]) for node in self.nodes]


def picture(record: Record, user: Any, steps: int = 1) -> Picture:
    """Return the picture of a record's neighbourhood of one or two steps.

    Five queries, one more where there are labels, and four more for two steps. What they read is bounded, but
    for the record's counts: all that is shown comes from the beginning of index ranges.
    """
    centre = Node(record)
    counted = Association.objects.counts_by_type(record.pk)
    counts = {one.other: counted[one.other.pk] for one in layouts(record.kind) if counted.get(one.other.pk)}
    most = min(OF_A_TYPE[steps], max(1, NEAR[steps] // max(1, len(counts))))
    links = first_links(record, {kind: _sort(record, kind) for kind in counts}, most)
    visible = _visible(user, [link.other_id for link in links])
    near = [Node(visible[link.other_id], 1, record.pk) for link in links if link.other_id in visible]
    behind = _behind([node.pk for node in near]) if steps > 1 and near else {}
    nodes = [*near, *_further(near, behind, record.pk, user)]
    edges = _edges([centre, *nodes])
    more = [
        More(centre, rest, kind)
        for kind, number in counts.items()
        if (rest := number - sum(one.step == 1 and one.kind == kind for one in nodes)) > 0
    ]
    more += _more_behind([one for one in nodes if one.step == 1], behind, edges)
    return Picture(centre, steps, nodes, edges, more, counts)


def _sort(record: Record, kind: ObjectType) -> str:
    """Return which associated records of a type come first: those with labels, where there are labels."""
    words = labels.words(record.object_type_id, kind.pk)
    return SidebarSection.Sort.LABELLED if labels.telling(words) else SidebarSection.Sort.NEWEST


class _Behind(NamedTuple):
    """What is associated with a neighbour: how many, whether they were counted to the end, the newest."""

    number: int
    and_more: bool
    newest: list[int]


def _visible(user: Any, ids: Iterable[int]) -> dict[int, Record]:
    """Return those of some records that a user may see, by id. One query."""
    return Record.objects.visible_to(user).in_bulk(set(ids))


def _behind(ids: Sequence[int]) -> dict[int, _Behind]:
    """Return what is associated with each of some records, the newest FURTHER of each type. Two queries.

    Per record, type and end they read FURTHER index entries, and COUNTED to count.
    """
    columns: dict[str, Any] = {}
    for kind in schema.current().main_types:
        for end, side in enumerate(Association.objects.seen_from(OuterRef("pk"))):
            rows = side.filter(**{"other_type": kind.pk})
            columns[f"number_{kind.pk}_{end}"] = Number(rows.order_by().values("pk")[:COUNTED])
            for place in range(FURTHER):
                first = rows.order_by("-pk").values("pk")[place : place + 1]
                columns[f"first_{kind.pk}_{end}_{place}"] = Subquery(first)
    found = Record.objects.filter(pk__in=ids).order_by().annotate(**columns).values("pk", *columns)
    per_record = {row.pop("pk"): row for row in found}
    firsts = {
        pk: sorted(filter(None, (row[name] for name in row if name.startswith("first"))), reverse=True)
        for pk, row in per_record.items()
    }
    wanted = {one for pks in firsts.values() for one in pks}
    read = Association.objects.filter(pk__in=wanted).order_by()
    ends = {pk: (a, b) for pk, a, b in read.values_list("pk", "record_a_id", "record_b_id")}
    behind = {}
    for pk, row in per_record.items():
        numbers = [row[name] for name in row if name.startswith("number")]
        newest = [ends[one][0] if ends[one][1] == pk else ends[one][1] for one in firsts[pk]]
        behind[pk] = _Behind(sum(numbers), COUNTED in numbers, newest)
    return behind


def _further(near: Sequence[Node], behind: dict[int, _Behind], centre: int, user: Any) -> list[Node]:
    """Return the records two steps away, the newest behind each neighbour, none twice. Two queries."""
    if not behind:
        return []
    candidates = {pk for one in behind.values() for pk in one.newest}
    taken = {centre, *(node.pk for node in near), *Association.objects.associated_among(centre, candidates)}
    chosen: dict[int, int] = {}
    for node in near:
        new = [pk for pk in behind[node.pk].newest if pk not in taken][:FURTHER]
        taken.update(new)
        chosen |= dict.fromkeys(new, node.pk)
    visible = _visible(user, chosen)
    return [Node(visible[pk], 2, via) for pk, via in chosen.items() if pk in visible]


def _edges(nodes: Sequence[Node]) -> list[Edge]:
    """Return the associations among some records. Two queries."""
    by_id = {node.pk: node for node in nodes}
    order = {pk: place for place, pk in enumerate(by_id)}
    among = Association.objects.live().filter(record_a__in=by_id, record_b__in=by_id).order_by("pk")
    rows = list(among.values_list("pk", "record_a_id", "record_b_id"))
    words = labels.both_ways([pk for pk, _a, _b in rows]) if rows else {}
    edges = []
    for _pk, *ends in rows:
        one, other = sorted(ends, key=order.__getitem__)
        said, back = (labels.telling(words.get(way, ())) for way in ((one, other), (other, one)))
        edges.append(Edge(by_id[one], by_id[other], said, back))
    return edges


def _more_behind(near: Iterable[Node], behind: dict[int, _Behind], edges: Iterable[Edge]) -> list[More]:
    """Return how many more are associated with each neighbour than are shown."""
    drawn: dict[int, int] = {}
    for one, other, _words, _back in edges:
        for node in (one, other):
            drawn[node.pk] = drawn.get(node.pk, 0) + 1
    return [
        More(node, rest, and_more=behind[node.pk].and_more)
        for node in near
        if node.pk in behind and (rest := behind[node.pk].number - drawn.get(node.pk, 0)) > 0
    ]
