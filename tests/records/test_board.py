"""The board: a column for each stage with its cards, count and sums, under the list's search and filters."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from associations import services as association_services
from records import board, definition, schema, services
from records.board import Board
from records.lists import RecordList
from records.models import Deal, Stage
from records.ranks import move_card
from tests.factories import CompanyFactory, DealFactory, TicketFactory, UserFactory, by

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
VIEWINGS = {
    "objects": {
        "viewings": {
            "singular": "Viewing",
            "plural": "Viewings",
            "primary": ["title"],
            "secondary": ["place"],
            "groups": {
                "about": {
                    "properties": {
                        "title": {},
                        "place": {},
                        "price": {"type": "currency"},
                        "day": {"type": "date"},
                    }
                }
            },
            "pipelines": {
                "houses": {"stages": {"planned": {}, "done": {"closed": True, "probability": 1}}},
                "flats": {"stages": {"asked": {}, "seen": {}, "taken": {}}},
            },
        }
    }
}


def stages(name: str = "deals") -> list[Stage]:
    return schema.current().type(name).pipelines[0].stage_list


def open_board(name: str = "deals", query: str = "") -> Board:
    asked = QueryDict(f"view=board&{query}")
    return Board(RecordList(schema.current().type(name), asked, UserFactory()))


def names(found: Board) -> dict[str, list[str]]:
    """Return the names on the cards of each column that has any."""
    return {
        str(column.stage): [str(card.record) for card in column.cards]
        for column in found.columns
        if column.cards
    }


def heads(found: Board) -> list[tuple[int, list[str]]]:
    return [(column.total.count, column.total.sums) for column in found.columns]


def test_cards_stand_in_the_columns_of_their_stages_the_newest_on_top():
    first, second, *_rest = map(str, stages())
    DealFactory(dealname="Old")
    DealFactory(dealname="New")
    DealFactory(dealname="Other", dealstage=stages()[1])
    services.archive_records([DealFactory(dealname="Gone").pk], by=by())

    found = open_board()

    assert names(found) == {first: ["New", "Old"], second: ["Other"]}
    assert [column.stage for column in found.columns] == stages()
    assert heads(found)[:3] == [(2, ["$2,000"]), (1, ["$1,000"]), (0, [])]


def test_sums_are_by_currency_the_commonest_first_and_leave_out_what_has_no_amount():
    for code, amount in (
        ("EUR", "10.50"),
        ("EUR", "20.25"),
        ("USD", 5),
        ("", 7),
        ("", None),
        ("PLN", 1_000_000),
    ):
        DealFactory(amount=amount and Decimal(amount), deal_currency_code=code)

    assert heads(open_board())[0] == (6, ["$12", "€31", "PLN\u00a01,000,000"])


def test_a_type_without_an_amount_has_no_sums():
    TicketFactory.create_batch(2)

    assert heads(open_board("tickets"))[0] == (2, [])


def test_search_and_filters_are_those_of_the_list():
    DealFactory(dealname="Large engine", amount=5_000)
    DealFactory(dealname="Small engine", amount=5)
    DealFactory(dealname="Large mill", amount=5_000)

    found = open_board(query="amount__gte=1000&q=engine")

    assert names(found) == {str(stages()[0]): ["Large engine"]}
    assert heads(found)[0] == (1, ["$5,000"])
    assert names(open_board(query="amount__gte=much")) == {}
    assert open_board(query="amount__gte=much").count == 0


def test_sorted_by_an_amount_the_columns_have_those_without_one_last():
    for name, amount in (("Two", 2), ("None", None), ("Three", 3), ("One", 1)):
        DealFactory(dealname=name, amount=amount)
    DealFactory(dealname="Nine", amount=9, dealstage=stages()[1])
    first, second, *_rest = map(str, stages())

    assert names(open_board(query="sort=-amount")) == {
        first: ["Three", "Two", "One", "None"],
        second: ["Nine"],
    }
    assert names(open_board(query="sort=amount"))[first] == ["One", "Two", "Three", "None"]
    assert (
        names(open_board(query="sort=dealstage"))[first][0] == "One"
    )  # by no row of its own: their own order


@pytest.mark.parametrize("sort", ["", "amount", "-amount", "dealname", "-createdate"])
def test_a_column_goes_on_by_key_and_shows_each_card_once(monkeypatch, sort):
    monkeypatch.setattr(board, "CARDS", 4)
    for number in range(13):
        DealFactory(dealname=f"D{number:02}", amount=None if number % 5 == 0 else number % 3)
    DealFactory(dealstage=stages()[1])
    first = open_board(query=f"sort={sort}")
    shown = [card.record.pk for card in first.columns[0].cards]
    cursor = first.columns[0].more
    assert len(shown) == 4
    assert first.columns[1].more is None

    while cursor:
        found = open_board(query=f"sort={sort}&column={stages()[0].pk}&after={cursor}").continuation
        assert found.continued
        shown += [card.record.pk for card in found.cards]
        cursor = found.more

    rows = list(
        RecordList(schema.current().type("deals"), QueryDict(f"sort={sort}&per_page=100"), None).page.rows
    )
    wanted = [row for row in rows if row.dealstage_id == stages()[0].pk]
    if not sort:
        wanted.sort(key=lambda row: -row.pk)
    assert shown == [row.pk for row in wanted]


def test_a_card_says_what_the_list_would_and_how_long_it_has_been_there():
    company, owner = CompanyFactory(name="Acme"), UserFactory(first_name="Ada", last_name="Lovelace")
    kind = schema.current().type("deals")
    deal = services.create_record(
        kind, {"dealname": "Engine", "amount": 70, "hubspot_owner_id": owner}, by=by()
    )
    association_services.associate(deal, [company.pk], by=by())
    deal.stage_entries.update(entered_at=timezone.now() - timedelta(days=12, hours=1))

    card = open_board().columns[0].cards[0]

    assert card.amount == "$70.00"
    assert [(label, re.sub("<[^>]*>", "", text).strip()) for label, text in card.facts] == [
        ("Associated companies", "Acme")
    ]
    assert card.time.days == 12
    assert card.record.owner == owner


def test_beyond_what_is_counted_at_once_an_exact_count_is_offered(monkeypatch, signed_in):
    monkeypatch.setattr(board, "COUNTED", 3)
    DealFactory.create_batch(4)
    DealFactory.create_batch(3, dealstage=stages()[1])

    found = open_board()
    assert [(one.total.count, one.total.is_exact) for one in found.columns[:2]] == [(3, False), (3, True)]
    assert heads(found)[:2] == [(3, []), (3, ["$3,000"])]
    assert heads(open_board(query="count=exact"))[0] == (4, ["$4,000"])
    page = signed_in.get("/records/deals/?view=board").content.decode()
    assert "count=exact" in page
    assert "3+" in page
    exact = signed_in.get("/records/deals/?view=board&count=exact").content.decode()
    assert 'href="?view=board&amp;count=exact"' not in exact
    assert "$4,000" in exact


# --- Custom types -----------------------------------------------------------------------------------


@pytest.fixture
def viewings():
    definition.apply(VIEWINGS)
    return schema.current().type("viewings")


def test_a_custom_type_has_a_board_for_each_pipeline(viewings, signed_in):
    planned, done = viewings.pipelines[0].stage_list
    asked = viewings.pipelines[1].stage_list[0]
    for title, stage, price in (
        ("Hut", planned, 100),
        ("Hall", done, 250),
        ("Flat", asked, 70),
        ("Loft", asked, None),
    ):
        services.create_record(
            viewings, {"title": title, "stage": stage, "price": price, "place": "Łódź"}, by=by()
        )
    DealFactory()

    found = open_board("viewings")
    assert names(found) == {"Planned": ["Hut"], "Done": ["Hall"]}
    assert heads(found) == [(1, ["$100"]), (1, ["$250"])]
    assert found.columns[0].cards[0].facts[-1] == ("Place", "Łódź")
    other = open_board("viewings", "pipeline=flats&sort=-price")
    assert names(other) == {"Asked": ["Flat", "Loft"]}
    assert heads(other)[0] == (2, ["$70"])
    assert names(open_board("viewings", "pipeline=nonsense")) == names(found)

    page = signed_in.get("/records/viewings/?view=board&pipeline=flats").content.decode()
    assert "Flats" in page
    assert "Loft" in page
    url = f"/records/viewings/{other.columns[0].cards[0].record.pk}/move/?view=board&pipeline=flats"
    response = signed_in.post(url, {"stage": viewings.pipelines[1].stage_list[2].pk}, headers=HTMX)
    assert response.status_code == 200
    assert names(open_board("viewings", "pipeline=flats")) == {"Asked": ["Loft"], "Taken": ["Flat"]}


# --- The page ---------------------------------------------------------------------------------------


def test_the_address_chooses_between_table_and_board(signed_in):
    DealFactory(dealname="Engine")

    table = signed_in.get("/records/deals/").content.decode()
    cards = signed_in.get("/records/deals/?view=board&amount__gte=1").content.decode()

    assert 'id="rows"' in table
    assert 'id="board"' not in table
    assert 'id="as-board" href="?view=board"' in table
    assert 'id="board"' in cards
    assert 'id="rows"' not in cards
    assert 'id="as-table" href="?amount__gte=1"' in cards
    assert "as-board" not in signed_in.get("/records/contacts/").content.decode()
    assert 'id="rows"' not in signed_in.get("/records/contacts/?view=board").content.decode()


def test_an_empty_board_still_shows_its_stages_and_says_why_it_is_empty(signed_in):
    empty = signed_in.get("/records/deals/?view=board").content.decode()
    assert "No deals in “Sales pipeline” yet." in empty
    assert str(stages()[3]) in empty
    assert "No record matches" in signed_in.get("/records/deals/?view=board&q=nothing").content.decode()


def test_more_cards_come_alone_to_htmx_and_as_a_board_without_script(signed_in, monkeypatch):
    monkeypatch.setattr(board, "CARDS", 2)
    DealFactory.create_batch(5)
    other = DealFactory(dealstage=stages()[1])
    page = signed_in.get("/records/deals/?view=board").content.decode()
    url = re.search(r'hx-get="(\?[^"]*after=[^"]*)"', page)[1].replace("&amp;", "&")

    part = signed_in.get(f"/records/deals/{url}", headers=HTMX).content.decode()
    assert part.count("data-card=") == 2
    assert "column__head" not in part
    whole = signed_in.get(f"/records/deals/{url}").content.decode()
    assert whole.count("data-card=") == 3
    assert str(other) in whole
    assert "From the top" in whole
    broken = signed_in.get(f"/records/deals/?view=board&column={stages()[0].pk}&after=bm9uc2Vuc2U")
    assert broken.status_code == 400
    assert broken.content.decode().count("data-card=") == 3


# --- Queries ----------------------------------------------------------------------------------------


def queries(send, status: int = 200) -> int:
    schema.current()
    with CaptureQueriesContext(connection) as captured:
        assert send().status_code == status
    return len(captured)


def fill(number: int) -> None:
    """Create so many deals over all stages, each with a company and an owner."""
    kind = schema.current().type("deals")
    places = kind.pipelines[0].stage_list
    owner = UserFactory()
    records = [
        services.build_record(
            kind,
            {
                "dealname": f"D{one}",
                "amount": one,
                "dealstage": places[one % len(places)],
                "hubspot_owner_id": owner,
            },
            by=by(),
        )
        for one in range(number)
    ]
    services.create_records(records, by=by())
    companies = CompanyFactory.create_batch(5)
    pairs = [(record.pk, companies[place % 5].pk) for place, record in enumerate(records)]
    association_services.associate_pairs(pairs, by=by())


@pytest.mark.parametrize("query", ["", "&sort=-amount", "&amount__gte=1&count=exact"])
def test_a_board_takes_as_many_queries_whatever_it_holds(signed_in, query):
    """Session, user, data model, tasks; all columns' cards, stays and companies (two); counts and sums."""

    def send():
        return signed_in.get(f"/records/deals/?view=board{query}")

    fill(5)
    few = queries(send)
    fill(495)
    many = queries(send)
    pipeline = stages()[0].pipeline
    for number in range(5):
        Stage.objects.create(
            pipeline_id=pipeline.pk, name=f"s{number}", label=f"S{number}", position=20 + number
        )
    fill(24)
    assert len(stages()) == 12
    assert (few, many, queries(send)) == (9, 9, 9)


def test_more_of_a_column_counts_nothing(signed_in):
    fill(300)
    column = open_board().columns[0]
    url = f"/records/deals/?view=board&column={column.stage.pk}&after={column.more}"

    with CaptureQueriesContext(connection) as captured:
        assert signed_in.get(url, headers=HTMX).status_code == 200

    assert len(captured) == 7
    reading = [query["sql"] for query in captured.captured_queries if "records_deal" in query["sql"]]
    assert len(reading) == 1
    assert "SUM(" not in reading[0]
    assert "OFFSET" not in reading[0]


def test_a_move_takes_as_many_queries_whatever_the_board_holds(signed_in):
    def send():
        card = Deal.objects.filter(dealstage=stages()[0]).order_by("pk")[0]
        after = Deal.objects.filter(dealstage=stages()[1]).order_by("pk")[0]
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            url = f"/records/deals/{card.pk}/move/?view=board"
            values = {"stage": stages()[1].pk, "after": after.pk}
            assert signed_in.post(url, values, headers=HTMX).status_code == 200
        return len(captured)

    fill(21)
    few = send()
    fill(400)
    assert few == send()


# --- Moving -----------------------------------------------------------------------------------------


def move(client, record, stage, query="view=board", htmx=True, **fields):
    headers = HTMX if htmx else {}
    url = f"/records/{record.kind.name}/{record.pk}/move/?{query}"
    return client.post(url, {"stage": stage.pk, **fields}, headers=headers)


def test_a_move_answers_with_both_heads_the_card_and_an_undo_and_nothing_else(signed_in):
    one, two = DealFactory(dealname="One"), DealFactory(dealname="Two", dealstage=stages()[1])
    DealFactory(dealname="Three")

    response = move(signed_in, one, stages()[1], after=two.pk)

    answer = response.content.decode()
    assert re.findall(r'id="(column-head-\d+)"', answer) == [
        f"column-head-{stage.pk}" for stage in stages()[:2]
    ]
    assert re.findall(r'data-card="(\d+)"', answer) == [str(one.pk)]
    assert "One moved to" in answer
    assert names(open_board()) == {str(stages()[0]): ["Three"], str(stages()[1]): ["Two", "One"]}
    assert one.stage_entries.get(left_at=None).stage == stages()[1]


def test_the_undo_brings_a_card_back_to_its_place(signed_in):
    below, card, above = DealFactory.create_batch(3)
    page = move(signed_in, card, stages()[1], htmx=False)
    assert page.url == "/records/deals/?view=board"
    answer = signed_in.get(page.url).content.decode()
    form = re.search(r'<form method="post" action="([^"]*move[^"]*)">(.*?)</form>', answer, re.DOTALL)
    fields = dict(re.findall(r'name="(stage|after)" value="(\d+)"', form[2]))

    signed_in.post(form[1].replace("&amp;", "&"), fields)

    assert names(open_board()) == {str(stages()[0]): [str(above), str(card), str(below)]}


def test_a_place_in_the_same_column_leaves_the_heads_alone(signed_in):
    one, two = DealFactory.create_batch(2)

    answer = move(signed_in, one, stages()[0], before=two.pk).content.decode()

    assert "column-head" not in answer
    assert names(open_board()) == {str(stages()[0]): [str(one), str(two)]}


def test_a_sorted_board_keeps_everybodys_order(signed_in):
    one, two = DealFactory.create_batch(2)

    move(signed_in, one, stages()[0], query="view=board&sort=amount", before=two.pk)

    assert names(open_board())[str(stages()[0])] == [str(two), str(one)]


def test_a_card_that_no_longer_fits_the_filter_leaves_the_board(signed_in):
    deal = DealFactory()
    query = f"view=board&dealstage__in={stages()[0].pk}"

    answer = move(signed_in, deal, stages()[1], query=query).content.decode()

    assert f'<li id="card-{deal.pk}" hx-swap-oob="delete">' in answer


@pytest.mark.parametrize("htmx", [True, False])
def test_what_cannot_be_moved_is_said_and_stays(signed_in, htmx):
    deal = DealFactory(dealname="Engine")
    ticket_stage = stages("tickets")[0]

    for stage in ({"stage": 2**70}, {"stage": "x"}, {"stage": ticket_stage.pk}, {}):
        url = f"/records/deals/{deal.pk}/move/?view=board"
        response = signed_in.post(url, stage, headers=HTMX if htmx else {})
        assert response.status_code == 422
        assert "This stage has been deleted meanwhile." in response.content.decode()
    services.archive_records([deal.pk], by=by())
    response = move(signed_in, deal, stages()[1], htmx=htmx)
    assert response.status_code == (422 if htmx else 404)
    assert "has been archived" in response.content.decode()
    assert Deal.objects.get().dealstage == stages()[0]


def test_neighbours_that_are_nonsense_are_passed_over(signed_in):
    one, two = DealFactory.create_batch(2)
    for value in ("x", "-1", str(2**70), str(one.pk), "٣"):
        assert move(signed_in, one, stages()[0], after=value).status_code == 200
        assert names(open_board())[str(stages()[0])] == [str(one), str(two)]


def test_what_a_stage_requires_is_asked_for_and_saved_with_the_move(signed_in, monkeypatch):
    """The services refuse by property name; the board asks for those properties."""
    deal, other = DealFactory(amount=None), DealFactory(dealstage=stages()[1])
    update = services.update_record

    def requiring(record, values, *, by):
        if not values.get("amount"):
            raise services.ValidationError({"amount": "Amount is required in this stage."})
        return update(record, values, by=by)

    monkeypatch.setattr(services, "update_record", requiring)

    refused = move(signed_in, deal, stages()[1], after=other.pk)
    answer = refused.content.decode()
    assert refused.status_code == 422
    assert refused["HX-Retarget"] == "#dialog"
    assert "Amount is required in this stage." in answer
    assert f'name="after" value="{other.pk}"' in answer
    wrong = move(signed_in, deal, stages()[1], field="amount", **{"move-amount": "much"})
    assert wrong.status_code == 422
    assert 'value="much"' in wrong.content.decode()
    assert "Enter a number." in wrong.content.decode()
    page = move(signed_in, deal, stages()[1], htmx=False)
    assert page.status_code == 422
    assert "<h1" in page.content.decode()

    done = move(signed_in, deal, stages()[1], after=other.pk, field="amount", **{"move-amount": "70"})
    assert done.status_code == 200
    deal.refresh_from_db()
    assert (deal.amount, deal.dealstage) == (70, stages()[1])
    assert names(open_board())[str(stages()[1])] == [str(other), str(deal)]


def test_only_properties_that_can_be_entered_are_taken_with_a_move(signed_in):
    deal = DealFactory()
    fields = {"field": ["createdate", "dealstage", "nonsense"], "move-createdate": "2020-01-01"}

    assert move(signed_in, deal, stages()[1], **fields).status_code == 200
    assert Deal.objects.get().created_at == deal.created_at


def test_where_a_card_can_go_is_a_menu_and_a_page(signed_in):
    deal = DealFactory(dealname="Engine")
    url = f"/records/deals/{deal.pk}/move/?view=board&q=eng"

    menu = signed_in.get(url, headers=HTMX).content.decode()
    page = signed_in.get(url).content.decode()

    for answer in (menu, page):
        assert answer.count('name="stage"') == len(stages())
        assert "To the top" in answer
    assert "<h1>Move Engine</h1>" in page
    assert signed_in.get(f"/records/contacts/{deal.pk}/move/").status_code == 404


def test_only_who_is_signed_in_moves_cards(client):
    deal = DealFactory()

    assert move(client, deal, stages()[1]).status_code == 302
    assert Deal.objects.get().dealstage == stages()[0]


def test_moves_are_seen_by_everybody_in_the_same_order(signed_in):
    one, two, three = DealFactory.create_batch(3)
    move_card(one, stages()[0], after=three.pk, by=by())

    page = signed_in.get("/records/deals/?view=board").content.decode()

    assert re.findall(r'data-card="(\d+)"', page) == [str(deal.pk) for deal in (three, one, two)]
