"""What becomes of the pairs of records that somebody asks to associate or to label."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from records.models import Change, Record

from .labels import Word
from .models import Association
from .models.association import Pair, canonical


class Was(NamedTuple):
    """What an association was before it was dissolved: since when, from where, and by whom."""

    since: datetime
    origin: str
    author_id: int | None


class Labelled(NamedTuple):
    """A label on an association: the pair in stored order, and which record stands at its `from` end."""

    a: int
    b: int
    label_id: int
    from_id: int

    @property
    def pair(self) -> Pair:
        """The pair that carries the label."""
        return (self.a, self.b)

    @property
    def to_id(self) -> int:
        """The record at the label's other end."""
        return self.b if self.from_id == self.a else self.a

    @classmethod
    def of(cls, one: int, other: int, word: Word) -> "Labelled":
        """Return what a word means, read on the page of `one`, for `one` and `other`."""
        a, b = canonical(one, other)
        if not word.label.is_directed:
            return cls(a, b, word.label.pk, a)
        return cls(a, b, word.label.pk, other if word.inverse else one)


Words = Mapping[Pair, Iterable[Word]]  # by pair, in any order, as read on the page of its first record
Replaced = Pair | Labelled  # an association or a label that has to go first


def labelled(words: Words) -> dict[Pair, list[Labelled]]:
    """Return words in the terms in which they are stored, each once."""
    found: dict[Pair, dict[Labelled, None]] = {}
    for (one, other), chosen in words.items():
        of_pair = found.setdefault(canonical(one, other), {})
        of_pair.update(dict.fromkeys(Labelled.of(one, other, word) for word in chosen))
    return {pair: list(of_pair) for pair, of_pair in found.items()}


class Status(StrEnum):
    """What became of a pair."""

    ASSOCIATED = "associated"
    LABELLED = "labelled"  # it was associated, and has got labels that it did not have
    ALREADY = "already associated"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a pair was refused."""

    ITSELF = "itself"
    UNKNOWN = "unknown"
    ARCHIVED = "archived"
    LIMIT = "limit"
    TYPES = "types"
    LABEL = "label"  # a label that these two cannot have
    NOT_ASSOCIATED = "not associated"  # what is to be labelled only


@dataclass(frozen=True)
class Outcome:
    """What became of one pair of records."""

    pair: Pair
    status: Status
    reason: Reason | None = None
    message: str = ""
    # A limit of one can be met by replacing: what would have to go.
    replaceable: Replaced | None = None
    added: tuple[Labelled, ...] = ()  # the labels that were put on, such as Primary on a first company
    moved: tuple[Labelled, ...] = ()  # the labels that another association lost to this one

    @property
    def replaces(self) -> str:
        """How a form names what would have to go."""
        return "-".join(map(str, self.replaceable)) if self.replaceable else ""

    @property
    def moves_label(self) -> bool:
        """Whether only a label would have to go, and not the association that carries it."""
        return isinstance(self.replaceable, Labelled)


@dataclass
class Report:
    """What became of each pair, in the order given; the same pair twice is one outcome."""

    outcomes: list[Outcome] = field(default_factory=list)
    change: Change | None = None  # the one that did it, if anything was written

    def _with(self, status: Status) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.status == status]

    @property
    def associated(self) -> list[Outcome]:
        """The pairs that were associated now."""
        return self._with(Status.ASSOCIATED)

    @property
    def labelled(self) -> list[Outcome]:
        """The pairs that had been associated before and got labels now."""
        return self._with(Status.LABELLED)

    @property
    def already(self) -> list[Outcome]:
        """The pairs that had been associated before, with the labels asked for."""
        return self._with(Status.ALREADY)

    @property
    def refused(self) -> list[Outcome]:
        """The pairs that a rule forbids, each with its reason."""
        return self._with(Status.REFUSED)


class AssociationRefused(Exception):
    """A rule forbids at least one of the pairs; nothing was written."""

    def __init__(self, report: Report) -> None:
        super().__init__("; ".join(outcome.message for outcome in report.refused))
        self.report = report


@dataclass(frozen=True)
class Removal:
    """The associations that were dissolved, each with its `labellings`, and the change that did it."""

    associations: list[Association]
    change: Change | None


class Successor(NamedTuple):
    """A record that has no primary company any more, the one it was, and the next one, if it has others."""

    holder: Record
    was: Record
    next: Record | None
