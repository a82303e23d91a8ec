"""What axe finds wrong by WCAG 2.2 A and AA, light and dark: nothing. And what it cannot see."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from associations import services, timeline
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.pages import arrive, open_picker
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by, make_activity

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

CONTRAST = {"runOnly": ["color-contrast"]}  # all that a theme can change
FINISH = """
    for (const one of document.getAnimations()) {
        if (isFinite(one.effect.getComputedTiming().endTime)) one.finish();
    }
"""


@pytest.fixture
def deal(grace):
    deal = DealFactory(dealname="Analytical Engine")
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com", jobtitle="Analyst")
    ContactFactory(firstname="Alan", lastname="Turing")
    acme = CompanyFactory(name="Acme")
    services.associate(ada, [acme.pk], by=by())
    services.associate(deal, [ada.pk, acme.pk, TicketFactory().pk], by=by())
    return deal


def log_one_of_each(deal) -> None:
    """Put an activity of each type on a timeline, one of them long and pinned."""
    note = make_activity("notes", deal, hs_note_body="A long story. " * 60)
    timeline.pin(deal, note)
    make_activity("emails", deal, hs_email_subject="Offer", hs_email_to_email="ada@example.com")
    make_activity("calls", deal, hs_call_title="Introduction", hs_call_duration=720_000)
    make_activity("meetings", deal, hs_meeting_title="Demonstration")
    make_activity("tasks", deal, hs_task_subject="Call back", hs_timestamp=timezone.now() - timedelta(days=1))
    make_activity("tasks", deal, hs_task_subject="Done", hs_task_status="COMPLETED")


def violations(page: Page) -> list[str]:
    """Return what axe finds on the page that was asked for last, with everything that moves at its end."""
    arrive(page)
    page.evaluate(FINISH)
    found = Axe().run(page, options=RULES).response["violations"]
    page.emulate_media(color_scheme="dark")
    page.evaluate(FINISH)
    found += page.evaluate("rules => axe.run(rules)", CONTRAST)["violations"]
    page.emulate_media(color_scheme="light")
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


def test_axe_finds_nothing_on_any_page(open_page, deal):
    page = open_page(**DESKTOP)
    wrong = {}

    def look(name: str) -> None:
        if found := violations(page):
            wrong[name] = found

    here = deal.get_absolute_url()
    log_one_of_each(deal)
    for address in (
        f"{here}?tab=activities&type=tasks&q=call",
        f"{here}log/emails/",
        "/records/contacts/",
        "/records/deals/?q=engine&amount__gte=1&sort=-amount&edit_filter=dealstage",
        "/records/deals/?view=board",
        "/records/deals/?view=board&q=nothing",
        "/records/deals/?q=nothing",
        here,
        f"{here}?tab=activities",
        f"{here}associations/contacts/add/",
        f"{here}properties/amount/?edit",
        "/search/?q=a",
        "/accounts/password/",
        "/styleguide/",
    ):
        page.goto(address)
        look(address)

    page.goto("/records/contacts/")
    page.get_by_label("Select Ada Lovelace").check()
    page.locator("#choose-columns").click()
    look("selection and menu")
    page.goto("/records/contacts/")
    page.locator("#create-record").click()
    page.get_by_role("dialog").get_by_label("Email").fill("ada@example.com")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("dialog").get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    look("create panel, refused")

    page.goto(f"{here}?tab=activities")
    page.locator("#log-meetings").click()
    page.get_by_role("button", name="Save meeting").click()
    expect(page.locator("[name=activity-hs_meeting_title]")).to_have_attribute("aria-invalid", "true")
    look("editor of an activity, refused")

    page.goto(here)
    page.get_by_role("link", name="Edit Amount").click()
    page.locator("[name=edit-amount]").fill("much")
    page.keyboard.press("Enter")
    expect(page.locator("[name=edit-amount]")).to_have_attribute("aria-invalid", "true")
    open_picker(page, "contacts")
    page.get_by_role("checkbox", name="Alan Turing").check()
    look("picker and a refused property")
    page.get_by_role("button", name="Create new contact").click()
    page.get_by_role("dialog").get_by_label("Email").fill("ada@example.com")
    expect(page.locator(".dupes")).to_be_visible()
    look("picker, possible duplicates")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("a")
    expect(page.locator(".palette__item").first).to_be_visible()
    look("palette")
    page.keyboard.press("Escape")
    page.get_by_label("Actions for Acme").click()
    page.get_by_role("button", name="Remove association").click()
    expect(page.locator(".toast")).to_be_visible()
    look("toast")
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill("x")
    page.get_by_label("Password").fill("x")
    page.get_by_role("button", name="Sign in").click()
    look("sign in, refused")

    assert not wrong, "\n".join(f"{name}: {one}" for name, found in wrong.items() for one in found)


def test_axe_finds_nothing_on_a_phone(open_page, deal):
    page = open_page(**PHONE)
    wrong = {}
    for address in (
        "/records/contacts/",
        *(f"{deal.get_absolute_url()}?tab={tab}" for tab in ("about", "associations")),
    ):
        page.goto(address)
        if found := violations(page):
            wrong[address] = found
    assert not wrong, "\n".join(f"{name}: {one}" for name, found in wrong.items() for one in found)


def test_every_page_has_one_title_and_is_skipped_to(desktop, deal):
    here = deal.get_absolute_url()
    addresses = [
        "/records/deals/",
        here,
        f"{here}associations/contacts/add/",
        f"{here}properties/amount/?edit",
    ]
    for address in [*addresses, "/records/deals/new/", "/search/", "/accounts/password/", "/styleguide/"]:
        desktop.goto(address)
        expect(desktop.get_by_role("heading", level=1)).to_have_count(1)
        assert desktop.title().endswith("· Kith")
    desktop.goto("/records/deals/")
    desktop.keyboard.press("Tab")
    expect(desktop.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(desktop.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Tab")
    expect(desktop.locator(".page-head__title summary")).to_be_focused()
    before_the_rows = (
        ".page-head__actions summary",
        "#import-records",
        "#create-record",
        ".tab",
        "#all-views",
        "#list-q",
        "#add-filter",
        "#as-table",
        "#as-board",
        "#export-list",
        "#choose-columns",
    )
    for next_one in before_the_rows:
        desktop.keyboard.press("Tab")
        expect(desktop.locator(next_one)).to_be_focused()
