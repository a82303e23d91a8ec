"""How long a record has been in its stage, kept by every path that moves it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records import data_model, schema, services, stage_entries
from records.models import Stage, StageEntry
from tests.factories import UserFactory, by

pytestmark = pytest.mark.django_db


def stages(name: str = "deals") -> list[Stage]:
    return schema.current().type(name).pipelines[0].stage_list


def create(name: str = "deals", user=None, **values):
    return services.create_record(schema.current().type(name), values, by=by(user))


def stays(record) -> list[tuple[str, bool]]:
    """Return the label of each stay of a record, and whether it is over."""
    return [(str(entry), entry.left_at is not None) for entry in record.stage_entries.order_by("pk")]


def test_a_new_record_enters_its_stage_when_it_is_created():
    user = UserFactory()
    deal = create(user=user, dealname="Engine", dealstage=stages()[2])

    (entry,) = deal.stage_entries.all()
    assert (entry.stage, entry.entered_at, entry.entered_by, entry.left_at) == (
        stages()[2],
        deal.created_at,
        user,
        None,
    )


def test_a_move_ends_one_stay_and_begins_the_next():
    user, deal = UserFactory(), create(dealname="Engine")
    first, second, *_rest = stages()

    services.update_record(deal, {"dealstage": second}, by=by(user))

    before, after = deal.stage_entries.order_by("pk")
    assert (before.stage, after.stage) == (first, second)
    assert before.left_at == after.entered_at
    assert after.entered_by == user
    assert after.left_at is None


def test_what_changes_no_stage_costs_no_query():
    deal = create(dealname="Engine")
    schema.current()

    def queries(values) -> int:
        with CaptureQueriesContext(connection) as captured:
            services.update_record(deal, values, by=by())
        return sum("records_stageentry" in query["sql"] for query in captured.captured_queries)

    assert queries({"dealname": "Other"}) == 0
    assert queries({"dealstage": stages()[0]}) == 0
    assert queries({"dealstage": stages()[1]}) == 2


def test_contacts_which_have_no_stage_have_no_stays():
    create("contacts", email="ada@example.com")

    assert not StageEntry.objects.exists()


def test_many_records_are_followed_in_as_many_statements_as_one():
    kind = schema.current().type("deals")

    def written(number: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            records = [services.build_record(kind, {"dealname": f"D{one}"}, by=by()) for one in range(number)]
            services.create_records(records, by=by())
            ids = [record.pk for record in records]
            services.update_records(kind, {pk: {"dealstage": stages()[1]} for pk in ids}, by=by())
            services.move_between_stages(stages()[1], stages()[2], by=by())
        for record in records:
            assert stays(record) == [
                (str(stages()[0]), True),
                (str(stages()[1]), True),
                (str(stages()[2]), False),
            ]
        return len([one for one in captured.captured_queries if "records_stageentry" in one["sql"]])

    assert written(2) == written(40) == 5


def test_the_history_outlives_a_stage_and_says_what_it_was_called():
    deal = create("tickets", subject="Jam")
    first, second, *_rest = stages("tickets")
    Stage.objects.filter(pk=first.pk).update(label="Brand new")
    schema.data_model_changed()

    data_model.delete_stage(first, target=second, by=by())

    assert stays(deal) == [("Brand new", True), (str(second), False)]
    assert deal.stage_entries.order_by("pk")[0].stage is None


def test_a_record_made_in_the_admin_has_its_stay(admin_client):
    stage = stages("tickets")[1]
    values = {"subject": "Jam", "hs_pipeline_stage": stage.pk}

    response = admin_client.post("/admin/records/ticket/add/", values)

    assert response.status_code == 302, response.context["errors"]
    (entry,) = StageEntry.objects.all()
    assert entry.stage == stage
    assert entry.entered_by.username == "admin"


def test_the_time_to_close_counts_from_creation_to_the_first_closed_stage():
    deal = create(dealname="Engine")
    won, lost = [stage for stage in stages() if stage.is_closed]
    start = deal.created_at - timedelta(days=40)
    type(deal).objects.filter(pk=deal.pk).update(created_at=start)
    deal.refresh_from_db()
    deal.stage_entries.update(entered_at=start)
    for stage, day in ((won, 30), (lost, 35)):
        services.update_record(deal, {"dealstage": stage}, by=by())
        deal.stage_entries.filter(left_at=None).update(entered_at=start + timedelta(days=day))

    assert stage_entries.history(deal).time_to_close == timedelta(days=30)
    services.update_record(deal, {"dealstage": stages()[0]}, by=by())
    assert stage_entries.history(deal).time_to_close is None


@pytest.mark.parametrize(
    ("duration", "long", "short"),
    [
        (timedelta(seconds=-5), "less than a minute", "now"),
        (timedelta(seconds=70), "1 minute", "1 min"),
        (timedelta(hours=5, minutes=59), "5 hours", "5 h"),
        (timedelta(days=1, hours=23), "1 day", "1 d"),
        (timedelta(days=400), "400 days", "400 d"),
    ],
)
def test_durations_are_said_in_their_largest_unit(duration, long, short):
    assert stage_entries.long_text(duration) == long
    assert stage_entries.short_text(duration) == short


def test_a_list_has_a_column_of_the_time_in_the_stage(signed_in):
    deal = create(dealname="Engine")
    deal.stage_entries.update(entered_at=timezone.now() - timedelta(days=12, hours=1))

    answer = signed_in.get("/records/deals/?columns=time-in-stage").content.decode()

    assert "Time in stage" in answer
    assert "12 days" in answer
    assert "Time in stage" not in signed_in.get("/records/contacts/").content.decode()
