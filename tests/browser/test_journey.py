"""The main job: open a deal, add three contacts, create the fourth on the spot, see the deal on all four."""

import re

import pytest
from playwright.sync_api import Page, expect

from associations import services
from associations.models import Association
from records.models import Contact
from tests.browser.pages import open_picker, section, tick
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

NAMES = [("Ada", "Lovelace"), ("Alan", "Turing"), ("Grace", "Hopper")]


@pytest.fixture
def people():
    """Three contacts to tick, among thirty that are not meant."""
    ContactFactory.create_batch(30)
    return [ContactFactory(firstname=first, lastname=last) for first, last in NAMES]


@pytest.fixture
def deal():
    """The deal in question."""
    return DealFactory(dealname="Analytical Engine")


def sees_the_deal(page: Page, deal, people, suffix: str = "") -> None:
    """Look at each contact's page for the deal."""
    for person in people:
        page.goto(f"{person.get_absolute_url()}{suffix}")
        expect(section(page, "deals").get_by_role("link", name=str(deal), exact=True)).to_be_visible()


def test_the_main_job_at_a_desk(desktop, deal, people):
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    expect(desktop.locator("#picker-q")).to_be_focused()
    for first, last in NAMES:
        tick(desktop, last, f"{first} {last}")
    expect(desktop.locator("#picker-chips .chip")).to_have_count(3)
    desktop.get_by_role("button", name="Save").click()

    expect(desktop.locator("dialog[open]")).to_have_count(0)
    expect(section(desktop, "contacts").locator(".section__count")).to_have_text("3")
    expect(desktop.locator("#add-contacts")).to_be_focused()
    expect(desktop.locator(".toast")).to_contain_text("3 records associated")
    expect(desktop.locator("#timeline-items")).to_contain_text("Associated with Ada Lovelace")

    open_picker(desktop, "contacts")
    desktop.get_by_role("button", name="Create new contact").click()
    desktop.get_by_label("First name").fill("Charles")
    desktop.get_by_label("Last name").fill("Babbage")
    desktop.get_by_role("button", name="Create and save").click()
    expect(section(desktop, "contacts").locator(".section__count")).to_have_text("4")

    charles = Contact.objects.get(lastname="Babbage")
    sees_the_deal(desktop, deal, [*people, charles])


def test_the_main_job_on_a_phone(phone, deal, people):
    phone.goto(deal.get_absolute_url())
    expect(section(phone, "contacts")).to_be_hidden()
    phone.get_by_role("link", name="Associations").click()
    open_picker(phone, "contacts")
    for first, last in NAMES:
        tick(phone, last, f"{first} {last}")
    phone.get_by_role("button", name="Done").click()

    expect(section(phone, "contacts").locator(".section__count")).to_have_text("3")
    open_picker(phone, "contacts")
    phone.get_by_role("button", name="Create new contact").click()
    phone.get_by_label("First name").fill("Charles")
    phone.get_by_label("Last name").fill("Babbage")
    phone.get_by_role("button", name="Done").click()
    expect(section(phone, "contacts").locator(".section__count")).to_have_text("4")

    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    sees_the_deal(phone, deal, [*people, Contact.objects.get(lastname="Babbage")], "?tab=associations")


def test_the_main_job_without_script(no_script, deal, people):
    no_script.goto(deal.get_absolute_url())
    no_script.locator("#add-contacts").click()
    for first, last in NAMES:
        no_script.locator("#picker-q").fill(last)
        no_script.get_by_role("button", name="Search").last.click()
        no_script.locator(".option", has_text=f"{first} {last}").locator("input").check()
    no_script.locator(".sheet__foot .button--primary").click()
    expect(section(no_script, "contacts").locator(".section__count")).to_have_text("3")

    no_script.locator("#add-contacts").click()
    no_script.get_by_role("button", name="Create new contact").click()
    no_script.get_by_label("First name").fill("Charles")
    no_script.get_by_label("Last name").fill("Babbage")
    no_script.locator(".sheet__foot .button--primary").click()
    expect(section(no_script, "contacts").locator(".section__count")).to_have_text("4")

    sees_the_deal(no_script, deal, [*people, Contact.objects.get(lastname="Babbage")])


def add_existing(page: Page, type_name: str, *records) -> None:
    """Add existing records to the section of a type."""
    open_picker(page, type_name)
    for record in records:
        tick(page, str(record), str(record))
    page.get_by_role("button", name="Save").click()
    expect(section(page, type_name).locator(".section__count")).to_have_text(str(len(records)))


def test_a_seller_ties_a_deal_to_three_contacts_and_their_company(desktop, deal, people):
    company = CompanyFactory(name="Analytical Society")
    services.associate(company, [person.pk for person in people], by=by())

    desktop.goto(deal.get_absolute_url())
    add_existing(desktop, "contacts", *people)
    add_existing(desktop, "companies", company)

    desktop.goto(company.get_absolute_url())
    expect(
        section(desktop, "deals").get_by_role("link", name="Analytical Engine", exact=True)
    ).to_be_visible()
    expect(section(desktop, "contacts").locator(".section__count")).to_have_text("3")
    sees_the_deal(desktop, deal, people)
    expect(
        section(desktop, "companies").get_by_role("link", name="Analytical Society", exact=True)
    ).to_be_visible()


def test_an_agent_ties_a_ticket_to_two_contacts_and_their_deal(desktop, deal, people):
    ticket = TicketFactory(subject="Cards jam in the mill")

    desktop.goto(ticket.get_absolute_url())
    add_existing(desktop, "contacts", *people[:2])
    add_existing(desktop, "deals", deal)

    for record in [*people[:2], deal]:
        desktop.goto(record.get_absolute_url())
        expect(
            section(desktop, "tickets").get_by_role("link", name="Cards jam in the mill", exact=True)
        ).to_be_visible()


def test_a_refused_company_can_be_replaced_on_the_spot(desktop, people):
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(acme, [people[0].pk], by=by())

    desktop.goto(people[0].get_absolute_url())
    open_picker(desktop, "companies")
    tick(desktop, "Beta", "Beta")
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.get_by_role("alert")).to_contain_text("Ada Lovelace already has a company, Acme.")
    expect(desktop.locator(".option input:checked")).to_have_count(1)

    desktop.get_by_role("button", name="Replace it").click()
    expect(section(desktop, "companies").get_by_role("link", name="Beta", exact=True)).to_be_visible()
    assert Association.objects.get().pair == (people[0].pk, beta.pk)


def test_removing_is_undone_from_the_toast(desktop, deal, people):
    services.associate(deal, [people[0].pk], by=by())

    desktop.goto(deal.get_absolute_url())
    desktop.get_by_label("Actions for Ada Lovelace").click()
    desktop.get_by_role("button", name="Remove association").click()
    expect(section(desktop, "contacts").locator(".section__count")).to_have_text("0")
    desktop.get_by_role("button", name="Undo").click()

    expect(section(desktop, "contacts").get_by_role("link", name="Ada Lovelace", exact=True)).to_be_visible()


def test_the_picker_works_by_keyboard_alone(desktop, deal, people):
    desktop.goto(deal.get_absolute_url())
    desktop.locator("#add-contacts").focus()
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#picker-q")).to_be_focused()
    desktop.keyboard.type("lovelace")
    expect(desktop.locator(".option")).to_have_count(1)
    desktop.keyboard.press("ArrowDown")
    desktop.keyboard.press("Space")
    expect(desktop.locator("#picker-chips .chip")).to_have_text(re.compile("Ada Lovelace"))
    desktop.keyboard.press("Enter")

    expect(section(desktop, "contacts").get_by_role("link", name="Ada Lovelace", exact=True)).to_be_visible()
    expect(desktop.locator("#add-contacts")).to_be_focused()

    desktop.keyboard.press("Enter")
    expect(desktop.locator("#picker-q")).to_be_focused()
    desktop.keyboard.press("Escape")
    expect(desktop.locator("dialog[open]")).to_have_count(0)
    expect(desktop.locator("#add-contacts")).to_be_focused()


def test_a_possible_duplicate_is_shown_while_typing_and_associated_instead(desktop, deal, people):
    desktop.goto(deal.get_absolute_url())
    open_picker(desktop, "contacts")
    desktop.get_by_role("button", name="Create new contact").click()
    desktop.get_by_label("Email").press_sequentially(people[1].email)
    desktop.get_by_role("button", name="Associate this one instead").click()

    expect(section(desktop, "contacts").get_by_role("link", name="Alan Turing", exact=True)).to_be_visible()
    assert Contact.objects.count() == 33
