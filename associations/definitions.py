"""The keys `labels` and `limits` of a type in a definition (see docs/labels.md).

Labels stand under one of their two types, limits under the type whose records they limit; both by the name
of the other type. What is not named stays as it is.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from records import definition, schema
from records.models import ObjectType

from .label_settings import create_label, labels_between, update_label_from, words_from
from .labels import Word, all_labels, words
from .limit_settings import Bound, set_limits
from .models import AssociationLabel, AssociationLimit

Problems = dict[str, list[str]]  # by place
PLACES = {
    "label": ".label",
    "inverse_label": ".inverse",
}  # where a definition says what a label's fields hold
# The limits that every installation begins with (migration 0002): one that has none says so.
LIMITED_AT_FIRST = {("contacts", "companies")}


class Labels(definition.Part):
    """The key `labels`: by the other type and the label's internal name, its words."""

    key = "labels"

    def apply(self, object_type: ObjectType, given: Any) -> bool:
        """Create labels, and give those that there are these words. Raises ValidationError by place."""
        problems: Problems = {}
        changed = False
        for place, other, labels in _by_type(given, problems):
            for name, said in _mapping(labels, place, problems).items():
                try:
                    changed |= _apply_label(object_type, other, str(name), said)
                except ValidationError as error:
                    _add(problems, f"{place}.{name}", error)
        if problems:
            raise ValidationError(problems)
        return changed

    def export(self, object_type: ObjectType, exported: Sequence[ObjectType]) -> Any:
        """Return the labels of a type, but for those that one before it among the exported ones says."""
        told: dict[str, dict[str, Any]] = {}
        before = exported[: exported.index(object_type)]
        for label in all_labels().values():
            other = _other_end(label, object_type)
            if other is None or other in before or label.archived_at or label.is_primary:
                continue
            word, inverse = words_from(label, object_type)
            said = {"label": word, **({"inverse": inverse} if inverse else {})}
            told.setdefault(other.name, {})[label.name] = said
        return told or None


def _apply_label(one: ObjectType, other: ObjectType, name: str, said: Any) -> bool:
    """Create or change one label; return whether that was needed. Raises ValidationError."""
    said = {} if said is None else said
    if not isinstance(said, dict) or set(said) - {"label", "inverse"}:
        raise ValidationError(_("Of a label, “label” and “inverse” can be said."))
    if any(isinstance(word, bool | dict | list) for word in said.values()):
        raise ValidationError(_("Words are expected here."))
    given = {key: "" if word is None else str(word) for key, word in said.items()}
    row = labels_between(one.pk, other.pk).filter(name=name).first()
    if row is None:
        label = given.get("label", name.replace("_", " ").capitalize())
        create_label(one, other, label, given.get("inverse", ""), name)
        return True
    if row.archived_at:
        raise ValidationError(_("This label is archived; restore it in the settings first."))
    before = words_from(row, one)
    row = update_label_from(row, one, given.get("label", before[0]), given.get("inverse", before[1]))
    return words_from(row, one) != before


class Limits(definition.Part):
    """The key `limits`: by the other type, how many records of it one of this type may have.

    A number for all of them, or what there is in all (`total`), by label (`labels`), and between records of
    one type by the other word of a label (`inverse`); nothing instead of a number takes the limit away.
    """

    key = "limits"

    def apply(self, object_type: ObjectType, given: Any) -> bool:
        """Set limits. Raises ValidationError by place."""
        problems: Problems = {}
        before = _stored(object_type)
        for place, other, said in _by_type(given, problems):
            wanted, places = _wanted(object_type, other, said, place, problems)
            if problems:
                continue
            try:
                set_limits(wanted)
            except ValidationError as error:
                for key, messages in error.message_dict.items():
                    problems.setdefault(places.get(key, place), []).extend(messages)
        if problems:
            raise ValidationError(problems)
        return _stored(object_type) != before

    def export(self, object_type: ObjectType, exported: Sequence[ObjectType]) -> Any:
        """Return what limits the records of a type."""
        told: dict[str, Any] = {}
        for other in schema.current().types:
            said: dict[str, Any] = {}
            total = Bound(object_type, other).maximum
            if total or (object_type.name, other.name) in LIMITED_AT_FIRST:
                said["total"] = total
            for word in words(object_type.pk, other.pk):
                if maximum := Bound(object_type, other, word).maximum:
                    way = "inverse" if word.inverse and object_type == other else "labels"
                    said.setdefault(way, {})[word.label.name] = maximum
            if said:
                told[other.name] = said["total"] if set(said) == {"total"} else said
        return told or None


def _wanted(
    one: ObjectType, other: ObjectType, said: Any, place: str, problems: Problems
) -> tuple[dict[Bound, int | None], dict[str, str]]:
    """Return the limits that a definition asks for, and by their keys where it does so."""
    wanted: dict[Bound, int | None] = {}
    places: dict[str, str] = {}
    if not isinstance(said, dict):
        said, total_place = {"total": said}, place
    else:
        total_place = f"{place}.total"
    if unknown := sorted(map(str, set(said) - {"total", "labels", "inverse"})):
        text = _("“%(key)s” means nothing here; known are %(known)s.")
        problems[place] = [text % {"key": unknown[0], "known": "inverse, labels, total"}]

    def want(bound: Bound, maximum: Any, where: str) -> None:
        if maximum is not None and (not isinstance(maximum, int) or isinstance(maximum, bool)):
            problems[where] = [_("A whole number is expected here, or nothing for no limit.")]
        wanted[bound], places[bound.key] = maximum, where

    if "total" in said:
        want(Bound(one, other), said["total"], total_place)
    live = {row.name: row for row in labels_between(one.pk, other.pk).filter(archived_at=None)}
    for way in ("labels", "inverse"):
        for name, maximum in _mapping(said.get(way), f"{place}.{way}", problems).items():
            where, row = f"{place}.{way}.{name}", live.get(str(name))
            if row is None:
                problems[where] = [_("These two object types do not have this label.")]
            elif way == "inverse" and not (one == other and row.is_paired):
                text = _("Only what reads otherwise the other way, between records of one type, stands here.")
                problems[where] = [text]
            else:
                inverse = way == "inverse" or row.from_type_id != one.pk
                want(Bound(one, other, Word(row, inverse)), maximum, where)
    return wanted, places


def _stored(object_type: ObjectType) -> set[tuple[Any, ...]]:
    rows = AssociationLimit.objects.filter(from_type=object_type)
    return set(rows.values_list("to_type", "label", "inverse", "maximum"))


def _other_end(label: AssociationLabel, one: ObjectType) -> ObjectType | None:
    """Return the live type at the other end of a label; None where it is not one of this type's."""
    ends = [label.from_type_id, label.to_type_id]
    if one.pk not in ends:
        return None
    ends.remove(one.pk)
    return next((kind for kind in schema.current().types if kind.pk == ends[0]), None)


def _by_type(given: Any, problems: Problems) -> Iterator[tuple[str, ObjectType, Any]]:
    """Yield what is said of each other type, with its name."""
    if not isinstance(given, dict):
        raise ValidationError(_("Names of object types are expected here, with what is said of them."))
    types = {kind.name: kind for kind in ObjectType.objects.filter(archived_at__isnull=True)}
    for name, said in given.items():
        if name in types:
            yield name, types[name], said
        else:
            problems[str(name)] = [_("There is no object type “%(name)s”.") % {"name": name}]


def _mapping(given: Any, place: str, problems: Problems) -> dict[Any, Any]:
    if given is None or isinstance(given, dict):
        return given or {}
    problems[place] = [_("Internal names of labels are expected here, with what is said of them.")]
    return {}


def _add(problems: Problems, place: str, error: ValidationError) -> None:
    within = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, messages in within.items():
        problems.setdefault(f"{place}{PLACES.get(field, '')}", []).extend(messages)


def register() -> None:
    """Let definitions say labels and limits: labels first, since limits name them."""
    definition.parts.extend((Labels(), Limits()))
