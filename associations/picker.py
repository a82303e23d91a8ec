"""The picker behind Add: which records it offers, which are ticked, what stands in the way."""

from dataclasses import dataclass
from typing import Any

from records import search
from records.models import ObjectType, Record
from records.text import without_nul

from .models import Association
from .outcomes import Labelled, Replaced

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
