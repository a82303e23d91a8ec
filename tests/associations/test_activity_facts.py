"""What records say of their activities: last contacted, next activity, and how many there are."""

import contextlib
import random
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from associations import activity_facts, merging, services
from associations.models import Association
from records import derived, erasing, schema, undo
from records import services as record_services
from records.lists import RecordList
from records.models import Change, Erasure, Property, Record
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    UserFactory,
    by,
    make_activity,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
DAY = timedelta(days=1)
REFUSED = (services.AssociationRefused, ValidationError, undo.UndoRefused)
PAST, EARLIER, SOON, LATER = NOW - DAY, NOW - 9 * DAY, NOW + DAY, NOW + 9 * DAY


def email(*about, at=PAST):
    return make_activity("emails", *about, hs_email_subject="Offer", hs_timestamp=at)


def call(*about, at=PAST):
    return make_activity("calls", *about, hs_call_title="Call", hs_timestamp=at)


def meeting(*about, at=SOON, **values):
    return make_activity("meetings", *about, hs_meeting_title="Visit", hs_meeting_start_time=at, **values)


def note(*about, at=PAST):
    return make_activity("notes", *about, hs_note_body="<p>Hello</p>", hs_timestamp=at)


def task(*about, at=SOON, **values):
    return make_activity("tasks", *about, hs_task_subject="Call back", hs_timestamp=at, **values)


def facts(record) -> tuple:
    """Return last contacted, next activity and number of activities as a reader has them."""
    fresh = Record.objects.get(pk=record.pk).specific
    names = ("notes_last_contacted", "notes_next_activity_date", "num_notes")
    return tuple(fresh.kind.properties[name].value_of(fresh) for name in names)


def naive(record) -> tuple:
    """Return the same, looked up one by one."""
    last, following, number = [], [], 0
    now = timezone.now()
    for link in Association.objects.of(record.pk):
        one = Record.objects.get(pk=link.other_end(record.pk)).specific
        if not one.kind.is_activity or one.archived_at:
            continue
        number += 1
        contact = one.kind.name in ("emails", "calls", "meetings")
        outcome = getattr(one, "hs_meeting_outcome", "")
        contact = contact and outcome not in ("CANCELED", "NO_SHOW", "RESCHEDULED")
        if contact and one.happened_at <= now:
            last.append(one.happened_at)
        if one.happened_at > now and (contact or one.is_pending):
            following.append(one.happened_at)
    return max(last, default=None), min(following, default=None), number


def change(activity, **values):
    record_services.update_record(activity, values, by=by())


@pytest.fixture
def company():
    return CompanyFactory()


def test_a_record_without_activities_says_nothing(company):
    assert facts(company) == (None, None, 0)


def test_each_type_counts_for_what_it_is(company):
    note(company, at=NOW - timedelta(hours=1))
    task(company, at=NOW - timedelta(hours=2))
    assert facts(company) == (None, None, 2)
    call(company, at=EARLIER)
    assert facts(company) == (EARLIER, None, 3)
    email(company, at=PAST)
    assert facts(company) == (PAST, None, 4)
    meeting(company, at=LATER)
    assert facts(company) == (PAST, LATER, 5)
    task(company, at=SOON)
    assert facts(company) == (PAST, SOON, 6)


@pytest.mark.parametrize("make", [ContactFactory, DealFactory, TicketFactory])
def test_records_of_every_main_type_have_them(make):
    record = make()
    email(record)
    meeting(record)
    assert facts(record) == (PAST, SOON, 2)


def test_types_defined_later_have_them_too():
    call_command("define_object", "docs/examples/objects/products.yaml", verbosity=0)
    kind = next(one for one in schema.current().types if one.is_custom)
    product = record_services.create_record(kind, {kind.primary[0].name: "Pump"}, by=by())
    email(product)
    assert facts(product) == (PAST, None, 1)


def test_a_meeting_that_did_not_take_place_is_no_contact(company):
    visit = meeting(company, at=PAST, hs_meeting_outcome="CANCELED")
    assert facts(company) == (None, None, 1)
    change(visit, hs_meeting_outcome="COMPLETED")
    assert facts(company) == (PAST, None, 1)


def test_to_dissociate_takes_it_back(company):
    visit, letter = meeting(company), email(company)
    services.dissociate(company, [visit.pk], by=by())
    assert facts(company) == (PAST, None, 1)
    services.dissociate(company, [letter.pk], by=by())
    assert facts(company) == (None, None, 0)


def test_a_completed_task_is_not_next(company):
    one = task(company)
    change(one, hs_task_status="COMPLETED")
    assert facts(company) == (None, None, 1)
    change(one, hs_task_status="WAITING")
    assert facts(company) == (None, SOON, 1)


def test_a_meeting_that_is_moved_is_next_at_its_new_time(company):
    visit = meeting(company, at=SOON)
    change(visit, hs_meeting_start_time=LATER)
    assert facts(company) == (None, LATER, 1)
    change(visit, hs_meeting_start_time=PAST)
    assert facts(company) == (PAST, None, 1)


def test_an_archived_activity_does_not_count_until_it_is_restored(company):
    letter = email(company)
    call(company, at=EARLIER)
    record_services.archive_records([letter.pk], by=by())
    assert facts(company) == (EARLIER, None, 1)
    record_services.restore_records([letter.pk], by=by())
    assert facts(company) == (PAST, None, 2)


def test_a_restored_record_says_what_has_become_of_its_activities_meanwhile(company):
    letter = email(company)
    call(company, at=EARLIER)
    record_services.archive_records([company.pk], by=by())
    record_services.archive_records([letter.pk], by=by())
    record_services.restore_records([company.pk], by=by())
    assert facts(company) == (EARLIER, None, 1)


def test_record_and_activity_archived_and_restored_together_count_once(company):
    letter = email(company)
    record_services.archive_records([company.pk, letter.pk], by=by())
    record_services.restore_records([company.pk, letter.pk], by=by())
    assert facts(company) == (PAST, None, 1)


def test_a_merge_brings_them_over_and_its_undo_back():
    user = UserFactory(is_staff=True)
    kept, gone = CompanyFactory(), CompanyFactory()
    both = call(kept, gone, at=EARLIER)
    email(gone)
    meeting(kept)
    before = facts(kept), facts(gone)
    assert before == ((EARLIER, SOON, 2), (PAST, None, 2))
    made = merging.merge(kept, gone, by=by(user))
    assert facts(kept) == (PAST, SOON, 3)
    undo.undo(made, by=by(user))
    assert (facts(kept), facts(gone)) == before
    assert both.pk


def test_undo_of_an_association_takes_it_back(company):
    letter = email(company)
    other = ContactFactory()
    report = services.associate(letter, [other.pk], by=by())
    assert facts(other) == (PAST, None, 1)
    undo.undo(report.change, by=by(UserFactory(is_staff=True)))
    assert facts(other) == (None, None, 0)


def test_an_erased_activity_leaves_nothing(company):
    letter = email(company)
    note(company)
    erasing.erase([letter.pk], by=by(UserFactory()), kind=Erasure.Kind.PRIVACY)
    assert facts(company) == (None, None, 1)


def test_one_deleted_from_a_shell_leaves_nothing(company):
    email(company).delete()
    assert facts(company) == (None, None, 0)


def test_nobody_has_edited_the_record_and_history_keeps_nothing(company):
    letter = email()
    seen, number = Record.objects.get(pk=company.pk).updated_at, Change.objects.count()
    services.associate(letter, [company.pk], by=by())
    assert Record.objects.get(pk=company.pk).updated_at == seen
    assert Change.objects.count() == number + 1
    assert not company.history.exists()


# --- Time passes ------------------------------------------------------------------------------------


@pytest.fixture
def in_two_days(monkeypatch):
    """Return what lets two days pass."""
    later = NOW + 2 * DAY
    return lambda: monkeypatch.setattr("records.activity_facts.timezone.now", lambda: later)


def test_what_has_passed_is_never_next(company, in_two_days):
    meeting(company, at=SOON)
    task(company, at=LATER)
    assert facts(company) == (None, SOON, 2)
    in_two_days()
    assert facts(company) == (SOON, LATER, 2)


def test_lists_filter_sort_and_show_what_is_so_now(company, in_two_days, client):
    other, none = CompanyFactory(), CompanyFactory()
    meeting(company, at=SOON)
    task(other, at=LATER)
    in_two_days()
    kind, user = schema.current().type("companies"), UserFactory()

    def listed(**query):
        asked = QueryDict(mutable=True)
        asked.update(query)
        return [one.pk for one in RecordList(kind, asked, user).page.rows]

    assert listed(notes_next_activity_date__known="1") == [other.pk]
    assert listed(notes_last_contacted__known="1") == [company.pk]
    assert listed(sort="notes_last_contacted")[0] == company.pk
    assert listed(sort="-notes_next_activity_date")[0] == other.pk
    assert set(listed(sort="-notes_next_activity_date")) == {company.pk, other.pk, none.pk}


def test_a_list_goes_on_behind_those_without_a_value():
    kind, user = schema.current().type("companies"), UserFactory()
    made = CompanyFactory.create_batch(30)
    for one in made[:3]:
        email(one)
    for sort in ("notes_last_contacted", "-notes_last_contacted", "num_notes", "-num_notes"):
        first = RecordList(kind, QueryDict(f"sort={sort}"), user).page
        rest = RecordList(kind, QueryDict(f"sort={sort}&after={first.after}"), user).page
        found = [one.pk for one in (*first.rows, *rest.rows)]
        assert sorted(found) == sorted(one.pk for one in made)


# --- Statements -------------------------------------------------------------------------------------


def statements(do) -> int:
    with schema.pinned(), CaptureQueriesContext(connection) as captured:
        do()
    return len(captured)


def test_statements_do_not_grow_with_pairs():
    few = email(), CompanyFactory.create_batch(2)
    many = email(), CompanyFactory.create_batch(20)
    counts = [
        statements(lambda made=made: services.associate(made[0], [one.pk for one in made[1]], by=by()))
        for made in (few, many)
    ]
    assert counts[0] == counts[1]
    counts = [statements(lambda made=made: change(made[0], hs_timestamp=EARLIER)) for made in (few, many)]
    assert counts[0] == counts[1]
    counts = [
        statements(lambda made=made: record_services.archive_records([made[0].pk], by=by()))
        for made in (few, many)
    ]
    assert counts[0] == counts[1]


def test_queries_of_a_list_with_these_columns_do_not_grow(client, in_two_days):
    client.force_login(UserFactory())
    address = (
        "/records/companies/?columns=notes_last_contacted&columns=notes_next_activity_date&columns=num_notes"
    )
    companies = CompanyFactory.create_batch(2)
    for one in companies:
        meeting(one)
    in_two_days()
    few = statements(lambda: client.get(address))
    for one in CompanyFactory.create_batch(20):
        email(one)
    assert statements(lambda: client.get(address)) == few


# --- Whatever happens -------------------------------------------------------------------------------


def test_refresh_facts_fills_what_there_is_and_then_finds_nothing(company, capsys):
    email(company)
    meeting(company)
    Record.objects.update(last_contacted_at=None, next_activity_at=None, activity_count=0)
    call_command("refresh_facts")
    assert "1 record was different" in capsys.readouterr().out
    assert facts(company) == (PAST, SOON, 2)
    call_command("refresh_facts")
    assert "0 records" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(6))
def test_after_whatever_happens_they_are_what_a_look_at_each_activity_says(seed, in_two_days):
    rng = random.Random(seed)
    user = UserFactory(is_staff=True)
    main = [*CompanyFactory.create_batch(3), *ContactFactory.create_batch(2), DealFactory()]
    makers = [email, call, meeting, note, task]
    activities = [rng.choice(makers)(at=NOW + rng.randrange(-6, 7) * DAY / 2) for _n in range(8)]
    changes = []

    def some(rows):
        return [one.pk for one in rng.sample(rows, rng.randint(1, 3))]

    def reassociate(act):
        changes.append(act(rng.choice(activities), some(main), by=by(user)).change)

    def move():
        one = Record.objects.get(pk=rng.choice(activities).pk)
        if one.archived_at is None:
            name = "hs_meeting_start_time" if one.kind.name == "meetings" else "hs_timestamp"
            change(one, **{name: NOW + rng.randrange(-6, 7) * DAY / 2})

    def end():
        one = Record.objects.get(pk=rng.choice(activities).pk)
        if one.archived_at is None and one.kind.name == "tasks":
            change(one, hs_task_status=rng.choice(["COMPLETED", "WAITING"]))
        if one.archived_at is None and one.kind.name == "meetings":
            change(one, hs_meeting_outcome=rng.choice(["CANCELED", "COMPLETED"]))

    def merge():
        live = [one for one in main[:3] if Record.objects.live().filter(pk=one.pk).exists()]
        if len(live) > 1:
            changes.append(merging.merge(*rng.sample(live, 2), by=by(user)))

    def take_back():
        if given := [one for one in changes if one and one.pk]:
            undo.undo(changes.pop(changes.index(rng.choice(given))), by=by(user))

    def erase():
        gone = activities.pop(rng.randrange(len(activities)))
        erasing.erase([gone.pk], by=by(user), kind=Erasure.Kind.PRIVACY)
        activities.append(rng.choice(makers)(*rng.sample(main[3:], 1)))

    steps = [
        lambda: reassociate(services.associate),
        lambda: reassociate(services.associate),
        lambda: reassociate(services.dissociate),
        lambda: record_services.archive_records(some([*main, *activities]), by=by(user)),
        lambda: record_services.restore_records(some([*main, *activities]), by=by(user)),
        move,
        end,
        merge,
        take_back,
        erase,
    ]
    for _step in range(25):
        step = rng.choice(steps)
        with contextlib.suppress(*REFUSED), transaction.atomic():
            step()
        for one in main:
            if Record.objects.live().filter(pk=one.pk).exists():
                assert facts(one) == naive(one)
    in_two_days()
    for one in main:
        if Record.objects.live().filter(pk=one.pk).exists():
            assert facts(one) == naive(one)
    activity_facts.refresh_all()
    assert activity_facts.refresh_all() == 0


@pytest.mark.parametrize(
    "given",
    [
        {"function": "count", "where": {"num_notes__gt": ["3"]}},
        {"function": "max", "property": "notes_last_contacted"},
        {"function": "sum", "property": "num_notes"},
    ],
)
def test_no_rollup_is_made_from_them_since_it_would_not_follow(given):
    deals = schema.current().type("deals")
    field_type = "datetime" if given["function"] == "max" else "number"
    prop = Property(object_type=deals, name="rolled", field_type=field_type)
    prop.derivation = {"from": "rollup", "type": "companies", **given}
    kinds = {kind.name: kind for kind in schema.current().types}
    with pytest.raises(ValidationError):
        derived._sources(prop, kinds)
