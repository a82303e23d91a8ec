"""The pages on a phone: one part at a time, sheets over the whole screen, nothing wider than the screen."""

import re

import pytest
from playwright.sync_api import expect

from associations import services
from tests.browser.pages import open_picker, section
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


@pytest.fixture
def deal(grace):
    deal = DealFactory(dealname=f"{LONG} {LONG}", amount=123_456_789)
    contact = ContactFactory(
        firstname=LONG, lastname="عبد الرحمن", email=f"{LONG}@{LONG}.example.com".lower()
    )
    services.associate(deal, [contact.pk, CompanyFactory(name=LONG * 3).pk], by=by())
    return deal


def test_no_page_is_wider_than_the_screen(phone, deal):
    contact = deal.get_absolute_url()
    addresses = [
        *(f"/records/{name}/" for name in ("contacts", "companies", "deals", "tickets")),
        "/records/deals/?q=a&amount__gte=1000&edit_filter=dealstage&dealstage__in=1",
        "/records/deals/?view=board",
        f"{contact}move/?view=board",
        "/records/contacts/?q=nobody",
        *(f"{contact}?tab={tab}" for tab in ("about", "overview", "activities", "associations")),
        f"{contact}associations/contacts/add/",
        f"{contact}associations/contacts/add/?tab=new",
        f"{contact}properties/dealname/?edit",
        "/records/deals/new/",
        "/search/?q=llan",
        "/accounts/password/",
        "/styleguide/",
    ]
    wide = []
    for address in addresses:
        phone.goto(address)
        width = phone.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide.append((address, width))
    assert wide == []


def test_the_record_page_has_four_tabs_and_the_sheet_saves_by_done_at_the_top_right(phone, deal):
    TicketFactory(subject="Cards jam in the mill")
    phone.goto(deal.get_absolute_url())
    tabs = phone.get_by_role("navigation", name="Parts of this record")
    expect(tabs.get_by_role("link")).to_have_text(["About", "Activity", "History", "Associations"])
    expect(phone.locator("#property-dealname")).to_be_visible()
    expect(phone.locator("#timeline-items")).to_be_hidden()
    tabs.get_by_role("link", name="Activity").click()
    expect(phone.locator("#timeline-items")).to_be_visible()
    expect(phone.locator("#property-dealname")).to_be_hidden()
    tabs.get_by_role("link", name="Associations").click()
    expect(section(phone, "tickets")).to_be_visible()
    phone.go_back()
    expect(phone.locator("#timeline-items")).to_be_visible()
    phone.go_forward()

    open_picker(phone, "tickets")
    done = phone.get_by_role("button", name="Done")
    expect(done).to_be_visible()
    phone.wait_for_function("document.querySelector('dialog').getBoundingClientRect().y === 0")
    sheet, button = phone.locator("dialog").bounding_box(), done.bounding_box()
    assert (sheet["x"], sheet["y"], sheet["width"], sheet["height"]) == (0, 0, 390, 844)
    assert button["x"] + button["width"] > 370
    assert button["y"] < 20
    phone.get_by_role("checkbox", name="Cards jam").tap()
    done.tap()
    expect(phone.locator("dialog")).to_be_hidden()
    expect(section(phone, "tickets").locator(".section__count")).to_have_text("1")


def test_search_fills_the_screen_and_is_left_by_a_tap(phone, deal):
    phone.goto("/records/contacts/")
    phone.get_by_role("link", name="Search all records").tap()
    expect(phone.locator("#palette-q")).to_be_focused()
    assert phone.locator("dialog").bounding_box()["width"] == 390
    phone.locator("#palette-q").fill("llan")
    expect(phone.locator(".palette__item")).to_have_count(3)
    phone.get_by_role("link", name="Cancel").tap()
    expect(phone.locator("dialog")).to_be_hidden()
    expect(phone).to_have_url(re.compile("/records/contacts/$"))


def test_what_one_taps_is_large_enough(phone, deal):
    small = []
    for address in (
        "/records/deals/",
        deal.get_absolute_url(),
        f"{deal.get_absolute_url()}?tab=associations",
    ):
        phone.goto(address)
        for control in phone.locator("button:visible, a.button:visible, summary:visible, .tab:visible").all():
            box = control.bounding_box()
            if box["height"] < 32 or box["width"] < 32:
                small.append((address, control.evaluate("element => element.outerHTML.slice(0, 90)"), box))
    assert small == []
