"""What became of a record's properties from one snapshot to another, as a reader knows them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from .models import ObjectType, Property, Record
from .passages import is_passage, passage, shortened
from .property_kinds.related import RelatedKind, UserKind
from .requirements import EMPTY
from .told import Difference

Pair = tuple[Any, Any]  # a snapshot, and the one before it; None where it is the first


def differences(kind: ObjectType, pairs: Sequence[Pair]) -> list[tuple[Property | None, Difference]]:
    """Return what became of the properties of a record from pair to pair, taken together.

    In the order of the record's page; archived properties follow, and those that are no more (None). No
    query, but for the users' names.
    """
    ends: dict[str, Pair] = {}
    for was, now in pairs:
        for name in _changed(kind, was, now):
            ends[name] = (ends[name][0] if name in ends else was, now)
    known = {**kind.properties, **kind.archived_properties}
    found = []
    for name in sorted(ends, key=lambda name: _place(known, name)):
        was, now = ends[name]
        prop = known.get(name)
        if _stored(prop, name, was) != _stored(prop, name, now):
            found.append((prop, _difference(kind, prop, name, was, now)))
    return found


def _place(known: dict[str, Property], name: str) -> int:
    return list(known).index(name) if name in known else len(known)


def _changed(kind: ObjectType, was: Any, now: Any) -> Iterator[str]:
    """Yield the names of the properties that somebody gave another value."""
    known = {**kind.properties, **kind.archived_properties}
    held: Iterable[str] = {**(was.properties if was else {}), **now.properties}
    for name in {**known, **dict.fromkeys(held)}:
        prop = known.get(name)
        # What nobody enters follows from the rest, and says nothing of who did what.
        if prop and (prop.derivation or prop.read_only):
            continue
        if _stored(prop, name, was) != _stored(prop, name, now):
            yield name


def _stored(prop: Property | None, name: str, snapshot: Any) -> Any:
    """Return a value as a snapshot holds it; None for none."""
    if snapshot is None:
        return None
    if prop and prop.column:
        value = getattr(snapshot, snapshot._meta.get_field(prop.column).attname)
    else:
        value = snapshot.properties.get(name)
    return None if value in EMPTY else value


def _difference(kind: ObjectType, prop: Property | None, name: str, was: Any, now: Any) -> Difference:
    texts = [_text(kind, prop, name, snapshot) for snapshot in (was, now)]
    title = prop.title if prop else name
    if prop is None:
        title = _("%(property)s (deleted)") % {"property": name}
    elif prop.archived_at:
        title = _("%(property)s (archived)") % {"property": prop.title}
    if all(texts) and is_passage(*texts):
        return Difference(title, passage=passage(*texts))
    return Difference(title, *map(shortened, texts))


def _text(kind: ObjectType, prop: Property | None, name: str, snapshot: Any) -> str:
    """Return a value as a reader knows it; as it is stored, where nobody knows any more what it meant."""
    stored = _stored(prop, name, snapshot)
    if stored is None:
        return ""
    if prop is None:
        return str(stored)
    if prop.column and isinstance(prop.kind, RelatedKind):
        # From the rows in memory: by the foreign key each snapshot would be a query.
        row = prop.kind.rows(prop).get(stored)
        gone = UserKind.deleted(stored) if isinstance(prop.kind, UserKind) else _("deleted")
        return str(row or gone)
    return prop.display(as_record(kind, snapshot)) or str(stored)


def as_record(kind: ObjectType, snapshot: Any) -> Record:
    """Return a record as it was at a snapshot, to be read and not to be saved."""
    record = kind.model(object_type_id=kind.pk)
    for column in snapshot.tracked_fields:
        setattr(record, column.attname, getattr(snapshot, column.attname))
    return record
