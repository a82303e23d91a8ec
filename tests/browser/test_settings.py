"""An administrator defines "Property viewing" in the browser, and it is used like any other object type."""

from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import violations
from tests.factories import ContactFactory


def add_property(page: Page, label: str, field_type: str, options: str = "") -> None:
    """Add a property in the panel."""
    page.get_by_role("link", name="Add property").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Label").fill(label)
    panel.get_by_label("Type").select_option(label=field_type)
    if options:
        panel.get_by_label("Options").fill(options)
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name=label, exact=True)).to_be_visible()


def test_property_viewings_are_defined_and_associated_with_a_contact(desktop):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")

    desktop.goto("/records/contacts/")
    desktop.get_by_label("Account of grace").click()
    desktop.get_by_role("link", name="Settings").click()
    desktop.get_by_role("link", name="Create object type").click()
    panel = desktop.get_by_role("dialog")
    panel.get_by_label("Singular").fill("Property viewing")
    panel.get_by_label("Plural").fill("Contacts")
    panel.get_by_label("home-modern").check()
    panel.get_by_label("Its records move through a pipeline").check()
    panel.get_by_label("Stages of the pipeline").fill("Planned\nTook place")
    create = panel.locator(".sheet__foot").get_by_role("button", name="Create")
    create.click()
    expect(panel.get_by_text("Another object type has this name.")).to_be_visible()
    expect(panel.get_by_label("Singular")).to_have_value("Property viewing")
    expect(panel.get_by_label("home-modern")).to_be_checked()
    panel.get_by_label("Plural").fill("Property viewings")
    create.click()
    expect(desktop.locator(".toast")).to_contain_text("Property viewings created.")
    add_property(desktop, "Asking price", "Currency amount")
    add_property(desktop, "Outcome", "Dropdown", "liked | Liked it\nno | Not for them")

    desktop.goto(ada.get_absolute_url())
    desktop.locator("#add-property_viewings").click()
    desktop.get_by_role("button", name="Create new property viewing").click()
    panel.get_by_label("Name").fill("Elm Street 5")
    panel.get_by_label("Asking price").fill("250000")
    panel.get_by_label("Outcome").select_option(label="Liked it")
    panel.get_by_role("button", name="Create and save").click()
    section = desktop.locator("#section-property_viewings")
    section.get_by_role("link", name="Elm Street 5", exact=True).click()

    expect(desktop.get_by_role("heading", level=1, name="Elm Street 5")).to_be_visible()
    expect(
        desktop.locator("#section-contacts").get_by_role("link", name="Ada Lovelace", exact=True)
    ).to_be_visible()
    expect(desktop.locator(".record__about")).to_contain_text("$250,000")


def test_a_property_is_added_without_script_and_on_a_phone(no_script, phone):
    no_script.goto("/settings/objects/contacts/properties/")
    no_script.get_by_role("link", name="Add property").click()
    no_script.get_by_label("Label").fill("Shoe size")
    no_script.locator("select[name=type]").select_option(label="Number")
    no_script.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(no_script.get_by_role("link", name="Shoe size", exact=True)).to_be_visible()

    for page in ("", "contacts/", "contacts/properties/", "deals/pipelines/", "new/"):
        phone.goto(f"/settings/objects/{page}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.goto("/settings/objects/contacts/properties/")
    phone.get_by_role("link", name="Shoe size", exact=True).click()
    phone.get_by_role("dialog").get_by_label("Label").fill("Size of shoes")
    phone.get_by_role("dialog").locator(".sheet__done").click()
    expect(phone.get_by_role("link", name="Size of shoes", exact=True)).to_be_visible()


def test_axe_finds_nothing_in_the_settings(desktop):
    wrong = {}
    for address in (
        "",
        "new/",
        "contacts/",
        "contacts/properties/",
        "contacts/properties/lifecyclestage/edit/",
        "deals/pipelines/",
    ):
        desktop.goto(f"/settings/objects/{address}")
        if found := violations(desktop):
            wrong[address] = found
    desktop.get_by_role("link", name="Add stage").click()
    desktop.get_by_role("dialog").get_by_role("button", name="Add").last.click()
    expect(desktop.get_by_role("dialog").get_by_text("This field is required.")).to_be_visible()
    if found := violations(desktop):
        wrong["panel"] = found

    assert wrong == {}
