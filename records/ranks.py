"""The order of the cards of a stage: a number for each, with gaps between them for cards to come.

Ties go by id. A card between two others gets the number half-way; where there is none left, the cards below
are spread anew, so many as it takes to make room.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.utils.translation import gettext as _

from . import services
from .models import Record, Stage
from .models.pipeline import RANK_GAP
from .paging import RowComparison
from .provenance import By
from .transactions import unit_of_work

SPREAD = 64  # cards that are spread anew at first; twice as many where these have no room
ROOM = 2**10  # between two cards that were spread anew


@dataclass(frozen=True)
class Moved:
    """A card after its move, and where it was: its stage, and the card above it (none at the top)."""

    record: Record
    left: Stage | None
    was_below: int | None


@unit_of_work
def move_card(
    record: Record,
    stage: Stage,
    *,
    by: By,
    after: int | None = None,
    before: int | None = None,
    keeps_rank: bool = False,
    values: dict[str, Any] | None = None,
) -> Moved:
    """Put a record's card into a stage: behind the card `after`, else before the card `before`, else on top.

    A neighbour that is not in the stage (any more) is passed over. With `keeps_rank`, for a board that is
    sorted by something else, only the stage changes. `values` are other properties that are set with it, by
    name. Raises ValidationError, by property name where it is about one, as `update_record` does; and where
    the stage is gone or the record has been archived meanwhile.
    """
    prop = record.kind.stage_property
    if prop is None or stage.pk not in record.kind.stages:
        raise ValidationError(_("This stage belongs to another object type."))
    model: Any = type(record.specific)
    cards = model.objects.order_by("rank", "pk")
    with transaction.atomic():
        # Locked, so that two cards that come to one gap at once share it, and against its deletion.
        if not list(Stage.objects.select_for_update(no_key=True).filter(pk=stage.pk).values_list("pk")):
            raise ValidationError(_("This stage has been deleted meanwhile."))
        here = cards.filter(pk=record.pk, archived_at=None).values_list(prop.column, "rank").first()
        if here is None:
            raise ValidationError(_("%(name)s has been archived.") % {"name": record})
        stage_id, rank = here
        above = _nearest(cards.filter(**{prop.column: stage_id}), (rank, record.pk), below=False)
        if not keeps_rank:
            others = cards.filter(**{prop.column: stage.pk}).exclude(pk=record.pk)
            rank = _rank(others, record.pk, after, before, rank)
        if stage_id != stage.pk or values:
            record = services.update_record(record, {**(values or {}), prop.name: stage}, by=by)
        if not cards.filter(pk=record.pk, **{prop.column: stage.pk}).update(rank=rank):
            raise ValidationError(_("%(name)s has been moved meanwhile.") % {"name": record})
    return Moved(record, record.kind.stages.get(stage_id), above[1] if above else None)


def _rank(cards: QuerySet, pk: int, after: int | None, before: int | None, rank: int) -> int:
    """Return the number of a card's new place among the others of the stage; `rank` is what it has now."""
    places = {one: (its, one) for one, its in _places(cards, [after, before])}
    if after in places:
        low: Any = places[after]
        high = _nearest(cards, low)
    elif before in places:
        high = places[before]
        low = _nearest(cards, high, below=False)
    else:
        low, high = None, _nearest(cards)
    if low is None:
        return rank if high is None else high[0] - RANK_GAP
    if high is None:
        return low[0] + RANK_GAP
    middle = (low[0] + high[0]) // 2
    return middle if low[0] < middle < high[0] else _spread(cards, pk, low)


def _places(cards: QuerySet, ids: list[int | None]) -> list[tuple[int, int]]:
    wanted = [pk for pk in ids if pk is not None]
    return list(cards.filter(pk__in=wanted).values_list("pk", "rank")) if wanted else []


def _nearest(
    cards: QuerySet, place: tuple[int, int] | None = None, *, below: bool = True
) -> tuple[int, int] | None:
    """Return number and id of the card right below (or above) a place; the first one without a place."""
    if not below:
        cards = cards.reverse()
    if place:
        comparison = RowComparison([F("rank"), F("pk")], ">" if below else "<", [Value(one) for one in place])
        cards = cards.filter(comparison)
    return cards.values_list("rank", "pk").first()


def _spread(cards: QuerySet, pk: int, low: tuple[int, int]) -> int:
    """Make room behind a place by giving the cards below it new numbers; return the first, which is free."""
    behind = cards.filter(RowComparison([F("rank"), F("pk")], ">", [Value(one) for one in low]))
    number = SPREAD
    while True:
        following = list(behind.values_list("pk", "rank")[: number + 1])
        if len(following) <= number:  # down to the last one: there is room without end
            step = RANK_GAP
            break
        end = following.pop()[1]
        step = (end - low[0]) // (number + 2)
        if step >= ROOM:
            break
        number *= 2
    # Locked in the order in which every path locks records, together with the card that is moved.
    ids = [one for one, _rank in following]
    model: Any = cards.model
    locked = model.objects.select_for_update(of=("record_ptr", "self"), no_key=True)
    list(locked.filter(pk__in=[*ids, pk]).order_by("pk"))
    rows = [model(pk=one, rank=low[0] + step * place) for place, one in enumerate(ids, start=2)]
    # Only those that are still in the stage: one that has just left it has a place elsewhere.
    cards.order_by().bulk_update(rows, ["rank"], batch_size=services.BATCH // 4)
    return low[0] + step
