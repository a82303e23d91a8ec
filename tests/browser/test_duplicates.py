"""Possible duplicates: not a duplicate and undone, with the focus kept; searched for without script."""

import pytest
from playwright.sync_api import expect

from records import schema
from records.duplicate_search import search
from records.models import DuplicatePair
from tests.browser.test_accessibility import violations
from tests.factories import ContactFactory

PAGE = "/records/contacts/possible-duplicates/"


@pytest.fixture
def twins(grace):
    """Two pairs of contacts, one of them with the same phone number too."""
    for last, phone in (("Lovelace", "601 234 567"), ("Byron", "")):
        for first in ("Jon", "John"):
            ContactFactory(firstname=first, lastname=last, phone=phone, owner=grace)


def test_a_pair_is_not_a_duplicate_and_that_is_undone(desktop, twins):
    search(schema.current().type("contacts"))
    page = desktop
    page.goto("/records/contacts/")
    page.get_by_label("More", exact=True).click()
    page.get_by_role("link", name="Possible duplicates").click()
    pairs = page.get_by_role("article")
    expect(pairs).to_have_count(2)
    expect(pairs.first).to_contain_text("Jon Lovelace")
    expect(pairs.first).to_contain_text("Same phone")
    assert violations(page) == []

    pairs.first.get_by_role("button", name="Not a duplicate").click()
    expect(pairs).to_have_count(1)
    expect(pairs.first).to_contain_text("Jon Byron")
    expect(pairs.first).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("Marked as not a duplicate.")
    assert DuplicatePair.objects.dismissed().count() == 1

    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(pairs).to_have_count(2)
    assert not DuplicatePair.objects.dismissed().exists()


def test_a_phone_shows_pairs_and_a_records_notice_without_scrolling_sideways(phone, twins):
    search(schema.current().type("contacts"))
    page = phone
    page.goto(PAGE)
    expect(page.get_by_role("article")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("article").first.get_by_role("link", name="Jon Lovelace", exact=True).click()
    expect(page.get_by_role("note")).to_contain_text("Looks like a duplicate of John Lovelace")
    assert violations(page) == []
    page.get_by_role("note").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("article")).to_have_count(1)


def test_pairs_are_searched_for_and_dismissed_without_script(no_script, twins):
    page = no_script
    page.goto(PAGE)
    expect(page.get_by_role("heading", name="Not searched yet")).to_be_visible()
    page.get_by_role("button", name="Search now").click()
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("article").first.get_by_role("button", name="Not a duplicate").click()
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("link", name="Not duplicates").click()
    page.get_by_role("button", name="Take up again").click()
    expect(page.get_by_role("heading", name="No pair was dismissed")).to_be_visible()
    page.get_by_role("link", name="To look at").click()
    expect(page.get_by_role("article")).to_have_count(2)
