"""From cells to values: numbers, dates, names, choices, several columns in one value."""

import doctest
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from crm.imports import values
from crm.imports.values import PropertyReader, Source, read_number, split_name
from records import schema
from records.models import Pipeline, Stage
from tests.factories import UserFactory
from tests.records.kinds import added


def reader(type_name: str, name: str, **options) -> PropertyReader:
    return PropertyReader(schema.current().type(type_name).properties[name], Source("x"), **options)


def complaint(made: PropertyReader, text: str) -> str:
    with pytest.raises(ValidationError) as error:
        made.value(text)
    return " ".join(error.value.messages)


def test_the_examples_in_the_module():
    assert doctest.testmod(values).failed == 0


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1054", ".", "1054"),
        ("1,054,000.25", ".", "1054000.25"),
        ("1 054,5", ",", "1054.5"),
        ("1\u202f054\u00a0000,5", ",", "1054000.5"),
        ("1'054.5", ".", "1054.5"),
        ("€1.054,50", ",", "1054.50"),
        ("-3", ".", "-3"),
    ],
)
def test_numbers_are_read_as_the_file_writes_them(text, decimal, number):
    assert read_number(text, decimal) == Decimal(number)


@pytest.mark.parametrize("text", ["1,05", "1.2.3", "12,34,567", "abc", "1e5", "NaN", "٣x", "1054.", "--1"])
def test_what_may_be_another_number_is_refused(text):
    with pytest.raises(ValidationError):
        read_number(text, ".")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Maria Anders", "Maria", "Anders"),
        ("José Pedro Freyre", "José Pedro", "Freyre"),
        ("Isabel de Castro", "Isabel", "de Castro"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Prince", "Prince", ""),
        ("ada lovelace", "ada", "lovelace"),
        ("", "", ""),
    ],
)
def test_a_full_name_is_split(name, first, last):
    assert split_name(name) == (first, last)


def test_a_part_drops_out_where_a_column_is_empty():
    source = Source(parts=("{a} – {b}", "Fax {c}", "fixed"), separator="; ")

    assert source.columns == ["a", "b", "c"]
    assert source.text({"a": "1", "b": "2", "c": ""}) == "1 – 2; fixed"
    assert source.text({"a": "1", "b": "", "c": "{a}"}) == "Fax {a}; fixed"


@pytest.mark.django_db
def test_numbers_do_not_depend_on_the_language():
    with translation.override("de"):
        assert reader("companies", "annualrevenue").value("1,100.04") == Decimal("1100.04")
        assert complaint(reader("companies", "annualrevenue"), "1.234")  # which German would read as 1234


@pytest.mark.django_db
def test_a_number_is_multiplied_exactly():
    million = reader("companies", "annualrevenue", multiply=Decimal(1_000_000))

    assert million.value("1100.04") == Decimal("1100040000")
    assert reader("companies", "annualrevenue", multiply=Decimal("0.92")).value("9.99") == Decimal("9.19")
    assert reader("companies", "numberofemployees", multiply=Decimal(1000)).value("1.5") == 1500
    assert "15 digits" in complaint(million, "9" * 30)
    assert "not a number" in complaint(million, "9" * 5000)


@pytest.mark.django_db
def test_dates_are_iso_unless_the_mapping_says_how_they_are_written():
    assert reader("deals", "closedate").value("2017-03-01") == date(2017, 3, 1)
    assert reader("deals", "closedate", date_format="%m/%d/%Y").value("3/1/2017") == date(2017, 3, 1)
    assert "not a date written as %Y-%m-%d" in complaint(reader("deals", "closedate"), "3/1/2017")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["closedwon", "Closed won", "CLOSED WON", "default/closedwon"])
def test_a_stage_goes_by_its_name_or_label(text):
    assert reader("deals", "dealstage").value(text).name == "closedwon"


@pytest.mark.django_db
def test_a_stage_whose_name_is_a_number_is_not_taken_for_another_ones_id():
    assert reader("tickets", "hs_pipeline_stage").value("3").label == "Waiting on us"


@pytest.mark.django_db
def test_a_stage_of_several_pipelines_is_named_with_its_pipeline():
    kind = schema.current().type("deals")
    renewals = Pipeline.objects.create(object_type_id=kind.pk, name="renewals", label="Renewals")
    Stage.objects.create(pipeline=renewals, name="closedwon", label="Closed won")
    schema.data_model_changed()

    stage = reader("deals", "dealstage")

    assert "pipeline/stage" in complaint(stage, "closedwon")
    assert stage.value("Renewals/Closed won").pipeline == renewals


@pytest.mark.django_db
def test_an_unknown_choice_is_refused_with_the_known_ones_or_ignored():
    assert complaint(reader("deals", "hs_priority"), "urgent") == (
        "“urgent” is none of its values: Low, Medium, High."
    )
    assert reader("deals", "hs_priority", ignore_unknown=True).value("urgent") is None


@pytest.mark.django_db
def test_an_owner_goes_by_username_full_name_or_address():
    user = UserFactory(username="ada", first_name="Ada", last_name="Lovelace", email="ada@example.com")
    owner = reader("contacts", "hubspot_owner_id")

    assert owner.value("ada") == owner.value("Ada Lovelace") == owner.value("Ada@example.com") == user


@pytest.mark.django_db
def test_values_are_as_a_record_stores_them():
    assert reader("contacts", "email").value("Ada@Example.COM") == "ada@example.com"
    assert reader("companies", "domain").value("https://www.Example.com/about") == "example.com"


@pytest.mark.django_db
def test_a_value_that_is_too_long_is_refused():
    assert "at most 255 characters" in complaint(reader("companies", "name"), "x" * 10_000)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field_type", "text", "value"),
    [
        ("html", "one < two\nthree", "<p>one &lt; two<br>three</p>"),
        ("html", "<p>a<script>x</script></p>", "<p>a</p>"),
        ("number", "-1,234.5", Decimal("-1234.5")),
        ("percentage", "12.5 %", Decimal("12.5")),
        ("percentage", "12.5", Decimal("12.5")),
        ("currency", "$ -5.25", Decimal("-5.25")),
        ("booleancheckbox", "YES", True),
        ("booleancheckbox", "0", False),
        ("booleancheckbox", "false", False),
        ("radio", "Red", "red"),
        ("checkbox", "Blue; red ;", ["red", "blue"]),
        ("checkbox", "Łódź", ["łódź"]),
        ("country", "pl", "PL"),
        ("country", "Poland", "PL"),
        ("country", "USA", "US"),
        ("country", "uk", "GB"),
        ("country", "POL", "PL"),
        ("country", "côte d’ivoire", "CI"),
        ("datetime", "2024-01-31 23:30", datetime(2024, 1, 31, 23, 30, tzinfo=UTC)),
        ("datetime", "2024-01-31T23:30:00+01:00", datetime(2024, 1, 31, 22, 30, tzinfo=UTC)),
    ],
)
def test_cells_of_added_properties(field_type, text, value):
    described = added(field_type)
    made = PropertyReader(described, Source("x"))

    read = made.value(text)

    assert (read, type(read)) == (value, type(value))


@pytest.mark.django_db
def test_a_country_is_found_by_its_name_in_the_readers_language_too():
    made = PropertyReader(added("country"), Source("x"))

    with translation.override("de"):
        assert made.value("Polen") == made.value("Poland") == "PL"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field_type", "text", "message"),
    [
        ("checkbox", "Red;green", "“green” is none of its values: Red, Blue"),
        ("booleancheckbox", "perhaps", "“perhaps” is none of its values: Yes, No."),
        ("country", "Atlantis", "“Atlantis” is none of its values: Afghanistan, Åland Islands"),
        ("datetime", "soon", "not a date written as"),
        ("percentage", "half", "not a number"),
    ],
)
def test_cells_that_are_no_value_are_refused(field_type, text, message):
    assert message in complaint(PropertyReader(added(field_type), Source("x")), text)


@pytest.mark.django_db
def test_unknown_ones_of_several_choices_are_left_out_where_the_mapping_says_so():
    made = PropertyReader(added("checkbox"), Source("x"), ignore_unknown=True)

    assert made.value("Red;green") == ["red"]
    assert made.value("green") is None


@pytest.mark.django_db
def test_cells_keep_the_rules_of_their_property():
    late = PropertyReader(added("date", rules={"max": "2024-01-31"}), Source("x"), date_format="%d.%m.%Y")

    assert late.value("31.01.2024") == date(2024, 1, 31)
    assert complaint(late, "01.02.2024") == "Enter Jan. 31, 2024 or earlier."


@pytest.mark.django_db
def test_an_added_number_is_multiplied_to_as_many_decimals_as_it_has_room_for():
    described = added("number")

    assert PropertyReader(described, Source("x"), multiply=Decimal("0.001")).value("1234.5") == Decimal(
        "1.2345"
    )
    assert PropertyReader(described, Source("x"), multiply=Decimal(1) / 3).value("1") == Decimal(
        "0.333333333333333"
    )
