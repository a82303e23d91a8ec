"""Derived properties: values that nobody types in, since they follow from others.

A property's `derivation` says where its value comes from:

- {"from": "formula", "formula": "amount * 0.2"}: from other properties of the record;
- {"from": "rollup", "type": "deals", "function": "sum", "property": "amount", "where": {"dealstage__open":
  ["1"]}}: from the associated records of a type, narrowed as the address of a list narrows them;
- {"from": "synced", "type": "companies", "property": "industry"}: from the primary associated record.

Values are stored like any other's, so lists filter and sort by them. What depends on what is a graph without
cycles over (object type, property). Formulas are worked out here, whenever a record is saved; what comes
from associated records is kept right by the floor above (`associations.rollups`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import formats
from django.utils.translation import gettext as _

from . import activity_facts, formulas
from .signals import derivations_changed

if TYPE_CHECKING:
    from .models import ObjectType, Property, Record
    from .schema import Schema

Node = tuple[str, str]  # an object type's name and a property's
FUNCTIONS = ("sum", "count", "average", "min", "max")
ZERO = ("sum", "count")  # of nothing these are 0; the others have no value
SHAPES = {  # what each way needs, and what it may have besides
    "formula": ({"formula"}, set()),
    "rollup": ({"type", "function"}, {"property", "where"}),
    "synced": ({"type", "property"}, set()),
}


def is_linked(prop: "Property") -> bool:
    """Say whether a property's value comes from associated records."""
    return prop.derivation.get("from") in ("rollup", "synced")


def where_query(derivation: Mapping[str, Any]) -> QueryDict:
    """Return the conditions of a roll-up as the address of a list."""
    query = QueryDict(mutable=True)
    for name, values in derivation.get("where", {}).items():
        query.setlist(name, values)
    return query


def clean_shape(derivation: Any) -> None:
    """Refuse a derivation that says too little or too much. Raises ValidationError."""
    way = derivation.get("from") if isinstance(derivation, dict) else None
    if way not in SHAPES:
        raise ValidationError(_("Say where the value comes from: formula, rollup or synced."))
    needed, possible = SHAPES[way]
    given = derivation.keys() - {"from"}
    if missing := sorted(needed - given):
        raise ValidationError(_("“%(key)s” is missing.") % {"key": missing[0]})
    if unknown := sorted(given - needed - possible):
        raise ValidationError(_("“%(key)s” means nothing here.") % {"key": unknown[0]})
    for key in given - {"where"}:
        if not isinstance(derivation[key], str) or not derivation[key].strip():
            raise ValidationError(_("“%(key)s” has to be text.") % {"key": key})
    where = derivation.get("where", {})
    well_formed = isinstance(where, dict) and all(
        isinstance(values, list) and values and all(isinstance(value, str) for value in values)
        for values in where.values()
    )
    if not well_formed:
        raise ValidationError(_("“where” has to be conditions, each with its values."))


# --- What depends on what --------------------------------------------------------------------------


@dataclass
class Dependencies:
    """How the properties of a data model depend on one another."""

    # From the first to the last: types with those of their properties that come from associated records;
    # whatever they are made of comes before.
    levels: "list[list[tuple[ObjectType, list[Property]]]]" = field(default_factory=list)
    level: dict[Node, int] = field(default_factory=dict)  # of each derived property; 0 needs no other record
    sources: dict[Node, set[Node]] = field(default_factory=dict)  # of each derived property
    feeding: dict[int, set[str]] = field(default_factory=dict)  # by type, what other records depend on
    problems: dict[Node, str] = field(default_factory=dict)

    @property
    def linked(self) -> "Iterator[tuple[ObjectType, Property]]":
        """The properties that come from associated records, in the order in which to work them out."""
        return ((kind, prop) for level in self.levels for kind, props in level for prop in props)


def dependencies(schema: "Schema") -> Dependencies:
    """Return how the properties of a data model depend on one another; fill in the types' `formulas`.

    Derived properties that make no sense are among the problems, and are otherwise left out.
    """
    found = Dependencies()
    kinds = {kind.name: kind for kind in schema.types}
    waiting: dict[Node, Property] = {}
    for kind in schema.everything:
        kind.formulas = []
        waiting |= {(kind.name, prop.name): prop for prop in kind.properties.values() if prop.derivation}
    if not waiting:
        return found
    for node, prop in list(waiting.items()):
        if prop.object_type.name not in kinds:  # of an archived type
            del waiting[node]
            continue
        try:
            found.sources[node] = _sources(prop, kinds)
        except ValidationError as error:
            found.problems[node] = " ".join(error.messages)
            del waiting[node]
    levels: dict[int, dict[str, list[Property]]] = {}
    while ready := [node for node in waiting if not found.sources[node] & waiting.keys()]:
        for node in ready:
            prop = waiting.pop(node)
            kind = kinds[node[0]]
            if broken := found.sources[node] & found.problems.keys():
                name = next(iter(broken))[1]
                found.problems[node] = _("“%(name)s”, which it is made from, cannot be worked out.") % {
                    "name": name
                }
                continue
            level = max((found.level.get(source, 0) for source in found.sources[node]), default=0)
            level += is_linked(prop)
            if level and prop.unique:
                found.problems[node] = _(
                    "It cannot be unique: changes of other records would be refused because of it."
                )
                continue
            if is_linked(prop):
                levels.setdefault(level, {}).setdefault(kind.name, []).append(prop)
                other = kinds[prop.derivation["type"]]
                _share_options(prop, other)
                found.feeding.setdefault(other.pk, set()).update(name for _type, name in found.sources[node])
            else:
                kind.formulas.append(prop)
            found.level[node] = level
    for type_name, name in waiting:
        cycle = " → ".join(name for _type, name in _cycle((type_name, name), found.sources, waiting))
        found.problems[type_name, name] = _("It would be made from itself: %(cycle)s.") % {"cycle": cycle}
    found.levels = [
        [(kinds[name], props) for name, props in levels[number].items()] for number in sorted(levels)
    ]
    return found


def _share_options(prop: "Property", other: "ObjectType") -> None:
    """Let a synced dropdown have the options of what it is synced with, also when those change."""
    if prop.derivation["from"] == "synced":
        prop.options = other.properties[prop.derivation["property"]].options


def _cycle(start: Node, sources: dict[Node, set[Node]], waiting: Mapping[Node, Any]) -> list[Node]:
    path = [start]
    while True:
        step = next(node for node in sorted(sources[path[-1]]) if node in waiting)
        path.append(step)
        if step in path[:-1]:
            return path[path.index(step) :]


def _sources(prop: "Property", kinds: "dict[str, ObjectType]") -> set[Node]:
    """Return what a property is made from. Raises ValidationError where that makes no sense."""
    given = prop.derivation
    clean_shape(given)
    if given["from"] == "formula":
        return _formula_sources(prop)
    other = kinds.get(given["type"])
    if other is None:
        raise ValidationError(_("There is no object type “%(name)s”.") % {"name": given["type"]})
    source = None
    if given["from"] == "synced" or given["function"] != "count":
        source = other.properties.get(given.get("property", ""))
        if source is None:
            raise ValidationError(
                _("%(type)s have no property “%(name)s”.")
                % {"type": other.plural_label, "name": given.get("property", "")}
            )
    elif "property" in given:
        raise ValidationError(_("What is counted are records: leave out the property."))
    if given["from"] == "synced":
        assert source is not None  # noqa: S101
        _require_synced(prop, source)
        return {(other.name, source.name)}
    _require_rollup(prop, source, given["function"])
    names = {source.name} if source is not None else set()
    return {(other.name, name) for name in names | _where_names(other, given)}


def _formula_sources(prop: "Property") -> set[Node]:
    kind = prop.object_type
    families = {one.name: one.kind.formula_family for one in kind.properties.values()}
    try:
        formula = formulas.parse(prop.derivation["formula"])
        result = formula.family(families)
    except formulas.FormulaError as error:
        raise ValidationError(str(error)) from error
    wanted = prop.kind.formula_family
    if result == formulas.STAGE:
        result = formulas.TEXT
    if result != wanted or prop.field_type == "datetime":
        raise ValidationError(
            _("The formula gives %(found)s, which a property of the type “%(type)s” cannot hold.")
            % {"found": formulas.family_word(result), "type": prop.get_field_type_display()}
        )
    return {(kind.name, name) for name in formula.names}


def _require_rollup(prop: "Property", source: "Property | None", function: str) -> None:
    if function not in FUNCTIONS:
        raise ValidationError(
            _("There is no function “%(name)s”; there are %(known)s.")
            % {"name": function, "known": ", ".join(FUNCTIONS)}
        )
    family = source.kind.formula_family if source else formulas.NUMBER
    possible = (formulas.NUMBER, formulas.DATE) if function in ("min", "max") else (formulas.NUMBER,)
    if family not in possible:
        words = _(" or ").join(map(formulas.family_word, possible))
        raise ValidationError(
            _("“%(function)s” needs a property that is %(words)s.") % {"function": function, "words": words}
        )
    if prop.kind.formula_family != family:
        raise ValidationError(_does_not_hold(prop, family))


def _require_synced(prop: "Property", source: "Property") -> None:
    family = source.kind.formula_family
    same = prop.field_type == source.field_type and source.kind.in_json
    as_text = prop.field_type in ("text", "textarea") and family in (formulas.TEXT, formulas.STAGE)
    alike = prop.kind.formula_family == family and family in (formulas.NUMBER, formulas.DATE)
    if not (same or as_text or alike):
        raise ValidationError(_does_not_hold(prop, source.get_field_type_display()))


def _does_not_hold(prop: "Property", found: str) -> str:
    return _("A property of the type “%(type)s” does not hold this: %(found)s.") % {
        "type": prop.get_field_type_display(),
        "found": formulas.family_word(found),
    }


def _where_names(other: "ObjectType", given: Mapping[str, Any]) -> set[str]:
    """Return the properties that the conditions of a roll-up are about. Raises ValidationError."""
    from .filters import filter_set
    from .named_filters import named_filters

    query = where_query(given)
    # Only conditions on the records' own properties, which all have to hold, can be kept up.
    elsewhere = {name for name in query if "." in name.partition("__")[0]}
    named = [] if elsewhere else named_filters(other, query)
    if unknown := elsewhere or query.keys() - {one.parameter for one in named}:
        raise ValidationError(_("“%(name)s” is no condition.") % {"name": min(unknown)})
    _bound, active = filter_set(other, query, other.model.objects.none())
    wrong = [f"{one.parameter}: {message}" for one in active for message in one.errors]
    if wrong:
        raise ValidationError(wrong)
    names = {one.subject.prop.name for one in named}
    for prop in (other.properties[name] for name in names if name in other.properties):
        if prop.column in activity_facts.COLUMNS:
            raise ValidationError(_("Roll-ups do not follow “%(name)s”.") % {"name": prop.title})
    return names


# --- Changes of the data model ---------------------------------------------------------------------


def settle(before: "Schema", after: "Schema", *, recalculate: bool = True) -> None:
    """Bring derived values in line with a data model that has changed, within its transaction.

    Raises ValidationError, by "type.properties.name", where a derived property makes no sense any more.
    """
    new = {
        f"{type_name}.properties.{name}": problem
        for (type_name, name), problem in after.dependencies.problems.items()
        if (type_name, name) not in before.dependencies.problems
    }
    if new:
        raise ValidationError(new)
    known = dict(_meanings(before))
    changed = [node for node, meaning in _meanings(after) if known.get(node) != meaning]
    if changed and recalculate:
        derivations_changed.send(sender=None, nodes=changed)


def _meanings(schema: "Schema") -> Iterator[tuple[Node, Any]]:
    """Yield each derived property with all that its values follow from, its sources' included."""
    found: dict[Node, Any] = {}

    def meaning(node: Node) -> Any:
        if node not in found:
            kind = schema.type(node[0])
            prop = kind.properties[node[1]]
            facts: list[Any] = [prop.field_type, prop.derivation, [one["value"] for one in prop.options]]
            if prop.field_type == "stage":
                facts += [
                    (stage.pk, stage.name, stage.outcome, stage.probability) for stage in kind.stages.values()
                ]
            facts += [meaning(source) for source in sorted(schema.dependencies.sources.get(node, ()))]
            found[node] = facts
        return found[node]

    return ((node, meaning(node)) for node in schema.dependencies.level)


# --- Values ----------------------------------------------------------------------------------------


class _Operands(dict[str, Any]):
    """The values of a record's properties as a formula knows them, each looked up when it is asked for."""

    def __init__(self, record: "Record", kind: "ObjectType") -> None:
        super().__init__()
        self.record, self.kind = record, kind

    def __missing__(self, name: str) -> Any:
        self[name] = formulas.operand(self.kind.properties[name].value_of(self.record))
        return self[name]


def calculate(record: "Record", kind: "ObjectType") -> None:
    """Set the calculated properties of a record, and what a new one has before it is associated."""
    if record._state.adding:
        for prop in kind.properties.values():
            if prop.derivation.get("function") in ZERO and prop.name not in record.properties:
                put(record, prop, 0)
    for prop in kind.formulas:
        put(record, prop, evaluate(prop.derivation["formula"], record, kind))


def preview(formula: str, kind: "ObjectType", example: "Record | None") -> str:
    """Return what a formula comes to for a record, as text for a reader. Raises ValidationError."""
    families = {one.name: one.kind.formula_family for one in kind.properties.values()}
    try:
        formulas.parse(formula).family(families)
    except formulas.FormulaError as error:
        raise ValidationError(str(error)) from error
    value = evaluate(formula, example, kind) if example is not None else None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        # Without the decimals that say nothing, and no more of them than a reader can use.
        return formats.number_format(round(value, 6).normalize(), use_l10n=True)
    return "" if value is None else str(formats.localize(value))


def evaluate(formula: str, record: "Record", kind: "ObjectType") -> Any:
    """Return what a formula comes to for a record."""
    # New operands for each formula: one may be made from what another came to.
    return formulas.parse(formula).value(_Operands(record, kind))


def put(record: "Record", prop: "Property", value: Any) -> None:
    """Give a record a derived value, as the property can hold it; empty where it cannot."""
    prop.kind.store(record, prop, prop.kind.blank if value is None else prop.kind.fitted(prop, value))
