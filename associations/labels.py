"""The labels that associations may carry, as the data model in memory has them; only `both_ways` queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models.signals import post_delete, post_save

from records import schema

from .models import AssociationLabel, AssociationLimit, Labelling

KEPT = "association_labels"  # where the data model in memory has the labels, by id, archived ones too
LIMITS = "association_limits"  # and the limits


@dataclass(frozen=True)
class Word:
    """A label as it reads from one side: what the other record is called on the page of this one."""

    label: AssociationLabel
    inverse: bool = False  # this side is the label's `to` end

    def __str__(self) -> str:
        return self.label.word(inverse=self.inverse)

    @property
    def key(self) -> str:
        """How forms and addresses name it: the label's id, with an "i" where it is read the other way."""
        return f"{self.label.pk}i" if self.inverse else str(self.label.pk)

    @property
    def reversed(self) -> "Word":
        """The same label as it reads from the other side."""
        same = not self.label.is_directed
        return self if same else Word(self.label, not self.inverse)


def all_labels() -> Mapping[int, AssociationLabel]:
    """Return every label by its id, archived ones too."""
    return schema.current().extras[KEPT]


def limits() -> tuple[AssociationLimit, ...]:
    """Return every limit."""
    return schema.current().extras[LIMITS]


def words(from_type_id: int, to_type_id: int) -> list[Word]:
    """Return what records of one type can be called on the pages of another's; the primary one first."""
    found = []
    for label in all_labels().values():
        if label.archived_at:
            continue
        if (label.from_type_id, label.to_type_id) == (from_type_id, to_type_id):
            found.append(Word(label))
            if label.is_paired and from_type_id == to_type_id:
                found.append(Word(label, inverse=True))
        elif (label.to_type_id, label.from_type_id) == (from_type_id, to_type_id):
            found.append(Word(label, inverse=True))
    return sorted(found, key=lambda word: not word.label.is_primary)


def word(key: str, from_type_id: int, to_type_id: int) -> Word | None:
    """Return the word that a form or an address names by its key, where the two types have it."""
    return next((one for one in words(from_type_id, to_type_id) if one.key == key), None)


def primary_word(from_type_id: int, to_type_id: int) -> Word | None:
    """Return the word "Primary" of two types, where a record of the first has a primary one of the other."""
    found = (one for one in words(from_type_id, to_type_id) if one.label.is_primary and not one.inverse)
    return next(found, None)


def carried(record_id: int, association_ids: Iterable[int]) -> dict[int, list[Word]]:
    """Return what the other records of a record's associations are called on its page, by their ids.

    The primary word comes first, archived labels are left out. One query.
    """
    return {there: words for (here, there), words in both_ways(association_ids).items() if here == record_id}


def telling(words: Iterable[Word]) -> list[Word]:
    """Leave out that a record is somebody's with this one as the primary company: nearly all of them are."""
    return [word for word in words if not (word.label.is_primary and word.inverse)]


def both_ways(association_ids: Iterable[int]) -> dict[tuple[int, int], list[Word]]:
    """Return the words of associations by the record on whose page they stand and the one that they name.

    The primary word comes first, archived labels are left out. One query.
    """
    known = all_labels()
    order = {label_id: place for place, label_id in enumerate(known)}
    rows = Labelling.objects.filter(association__in=list(association_ids)).order_by()
    found: dict[tuple[int, int], list[Word]] = {}
    for label_id, from_id, to_id in rows.values_list("label", "from_record", "to_record"):
        label = known.get(label_id)
        if label is None or label.archived_at:
            continue
        word = Word(label)
        found.setdefault((from_id, to_id), []).append(word)
        found.setdefault((to_id, from_id), []).append(word.reversed)
    for words_of_one in found.values():
        words_of_one.sort(key=lambda word: (not word.label.is_primary, order[word.label.pk]))
    return found


def _load_labels() -> dict[int, AssociationLabel]:
    return {label.pk: label for label in AssociationLabel.objects.all()}


def _load_limits() -> tuple[AssociationLimit, ...]:
    return tuple(AssociationLimit.objects.select_related("label"))


def register() -> None:
    """Keep labels and limits with the data model."""
    schema.loaders[KEPT] = _load_labels
    schema.loaders[LIMITS] = _load_limits
    for model in (AssociationLabel, AssociationLimit):
        post_save.connect(schema.data_model_changed, sender=model)
        post_delete.connect(schema.data_model_changed, sender=model)
