"""What administrators do to limits.

A limit is a number of records that a record of one object type may have: of another type all in all, or of
those that it calls by one word. After HubSpot's rules: a label's limit is never above that of its types, and
between records of one type what reads the same both ways has one limit. What there is when a limit is
lowered stays; who has too many gets no more until it fits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from records import data_model
from records.models import ObjectType
from records.transactions import unit_of_work

from .labels import Word, limits, words
from .models import AssociationLabel, AssociationLimit

HIGHEST = 1_000_000


@dataclass(frozen=True)
class Bound:
    """What a limit is about: how many records of a type, or with a word, a record of another may have."""

    from_type: ObjectType
    to_type: ObjectType
    word: Word | None = None  # as read on the page of a record of `from_type`

    @property
    def key(self) -> str:
        """How forms and addresses name it, among those of two types: the holder's type, or the word."""
        return self.word.key if self.word else self.from_type.name

    @property
    def inverse(self) -> bool:
        """Whether who has the limit stands at the label's `to` end, where its ends differ."""
        return bool(self.word and self.word.inverse and self.word.label.is_directed)

    @property
    def maximum(self) -> int | None:
        """The limit that is set, as the data model in memory has it."""
        return next((limit.maximum for limit in limits() if _is_of(limit, self)), None)

    @property
    def pair(self) -> "Bound":
        """The same without the word: what it may not be above."""
        return Bound(self.from_type, self.to_type)

    def said(self, maximum: int) -> str:
        """Return the limit as a sentence."""
        return self._said(str(maximum), self.others(maximum))

    @property
    def sentence(self) -> tuple[str, str]:
        """What stands before and behind the number in that sentence, for a form to put a field between."""
        before, _number, after = self._said("\0", self.others(self.maximum or HIGHEST)).partition("\0")
        return before.strip(), after.strip()

    def _said(self, number: str, others: str) -> str:
        text = _("Each %(holder)s: at most %(number)s %(other)s")
        if self.word:
            text = _("Each %(holder)s: at most %(number)s %(other)s as “%(word)s”")
        holder = self.from_type.singular_label.lower()
        return text % {"holder": holder, "number": number, "other": others, "word": self.word}

    def others(self, number: int) -> str:
        """Return what so many of those that are counted are called."""
        kind = self.to_type
        return (kind.singular_label if number == 1 else kind.plural_label).lower()


def bounds(one: ObjectType, other: ObjectType) -> list[Bound]:
    """Return all that can be limited between two types: both ways all in all, then each live label's ways.

    What reads the same both ways stands once; "Primary" is one by itself, and nobody's to limit. No query.
    """
    ways = [(one, other)] if one == other else [(one, other), (other, one)]
    found = [Bound(*way) for way in ways]
    for way in ways:
        found += [Bound(*way, word) for word in words(way[0].pk, way[1].pk) if not word.label.is_primary]
    return found


def limits_between(one: ObjectType, other: ObjectType) -> list[tuple[Bound, int]]:
    """Return the limits that hold between two types. No query."""
    return [(bound, maximum) for bound in bounds(one, other) if (maximum := bound.maximum)]


def set_limit(
    from_type: ObjectType, to_type: ObjectType, maximum: int | None, word: Word | None = None
) -> None:
    """Limit how many records of `to_type`, or with a word, a record of `from_type` may have; None: no limit.

    Raises ValidationError as `set_limits` does.
    """
    set_limits({Bound(from_type, to_type, word): maximum})


@unit_of_work
def set_limits(wanted: Mapping[Bound, int | None]) -> list[Bound]:
    """Set limits, all or none, and judge what they are together; return those that allow less than before.

    None takes a limit away. Raises ValidationError, by the bounds' keys, for a number out of range, for a
    label's limit above that of its types, and for a limit of types below one of their labels'.
    """
    lowered = []
    with data_model.changing():
        _refuse_impossible(wanted)
        ends = {end.pk for bound in wanted for end in (bound.from_type, bound.to_type)}
        rows = AssociationLimit.objects.filter(from_type__in=ends, to_type__in=ends)
        for bound, maximum in wanted.items():
            row = next((one for one in rows if _is_of(one, bound)), None)
            if maximum is None:
                if row:
                    row.delete()
            elif row is None or row.maximum != maximum:
                AssociationLimit.objects.update_or_create(**_columns(bound), defaults={"maximum": maximum})
                if row is None or maximum < row.maximum:
                    lowered.append(bound)
        problems: dict[str, list[str]] = {}
        for bound in {bound.pair: None for bound in wanted}:
            _judge(bound, wanted, problems)
        if problems:
            raise ValidationError(problems)
    return lowered


def _refuse_impossible(wanted: Mapping[Bound, int | None]) -> None:
    """Refuse numbers out of range, and labels that are gone or that these types do not have."""
    labels = AssociationLabel.objects.in_bulk({bound.word.label.pk for bound in wanted if bound.word})
    problems: dict[str, list[str]] = {}
    for bound, maximum in wanted.items():
        if maximum is not None and not 1 <= maximum <= HIGHEST:
            problems[bound.key] = [_("Enter a number from 1 to %(most)s.") % {"most": HIGHEST}]
        if bound.word is None:
            continue
        label, ends = labels.get(bound.word.label.pk), (bound.from_type.pk, bound.to_type.pk)
        if (
            label is None
            or ends != (label.from_type_id, label.to_type_id)[:: -1 if bound.word.inverse else 1]
        ):
            problems[bound.key] = [_("These two object types do not have this label.")]
        elif label.is_primary:
            problems[bound.key] = [_("“Primary” belongs to Kith: it cannot be changed.")]
    if problems:
        raise ValidationError(problems)


def _judge(pair: Bound, wanted: Mapping[Bound, int | None], problems: dict[str, list[str]]) -> None:
    """Find the limits of labels above that of their types; those of archived labels follow it down."""
    columns = _columns(pair)
    most = AssociationLimit.objects.filter(**columns).values_list("maximum", flat=True).first()
    if most is None:
        return
    del columns["label"], columns["inverse"]
    above = AssociationLimit.objects.filter(**columns, label__isnull=False, maximum__gt=most)
    above.filter(label__archived_at__isnull=False).update(maximum=most)
    for limit in above.select_related("label"):
        bound = Bound(pair.from_type, pair.to_type, Word(limit.label, limit.inverse))  # type: ignore[arg-type]
        said = {"word": bound.word, "number": limit.maximum, "most": most, "others": pair.others(most)}
        if bound in wanted:
            text = _("From 1 to %(most)s: there is a limit of %(most)s %(others)s all in all.") % said
            problems.setdefault(bound.key, []).append(text)
        else:
            text = _("“%(word)s” may stand for %(number)s: lower that first, or choose a higher number here.")
            problems.setdefault(pair.key, []).append(text % said)


def _columns(bound: Bound) -> dict[str, Any]:
    return {
        "from_type": bound.from_type,
        "to_type": bound.to_type,
        "label": bound.word.label if bound.word else None,
        "inverse": bound.inverse,
    }


def _is_of(limit: AssociationLimit, bound: Bound) -> bool:
    label_id = bound.word.label.pk if bound.word else None
    ids = (limit.from_type_id, limit.to_type_id, limit.label_id, limit.inverse)
    return ids == (bound.from_type.pk, bound.to_type.pk, label_id, bound.inverse)
