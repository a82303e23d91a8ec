"""How the sidebar of an object type's records is laid out: order of its sections, and the cards of each.

Administrators say it in the settings or in a definition; it stands in memory with the data model.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from records import data_model, definition, schema
from records.models import ObjectType, Property

from .models import SidebarSection

KEPT = "sidebar_sections"  # where the data model in memory has the rows, by the id of the object type
MOST_PROPERTIES = 6  # on a card
Sort = SidebarSection.Sort


@dataclass(frozen=True)
class Layout:
    """How a sidebar shows the associated records of one type."""

    other: ObjectType
    sort: str = Sort.NEWEST
    chosen: tuple[str, ...] | None = None  # names of properties; None: the type's secondary ones

    @property
    def properties(self) -> list[Property]:
        """The properties on a card; what has been archived since is left out."""
        if self.chosen is None:
            return self.other.secondary
        return [self.other.properties[name] for name in self.chosen if name in self.other.properties]

    @property
    def sort_label(self) -> Any:
        """The order of the cards, as a reader knows it."""
        return Sort(self.sort).label


def layouts(object_type: ObjectType) -> list[Layout]:
    """Return the layout of a type's sidebar, a section per object type there is, in order. No query.

    Activities have none: they stand on the timeline.
    """
    current = schema.current()
    rows = current.extras[KEPT].get(object_type.pk, ())
    placed = {row.other_type_id: row for row in rows}
    types = {kind.pk: kind for kind in current.main_types}
    order = [*(pk for pk in placed if pk in types), *(pk for pk in types if pk not in placed)]
    return [_layout(types[pk], placed.get(pk)) for pk in order]


def is_default(object_type: ObjectType) -> bool:
    """Whether nobody has changed the layout of a type's sidebar. No query."""
    return not schema.current().extras[KEPT].get(object_type.pk)


def change(object_type: ObjectType, other: ObjectType, *, sort: str, properties: Iterable[str]) -> None:
    """Say how the cards of one section are sorted, and what they show.

    As long as that is what the settings of the other type say, they go on following those. Raises
    ValidationError, as `arrange` does.
    """
    names = tuple(dict.fromkeys(properties))
    chosen = None if list(names) == [prop.name for prop in other.secondary] else names
    changed = Layout(other, sort, chosen)
    with data_model.changing():
        _check(changed)
        found = layouts(object_type)
        _write(object_type, [changed if one.other.pk == other.pk else one for one in found])


def move(
    object_type: ObjectType, other: ObjectType, *, up: bool, among: Callable[[ObjectType], bool]
) -> None:
    """Let a section change places with the one before or behind it; the first and the last stay.

    `among` says of a type whether its section is one of those that are seen.
    """
    with data_model.changing():
        found = layouts(object_type)
        seen = [place for place, one in enumerate(found) if among(one.other)]
        at = next((at for at, place in enumerate(seen) if found[place].other.pk == other.pk), -1)
        to = at - 1 if up else at + 1
        if at < 0 or not 0 <= to < len(seen):
            return
        found[seen[at]], found[seen[to]] = found[seen[to]], found[seen[at]]
        _write(object_type, found)


def reset(object_type: ObjectType) -> None:
    """Forget what was said of a type's sidebar."""
    with data_model.changing():
        SidebarSection.objects.filter(object_type=object_type).delete()


def arrange(object_type: ObjectType, given: Mapping[str, Mapping[str, Any]]) -> bool:
    """Make this the layout of a type's sidebar, by name of other types, in order; return whether it is new.

    Each says `sort`, `properties`, both or neither. Sections that are not named stand behind, as they are
    without settings. Raises ValidationError.
    """
    with data_model.changing():
        types = {kind.name: kind for kind in ObjectType.objects.filter(archived_at__isnull=True)}
        if unknown := [name for name in given if name not in types]:
            raise ValidationError(_("There is no object type “%(name)s”.") % {"name": unknown[0]})
        before = _rows(object_type)
        named = [
            Layout(types[name], said.get("sort", Sort.NEWEST), _tuple(said.get("properties")))
            for name, said in given.items()
        ]
        for one in named:
            _check(one)
        rows = SidebarSection.objects.filter(object_type=object_type)
        rows.exclude(other_type__in=[one.other for one in named]).delete()
        _write(object_type, named)
        return _rows(object_type) != before


def _layout(other: ObjectType, row: SidebarSection | None) -> Layout:
    return Layout(other, row.sort, _tuple(row.properties)) if row else Layout(other)


def _tuple(names: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _write(object_type: ObjectType, found: Iterable[Layout]) -> None:
    rows = [
        SidebarSection(
            object_type=object_type,
            other_type=one.other,
            position=position,
            sort=one.sort,
            properties=None if one.chosen is None else list(one.chosen),
        )
        for position, one in enumerate(found)
    ]
    SidebarSection.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("object_type", "other_type"),
        update_fields=("position", "sort", "properties"),
    )


def _check(layout: Layout) -> None:
    if layout.sort not in Sort.values:
        told = {"sort": layout.sort, "choices": ", ".join(Sort.values)}
        raise ValidationError(_("“%(sort)s” is none of %(choices)s.") % told)
    names = set(layout.chosen or ())
    if len(names) > MOST_PROPERTIES:
        raise ValidationError(_("A card shows at most %(most)s properties.") % {"most": MOST_PROPERTIES})
    known = layout.other.property_rows.filter(name__in=names).values_list("name", flat=True)
    if unknown := names - set(known):
        raise ValidationError(_("There is no property “%(name)s”.") % {"name": min(unknown)})


def _rows(object_type: ObjectType) -> list[tuple[Any, ...]]:
    rows = SidebarSection.objects.filter(object_type=object_type).order_by("position", "pk")
    return list(rows.values_list("other_type", "sort", "properties"))


class Sidebar(definition.Part):
    """The key `sidebar` of a type in a definition: by name of the other type, in order, its cards."""

    key = "sidebar"

    def apply(self, object_type: ObjectType, given: Any) -> bool:
        """Lay out the sidebar of a type. Raises ValidationError."""
        if not isinstance(given, dict):
            raise ValidationError(_("Sections by the name of their object type are expected here."))
        for name, said in given.items():
            self._check(name, {} if said is None else said)
        return arrange(object_type, {name: said or {} for name, said in given.items()})

    def _check(self, name: Any, said: Any) -> None:
        if not isinstance(name, str) or not isinstance(said, dict) or set(said) - {"sort", "properties"}:
            raise ValidationError(_("Of a section, “sort” and “properties” can be said."))
        names = said.get("properties", [])
        if not isinstance(names, list) or any(not isinstance(one, str) for one in names):
            raise ValidationError(_("A list of names of properties is expected here."))

    def export(self, object_type: ObjectType, exported: Sequence[ObjectType]) -> Any:
        """Return the layout of a type's sidebar, or None where nobody has changed it."""
        if is_default(object_type):
            return None
        told: dict[str, dict[str, Any]] = {}
        for one in layouts(object_type):
            said = told[one.other.name] = {}
            if one.sort != Sort.NEWEST:
                said["sort"] = str(one.sort)
            if one.chosen is not None:
                said["properties"] = [prop.name for prop in one.properties]
        return told


def _load() -> dict[int, list[SidebarSection]]:
    found: dict[int, list[SidebarSection]] = {}
    for row in SidebarSection.objects.order_by("position", "pk"):
        found.setdefault(row.object_type_id, []).append(row)
    return found


def register() -> None:
    """Keep the layouts with the data model, and read them from definitions."""
    schema.loaders[KEPT] = _load
    definition.parts.append(Sidebar())
