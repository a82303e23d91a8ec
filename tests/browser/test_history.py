"""The History tab: what was done on the page stands there, is filtered, and undone from there."""

import pytest
from playwright.sync_api import expect

from records import schema
from records import services as record_services
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.pages import open_picker, tick
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, by, make_label


@pytest.fixture
def ada(grace):
    """A contact whom somebody else created."""
    CompanyFactory(name="Acme Ltd")
    make_label("contacts", "companies", "Billing contact")
    values = {"firstname": "Ada", "lastname": "Lovelace", "phone": "123"}
    return record_services.create_record(schema.current().type("contacts"), values, by=by())


def entries(page):
    """Return the entries of the history."""
    return page.locator(".history__entry")


def test_what_was_done_is_told_filtered_and_undone(desktop, ada):
    desktop.goto(ada.get_absolute_url())
    desktop.get_by_role("link", name="Edit Phone").click()
    desktop.get_by_role("textbox", name="Phone").fill("456")
    desktop.locator("#property-phone").get_by_role("button", name="Save").click()
    expect(desktop.locator("#property-phone")).to_contain_text("456")
    open_picker(desktop, "companies")
    tick(desktop, "acme", "Acme Ltd")
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.locator("#section-companies")).to_contain_text("Acme Ltd")
    desktop.get_by_role("link", name="Edit labels of Acme Ltd").click()
    labels = desktop.get_by_role("group", name="Labels of Acme Ltd")
    labels.get_by_label("Billing contact").check()
    labels.locator("xpath=ancestor-or-self::form").get_by_role("button", name="Save").click()
    expect(desktop.locator("#section-companies .label", has_text="Billing contact")).to_be_visible()

    views = desktop.get_by_role("navigation", name="Views")
    views.get_by_role("link", name="History").click()
    expect(views.get_by_role("link", name="History")).to_have_attribute("aria-current", "page")
    expect(entries(desktop)).to_have_count(4)
    expect(entries(desktop).nth(0)).to_contain_text("grace labelled the company Acme Ltd as Billing contact")
    expect(entries(desktop).nth(1)).to_contain_text("grace associated the company Acme Ltd")
    expect(entries(desktop).nth(2)).to_contain_text("grace changed Phone from 123 to 456")
    desktop.locator(".history details summary").last.click()
    expect(entries(desktop).nth(3)).to_contain_text("Lovelace")

    desktop.locator(".history__filters > summary").click()
    desktop.get_by_label("What").select_option("associations")
    desktop.get_by_role("button", name="Apply").click()
    expect(entries(desktop)).to_have_count(2)
    assert "what=associations" in desktop.url
    desktop.get_by_label("What").select_option("property.phone")
    desktop.get_by_role("button", name="Apply").click()
    expect(entries(desktop).first).to_contain_text("grace changed Phone")
    expect(entries(desktop)).to_have_count(2)
    desktop.get_by_label("Who").select_option("grace")
    desktop.get_by_role("button", name="Apply").click()
    expect(entries(desktop)).to_have_count(1)
    desktop.go_back()
    expect(entries(desktop)).to_have_count(2)

    desktop.get_by_role("link", name="Undo: grace changed Phone").click()
    expect(desktop.get_by_role("heading", name="Undo this change?")).to_be_visible()
    desktop.get_by_role("button", name="Undo", exact=True).click()
    expect(entries(desktop).first).to_contain_text("grace changed Phone from 456 to 123")
    expect(entries(desktop).nth(3)).to_contain_text("Undone by grace")
    ada.refresh_from_db()
    assert ada.phone == "123"


def test_on_a_phone_history_is_a_tab_of_its_own(phone, ada):
    phone.goto(ada.get_absolute_url())
    phone.get_by_role("navigation", name="Parts of this record").get_by_role("link", name="History").click()

    expect(entries(phone)).to_have_count(1)
    expect(entries(phone)).to_be_visible()
    expect(phone.get_by_role("navigation", name="Views")).to_be_hidden()
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]


def test_axe_finds_nothing_on_the_pages_of_history(open_page, grace, ada):
    record_services.update_record(ada, {"city": "Rome", "jobtitle": "Analyst"}, by=by(grace))
    page = open_page(**DESKTOP)
    change = ada.history.first().change_id
    wrong = {}
    for address in (
        f"{ada.get_absolute_url()}?tab=history",
        f"{ada.get_absolute_url()}?tab=history&what=associations",
        f"{ada.get_absolute_url()}?tab=history&since=x",
        "/history/",
        "/history/?kind=import",
        f"/history/{change}/",
        f"/history/{change}/undo/",
    ):
        page.goto(address)
        if found := violations(page):
            wrong[address] = found
    assert wrong == {}
