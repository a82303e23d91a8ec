"""Filters in groups and over associated records, and saved views: built by hand, opened by another user."""

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from associations import services
from records.models import SavedView
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.pages import focused
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, UserFactory, by


def rows(page: Page):
    return page.locator("#rows tbody tr")


@pytest.fixture
def world(grace):
    """A company with software and four open tickets, one that farms and has one, and their people."""
    acme = CompanyFactory(name="Acme", industry="Software")
    farm = CompanyFactory(name="Farm", industry="Farming")
    ada, bob = ContactFactory(firstname="Ada", lastname="A"), ContactFactory(firstname="Bob", lastname="B")
    ContactFactory(firstname="Cy", lastname="C", city="Berlin")
    services.associate(acme, [ada.pk, *(one.pk for one in TicketFactory.create_batch(4))], by=by())
    services.associate(farm, [bob.pk, TicketFactory().pk], by=by())
    services.associate(DealFactory(dealname="Met"), [ada.pk], by=by())
    DealFactory(dealname="Unmet")


def add_filter(page: Page, *steps: str, opener: str = "#add-filter") -> None:
    """Choose what to filter by from the menu."""
    page.locator(opener).click()
    for step in steps:
        page.locator("details[open] .menu__scroll").get_by_role("button", name=step, exact=True).click()


def enter(page: Page, operator: str, value: str | None = None) -> None:
    """Choose a condition in the editor and apply it."""
    page.locator("#filter_filter-operator").select_option(operator)
    if value is not None:
        page.get_by_label("Value", exact=True).fill(value)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".filter-editor")).to_have_count(0)


def save_view(page: Page, name: str, who: str = "Only me") -> None:
    page.locator("#save-view").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_label(who).check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".tab[aria-current]")).to_have_text(name)


@pytest.fixture
def colleague(open_page, live_server):
    """Return a function that opens a page as another user."""

    def open_one(**options):
        user = UserFactory(username="alan")
        client = Client()
        client.force_login(user)
        page = open_page(**options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
        )
        return page

    return open_one


def test_three_lists_are_built_saved_shared_pinned_and_opened_by_somebody_else(desktop, world, colleague):
    page = desktop
    page.goto("/records/contacts/")
    add_filter(page, "Companies", "Industry")
    enter(page, "is", "Software")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Ada A")
    save_view(page, "Software people", "Everyone")

    page.goto("/records/deals/")
    add_filter(page, "Contacts", "Number of contacts")
    enter(page, "eq", "0")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Unmet")
    save_view(page, "Deals with no contact", "Everyone")

    page.goto("/records/companies/")
    add_filter(page, "Tickets", "Status")
    enter(page, "open")
    expect(rows(page)).to_have_count(2)
    add_filter(page, "Tickets", "Number of tickets")
    enter(page, "gt", "3")
    expect(page.locator(".chip")).to_have_text(["Ticket: Status is open", "Number of such tickets > 3"])
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Acme")
    save_view(page, "More than 3 open tickets", "Everyone")

    # A change on top is in the address; back takes it back; saving keeps it.
    page.locator("#sort-name").click()
    expect(page.get_by_role("button", name="Save changes")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Save changes")).to_have_count(0)
    page.go_forward()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status")).to_contain_text("View saved.")
    expect(page.get_by_role("button", name="Save changes")).to_have_count(0)
    view = SavedView.objects.get(name="More than 3 open tickets")
    assert "sort=-name" in view.query

    other = colleague(**DESKTOP)
    other.goto("/records/companies/")
    expect(other.locator(".tab")).to_have_text(["All companies"])
    other.locator("#all-views").click()
    panel = other.get_by_role("dialog")
    expect(panel).to_contain_text("grace · Everyone")
    expect(panel.get_by_role("link", name="Delete More than 3 open tickets")).to_have_count(0)
    panel.get_by_role("button", name="Pin More than 3 open tickets").click()
    expect(panel.get_by_role("button", name="Unpin More than 3 open tickets")).to_be_focused()
    other.keyboard.press("Escape")
    expect(other.locator("#all-views")).to_be_focused()
    other.locator(".tab", has_text="More than 3 open tickets").click()
    expect(rows(other)).to_contain_text("Acme")
    expect(other.locator(".tab[aria-current]")).to_have_text("More than 3 open tickets")
    other.locator("#sort-name").click()
    expect(other.get_by_role("link", name="Save as new")).to_be_visible()
    expect(other.get_by_role("button", name="Save changes")).to_have_count(0)
    other.get_by_role("link", name="Reset").click()
    expect(other.get_by_role("link", name="Reset")).to_have_count(0)


def test_groups_are_added_and_removed_by_keyboard(desktop, world):
    page = desktop
    page.goto("/records/contacts/")
    page.locator("#add-filter").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#find-1")).to_be_focused()
    page.keyboard.type("industry")
    expect(page.locator("details[open] .menu__item")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("details[open] .menu__item")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Condition for Company: Industry")).to_be_focused()
    page.get_by_label("Value").fill("Software")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    assert focused(page) == "add-filter"

    add_filter(page, "City", opener="#add-filter-or")
    enter(page, "is", "Berlin")
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("group", name="Filters, group 2")).to_contain_text("City is Berlin")
    expect(page).to_have_url(re.compile(r"or2\.city__is=Berlin"))
    page.get_by_role("link", name="Remove group 1").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Cy C")
    expect(page).not_to_have_url(re.compile("industry"))


def test_without_script_all_of_it_is_plain_pages(no_script, world):
    page = no_script
    page.goto("/records/contacts/")
    add_filter(page, "Companies", "Industry")
    page.locator("#filter_filter-operator").select_option("is")
    page.get_by_label("Value", exact=True).fill("Software")
    page.get_by_role("button", name="Apply").click()
    expect(rows(page)).to_have_count(1)
    page.locator("#add-filter-or").click()
    page.locator("#find-2").fill("city")
    page.locator("#find-2").press("Enter")
    page.locator("details[open] .menu__item", has_text="City").first.click()
    page.locator("#filter_filter-operator").select_option("is")
    page.get_by_label("Value", exact=True).fill("Berlin")
    page.get_by_role("button", name="Apply").click()
    expect(rows(page)).to_have_count(2)
    page.locator("#save-view").click()
    page.get_by_label("Name").fill("Two kinds")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".tab[aria-current]")).to_have_text("Two kinds")
    page.locator("#all-views").click()
    page.get_by_role("button", name="Unpin Two kinds").click()
    page.get_by_role("link", name="Delete Two kinds").click()
    page.get_by_role("button", name="Delete").last.click()
    expect(page.locator(".tab")).to_have_text(["All contacts"])


def test_a_view_is_renamed_and_a_refused_name_stays_in_the_panel(desktop, world, grace):
    page = desktop
    page.goto("/records/deals/?amount__gt=5")
    save_view(page, "One")
    page.goto("/records/deals/?amount__gt=6")
    page.locator("#save-view").click()
    page.get_by_role("textbox", name="Name").fill("one")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("There is already a view of this name.")
    expect(page.get_by_role("textbox", name="Name")).to_have_value("one")
    page.get_by_role("textbox", name="Name").fill("Two")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".tab")).to_have_text(["All deals", "One", "Two"])

    page.locator("#all-views").click()
    panel = page.get_by_role("dialog")
    panel.get_by_role("button", name="Move Two up").click()
    expect(page.locator(".tab")).to_have_text(["All deals", "Two", "One"])
    panel.get_by_role("link", name="Rename or share Two").click()
    page.get_by_role("textbox", name="Name").fill("Second")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".tab")).to_have_text(["All deals", "Second", "One"])
    expect(page.locator(".tab[aria-current]")).to_have_text("Second")


def test_axe_finds_nothing_in_filters_and_views(open_page, world, grace):
    grouped = (
        "/records/contacts/?companies.industry__is=Software&or2.deals.count__gt=x&or2.gone__is=1&view_id=9"
    )
    wrong = {}
    for options in (DESKTOP, PHONE):
        page = open_page(**options)

        def look(name: str, page: Page = page) -> None:
            if found := violations(page):
                wrong[name] = found

        page.goto(grouped)
        look("groups, one with an error")
        page.goto("/records/contacts/?companies.industry__is=Software")
        page.locator("#add-filter-or").click()
        page.get_by_role("button", name="Companies", exact=True).last.click()
        expect(page.locator("details[open]")).to_contain_text("Number of companies")
        look("menu")
        page.goto("/records/contacts/?companies.industry__is=Software&edit_filter=deals.count")
        look("editor")
        page.locator("#save-view").click()
        page.get_by_role("button", name=re.compile("Save|Done"), exact=False).last.click()
        expect(page.get_by_role("dialog")).to_contain_text("This field is required.")
        look("save, refused")
        SavedView.objects.all().delete()
        page.get_by_role("textbox", name="Name").fill("People of companies that make software " * 2)
        page.get_by_role("textbox", name="Name").press("Enter")
        expect(page.locator(".tab[aria-current]")).to_contain_text("People of companies")
        look("tabs")
        assert page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
        page.locator("#all-views").click()
        expect(page.get_by_role("dialog")).to_contain_text("Unpin")
        look("all views")
        page.goto("/records/contacts/views/")
        look("all views, a page")
    assert not wrong, "\n".join(f"{name}: {one}" for name, found in wrong.items() for one in found)
