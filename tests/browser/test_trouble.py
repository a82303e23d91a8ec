"""What goes wrong on the way: the session ends, the server fails, the network is gone."""

import re

import pytest
from playwright.sync_api import expect

from records.services import archive_records
from tests.browser.conftest import PASSWORD
from tests.browser.pages import open_picker, section
from tests.factories import ContactFactory, DealFactory, by


@pytest.fixture
def deal(grace):
    return DealFactory(dealname="Analytical Engine")


def test_after_the_session_ended_a_part_of_a_page_leads_to_sign_in_and_back(desktop, deal):
    desktop.goto(f"{deal.get_absolute_url()}?tab=activities")
    desktop.context.clear_cookies()
    desktop.get_by_role("link", name="Edit Deal name").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Sign in")
    desktop.get_by_label("Username").fill("grace")
    desktop.get_by_label("Password").fill(PASSWORD)
    desktop.get_by_role("button", name="Sign in").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Analytical Engine")
    expect(desktop).to_have_url(re.compile(r"\?tab=activities$"))


@pytest.mark.parametrize("failure", ["server", "network"])
def test_a_failed_save_says_so_and_loses_nothing(desktop, deal, problems, failure):
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    desktop.get_by_role("button", name="Create new contact").click()
    desktop.get_by_label("First name").fill("Charles")
    desktop.route(
        "**/contacts/add/",
        lambda route: route.fulfill(status=500, body="oh") if failure == "server" else route.abort(),
        times=1,
    )
    desktop.get_by_role("button", name="Create and save").click()
    toast = desktop.get_by_role("alert")
    expect(toast).to_contain_text("What you entered is still here")
    expect(desktop.get_by_label("First name")).to_have_value("Charles")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)

    desktop.get_by_role("button", name="Create and save").click()
    expect(section(desktop, "contacts")).to_contain_text("Charles")
    assert problems
    problems.clear()


def test_what_was_archived_meanwhile_is_said_and_the_page_stays(desktop, deal, problems):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    desktop.goto(ada.get_absolute_url())
    archive_records([ada.pk], by=by())
    desktop.get_by_role("link", name="Edit Last name").click()
    expect(desktop.get_by_role("alert")).to_contain_text("has been archived")
    expect(desktop.locator("#property-lastname")).to_contain_text("Lovelace")

    desktop.goto(ada.get_absolute_url())
    expect(desktop.get_by_role("button", name="Restore")).to_be_visible()
    expect(desktop.locator("main")).to_contain_text("this record has been archived")
    assert all("404" in problem for problem in problems)
    problems.clear()


def test_a_form_from_before_signing_in_again_is_refused_without_harm(desktop, deal, problems):
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_role("link", name="Edit Deal name").click()
    name = desktop.locator("[name=edit-dealname]")
    name.fill("Difference Engine")
    desktop.evaluate("document.body.setAttribute('hx-headers', '{\"X-CSRFToken\": \"stale\"}')")
    desktop.locator(".property--editing [name=csrfmiddlewaretoken]").evaluate(
        "field => field.value = 'stale'"
    )
    name.press("Enter")
    expect(desktop.get_by_role("alert")).to_contain_text("reload the page")
    expect(name).to_have_value("Difference Engine")
    problems.clear()
