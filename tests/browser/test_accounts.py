"""Signing in and out, the password, the theme."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PASSWORD


@pytest.fixture
def stranger(open_page):
    """A page at a desk, not signed in."""
    page = open_page(**DESKTOP)
    page.context.clear_cookies()
    return page


def sign_in(page, password: str) -> None:
    page.get_by_label("Username").fill("grace")
    page.get_by_label("Password").fill(password)
    page.get_by_label("Password").press("Enter")


def test_one_signs_in_to_the_page_asked_for_and_out(stranger):
    stranger.goto("/records/deals/?q=engine")
    expect(stranger.get_by_label("Username")).to_be_focused()
    sign_in(stranger, "wrong")
    expect(stranger.get_by_role("alert")).to_contain_text("Please enter a correct username and password")
    expect(stranger.get_by_label("Username")).to_have_value("grace")
    sign_in(stranger, PASSWORD)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Deals")
    expect(stranger).to_have_url(re.compile(r"/records/deals/\?q=engine$"))

    stranger.get_by_label("Account of grace").click()
    stranger.get_by_role("button", name="Sign out").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Sign in")
    stranger.goto("/records/deals/")
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_password_is_changed(desktop, grace):
    desktop.goto("/accounts/password/")
    desktop.get_by_label("Old password").fill("wrong")
    desktop.get_by_label("New password", exact=False).first.fill("a new horse battery")
    desktop.get_by_label("New password confirmation").fill("another horse battery")
    desktop.get_by_role("button", name="Change password").last.click()
    for label in ("Old password", "New password confirmation"):
        field = desktop.get_by_label(label)
        expect(field).to_have_attribute("aria-invalid", "true")
        error = field.get_attribute("aria-describedby").split()[-1]
        expect(desktop.locator(f"#{error}")).to_be_visible()

    desktop.get_by_label("Old password").fill(PASSWORD)
    desktop.get_by_label("New password", exact=False).first.fill("a new horse battery")
    desktop.get_by_label("New password confirmation").fill("a new horse battery")
    desktop.get_by_role("button", name="Change password").last.click()
    expect(desktop.get_by_role("status")).to_contain_text("Your password has been changed.")
    grace.refresh_from_db()
    assert grace.check_password("a new horse battery")


def test_the_theme_is_the_system_s_until_one_is_chosen_and_then_remembered(open_page):
    page = open_page(color_scheme="dark", **DESKTOP)
    ground = "getComputedStyle(document.body).backgroundColor"
    page.goto("/records/deals/?q=engine")
    dark = page.evaluate(ground)
    page.get_by_label("Account of grace").click()
    page.get_by_role("button", name="Light theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page).to_have_url(re.compile(r"q=engine"))
    page.goto("/records/contacts/")
    light = page.evaluate(ground)
    assert light != dark

    page.get_by_label("Account of grace").click()
    expect(page.get_by_role("button", name="Light theme")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="System theme").click()
    expect(page.locator("html:not([data-theme])")).to_have_count(1)
    assert page.evaluate(ground) == dark
