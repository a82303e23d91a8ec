"""What a mapping may say, and what is said about one that is wrong."""

import pytest

from crm.imports.building import build, load_toml
from crm.imports.report import ImportRefused

pytestmark = pytest.mark.django_db

HEADER = ["Email", "First name", "Company", "Boss"]
CONTACTS = {"properties": {"email": "Email"}}


def refusal(said: dict) -> str:
    with pytest.raises(ImportRefused) as refused:
        build(said, HEADER)
    return str(refused.value)


def with_property(**spec) -> dict:
    return {"records": {"contacts": {"properties": {"email": "Email", "city": spec}}}}


def with_association(**spec) -> dict:
    return {"records": {"contacts": CONTACTS}, "associations": [spec]}


def test_columns_named_like_a_property_or_its_label_map_themselves():
    mapping = build({"records": {"contacts": {}}}, ["EMAIL", "First name", "jobtitle", "Shoe size", ""])

    readers = {reader.prop.name: reader.source.column for reader in mapping.records[0].readers}
    assert readers == {"email": "EMAIL", "firstname": "First name", "jobtitle": "jobtitle"}
    assert mapping.unused_columns == ["Shoe size"]


def test_named_properties_are_all_where_they_are_named():
    mapping = build({"records": {"contacts": CONTACTS}}, HEADER)

    assert [reader.prop.name for reader in mapping.records[0].readers] == ["email"]
    assert mapping.unused_columns == ["First name", "Company", "Boss"]


def test_without_match_a_record_goes_by_its_unique_property_or_domain():
    contacts = build({"records": {"contacts": CONTACTS}}, HEADER).records[0]
    companies = build(
        {"records": {"companies": {"properties": {"name": "Company", "domain": "Email"}}}}, HEADER
    ).records[0]

    assert [prop.name for prop in contacts.matcher.properties] == ["email"]
    assert [prop.name for prop in companies.matcher.properties] == ["domain"]


def test_an_empty_match_creates_for_every_row():
    said = {"records": {"companies": {"match": [], "properties": {"name": "Company"}}}}

    assert build(said, HEADER).records[0].matcher is None


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "say what a row holds"),
        ({"record": {}}, "say what a row holds"),
        ({"records": {"contacts": CONTACTS}, "assocations": []}, "there is no setting “assocations”"),
        ({"records": {"contcts": CONTACTS}}, "no object type “contcts”; did you mean “contacts”?"),
        ({"records": {"contacts": {"properties": {"emial": "Email"}}}}, "did you mean “email”?"),
        ({"records": {"contacts": {"properties": {"email": "E-Mail"}}}}, "did you mean “Email”?"),
        ({"records": {"contacts": {"properties": {"createdate": "Email"}}}}, "createdate is read-only"),
        ({"records": {"contacts": {"properties": {"email": 5}}}}, "contacts.email must be a table"),
        ({"records": {"contacts": "Email"}}, "[records.contacts] must be a table"),
        ({"records": {"contacts": {"match": 5}}}, "match has the wrong kind of value"),
        ({"records": {"contacts": {**CONTACTS, "match": "city"}}}, "matched by city, but no column"),
        ({"records": {"contacts": {**CONTACTS, "match": "emial"}}}, "did you mean “email”?"),
        ({"records": {"companies": {"properties": {"name": "Company"}}}}, 'match = "name"'),
        ({"records": {"deals": {"match": []}}}, "No column is named like a property of deals"),
        (with_property(), "give either column or text"),
        (with_property(column="Company", text="x"), "give either column or text"),
        (with_property(column="Company", colour="red"), "there is no setting “colour”"),
        (with_property(column="Company", part="middle"), "part is one of first, last"),
        (with_property(column="Company", multiply="2"), "multiply has the wrong kind"),
        (with_property(column="Company", multiply=float("nan")), "multiply is a number above 0"),
        (with_property(column="Company", multiply=float("inf")), "multiply is a number above 0"),
        (with_property(text="{Compny}"), "did you mean “Company”?"),
        (with_property(text=[1]), "text must hold texts"),
        ({"records": {"contacts": CONTACTS}, "file": {"decimal": ";"}}, "decimal is one of ., ,"),
        ({"records": {"contacts": CONTACTS}, "values": {"Emial": {}}}, "did you mean “Email”?"),
        ({"records": {"contacts": CONTACTS}, "values": {"Email": {"a": 1}}}, "a has the wrong kind"),
        (with_association(record="deals"), "there is no record “deals” in a row"),
        (with_association(record="contacts", **{"with": "contacts"}), "the column that names"),
        (with_association(record="contacts", column="Bos", **{"with": "contacts"}), "mean “Boss”?"),
        (with_association(record="contacts", column="Boss", by="nam", **{"with": "companies"}), "“name”?"),
        (
            with_association(
                record="contacts", column="Boss", by="email", key_column="Email", **{"with": "contacts"}
            ),
            "either by or key_column",
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_nearest_name(said, message):
    assert message in refusal(said)


@pytest.mark.parametrize(
    "content", ["[records", "a = 1\na = 2\n", b"\xff\xfe", "a = " + "9" * 5000, "a = " + "[" * 5000]
)
def test_a_file_that_is_no_toml_is_refused(file, content):
    with pytest.raises(ImportRefused, match=r"map.toml is not TOML: "):
        load_toml(file(content, "map.toml"))


def test_a_mapping_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ImportRefused, match="cannot be read: No such file"):
        load_toml(tmp_path / "map.toml")
