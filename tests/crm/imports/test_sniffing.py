"""What is found out about a file before anybody says anything, and what its columns are taken for."""

from datetime import date

import pytest

from crm.imports.building import build
from crm.imports.guessing import guess_mapping
from crm.imports.reading import Sniffed, sniff
from crm.imports.report import ImportRefused
from tests.crm.imports.test_real_data import DATA
from tests.crm.imports.workbooks import workbook
from tests.records.kinds import define

POLISH = (
    "Imię;Miasto\nŁukasz;Łódź\nŻaneta;Kraków\nŹdzisława;Świętochłowice\nGrażyna;Gdańsk\nMałgorzata;Poznań\n"
)


def guesses(path) -> dict:
    return {one.name: one for one in sniff(path).columns}


def test_a_preview_has_the_first_rows_and_how_the_file_is_written(file):
    found = sniff(file("Name;City;\n" + "Ada;London;x\n" * 30), "people.csv")

    assert (found.name, found.kind, found.encoding, found.delimiter) == ("people.csv", "csv", "utf-8", ";")
    assert (found.header, found.rows) == (["Name", "City"], [["Ada", "London"]] * 20)
    assert not found.encoding_is_guess
    assert Sniffed.from_json(found.as_json()) == found


def test_an_encoding_that_is_not_unicode_is_suggested_and_marked_as_a_guess(file):
    found = sniff(file(POLISH.encode("cp1250")))

    assert found.encoding_is_guess
    assert found.encodings[0] == found.encoding
    assert {"cp1250", "iso8859-2"} < set(found.encodings)
    assert found.rows[0] == ["Łukasz", "Łódź"]
    said = sniff(file(POLISH.encode("cp1250")), encoding="latin-1")
    assert (said.rows[0][1], said.encoding_is_guess) == ("£ód\x9f", False)


def test_a_byte_that_is_no_utf8_far_into_the_file_counts_too(file):
    assert sniff(file(b"Name,City\n" + b"Ada,London\n" * 50_000 + b"Bob,Z\xfcrich\n")).encoding_is_guess


def test_utf16_without_a_mark_is_suggested(file):
    found = sniff(file("Name,City\nAda,London\n".encode("utf-16-le")))

    assert (found.encoding, found.rows) == ("utf-16-le", [["Ada", "London"]])


@pytest.mark.parametrize("content", [b"", b"\0\1\2\3" * 50, b'a,b\n"x'])
def test_what_cannot_be_read_is_refused(file, content):
    with pytest.raises(ImportRefused):
        sniff(file(content))


@pytest.mark.parametrize(
    ("cells", "kind", "formats", "decimal"),
    [
        (["31.12.2024", "01.02.2025"], "date", ["%d.%m.%Y"], ""),
        (["01/02/2024", "03/04/2024"], "date", ["%d/%m/%Y", "%m/%d/%Y"], ""),  # it is open
        (["01/02/2024", "03/14/2024"], "date", ["%m/%d/%Y"], ""),
        (["2024-01-31 18:30", "2024-02-01 08:00"], "datetime", ["%Y-%m-%d %H:%M"], ""),
        (["2024-01-31T18:30:00+02:00"], "datetime", [], ""),
        (["1.234,50 €", "7"], "number", [], ","),
        (["1,234.50", "7"], "number", [], "."),
        (["1", "20"], "number", [], ""),
        (["1.234", "5.678"], "number", [], ""),  # thousands or decimals: it is open
        (["yes", "No"], "boolean", [], ""),
        (["ada@example.com"], "email", [], ""),
        (["https://example.com"], "url", [], ""),
        (["31.12.2024", "soon"], "text", [], ""),
        (["", ""], "empty", [], ""),
    ],
)
def test_columns_say_what_they_hold(file, cells, kind, formats, decimal):
    text = "n|a\n" + "".join(f"x|{cell}\n" for cell in cells)

    found = guesses(file(text))["a"]

    assert (found.type, found.date_formats, found.decimal) == (kind, formats, decimal)


def test_cells_of_a_workbook_need_no_format(file):
    rows = [["Day", "Sum"], [date(2024, 2, 3), 1.5]]

    found = sniff(file(workbook(("One", rows), ("Two", [["x"]]))))

    assert (found.kind, found.sheets, found.sheet) == ("xlsx", ["One", "Two"], "One")
    assert [(one.type, one.is_exact) for one in found.columns] == [("date", True), ("number", True)]


# --- Columns to properties ------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_columns_of_real_files_are_recognised():
    customers = sniff(DATA / "northwind/customers.csv")
    deals = sniff(DATA / "maven-crm/sales_pipeline_part.csv")

    both = guess_mapping(["contacts", "companies"], customers.header, customers.columns)
    pipeline = guess_mapping(["deals", "companies"], deals.header, deals.columns)

    assert both["records"]["companies"] == {"match": ["name"], "properties": {"name": "CompanyName"}}
    assert both["records"]["contacts"]["match"] == ["firstname", "lastname"]
    assert both["records"]["contacts"]["properties"] == {
        "firstname": {"column": "ContactName", "part": "first"},
        "lastname": {"column": "ContactName", "part": "last"},
        "jobtitle": "ContactTitle",
        "address": "Address",
        "city": "City",
        "state": "Region",
        "zip": "PostalCode",
        "country": "Country",
        "phone": "Phone",
    }
    assert both["associations"] == [{"record": "contacts", "with": "companies"}]
    assert pipeline["records"]["deals"]["properties"] == {
        "dealstage": "deal_stage",
        "closedate": {"column": "close_date", "date_format": "%m/%d/%Y"},
        "amount": "close_value",
        "hubspot_owner_id": "sales_agent",
    }
    assert pipeline["records"]["companies"]["properties"] == {"name": "account"}
    assert build(both, customers.header).in_row


@pytest.mark.django_db
def test_two_types_in_a_row_share_the_columns_by_their_names():
    header = ["E-mail", "Company name", "Phone", "Company phone", "Website", "First Name", "Record ID"]

    said = guess_mapping(["contacts", "companies"], header)
    alone = guess_mapping(["contacts"], header)

    assert said["records"]["contacts"] == {
        "match": ["email"],
        "properties": {"phone": "Phone", "website": "Website", "firstname": "First Name", "email": "E-mail"},
    }
    assert said["records"]["companies"]["properties"] == {"phone": "Company phone", "name": "Company name"}
    assert alone["records"]["contacts"]["id"] == "Record ID"
    assert alone["records"]["contacts"]["properties"]["company"] == "Company name"


@pytest.mark.django_db
def test_what_was_said_before_goes_first():
    before = {
        "Mail": ("contacts", {"name": "email"}),
        "E-mail": ("", None),
        "Born": ("contacts", {"name": "city", "date_format": "%d.%m.%Y"}),
        "Gone": ("contacts", {"name": "no_such"}),
    }

    said = guess_mapping(["contacts"], ["E-mail", "Mail", "Born", "Gone", "City"], remembered=before)

    assert said["records"]["contacts"]["properties"] == {
        "email": "Mail",
        "city": {"column": "Born", "date_format": "%d.%m.%Y"},
    }


@pytest.mark.django_db
def test_how_cells_are_written_is_part_of_the_guess(file):
    define(title={}, share={"type": "percentage"}, price={"type": "number"}, day={"type": "date"})
    book = sniff(
        file(workbook(("One", [["Title", "Share", "Price", "Day"], ["a", 0.125, 1.5, date(2024, 2, 3)]])))
    )
    text = sniff(file("Title;Share;Price;Day\na;12,5%;1,5;3.2.2024\n"))

    def entries(found) -> dict:
        said = guess_mapping(["things"], found.header, found.columns)
        return said["records"]["things"]["properties"]

    assert entries(book) == {
        "title": "Title",
        "share": {"column": "Share", "multiply": 100},
        "price": "Price",
        "day": "Day",
    }
    assert entries(text) == {
        "title": "Title",
        "share": {"column": "Share", "decimal": ","},
        "price": {"column": "Price", "decimal": ","},
        "day": {"column": "Day", "date_format": "%d.%m.%Y"},
    }
