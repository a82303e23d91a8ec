"""Two duplicates are found, compared, merged into one with a conflict decided, and parted again."""

import pytest
from playwright.sync_api import expect

from associations import services
from records.models import Contact
from tests.browser.pages import section
from tests.browser.test_accessibility import violations
from tests.browser.test_phone import LONG
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by


@pytest.fixture
def pair(grace):
    """Two contacts that are the same person, each with a company, of which a contact has but one."""
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com", city="Rome")
    double = ContactFactory(firstname="Ada", lastname="Byron", email="byron@example.com", jobtitle="Founder")
    engine, loom = DealFactory(dealname="Engine"), DealFactory(dealname="Loom")
    services.associate(ada, [CompanyFactory(name="Acme").pk, engine.pk], by=by(grace))
    services.associate(double, [CompanyFactory(name="Globex").pk, engine.pk, loom.pk], by=by(grace))
    return ada, double


def test_two_contacts_are_merged_from_the_record_page_and_parted_again(desktop, pair):
    ada, double = pair
    page = desktop
    page.goto(ada.get_absolute_url())
    page.get_by_text("Actions", exact=True).click()
    page.get_by_role("link", name="Merge with …").click()
    assert violations(page) == []
    page.get_by_role("searchbox", name="Search contacts").fill("byron")
    expect(page.locator(".option")).to_have_count(1)
    page.get_by_role("link", name="Ada Byron").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Merge contacts")
    expect(page.get_by_role("group", name="Ada Lovelace may have only one company.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("radio", name="Globex").check()
    page.get_by_role("group", name="Email").get_by_label("byron@example.com").check()
    expect(page.get_by_role("group", name="Job title").get_by_label("Founder")).to_be_checked()
    page.get_by_role("button", name="Merge").click()

    expect(page.get_by_role("status")).to_contain_text("Ada Byron has been merged into Ada Lovelace.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    expect(page.locator("#property-email")).to_contain_text("byron@example.com")
    expect(page.locator("#property-jobtitle")).to_contain_text("Founder")
    expect(section(page, "companies")).to_contain_text("Globex")
    expect(section(page, "companies")).not_to_contain_text("Acme")
    expect(section(page, "deals").locator(".card")).to_have_count(2)

    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone.")
    expect(page.locator("#property-email")).to_contain_text("ada@example.com")
    expect(section(page, "companies")).to_contain_text("Acme")
    expect(section(page, "deals").locator(".card")).to_have_count(1)
    page.goto(double.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Byron")
    expect(section(page, "companies")).to_contain_text("Globex")
    expect(section(page, "deals").locator(".card")).to_have_count(2)


def test_two_ticked_rows_are_merged_on_a_phone(phone, pair):
    page = phone
    ContactFactory(firstname="Grace", lastname=LONG)
    page.goto("/records/contacts/")
    merge = page.get_by_role("button", name="Merge")
    page.get_by_label("Select Ada Lovelace").check()
    expect(merge).to_be_hidden()
    page.get_by_label("Select Ada Byron").check()
    page.get_by_label(f"Select Grace {LONG}").check()
    expect(merge).to_be_hidden()
    page.get_by_label(f"Select Grace {LONG}").uncheck()
    merge.click()

    page.get_by_role("link", name="Keep this one instead").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []
    name = page.locator(".merge__side--stays a").first.inner_text()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert Contact.objects.live().count() == 2


def test_it_works_without_script(no_script, pair):
    ada, _double = pair
    page = no_script
    page.goto(ada.get_absolute_url())
    page.get_by_text("Actions", exact=True).click()
    page.get_by_role("link", name="Merge with …").click()
    page.get_by_role("searchbox", name="Search contacts").fill("byron")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Ada Byron").click()
    page.get_by_role("button", name="Merge").click()
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone.")
    assert Contact.objects.live().count() == 2
