"""Labels in forms: checkboxes whose values are the keys of words (see `associations.labels`)."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from . import labels
from .labels import Word

FIELD = "label-"  # and the id of the record that is to be called so


class Choice(NamedTuple):
    """A label that a form offers."""

    word: Word
    is_chosen: bool


def choices(words: Iterable[Word], chosen: Collection[str]) -> list[Choice]:
    """Return the words that a form offers; `chosen` are the keys of the ticked ones."""
    return [Choice(word, word.key in chosen) for word in words]


def posted_keys(data: QueryDict) -> Mapping[str, list[str]]:
    """Return the keys that a form names, unchecked, by what follows `FIELD` in the fields' names."""
    return {name.removeprefix(FIELD): data.getlist(name) for name in data if name.startswith(FIELD)}


def chosen_words(keys: Iterable[str], from_type_id: int, to_type_id: int) -> list[Word]:
    """Return the words of these keys, as read on the pages of one type's records.

    Raises ValidationError if there is no such label (any more).
    """
    found = []
    for key in dict.fromkeys(keys):
        word = labels.word(key, from_type_id, to_type_id)
        if word is None:
            raise ValidationError(_("A label that you chose does not exist, or has been archived."))
        found.append(word)
    return found
