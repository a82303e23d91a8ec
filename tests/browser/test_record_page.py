"""The page of a record, at a desk: properties edited in place, stages, the sidebar."""

import re

from playwright.sync_api import Page, expect

from associations import services
from records.models import Contact, Deal
from tests.browser.pages import section
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by


def edit(page: Page, name: str):
    """Open a property by a click on its value; return its field."""
    page.locator(f"#property-{name} .property__value").click(position={"x": 8, "y": 8})
    field = page.locator(f"#property-{name} [name=edit-{name}]")
    expect(field).to_be_focused()
    return field


def test_a_property_is_edited_in_place(desktop, grace):
    ada = ContactFactory(firstname="Ada", lastname="Byron", email="ada@example.com")
    ContactFactory(email="taken@example.com")
    desktop.goto(ada.get_absolute_url())

    field = edit(desktop, "lastname")
    field.fill("Lovelace")
    field.press("Enter")
    expect(desktop.locator("#property-lastname")).to_contain_text("Lovelace")
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    pencil = desktop.get_by_role("link", name="Edit Last name")
    expect(pencil).to_be_focused()

    desktop.keyboard.press("Enter")
    expect(field).to_be_focused()
    field.fill("Nobody")
    field.press("Escape")
    expect(desktop.locator("#property-lastname")).to_contain_text("Lovelace")
    expect(pencil).to_be_focused()

    desktop.get_by_role("link", name="Edit Email").click()  # a click on the value itself writes a mail
    email = desktop.locator("#property-email [name=edit-email]")
    for wrong, why in [("nobody", "Enter a valid email address."), ("taken@example.com", "already")]:
        email.fill(wrong)
        email.press("Enter")
        expect(email).to_have_attribute("aria-invalid", "true")
        expect(desktop.locator(f"#{email.get_attribute('aria-describedby')}")).to_contain_text(why)
        expect(email).to_have_value(wrong)
        expect(email).to_be_focused()
    assert Contact.objects.get(pk=ada.pk).email == "ada@example.com"
    assert Contact.objects.get(pk=ada.pk).lastname == "Lovelace"


def test_dropdowns_dates_amounts_and_long_texts_are_edited_in_place(desktop, grace):
    deal = DealFactory(dealname="Analytical Engine", amount=100)
    desktop.goto(deal.get_absolute_url())

    field = edit(desktop, "amount")
    field.fill("2500")
    field.press("Enter")
    expect(desktop.locator("#highlights")).to_contain_text("2,500")

    field = edit(desktop, "closedate")
    field.fill("2026-05-04")
    field.press("Enter")
    expect(desktop.locator("#property-closedate")).to_contain_text("May 4, 2026")

    field = edit(desktop, "dealstage")
    field.select_option(label="Contract sent")
    field.press("Enter")
    expect(desktop.locator("#stages [aria-current=step]")).to_have_text("Contract sent")

    field = edit(desktop, "description")
    field.press_sequentially("Cogs")
    field.press("Enter")
    field.press_sequentially("Levers")
    field.press("Control+Enter")
    expect(desktop.locator("#property-description .property__text")).to_have_text(
        re.compile(r"Cogs\s*Levers")
    )

    fresh = Deal.objects.get(pk=deal.pk)
    assert (fresh.amount, fresh.closedate.isoformat(), str(fresh.dealstage)) == (
        2500,
        "2026-05-04",
        "Contract sent",
    )


def test_a_deal_moves_along_its_stages(desktop, grace):
    deal = DealFactory()
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_role("button", name="Closed lost").click()
    expect(desktop.locator("#stages [aria-current=step]")).to_have_text("Closed lost")
    expect(desktop.locator(".stage.is-done", has_text="Closed won")).to_have_count(0)
    expect(desktop.locator("#property-dealstage")).to_contain_text("Closed lost")


def test_a_collapsed_section_stays_so_on_every_record(desktop, grace):
    deals = DealFactory.create_batch(2)
    desktop.goto(deals[0].get_absolute_url())
    toggle = desktop.get_by_role("button", name="Contacts")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(toggle).to_be_focused()

    desktop.goto(deals[1].get_absolute_url())
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(section(desktop, "contacts")).to_contain_text("No contacts yet.")


def test_view_all_opens_the_list_of_those_associated(desktop, grace):
    deal = DealFactory(dealname="Analytical Engine")
    services.associate(deal, [contact.pk for contact in ContactFactory.create_batch(7)], by=by())
    ContactFactory()
    desktop.goto(deal.get_absolute_url())
    expect(section(desktop, "contacts").locator(".card")).to_have_count(5)
    section(desktop, "contacts").get_by_role("link", name="View all 7").click()
    expect(desktop.locator("#rows tbody tr")).to_have_count(7)
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Contacts of Analytical Engine")


def test_a_card_is_removed_by_keyboard_and_brought_back(desktop, grace):
    deal, acme = DealFactory(), CompanyFactory(name="Acme")
    services.associate(deal, [acme.pk], by=by())
    desktop.goto(f"{deal.get_absolute_url()}?tab=activities")
    desktop.get_by_label("Actions for Acme").press("Enter")
    desktop.keyboard.press("ArrowUp")
    expect(desktop.get_by_role("button", name="Remove association")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(section(desktop, "companies")).to_contain_text("No companies yet.")
    expect(desktop.locator("#add-companies")).to_be_focused()
    desktop.get_by_role("button", name="Undo").press("Enter")
    expect(section(desktop, "companies").get_by_role("link", name="Acme", exact=True)).to_be_visible()


def test_a_record_is_archived_from_its_page_and_brought_back(desktop, grace):
    deal = DealFactory(dealname="Analytical Engine")
    desktop.goto(deal.get_absolute_url())
    desktop.get_by_text("Actions", exact=True).click()
    desktop.get_by_role("button", name="Archive").click()
    expect(desktop.get_by_role("heading", name="No deals yet")).to_be_visible()
    desktop.get_by_role("button", name="Undo").click()
    expect(desktop.get_by_role("heading", level=1)).to_have_text("Analytical Engine")
