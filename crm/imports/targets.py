"""What the column of a file can become: a property, the name of an associated record, an id, a label.

Each has a key, by which forms and stored answers name it:

    contacts.email          the property of the record of that name in a row
    contacts.*name          first and last name from a full name
    contacts.*id            the record's id in Kith
    contacts>companies      names the associated record of that type
    contacts+companies      the label of the association of the two records of a row
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from associations import labels
from associations.type_pairs import may_be_associated, partners
from records import schema
from records.models import ObjectType, Property

FULL_NAME, ID = "*name", "*id"
NAME_PROPERTIES = ["firstname", "lastname"]


@dataclass(frozen=True)
class Side:
    """A record that each row of a file holds."""

    alias: str
    object_type: ObjectType
    number: int = 0  # which one of two of the same type it is

    def __str__(self) -> str:
        name = self.object_type.singular_label
        return f"{name} {self.number}" if self.number else name


@dataclass(frozen=True)
class Target:
    """What a column can become."""

    key: str
    label: str
    side: Side
    prop: Property | None = None  # whose value it is
    other: ObjectType | None = None  # the type of the record that it names
    beside: Side | None = None  # the other record of the row, whose association it labels

    @property
    def is_full_name(self) -> bool:
        """Whether it is a first and a last name."""
        return self.key.endswith(f".{FULL_NAME}")

    @property
    def is_id(self) -> bool:
        """Whether it is the id of a record in Kith."""
        return self.key.endswith(f".{ID}")

    @property
    def properties(self) -> list[str]:
        """The names of the properties that it sets."""
        if self.is_full_name:
            return NAME_PROPERTIES
        return [self.prop.name] if self.prop else []

    @property
    def title(self) -> str:
        """Its label with the record's."""
        return self.label if self.beside else f"{self.side} › {self.label}"


def sides(type_names: Iterable[str]) -> list[Side]:
    """Return the records that a row holds; two of one type have names of their own.

    Raises schema.UnknownObjectType.
    """
    names = list(type_names)
    found = []
    for place, name in enumerate(names):
        object_type = schema.current().type(name)
        several = names.count(name) > 1
        number = names[: place + 1].count(name) if several else 0
        found.append(Side(f"{name}_{number}" if number > 1 else name, object_type, number))
    return found


def settable(object_type: ObjectType) -> list[Property]:
    """Return the properties that a file can give."""
    return [prop for prop in object_type.properties.values() if not prop.read_only]


class Targets:
    """All that the columns of a file can become."""

    def __init__(self, here: list[Side], *, only_associations: bool = False) -> None:
        self.sides = here
        self.only_associations = only_associations

    @cached_property
    def groups(self) -> list[tuple[str, list[Target]]]:
        """The targets under their headings."""
        found = []
        for side in self.sides:
            found.append((str(side), list(self._own(side))))
        if not self.only_associations:
            for side in self.sides:
                others = [kind for kind in partners(side.object_type) if not kind.is_activity]
                heading = _("%(type)s is associated with") % {"type": side}
                named = [self._named(side, other) for other in others]
                if named:
                    found.append((heading, named))
        words = [
            Target(
                f"{one.alias}+{other.alias}",
                _("Label: %(one)s – %(other)s") % {"one": one, "other": other},
                one,
                beside=other,
            )
            for one, other in self.pairs
        ]
        if words:
            found.append((_("Label of the association"), words))
        return found

    @property
    def pairs(self) -> list[tuple[Side, Side]]:
        """The records of a row that may be associated with each other."""
        return [
            (one, other)
            for place, one in enumerate(self.sides)
            for other in self.sides[place + 1 :]
            if may_be_associated(one.object_type.pk, other.object_type.pk)
        ]

    @cached_property
    def by_key(self) -> dict[str, Target]:
        """The targets by their keys."""
        return {target.key: target for _heading, targets in self.groups for target in targets}

    def _own(self, side: Side) -> Iterable[Target]:
        kind = side.object_type
        yield Target(f"{side.alias}.{ID}", _("Record ID in Kith"), side)
        if kind.primary_properties == NAME_PROPERTIES and not self.only_associations:
            yield Target(f"{side.alias}.{FULL_NAME}", _("Full name"), side)
        for prop in settable(kind):
            yield Target(f"{side.alias}.{prop.name}", prop.title, side, prop=prop)

    def _named(self, side: Side, other: ObjectType) -> Target:
        label = _("associated %(type)s") % {"type": other.singular_label.lower()}
        return Target(f"{side.alias}>{other.name}", label, side, other=other)


def words(one: ObjectType, other: ObjectType) -> list[tuple[str, str]]:
    """Return key and words of each label by which a record of the first type can call one of the other."""
    return [(word.key, str(word)) for word in labels.words(one.pk, other.pk)]
