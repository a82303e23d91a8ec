"""What else a mapping says about associations: labels, ids, records that are only found, new names."""

import pytest

from associations import services as association_services
from associations.labels import words
from associations.models import Association, Labelling
from crm.imports.building import build
from crm.imports.report import ImportRefused
from records import schema
from records.models import Company, Contact, Record
from records.services import archive_records
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    by,
    make_label,
)

pytestmark = pytest.mark.django_db

FOUND = {
    "contacts": {"write": "none", "match": "email", "properties": {"email": "Email"}},
    "deals": {"id": "Deal ID"},
}


def labels() -> list[tuple[str, str, str]]:
    """Return, for each label, the two records and what the second is called on the page of the first."""
    rows = Labelling.objects.filter(label__is_primary=False).select_related(
        "from_record", "to_record", "label"
    )
    return sorted((str(row.from_record), str(row.to_record), row.label.label) for row in rows)


@pytest.fixture
def roles():
    make_label("contacts", "contacts", "Manager", "Employee")
    make_label("contacts", "deals", "Decides on", "Decision maker")
    make_label("contacts", "deals", "Budget")


def people(*names: str) -> list[Contact]:
    return [ContactFactory(email=f"{name}@example.com", firstname=name, lastname="") for name in names]


def test_records_may_be_associated_by_ids_and_matches_alone(importing, roles):
    ada, _bob = people("ada", "bob")
    deal = DealFactory(dealname="Big")
    said = {
        "records": FOUND,
        "associations": [{"record": "contacts", "with": "deals", "label_column": "Role", "labels": "budget"}],
    }
    text = (
        f"Email,Deal ID,Role\nADA@example.com,{deal.pk},Decision Maker; Budget\n"
        f"bob@example.com,{deal.pk},decides on\n"
    )

    report, problems = importing(text, said)
    again, _problems = importing(text, said)

    assert problems == []
    assert (report.associated, report.labelled, again.already_associated) == (2, 0, 2)
    assert (dict(report.created), dict(report.updated)) == ({}, {})
    assert labels() == [
        ("ada", "Big", "Budget"),
        ("ada", "Big", "Decides on"),
        ("bob", "Big", "Budget"),
        ("bob", "Big", "Decides on"),
    ]
    assert Record.objects.count() == 3
    assert ada.updated_at == Contact.objects.get(pk=ada.pk).updated_at


def test_a_label_is_put_on_an_association_that_is_there(importing, roles):
    ada, bob = people("ada", "bob")
    association_services.associate(ada, [bob.pk], by=by())
    said = {
        "records": {"contacts": {"write": "none", "match": "email", "properties": {"email": "Email"}}},
        "associations": [
            {
                "record": "contacts",
                "column": "Boss",
                "with": "contacts",
                "by": "email",
                "label_column": "Is",
            }
        ],
    }

    report, _problems = importing("Email,Boss,Is\nada@example.com,bob@example.com,Manager\n", said)

    assert (report.labelled, report.already_associated, report.associated) == (1, 1, 0)
    assert labels() == [("ada", "bob", "Manager")]


def test_an_unknown_label_is_a_problem_of_its_row(importing, roles):
    people("ada", "bob")
    deal = DealFactory(dealname="Big")
    said = {
        "records": FOUND,
        "associations": [{"record": "contacts", "with": "deals", "label_column": "Role"}],
    }

    _report, problems = importing(
        f"Email,Deal ID,Role\nada@example.com,{deal.pk},Boss\nbob@example.com,{deal.pk},\n",
        said,
        on_error="skip",
    )

    assert problems == [
        "line 2: Role: There is no label “Boss” of contacts and deals; there are: Decides on, Budget."
    ]
    assert Association.objects.count() == 1
    with pytest.raises(ImportRefused, match=r"association 1: There is no label “Boss”"):
        build({**said, "associations": [{"record": "contacts", "with": "deals", "labels": ["Boss"]}]}, HEADER)


HEADER = ["Email", "Deal ID", "Role"]


def test_what_is_not_there_or_no_id_is_a_problem(importing):
    people("ada")
    (gone,) = archive_records([DealFactory().pk], by=by())
    said = {"records": FOUND, "associations": [{"record": "contacts", "with": "deals"}]}
    other = CompanyFactory().pk

    _report, problems = importing(
        f"Email,Deal ID\nada@example.com,{gone}\nada@example.com,{other}\nada@example.com,12a\n"
        f"ada@example.com,{'9' * 30}\nbob@example.com,\nada@example.com,\n",
        said,
        on_error="skip",
    )

    assert sorted(problems) == [
        f"line 2: Among the deals there is none that goes by “{gone}”.",
        f"line 3: Among the deals there is none that goes by “{other}”.",
        "line 4: Deal ID: “12a” is not the id of a record.",
        f"line 5: Deal ID: “{'9' * 30}” is not the id of a record.",
        "line 6: Among the contacts there is none that goes by “bob@example.com”.",
    ]


def test_an_id_identifies_a_record_whose_properties_change(importing):
    (ada,) = people("ada")
    said = {"records": {"contacts": {"id": "ID", "properties": {"email": "Email", "city": "City"}}}}

    report, problems = importing(
        f"ID,Email,City\n{ada.pk},new@example.com,London\n,bob@example.com,Paris\n", said, on_error="skip"
    )

    assert dict(report.updated) == {"contacts": 1}
    assert problems == [
        "line 3: No ID, by which contacts are identified "
        '(without_match = "create" would create one each time).'
    ]
    assert Contact.objects.values_list("pk", "email", "city").get() == (ada.pk, "new@example.com", "London")
    said["records"]["contacts"]["without_match"] = "create"
    importing("ID,Email,City\n,bob@example.com,Paris\n", said)
    assert Contact.objects.count() == 2


@pytest.mark.parametrize(
    ("write", "names", "told"),
    [("create", ["Bob", "ada"], 0), ("update", ["Ada L."], 1), ("both", ["Ada L.", "Bob"], 0)],
)
def test_an_import_may_only_create_or_only_update(importing, write, names, told):
    people("ada")
    said = {"records": {"contacts": {"write": write, "properties": {"email": "Email", "firstname": "Name"}}}}

    _report, problems = importing(
        "Email,Name\nada@example.com,Ada L.\nbob@example.com,Bob\n", said, on_error="skip"
    )

    assert sorted(Contact.objects.values_list("firstname", flat=True)) == names
    assert len(problems) == told


def test_names_in_a_cell_that_nothing_has_may_be_created(importing):
    CompanyFactory(name="Acme")
    said = {
        "records": {"deals": {"match": "dealname", "properties": {"dealname": "Deal"}}},
        "associations": [
            {
                "record": "deals",
                "column": "With",
                "with": "companies",
                "by": "name",
                "separator": ";",
                "missing": "create",
            }
        ],
    }
    text = "Deal,With\nBig,acme; Beta\nSmall,BETA;Gamma\n"

    dry, _problems = importing(text, said, dry_run=True)
    report, problems = importing(text, said)
    again, _problems = importing(text, said)

    assert problems == []
    assert dry.as_json() == report.as_json()
    assert dict(report.created) == {"deals": 2, "companies": 2}
    assert (report.associated, again.already_associated, again.created.total()) == (4, 4, 0)
    assert sorted(Company.objects.values_list("name", flat=True)) == ["Acme", "Beta", "Gamma"]


def test_records_may_be_named_by_their_ids_in_a_cell(importing):
    firms = [CompanyFactory().pk, CompanyFactory().pk]
    said = {
        "records": {"deals": {"match": "dealname", "properties": {"dealname": "Deal"}}},
        "associations": [
            {"record": "deals", "column": "Firms", "with": "companies", "by": "id", "separator": ";"}
        ],
    }

    _report, problems = importing(f"Deal,Firms\nBig,{firms[0]};{firms[1]};x\n", said, on_error="skip")

    assert Association.objects.count() == 2
    assert problems == ["line 2: Firms: “x” is not the id of a record."]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"contacts": {"id": "Emial"}}, "did you mean “Email”?"),
        ({"contacts": {"match": "id", "properties": {"email": "Email"}}}, "no column holds it"),
        ({"contacts": {"id": "Deal ID", "match": "email", "properties": {"email": "Email"}}}, "alone"),
        ({"contacts": {"write": "none", "match": [], "properties": {"email": "Email"}}}, "identified"),
        ({"contacts": {"write": "all", "properties": {"email": "Email"}}}, "write is one of"),
        ({"contacts": {"file": "two", "properties": {"email": "Email"}}}, "no file “two”"),
    ],
)
def test_a_wrong_way_to_find_records_is_refused(said, message):
    with pytest.raises(ImportRefused, match=message):
        build({"records": said}, HEADER)


@pytest.mark.parametrize(
    ("said", "headers", "message"),
    [
        ({"files": {"two": {}}}, {"": HEADER}, "there is no such file"),
        ({}, {"": HEADER, "two": ["Key"]}, "nothing is said of the file “two”"),
        ({"files": {"two": {"sheets": "x"}}}, {"": HEADER, "two": ["Key"]}, "no setting “sheets”"),
        ({"files": {"": {}}}, {"": HEADER}, "needs a name"),
        ({"associations": [{"record": "contacts", "with": "deals"}]}, None, "by which columns"),
        (
            {"associations": [{"record": "contacts", "column": "Key", "with": "deals", "key_column": "Key"}]},
            None,
            "no column “Key”",
        ),
        (
            {"associations": [{"record": "contacts", "column": "Role", "with": "deals", "several": "all"}]},
            None,
            "several is for keys",
        ),
        (
            {
                "associations": [
                    {"record": "contacts", "column": "Role", "with": "deals", "missing": "create"}
                ]
            },
            None,
            "by which property",
        ),
    ],
)
def test_a_wrong_mapping_of_two_files_is_refused(said, headers, message):
    records = {
        "contacts": {"properties": {"email": "Email"}},
        "deals": {"file": "two", "match": "dealname", "properties": {"dealname": "Key"}},
    }
    said = {"records": records, **({} if headers else {"files": {"two": {}}}), **said}
    with pytest.raises(ImportRefused, match=message):
        build(said, headers or {"": HEADER, "two": ["Key"]})


def test_words_are_found_by_either_side(roles):
    contacts, deals = schema.current().type("contacts"), schema.current().type("deals")
    both = {
        "records": FOUND,
        "associations": [{"record": "deals", "with": "contacts", "labels": ["Decision maker", "Decides on"]}],
    }

    (one,) = build(both, HEADER).in_row

    assert [str(word) for word in one.labels.constant] == ["Decision maker", "Decision maker"]
    assert {str(word) for word in words(deals.pk, contacts.pk)} == {"Decision maker", "Budget"}
