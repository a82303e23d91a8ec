"""An administrator defines labels and limits of two object types, and records keep to them."""

import re

from playwright.sync_api import expect

from associations import services
from associations.labels import words
from tests.browser.pages import open_picker, search_in_picker, tick
from tests.browser.test_accessibility import violations
from tests.factories import ContactFactory, DealFactory, by, make_label

PAIR = "/settings/associations/deals/contacts/"
LONG = "Whoever has to be asked before anything at all is signed or Donaudampfschifffahrtsgesellschaft"


def test_a_label_is_defined_and_limited_and_the_limit_holds_in_the_picker(desktop):
    deal = DealFactory(dealname="Engine")
    ada, alan, _charles = (
        ContactFactory(firstname=first, lastname=last)
        for first, last in (("Ada", "Lovelace"), ("Alan", "Turing"), ("Charles", "Babbage"))
    )
    services.associate(deal, [ada.pk, alan.pk], by=by())

    desktop.goto("/settings/")
    desktop.get_by_role("navigation", name="Settings").get_by_role("link", name="Associations").click()
    desktop.get_by_label("Object type", exact=True).select_option(label="Deals")
    desktop.get_by_role("link", name="Deals – Contacts").click()
    desktop.get_by_role("link", name="Add label").click()
    panel = desktop.get_by_role("dialog")
    panel.get_by_label("On the page of each deal, the contact is called").fill("Primary")
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(panel).to_contain_text("Another label has this word.")
    panel.get_by_label("On the page of each deal, the contact is called").fill("Decision maker")
    panel.get_by_label("On the page of each contact, the deal is called").fill("Decides on")
    expect(panel.get_by_label("Internal name")).to_have_value("decision_maker")
    panel.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(desktop.get_by_role("link", name="Decision maker / Decides on", exact=True)).to_be_visible()

    limit = desktop.get_by_role(
        "spinbutton", name=re.compile("Each deal: at most contacts? as “Decision maker”")
    )
    desktop.get_by_role("spinbutton", name="Each deal: at most contacts", exact=True).fill("5")
    limit.fill("6")
    desktop.get_by_role("button", name="Save limits").click()
    expect(desktop.get_by_text("From 1 to 5: there is a limit of 5 contacts all in all.")).to_be_visible()
    expect(limit).to_have_value("6")
    limit.fill("2")
    desktop.get_by_role("button", name="Save limits").click()
    expect(desktop.get_by_text("No record has more than these limits allow.")).to_be_visible()

    (word,) = words(deal.object_type_id, ada.object_type_id)
    services.label_pairs({(deal.pk, one.pk): [word] for one in (ada, alan)}, by=by())
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    tick(desktop, "babbage", "Charles Babbage")
    search_in_picker(desktop, "", 3)
    group = desktop.get_by_role("group", name="Labels of Charles Babbage")
    group.get_by_text("Labels", exact=True).click()
    group.get_by_label("Decision maker").check()
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.locator("#picker")).to_contain_text("Engine already has 2 × “Decision maker”")

    desktop.goto(PAIR)
    limit.fill("1")
    desktop.get_by_role("button", name="Save limits").click()
    expect(desktop.locator("#toasts")).to_contain_text(
        "Each deal: at most 1 contact as “Decision maker”: 1 deal has more."
    )
    desktop.locator("#excess").get_by_role("link", name="1 deal has more").click()
    heading = "Each deal: at most 1 contact as “Decision maker”"
    expect(desktop.get_by_role("heading", level=1, name=heading)).to_be_visible()
    desktop.get_by_role("link", name="Engine").click()
    expect(desktop.locator("#section-contacts .label")).to_have_text(["Decision maker"] * 2)


def test_a_label_is_archived_and_brought_back_by_undo(desktop):
    label = make_label("contacts", "contacts", "Manager", "Employee")
    desktop.goto("/settings/associations/contacts/contacts/")
    desktop.get_by_role("link", name="Archive Manager / Employee").click()
    panel = desktop.get_by_role("dialog")
    expect(panel).to_contain_text("No association carries it.")
    panel.locator(".sheet__foot").get_by_role("button", name="Archive").click()
    expect(desktop.get_by_role("heading", name="Archived labels")).to_be_visible()
    desktop.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(desktop.locator(f"#edit-label-{label.pk}")).to_be_visible()
    expect(desktop.get_by_role("heading", name="Archived labels")).to_have_count(0)


def test_without_script_a_label_is_added_and_those_with_more_are_found(no_script):
    deal, people = DealFactory(dealname="Engine"), ContactFactory.create_batch(2)
    services.associate(deal, [one.pk for one in people], by=by())
    no_script.goto("/settings/associations/")
    no_script.get_by_label("Object type", exact=True).select_option(label="Contacts")
    no_script.get_by_role("button", name="Show").click()
    no_script.get_by_role("link", name="Contacts – Deals").click()
    no_script.get_by_role("link", name="Add label").click()
    no_script.get_by_label("On the page of each contact, the deal is called").fill("Involved")
    no_script.locator(".sheet__foot").get_by_role("button", name="Add").click()
    expect(no_script.get_by_role("link", name="Involved", exact=True)).to_be_visible()
    no_script.get_by_role("spinbutton", name="Each deal: at most contacts", exact=True).fill("1")
    no_script.get_by_role("button", name="Save limits").click()
    no_script.get_by_role("link", name="Which records have more than these limits allow?").click()
    no_script.get_by_role("link", name="1 deal has more").click()
    expect(no_script.get_by_role("link", name="Engine")).to_be_visible()


def test_the_pages_fit_a_phone_and_axe_finds_nothing(phone, desktop):
    make_label("deals", "contacts", LONG[:90], LONG[10:])
    deal, people = DealFactory(dealname=LONG), ContactFactory.create_batch(2)
    services.associate(deal, [one.pk for one in people], by=by())
    desktop.goto(PAIR)
    desktop.get_by_role("spinbutton", name="Each deal: at most contacts", exact=True).fill("1")
    desktop.get_by_role("button", name="Save limits").click()
    for address in ("/settings/associations/", PAIR, f"{PAIR}exceeding/", f"{PAIR}exceeding/deals/"):
        phone.goto(address)
        phone.wait_for_load_state("networkidle")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address
        desktop.goto(address)
        desktop.wait_for_load_state("networkidle")
        assert violations(desktop) == [], address
