"""The picker behind Add: which records it offers, which are ticked, what stands in the way."""

from dataclasses import dataclass
from typing import Any

from records import search
from records.models import ObjectType, Record
from records.text import without_nul

from .models import Association
from .models.association import Pair

PAGE = 20  # results at a time


@dataclass(frozen=True)
class Option:
    """A record that the picker offers."""

    record: Record
    is_ticked: bool
    is_associated: bool


@dataclass
class Options:
    """The records that a search in the picker found."""

    options: list[Option]
    chips: list[Record]  # ticked in earlier searches and not among the options
    shown: int
    has_more: bool
    is_capped: bool  # more match than the search ranks: the text has to be narrowed


def find(
    record: Record, object_type: ObjectType, text: str, selected: list[int], user: Any, shown: int = PAGE
) -> Options:
    """Return the records of a type that match `text`, and the ticked ones that do not.

    Five queries at most.
    """
    shown = max(PAGE, min(shown, search.CANDIDATES))
    visible = Record.objects.visible_to(user).of_type(object_type)
    others = visible.exclude(pk=record.pk).with_details()
    found = search.ranked(others, without_nul(text), shown + 1, object_type)
    has_more = len(found) > shown
    found = found[:shown]
    ids = [one.pk for one in found]
    associated = Association.objects.associated_among(record.pk, ids)
    options = [Option(one.specific, one.pk in selected, one.pk in associated) for one in found]
    unseen = [pk for pk in selected if pk not in ids]
    chips = list(visible.filter(pk__in=unseen)) if unseen else []
    return Options(
        options, chips, shown, has_more and shown < search.CANDIDATES, has_more and shown >= search.CANDIDATES
    )


def parse_replacing(texts: list[str]) -> list[Pair]:
    """Return the pairs of record ids that a form names as "12-57"; what is none is left out."""
    pairs = []
    for text in texts:
        numbers = text.split("-")
        if len(numbers) == 2 and all(
            number.isascii() and number.isdigit() and len(number) < 19 for number in numbers
        ):
            pairs.append((int(numbers[0]), int(numbers[1])))
    return pairs
