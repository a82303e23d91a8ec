"""What is done at once to the associations of many records with one other: foreseen, and carried out.

The records are given by their ids. What a rule forbids stays as it is and is told with the reason, and the
rest is done: whoever asks has seen the counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import transaction

from records.models import Change
from records.provenance import By
from records.services import batches
from records.transactions import unit_of_work

from . import services
from .labels import Word, all_labels
from .models import Association
from .models.association import Pair, canonical
from .outcomes import Labelled, Removal, Report, Words, labelled


class Deed(StrEnum):
    """What is done."""

    ASSOCIATE = "associate"  # with these labels, which add to those that there are
    DISSOCIATE = "dissociate"
    LABEL = "label"  # just these labels; who is primary stays


@dataclass(frozen=True)
class Wish:
    """What is to be done to the associations of records with the one of this id.

    `words` are what that one shall be called on the pages of the many.
    """

    deed: Deed
    one: int
    words: tuple[Word, ...] = ()

    def pairs(self, ids: Sequence[int]) -> list[Pair]:
        """Return the pairs that records of these ids make with the one."""
        return [(pk, self.one) for pk in dict.fromkeys(ids)]

    def of_pairs(self, pairs: Sequence[Pair]) -> Words:
        """Return the words that the wish has for these pairs."""
        return dict.fromkeys(pairs, self.words)


@dataclass
class Result:
    """How many records became (or would become) what; `report` names the refused ones with their reasons."""

    counts: dict[str, int] = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    removal: Removal | None = None
    change: Change | None = None

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)


def foresee(wish: Wish, ids: Sequence[int]) -> Result:
    """Return what `carry_out` would make of records of these ids now, without writing anything."""
    pairs = wish.pairs(ids)
    if wish.deed == Deed.ASSOCIATE:
        return _associated(services.preview_pairs(pairs, words=wish.of_pairs(pairs)))
    there = _there(pairs)
    if wish.deed == Deed.DISSOCIATE:
        return Result({"removed": len(there), "not_associated": len(pairs) - len(there)})
    changing = _changing(wish, there)
    report = services.preview_pairs(changing, words=wish.of_pairs(changing))
    return _labelled(report, len(pairs), len(there), len(changing))


@unit_of_work
def carry_out(wish: Wish, ids: Sequence[int], *, by: By) -> Result:
    """Do it to records of these ids, in one transaction; what is refused stays as it is."""
    pairs = wish.pairs(ids)
    if wish.deed == Deed.ASSOCIATE:
        words = wish.of_pairs(pairs) if wish.words else None
        return _associated(services.associate_pairs(pairs, by=by, skip_refused=True, words=words))
    if wish.deed == Deed.DISSOCIATE:
        removal = services.dissociate_pairs(pairs, by=by)
        number = len(removal.associations)
        counts = {"removed": number, "not_associated": len(pairs) - number}
        return Result(counts, removal=removal, change=removal.change)
    with transaction.atomic():
        services.lock_ends(pairs)
        there = _there(pairs)
        changing = _changing(wish, there)
        report = services.preview_pairs(changing, words=wish.of_pairs(changing))
        refused = {outcome.pair for outcome in report.refused}
        allowed = [pair for pair in changing if canonical(*pair) not in refused]
        written = services.relabel_pairs(wish.of_pairs(allowed), by=by, keep_primary=True)
        result = _labelled(report, len(pairs), len(there), len(changing))
        result.change = written.change
    return result


def _associated(report: Report) -> Result:
    counts = {
        "associated": len(report.associated),
        "labelled": len(report.labelled),
        "already": len(report.already),
        "refused": len(report.refused),
    }
    return Result(counts, report, change=report.change)


def _labelled(report: Report, asked: int, there: int, changing: int) -> Result:
    refused = len(report.refused)
    counts = {
        "changed": changing - refused,
        "unchanged": there - changing,
        "not_associated": asked - there,
        "refused": refused,
    }
    return Result(counts, report)


def _there(pairs: Sequence[Pair]) -> Mapping[Pair, Association]:
    """Return the associations that there are, by the pairs as they were given."""
    found: dict[Pair, Association] = {}
    for batch in batches(pairs):
        wanted = {canonical(*pair): pair for pair in batch}
        for row in Association.objects.among(wanted).prefetch_related("labellings"):
            if row.pair in wanted:
                found[wanted[row.pair]] = row
    return {pair: found[pair] for pair in pairs if pair in found}  # the first has the last place of a limit


def _changing(wish: Wish, there: Mapping[Pair, Association]) -> list[Pair]:
    """Return the pairs whose labels are not just those wished for."""
    primary = {pk for pk, label in all_labels().items() if label.is_primary}
    hidden = {pk for pk, label in all_labels().items() if label.archived_at}
    wanted = labelled(wish.of_pairs(list(there)))
    found = []
    for pair, row in there.items():
        chosen = set(wanted[row.pair])
        carried = {
            Labelled(*row.pair, one.label_id, one.from_record_id)
            for one in row.labellings.all()
            if one.label_id not in hidden
        }
        lost = {one for one in carried - chosen if one.label_id not in primary}
        if lost or chosen - carried:
            found.append(pair)
    return found
