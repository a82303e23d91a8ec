"""Settings → Properties: another type, with a preview of what converts."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import conversion, data_model, definition, indexes
from records.models import CustomRecord, Property, UniqueValue
from records.services import create_record
from records.signals import records_written
from tests.factories import UserFactory, by

from .helpers import current, errors

pytestmark = pytest.mark.django_db
PAGE = "/settings/objects/things/properties/value/type/"
OPTIONS = {"a": "Anna", "b": "Bert"}


def define(**said):
    """Define things with a value, as this says it."""
    properties = {"title": {}, "value": said, "other": {}}
    definition.apply(
        {
            "objects": {
                "things": {
                    "singular": "Thing",
                    "plural": "Things",
                    "primary": ["title"],
                    "groups": {"about": {"properties": properties}},
                }
            }
        }
    )


def things(*values):
    """Create a thing for each of the values, with another property beside it."""
    return [
        create_record(current("things"), {"title": f"Thing {n}", "value": value, "other": "x"}, by=by())
        for n, value in enumerate(values)
    ]


def prop() -> Property:
    return current("things").properties["value"]


def stored() -> list:
    return [record.properties.get("value") for record in CustomRecord.objects.order_by("pk")]


def convert(field_type: str, *, empty: bool = False) -> int:
    return conversion.convert(prop(), field_type, empty=empty, by=by())


# --- What converts to what ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "values", "field_type", "expected"),
    [
        ({"type": "text"}, ["7", "-1.5"], "number", [7, -1.5]),
        ({"type": "number"}, [7, 10**9], "text", ["7", "1000000000"]),
        ({"type": "text"}, ["12.50"], "currency", ["12.50"]),
        ({"type": "currency"}, [7], "number", [7]),
        ({"type": "text"}, ["2026-01-31"], "date", ["2026-01-31"]),
        ({"type": "text"}, [" https://example.com "], "url", ["https://example.com"]),
        ({"type": "text"}, ["WWW.Example.com/x"], "domain", ["example.com"]),
        ({"type": "text"}, ["ADA@Example.com"], "email", ["ada@example.com"]),
        ({"type": "text"}, ["Yes", "no", "1"], "booleancheckbox", [True, False, True]),
        ({"type": "booleancheckbox"}, [True, False], "text", ["Yes", "No"]),
        ({"type": "text"}, ["red", "Blue", "red"], "select", ["red", "Blue", "red"]),
        ({"type": "text"}, ["red; blue", "blue"], "checkbox", [["blue", "red"], ["blue"]]),
        ({"type": "select", "options": OPTIONS}, ["a", "b"], "text", ["Anna", "Bert"]),
        ({"type": "select", "options": OPTIONS}, ["a", "b"], "radio", ["a", "b"]),
        ({"type": "select", "options": OPTIONS}, ["a"], "checkbox", [["a"]]),
        ({"type": "checkbox", "options": OPTIONS}, [["b"]], "select", ["b"]),
        ({"type": "checkbox", "options": OPTIONS}, [["a", "b"]], "textarea", ["Anna; Bert"]),
        ({"type": "text"}, ["Tea < coffee"], "html", ["<p>Tea &lt; coffee</p>"]),
        ({"type": "html"}, ["<p>Tea &lt; <b>coffee</b></p>"], "text", ["Tea < coffee"]),
    ],
)
def test_values_convert_by_their_text(said, values, field_type, expected):
    define(**said)
    things(*values)

    assert conversion.preview(prop(), field_type).failing == 0
    assert convert(field_type) == len(values)

    assert stored() == expected
    assert prop().field_type == field_type
    assert {record.properties["other"] for record in CustomRecord.objects.all()} == {"x"}
    # As the new type's own form would have stored it.
    for record in CustomRecord.objects.all():
        before = dict(record.properties)
        record.save()
        assert record.properties == before
        assert prop().display(record)


def test_the_preview_counts_and_gives_examples_and_changes_nothing():
    define()
    records = things("7", "seven", "", "8", *[f"word {number}" for number in range(6)])
    data_model_before = definition.export()

    found = conversion.preview(prop(), "number")

    assert (found.converting, found.failing, found.count) == (2, 7, 9)
    assert len(found.examples) == conversion.EXAMPLES
    first = found.examples[0]
    assert (first.record_id, first.record, first.text) == (records[1].pk, "Thing 1", "seven")
    assert "number" in first.reason
    assert definition.export() == data_model_before


def test_what_does_not_convert_keeps_the_type_or_is_emptied():
    define()
    things("7", "seven")

    with pytest.raises(ValidationError, match="1 value does not convert, so nothing was changed"):
        convert("number")
    assert (stored(), prop().field_type) == (["7", "seven"], "text")

    assert convert("number", empty=True) == 1
    assert stored() == [7, None]


def test_archived_records_convert_too():
    define()
    things("7")
    CustomRecord.objects.update(archived_at="2026-01-01T00:00Z")

    convert("number")
    assert stored() == [7]


def test_options_are_made_of_at_most_so_many_values(monkeypatch):
    monkeypatch.setattr(conversion, "OPTIONS", 3)
    define()
    things("a", "b", "c", "A")
    convert("select")
    assert prop().choices == [("a", "a"), ("b", "b"), ("c", "c")]
    assert stored() == ["a", "b", "c", "a"]

    define_again = create_record(current("things"), {"title": "T", "value": "a"}, by=by())
    assert define_again.properties["value"] == "a"
    convert("text")
    things("d")
    with pytest.raises(ValidationError, match="more than 3"):
        conversion.preview(prop(), "radio")
    with pytest.raises(ValidationError, match="more than 3"):
        convert("radio")


def test_without_a_value_there_is_nothing_to_choose_from():
    define()

    with pytest.raises(ValidationError, match="nothing to choose from"):
        convert("select")
    assert convert("date") == 0
    assert prop().field_type == "date"


# --- What hangs on the values ---------------------------------------------------------------------


def test_unique_values_are_claimed_as_they_are_now():
    define(unique=True)
    things("07", "8")

    convert("number")
    assert set(UniqueValue.objects.values_list("value", flat=True)) == {"7", "8"}
    with pytest.raises(ValidationError):
        create_record(current("things"), {"title": "T", "value": 7}, by=by())


def test_values_that_would_be_no_longer_unique_refuse_the_change():
    define(unique=True)
    things("07", "7")

    with pytest.raises(ValidationError, match="“7” is to be unique"):
        convert("number")
    assert (stored(), prop().field_type) == (["07", "7"], "text")
    assert set(UniqueValue.objects.values_list("value", flat=True)) == {"07", "7"}


def test_search_and_names_follow():
    define(searchable=True)
    things("www.ZX-81.example")
    convert("domain")
    assert "zx-81.example" in CustomRecord.objects.get().search_text.split("\n")

    title = current("things").properties["title"]
    CustomRecord.objects.update(properties={"title": "007"})
    conversion.convert(title, "number", empty=False, by=by())
    assert str(CustomRecord.objects.get()) == "7"


def test_default_and_rules_convert_or_are_said_to_go():
    define(default="seven", rules={"pattern": "[a-z0-9]+", "max_length": 9})
    things("7")
    lost = " ".join(conversion.preview(prop(), "number").lost)
    assert "max_length, pattern" in lost
    assert "“seven”" in lost
    convert("number")
    assert (prop().default, prop().rules) == (None, {})

    definition.apply(
        {
            "objects": {
                "things": {
                    "groups": {"about": {"properties": {"value": {"default": 5, "rules": {"max": 9}}}}}
                }
            }
        }
    )
    assert conversion.preview(prop(), "currency").lost == []
    convert("currency")
    assert (prop().default, prop().rules) == ("5", {"max": "9"})


def test_a_kept_rule_judges_the_values():
    define(type="number", rules={"max": 9})
    things(7)
    CustomRecord.objects.update(properties={"title": "T", "value": 12})

    assert conversion.preview(prop(), "currency").failing == 1


def test_who_converted_is_known_and_told():
    define()
    things("7", "x")
    user = UserFactory()
    told = []

    def listen(sender, object_type, changes, created, by, **_rest):
        told.append((object_type.name, dict(changes), created, by.actor))

    records_written.connect(listen)
    try:
        conversion.convert(prop(), "number", empty=True, by=by(user))
    finally:
        records_written.disconnect(listen)

    ids = list(CustomRecord.objects.order_by("pk").values_list("pk", flat=True))
    assert told == [("things", {pk: {"value"} for pk in ids}, False, user)]
    assert set(CustomRecord.objects.values_list("updated_by", flat=True)) == {user.pk}


@pytest.mark.parametrize("batch", [2, 100])
def test_records_are_converted_in_batches(monkeypatch, batch):
    monkeypatch.setattr("records.stored_values.BATCH", batch)
    define(unique=True)
    things(*(str(number) for number in range(7)))

    assert convert("number") == 7
    assert stored() == list(range(7))


def test_many_records_take_as_many_queries_as_few():
    define(searchable=True)
    numbers = []
    for count, to in ((3, "number"), (40, "text")):
        things(*(range(count) if to == "text" else map(str, range(count))))
        with CaptureQueriesContext(connection) as captured:
            convert(to)
        numbers.append(len(captured))

    assert numbers[0] == numbers[1]


# --- What cannot be converted ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_name", "name"), [("contacts", "jobtitle"), ("deals", "amount"), ("deals", "dealstage")]
)
def test_the_type_of_a_standard_property_stays(administrator, type_name, name):
    assert not conversion.can_convert(current(type_name).properties[name])
    page = f"/settings/objects/{type_name}/properties/{name}/"
    assert administrator.get(f"{page}type/").status_code == 404
    assert "Change type" not in administrator.get(f"{page}edit/").text


def test_a_unique_property_is_offered_no_type_that_cannot_be():
    define(unique=True)

    assert not {"checkbox", "booleancheckbox"} & set(conversion.targets(prop()))


def test_changed_meanwhile_nothing_is_converted():
    define()
    things("7")
    before = prop()
    convert("number")

    with pytest.raises(ValidationError, match="changed this property meanwhile"):
        conversion.convert(before, "date", empty=True, by=by())
    data_model.archive_property(prop())
    with pytest.raises(ValidationError, match="changed this property meanwhile"):
        conversion.convert(before, "date", empty=True, by=by())
    assert stored() == [7]


# --- The page -------------------------------------------------------------------------------------


def test_the_page_previews_asks_and_converts(administrator):
    define()
    _good, bad = things("7", "<b>seven</b>")

    assert "Preview" in administrator.get(PAGE).text
    text = administrator.get(PAGE, {"type": "number"}).text
    assert "&lt;b&gt;seven&lt;/b&gt;" in text
    assert bad.get_absolute_url() in text
    assert prop().field_type == "text"

    refused = administrator.post(PAGE, {"type": "number", "empty": ""})
    assert "1 value does not convert" in str(errors(refused)["__all__"])
    assert "Such as" in refused.text
    assert stored() == ["7", "<b>seven</b>"]
    done = administrator.post(PAGE, {"type": "number", "empty": "on"}, follow=True)

    assert "Value is now of the type “Number”; 1 value converted." in done.text
    assert stored() == [7, None]


@pytest.mark.parametrize("field_type", ["", "tune", "stage", "text", "user", "a\x00b"])
def test_a_type_that_is_none_to_choose_is_refused(administrator, field_type):
    define()

    assert "type" in errors(administrator.get(PAGE, {"type": field_type}))
    assert "type" in errors(administrator.post(PAGE, {"type": field_type, "empty": "on"}))
    assert prop().field_type == "text"


def test_only_administrators_convert(signed_in):
    define()

    assert signed_in.get(PAGE).status_code == 403
    assert signed_in.post(PAGE, {"type": "number", "empty": "on"}).status_code == 403


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_property_with_an_index_converts_to_what_the_index_could_not_hold():
    define(type="number", indexed=True)
    things(7)
    indexes.sync()
    assert any(f"_{prop().pk}_number_" in name for name in indexes.standing())

    convert("html")
    assert stored() == ["<p>7</p>"]
    assert not any(f"_{prop().pk}_number_" in name for name in indexes.standing())
