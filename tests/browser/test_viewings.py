"""A type that an administrator has just defined in the browser does everything that a contact does."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from playwright.sync_api import Page, expect

from tests.browser.pages import open_picker, section, tick
from tests.browser.test_settings import add_property
from tests.browser.test_views import add_filter, enter, rows, save_view
from tests.factories import ContactFactory

TYPE = "/settings/objects/property_viewings/"


def define_type(page: Page) -> None:
    """Define the type with a pipeline of two stages."""
    page.goto("/settings/objects/")
    page.get_by_role("link", name="Create object type").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Singular").fill("Property viewing")
    panel.get_by_label("Plural").fill("Property viewings")
    panel.get_by_label("Its records move through a pipeline").check()
    panel.get_by_label("Stages of the pipeline").fill("Planned\nTook place")
    panel.locator(".sheet__foot").get_by_role("button", name="Create").click()
    expect(page.locator(".toast")).to_contain_text("Property viewings created.")
    add_property(page, "Asking price", "Currency amount")
    add_property(page, "Seen on", "Date")


def roll_up(page: Page, label: str, function: str, of: str) -> None:
    """Let contacts know something of their viewings."""
    page.goto("/settings/objects/contacts/properties/")
    page.get_by_role("link", name="Add property").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Label").fill(label)
    panel.get_by_label("Type").select_option(label="Number")
    panel.get_by_label("Where its value comes from").last.select_option("rollup")
    expect(panel.get_by_label("Default")).to_be_hidden()
    panel.get_by_label("What to work out").select_option(function)
    panel.get_by_label("Of these associated records").select_option(of)
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name=label, exact=True)).to_be_visible()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_property_viewings_from_their_definition_to_their_archive(desktop, tmp_path):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")
    page = desktop
    define_type(page)
    roll_up(page, "Number of viewings", "count", "property_viewings.")

    # A record made in the list, one made in a contact's sidebar, one that a file brings.
    page.goto("/records/property_viewings/")
    page.locator("#create-record").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Name").fill("Elm Street 5")
    panel.get_by_label("Asking price").fill("250000")
    panel.locator(".sheet__foot").get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1, name="Elm Street 5")).to_be_visible()
    open_picker(page, "contacts")
    tick(page, "ada", "Ada Lovelace")
    page.get_by_role("button", name="Save", exact=True).click()
    section(page, "contacts").get_by_role("link", name="Ada Lovelace", exact=True).click()

    facts = page.locator(".record__about")
    expect(facts.locator("#property-number_of_viewings")).to_contain_text("1")
    open_picker(page, "property_viewings")
    page.get_by_role("button", name="Create new property viewing").click()
    panel.get_by_label("Name").fill("Oak Lane 9")
    panel.get_by_label("Asking price").fill("90000")
    page.get_by_role("button", name="Create and save").click()
    expect(section(page, "property_viewings").locator(".section__count")).to_have_text("2")
    expect(facts.locator("#property-number_of_viewings")).to_contain_text("2")
    # Removing an association is followed at once, and so is the undo.
    card = section(page, "property_viewings").locator(".card", has_text="Oak Lane 9")
    card.locator("summary").click()
    card.get_by_role("button", name="Remove association").click()
    expect(facts.locator("#property-number_of_viewings")).to_contain_text("1")
    page.get_by_role("button", name="Undo").last.click()  # of the toast that came last
    expect(facts.locator("#property-number_of_viewings")).to_contain_text("2")
    file = tmp_path / "viewings.csv"
    file.write_text("record_name,asking_price,seen_on\nYew Court 1,310000,2026-05-06\n")
    call_command("import_records", str(file), type="property_viewings", match=["record_name"], verbosity=0)

    # The list: filters of its own and over associated records, kept as a view; the board; the search.
    page.goto("/records/property_viewings/")
    expect(rows(page)).to_have_count(3)
    add_filter(page, "Asking price")
    enter(page, "gte", "200000")
    expect(rows(page)).to_have_count(2)
    add_filter(page, "Contacts", "Number of contacts")
    enter(page, "eq", "1")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Elm Street 5")
    save_view(page, "Dear, with a contact")
    page.goto("/records/contacts/?property_viewings.record_name__is=oak+lane+9&number_of_viewings__eq=2")
    expect(rows(page)).to_contain_text("Ada Lovelace")
    page.goto("/records/property_viewings/")
    page.locator("#as-board").click()
    columns = page.locator(".column")
    expect(columns.nth(0).locator(".board-card")).to_have_count(3)
    menu = page.locator(".board-card", has_text="Elm Street 5").locator(".board-card__menu")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Took place").click()
    expect(columns.nth(1).locator(".column__sum")).to_contain_text("$250,000")
    page.keyboard.press("Escape")
    page.locator("#open-search").click()
    page.locator("#palette-q").fill("yew court")
    panel.get_by_role("link", name="Yew Court 1").click()
    expect(page.locator(".record__about")).to_contain_text("May 6, 2026")

    # Django's admin, and the archive of the whole type with what it means for others.
    get_user_model().objects.filter(username="grace").update(is_superuser=True)
    page.goto("/admin/records/customrecord/?q=Oak")
    expect(page.get_by_role("link", name="Oak Lane 9")).to_be_visible()
    page.goto(TYPE)
    page.locator("#archive-object").click()
    page.get_by_role("dialog").locator(".sheet__foot").get_by_role("button", name="Archive").click()
    expect(page.locator(".toast")).to_contain_text("Property viewings archived.")
    page.goto(ada.get_absolute_url())
    expect(section(page, "property_viewings")).to_have_count(0)
    page.goto("/settings/objects/")
    page.get_by_role("button", name="Restore Property viewings").click()
    page.goto(ada.get_absolute_url())
    expect(section(page, "property_viewings").locator(".section__count")).to_have_text("2")
    expect(facts.locator("#property-number_of_viewings")).to_contain_text("2")
