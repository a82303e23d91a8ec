"""Files that nobody here wrote, by the mappings in docs/examples; checked with csv and plain SQL."""

import csv
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.html import escape

from records.models import Company, Contact, CustomRecord, Deal

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests/data"
MAPPINGS = ROOT / "docs/examples/imports"

ACCOUNTS = ("maven-crm/accounts.csv", "maven-accounts.toml")
PIPELINE = ("maven-crm/sales_pipeline_part.csv", "maven-pipeline.toml")
CUSTOMERS = ("northwind/customers.csv", "northwind-customers.toml")
EMPLOYEES = ("northwind/employees.csv", "northwind-employees.toml")


def load(*files: tuple[str, str]) -> None:
    for data, mapping in files:
        call_command("import_records", str(DATA / data), "--mapping", str(MAPPINGS / mapping))


def rows(file: tuple[str, str]) -> list[dict[str, str]]:
    with (DATA / file[0]).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def pairs(one: str, other: str) -> list[tuple[str, str]]:
    """Return the names of associated records of two types, each pair once, sorted."""
    statement = """
        SELECT a.display_name, ta.name, b.display_name, tb.name
        FROM associations_association s
        JOIN records_record a ON a.id = s.record_a_id JOIN records_objecttype ta ON ta.id = a.object_type_id
        JOIN records_record b ON b.id = s.record_b_id JOIN records_objecttype tb ON tb.id = b.object_type_id
    """
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchall()
    return sorted(
        (a, b) if type_a == one else (b, a)
        for a, type_a, b, type_b in found
        if sorted((type_a, type_b)) == sorted((one, other))
    )


def test_accounts_are_companies_with_their_parents():
    load(ACCOUNTS)

    assert {
        (company.name, company.industry, company.numberofemployees, float(company.annualrevenue))
        for company in Company.objects.all()
    } == {
        (
            row["account"],
            row["sector"].replace("technolgy", "technology"),
            int(row["employees"]),
            round(float(row["revenue"]) * 1_000_000, 2),
        )
        for row in rows(ACCOUNTS)
    }
    parents = [{row["account"], row["subsidiary_of"]} for row in rows(ACCOUNTS) if row["subsidiary_of"]]
    assert len(parents) == 15
    assert sorted(map(sorted, pairs("companies", "companies"))) == sorted(map(sorted, parents))
    assert Company.objects.filter(country="Philippines").count() == 1


def test_the_pipeline_is_deals_with_their_companies():
    load(ACCOUNTS, PIPELINE)

    stages = {
        "Prospecting": "appointmentscheduled",
        "Engaging": "qualifiedtobuy",
        "Won": "closedwon",
        "Lost": "closedlost",
    }
    deals = {deal.dealname: deal for deal in Deal.objects.select_related("dealstage")}
    assert len(deals) == len(rows(PIPELINE)) == 357
    expected = []
    for row in rows(PIPELINE):
        name = f"{row['product'].replace('GTXPro', 'GTX Pro')} – {row['opportunity_id']}"
        deal = deals[name]
        closed = row["close_date"] and datetime.strptime(row["close_date"], "%m/%d/%Y").date()
        assert (deal.closedate or "") == closed
        assert deal.dealstage.name == stages[row["deal_stage"]]
        assert ("" if deal.amount is None else str(int(deal.amount))) == row["close_value"]
        assert f"Sales agent: {row['sales_agent']}" in deal.description
        if row["account"]:
            expected.append((name, row["account"]))
    assert pairs("deals", "companies") == sorted(expected)


def test_a_customer_is_a_company_and_its_contact():
    load(CUSTOMERS)

    people = [(row["ContactName"], row["CompanyName"]) for row in rows(CUSTOMERS)]
    assert len(people) == 91
    assert pairs("contacts", "companies") == sorted(people)
    assert sorted(map(str, Contact.objects.all())) == sorted(name for name, _company in people)
    assert {(company.name, company.address, company.phone) for company in Company.objects.all()} == {
        (row["CompanyName"], row["Address"], row["Phone"]) for row in rows(CUSTOMERS)
    }
    assert Contact.objects.get(firstname="Isabel").lastname == "de Castro"


def test_employees_are_contacts_with_whom_they_report_to():
    load(EMPLOYEES)

    names = {row["EmployeeID"]: f"{row['FirstName']} {row['LastName']}" for row in rows(EMPLOYEES)}
    chief = [
        {names[row["EmployeeID"]], names[row["ReportsTo"]]} for row in rows(EMPLOYEES) if row["ReportsTo"]
    ]
    assert (len(names), len(chief)) == (9, 8)
    assert sorted(map(str, Contact.objects.all())) == sorted(names.values())
    assert sorted(map(sorted, pairs("contacts", "contacts"))) == sorted(map(sorted, chief))
    assert Contact.objects.get(lastname="Davolio").address == "507 - 20th Ave. E., Apt. 2A"


def test_importing_everything_again_doubles_nothing_and_changes_nothing(capsys):
    everything = (ACCOUNTS, PIPELINE, CUSTOMERS, EMPLOYEES)
    load(*everything)
    capsys.readouterr()

    load(*everything)

    shown = capsys.readouterr().out
    counted = {line for line in shown.splitlines() if " created, " in line or " made, " in line}
    assert counted == {
        "companies: 0 created, 0 updated, 85 unchanged",
        "associations: 0 made, 15 already there, 0 refused, 0 not found",
        "deals: 0 created, 0 updated, 357 unchanged",
        "associations: 0 made, 241 already there, 0 refused, 0 not found",
        "companies: 0 created, 0 updated, 91 unchanged",
        "contacts: 0 created, 0 updated, 91 unchanged",
        "associations: 0 made, 91 already there, 0 refused, 0 not found",
        "contacts: 0 created, 0 updated, 9 unchanged",
        "associations: 0 made, 8 already there, 0 refused, 0 not found",
    }


def test_the_pages_show_what_the_file_says(signed_in):
    load(CUSTOMERS)

    for row in rows(CUSTOMERS)[::13]:
        contact = Contact.objects.get(company_name=row["CompanyName"])
        page = signed_in.get(contact.get_absolute_url()).text
        for column in ("ContactName", "CompanyName", "ContactTitle", "Phone", "City", "Country"):
            assert escape(row[column]) in page


def test_products_are_records_of_a_type_of_their_own_and_each_deal_has_one():
    call_command("define_object", str(ROOT / "docs/examples/objects/products.yaml"))
    products = ("maven-crm/products.csv", "maven-products.toml")

    for _time in range(2):  # the second changes nothing
        load(ACCOUNTS, PIPELINE, products, (PIPELINE[0], "maven-deal-products.toml"))

    assert {
        (one.display_name, one.properties["series"], one.properties["price"])
        for one in CustomRecord.objects.all()
    } == {(row["product"], row["series"], row["sales_price"]) for row in rows(products)}
    assert pairs("deals", "products") == sorted(
        (f"{product} – {row['opportunity_id']}", product)
        for row in rows(PIPELINE)
        for product in [row["product"].replace("GTXPro", "GTX Pro")]
    )
