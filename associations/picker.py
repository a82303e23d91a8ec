"""The picker behind Add: which records it offers, which are ticked, what they shall be called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from records import search
from records.models import ObjectType, Record
from records.text import without_nul

from . import labels
from .label_forms import Choice, choices, chosen_words
from .labels import Word
from .models import Association
from .outcomes import Labelled, Replaced

PAGE = 20  # results at a time
NEW = "new"  # stands for the record to be created where those that there are have their ids


@dataclass(frozen=True)
class Picked:
    """What a form of the picker names: records, and the keys of their labels (unchecked, by id or NEW)."""

    ticked: list[int]
    associated: list[int] = field(default_factory=list)  # before; they may get labels
    keys: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def labelled(self) -> list[int]:
        """The associated ones that are to get labels."""
        return [pk for pk in self.associated if self.keys.get(str(pk)) and pk not in self.ticked]

    @property
    def ids(self) -> list[int]:
        """The records that there are and that something is to become of."""
        return [*self.ticked, *self.labelled]

    def words(self, record: Record, object_type: ObjectType) -> dict[int, list[Word]]:
        """Return the labels of each existing record, as read on the page of `record`.

        Raises ValidationError if there is no such label.
        """
        return {pk: self.words_of(str(pk), record, object_type) for pk in self.ids}

    def words_of(self, name: str, record: Record, object_type: ObjectType) -> list[Word]:
        """Return the labels of one record, by its id or NEW. Raises ValidationError."""
        return chosen_words(self.keys.get(name, ()), record.object_type_id, object_type.pk)


@dataclass(frozen=True)
class Option:
    """A record that the picker offers, and the labels that it can get."""

    record: Record
    is_ticked: bool
    is_associated: bool
    words: list[Word] = field(default_factory=list)  # that it carries
    choices: list[Choice] = field(default_factory=list)


@dataclass
class Options:
    """The records that a search in the picker found."""

    options: list[Option]
    chips: list[Option]  # picked in earlier searches and not among the options
    shown: int
    has_more: bool
    is_capped: bool  # more match than the search ranks: the text has to be narrowed


def find(
    record: Record, object_type: ObjectType, text: str, picked: Picked, user: Any, shown: int = PAGE
) -> Options:
    """Return the records of a type that match `text`, and the picked ones that do not.

    Six queries at most.
    """
    shown = max(PAGE, min(shown, search.CANDIDATES))
    visible = Record.objects.visible_to(user).of_type(object_type)
    others = visible.exclude(pk=record.pk).with_details()
    found = search.ranked(others, without_nul(text), shown + 1, object_type)
    has_more = len(found) > shown
    found = found[:shown]
    associated = Association.objects.associated_among(record.pk, [one.pk for one in found])
    offered = labels.words(record.object_type_id, object_type.pk)
    carried = labels.carried(record.pk, associated.values()) if offered and associated else {}
    options = [
        Option(
            one.specific,
            one.pk in picked.ticked,
            one.pk in associated,
            words := carried.get(one.pk, []),
            choices([word for word in offered if word not in words], picked.keys.get(str(one.pk), ())),
        )
        for one in found
    ]
    return Options(
        options,
        chips(record, object_type, picked, user, shown=found),
        shown,
        has_more and shown < search.CANDIDATES,
        has_more and shown >= search.CANDIDATES,
    )


def chips(
    record: Record, object_type: ObjectType, picked: Picked, user: Any, shown: Iterable[Record] = ()
) -> list[Option]:
    """Return the picked records that are not `shown` anyway. One query if there are any."""
    ids = set(picked.ids).difference(one.pk for one in shown)
    if not ids:
        return []
    offered = labels.words(record.object_type_id, object_type.pk)
    return [
        Option(
            one,
            one.pk in picked.ticked,
            one.pk not in picked.ticked,
            choices=choices(offered, picked.keys.get(str(one.pk), ())),
        )
        for one in Record.objects.visible_to(user).of_type(object_type).filter(pk__in=ids)
    ]


def parse_replacing(texts: list[str]) -> list[Replaced]:
    """Return what a form names to be replaced, by `Outcome.replaces`; what is none is left out."""
    found: list[Replaced] = []
    for text in texts:
        parts = text.split("-")
        if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            continue
        numbers = [int(part) for part in parts]
        if len(numbers) == 2:
            found.append((numbers[0], numbers[1]))
        elif len(numbers) == 4:
            found.append(Labelled(*numbers))
    return found
