"""Cards keep the order in which they are put, whatever the moves and however small the gaps."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import hypothesis.strategies as st
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis.extra.django import TestCase

from records import data_model, ranks, schema, services
from records.models import Deal, Stage
from records.ranks import move_card
from tests.examples import examples
from tests.factories import DealFactory, TicketFactory, by


def stages() -> list[Stage]:
    return schema.current().type("deals").pipelines[0].stage_list


def order(stage: Stage) -> list[int]:
    cards = Deal.objects.live().filter(dealstage=stage)
    return list(cards.order_by("rank", "pk").values_list("pk", flat=True))


places = st.integers(0, 7)
moves = st.lists(st.tuples(places, st.integers(0, 1), st.sampled_from(["after", "before", ""]), places))


class TestAnySequenceOfMoves(TestCase):
    """Against a naive list for each stage, with gaps so small that they are soon used up."""

    def play(self, moves, gap: int, spread: int, room: int) -> None:
        with pytest.MonkeyPatch.context() as patch, schema.pinned():
            patch.setattr(ranks, "RANK_GAP", gap)
            patch.setattr(ranks, "SPREAD", spread)
            patch.setattr(ranks, "ROOM", room)
            cards = DealFactory.create_batch(8)
            for place, card in enumerate(reversed(cards)):
                Deal.objects.filter(pk=card.pk).update(rank=place * gap)
            columns = {0: [card.pk for card in reversed(cards)], 1: []}
            for card_place, stage, how, other_place in moves:
                card, other = cards[card_place].pk, cards[other_place].pk
                for column in columns.values():
                    if card in column:
                        column.remove(card)
                column = columns[stage]
                if how and other in column:
                    column.insert(column.index(other) + (how == "after"), card)
                else:
                    column.insert(0, card)

                neighbour = {how: other} if how else {}
                move_card(Deal.objects.get(pk=card), stages()[stage], by=by(), **neighbour)

                assert {stage: order(stages()[stage]) for stage in columns} == columns

    @settings(max_examples=examples(15), deadline=None)
    @given(moves)
    def test_keeps_the_order_of_a_naive_list_with_gaps_to_spare(self, moves):
        self.play(moves, gap=2**20, spread=64, room=2**10)

    @settings(max_examples=examples(30), deadline=None)
    @given(moves, st.sampled_from([1, 2, 3, 5]), st.sampled_from([1, 2, 4]))
    def test_keeps_the_order_of_a_naive_list_with_gaps_used_up(self, moves, gap, spread):
        self.play(moves, gap=gap, spread=spread, room=2)


@pytest.mark.django_db
def test_one_gap_filled_a_hundred_times_keeps_its_order_and_touches_few_cards():
    cards = [card.pk for card in reversed(DealFactory.create_batch(300))]
    above, below = cards[:2]
    arriving = DealFactory.create_batch(100, dealstage=stages()[1])
    most = 0

    for card in arriving:  # each right behind the first: the gap is halved every time
        before = dict(Deal.objects.values_list("pk", "rank"))
        move_card(card, stages()[0], after=above, before=below, by=by())
        changed = [pk for pk, rank in Deal.objects.values_list("pk", "rank") if before[pk] != rank]
        most = max(most, len(changed))

    assert order(stages()[0]) == [above, *(card.pk for card in reversed(arriving)), *cards[1:]]
    assert most == ranks.SPREAD + 1
    assert len(set(Deal.objects.values_list("rank", flat=True))) == 400


@pytest.mark.django_db
def test_cards_of_one_number_go_by_id_and_can_be_parted():
    one, two, three = DealFactory.create_batch(3)
    Deal.objects.update(rank=7)
    assert order(stages()[0]) == [one.pk, two.pk, three.pk]

    move_card(three, stages()[0], after=one.pk, by=by())

    assert order(stages()[0]) == [one.pk, three.pk, two.pk]


@pytest.mark.django_db
def test_a_neighbour_that_has_gone_is_passed_over():
    one, two, three, four = DealFactory.create_batch(4)  # four on top
    move_card(four, stages()[1], by=by())

    move_card(one, stages()[0], after=four.pk, before=two.pk, by=by())
    assert order(stages()[0]) == [three.pk, one.pk, two.pk]
    move_card(one, stages()[0], after=four.pk, before=None, by=by())
    assert order(stages()[0]) == [one.pk, three.pk, two.pk]


@pytest.mark.django_db
def test_a_move_says_where_the_card_was():
    one, two, three = DealFactory.create_batch(3)

    moved = move_card(two, stages()[1], by=by())
    assert (moved.left, moved.was_below) == (stages()[0], three.pk)
    assert str(moved.record.dealstage) == str(stages()[1])
    assert move_card(three, stages()[1], by=by()).was_below is None
    move_card(two, moved.left, after=moved.was_below, by=by())
    assert order(stages()[0]) == [two.pk, one.pk]  # three, above it, has gone


@pytest.mark.django_db
def test_a_sorted_board_changes_only_the_stage():
    deal = DealFactory()
    rank = Deal.objects.get().rank

    move_card(deal, stages()[1], keeps_rank=True, by=by())

    assert (Deal.objects.get().rank, Deal.objects.get().dealstage) == (rank, stages()[1])


@pytest.mark.django_db
def test_a_place_within_the_stage_is_no_change_of_the_record():
    one, two = DealFactory.create_batch(2)
    changed = Deal.objects.get(pk=one.pk).updated_at

    move_card(one, stages()[0], before=two.pk, by=by())

    assert order(stages()[0]) == [one.pk, two.pk]
    assert Deal.objects.get(pk=one.pk).updated_at == changed


@pytest.mark.django_db
def test_refusals_leave_everything_as_it_was():
    deal = DealFactory()
    before = Deal.objects.values().get()
    ticket_stage = TicketFactory().hs_pipeline_stage
    gone = Stage.objects.create(pipeline=deal.pipeline, name="gone", label="Gone", position=9)
    known = schema.current().type("deals").stages[gone.pk]

    with pytest.raises(ValidationError, match="another object type"):
        move_card(deal, ticket_stage, by=by())
    with schema.pinned():  # another worker deletes it
        Stage.objects.filter(pk=gone.pk)._raw_delete("default")
        assert known.pk in deal.kind.stages
        with pytest.raises(ValidationError, match="deleted meanwhile"):
            move_card(deal, known, by=by())
    assert Deal.objects.values().get() == before
    services.archive_records([deal.pk], by=by())
    with pytest.raises(ValidationError, match="has been archived"):
        move_card(deal, stages()[0], by=by())
    assert Deal.objects.get().rank == before["rank"]


@pytest.mark.django_db
def test_what_is_set_with_a_move_is_set_or_nothing_is():
    deal = DealFactory(amount=None)

    move_card(deal, stages()[1], values={"amount": 70}, by=by())
    assert (Deal.objects.get().amount, Deal.objects.get().dealstage) == (70, stages()[1])


@pytest.mark.django_db
def test_the_queries_of_a_move_do_not_grow_with_the_column():
    def queries(number: int) -> int:
        DealFactory.create_batch(number)
        card, other = DealFactory(dealstage=stages()[1]), DealFactory()
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            move_card(card, stages()[0], after=other.pk, by=by())
        return len(captured)

    assert queries(3) == queries(150)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_cards_that_come_to_one_gap_at_once_get_a_place_each(monkeypatch):
    monkeypatch.setattr(ranks, "RANK_GAP", 8)
    below, above = DealFactory.create_batch(2)
    Deal.objects.filter(pk=above.pk).update(rank=0)
    Deal.objects.filter(pk=below.pk).update(rank=8)
    arriving = DealFactory.create_batch(8, dealstage=stages()[1])
    start = Barrier(8)

    def move(card):
        try:
            start.wait()
            move_card(card, stages()[0], after=above.pk, before=below.pk, by=by())
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(move, arriving)) == [None] * 8
    found = order(stages()[0])
    assert (found[0], found[-1], len(found)) == (above.pk, below.pk, 10)
    assert len(set(Deal.objects.values_list("rank", flat=True))) == 10


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_moves_in_both_directions_at_once_all_come_to_an_end(monkeypatch):
    """Every gap is used up, so that each move spreads cards that others are moving."""
    monkeypatch.setattr(ranks, "RANK_GAP", 1)
    monkeypatch.setattr(ranks, "ROOM", 1)
    cards = DealFactory.create_batch(6) + DealFactory.create_batch(6, dealstage=stages()[1])
    Deal.objects.update(rank=0)
    start = Barrier(4)

    def move(worker: int):
        try:
            start.wait()
            for turn in range(6):
                card = cards[(worker * 3 + turn * 5) % 12]
                other = cards[(worker + turn * 7) % 12]
                move_card(card, stages()[(worker + turn) % 2], after=other.pk, by=by())
                if worker == 0:
                    kind = schema.current().type("deals")
                    services.update_records(kind, {one.pk: {"amount": turn} for one in cards}, by=by())
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(move, range(4))) == [None] * 4
    assert len(order(stages()[0])) + len(order(stages()[1])) == 12


@pytest.mark.django_db
def test_a_deleted_stage_hands_its_cards_over_with_their_order():
    cards = DealFactory.create_batch(3)
    move_card(cards[0], stages()[0], by=by())

    data_model.delete_stage(stages()[0], target=stages()[1], by=by())

    assert order(stages()[0]) == [cards[0].pk, cards[2].pk, cards[1].pk]
