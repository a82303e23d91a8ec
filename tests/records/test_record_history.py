"""The History tab: what happened to a record, in words, newest first; filters, pages, who may undo."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.html import strip_tags

from records import data_model, definition, schema
from records import services as record_services
from records.history import recorded
from records.models import Change, CustomRecord, Record
from records.passages import passage
from records.provenance import By, Origin
from records.record_history import ENTRIES, RecordHistory
from tests.factories import ContactFactory, DealFactory, UserFactory, by
from tests.records.kinds import added, define, thing

pytestmark = pytest.mark.django_db


def contacts():
    return schema.current().type("contacts")


def words(text: str) -> str:
    """Return what markup says, on one line."""
    return " ".join(strip_tags(text).split())


def entries(client, record, **query) -> list[str]:
    """Return what the entries of a record's history say."""
    response = client.get(f"/records/{record.kind.name}/{record.pk}/", {"tab": "history", **query})
    assert response.status_code == 200
    found = re.findall(
        r'<li class="history__entry">(.*?)</li>\s*(?=<li class="(?:history|feed)__|</ol>)',
        response.text,
        re.S,
    )
    return [words(one) for one in found]


def update(record, actor=None, origin=Origin.PAGE, **values) -> Change:
    """Change a record; return the change."""
    author = recorded(by(actor, origin))
    record_services.update_record(record, values, by=author)
    return author.change


@pytest.fixture
def ada(user):
    return record_services.create_record(
        contacts(), {"firstname": "Ada", "lastname": "Lovelace", "phone": "123"}, by=by(user)
    )


# --- In words -----------------------------------------------------------------------------------------


def test_what_happened_to_a_record_is_told_newest_first(signed_in, user, ada):
    update(ada, user, phone="456")
    update(ada, user, jobtitle="Analyst", phone="")

    third, second, first = entries(signed_in, ada)

    assert third.startswith("grace changed 2 properties Phone 456 (emptied) Job title Analyst")
    assert second.startswith("grace changed Phone from 123 to 456")
    assert "record page" in second
    assert first.startswith("grace created this contact with 3 values")
    assert "First name Ada" in first


def test_one_property_set_or_emptied_is_a_sentence(signed_in, user, ada):
    update(ada, user, city="Rome")
    update(ada, user, city="")

    assert entries(signed_in, ada)[0].startswith("grace emptied City, which was Rome")
    assert entries(signed_in, ada)[1].startswith("grace set City to Rome")


def test_who_and_whence_are_told(signed_in, ada):
    update(ada, None, Origin.RULE, city="Rome")
    imported = recorded(By(None, Origin.IMPORT), Change.Kind.IMPORT, "customers.csv")
    record_services.update_record(ada, {"city": "Oslo"}, by=imported)
    ruled = recorded(By(None, Origin.RULE), Change.Kind.RULE, "Hand over")
    record_services.update_record(ada, {"city": "Bern"}, by=ruled)
    gone = UserFactory(username="gone")
    update(ada, gone, Origin.API, city="Kyiv")
    gone.delete()

    api, rule, imports, itself, _created = entries(signed_in, ada)

    assert api.startswith("Somebody changed City from Bern to Kyiv")
    assert "API" in api
    assert rule.startswith("Rule Hand over changed City from Oslo to Bern")
    assert imports.startswith("Import customers.csv changed City from Rome to Oslo")
    assert itself.startswith("Kith set City to Rome")


def test_archiving_restoring_and_merging_are_told(signed_in, user, ada):
    other = ContactFactory(firstname="Augusta", lastname="King")
    record_services.archive_records([ada.pk], by=by(user))
    Record.objects.filter(pk=ada.pk).update(merged_into=other)
    ada.history.filter(archived_at__isnull=False).update(merged_into=other)
    record_services.restore_records([ada.pk], by=by(user))

    restored, merged, _created = entries(signed_in, ada)

    assert restored.startswith("grace restored it")
    assert merged.startswith("grace merged it into Augusta King")

    record_services.archive_records([ada.pk], by=by(user))
    record_services.restore_records([ada.pk], by=by(user))
    assert entries(signed_in, ada)[1].startswith("grace archived it")


def test_a_stage_moves_and_owners_and_money_read_as_on_the_page(signed_in, user):
    kind = schema.current().type("deals")
    first, second = list(kind.stages.values())[:2]
    deal = record_services.create_record(kind, {"dealname": "Engine", "dealstage": first}, by=by(user))
    update(deal, user, dealstage=second)
    update(deal, user, hubspot_owner_id=user)
    update(deal, user, amount=Decimal("1234.50"), deal_currency_code="EUR")
    update(deal, user, amount=Decimal("1234.50"), deal_currency_code="PLN")

    currency, money, owner, moved, _created = entries(signed_in, deal)

    assert moved.startswith(f"grace moved it from {first} to {second}")
    assert owner.startswith("grace set Owner to grace")
    assert "€1,234.50" in money
    assert "from EUR to PLN" in currency


def test_a_deleted_owner_and_a_deleted_stage_are_named_as_such(signed_in, user):
    deal = record_services.create_record(schema.current().type("deals"), {"dealname": "Engine"}, by=by(user))
    owner = UserFactory(username="anna")
    update(deal, user, hubspot_owner_id=owner)
    update(deal, user, hubspot_owner_id=user)
    stages = list(deal.kind.stages.values())
    update(deal, user, dealstage=stages[1])
    update(deal, user, dealstage=stages[2])
    owner.delete()
    data_model.delete_stage(stages[1], target=stages[2], by=by())

    second, first, owners, one_owner, _created = entries(signed_in, deal)

    assert "to grace" in owners
    assert "from Deleted user" in owners
    assert "to Deleted user" in one_owner
    assert f"from {stages[0]} to deleted" in first
    assert f"from deleted to {stages[2]}" in second


KINDS = [
    ("text", "Old", "New", "from Old to New"),
    ("phonenumber", "123", "456", "from 123 to 456"),
    ("email", "a@example.com", "b@example.com", "from a@example.com to b@example.com"),
    ("url", "https://a.example", "https://b.example", "from https://a.example to https://b.example"),
    ("domain", "a.example", "b.example", "from a.example to b.example"),
    ("number", Decimal(1000), Decimal("2000.5"), "from 1,000 to 2,000.5"),
    ("percentage", Decimal(10), Decimal("12.5"), "from 10% to 12.5%"),
    ("currency", Decimal("1000.00"), Decimal("2000.50"), "from $1,000.00 to $2,000.50"),
    ("currencycode", "EUR", "PLN", "from EUR to PLN"),
    ("date", date(2024, 1, 31), date(2024, 2, 1), "from Jan. 31, 2024 to Feb. 1, 2024"),
    (
        "datetime",
        datetime(2024, 1, 31, 12, tzinfo=UTC),
        datetime(2024, 2, 1, 12, tzinfo=UTC),
        "from Jan. 31, 2024, noon to Feb. 1, 2024, noon",
    ),
    ("booleancheckbox", True, False, "from Yes to No"),
    ("select", "red", "blue", "from Red to Blue"),
    ("radio", "red", "blue", "from Red to Blue"),
    ("checkbox", ["red"], ["red", "blue"], "from Red to Red, Blue"),
    ("country", "PL", "UA", "from Poland to Ukraine"),
    ("textarea", "Old", "New", "from Old to New"),
    ("html", "<p>Old</p>", "<p>New</p>", "from Old to New"),
]


@pytest.mark.parametrize(("field_type", "was", "now", "said"), KINDS, ids=[one[0] for one in KINDS])
def test_values_of_each_kind_read_as_on_the_page(signed_in, user, settings, field_type, was, now, said):
    settings.TIME_ZONE = "UTC"
    prop = added(field_type)
    record = thing(prop.object_type, value=was)
    update(record, user, value=now)

    newest, created = entries(signed_in, record)

    assert newest.startswith(f"grace changed Value {said}"), newest
    assert f"Value {said.removeprefix('from ').partition(' to ')[0]}" in created
    assert len(entries(signed_in, record, what="property.value")) == 2
    assert entries(signed_in, record, what="property.title") == [created]


def test_users_of_added_properties_are_named(signed_in, user):
    prop = added("user")
    anna = UserFactory(username="anna")
    record = thing(prop.object_type, value=anna)
    update(record, user, value=user)

    assert entries(signed_in, record)[0].startswith("grace changed Value from anna to grace")


def test_numbers_and_dates_are_written_as_the_reader_writes_them(user):
    prop = added("number")
    record = thing(prop.object_type, value=Decimal("1000.5"))
    update(record, user, value=Decimal(2000))

    with translation.override("pl"):
        newest = RecordHistory(record, QueryDict("what=property.value"), user).entries[0]
        said = words(newest.lines[0].text)

    assert "from 1 000,5 to 2 000" in said


def test_a_long_text_is_told_by_what_was_changed_in_it(signed_in, user):
    prop = added("html")
    words_of = [f"word{number}" for number in range(200)]
    record = thing(prop.object_type, value=f"<p>{' '.join(words_of)}</p>")
    words_of[100] = "another"
    update(record, user, value=f"<p>{' '.join(words_of)}</p>")

    page = signed_in.get(record.get_absolute_url(), {"tab": "history"}).text.partition('id="history"')[2]

    assert "<del>word100 </del><ins>another </ins>" in page
    assert "word93 " in page
    assert "word3 word4" not in page.split("<details>")[0]


def test_markup_in_values_is_shown_and_not_obeyed(signed_in, user, ada):
    update(ada, user, city="<script>alert(1)</script>")
    update(ada, user, city="<b>" + "x" * 90)

    page = signed_in.get(ada.get_absolute_url(), {"tab": "history"}).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>xxx" not in page


def test_a_passage_of_any_length_is_quick():
    was, now = ("".join(f"{letter}{number} " for number in range(30_000)) for letter in "ab")

    assert len(passage(was, now)) < 2_000


def test_a_renamed_an_archived_and_a_lost_property_are_told(signed_in, user):
    kind = define(size={"type": "number"}, colour={}, shape={})
    record = thing(kind, size=Decimal(1), colour="red", shape="round")
    update(record, user, size=Decimal(2))
    update(record, user, colour="blue")
    update(record, user, shape="square")
    kind = define(size={"type": "number", "label": "Largeness"})
    data_model.archive_property(kind.properties["colour"])
    kind.properties["shape"].__class__.objects.filter(name="shape").delete()
    schema.data_model_changed()

    shape, colour, size, _created = entries(signed_in, record)

    assert size.startswith("grace changed Largeness from 1 to 2")
    assert colour.startswith("grace changed Colour (archived) from red to blue")
    assert shape.startswith("grace changed shape (deleted) from round to square")
    assert entries(signed_in, record, what="property.colour")[0] == colour


def test_a_value_of_a_former_type_is_shown_as_it_is_stored(signed_in, user):
    prop = added("text")
    record = thing(prop.object_type, value="many")
    CustomRecord.objects.filter(pk=record.pk).update(properties={"title": "Thing"})
    update(CustomRecord.objects.get(pk=record.pk), user, title="Other")
    prop.__class__.objects.filter(pk=prop.pk).update(field_type="number")
    schema.data_model_changed()

    assert "Value many" in entries(signed_in, record)[0]


def test_derived_values_and_what_kith_sets_itself_are_no_entries(signed_in, user, ada):
    definition.apply(
        {
            "objects": {
                "contacts": {
                    "groups": {"more": {"properties": {"double": {"type": "text", "formula": "phone"}}}}
                }
            }
        }
    )
    update(ada, user, phone="456")

    assert entries(signed_in, ada)[0].startswith("grace changed Phone from 123 to 456 ")


def test_several_saves_under_one_change_are_one_entry(signed_in, user, ada):
    author = recorded(by(user))
    record_services.update_record(ada, {"city": "Rome", "jobtitle": "Analyst"}, by=author)
    record_services.update_record(ada, {"city": "Oslo", "jobtitle": ""}, by=author)

    newest, _created = entries(signed_in, ada)

    assert newest.startswith("grace set City to Oslo")


def test_changes_that_overlap_are_each_told_what_they_did(signed_in, user, ada):
    long = recorded(by(user), summary="long")
    record_services.update_record(ada, {"city": "Rome"}, by=long)
    update(ada, user, jobtitle="Analyst")
    record_services.update_record(ada, {"phone": "456"}, by=long)

    newest, other, _created = entries(signed_in, ada)

    assert newest.startswith("grace set Job title to Analyst")
    assert "City Rome" in other
    assert "Job title" not in other


def test_a_record_from_before_history_was_kept_begins_with_its_creation(signed_in, user):
    ada = ContactFactory(firstname="Ada", created_by=user)
    (only,) = entries(signed_in, ada)
    assert only.startswith("grace created this contact")
    update(ada, user, firstname="Augusta")

    newest, first = entries(signed_in, ada)

    assert newest.startswith("grace changed First name from Ada to Augusta")
    assert first.startswith("grace created this contact")
    assert len(entries(signed_in, ada, what="properties")) == 1


# --- Filters and pages --------------------------------------------------------------------------------


def test_filters_narrow_by_what_who_whence_and_when(signed_in, user, ada):
    anna = UserFactory(username="anna")
    update(ada, anna, Origin.LIST, city="Rome")
    old = update(ada, user, phone="456")
    Change.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=100))
    day = timezone.localdate()

    def first_words(**query):
        return [one.split(" ")[0] + " " + one.split(" ")[2] for one in entries(signed_in, ada, **query)]

    assert len(entries(signed_in, ada)) == 3
    assert first_words(what="property.city") == ["anna City"]
    assert first_words(what="property.phone")[0] == "grace Phone"
    assert first_words(who=anna.pk) == ["anna City"]
    assert first_words(who="none") == []
    assert first_words(origin="list") == ["anna City"]
    assert first_words(until=day - timedelta(days=99)) == ["grace Phone"]
    assert first_words(since=day, what="property.city") == ["anna City"]
    assert len(entries(signed_in, ada, since=day)) == 2
    assert len(entries(signed_in, ada, until=day)) == 3
    assert first_words(what="associations") == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"what": "property.nonsense"}, "Select a valid choice"),
        ({"who": "999999"}, "Select a valid choice"),
        ({"since": "soon"}, "Enter a valid date"),
        ({"since": "2024-02-01", "until": "2024-01-01"}, "This is before the first day."),
    ],
)
def test_a_filter_that_cannot_be_is_said_beside_its_field(signed_in, ada, query, message):
    response = signed_in.get(ada.get_absolute_url(), {"tab": "history", **query})

    assert response.status_code == 422
    assert message in response.text
    assert "history__entry" not in response.text
    assert all(value in response.text for value in query.values() if value[0].isdigit())


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 40, "999999999999999999", "²"])
def test_an_address_that_was_changed_by_hand_is_no_trouble(signed_in, ada, before):
    assert len(entries(signed_in, ada, before=before)) == 1


def test_pages_go_on_with_older_and_keep_the_filters(signed_in, user, ada):
    for number in range(ENTRIES + 5):
        update(ada, user, phone=str(number))

    page = signed_in.get(ada.get_absolute_url(), {"tab": "history", "what": "property.phone"})
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', page.text)[1].replace("&amp;", "&")
    rest = signed_in.get(ada.get_absolute_url() + older).text

    assert "what=property.phone" in older
    assert page.text.count('class="history__entry"') == ENTRIES
    assert rest.count('class="history__entry"') == 6
    assert "Older" not in rest
    assert "to 4<" in words(rest) or "from 3 to 4" in words(rest)


# --- Undo ---------------------------------------------------------------------------------------------


def test_an_entry_leads_to_undoing_for_who_made_it_and_for_administrators(signed_in, admin_client, user, ada):
    own = update(ada, user, phone="456")
    others = update(ada, UserFactory(), phone="789")
    address = ada.get_absolute_url()

    page = signed_in.get(address, {"tab": "history"}).text
    assert f"/history/{own.pk}/undo/" in page
    assert f"/history/{others.pk}/undo/" not in page
    assert f"/history/{others.pk}/undo/" in admin_client.get(address, {"tab": "history"}).text


def test_what_was_undone_says_so_and_the_undo_what_it_undoes(signed_in, user, ada):
    change = update(ada, user, phone="456")
    url = f"/history/{change.pk}/undo/"

    back = signed_in.post(url, {"back": f"{ada.get_absolute_url()}?tab=history"}, follow=True)

    assert back.redirect_chain[-1][0].endswith("?tab=history")
    undo, undone, _created = entries(signed_in, ada)
    assert undo.startswith("grace changed Phone from 456 to 123")
    assert "Undoes what was done on" in undo
    assert "Undone by grace" in undone
    assert url not in back.text


# --- Queries ------------------------------------------------------------------------------------------


def queries(send) -> int:
    """Return how many queries a request takes once the data model is in memory."""
    schema.current()
    with CaptureQueriesContext(connection) as captured:
        assert send().status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    "query", [{}, {"what": "property.phone"}, {"who": "none"}, {"what": "properties", "since": "2020-01-01"}]
)
def test_the_tab_takes_as_many_queries_for_many_changes_as_for_few(signed_in, query):
    deal = DealFactory()
    owners = UserFactory.create_batch(5)

    def grow(number: int) -> int:
        for place in range(number):
            update(deal, None, dealname=f"Deal {place}", hubspot_owner_id=owners[place % 5])
        address = {"tab": "history", **query}
        if query.get("what") == "property.phone":
            address["what"] = "property.dealname"
        return queries(lambda: signed_in.get(deal.get_absolute_url(), address))

    few = grow(3)
    many = grow(40)

    # On the last page one looks whether it ends with how the record came to be.
    assert many == few - (0 if query else 1)
