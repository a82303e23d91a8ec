"""Every job by plain pages, with JavaScript off. (The main job itself: test_journey.py.)"""

import re

from playwright.sync_api import expect

from associations import services
from associations.labels import Word
from tests.browser.pages import section
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit


def test_a_list_is_searched_filtered_sorted_and_given_columns(no_script, grace):
    for name, amount in (("Alpha", 100), ("Beta", 2_000), ("Gamma", 30_000)):
        DealFactory(dealname=name, amount=amount)
    no_script.goto("/records/deals/")
    rows = no_script.locator("#rows tbody tr")
    no_script.locator("#add-filter").click()
    no_script.locator(".filters .menu__item", has_text="Amount").click()
    no_script.get_by_label("Condition for Amount").select_option("gte")
    no_script.get_by_label("Value").fill("1000")
    no_script.get_by_role("button", name="Apply").click()
    expect(rows).to_have_count(2)
    no_script.locator("#list-q").fill("gam")
    no_script.locator("#list-q").press("Enter")
    expect(rows).to_have_count(1)
    expect(no_script).to_have_url(re.compile("amount__gte=1000"))
    no_script.get_by_role("link", name="Remove filter: Amount ≥ 1000").click()
    no_script.locator("#list-q").fill("")
    no_script.locator("#list-q").press("Enter")
    expect(rows).to_have_count(3)
    no_script.locator("#sort-amount").click()
    expect(rows.first).to_contain_text("Alpha")
    no_script.locator("#choose-columns").click()
    no_script.get_by_label("Priority").check()
    no_script.get_by_role("button", name="Show these columns").click()
    expect(no_script.get_by_role("columnheader", name="Priority")).to_be_visible()
    no_script.get_by_label("Select Alpha").check()
    no_script.get_by_role("button", name="Archive").click()
    expect(rows).to_have_count(2)
    no_script.get_by_role("button", name="Undo").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Alpha")


def test_a_record_is_created_and_edited(no_script, grace):
    no_script.goto("/records/contacts/")
    no_script.locator("#create-record").click()
    no_script.get_by_label("First name").fill("Ada")
    no_script.get_by_label("Email").fill("nobody")
    no_script.locator(".sheet__foot button").click()
    expect(no_script.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    no_script.get_by_label("Email").fill("ada@example.com")
    no_script.locator(".sheet__foot button").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Ada")
    no_script.get_by_role("link", name="Edit Last name").click()
    no_script.get_by_label("Last name").fill("Lovelace")
    no_script.get_by_role("button", name="Save").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    no_script.get_by_role("link", name="Activities").click()
    expect(no_script.locator("#timeline-items")).to_contain_text("Contact created")


def test_associations_are_removed_sections_collapsed_and_limits_met(no_script, grace):
    ada, acme = ContactFactory(firstname="Ada", lastname="Lovelace"), CompanyFactory(name="Acme")
    beta = CompanyFactory(name="Beta")
    services.associate(ada, [acme.pk], by=by())
    no_script.goto(ada.get_absolute_url())
    no_script.locator("#add-companies").click()
    no_script.get_by_role("checkbox", name="Beta").check()
    no_script.locator(".sheet__foot button").click()
    no_script.get_by_role("button", name="Replace it").click()
    expect(section(no_script, "companies").get_by_role("link", name="Beta", exact=True)).to_be_visible()

    no_script.get_by_label("Actions for Beta").click()
    no_script.get_by_role("button", name="Remove association").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Remove association")
    no_script.get_by_role("button", name="Remove").click()
    expect(section(no_script, "companies")).to_contain_text("No companies yet.")
    no_script.get_by_role("button", name="Undo").click()
    expect(section(no_script, "companies")).to_contain_text(str(beta))
    no_script.get_by_role("button", name="Companies").click()
    expect(no_script.get_by_role("button", name="Companies")).to_have_attribute("aria-expanded", "false")


def test_what_is_ticked_and_typed_goes_along_between_the_picker_s_tabs(no_script, grace):
    deal = DealFactory()
    ContactFactory(firstname="Ada", lastname="Lovelace")
    no_script.goto(deal.get_absolute_url())
    no_script.locator("#add-contacts").click()
    no_script.get_by_role("checkbox", name="Ada Lovelace").check()
    no_script.get_by_role("button", name="Create new contact").click()
    no_script.get_by_label("First name").fill("Charles")
    no_script.locator(".sheet__foot button").click()
    expect(section(no_script, "contacts").locator(".section__count")).to_have_text("2")


def test_labels_are_chosen_changed_and_moved(no_script, grace):
    decider = make_label("deals", "contacts", "Decision maker")
    make_label("deals", "contacts", "User")
    make_limit("deals", "contacts", 1, label=decider)
    deal, ada = DealFactory(), ContactFactory(firstname="Ada", lastname="Lovelace")
    ContactFactory(firstname="Alan", lastname="Turing")
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(decider)]})
    no_script.goto(deal.get_absolute_url())
    no_script.locator("#add-contacts").click()
    no_script.get_by_role("checkbox", name="Alan Turing").check()
    choice = no_script.get_by_role("group", name="Labels of Alan Turing")
    choice.get_by_text("Labels", exact=True).click()
    choice.get_by_label("Decision maker").check()
    no_script.locator(".sheet__foot button").click()
    expect(no_script.get_by_role("alert")).to_contain_text("already has a “Decision maker”, Ada Lovelace.")
    no_script.get_by_role("button", name="Move the label here").click()
    cards = section(no_script, "contacts").locator(".card")
    expect(cards.filter(has_text="Turing")).to_contain_text("Decision maker")

    no_script.get_by_role("link", name="Add label to Ada Lovelace").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Labels of Ada Lovelace")
    no_script.get_by_label("User").check()
    no_script.get_by_role("button", name="Save").click()
    expect(cards.filter(has_text="Lovelace")).to_contain_text("User")
    no_script.get_by_role("button", name="Undo").first.click()
    expect(cards.filter(has_text="Lovelace")).not_to_contain_text("User")


def test_another_company_is_made_primary_and_the_next_one_offered(no_script, grace):
    deal, acme, beta = DealFactory(), CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(deal, [acme.pk, beta.pk], by=by())
    no_script.goto(deal.get_absolute_url())
    no_script.get_by_label("Actions for Beta").click()
    no_script.get_by_role("button", name="Make primary").click()
    companies = section(no_script, "companies")
    expect(companies.locator(".card", has_text="Beta").locator(".badge")).to_have_text("Primary")
    no_script.get_by_label("Actions for Beta").click()
    no_script.get_by_role("button", name="Remove association").click()
    no_script.get_by_role("button", name="Remove").click()
    no_script.get_by_role("button", name="Make Acme primary").click()
    expect(companies.locator(".card", has_text="Acme").locator(".badge")).to_have_text("Primary")


def test_all_records_are_searched_on_a_page_and_the_theme_is_chosen(no_script, grace):
    ContactFactory(firstname="Ada", lastname="Lovelace")
    no_script.goto("/records/deals/")
    no_script.get_by_role("link", name="Search all records").click()
    no_script.locator("#palette-q").fill("lovelace")
    no_script.locator("#palette-q").press("Enter")
    no_script.get_by_role("link", name="Ada Lovelace").click()
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    no_script.get_by_label("Account of grace").click()
    no_script.get_by_role("button", name="Dark theme").click()
    expect(no_script.locator("html")).to_have_attribute("data-theme", "dark")
    expect(no_script.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
