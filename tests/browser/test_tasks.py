"""The page of tasks by keyboard."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from associations import services
from records.models import Task
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_activity

from .pages import focused
from .test_accessibility import violations

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def tasks(grace):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    return [
        make_activity(
            "tasks",
            ada,
            hs_task_subject=f"Task {number}",
            hs_timestamp=timezone.now() - (5 - number) * HOUR,
            hubspot_owner_id=grace,
        )
        for number in range(3)
    ]


def test_tasks_are_completed_snoozed_and_opened_by_keyboard(desktop, tasks):
    first, second, third = (f"task-{task.pk}" for task in tasks)
    desktop.goto("/tasks/")
    expect(desktop.locator("#overdue-tasks")).to_contain_text("3")
    desktop.keyboard.press("j")
    assert focused(desktop) == first
    desktop.keyboard.press("j")
    assert focused(desktop) == second
    desktop.keyboard.press("k")
    desktop.keyboard.press("x")
    expect(desktop.locator(f"#{first}")).to_have_count(0)
    expect(desktop.locator(f"#{second}")).to_be_focused()
    expect(desktop.locator("#overdue-tasks")).to_contain_text("2")
    expect(desktop.locator("[data-toast]")).to_contain_text("Task completed.")

    desktop.keyboard.press("s")
    desktop.keyboard.press("Enter")  # the first choice has the focus
    expect(desktop.locator("h2", has_text="Upcoming")).to_be_visible()
    expect(desktop.locator(f"#{third}")).to_be_focused()
    assert Task.objects.get(pk=tasks[1].pk).happened_at > timezone.now()
    assert not Task.objects.get(pk=tasks[0].pk).is_pending

    desktop.keyboard.press("?")
    expect(desktop.locator(".task-keys")).to_be_visible()
    desktop.keyboard.press("Escape")
    desktop.keyboard.press("j")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/records/contacts/**")


def test_undo_brings_a_completed_task_back(desktop, tasks):
    desktop.goto("/tasks/")
    desktop.locator(f"#task-{tasks[0].pk} [data-complete]").click()
    desktop.get_by_role("button", name="Undo").click()
    expect(desktop.locator(f"#task-{tasks[0].pk}")).to_be_visible()


def test_a_new_task_is_about_what_was_found(desktop, grace):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    acme, deal = CompanyFactory(name="Acme"), DealFactory(dealname="Forty seats")
    services.associate(ada, [acme.pk, deal.pk], by=by())
    wrong = {}
    desktop.goto("/tasks/")
    wrong["nothing to do"] = violations(desktop)
    desktop.keyboard.press("n")
    desktop.locator("[name=activity-hs_task_subject]").fill("Write to her")
    count = desktop.locator("#others-count")
    expect(count).to_have_text("Associated with 0 records")
    desktop.locator("#others-q").fill("lovel")
    expect(desktop.locator(f"#other-{ada.pk}")).not_to_be_checked()
    desktop.locator(f"#other-{ada.pk}").focus()
    desktop.keyboard.press("Space")
    # With her come, by the rules, her company and her deal.
    expect(count).to_have_text("Associated with 3 records")
    expect(desktop.locator(f"#other-{ada.pk}")).to_be_focused()
    desktop.locator(f"#other-{acme.pk}").uncheck()
    expect(count).to_have_text("Associated with 2 records")
    expect(desktop.locator(f"#other-{acme.pk}")).not_to_be_checked()
    wrong["new task"] = violations(desktop)
    desktop.get_by_role("button", name="Save task").last.click()
    desktop.wait_for_url("**/tasks/")
    row = desktop.locator("[data-task]")
    for name in ("Ada Lovelace", "Forty seats"):
        expect(row).to_contain_text(name)
    expect(row).not_to_contain_text("Acme")
    row.locator("[data-snooze]").click()
    wrong["tasks, with a menu and a toast"] = violations(desktop)
    desktop.keyboard.press("Escape")
    desktop.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(row).to_have_count(0)
    for address in ("/tasks/calendar/", f"/tasks/{make_activity('tasks', ada).pk}/snooze/"):
        desktop.goto(address)
        wrong[address] = violations(desktop)
    assert not any(wrong.values()), wrong
