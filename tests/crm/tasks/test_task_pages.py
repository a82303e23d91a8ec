"""The page of tasks: what it shows, what is done on it, and a new task."""

from datetime import UTC, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from associations import services
from associations.models import Association
from crm.tasks.listing import TaskList
from records import schema
from records.models import Change, Task
from records.services import archive_records
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tasks/?due=overdue"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def shown(user, address="", now=None) -> list[str]:
    return [str(row.task) for row in TaskList(user, QueryDict(address), now).rows]


class TestParts:
    @pytest.fixture(autouse=True)
    def in_new_york(self):
        zone = ZoneInfo("America/New_York")
        with override_settings(TIME_ZONE="America/New_York"), timezone.override(zone):
            self.zone = zone
            yield

    def test_each_task_stands_in_one_part_by_the_moment_it_is_due(self, make_task, user):
        now = datetime(2026, 3, 7, 22, tzinfo=self.zone)  # in UTC it is the next day already
        midnight = datetime(2026, 3, 8, tzinfo=self.zone)
        second = timedelta(seconds=1)
        for name, due in {
            "just over": now - second,
            "now": now,
            "last of today": midnight.astimezone(UTC) - second,
            "first of tomorrow": midnight,
        }.items():
            make_task(name, due)
        make_task("ticked off", now - DAY, hs_task_status="COMPLETED")

        assert shown(user, "due=overdue", now) == ["just over"]
        assert shown(user, "due=today", now) == ["now", "last of today"]
        assert shown(user, "due=upcoming", now) == ["first of tomorrow"]
        assert shown(user, "due=done", now) == ["ticked off"]
        assert shown(user, "", now) == ["just over", "now", "last of today", "first of tomorrow"]
        rows = TaskList(user, QueryDict(""), now).rows
        assert [row.heading for row in rows] == ["Overdue", "Today", "", "Upcoming"]

    @pytest.mark.parametrize(("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25)])
    def test_a_day_on_which_the_clocks_change_ends_at_its_midnight(self, make_task, user, day, hours):
        start = datetime(*day, tzinfo=self.zone).astimezone(UTC)
        make_task("last", start + timedelta(hours=hours) - timedelta(minutes=1))
        make_task("next day", start + timedelta(hours=hours))
        assert shown(user, "due=today", start) == ["last"]


class TestWhose:
    def test_mine_those_of_another_of_nobody_and_of_everybody(self, make_task, user):
        ada = UserFactory(username="ada")
        make_task("mine")
        make_task("Ada's", owner=ada)
        make_task("free", owner=None)
        archive_records([make_task("gone").pk], by=by())

        assert shown(user) == ["mine"]
        assert shown(user, f"whose={ada.pk}") == ["Ada's"]
        assert shown(user, "whose=nobody") == ["free"]
        assert sorted(shown(user, "whose=everybody")) == ["Ada's", "free", "mine"]

    @pytest.mark.parametrize("wrong", ["whose=x", "whose=²", "whose=9" + "9" * 30, "due=never", "after=zzz"])
    def test_an_address_that_makes_no_sense_shows_my_open_ones(self, make_task, signed_in, wrong):
        make_task("mine")
        answer = signed_in.get(f"/tasks/?{wrong}")
        assert (answer.status_code, "mine" in answer.content.decode()) == (200, True)

    def test_only_those_that_one_may_see(self, make_task, user):
        make_task("secret")
        nothing = Task.objects.none()
        with mock.patch.object(type(nothing), "visible_to", return_value=nothing):
            assert shown(user) == []


def test_pages_go_on_where_the_one_before_ended(make_task, user, signed_in):
    now = timezone.now()
    for number in range(30):
        make_task(f"T{number:02}", now + (number // 3) * DAY + HOUR)  # three at the same moment each
    first = TaskList(user, QueryDict(""))
    second = TaskList(user, QueryDict(first.after[1:]))
    names = [str(row.task) for row in [*first.rows, *second.rows]]
    assert names == [f"T{number:02}" for number in range(30)]
    assert [str(row.task) for row in TaskList(user, QueryDict(second.before[1:])).rows] == names[:25]
    assert signed_in.get(f"/tasks/{first.after}").status_code == 200


@pytest.mark.parametrize("address", ["/tasks/", "/tasks/?whose=everybody", "/tasks/?due=done"])
def test_few_and_many_tasks_take_as_many_queries(make_task, signed_in, address):
    def number() -> int:
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(address).status_code == 200
        return len(captured)

    def add(count):
        for _number in range(count):
            about = [ContactFactory(owner=UserFactory()), CompanyFactory()]
            make_task("T", timezone.now() - HOUR, *about)
            make_task("D", timezone.now() - HOUR, *about, hs_task_status="COMPLETED")

    add(1)
    few = number()
    add(8)
    assert number() == few


class TestWhatIsDone:
    def test_completing_takes_it_off_with_a_toast_that_undoes(self, make_task, signed_in):
        task = make_task("Call Ada", timezone.now() - HOUR)
        answer = signed_in.post(f"/tasks/{task.pk}/done/", {"done": "1"}, headers=HTMX)
        html = answer.content.decode()
        task.refresh_from_db()
        assert not task.is_pending
        assert f"task-{task.pk}" not in html
        change = Change.objects.latest("pk")
        assert f"/history/{change.pk}/undo/" in html
        assert 'id="overdue-tasks" hx-swap-oob="true"></span>' in html

        signed_in.post(f"/history/{change.pk}/undo/", {"back": "/tasks/"})
        task.refresh_from_db()
        assert task.is_pending

    def test_twice_is_one_change_and_it_works_without_script(self, make_task, signed_in):
        task, before = make_task(), Change.objects.count()
        for _time in range(2):
            answer = signed_in.post(f"/tasks/{task.pk}/done/", {"done": "1", "back": "/tasks/?due=today"})
            assert answer.url == "/tasks/?due=today"
        assert Change.objects.count() == before + 1

    def test_snoozing_is_one_change(self, make_task, signed_in, user):
        task = make_task(due=timezone.now() - HOUR)
        before = Change.objects.count()
        answer = signed_in.post(f"/tasks/{task.pk}/snooze/", {"until": "tomorrow"}, headers=HTMX)
        assert "Snoozed until" in answer.content.decode()
        task.refresh_from_db()
        assert timezone.localtime(task.happened_at).date() == timezone.localdate() + DAY
        assert (Change.objects.count(), Change.objects.latest("pk").actor) == (before + 1, user)

    @pytest.mark.parametrize("headers", [HTMX, {}])
    def test_a_day_that_is_over_is_refused_beside_its_field(self, make_task, signed_in, headers):
        task, before = make_task(), Change.objects.count()
        answer = signed_in.post(f"/tasks/{task.pk}/snooze/", {"day": "2020-01-02"}, headers=headers)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "Choose a day after today." in html
        assert 'value="2020-01-02"' in html
        assert Change.objects.count() == before
        assert answer.headers.get("HX-Retarget") == (f"#snooze-{task.pk}" if headers else None)

    def test_what_is_no_task_is_not_found(self, signed_in):
        for pk in (ContactFactory().pk, 10**30):
            assert signed_in.post(f"/tasks/{pk}/done/", {"done": "1"}).status_code in (404, 410)
            assert signed_in.post(f"/tasks/{pk}/snooze/", {"until": "tomorrow"}).status_code in (404, 410)

    def test_one_must_be_signed_in(self, client, make_task):
        task = make_task()
        assert client.get("/tasks/").status_code == 302
        client.post(f"/tasks/{task.pk}/done/", {"done": "1"})
        task.refresh_from_db()
        assert task.is_pending


def concerned(task) -> set[int]:
    return {row.other_end(task.pk) for row in Association.objects.live().of(task.pk)}


class TestNew:
    def post(self, client, **given):
        values = {
            "activity-hs_task_subject": "Write to Ada",
            "activity-hs_timestamp": "2026-05-04T10:00",
            "activity-hs_task_status": "NOT_STARTED",
        }
        return client.post("/tasks/new/", {**values, **given})

    def test_about_nothing(self, signed_in):
        assert signed_in.get("/tasks/new/").status_code == 200
        assert self.post(signed_in).url == "/tasks/"
        assert str(Task.objects.get()) == "Write to Ada"

    def test_the_rules_say_what_else_it_is_about_and_each_can_be_unticked(self, signed_in):
        ada, acme = ContactFactory(firstname="Ada", lastname="Lovelace"), CompanyFactory(name="Acme")
        deal = DealFactory(dealname="Forty seats")
        services.associate(ada, [acme.pk, deal.pk], by=by())
        page = self.post(signed_in, **{"others-q": "lovel", "action": "search"})
        html = page.content.decode()
        assert page.status_code == 200
        assert "Associated with 0 records" in html
        assert f'name="others" value="{ada.pk}"' in html
        assert "Write to Ada" in html
        assert not Task.objects.exists()

        ticked = {"others": [ada.pk], "others-shown": "1"}
        html = signed_in.post("/tasks/new/", ticked, headers={**HTMX, "HX-Target": "others-list"})
        html = html.content.decode()
        assert "Associated with 3 records" in html
        assert f'name="picked" value="{ada.pk}"' in html
        assert all(f'name="proposed" value="{one.pk}"' in html for one in (acme, deal))
        assert "<html" not in html

        offered = {"picked": [ada.pk], "proposed": [acme.pk, deal.pk], "others-shown": "1"}
        self.post(signed_in, **offered, others=[ada.pk, deal.pk])
        task = Task.objects.get()
        assert concerned(task) == {ada.pk, deal.pk}
        change = Change.objects.latest("pk")
        assert f"/history/{change.pk}/undo/" in signed_in.get("/tasks/").content.decode()
        undo(change, by=by())
        task.refresh_from_db()
        assert task.archived_at is not None

        # Who comes with another goes with them.
        gone = signed_in.post(
            "/tasks/new/", {**offered, "others": [acme.pk]}, headers={"HX-Target": "others-list", **HTMX}
        )
        assert "Associated with 0 records" in gone.content.decode()
        assert f'value="{acme.pk}"' not in gone.content.decode()
        # Without script nobody is asked: the rules hold.
        self.post(signed_in, **ticked)
        assert concerned(Task.objects.latest("pk")) == {ada.pk, acme.pk, deal.pk}

    def test_what_is_refused_keeps_what_was_typed_and_chosen(self, signed_in):
        ada = ContactFactory()
        answer = self.post(signed_in, **{"activity-hs_task_subject": "", "others": [ada.pk]})
        assert answer.status_code == 422
        assert f'value="{ada.pk}" checked' in answer.content.decode()
        assert f'value="{ada.pk}" checked' in signed_in.get(f"/tasks/new/?others={ada.pk}").content.decode()

    def test_an_activity_is_nothing_that_a_task_can_be_about(self, signed_in, make_task):
        other = make_task()
        self.post(signed_in, others=[other.pk, "x", 10**18])
        task = Task.objects.exclude(pk=other.pk).get()
        assert not Association.objects.of(task.pk).exists()


def test_the_navigation_says_how_many_are_overdue(make_task, signed_in):
    make_task(due=timezone.now() - HOUR)
    make_task(due=timezone.now() + HOUR)
    html = signed_in.get("/records/contacts/").content.decode()
    assert '<span class="visually-hidden">Overdue: </span>1</span>' in html


def test_nothing_in_a_title_is_taken_for_markup(make_task, signed_in):
    make_task(
        "<script>alert(1)</script>", timezone.now(), CompanyFactory(name="<img src=x onerror=alert(2)>")
    )
    html = signed_in.get("/tasks/").content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
