"""Real files are brought in through the pages, and what came of them is counted against the files."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from associations.models import Association
from records.models import Company, Contact, Deal
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def upload(page: Page, name: str, *types: str) -> None:
    """Choose a file and what its rows hold, and go on to its columns."""
    page.set_default_timeout(60_000)  # jobs run to their ends within the request that starts them
    page.goto("/imports/new/")
    for label in types:
        page.locator("[data-field=types]").get_by_label(label, exact=True).check()
    page.locator("[name=file]").set_input_files(DATA / name)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/preview/")
    assert violations(page) == []
    page.get_by_role("button", name="Map the columns").click()
    page.wait_for_url("**/map/")


def saves(page: Page):
    """Wait until a column has been kept."""
    return page.expect_response(lambda response: "/map/0/" in response.url)


def check(page: Page) -> dict[str, int]:
    """Go on to the dry run; return its counts."""
    page.get_by_role("button", name="Check").click()
    page.wait_for_url("**/check/")
    expect(page.get_by_role("heading", name="What this import would do")).to_be_visible()
    assert violations(page) == []
    found = page.locator("[data-count]").evaluate_all(
        "all => all.map(one => [one.dataset.count, one.textContent.replace(/\\D/g, '')])"
    )
    return {name: int(number) for name, number in found}


def run(page: Page) -> None:
    """Import what was tried, and wait for the end."""
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/jobs/**")
    expect(page.get_by_role("link", name="Undo all of it")).to_be_visible()


def test_customers_become_companies_and_their_contacts_and_are_taken_back(desktop):
    page, file = desktop, rows("northwind/customers.csv")
    page.goto("/records/contacts/")
    page.get_by_role("link", name="Import", exact=True).click()
    assert violations(page) == []
    upload(page, "northwind/customers.csv", "Contacts", "Companies")
    assert violations(page) == []
    city = page.get_by_label("“City” becomes", exact=True)
    expect(city).to_have_value("companies.city")
    page.locator("#column-0-5-add").click()
    second = page.locator("#c0-5-u1-target")
    second.focus()
    with saves(page):
        second.select_option("contacts.city")
    expect(second).to_have_value("contacts.city")
    expect(second).to_be_focused()
    expect(page.locator("#settings").get_by_label("City").first).to_be_visible()  # one more that may identify
    page.reload()
    expect(second).to_have_value("contacts.city")  # each column is kept as soon as it is chosen

    counts = check(page)
    assert counts["contacts-created"] == counts["companies-created"] == counts["associated"] == len(file)
    assert counts["skipped"] == Contact.objects.count() == 0
    run(page)
    assert {(str(one), one.city) for one in Company.objects.all()} == {
        (row["CompanyName"].strip(), row["City"].strip()) for row in file
    }
    assert Contact.objects.count() == Association.objects.count() == len(file)

    page.get_by_role("link", name="Undo all of it").click()
    page.get_by_role("button", name="Undo").click()
    page.goto("/imports/")
    expect(page.get_by_role("cell", name="undone")).to_be_visible()
    assert violations(page) == []
    assert Contact.objects.filter(archived_at=None).count() == 0


def test_deals_find_the_companies_of_the_file_before(desktop):
    page = desktop
    accounts, deals = rows("maven-crm/accounts.csv"), rows("maven-crm/sales_pipeline_part.csv")
    upload(page, "maven-crm/accounts.csv", "Companies")
    counts = check(page)
    assert counts["companies-created"] == len(accounts)
    assert counts["associated"] == sum(bool(row["subsidiary_of"]) for row in accounts)
    run(page)

    upload(page, "maven-crm/sales_pipeline_part.csv", "Deals")
    with saves(page):
        page.get_by_label("“opportunity_id” becomes", exact=True).select_option("deals.dealname")
    meanings = {
        "Prospecting": "Appointment scheduled",
        "Engaging": "Qualified to buy",
        "Won": "Closed won",
        "Lost": "Closed lost",
    }
    for cell, label in meanings.items():
        if page.get_by_label(cell, exact=True).count():
            with saves(page):
                page.get_by_label(cell, exact=True).select_option(label=label)
            expect(page.get_by_label(cell, exact=True).locator("option:checked")).to_have_text(label)
    counts = check(page)
    assert counts["deals-created"] == len(deals)
    assert counts["associated"] == sum(bool(row["account"]) for row in deals)
    run(page)
    assert Counter(str(deal.dealstage) for deal in Deal.objects.all()) == Counter(
        meanings[row["deal_stage"]] for row in deals
    )
    assert sum(deal.amount or 0 for deal in Deal.objects.all()) == sum(
        int(row["close_value"] or 0) for row in deals
    )


def test_a_column_is_mapped_and_a_property_added_without_script(no_script):
    page = no_script
    page.set_default_timeout(60_000)
    page.goto("/imports/new/")
    page.locator("[data-field=types]").get_by_label("Contacts", exact=True).check()
    page.locator("[name=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": b"Who,Shoe\nada@example.com,37\n"}
    )
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Map the columns").click()
    page.get_by_role("link", name="Change Who").click()
    page.get_by_label("“Who” becomes").select_option("contacts.email")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="New property Shoe").click()
    expect(page.get_by_label("Label")).to_have_value("Shoe")
    page.get_by_role("button", name="Add").last.click()
    expect(page.get_by_label("“Shoe” becomes")).to_have_value("contacts.shoe")
    page.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("link", name="What it changed")).to_be_visible()
    assert Contact.objects.get().properties["shoe"] == 37
