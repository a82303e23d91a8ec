"""What an import does to records and associations, and what it says about rows that it cannot import."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services as association_services
from associations.models import Association, AssociationLimit
from crm.imports import steps
from crm.imports.report import ImportRefused
from records import schema
from records.models import Change, Company, Contact, CustomRecord, Deal, Record, UniqueValue
from records.provenance import Origin
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by
from tests.records.kinds import define

pytestmark = pytest.mark.django_db

PEOPLE = {"records": {"contacts": {"properties": {"email": "Email", "firstname": "Name", "city": "City"}}}}
COMPANIES = {
    "records": {"companies": {"match": "name", "properties": {"name": "Name", "city": "City"}}},
    "associations": [{"record": "companies", "column": "Parent", "with": "companies", "by": "name"}],
}
BOTH = {
    "records": {
        "contacts": {"properties": {"email": "Email", "firstname": "Name"}},
        "companies": {"match": "name", "properties": {"name": "Company"}},
    },
    "associations": [{"record": "contacts", "with": "companies"}],
}


def counts(report) -> tuple[dict, dict, dict]:
    return dict(report.created), dict(report.updated), dict(report.unchanged)


def associated() -> set[frozenset[str]]:
    """Return the names of the two records of each association."""
    return {
        frozenset({str(row.record_a), str(row.record_b)})
        for row in Association.objects.select_related("record_a", "record_b")
    }


# --- Records --------------------------------------------------------------------------------------


def test_new_records_are_created_and_can_be_found(importing):
    report, problems = importing("Email,Name,City\nADA@example.com,Ada,\nbob@example.com,Bob,Łódź\n", PEOPLE)

    assert counts(report) == ({"contacts": 2}, {}, {})
    assert problems == []
    ada = Contact.objects.get(email="ada@example.com")
    assert (str(ada), ada.origin, ada.search_text) == ("Ada", Origin.IMPORT, "ada\nada@example.com")
    assert UniqueValue.objects.get(value="ada@example.com").record_id == ada.pk


def test_every_kind_of_added_property_is_imported_once(importing):
    UserFactory(username="grace")
    define(
        title={"unique": True},
        when={"type": "datetime"},
        notes={"type": "html"},
        share={"type": "percentage"},
        paid={"type": "booleancheckbox"},
        wishes={"type": "checkbox", "options": {"a": "Garden", "b": "Lift"}},
        country={"type": "country"},
        agent={"type": "user"},
        rooms={"type": "number", "required": True, "default": 2},
    )
    names = ["title", "when", "notes", "share", "paid", "wishes", "country", "agent"]
    mapping = {"records": {"things": {"match": "title", "properties": {name: name for name in names}}}}
    header = ",".join(names)
    text = f"{header}\nA,2024-01-31 18:30:15.123456,a < b,12.5 %,no,Lift;Garden,Poland,grace\nB,,,,,,,\n"

    report, problems = importing(text, mapping)
    again, _problems = importing(text, mapping)

    assert (problems, counts(report)) == ([], ({"things": 2}, {}, {}))
    assert counts(again) == ({}, {}, {"things": 2})
    first, second = CustomRecord.objects.order_by("pk")
    assert first.properties == {
        "title": "A",
        "when": "2024-01-31T18:30:15.123Z",
        "notes": "<p>a &lt; b</p>",
        "share": 12.5,
        "paid": False,
        "wishes": ["a", "b"],
        "country": "PL",
        "agent": first.properties["agent"],
        "rooms": 2,
    }
    assert second.properties == {"title": "B", "rooms": 2}


def test_the_same_import_again_changes_nothing(importing):
    text = "Email,Name,City\nada@example.com,Ada,London\nbob@example.com,Bob,\n"
    importing(text, PEOPLE)
    before = list(Record.objects.values_list("pk", "updated_at"))

    report, _problems = importing(text, PEOPLE)

    assert counts(report) == ({}, {}, {"contacts": 2})
    assert list(Record.objects.values_list("pk", "updated_at")) == before


def test_what_changed_is_updated_and_empty_cells_leave_what_is_there(importing):
    ada = ContactFactory(email="ada@example.com", firstname="Ada", lastname="", city="London")
    ContactFactory(email="bob@example.com", firstname="Bob", city="Leeds")

    report, _problems = importing(
        "Email,Name,City\nADA@Example.com,Augusta,\nbob@example.com,Bob,Leeds\n", PEOPLE
    )

    assert counts(report) == ({}, {"contacts": 1}, {"contacts": 1})
    before, ada = ada.updated_at, Contact.objects.get(pk=ada.pk)
    assert (ada.firstname, ada.city, str(ada), ada.sort_name) == ("Augusta", "London", "Augusta", "augusta")
    assert ada.updated_at > before


def test_constants_are_always_set_and_defaults_on_new_records_only(importing):
    ContactFactory(email="ada@example.com", city="London", country="UK")
    said = {
        "records": {
            "contacts": {
                "properties": {
                    "email": "Email",
                    "firstname": "Name",
                    "city": {"column": "City", "default": "Nowhere"},
                    "country": {"text": "PL"},
                }
            }
        }
    }

    importing("Email,Name,City\nada@example.com,Ada,\nbob@example.com,Bob,\n", said)

    found = Contact.objects.values_list("email", "city", "country").order_by("email")
    assert list(found) == [("ada@example.com", "London", "PL"), ("bob@example.com", "Nowhere", "PL")]


def test_rows_that_mean_the_same_record_are_one_within_a_batch_and_across(importing, monkeypatch):
    text = "Email,Name,City\nada@example.com,Ada,\nADA@example.com,Ada,London\nada@example.com,Ada,London\n"
    together, _problems = importing(text, PEOPLE)
    Record.objects.all().delete()
    monkeypatch.setattr(steps, "BATCH", 1)

    apart, _problems = importing(text, PEOPLE)

    assert counts(together) == counts(apart) == ({"contacts": 1}, {"contacts": 1}, {"contacts": 1})
    assert Contact.objects.get().city == "London"


def test_names_match_apart_from_case_but_not_from_accents(importing):
    CompanyFactory(name="Muñoz  GmbH", city="")

    report, _problems = importing("Name,City,Parent\nMUÑOZ gmbh,Bonn,\nMunoz GmbH,Köln,\n", COMPANIES)

    assert counts(report) == ({"companies": 1}, {"companies": 1}, {})
    assert Company.objects.get(city="Bonn").name == "MUÑOZ gmbh"


def test_a_record_may_go_by_several_properties_together(importing):
    DealFactory(dealname="Renewal", closedate="2017-01-01")
    said = {
        "records": {
            "deals": {
                "match": ["dealname", "closedate"],
                "properties": {"dealname": "Name", "closedate": "Date", "amount": "Amount"},
            }
        }
    }

    report, _problems = importing(
        "Name,Date,Amount\nrenewal,2017-01-01,5\nRenewal,2018-01-01,6\nRenewal,,7\n", said
    )

    assert counts(report) == ({"deals": 2}, {"deals": 1}, {})
    assert [str(deal.closedate)[:4] for deal in Deal.objects.order_by("amount")] == ["2017", "2018", "None"]


def test_any_property_may_identify(importing):
    CompanyFactory(name="Acme", phone="123")
    said = {"records": {"companies": {"match": "phone", "properties": {"name": "Name", "phone": "Phone"}}}}

    report, _problems = importing("Name,Phone\nAcme Inc.,123\nOther,456\n", said)

    assert counts(report) == ({"companies": 1}, {"companies": 1}, {})


def test_archived_records_are_left_alone(importing):
    archive_records([ContactFactory(email="ada@example.com", firstname="Old").pk], by=by())

    report, _problems = importing("Email,Name,City\nada@example.com,New,\n", PEOPLE)

    assert counts(report) == ({"contacts": 1}, {}, {})
    assert Contact.objects.get(archived_at=None).firstname == "New"


@pytest.mark.parametrize("match", ["name", "domain"])
def test_archived_records_do_not_identify(importing, match):
    old = CompanyFactory(name="Acme", domain="acme.example")
    archive_records([old.pk], by=by())
    said = {"records": {"companies": {"match": match, "properties": {"name": "A", "domain": "B"}}}}

    report, _problems = importing("A,B\nAcme,acme.example\n", said)

    assert counts(report) == ({"companies": 1}, {}, {})


def test_a_row_holds_only_the_records_that_its_cells_tell_of(importing):
    report, _problems = importing(
        "Email,Name,Company\nada@example.com,Ada,\n,,Acme\nbob@example.com,Bob,Acme\n", BOTH
    )

    assert counts(report) == ({"contacts": 2, "companies": 1}, {}, {"companies": 1})
    assert associated() == {frozenset({"Bob", "Acme"})}


def test_cells_are_translated_before_they_are_read(importing):
    said = {
        **PEOPLE,
        "values": {"City": {"LDN": "London"}},
        "replace": {"Name": {"\\n": " "}},
    }

    importing("Email,Name,City\nada@example.com,Ada\\nAugusta,ldn\n", said)

    assert Contact.objects.values_list("firstname", "city").get() == ("Ada Augusta", "London")


def test_two_records_of_a_type_may_stand_in_a_row(importing):
    said = {
        "records": {
            "seller": {"type": "contacts", "properties": {"email": "Seller"}},
            "buyer": {"type": "contacts", "properties": {"email": "Buyer"}},
        },
        "associations": [{"record": "seller", "with": "buyer"}],
    }

    report, _problems = importing(
        "Seller,Buyer\na@example.com,b@example.com\nb@example.com,c@example.com\n", said
    )

    assert counts(report) == ({"contacts": 3}, {}, {"contacts": 1})
    assert report.associated == 2


# --- Rows that cannot be imported -----------------------------------------------------------------


BAD = (
    "Email,Name,City\nada@example.com,Ada,\nnot an address,Bob,\neve@example.com,Eve\ndan@example.com,Dan,\n"
)


def test_a_wrong_row_stops_the_import_before_anything_is_written(importing):
    with pytest.raises(ImportRefused):
        importing("Email,Name,City\nada@example.com,Ada,\nnot an address,Bob,\n", PEOPLE)

    assert importing.told[0].startswith("line 3: Email: Enter a valid email address.")
    assert not Record.objects.exists()


def test_a_wrong_row_in_a_later_batch_takes_the_earlier_ones_back(importing, monkeypatch):
    monkeypatch.setattr(steps, "BATCH", 1)

    with pytest.raises(ImportRefused):
        importing("Email,Name,City\nada@example.com,Ada,\nnot an address,Bob,\n", PEOPLE)

    assert not Record.objects.exists()


def test_skipping_imports_the_other_rows_and_names_the_wrong_ones(importing):
    report, problems = importing(BAD, PEOPLE, on_error="skip")

    assert set(Contact.objects.values_list("firstname", flat=True)) == {"Ada", "Dan"}
    assert (report.rows, report.skipped) == (4, 2)
    assert [problem.split(":")[0] for problem in problems] == ["line 4", "line 3"]


def test_a_wrong_cell_leaves_out_the_whole_row(importing):
    importing("Email,Name,Company\nbad,Ada,Acme\n", BOTH, on_error="skip")

    assert not Record.objects.exists()


def test_a_dry_run_counts_what_a_run_then_does_and_writes_nothing(importing):
    ContactFactory(email="dan@example.com", firstname="Daniel")
    before = list(Record.objects.values_list("pk", "updated_at"))

    planned, told = importing(BAD, PEOPLE, dry_run=True, on_error="skip")

    assert list(Record.objects.values_list("pk", "updated_at")) == before
    assert (counts(planned), planned.skipped, len(told)) == (({"contacts": 1}, {"contacts": 1}, {}), 2, 2)
    done, _told = importing(BAD, PEOPLE, on_error="skip")
    assert done == planned


def test_a_dry_run_tells_every_problem_though_a_run_would_stop_at_the_first(importing, monkeypatch):
    monkeypatch.setattr(steps, "BATCH", 1)

    _report, told = importing("Email,Name,City\nx,Ada,\ny,Bob,\nz,Eve\n", PEOPLE, dry_run=True)

    assert len(told) == 3


def test_a_row_without_what_identifies_it_is_refused_or_created_as_asked(importing):
    text = "Email,Name,City\n,Ada,\n"
    _report, problems = importing(text, PEOPLE, on_error="skip")
    assert problems[0].startswith("line 2: No email, by which contacts are identified")
    said = {"records": {"contacts": {**PEOPLE["records"]["contacts"], "without_match": "create"}}}

    report, problems = importing(text, said)

    assert (counts(report), problems) == (({"contacts": 1}, {}, {}), [])


def test_a_name_that_several_records_have_is_refused(importing):
    CompanyFactory.create_batch(2, name="Acme")

    _report, problems = importing("Name,City,Parent\nAcme,London,\n", COMPANIES, on_error="skip")

    assert problems == ["line 2: 2 companies are called Acme: which one is meant?"]


def test_an_address_that_another_record_has_is_refused(importing):
    ContactFactory(firstname="Eve", lastname="", email="ada@example.com")
    said = {"records": {"contacts": {**PEOPLE["records"]["contacts"], "match": "firstname"}}}

    _report, problems = importing(
        "Email,Name,City\nada@example.com,Ada,\nx@example.com,Bob,\nX@example.com,Dan,\n",
        said,
        on_error="skip",
    )

    assert problems == [
        "line 2: Another contact already has email “ada@example.com”.",
        "line 4: Another contact already has email “x@example.com”.",
    ]
    assert set(Contact.objects.values_list("firstname", flat=True)) == {"Eve", "Bob"}


def test_an_address_that_somebody_takes_meanwhile_is_refused_on_writing(importing, monkeypatch):
    ContactFactory(email="ada@example.com")
    # As if the other had not been there yet when the import looked.
    monkeypatch.setattr(UniqueValue, "holders", classmethod(lambda cls, prop, values: {}))

    with pytest.raises(ImportRefused, match="run the import again"):
        importing("Email,Name,City\nbob@example.com,Bob,\nada@example.com,Ada,\n", PEOPLE)

    assert Contact.objects.count() == 1


def test_an_address_may_change_where_something_else_identifies(importing):
    ada = ContactFactory(firstname="Ada", email="ada@example.com")
    said = {"records": {"contacts": {**PEOPLE["records"]["contacts"], "match": "firstname"}}}

    importing("Email,Name,City\nada@lovelace.org,Ada,\n", said)

    assert UniqueValue.objects.values_list("value", "record_id").get() == ("ada@lovelace.org", ada.pk)


def test_a_new_record_needs_what_is_required_and_a_name(importing):
    company = {"records": {"companies": {"match": "domain", "properties": {"domain": "A", "name": "B"}}}}
    contact = {"records": {"contacts": {"match": [], "properties": {"city": "A", "phone": "B"}}}}

    _report, of_company = importing("A,B\nexample.com,\n", company, on_error="skip")
    _report, of_contact = importing("A,B\nLondon,\n", contact, on_error="skip")

    assert of_company == ["line 2: Name is missing."]
    assert of_contact[0].startswith("line 2: Nothing names the record")


def test_a_file_without_rows_is_refused(importing):
    with pytest.raises(ImportRefused, match="no rows"):
        importing("Email,Name,City\n", PEOPLE)


# --- Associations ---------------------------------------------------------------------------------


def test_a_cell_names_a_record_that_stands_further_down(importing, monkeypatch):
    monkeypatch.setattr(steps, "BATCH", 2)
    text = "Name,City,Parent\nChild,,PARENT\nOther,,\nSecond,,Parent\nParent,,\n"

    report, _problems = importing(text, COMPANIES)
    again, _problems = importing(text, COMPANIES)

    assert associated() == {frozenset({"Child", "Parent"}), frozenset({"Second", "Parent"})}
    assert (report.associated, report.already_associated) == (2, 0)
    assert (again.associated, again.already_associated) == (0, 2)
    assert set(Association.objects.values_list("origin", flat=True)) == {Origin.IMPORT}


def test_a_cell_may_hold_the_key_of_another_row(importing):
    said = {
        "records": {"contacts": {"match": "firstname", "properties": {"firstname": "Name"}}},
        "associations": [{"record": "contacts", "column": "Boss", "with": "contacts", "key_column": "No"}],
    }

    importing("No,Name,Boss\n1,Ada,2\n2,Bob,\n3,Eve,2\n2,Bob,\n", said)

    assert associated() == {frozenset({"Ada", "Bob"}), frozenset({"Eve", "Bob"})}


def test_a_key_that_stands_for_several_records_is_refused(importing):
    said = {
        "records": {"contacts": {"match": "firstname", "properties": {"firstname": "Name"}}},
        "associations": [{"record": "contacts", "column": "Boss", "with": "contacts", "key_column": "No"}],
    }

    _report, problems = importing("No,Name,Boss\n1,Ada,2\n2,Bob,\n2,Eve,\n", said, on_error="skip")

    assert problems == ["line 2: Boss: 2 records are called “2”: which one is meant?"]


def test_a_cell_may_hold_several_names(importing):
    for name in ("Acme", "Beta", "Gamma"):
        CompanyFactory(name=name)
    said = {
        "records": {"deals": {"match": "dealname", "properties": {"dealname": "Deal"}}},
        "associations": [{"record": "deals", "column": "With", "with": "companies", "separator": ";"}],
    }

    importing("Deal,With\nBig,Acme; Beta;;Acme\n", said)

    assert associated() == {frozenset({"Big", "Acme"}), frozenset({"Big", "Beta"})}


def test_a_cell_may_name_a_person_by_address(importing):
    ContactFactory(email="ada@example.com", firstname="Ada", lastname="")
    said = {
        "records": {"deals": {"match": "dealname", "properties": {"dealname": "Deal"}}},
        "associations": [{"record": "deals", "column": "Who", "with": "contacts", "by": "email"}],
    }

    _report, problems = importing("Deal,Who\nBig,ADA@example.com\nSmall,nobody\n", said, on_error="skip")

    assert associated() == {frozenset({"Big", "Ada"})}
    assert problems[0].startswith("line 3: Who: Enter a valid email address.")


def test_a_name_that_nothing_has_stops_the_import_or_is_only_told(importing):
    text = "Name,City,Parent\nChild,,Nobody\n"
    with pytest.raises(ImportRefused):
        importing(text, COMPANIES)
    assert importing.told == ["line 2: Parent: nothing among the companies is called “Nobody”."]
    assert not Record.objects.exists()
    lenient = {**COMPANIES, "associations": [{**COMPANIES["associations"][0], "missing": "skip"}]}

    report, problems = importing(text, lenient)

    assert (report.missing, len(problems), Company.objects.count()) == (1, 1, 1)


def test_an_association_that_a_limit_forbids_is_told_and_the_rest_imported(importing):
    ada = ContactFactory(email="ada@example.com", firstname="Ada", lastname="")
    association_services.associate(ada, [CompanyFactory(name="Acme").pk], by=by())
    text = "Email,Name,Company\nada@example.com,Ada,Beta\nbob@example.com,Bob,Beta\n"

    report, problems = importing(text, BOTH)

    assert problems == ["line 2: Ada already has a company, Acme."]
    assert (report.refused, report.associated) == (1, 1)
    assert associated() == {frozenset({"Ada", "Acme"}), frozenset({"Bob", "Beta"})}


def test_a_refused_association_stops_the_import_where_that_is_asked(importing):
    text = "Email,Name,Company\nada@example.com,Ada,Acme\nada@example.com,Ada,Beta\n"

    with pytest.raises(ImportRefused):
        importing(text, BOTH, on_refused="stop")

    assert importing.told[0].startswith("line 3: Ada can have only one company")
    assert not Record.objects.exists()


def test_a_record_that_names_itself_is_told(importing):
    _report, problems = importing("Name,City,Parent\nAcme,,acme\n", COMPANIES)

    assert problems == ["line 2: Acme cannot be associated with itself."]


def test_a_raised_limit_lets_a_person_have_two_companies(importing):
    AssociationLimit.objects.all().delete()

    report, problems = importing(
        "Email,Name,Company\nada@example.com,Ada,Acme\nada@example.com,Ada,Beta\n", BOTH
    )

    assert (report.associated, problems) == (2, [])


# --- Cost -----------------------------------------------------------------------------------------


def test_a_batch_costs_the_same_queries_whatever_its_rows_and_the_database_hold(importing):
    said = {
        "records": {
            "contacts": {"properties": {"email": "Email", "firstname": "Name"}},
            "companies": {"match": "name", "properties": {"name": "Company"}},
        },
        "associations": [
            {"record": "contacts", "with": "companies"},
            {"record": "companies", "column": "Parent", "with": "companies", "by": "name"},
        ],
    }

    def cost(rows: int, start: int) -> tuple[int, int]:
        numbers = range(start, start + rows)
        text = "".join(f"p{n}@example.com,Ada,Firm {n},Firm {start}\n" for n in numbers)
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            importing("Email,Name,Company,Parent\n" + text, said)
        new = len(captured)
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            importing("Email,Name,Company,Parent\n" + text.replace("Ada", "Eve"), said)
        return new, len(captured)

    small = cost(3, 0)
    large = cost(40, 100)

    assert large == small


def test_every_further_batch_costs_the_same(importing, monkeypatch):
    monkeypatch.setattr(steps, "BATCH", 5)

    def cost(rows: int, start: int) -> int:
        text = "".join(f"p{n}@example.com,Ada,Firm {n}\n" for n in range(start, start + rows))
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            importing("Email,Name,Company\n" + text, BOTH)
        return len(captured)

    one, two, four = cost(5, 0), cost(10, 100), cost(20, 200)

    assert four - two == 2 * (two - one)


# --- History ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_an_import_is_one_change_with_the_files_name(importing, monkeypatch, on_error):
    monkeypatch.setattr(steps, "BATCH", 2)
    text = "Email,Name,Company\n" + "".join(f"p{n}@example.com,Ada,Acme\n" for n in range(5))

    importing(text, BOTH, on_error=on_error)

    (change,) = Change.objects.all()
    assert (change.kind, change.summary) == (Change.Kind.IMPORT, "data.csv")
    assert Contact.history.filter(change=change).count() == 5
    assert Company.history.filter(change=change).count() == 1
    assert change.association_events.filter(action="added").count() == 5


def test_an_import_without_associations_is_a_change_too(importing):
    importing("Name\nAcme\n", {"records": {"companies": {"match": "name", "properties": {"name": "Name"}}}})

    (change,) = Change.objects.all()
    assert Company.history.get().change == change


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_an_import_that_changes_nothing_is_no_change(importing, on_error):
    text = "Email,Name,Company\np@example.com,Ada,Acme\n"
    importing(text, BOTH)
    importing(text, BOTH, on_error=on_error)

    assert Change.objects.count() == 1


def test_a_dry_run_and_a_refused_import_are_no_change(importing):
    importing("Email,Name,Company\np@example.com,Ada,Acme\n", BOTH, dry_run=True)
    with pytest.raises(ImportRefused):
        importing("Email,Name,Company\nq@example.com,Ada,Acme\nnone,Eve,Acme\n", BOTH)

    assert not Change.objects.exists()
