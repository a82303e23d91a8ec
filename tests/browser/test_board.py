"""The board in a browser: by mouse, by key, by menu, without a script, on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from records import definition, schema, services
from records.models import Deal
from tests.browser.pages import focused
from tests.factories import DealFactory, by


def stages(name: str = "deals"):
    return schema.current().type(name).pipelines[0].stage_list


@pytest.fixture
def deals(grace):
    """Three deals in the first stage, Gamma on top, and one in the second."""
    kind = schema.current().type("deals")

    def make(name, stage=0):
        values = {"dealname": name, "amount": 1000, "dealstage": stages()[stage]}
        return services.create_record(kind, values, by=by(grace))

    return {name: make(name) for name in ("Alpha", "Beta", "Gamma")} | {"Delta": make("Delta", 1)}


def column(page: Page, place: int):
    return page.locator(".column").nth(place)


def card(page: Page, name: str):
    return page.locator(".board-card", has_text=name)


def cards(page: Page, place: int):
    return column(page, place).locator(".board-card__name")


def stored(place: int) -> list[str]:
    found = Deal.objects.filter(dealstage=stages()[place]).order_by("rank", "pk")
    return list(found.values_list("dealname", flat=True))


def drag(page: Page, name: str, to, x: float, y: float) -> None:
    """Drag a card by the mouse to a place within an element, given by parts of its width and height."""
    box = to.bounding_box()
    card(page, name).hover()
    page.mouse.down()
    target = (box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.mouse.move(*target, steps=4)
    expect(page.locator(".is-dragged")).to_have_count(1)
    for step in (1, 0, 1):  # a browser goes on telling where the pointer is; the card is under it by now
        page.mouse.move(target[0], target[1] + step)
    page.mouse.up()


def test_a_card_is_dragged_to_a_place_in_another_column_and_back_by_undo(desktop, deals):
    desktop.goto("/records/deals/?view=board")
    expect(cards(desktop, 0)).to_have_text(["Gamma", "Beta", "Alpha"])

    drag(desktop, "Beta", card(desktop, "Delta"), 0.5, 0.9)

    expect(cards(desktop, 1)).to_have_text(["Delta", "Beta"])
    expect(column(desktop, 0).locator(".column__count")).to_have_text("2 records")
    expect(column(desktop, 1).locator(".column__sum")).to_have_text("$2,000")
    expect(desktop.locator("#toasts")).to_contain_text(f"Beta moved to {stages()[1]}.")
    assert stored(1) == ["Delta", "Beta"]
    expect(desktop).to_have_url(re.compile(r"\?view=board$"))

    desktop.get_by_role("button", name="Undo").click()
    expect(cards(desktop, 0)).to_have_text(["Gamma", "Beta", "Alpha"])
    expect(column(desktop, 0).locator(".column__count")).to_have_text("3 records")
    assert stored(0) == ["Gamma", "Beta", "Alpha"]
    desktop.reload()
    expect(cards(desktop, 0)).to_have_text(["Gamma", "Beta", "Alpha"])


def test_a_card_is_dragged_within_its_column_and_into_an_empty_one(desktop, deals):
    desktop.goto("/records/deals/?view=board")

    drag(desktop, "Alpha", card(desktop, "Gamma"), 0.5, 0.1)
    expect(cards(desktop, 0)).to_have_text(["Alpha", "Gamma", "Beta"])
    expect(desktop.locator("#toasts")).to_contain_text("Alpha moved within")
    assert stored(0) == ["Alpha", "Gamma", "Beta"]

    drag(desktop, "Alpha", column(desktop, 2), 0.5, 0.6)
    expect(cards(desktop, 2)).to_have_text(["Alpha"])
    expect(column(desktop, 2).locator(".column__empty")).to_be_hidden()
    expect(desktop.locator("#toasts")).to_contain_text(f"Alpha moved to {stages()[2]}.")
    assert stored(2) == ["Alpha"]


def test_a_card_that_is_dropped_elsewhere_stays_where_it_was(desktop, deals):
    desktop.goto("/records/deals/?view=board")

    drag(desktop, "Beta", desktop.locator("h1"), 0.5, 0.5)

    expect(cards(desktop, 0)).to_have_text(["Gamma", "Beta", "Alpha"])
    assert stored(0) == ["Gamma", "Beta", "Alpha"]


def test_a_card_is_moved_by_key_and_every_step_is_said(desktop, deals):
    desktop.goto("/records/deals/?view=board")
    says = desktop.locator("#board-says")
    link = f"card-{deals['Beta'].pk}-name"
    desktop.locator(f"#{link}").focus()
    desktop.keyboard.press("ArrowUp")
    assert focused(desktop) == f"card-{deals['Gamma'].pk}-name"
    desktop.keyboard.press("ArrowRight")
    assert focused(desktop) == f"card-{deals['Delta'].pk}-name"
    desktop.keyboard.press("ArrowLeft")
    desktop.keyboard.press("ArrowDown")
    assert focused(desktop) == link

    desktop.keyboard.press("Space")
    expect(says).to_have_text(f"Picked up Beta, in {stages()[0]}, place 2 of 3.")
    desktop.keyboard.press("ArrowDown")
    expect(says).to_have_text(f"{stages()[0]}, place 3 of 3.")
    desktop.keyboard.press("ArrowRight")
    expect(says).to_have_text(f"{stages()[1]}, place 2 of 2.")
    desktop.keyboard.press("ArrowUp")
    assert focused(desktop) == link
    desktop.keyboard.press("Enter")
    expect(says).to_have_text(f"Dropped Beta in {stages()[1]}, place 1 of 2.")
    expect(column(desktop, 1).locator(".column__count")).to_have_text("2 records")
    expect(desktop.locator(f"#{link}")).to_be_focused()
    assert stored(1) == ["Beta", "Delta"]
    expect(desktop).to_have_url(re.compile(r"\?view=board$"))


def test_escape_and_leaving_put_a_picked_card_back(desktop, deals):
    desktop.goto("/records/deals/?view=board")
    desktop.locator(f"#card-{deals['Beta'].pk}-name").focus()
    for leave in ("Escape", "Tab"):
        desktop.keyboard.press("Space")
        desktop.keyboard.press("ArrowRight")
        expect(cards(desktop, 1)).to_have_count(2)
        desktop.keyboard.press(leave)
        expect(cards(desktop, 0)).to_have_text(["Gamma", "Beta", "Alpha"])
        expect(desktop.locator("#board-says")).to_have_text(f"Beta is back in {stages()[0]}, place 2 of 3.")
    assert stored(0) == ["Gamma", "Beta", "Alpha"]


def test_a_card_is_moved_by_its_menu(desktop, deals):
    desktop.goto("/records/deals/?view=board")
    desktop.get_by_label("Move Alpha to …").press("Enter")
    desktop.get_by_role("button", name="To the top").click()
    expect(cards(desktop, 0)).to_have_text(["Alpha", "Gamma", "Beta"])
    expect(desktop.locator("#toasts")).to_contain_text("Alpha moved within")

    card(desktop, "Alpha").hover()
    desktop.get_by_label("Move Alpha to …").click()
    desktop.get_by_role("button", name=str(stages()[3])).click()
    expect(cards(desktop, 3)).to_have_text(["Alpha"])
    expect(column(desktop, 3).locator(".column__count")).to_have_text("1 record")
    assert stored(3) == ["Alpha"]
    # The card has been swapped: its menu knows where it stands now.
    card(desktop, "Alpha").hover()
    desktop.get_by_label("Move Alpha to …").click()
    expect(card(desktop, "Alpha").get_by_role("button", name=str(stages()[0]))).to_be_visible()


def test_what_is_refused_goes_back_and_says_why(desktop, deals, grace):
    desktop.goto("/records/deals/?view=board")
    services.archive_records([deals["Beta"].pk], by=by(grace))

    drag(desktop, "Beta", card(desktop, "Delta"), 0.5, 0.9)

    expect(desktop.get_by_role("alert")).to_contain_text("has been archived")
    expect(cards(desktop, 0)).to_have_text(["Gamma", "Beta", "Alpha"])
    expect(cards(desktop, 1)).to_have_text(["Delta"])


def test_what_a_stage_requires_is_asked_for_in_a_dialog(desktop, deals, grace, monkeypatch):
    update = services.update_record

    def requiring(record, values, *, by):
        if not values.get("closedate"):
            raise services.ValidationError({"closedate": "Close date is required in this stage."})
        return update(record, values, by=by)

    monkeypatch.setattr(services, "update_record", requiring)
    desktop.goto("/records/deals/?view=board")

    drag(desktop, "Beta", card(desktop, "Delta"), 0.5, 0.1)
    dialog = desktop.get_by_role("dialog", name=f"Move to {stages()[1]}")
    expect(dialog.get_by_label("Close date")).to_be_focused()
    expect(dialog).to_contain_text("Close date is required in this stage.")
    expect(cards(desktop, 0)).to_have_text(["Gamma", "Beta", "Alpha"])
    desktop.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    drag(desktop, "Beta", card(desktop, "Delta"), 0.5, 0.1)
    dialog.get_by_label("Close date").fill("2026-12-24")
    dialog.get_by_role("button", name="Save and move").click()
    expect(dialog).to_be_hidden()
    expect(cards(desktop, 1)).to_have_text(["Beta", "Delta"])
    expect(column(desktop, 1).locator(".column__count")).to_have_text("2 records")
    assert stored(1) == ["Beta", "Delta"]
    assert str(Deal.objects.get(pk=deals["Beta"].pk).closedate) == "2026-12-24"


def test_scrolling_down_a_column_brings_more_and_a_dropped_card_is_there_once(desktop, grace):
    for number in range(50):
        DealFactory(dealname=f"Deal {number:02}")
    DealFactory(dealname="Other", dealstage=stages()[1])
    desktop.goto("/records/deals/?view=board")
    expect(cards(desktop, 0)).to_have_count(20)
    desktop.get_by_label("Move Other to …").focus()
    desktop.locator(".board-card__name", has_text="Other").focus()
    desktop.keyboard.press("Space")
    desktop.keyboard.press("ArrowLeft")
    for _step in range(20):  # below all that is shown: the next cards bring it a second time
        desktop.keyboard.press("ArrowDown")
    desktop.keyboard.press("Space")
    expect(desktop.locator("#toasts")).to_contain_text("Other moved to")

    more = column(desktop, 0).locator(".column__more")
    while more.count():
        column(desktop, 0).locator(".column__cards").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    expect(cards(desktop, 0)).to_have_count(51)
    shown = cards(desktop, 0).all_inner_texts()
    assert shown == stored(0)
    expect(desktop).to_have_url(re.compile(r"\?view=board$"))


def test_searching_filtering_and_switching_keep_the_board(desktop, deals):
    desktop.goto("/records/deals/")
    desktop.get_by_role("link", name="Board").click()
    expect(cards(desktop, 0)).to_have_count(3)
    desktop.locator("#list-q").press_sequentially("bet")
    expect(cards(desktop, 0)).to_have_text(["Beta"])
    expect(desktop).to_have_url(re.compile("view=board"))
    drag(desktop, "Beta", column(desktop, 2), 0.5, 0.5)
    expect(cards(desktop, 2)).to_have_text(["Beta"])
    expect(column(desktop, 2).locator(".column__count")).to_have_text("1 record")
    desktop.locator("#list-q").fill("")
    expect(cards(desktop, 0)).to_have_text(["Gamma", "Alpha"])
    desktop.locator("#sort-cards").click()
    desktop.get_by_role("link", name="Deal name").click()
    expect(cards(desktop, 0)).to_have_text(["Alpha", "Gamma"])
    drag(desktop, "Gamma", card(desktop, "Alpha"), 0.5, 0.1)  # sorted by name it stays so
    expect(cards(desktop, 0)).to_have_text(["Alpha", "Gamma"])
    desktop.get_by_role("link", name="Table").click()
    expect(desktop.locator("#rows tbody tr")).to_have_count(4)
    desktop.go_back()
    expect(cards(desktop, 0)).to_have_count(2)


def test_without_a_script_cards_are_moved_by_a_page_and_columns_go_on(no_script, deals):
    DealFactory.create_batch(25, dealname="Many", dealstage=stages()[2])
    no_script.goto("/records/deals/?view=board&amount__gte=1")
    card(no_script, "Alpha").locator("summary").click()
    no_script.get_by_role("link", name="Move to …").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Move Alpha")
    no_script.get_by_role("button", name=str(stages()[1])).click()
    expect(cards(no_script, 1)).to_have_text(["Alpha", "Delta"])
    expect(no_script).to_have_url(re.compile("view=board&amount__gte=1"))
    no_script.get_by_role("button", name="Undo").click()
    expect(cards(no_script, 0)).to_have_text(["Gamma", "Beta", "Alpha"])
    expect(cards(no_script, 2)).to_have_count(20)
    no_script.get_by_role("link", name="Show more").click()
    expect(cards(no_script, 2)).to_have_count(5)
    no_script.get_by_role("link", name="From the top").click()
    expect(cards(no_script, 2)).to_have_count(20)


def test_on_a_phone_columns_snap_and_cards_are_moved_by_their_menus(phone, deals):
    phone.goto("/records/deals/?view=board")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    card(phone, "Beta").locator("summary").tap()
    phone.get_by_role("button", name=str(stages()[1])).tap()
    expect(cards(phone, 1)).to_have_text(["Beta", "Delta"])
    expect(phone.locator("#toasts")).to_contain_text("Beta moved to")
    assert stored(1) == ["Beta", "Delta"]
    phone.locator(".board").evaluate("board => board.scrollTo(390, 0)")
    phone.wait_for_function(
        "Math.abs(document.querySelectorAll('.column')[1].getBoundingClientRect().x - 16) < 2"
    )
    small = [
        one.get_attribute("class")
        for one in phone.locator(".board summary:visible, .switch__item:visible").all()
        if min(one.bounding_box()["width"], one.bounding_box()["height"]) < 32
        and "button" in (one.get_attribute("class") or "switch")
    ]
    assert small == []


def test_a_custom_types_board_is_used_like_any_other(desktop, grace):
    definition.apply(
        {
            "objects": {
                "viewings": {
                    "singular": "Viewing",
                    "plural": "Viewings",
                    "groups": {"about": {"properties": {"title": {}, "price": {"type": "currency"}}}},
                    "pipelines": {"default": {"stages": {f"s{number:02}": {} for number in range(12)}}},
                }
            }
        }
    )
    kind = schema.current().type("viewings")
    for title in ("Hut", "Hall"):
        services.create_record(kind, {"title": title, "price": 10}, by=by(grace))
    desktop.goto("/records/viewings/?view=board")
    expect(desktop.locator(".column")).to_have_count(12)

    drag(desktop, "Hut", column(desktop, 1), 0.5, 0.5)
    expect(cards(desktop, 1)).to_have_text(["Hut"])
    expect(column(desktop, 1).locator(".column__sum")).to_have_text("$10")
    card(desktop, "Hut").locator(".board-card__name").focus()
    desktop.keyboard.press("Space")
    for _step in range(10):
        desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("Space")
    expect(cards(desktop, 11)).to_have_text(["Hut"])
    expect(column(desktop, 11)).to_be_in_viewport(ratio=1)
    expect(column(desktop, 11).locator(".column__count")).to_have_text("1 record")


def test_the_record_page_tells_how_long_and_what_came_before(desktop, deals, grace):
    desktop.goto(deals["Beta"].get_absolute_url())
    stays = desktop.locator("#stays")
    expect(stays).to_contain_text("In this stage for less than a minute")
    desktop.get_by_role("button", name=str(stages()[1])).click()
    stays.locator("summary").click()
    rows = stays.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(str(stages()[1]))
    expect(rows.first).to_contain_text("grace")
    expect(rows.last).to_contain_text(str(stages()[0]))
