"""The list of an object type, at a desk."""

import re

import pytest
from playwright.sync_api import Page, expect

from records.models import Contact, Deal
from tests.browser.pages import focused
from tests.factories import CompanyFactory, ContactFactory, DealFactory


def rows(page: Page):
    return page.locator("#rows tbody tr")


@pytest.fixture
def deals():
    return [
        DealFactory(dealname=name, amount=amount)
        for name, amount in [("Alpha", 100), ("Beta", 2_000), ("Gamma", 30_000)]
    ]


def test_searching_as_one_types_changes_the_address_and_back_restores_it(desktop, grace):
    ContactFactory.create_batch(3)
    ContactFactory(firstname="Ada", lastname="Lovelace")
    desktop.goto("/records/contacts/")
    expect(rows(desktop)).to_have_count(4)

    desktop.locator("#list-q").press_sequentially("lovel")
    expect(rows(desktop)).to_have_count(1)
    expect(desktop).to_have_url(re.compile(r"[?&]q=lovel"))
    expect(desktop.locator("#list-q")).to_be_focused()

    desktop.locator("#list-q").fill("nobody at all")
    expect(desktop.get_by_role("heading", name="Nothing found")).to_be_visible()
    desktop.go_back()
    expect(desktop.locator("#list-q")).to_have_value("lovel")
    expect(rows(desktop)).to_have_count(1)
    desktop.go_forward()
    desktop.get_by_role("link", name="Clear search and filters").click()
    expect(rows(desktop)).to_have_count(4)
    expect(desktop.locator("#list-q")).to_have_value("")


def test_what_is_typed_while_a_search_is_under_way_stays(desktop, grace):
    ContactFactory(firstname="Ada", lastname="Lovelace")
    desktop.goto("/records/contacts/")

    def type_on(route) -> None:
        desktop.evaluate("document.getElementById('list-q').value += 'a'")
        route.continue_()

    desktop.route("**/records/contacts/?*", type_on, times=1)
    desktop.locator("#list-q").press_sequentially("ad")
    expect(desktop).to_have_url(re.compile(r"[?&]q=ad$"))
    expect(desktop.locator("#list-q")).to_have_value("ada")


def test_a_filter_is_added_edited_and_removed(desktop, deals):
    desktop.goto("/records/deals/")
    desktop.locator("#add-filter").click()
    desktop.locator(".filters .menu__item", has_text="Amount").click()
    expect(desktop.get_by_label("Condition for Amount")).to_be_focused()
    desktop.get_by_label("Condition for Amount").select_option("gte")
    desktop.get_by_label("Value").fill("much")
    desktop.get_by_role("button", name="Apply").click()
    value = desktop.get_by_label("Value")
    expect(value).to_be_focused()
    expect(value).to_have_attribute("aria-invalid", "true")
    assert desktop.locator(f"#{value.get_attribute('aria-describedby')}").inner_text() == "Enter a number."

    value.fill("1000")
    value.press("Enter")
    expect(rows(desktop)).to_have_count(2)
    expect(desktop).to_have_url(re.compile("amount__gte=1000"))
    expect(desktop.locator("#add-filter")).to_be_focused()

    desktop.get_by_role("link", name="Amount ≥ 1000", exact=True).click()
    expect(desktop.get_by_label("Value")).to_have_value("1000")
    desktop.get_by_label("Condition for Amount").select_option("between")
    expect(desktop.get_by_label("and", exact=True)).to_be_visible()
    desktop.get_by_label("Value").fill("50")
    desktop.get_by_label("and", exact=True).fill("150")
    desktop.get_by_role("button", name="Apply").click()
    expect(rows(desktop)).to_have_count(1)
    expect(desktop).not_to_have_url(re.compile("amount__gte"))

    desktop.get_by_role("link", name="Remove filter: Amount is between 50 – 150").click()
    expect(rows(desktop)).to_have_count(3)


def test_sorting_columns_page_size_and_pages_keep_the_focus(desktop, grace):
    for number in range(30):
        DealFactory(dealname=f"Deal {number:02}", amount=number)
    desktop.goto("/records/deals/")
    expect(rows(desktop)).to_have_count(25)
    desktop.locator("#sort-amount").click()
    expect(desktop.locator("th[aria-sort=ascending]")).to_have_text("Amount")
    expect(desktop.locator("#sort-amount")).to_be_focused()
    desktop.locator("#sort-amount").press("Enter")
    expect(desktop.locator("th[aria-sort=descending]")).to_have_text("Amount")
    expect(rows(desktop).first).to_contain_text("Deal 29")

    desktop.get_by_role("link", name="Next", exact=True).click()
    expect(rows(desktop)).to_have_count(5)
    expect(rows(desktop).last).to_contain_text("Deal 00")
    assert focused(desktop) == "rows"
    desktop.get_by_role("link", name="Previous", exact=True).click()
    expect(rows(desktop)).to_have_count(25)
    desktop.locator("#page-size-50").click()
    expect(rows(desktop)).to_have_count(30)
    expect(desktop.locator("#page-size-50")).to_be_focused()

    desktop.locator("#choose-columns").press("Enter")
    desktop.keyboard.press("ArrowDown")
    desktop.get_by_label("Priority").check()
    desktop.get_by_role("button", name="Show these columns").click()
    expect(desktop.get_by_role("columnheader", name="Priority")).to_be_visible()
    expect(desktop.locator("#choose-columns")).to_be_focused()
    expect(desktop.locator("th[aria-sort=descending]")).to_have_text("Amount")


def test_ticked_records_are_archived_and_brought_back(desktop, deals):
    desktop.goto("/records/deals/")
    bar = desktop.get_by_role("region", name="Selected records")
    expect(bar).to_be_hidden()
    desktop.get_by_label("Select Alpha").check()
    expect(bar).to_contain_text("1 selected")
    desktop.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()

    desktop.get_by_label("Select Alpha").check()
    desktop.get_by_label("Select Beta").check()
    bar.get_by_role("button", name="Archive").click()
    expect(rows(desktop)).to_have_count(1)
    expect(desktop.get_by_role("status")).to_contain_text("2 records archived.")
    desktop.get_by_role("button", name="Undo").click()
    expect(rows(desktop)).to_have_count(3)
    assert Deal.objects.live().count() == 3


def test_a_record_is_created_in_the_panel(desktop, grace):
    taken = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")
    desktop.goto("/records/contacts/")
    desktop.get_by_role("link", name="Create contact").press("Enter")
    panel = desktop.get_by_role("dialog", name="Create contact")
    expect(panel.get_by_label("First name")).to_be_focused()
    desktop.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(desktop.locator("#create-record")).to_be_focused()

    desktop.keyboard.press("Enter")
    panel.get_by_label("First name").fill("Grace")
    panel.get_by_label("Email").fill("ada@example.com")
    expect(panel.get_by_role("link", name="Ada Lovelace")).to_have_attribute("href", taken.get_absolute_url())
    panel.get_by_role("button", name="Create", exact=True).click()
    expect(panel.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(panel.get_by_label("First name")).to_have_value("Grace")

    desktop.mouse.click(200, 400)  # a slip onto the backdrop loses nothing
    panel.get_by_label("Email").fill("grace@example.com")
    panel.get_by_role("button", name="Create", exact=True).click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Grace")
    expect(desktop.get_by_role("status")).to_contain_text("Grace created.")
    assert Contact.objects.get(email="grace@example.com").firstname == "Grace"


def test_the_title_is_a_menu_of_object_types(desktop, grace):
    CompanyFactory(name="Acme")
    desktop.goto("/records/contacts/")
    expect(desktop.get_by_role("heading", name="No contacts yet")).to_be_visible()
    title = desktop.locator(".page-head__title summary")
    title.focus()
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Escape")
    expect(desktop.locator(".page-head__title .menu__panel")).to_be_hidden()
    expect(title).to_be_focused()
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("ArrowDown")
    desktop.keyboard.press("ArrowDown")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Companies")
    expect(rows(desktop)).to_contain_text("Acme")
