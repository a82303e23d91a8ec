"""Keeps right what records have from the records that they are associated with: roll-ups and synced values.

Whatever changes associations or properties says so here, in its own transaction. What may have changed is
found by the data model's dependencies and worked out anew from the database, level by level, a constant
number of statements for thousands of records. Never a sum is added to: a record whose value follows from
others is locked first and then reads them, so of two that change at once the later one sees both.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextField

from records import derived, schema
from records import services as record_services
from records.derived import Node
from records.filters import filter_set
from records.models import ObjectType, Property, Record
from records.transactions import unit_of_work

from .models import Association, AssociationQuerySet
from .models.association import Pair

Changes = dict[int, dict[int, set[str]]]  # by type and record, the names of the properties that changed
Work = Callable[[ObjectType, Mapping[Property, set[int]], Sequence[int]], dict[int, set[str]]]


class _Aggregate(Subquery):
    """An aggregate over the column `value` of a subquery's rows."""

    def __init__(self, queryset: QuerySet, function: str, output_field: Any = None) -> None:
        self.function = function
        super().__init__(queryset, output_field=output_field or TextField())

    @property
    def template(self) -> str:  # type: ignore[override]
        """The SQL around the subquery."""
        return f"(SELECT {self.function}(rolled.value) FROM (%(subquery)s) AS rolled)"  # noqa: S608

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQLite's SQL, where a sum has to be exact, although its numbers are not."""
        template = self.template.replace("SUM(", "EXACT_SUM(")
        return self.as_sql(compiler, connection, template=template, **context)


class ExactSum:
    """SQLite's EXACT_SUM: the sum of decimals that are stored as floating-point numbers, as text."""

    def __init__(self) -> None:
        self.total: Decimal | None = None

    def step(self, value: Any) -> None:
        """Add the value of a row."""
        if value is not None:
            self.total = (self.total or Decimal(0)) + Decimal(str(value))

    def finalize(self) -> str | None:
        """Return the sum of all rows."""
        return None if self.total is None else str(self.total)


def teach_sum(sender: Any, connection: Any, **kwargs: Any) -> None:
    """Give a new connection to SQLite its EXACT_SUM."""
    if connection.vendor == "sqlite":
        connection.connection.create_aggregate("EXACT_SUM", 1, ExactSum)


# --- What happened ----------------------------------------------------------------------------------


def properties_changed(object_type: ObjectType, changes: Mapping[int, set[str]]) -> None:
    """Follow a change of properties, given by record id the names of those that changed."""
    if relevant := _feeding(object_type, changes):
        _propagate({}, {object_type.pk: relevant}, _work_out)


def links_changed(associations: Iterable[Association]) -> None:
    """Follow associations that came or went."""
    if schema.current().dependencies.levels:
        _propagate(_ends(map(_typed_pair, associations)), {}, _work_out)


def associations_of(record_ids: Sequence[int]) -> list[Association]:
    """Return what `links_changed` and `links_erased` need to know when records are deleted for good."""
    if not schema.current().dependencies.levels:
        return []
    ends = (Q(record_a__in=record_ids), Q(record_b__in=record_ids))
    return [row for end in ends for row in Association.objects.filter(end)]


def links_erased(associations: Iterable[Association]) -> None:
    """Follow associations that went with records deleted for good.

    Archived records are worked out too: what they had from those must not wait until they are restored.
    """
    if schema.current().dependencies.levels:
        work = partial(_work_out, archived_too=True)
        _propagate(_ends(map(_typed_pair, associations)), {}, work, Association.objects.all())


def archived_ends_changed(record_ids: Sequence[int], *, restored: bool) -> None:
    """Follow the archiving or restoring of records; what is restored is worked out as well."""
    if not schema.current().dependencies.level:
        return
    dirty, types = _around(record_ids)
    changed: Changes = {}
    for type_id, ids in types.items():
        kind = schema.current().type_by_id(type_id)
        if restored and kind.formulas:
            changed[type_id] = _work_out(kind, {}, sorted(ids))
    _propagate(dirty, changed, _work_out)


# --- What will be locked ----------------------------------------------------------------------------
#
# Whoever changes records locks, along with them, all records whose values may follow, in one order. Were
# these locked one after another on the way, two changes that follow each other in opposite directions
# would wait for each other.


def reach_of_properties(object_type: ObjectType, changes: Mapping[int, set[str]]) -> set[int]:
    """Return the records whose values may follow when these properties of these records change."""
    changes = {pk: _with_formulas(object_type, names) for pk, names in changes.items()}
    relevant = _feeding(object_type, changes)
    return _reach({}, {object_type.pk: relevant}) if relevant else set()


def reach_of_links(pairs: Iterable[Pair]) -> set[int]:
    """Return the records whose values may follow when these pairs are associated or dissociated."""
    if not schema.current().dependencies.levels:
        return set()
    pairs = list(pairs)
    types: dict[int, int] = {}
    for batch in record_services.batches(sorted({pk for pair in pairs for pk in pair})):
        types.update(Record.objects.filter(pk__in=batch).values_list("pk", "object_type"))
    known = [(a, types[a], b, types[b]) for a, b in pairs if a in types and b in types]
    return _reach(_ends(known), {})


def reach_of_archiving(record_ids: Sequence[int]) -> set[int]:
    """Return the records whose values may follow when these are archived or restored."""
    if not schema.current().dependencies.levels:
        return set()
    return _reach(_around(record_ids)[0], {})


def _reach(dirty: Mapping[Node, set[int]], changed: Changes) -> set[int]:
    reached: set[int] = set()

    def suppose(
        kind: ObjectType, todo: Mapping[Property, set[int]], ids: Sequence[int]
    ) -> dict[int, set[str]]:
        """Take it that every value will be another."""
        reached.update(ids)
        names = _with_formulas(kind, {prop.name for prop in todo})
        return {pk: set(names) for pk in ids}

    _propagate(dirty, changed, suppose)
    return reached


def _with_formulas(kind: ObjectType, names: set[str]) -> set[str]:
    """Return properties of a record together with those that are calculated from them."""
    sources = schema.current().dependencies.sources
    found = set(names)
    for prop in kind.formulas:
        if any(name in found for _type, name in sources[kind.name, prop.name]):
            found.add(prop.name)
    return found


# --- What follows -----------------------------------------------------------------------------------


def _feeding(object_type: ObjectType, changes: Mapping[int, set[str]]) -> dict[int, set[str]]:
    """Return those of the changes that records of other rows depend on."""
    feeding = schema.current().dependencies.feeding.get(object_type.pk)
    return {pk: names for pk, names in changes.items() if names & feeding} if feeding else {}


def _typed_pair(association: Association) -> tuple[int, int, int, int]:
    return (association.record_a_id, association.type_a_id, association.record_b_id, association.type_b_id)


def _ends(pairs: Iterable[tuple[int, int, int, int]]) -> dict[Node, set[int]]:
    """Return, by derived property, the records at whose associations it looks; pairs come typed."""
    ends: dict[tuple[int, int], set[int]] = defaultdict(set)
    for a, type_a, b, type_b in pairs:
        ends[type_a, type_b].add(a)
        ends[type_b, type_a].add(b)
    found = {}
    for kind, prop in schema.current().dependencies.linked:
        if ids := ends.get((kind.pk, _other(prop).pk)):
            found[kind.name, prop.name] = set(ids)
    return found


def _around(record_ids: Sequence[int]) -> tuple[dict[Node, set[int]], dict[int, set[int]]]:
    """Return what looks at these records or is theirs, by derived property, and the records by type."""
    dependencies = schema.current().dependencies
    dirty: dict[Node, set[int]] = defaultdict(set)
    types: dict[int, set[int]] = defaultdict(set)
    for batch in record_services.batches(record_ids):
        if dependencies.levels:
            for end in ("record_a", "record_b"):
                rows = Association.objects.filter(**{f"{end}__in": batch}).order_by()
                pairs = rows.values_list("record_a", "type_a", "record_b", "type_b")
                for node, ids in _ends(pairs).items():
                    dirty[node] |= ids
        for pk, type_id in Record.objects.filter(pk__in=batch).order_by().values_list("pk", "object_type"):
            types[type_id].add(pk)
    for kind, prop in dependencies.linked:
        dirty[kind.name, prop.name] |= types.get(kind.pk, set())
    return dirty, types


def _other(prop: Property) -> ObjectType:
    return schema.current().type(prop.derivation["type"])


def _propagate(
    dirty: Mapping[Node, set[int]], changed: Changes, work: Work, links: AssociationQuerySet | None = None
) -> None:
    """Work out anew what is dirty and what depends on what changed, to the end of the chain.

    It goes along `links`: the live associations.
    """
    links = Association.objects.live() if links is None else links
    dependencies = schema.current().dependencies
    for level in dependencies.levels:
        for kind, props in level:
            todo = {}
            for prop in props:
                ids = set(dirty.get((kind.name, prop.name), ()))
                names = {name for _type, name in dependencies.sources[kind.name, prop.name]}
                other = _other(prop)
                moved = [pk for pk, fields in changed.get(other.pk, {}).items() if fields & names]
                if ids := ids | _associated(moved, other, kind, links):
                    todo[prop] = ids
            if todo:
                found = work(kind, todo, sorted(set().union(*todo.values())))
                for pk, names in found.items():
                    changed.setdefault(kind.pk, {}).setdefault(pk, set()).update(names)


def _associated(
    record_ids: Sequence[int], here: ObjectType, there: ObjectType, links: AssociationQuerySet
) -> set[int]:
    """Return the records of one type that are associated with these of another: a query per batch."""
    found: set[int] = set()
    for batch in record_services.batches(sorted(record_ids)):
        first = links.filter(record_a__in=batch, type_b=there).order_by().values_list("record_b")
        second = links.filter(record_b__in=batch, type_a=there).order_by().values_list("record_a")
        found.update(pk for (pk,) in first.union(second))
    return found


@unit_of_work
def _work_out(
    kind: ObjectType,
    todo: Mapping[Property, set[int]],
    ids: Sequence[int],
    *,
    archived_too: bool = False,
) -> dict[int, set[str]]:
    """Work out properties of records (by property, of which), and all that follows within each record.

    Returns by record id the names of the properties that are different now. Archived records are left out,
    unless they are asked for.
    """
    changed: dict[int, set[str]] = {}
    with transaction.atomic():
        for batch in record_services.batches(ids):
            locked = record_services.lock(batch, archived=False)
            if archived_too:
                locked += record_services.lock(batch, archived=True)
            values: dict[int, dict[str, Any]] = {pk: {} for pk in locked}
            for prop, wanted in todo.items():
                chosen = [pk for pk in locked if pk in wanted]
                for pk, value in _values(prop, chosen).items():
                    values[pk][prop.name] = value
            changed |= record_services.set_derived(kind, values)
    return changed


def _values(prop: Property, record_ids: Sequence[int]) -> dict[int, Any]:
    """Return what a roll-up or a synced property is for each of these records."""
    if not record_ids:
        return {}
    if prop.derivation["from"] == "synced":
        return _synced(prop, record_ids)
    return _rolled_up(prop, record_ids)


def _synced(prop: Property, record_ids: Sequence[int]) -> dict[int, Any]:
    other = _other(prop)
    primary = Association.objects.primary_for_each(record_ids, other.pk)
    source = other.properties[prop.derivation["property"]]
    records: Mapping[int, Any] = other.model.objects.in_bulk(set(primary.values()))
    found = dict.fromkeys(record_ids)
    for pk, other_id in primary.items():
        if other_id in records:
            value = source.value_of(records[other_id])
            found[pk] = None if value == "" else value
    return found


def _rolled_up(prop: Property, record_ids: Sequence[int]) -> dict[int, Any]:
    """Return a roll-up for each of these records: one query."""
    given, other = prop.derivation, _other(prop)
    bound, _active = filter_set(other, derived.where_query(given), other.model.objects.all())
    rows, output_field = bound.qs.order_by(), None
    if given["function"] == "count":
        rows = rows.annotate(value=F("pk"))
    else:
        source = other.properties[given["property"]]
        rows = rows.with_values([source])
        rows = rows.annotate(value=F(source.lookup))
        output_field = rows.query.annotations["value"].output_field
    functions = {
        "count": ["COUNT"],
        "sum": ["SUM"],
        "average": ["SUM", "COUNT"],
        "min": ["MIN"],
        "max": ["MAX"],
    }[given["function"]]
    columns = {}
    for place, side in enumerate(Association.objects.seen_from(OuterRef(OuterRef("pk")))):
        ids = side.filter(other_type=other.pk).order_by().values("other")  # type: ignore[misc]
        linked = rows.filter(pk__in=ids)
        for function in functions:
            kept = output_field if function in ("MIN", "MAX") else None
            columns[f"{function}_{place}"] = _Aggregate(linked.values("value"), function, kept)
    records = Record.objects.filter(pk__in=list(record_ids)).order_by().annotate(**columns)
    return {row["pk"]: _joined(given["function"], row) for row in records.values("pk", *columns)}


def _joined(function: str, row: Mapping[str, Any]) -> Any:
    """Return what both ends' associations come to together."""
    if function in ("min", "max"):
        known = [row[f"{function.upper()}_{place}"] for place in (0, 1)]
        choose: Callable[..., Any] = min if function == "min" else max
        return choose((one for one in known if one is not None), default=None)
    total = {
        name: sum(Decimal(str(row[f"{name}_{place}"] or 0)) for place in (0, 1))
        for name in ("SUM", "COUNT")
        if f"{name}_0" in row
    }
    if function == "average":
        return total["SUM"] / total["COUNT"] if total["COUNT"] else None
    return total["SUM" if function == "sum" else "COUNT"]


# --- All of them ------------------------------------------------------------------------------------


@schema.pinned()
def recalculate(nodes: Iterable[Node] | None = None) -> dict[Node, int]:
    """Work out derived properties (or all there are) for every live record, batch by batch.

    Returns, by property, in how many records the value was another: 0 but after a change of the data model.
    """
    dependencies = schema.current().dependencies
    chosen = set(dependencies.level if nodes is None else nodes)
    differing: dict[Node, int] = dict.fromkeys(sorted(chosen), 0)
    passes: dict[tuple[int, str], list[Property]] = {}
    for node in chosen:
        passes.setdefault((dependencies.level[node], node[0]), []).append(
            schema.current().type(node[0]).properties[node[1]]
        )
    for (_level, type_name), props in sorted(passes.items(), key=lambda one: one[0]):
        kind = schema.current().type(type_name)
        linked = [prop for prop in props if derived.is_linked(prop)]
        last = 0
        rows = Record.objects.live().of_type(kind).order_by("pk").values_list("pk", flat=True)
        while batch := list(rows.filter(pk__gt=last)[: record_services.BATCH]):
            last = batch[-1]
            todo = {prop: set(batch) for prop in linked}
            for names in _work_out(kind, todo, batch).values():
                for name in names:
                    if (type_name, name) in differing:
                        differing[type_name, name] += 1
    return differing
