"""Properties that were added, whose values stand in the JSON: what each kind stores, finds and sorts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import QueryDict
from django.test import override_settings
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from records import schema
from records.lists import RecordList
from records.models import CustomRecord, Property
from records.property_kinds import KINDS, clean_text
from records.property_kinds.choices import countries
from records.property_kinds.dates import start_of
from records.services import update_record
from tests.factories import UserFactory, by

from .examples import few, undone
from .kinds import NAIVE, OPTIONS, added, define, filtered, thing

pytestmark = pytest.mark.django_db

NUMBERS = st.decimals(-3, 3, places=1) | st.sampled_from(
    [Decimal("999999999999.001"), Decimal("-1000000000"), Decimal("0.000001"), Decimal("0.1"), Decimal("0.3")]
)
MOMENTS = st.datetimes(
    datetime(2024, 3, 30, 20), datetime(2024, 4, 1, 4), timezones=st.just(UTC), allow_imaginary=False
)
DAYS = st.dates(date(2024, 3, 30), date(2024, 4, 1))
TEXTS = st.text(st.sampled_from("aAłŁ%_\\*.[('\"🚀 "), max_size=4).map(str.strip)

# What rows of a property hold; None and "" are no value.
STORED = {
    "text": TEXTS,
    "textarea": TEXTS,
    "phonenumber": TEXTS,
    "number": st.none() | NUMBERS,
    "percentage": st.none() | NUMBERS,
    "currency": st.none() | st.decimals(-3, 3, places=2),
    "date": st.none() | DAYS,
    "datetime": st.none() | MOMENTS,
    "booleancheckbox": st.sampled_from([None, True, False]),
    "select": st.sampled_from(["", *OPTIONS]),
    "radio": st.sampled_from(["", *OPTIONS]),
    "checkbox": st.lists(st.sampled_from(list(OPTIONS)), unique=True),
    "country": st.sampled_from(["", "PL", "DE"]),
}
COMPARED = {
    "datetime": DAYS,
    "checkbox": st.sampled_from(list(OPTIONS)),
    "booleancheckbox": st.booleans(),
}
LISTS = {"in": "any", "all": "all", "nin": "none"}  # what the operators of checkboxes mean


@pytest.mark.parametrize("field_type", STORED)
@few
@given(data=st.data())
@override_settings(TIME_ZONE="Europe/Warsaw")  # where March 31, 2024 has 23 hours
def test_every_operator_finds_just_the_rows_that_fit(field_type, data):
    values = data.draw(st.lists(STORED[field_type], max_size=6))
    operands = COMPARED.get(field_type, STORED[field_type]).filter(lambda value: value not in (None, ""))
    one, other = data.draw(operands), data.draw(operands)
    with undone(), timezone.override("Europe/Warsaw"):
        described = added(field_type)
        for value in values:
            thing(described.object_type, value=value)
        rows = {record.pk: described.value_of(record) for record in CustomRecord.objects.all()}
        if field_type == "datetime":
            rows = {pk: value and timezone.localtime(value).date() for pk, value in rows.items()}
        for operator in described.kind.operators:
            if operator.name == "between":
                operand, sent = (one, other), [f"{one},{other}"]
            elif operator.many:
                operand, sent = {one, other}, [one, other]
            else:
                operand, sent = one, [one]
            naive = LISTS.get(operator.name, operator.name) if field_type == "checkbox" else operator.name
            expected = {pk for pk, value in rows.items() if NAIVE[naive](value, operand)}
            sent = [described.kind.form_value(value) for value in sent]
            assert filtered(described, operator.name, *sent) == expected, operator.name


@pytest.mark.parametrize("field_type", [one for one in STORED if KINDS[one].sortable])
@few
@given(data=st.data())
def test_a_list_is_sorted_page_by_page_and_what_has_no_value_comes_last(field_type, data):
    values = data.draw(st.lists(STORED[field_type], min_size=26, max_size=28))
    with undone():
        described = added(field_type)
        kind = described.object_type
        for value in values:
            thing(kind, value=value)
        for sign, backwards in (("", False), ("-", True)):
            shown, query = [], {"sort": f"{sign}value"}
            while True:
                records = RecordList(kind, QueryDict(mutable=True) | query, AnonymousUser())
                shown += [described.value_of(record) for record in records.page.rows]
                if not records.page.after:
                    break
                query["after"] = records.page.after
            assert len(shown) == len(values)
            valued = [value for value in shown if value not in (None, "")]
            assert shown[: len(valued)] == valued
            # The order of text is a database's own, by its collation.
            if field_type not in ("text", "phonenumber", "select", "radio", "country"):
                assert valued == sorted(valued, reverse=backwards)


@few
@given(value=st.data())
def test_what_is_stored_comes_back(value):
    for field_type, values in STORED.items():
        given_value = value.draw(values)
        with undone():
            described = added(field_type)
            record = thing(described.object_type, value=given_value)

            held = described.value_of(record)

            if field_type == "datetime" and held:
                given_value = given_value.replace(microsecond=given_value.microsecond // 1000 * 1000)
            if field_type == "checkbox":
                given_value = sorted(given_value, key=list(OPTIONS).index)
            assert held == given_value
            assert ("value" in record.properties) == (given_value not in (None, "", []))


@pytest.mark.parametrize("field_type", [one.value for one in Property.FieldType if KINDS[one].in_json])
def test_an_index_can_stand_on_the_expression_of_every_kind(field_type):
    described = added(field_type)
    query = CustomRecord.objects.with_values([described]).query
    sql, params = query.get_compiler(connection=connection).compile(query.annotations[described.lookup])

    assert params in ((), [])
    with undone(), connection.cursor() as cursor:
        bare = sql.replace('"records_record".', "")
        cursor.execute(f"CREATE INDEX by_value ON records_record (({bare}))")  # refuses what is not immutable


# --- What a form takes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_type", "typed", "value"),
    [
        ("number", "-1,234.5", Decimal("-1234.5")),
        ("number", "123456789012345", Decimal("123456789012345")),
        ("number", "0.000000000000001", Decimal("0.000000000000001")),
        ("percentage", "12.5", Decimal("12.5")),
        ("percentage", "12.5 %", Decimal("12.5")),
        ("percentage", "-3%", Decimal(-3)),
        ("percentage", "", None),
        ("currency", "-5.25", Decimal("-5.25")),
        ("booleancheckbox", "true", True),
        ("booleancheckbox", "false", False),
        ("booleancheckbox", "", None),
        ("radio", "red", "red"),
        ("radio", "", ""),
        ("checkbox", ["blue", "red"], ["blue", "red"]),
        ("checkbox", [], []),
        ("country", "PL", "PL"),
        ("country", "", ""),
        ("datetime", "2024-01-31T23:30", datetime(2024, 1, 31, 23, 30, tzinfo=UTC)),
        ("datetime", "2024-01-31T23:30:15.25+02:00", datetime(2024, 1, 31, 21, 30, 15, 250_000, tzinfo=UTC)),
        ("datetime", "", None),
    ],
)
def test_a_good_value_is_taken(field_type, typed, value):
    cleaned = clean_text(added(field_type), typed)

    assert (cleaned, type(cleaned)) == (value, type(value))


@pytest.mark.parametrize(
    ("field_type", "typed", "message"),
    [
        ("number", "many", "Enter a number."),
        ("number", "1234567890123456", "no more than 15 digits"),
        ("number", "1e400", "no more than 15 digits"),
        ("number", "NaN", "Enter a number."),
        ("number", "Infinity", "Enter a number."),
        ("percentage", "%", "Enter a number."),
        ("percentage", "half", "Enter a number."),
        ("currency", "1.005", "no more than 2 decimal places"),
        ("booleancheckbox", "maybe", "Select a valid choice."),
        ("booleancheckbox", "True", "Select a valid choice."),
        ("radio", "green", "Select a valid choice."),
        ("checkbox", ["red", "green"], "Select a valid choice."),
        ("checkbox", "red", "Enter a list of values."),
        ("country", "pl", "Select a valid choice."),
        ("country", "EU", "Select a valid choice."),
        ("country", "<b>", "Select a valid choice."),
        ("datetime", "soon", "Enter a valid date/time."),
        ("datetime", "2024-02-30T10:00", "Enter a valid date/time."),
        ("datetime", "0001-01-01T00:00", "Enter a valid date/time."),
        ("datetime", "9999-12-31T23:59", "Enter a valid date/time."),
        ("datetime", "0001-01-01T00:00+14:00", "Enter a valid date/time."),
        ("user", "999999", "Select a valid choice."),
        ("user", "\x00", "Select a valid choice."),
    ],
)
def test_a_bad_value_is_refused_with_one_clear_message(field_type, typed, message):
    with pytest.raises(ValidationError) as refused:
        clean_text(added(field_type), typed)

    (shown,) = refused.value.message_dict["value"]
    assert message in shown


@override_settings(TIME_ZONE="Asia/Tokyo")
def test_a_moment_next_to_the_ends_of_the_calendar_is_refused_and_not_an_error():
    described = added("datetime")

    with timezone.override("Asia/Tokyo"):
        for typed in ("0001-01-01T00:00", "0001-01-01T12:00", "9999-12-31T23:59"):
            with pytest.raises(ValidationError):
                clean_text(described, typed)
        for day in ("0001-01-01", "9999-12-31"):
            for operator in ("on", "before", "after"):
                assert filtered(described, operator, day) == set()


def test_required_checkboxes_and_yes_or_no_need_an_answer():
    for field_type, typed in (("checkbox", []), ("booleancheckbox", ""), ("radio", ""), ("country", "")):
        with undone(), pytest.raises(ValidationError, match="This field is required"):
            clean_text(added(field_type, required=True), typed)


# --- What a reader sees -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "field_type", "value", "shown"),
    [
        ("en", "number", Decimal("-1234.5"), "-1,234.5"),
        ("de", "number", Decimal("-1234.5"), "-1.234,5"),
        ("en", "number", Decimal("0.000001"), "0.000001"),
        ("en", "percentage", Decimal("12.5"), "12.5%"),
        ("de", "percentage", Decimal("12.5"), "12,5\xa0%"),
        ("en", "percentage", Decimal(0), "0%"),
        ("en", "percentage", Decimal("0.123456"), "0.123456%"),
        ("en", "booleancheckbox", True, "Yes"),
        ("en", "booleancheckbox", False, "No"),
        ("en", "booleancheckbox", None, ""),
        ("en", "radio", "red", "Red"),
        ("en", "checkbox", ["łódź", "red"], "Red, Łódź"),
        ("en", "checkbox", [], ""),
        ("en", "country", "CI", "Côte d’Ivoire"),
        ("pl", "country", "DE", "Niemcy"),
        ("en", "country", "", ""),
        ("en", "datetime", datetime(2024, 1, 31, 23, 30, tzinfo=UTC), "Feb. 1, 2024, 8:30 a.m."),
    ],
)
@override_settings(TIME_ZONE="Asia/Tokyo")
def test_a_value_is_shown_in_the_readers_language(language, field_type, value, shown):
    described = added(field_type)
    record = thing(described.object_type, value=value)

    with translation.override(language), timezone.override("Asia/Tokyo"):
        assert described.display(record) == shown


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("field_type", ["text", "select", "radio", "checkbox", "country"])
def test_no_value_and_no_label_becomes_markup(field_type):
    keys = {"options": {"x": EVIL}} if field_type in ("select", "radio", "checkbox") else {}
    described = added(field_type, **keys)
    for stored in ("x", EVIL):
        record = CustomRecord(object_type=described.object_type)
        record.properties = {"value": [stored] if field_type == "checkbox" else stored}
        for shown in (described.kind.html(described, record), described.kind.cell(described, record)):
            assert "<script" not in shown
            assert "<img" not in shown
    assert "<script" not in str(described.kind.form_field(described).widget.render("value", "x"))


def test_checkboxes_show_as_badges_in_the_order_of_the_options():
    described = added("checkbox")
    record = thing(described.object_type, value=["blue", "red"])

    assert described.kind.html(described, record) == (
        '<span class="badge">Red</span> <span class="badge">Blue</span>'
    )
    assert record.properties["value"] == ["red", "blue"]


# --- Options and countries --------------------------------------------------------------------------


@pytest.mark.parametrize("field_type", ["select", "radio", "checkbox"])
def test_an_option_that_records_hold_stays(field_type):
    described = added(field_type)
    thing(described.object_type, value=["red"] if field_type == "checkbox" else "red")
    row = Property.objects.get(pk=described.pk)

    row.options = [one for one in row.options if one["value"] != "blue"]
    row.full_clean()
    row.options = [one for one in row.options if one["value"] != "red"]
    with pytest.raises(ValidationError, match="“Red” stays: 1 record has it"):
        row.full_clean()


def test_there_are_249_countries_in_iso_3166_and_kosovo():
    named = countries("en")

    assert len(named) == 250
    assert {named[code] for code in ("AX", "GB", "XK", "SS")} == {
        "Åland Islands",
        "United Kingdom",
        "Kosovo",
        "South Sudan",
    }
    assert list(named)[:3] == ["AF", "AX", "AL"]  # Å stands with A
    assert countries("nowhere") == named


# --- Moments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/Sao_Paulo", "America/Havana", "Pacific/Apia"])
@few
@given(
    moment=st.datetimes(datetime(2010, 1, 1), datetime(2020, 1, 1), timezones=st.just(UTC)), data=st.data()
)
def test_a_moment_belongs_to_the_day_that_it_has_in_the_installations_time_zone(zone, moment, data):
    local = moment.astimezone(ZoneInfo(zone)).date()
    with timezone.override(zone):
        assert start_of(local) <= moment < start_of(local + timedelta(days=1))


def test_a_moment_is_stored_as_text_of_one_shape():
    described = added("datetime")
    moments = [datetime(2024, 1, 31, 23, 30, tzinfo=UTC), datetime(987, 6, 5, 4, 3, 2, 100_000, tzinfo=UTC)]

    stored = [thing(described.object_type, value=moment).properties["value"] for moment in moments]

    assert stored == ["2024-01-31T23:30:00.000Z", "0987-06-05T04:03:02.100Z"]


def test_the_form_of_a_moment_shows_what_it_takes():
    described = added("datetime")
    record = thing(described.object_type, value=datetime(2024, 1, 31, 23, 30, tzinfo=UTC))

    with timezone.override("Asia/Tokyo"):
        field = described.kind.form_field(described)
        initial = field.prepare_value(described.kind.initial(record, described))
        shown = field.widget.format_value(initial)
        assert shown == "2024-02-01T08:30"
        assert field.clean(shown) == described.value_of(record)


# --- Users ------------------------------------------------------------------------------------------


def test_records_are_filtered_by_a_user_and_those_of_nobody_are_none_of_theirs():
    grace, alan = UserFactory(username="grace"), UserFactory(username="alan")
    described = added("user")
    kind = described.object_type
    hers, his, nobodys = thing(kind, value=grace), thing(kind, value=alan), thing(kind)
    alan.is_active = False  # has left
    alan.save()

    assert filtered(described, "in", grace.pk) == {hers.pk}
    assert filtered(described, "in", alan.pk) == {his.pk}
    assert filtered(described, "nin", grace.pk) == {his.pk, nobodys.pk}
    assert filtered(described, "empty", 1) == {nobodys.pk}
    assert filtered(described, "known", 1) == {hers.pk, his.pk}
    assert hers.properties == {"title": "Thing", "value": grace.pk}
    assert (described.display(hers), described.display(his)) == ("grace", "alan")


def test_a_user_who_was_deleted_is_said_to_be_and_the_record_can_be_edited():
    alan, grace = UserFactory(username="alan"), UserFactory(username="grace")
    described = added("user")
    record = thing(described.object_type, value=alan)
    alan_id = alan.pk
    alan.delete()

    assert described.display(record) == "Deleted user"
    assert described.kind.html(described, record) == "Deleted user"
    record = update_record(record, {"title": "Other"}, by=by())
    assert record.properties["value"] == alan_id
    assert described.display(update_record(record, {"value": grace}, by=by())) == "grace"


def test_a_list_asks_once_for_all_users(signed_in, django_assert_num_queries):
    described = added("user")
    users = UserFactory.create_batch(5)
    counts = []
    for number in (1, 20):
        for user in (users * 4)[:number]:
            thing(described.object_type, value=user)
        with django_assert_num_queries(7) as captured:
            page = signed_in.get("/records/things/?columns=value")
        assert users[0].username in page.content.decode()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_lists_are_not_sorted_by_what_has_no_order():
    kind = define(
        who={"type": "user"}, ticked={"type": "checkbox", "options": {"a": "A"}}, notes={"type": "html"}
    )

    for name in ("who", "ticked", "notes"):
        assert not kind.properties[name].sortable
        assert RecordList(kind, QueryDict(f"sort={name}"), AnonymousUser()).sort == "name"
    assert schema.current().type("deals").properties["hubspot_owner_id"].sortable


# --- Unique values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_type", "one", "same", "other"),
    [
        ("number", Decimal("1234.5"), Decimal("1234.50"), Decimal("1234.51")),
        ("currency", Decimal("5"), Decimal("5.00"), Decimal("5.01")),
        ("date", date(2024, 1, 31), date(2024, 1, 31), date(2024, 2, 1)),
        (
            "datetime",
            datetime(2024, 1, 31, 23, 30, tzinfo=UTC),
            datetime(2024, 2, 1, 0, 30, tzinfo=ZoneInfo("Europe/Warsaw")),
            datetime(2024, 1, 31, 23, 30, 1, tzinfo=UTC),  # shown alike
        ),
    ],
)
def test_a_value_is_unique_whatever_the_language_of_who_enters_it(field_type, one, same, other):
    described = added(field_type, unique=True)
    with translation.override("en"):
        thing(described.object_type, value=one)
    with translation.override("de"):
        thing(described.object_type, value=other)
        with pytest.raises(ValidationError, match="already has"), transaction.atomic():
            thing(described.object_type, value=same)


def test_users_of_one_name_are_two():
    described = added("user", unique=True)
    for user in UserFactory.create_batch(2, first_name="Ada", last_name="Lovelace"):
        thing(described.object_type, value=user)

    assert CustomRecord.objects.count() == 2


STRAYS = ("words", 7, 1.5, True, ["a"], {"a": 1}, "2024-13-45", "12e", "")


@pytest.mark.parametrize("field_type", [one.value for one in Property.FieldType if KINDS[one].in_json])
def test_a_value_of_another_type_is_no_value_and_never_an_error(signed_in, field_type):
    """A request under way while a property gets another type may still write one of the old type."""
    prop = added(field_type)
    records = [thing(prop.object_type) for _stray in STRAYS]
    for record, stray in zip(records, STRAYS, strict=True):
        CustomRecord.objects.filter(pk=record.pk).update(properties={"title": "Thing", "value": stray})

    for operator in prop.kind.operators:
        value = "1" if not operator.wants_value or prop.kind.numeric else "x"
        assert signed_in.get(f"/records/things/?value__{operator.name}={value}").status_code in (200, 422)
    for query in ("", "?sort=value", "?sort=-value&per_page=25", "?columns=value"):
        assert signed_in.get(f"/records/things/{query}").status_code == 200, query
    for record in records:
        assert signed_in.get(record.get_absolute_url()).status_code == 200
        address = f"{record.get_absolute_url()}properties/value/?edit"
        assert signed_in.get(address).status_code == 200
        assert signed_in.post(f"{record.get_absolute_url()}properties/title/", {"edit-title": "Other"})
