"""All of a section on a page of its own: filter by label, tick, remove, undo; label all that there are."""

import re

import pytest
from playwright.sync_api import Page, expect

from associations import services
from associations.labels import Word
from tests.associations.seen import words_of
from tests.browser.pages import focused
from tests.browser.test_accessibility import violations
from tests.factories import ContactFactory, DealFactory, by, make_label


@pytest.fixture
def deal(grace):
    """A deal with thirty contacts, three of whom are founders."""
    deal = DealFactory(dealname="Engine")
    label = make_label("deals", "contacts", "Founder")
    make_label("deals", "contacts", "Buyer")
    people = [ContactFactory(firstname=f"Ada{number:02}", lastname="") for number in range(30)]
    founders = {people[number].pk: [Word(label)] for number in (4, 11, 28)}
    services.associate(deal, [one.pk for one in people], by=by(grace), words=founders)
    deal.page = f"/records/deals/{deal.pk}/associations/contacts/"
    return deal


def rows(page: Page):
    return page.locator("#rows tbody tr")


def bar(page: Page):
    return page.get_by_role("region", name="Selected records")


def test_two_of_a_label_are_removed_and_come_back(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_role("link", name="View all 30").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Contacts of Engine")
    expect(rows(desktop)).to_have_count(25)
    assert violations(desktop) == []

    desktop.locator("#filter-labels").click()
    desktop.locator(".menu__item", has_text="Founder").locator("input").check()
    desktop.get_by_role("button", name="Show these").click()
    expect(rows(desktop)).to_have_count(3)
    expect(desktop).to_have_url(re.compile(r"[?&]label=\d+"))
    assert focused(desktop) == "filter-labels"

    desktop.get_by_label("Select Ada04").check()
    desktop.get_by_label("Select Ada11").check()
    bar(desktop).get_by_role("button", name="Remove association").click()
    panel = desktop.get_by_role("dialog", name="Remove associations")
    expect(panel).to_contain_text("These 2 records will no longer be associated with Engine.")
    expect(panel).to_contain_text("Ada04")
    assert len(words_of(deal)) == 30
    assert violations(desktop) == []
    panel.get_by_role("button", name="Remove", exact=True).click()
    expect(panel).to_be_hidden()
    expect(rows(desktop)).to_have_count(1)
    expect(desktop.get_by_role("status")).to_contain_text("2 records removed from Engine.")
    assert len(words_of(deal)) == 28

    desktop.get_by_role("button", name="Undo").click()
    expect(desktop).to_have_url(re.compile(r"[?&]label=\d+"))
    expect(rows(desktop)).to_have_count(3)
    assert len(words_of(deal)) == 30


def test_all_that_there_are_get_a_label(desktop, deal):
    desktop.goto(f"{deal.page}?sort=-name")
    desktop.get_by_label("Select all on this page").check()
    expect(bar(desktop)).to_contain_text("25 selected")
    bar(desktop).get_by_label("All 30").check()
    bar(desktop).get_by_role("button", name="Add label …").click()
    panel = desktop.get_by_role("dialog", name="Add labels")
    expect(panel).to_contain_text("These 30 records keep the labels")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_have_text("Choose at least one label.")
    panel.get_by_label("Buyer").check()
    panel.get_by_role("button", name="Save").click()

    expect(panel).to_be_hidden()
    expect(desktop.get_by_role("status")).to_contain_text("Labels of 30 records changed.")
    expect(rows(desktop).first).to_contain_text("Buyer")
    expect(rows(desktop).first).to_contain_text("Ada29")
    assert all("Buyer" in called for called in words_of(deal).values())


def test_a_row_is_labelled_in_its_place_previewed_and_removed(desktop, deal):
    desktop.goto(deal.page)
    row = rows(desktop).nth(0)
    row.get_by_role("link", name="Add label to Ada00").press("Enter")
    expect(row.get_by_label("Founder")).to_be_focused()
    desktop.keyboard.press("Escape")
    expect(row.get_by_role("link", name="Add label to Ada00")).to_be_focused()
    desktop.keyboard.press("Enter")
    row.get_by_label("Buyer").check()
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".badge")).to_have_text("Buyer")
    expect(row.get_by_role("link", name="Edit labels of Ada00")).to_be_focused()

    row.get_by_role("link", name="Preview Ada00").click()
    expect(desktop.get_by_role("dialog", name="Ada00")).to_be_visible()
    desktop.keyboard.press("Escape")
    row.get_by_label("Actions for Ada00").click()
    row.get_by_role("link", name="Remove association").click()
    expect(rows(desktop).nth(0)).to_contain_text("Ada01")
    expect(desktop.get_by_role("status").last).to_contain_text("Ada00 removed from Engine.")
    expect(desktop).to_have_url(re.compile(f"{deal.page}$"))


def test_the_picker_adds_to_the_page_that_it_is_opened_on(desktop, deal):
    ContactFactory(firstname="Zoe", lastname="")
    desktop.goto(f"{deal.page}?sort=-name")
    desktop.locator("#add-contacts").click()
    desktop.locator("#picker-q").fill("Zoe")
    expect(desktop.locator(".option")).to_have_count(1)
    desktop.locator(".option > label > input").check()
    desktop.locator(".sheet__foot").get_by_role("button", name="Save").click()

    expect(desktop.locator("#picker")).to_have_count(0)
    expect(rows(desktop).first).to_contain_text("Zoe")
    assert focused(desktop) == "add-contacts"
    expect(desktop).to_have_url(re.compile(r"sort=-name$"))


def test_on_a_phone_the_page_is_no_wider_than_the_screen(phone, deal):
    phone.goto(deal.page)
    phone.get_by_label("Select Ada00").check()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    bar(phone).get_by_role("button", name="Add label …").click()
    panel = phone.get_by_role("dialog", name="Add labels")
    panel.get_by_label("Founder").check()
    panel.get_by_role("button", name="Save").click()
    expect(phone.get_by_role("status")).to_contain_text("Labels of 1 record changed.")


def test_without_script_all_are_labelled_and_a_row_is_removed(no_script, deal):
    no_script.goto(deal.page)
    no_script.get_by_label("Select Ada00").check()
    bar(no_script).get_by_label("All 30").check()
    bar(no_script).get_by_role("button", name="Add label …").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Add labels")
    no_script.get_by_label("Buyer").check()
    no_script.get_by_role("button", name="Save").click()
    expect(no_script.get_by_role("status")).to_contain_text("Labels of 30 records changed.")

    row = rows(no_script).nth(0)
    row.get_by_label("Actions for Ada00").click()
    row.get_by_role("link", name="Remove association").click()
    no_script.get_by_role("button", name="Remove").click()
    expect(no_script).to_have_url(re.compile(deal.page))
    expect(rows(no_script).nth(0)).to_contain_text("Ada01")
