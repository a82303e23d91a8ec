"""Global search: a palette over every page."""

import pytest
from playwright.sync_api import expect

from tests.factories import CompanyFactory, ContactFactory, DealFactory


@pytest.fixture
def ada(grace):
    return ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@analytical.example")


def test_it_opens_by_key_on_every_page_and_gives_the_focus_back(desktop, ada):
    palette = desktop.locator("#palette-q")
    for address in ("/records/contacts/", ada.get_absolute_url(), "/accounts/password/", "/styleguide/"):
        desktop.goto(address)
        desktop.locator(".topbar__brand").focus()
        for key in ("Control+k", "/"):
            desktop.keyboard.press(key)
            expect(palette).to_be_focused()
            desktop.keyboard.press("Escape")
            expect(palette).to_be_hidden()
            expect(desktop.locator(".topbar__brand")).to_be_focused()


def test_a_slash_in_a_field_is_a_slash(desktop, ada):
    desktop.goto("/records/contacts/")
    desktop.locator("#list-q").press("/")
    expect(desktop.locator("#list-q")).to_have_value("/")
    expect(desktop.locator("dialog")).to_be_hidden()


def test_results_of_all_types_are_walked_by_arrows_and_opened_by_enter(desktop, ada):
    company = CompanyFactory(name="Analytical Society")
    deal = DealFactory(dealname="Analytical Engine")
    desktop.goto("/records/tickets/")
    desktop.keyboard.press("Control+k")
    desktop.keyboard.type("analytical")
    items = desktop.locator(".palette__item")
    expect(items).to_have_count(3)
    expect(desktop.locator(".palette__group")).to_have_text(["Contacts", "Companies", "Deals"])
    desktop.keyboard.press("ArrowDown")
    expect(items.nth(0)).to_be_focused()
    desktop.keyboard.press("ArrowUp")
    expect(desktop.locator("#palette-q")).to_be_focused()
    for _ in range(3):
        desktop.keyboard.press("ArrowDown")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text(str(deal))

    desktop.keyboard.press("/")
    desktop.keyboard.type("society")
    expect(desktop.locator("#palette-results")).to_have_attribute("data-text", "society")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text(str(company))


def test_nothing_found_says_so(desktop, ada):
    desktop.goto("/records/contacts/")
    desktop.get_by_role("link", name="Search all records").click()
    desktop.keyboard.type("zzzqqq")
    expect(desktop.get_by_role("dialog")).to_contain_text("Nothing found for “zzzqqq”.")
