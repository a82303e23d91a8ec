"""The preview of an associated record, beside the page that one is on; and the settings of the sidebar."""

import re

import pytest
from playwright.sync_api import expect

from associations import services
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.pages import focused, section
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


@pytest.fixture
def deal(grace):
    deal = DealFactory(dealname="Analytical Engine")
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com", city="London")
    alan = ContactFactory(firstname="Alan", lastname="Turing")
    services.associate(ada, [CompanyFactory(name="Acme").pk], by=by())
    services.associate(deal, [alan.pk], by=by())
    services.associate(deal, [ada.pk], by=by())
    return deal


def test_by_keyboard_one_looks_at_a_card_and_what_is_associated_and_comes_back(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    eye = desktop.get_by_role("link", name="Preview Ada Lovelace")
    eye.press("Enter")
    panel = desktop.get_by_role("dialog", name="Ada Lovelace")
    expect(panel).to_be_visible()
    assert focused(desktop) == "dialog-title"
    expect(panel.get_by_text("London")).to_be_visible()

    panel.get_by_role("link", name="Acme").first.press("Enter")
    expect(desktop.get_by_role("dialog", name="Acme")).to_be_visible()
    expect(desktop.locator("#dialog-title")).to_be_focused()
    desktop.get_by_role("link", name="Back to Ada Lovelace").press("Enter")
    expect(panel).to_be_visible()
    expect(desktop.locator("#dialog-title")).to_be_focused()

    panel.get_by_role("link", name="Next: Alan Turing").press("Enter")
    expect(desktop.get_by_role("dialog", name="Alan Turing")).to_contain_text("2 of 2")

    desktop.keyboard.press("Escape")
    expect(desktop.locator("dialog")).to_be_hidden()
    expect(eye).to_be_focused()
    expect(desktop).to_have_url(re.compile(f"/deals/{deal.pk}/$"))


def test_a_click_on_a_card_opens_the_preview_and_its_links_and_menu_do_what_they_say(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    card = section(desktop, "contacts").locator(".card", has_text="Ada Lovelace")
    card.locator(".card__since").click(position={"x": 2, "y": 2}, force=True)
    expect(desktop.get_by_role("dialog", name="Ada Lovelace")).to_be_visible()
    desktop.locator("dialog").get_by_label("Close").click()
    expect(desktop.locator("dialog")).to_be_hidden()

    card.get_by_label("Actions for Ada Lovelace").click()
    expect(desktop.get_by_role("button", name="Remove association")).to_be_visible()
    desktop.get_by_role("button", name="Remove association").click()
    expect(section(desktop, "contacts").locator(".card")).to_have_count(1)
    expect(desktop.locator("dialog")).to_be_hidden()

    section(desktop, "contacts").get_by_role("link", name="Alan Turing", exact=True).click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Alan Turing")


def test_the_record_is_opened_from_its_preview(desktop, deal):
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_role("link", name="Preview Ada Lovelace").click()
    desktop.get_by_role("link", name="Open record").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")


def test_on_a_phone_it_fills_the_screen_and_nothing_is_wider(phone, grace):
    deal = DealFactory(dealname=LONG * 2)
    person = ContactFactory(firstname=LONG, lastname=LONG, email=f"{LONG}@{LONG}.example.com".lower())
    services.associate(deal, [person.pk, CompanyFactory(name=LONG * 3).pk], by=by())
    phone.goto(f"{deal.get_absolute_url()}?tab=associations")
    section(phone, "contacts").locator(".card__preview").tap()
    panel = phone.get_by_role("dialog")
    expect(panel).to_be_visible()
    phone.wait_for_function("document.querySelector('dialog').getBoundingClientRect().y === 0")
    box = panel.bounding_box()
    assert (box["width"], box["height"]) == (390, 844)
    assert panel.evaluate("dialog => dialog.querySelector('.sheet__body').scrollWidth") <= 390
    panel.get_by_role("link", name="Close", exact=True).tap()
    expect(panel).to_be_hidden()

    phone.goto(f"/records/contacts/{person.pk}/preview/?from={deal.pk}")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_script_the_preview_is_a_page_of_its_own(no_script, deal):
    no_script.goto(deal.get_absolute_url())
    no_script.get_by_role("link", name="Preview Ada Lovelace").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Preview of Ada Lovelace")
    no_script.locator(".preview").get_by_role("link", name="Acme").first.click()
    no_script.get_by_role("link", name="Back to Ada Lovelace").click()
    no_script.get_by_role("navigation", name="Breadcrumbs").get_by_role("link").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Analytical Engine")


def test_an_administrator_lays_out_the_sidebar(desktop, deal):
    desktop.goto("/settings/objects/deals/sidebar/")
    desktop.get_by_role("button", name="Move Companies up").click()
    desktop.locator("#edit-contacts").press("Enter")
    desktop.get_by_label("Sorted by").select_option("name")
    desktop.get_by_label("Property 1").select_option(label="City")
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.locator("#section-contacts")).to_contain_text("City, Job title")

    desktop.goto(deal.get_absolute_url())
    expect(desktop.locator(".section").first).to_have_attribute("id", "section-companies")
    expect(section(desktop, "contacts").locator(".card").first).to_contain_text("CityLondon")

    desktop.goto("/settings/objects/deals/sidebar/")
    desktop.get_by_role("link", name="Reset to defaults").click()
    desktop.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(desktop.locator(".rows .row").first).to_have_attribute("id", "section-contacts")


def test_axe_finds_nothing(open_page, deal):
    wrong = {}
    for options in (DESKTOP, PHONE):
        page = open_page(**options)
        ada = ContactFactory._meta.model.objects.get(firstname="Ada")
        for address in (
            f"/records/contacts/{ada.pk}/preview/?from={deal.pk}",
            "/settings/objects/deals/sidebar/",
            "/settings/objects/deals/sidebar/sections/contacts/",
        ):
            page.goto(address)
            wrong[address, options is PHONE] = violations(page)
        page.goto(f"{deal.get_absolute_url()}?tab=associations")
        page.get_by_role("link", name="Preview Ada Lovelace").click()
        expect(page.get_by_role("dialog", name="Ada Lovelace")).to_be_visible()
        wrong["panel", options is PHONE] = violations(page)
    assert {name: found for name, found in wrong.items() if found} == {}
