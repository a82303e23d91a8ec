"""What a property demands of its values, and what a new record has where nothing is given."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from records import definition, schema
from records.definition import DefinitionRefused
from records.forms import create_form
from records.models import Company, Contact, CustomRecord, Property
from records.property_kinds import KINDS, clean_text
from records.services import create_record
from tests.factories import UserFactory, by

from .kinds import added, define, thing

pytestmark = pytest.mark.django_db


def demand(path: str, **fields) -> Property:
    """Give a standard property rules or a default; return it as it is kept."""
    type_name, name = path.split(".")
    row = Property.objects.get(object_type__name=type_name, name=name)
    for field, value in fields.items():
        setattr(row, field, value)
    row.full_clean()
    row.save()
    return schema.current().type(type_name).properties[name]


# --- Rules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_type", "rules", "good", "bad", "message"),
    [
        ("number", {"min": 0}, "0", "-0.5", "Enter 0 or more."),
        ("number", {"min": "0.5"}, "0.5", "0.4", "Enter 0.5 or more."),
        ("number", {"max": 1_000}, "1000", "1000.1", "Enter 1,000 or less."),
        ("percentage", {"min": 0, "max": 100}, "100", "100.5", "Enter 100% or less."),
        ("currency", {"max": "9.99"}, "9.99", "10", "Enter 9.99 or less."),
        ("date", {"min": "2024-01-31"}, "2024-01-31", "2024-01-30", "Enter Jan. 31, 2024 or later."),
        ("date", {"max": "2024-01-31"}, "2024-01-31", "2024-02-01", "Enter Jan. 31, 2024 or earlier."),
        (
            "datetime",
            {"min": "2024-01-31 18:00"},
            "2024-01-31T18:00",
            "2024-01-31T17:59",
            "Enter Jan. 31, 2024, 6 p.m. or later.",
        ),
        ("text", {"min_length": 2}, "ab", "a", "Write at least 2 characters (there are 1)."),
        ("textarea", {"max_length": 3}, "a\nb", "a\nbc", "Write at most 3 characters (there are 4)."),
        ("text", {"pattern": "[A-Z]{2}-\\d+"}, "AB-12", "xAB-12", "(pattern [A-Z]{2}-\\d+)"),
        ("text", {"pattern": "a|ab"}, "ab", "abc", "not written as it has to be"),
        ("email", {"pattern": ".*@example\\.com"}, "ada@example.com", "ada@example.org", "not written"),
        ("phonenumber", {"pattern": "\\+\\d[\\d ]+"}, "+48 22", "22", "not written"),
    ],
)
def test_a_rule_is_kept(field_type, rules, good, bad, message):
    described = added(field_type, rules=rules)

    with translation.override("en"):
        assert clean_text(described, good) not in (None, "")
        with pytest.raises(ValidationError) as refused:
            clean_text(described, bad)
        assert message in refused.value.messages[0]
        assert clean_text(described, "") in (None, "")  # whether there must be a value is another matter


@pytest.mark.parametrize(
    ("field_type", "rules", "message"),
    [
        (
            "text",
            {"min": 1},
            "min: This means nothing for this type; it knows min_length, max_length, pattern.",
        ),
        ("select", {"min": 1}, "Values of this type have no rules."),
        ("number", {"pattern": "x"}, "pattern: This means nothing for this type; it knows min, max."),
        ("number", {"least": 1}, "least: This means nothing for this type; it knows min, max."),
        ("number", {"min": 2, "max": 1}, "min: this is above max, so nothing fits."),
        ("number", {"min": "many"}, "min: Enter a number."),
        ("number", {"min": True}, "min: Enter a number."),
        ("number", {"min": [1]}, "min: Enter a number."),
        (
            "currency",
            {"min": "9", "max": "10.001"},
            "max: Ensure that there are no more than 2 decimal",
        ),
        ("date", {"min": "soon"}, "min: Enter a valid date."),
        ("date", {"min": "2024-02-01", "max": "2024-01-31"}, "min: this is above max, so nothing fits."),
        (
            "text",
            {"min_length": 3, "max_length": 2},
            "min_length: this is above max_length, so nothing",
        ),
        ("text", {"max_length": -1}, "max_length: Ensure this value is greater than or equal to 0."),
        ("text", {"max_length": 1.5}, "max_length: Enter a whole number."),
        ("text", {"max_length": True}, "max_length: Enter a whole number."),
        ("text", {"max_length": 1_001}, "max_length: This property holds 1000 characters at most."),
        ("text", {"pattern": "("}, "pattern: This is no pattern: missing ), unterminated subpattern"),
        ("text", {"pattern": "a" * 201}, "pattern: Write a pattern of 200 characters at most."),
        ("text", {"pattern": "((a{1000}){1000}){1000}"}, "pattern: This pattern repeats too much."),
        (
            "text",
            {"pattern": "a{99999999999}"},
            "pattern: This is no pattern: the repetition",
        ),
        ("text", {"pattern": "\\p{L}"}, "pattern: This is no pattern: bad escape \\p at position 0."),
        ("text", {"pattern": 5}, "pattern: Enter a pattern as text."),
        ("text", [1], "Enter rules by name, such as {“min”: 0}."),
    ],
)
def test_rules_that_could_not_work_are_refused_with_their_place(field_type, rules, message):
    with pytest.raises(DefinitionRefused) as refused:
        added(field_type, rules=rules)

    (said,) = refused.value.messages
    assert said.startswith(f"things.properties.value.rules: {message}")


def test_rules_may_not_contradict_the_column_of_a_standard_property():
    for path, rules, message in (
        ("contacts.firstname", {"max_length": 101}, "holds 100 characters at most"),
        ("companies.numberofemployees", {"min": -1}, "greater than or equal to 0"),
        ("companies.numberofemployees", {"min": 0.5}, "Enter a whole number"),
        ("deals.amount", {"max": "1e30"}, "no more than"),
    ):
        with pytest.raises(ValidationError, match=message):
            demand(path, rules=rules)
    assert demand("companies.numberofemployees", rules={"min": "5", "max": ""}).rules == {"min": 5}
    with pytest.raises(ValidationError, match="Enter 5 or more"):
        clean_text(schema.current().type("companies").properties["numberofemployees"], "4")


def test_rules_are_stored_as_their_kind_stores_values():
    kind = define(
        number={"type": "number", "rules": {"min": "0", "max": "1.50"}},
        amount={"type": "currency", "rules": {"min": 0, "max": ""}},
        moment={"type": "datetime", "rules": {"min": "2024-01-31 18:00"}},
    )

    assert kind.properties["number"].rules == {"min": 0, "max": 1.5}
    assert kind.properties["amount"].rules == {"min": "0"}
    assert kind.properties["moment"].rules == {"min": "2024-01-31T18:00:00.000Z"}


def test_every_kind_says_which_rules_it_understands():
    known = {"min", "max", "min_length", "max_length", "pattern"}

    assert all(set(kind.understood_rules) <= known for kind in KINDS.values())
    assert KINDS["percentage"].understood_rules == ("min", "max")
    assert KINDS["country"].understood_rules == ()


def test_a_pattern_that_never_ends_refuses_the_value_and_not_the_server():
    described = added("text", rules={"pattern": "(a|a|aa)+(x+x+)+y"})

    with pytest.raises(ValidationError, match="takes too long"):
        clean_text(described, "a" * 60 + "x" * 60)


# --- Defaults ---------------------------------------------------------------------------------------

DEFAULTS = {
    "text": ("Hello", "Hello"),
    "html": ("<p>Hi<script></script></p>", "<p>Hi</p>"),
    "number": ("2.50", 2.5),
    "percentage": (5, 5),
    "currency": ("9.5", "9.5"),
    "date": ("2024-01-31", "2024-01-31"),
    "datetime": ("2024-01-31 18:30", "2024-01-31T18:30:00.000Z"),
    "booleancheckbox": (False, False),
    "select": ("red", "red"),
    "radio": ("blue", "blue"),
    "checkbox": (["blue", "red"], ["red", "blue"]),
    "country": ("pl", "PL"),
}


@pytest.mark.parametrize("field_type", DEFAULTS)
def test_a_new_record_has_the_default_of_what_is_not_given(field_type):
    given, stored = DEFAULTS[field_type]
    described = added(field_type, default=given)
    record = thing(described.object_type)

    assert described.default == stored
    assert record.properties["value"] == stored
    assert "value" not in thing(described.object_type, value=None).properties  # emptied, and not forgotten
    shown = create_form(described.object_type)["value"].value()
    field = described.kind.form_field(described)
    field.localize = False
    assert field.clean(field.widget.format_value(shown) if field_type == "datetime" else shown) == (
        described.kind.default(described)
    )


@pytest.mark.parametrize(
    ("field_type", "keys", "message"),
    [
        ("number", {"default": "many"}, "Enter a number."),
        ("number", {"default": 3, "rules": {"max": 2}}, "Enter 2 or less."),
        ("text", {"default": "x" * 1_001}, "Ensure this value has at most 1000 characters (it has 1001)."),
        ("text", {"default": "a", "unique": True}, "Only one record could have it: the property is unique."),
        ("select", {"default": "green"}, "Select a valid choice. green is not one of the available choices."),
        (
            "checkbox",
            {"default": ["red", "green"]},
            "Select a valid choice. green is not one of the available",
        ),
        ("checkbox", {"default": "red"}, "Enter a list of values."),
        ("country", {"default": "Nowhere"}, "Select a valid choice."),
        ("date", {"default": "soon"}, "Enter a valid date."),
        ("user", {"default": "nobody"}, "Select a valid choice."),
        ("booleancheckbox", {"default": "maybe"}, "Select a valid choice."),
    ],
)
def test_a_default_that_the_form_would_refuse_is_refused_with_its_place(field_type, keys, message):
    with pytest.raises(DefinitionRefused) as refused:
        added(field_type, **keys)

    (said,) = refused.value.messages
    assert said.startswith(f"things.properties.value.default: {message}")


def test_standard_properties_have_defaults_too():
    grace = UserFactory(username="grace")
    demand("contacts.lifecyclestage", default="lead")
    demand("contacts.hubspot_owner_id", default="grace")
    demand("companies.numberofemployees", default=1)
    kind = schema.current().type("contacts")

    ada = create_record(kind, {"firstname": "Ada"}, by=by())
    bob = create_record(kind, {"firstname": "Bob", "lifecyclestage": "", "hubspot_owner_id": None}, by=by())
    acme = create_record(schema.current().type("companies"), {"name": "Acme"}, by=by())

    ada, bob = Contact.objects.get(pk=ada.pk), Contact.objects.get(pk=bob.pk)
    assert (ada.lifecyclestage, ada.owner) == ("lead", grace)
    assert (bob.lifecyclestage, bob.owner) == ("", None)
    assert Company.objects.get(pk=acme.pk).numberofemployees == 1
    assert create_form(kind)["hubspot_owner_id"].value() == grace.pk


def test_stages_and_what_nobody_enters_have_no_default():
    for path in ("deals.dealstage", "deals.pipeline", "contacts.createdate"):
        with pytest.raises(ValidationError) as refused:
            demand(path, default="1")
        assert "default" in refused.value.message_dict


def test_a_user_who_has_left_is_no_default_any_more():
    grace = UserFactory(username="grace")
    described = added("user", default="grace")
    assert thing(described.object_type).properties["value"] == grace.pk

    grace.is_active = False
    grace.save()

    assert "value" not in thing(described.object_type).properties


def test_the_form_of_a_new_record_shows_the_default_and_takes_it_emptied(signed_in):
    define(
        rooms={"type": "number", "default": 3},
        wishes={"type": "checkbox", "options": {"a": "A"}, "default": ["a"]},
    )

    assert 'value="3"' in signed_in.get("/records/things/new/").content.decode()
    signed_in.post("/records/things/new/", {"new-title": "Emptied", "new-rooms": ""})
    signed_in.post("/records/things/new/", {"new-title": "Kept", "new-rooms": "3", "new-wishes": "a"})

    assert CustomRecord.objects.get(display_name="Emptied").properties == {"title": "Emptied"}
    assert CustomRecord.objects.get(display_name="Kept").properties["rooms"] == 3


def test_the_admin_shows_the_default_too(admin_client):
    demand("contacts.city", default="Łódź")

    assert 'value="Łódź"' in admin_client.get("/admin/records/contact/add/").content.decode()


# --- Definitions ------------------------------------------------------------------------------------


def test_rules_and_defaults_are_applied_once_and_exported_as_they_were_said():
    UserFactory(username="grace")
    groups = {
        "about": {
            "properties": {
                "title": {"label": "Title", "type": "text", "default": "New", "rules": {"max_length": "20"}},
                "rooms": {
                    "label": "Rooms",
                    "type": "number",
                    "default": "2",
                    "rules": {"min": "0", "max": None},
                },
                "agent": {"label": "Agent", "type": "user", "default": "grace"},
            }
        }
    }
    given = {"objects": {"things": {"singular": "Thing", "plural": "Things", "groups": groups}}}

    assert definition.apply(given)
    assert definition.apply(given) == []  # though it says "2" and 2 is stored
    exported = definition.export(["things"])["objects"]["things"]["groups"]["about"]["properties"]
    assert exported["title"]["rules"] == {"max_length": 20}
    assert (exported["rooms"]["default"], exported["rooms"]["rules"]) == (2, {"min": 0})
    assert exported["agent"]["default"] == "grace"
    assert definition.apply({"objects": {"things": {"groups": {"about": {"properties": exported}}}}}) == []


def test_what_cannot_be_unique_is_refused():
    for field_type in ("html", "booleancheckbox", "checkbox"):
        with pytest.raises(DefinitionRefused, match=r"value\.unique: Values of this type cannot be unique"):
            added(field_type, unique=True)
