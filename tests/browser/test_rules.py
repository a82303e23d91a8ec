"""An administrator builds a rule on its page, tries it, saves it, and it does what it says after a save."""

from playwright.sync_api import expect

from associations.models import Association
from crm.rules.models import Rule
from records.models import Contact
from tests.browser.test_accessibility import violations
from tests.factories import CompanyFactory, ContactFactory


def test_a_rule_is_built_tried_and_saved_and_does_what_it_says(desktop, phone):
    CompanyFactory(name="Acme", city="Paris")
    ContactFactory(firstname="Ada", lastname="Lovelace", city="Paris")
    desktop.goto("/settings/")
    desktop.get_by_role("navigation", name="Settings").get_by_role("link", name="Rules").click()
    desktop.get_by_role("link", name="Build the first rule").click()
    desktop.get_by_role("textbox", name="Name", exact=True).fill("Same town")
    desktop.get_by_role("combobox", name="When", exact=True).select_option(
        label="A property is set or changes"
    )
    desktop.get_by_role("combobox", name="Property", exact=True).select_option(label="City")
    desktop.get_by_label("Condition on").select_option(label="Last name")
    desktop.get_by_role("button", name="Add condition").click()
    row = desktop.get_by_role("group", name="Last name")
    row.get_by_label("Value", exact=True).fill("l")
    desktop.get_by_label("Action", exact=True).select_option(
        label="Associate with records whose property matches"
    )
    desktop.get_by_role("button", name="Add action").click()
    action = desktop.get_by_role("group", name="1. Associate with records whose property matches")
    action.get_by_label("Associate with").select_option(label="Companies")
    action.get_by_label("where this record's").select_option(label="City")
    action.get_by_label("is the same as their").select_option(label="City")
    expect(desktop.get_by_role("textbox", name="Name", exact=True)).to_have_value("Same town")
    desktop.get_by_role("button", name="Dry run").click()
    tried = desktop.locator("#tried")
    expect(tried).to_contain_text("The rule is for 1 record as things stand.")
    expect(tried).to_contain_text("Associated: Acme")
    assert violations(desktop) == []
    desktop.get_by_label("The rule is on").check()
    desktop.locator(".rule-foot").get_by_role("button", name="Save").click()
    expect(desktop.locator(".rule", has_text="Same town")).to_contain_text(
        "When a contact's City is set or changes, only if Last name contains l: "
        "associate with companies whose City matches its City."
    )
    assert violations(desktop) == []
    rule = Rule.objects.get()
    assert rule.is_on and not Association.objects.exists()

    other = ContactFactory(firstname="Alan", lastname="Lost")
    desktop.goto(other.get_absolute_url())
    desktop.goto(f"/records/contacts/{other.pk}/properties/city/")
    desktop.get_by_role("textbox", name="City").fill("Paris")
    desktop.get_by_role("button", name="Save").first.click()
    expect(desktop.locator("#section-companies")).to_contain_text("Acme")
    assert Contact.objects.get(pk=other.pk).city == "Paris"
    desktop.goto(f"/settings/rules/{rule.pk}/log/")
    expect(desktop.get_by_role("region", name="Runs")).to_contain_text("Associated: 1")
    for address in ("", f"{rule.pk}/", f"{rule.pk}/log/", f"{rule.pk}/existing/", "companies-by-domain/"):
        phone.goto(f"/settings/rules/{address}")
        phone.wait_for_load_state("networkidle")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_without_script_a_rule_is_built_by_its_buttons(no_script):
    no_script.goto("/settings/rules/new/")
    no_script.get_by_role("textbox", name="Name", exact=True).fill("Deals of contacts")
    no_script.get_by_role("combobox", name="Object type", exact=True).select_option(label="Deals")
    no_script.get_by_role("button", name="Show its fields").first.click()
    no_script.get_by_label("Action", exact=True).select_option(
        label="Copy associations from an associated record"
    )
    no_script.get_by_role("button", name="Add action").click()
    no_script.get_by_label("Associate with").select_option(label="Companies")
    no_script.get_by_label("that are associated with its").select_option(label="Contacts")
    no_script.locator(".rule-foot").get_by_role("button", name="Save").click()
    expect(no_script.locator(".rule", has_text="Deals of contacts")).to_contain_text(
        "When a deal is created: associate with the company of its contact."
    )
