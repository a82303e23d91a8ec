"""Reminders by e-mail: each once, whoever sends them and whatever happens meanwhile."""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.tasks import reminders
from crm.tasks.models import Reminder
from records.services import archive_records, update_record
from tests.factories import ContactFactory, UserFactory, by

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def user():
    return UserFactory(username="grace", email="grace@example.com")


@pytest.fixture
def remind(make_task):
    """Return a function that makes a task with a reminder a minute ago."""

    def make(subject="Call back", *about, **values):
        now = timezone.now()
        return make_task(subject, now + HOUR, *about, **{"hs_task_reminders": now - MINUTE, **values})

    return make


@pytest.mark.django_db
class TestSending:
    def test_the_assignee_is_told_once_what_is_due_and_where_it_stands(self, remind, settings, capsys):
        settings.SITE_URL = "https://crm.example.com/"
        ada = ContactFactory(firstname="Ada", lastname="O'Neil & <Sons>")
        task = remind(
            "Call <Ada> & co", ada, hs_task_priority="HIGH", hs_task_body="<p>About <b>prices</b></p>"
        )

        call_command("send_reminders")
        call_command("send_reminders")

        (message,) = mail.outbox
        assert message.to == ["grace@example.com"]
        assert message.subject == "Reminder: Call <Ada> & co"
        assert f"https://crm.example.com/records/tasks/{task.pk}/" in message.body
        assert "Priority: High" in message.body
        assert "About: Ada O'Neil & <Sons>" in message.body
        assert "About prices" in message.body
        assert "<b>" not in message.body
        assert capsys.readouterr().out == "1 reminder sent.\n"

    @pytest.mark.parametrize("values", [{"hs_task_status": "COMPLETED"}, {"hs_task_reminders": None}])
    def test_what_is_done_or_has_none_is_left_alone(self, remind, values):
        remind(**values)
        assert reminders.send() == reminders.Sent()

    def test_so_is_what_is_archived_to_come_or_long_over(self, remind):
        archive_records([remind().pk], by=by())
        remind(hs_task_reminders=timezone.now() + MINUTE)
        remind(hs_task_reminders=timezone.now() - reminders.REACH_BACK - MINUTE)
        assert reminders.send() == reminders.Sent()

    def test_nobody_without_an_address_or_an_account_is_written_to(self, remind):
        remind(owner=UserFactory(email=""))
        remind(owner=UserFactory(email="left@example.com", is_active=False))
        remind(owner=None)
        assert reminders.send() == reminders.Sent()

    def test_a_reminder_that_was_moved_comes_again(self, remind):
        task = remind()
        reminders.send()
        update_record(task, {"hs_task_reminders": timezone.now() - MINUTE / 2}, by=by())
        assert reminders.send().sent == 1
        assert reminders.send().sent == 0

    def test_a_title_of_many_lines_is_a_subject_of_one(self, remind):
        remind("Call\r\nBcc: everybody@example.com " + "long " * 40)
        reminders.send()
        assert "\n" not in mail.outbox[0].subject
        assert mail.outbox[0].recipients() == ["grace@example.com"]

    def test_what_changed_between_choosing_and_sending_counts(self, remind):
        first, second = remind("first"), remind("second")

        def complete(task, backend):
            update_record(second, {"hs_task_status": "COMPLETED"}, by=by())

        with mock.patch.object(reminders, "_send", side_effect=complete) as sending:
            assert reminders.send().sent == 1
        assert [call.args[0].pk for call in sending.call_args_list] == [first.pk]

    def test_it_looks_up_as_much_for_few_as_for_many(self, remind):
        remind()
        with CaptureQueriesContext(connection) as one:
            list(reminders.due())
        for _number in range(10):
            remind()
        with CaptureQueriesContext(connection) as many:
            assert len(reminders.due()) == 11
        assert len(one) == len(many) == 1


@pytest.mark.django_db
class TestTrouble:
    def test_a_failure_is_said_leaves_the_others_alone_and_is_tried_again_later(self, remind):
        broken, _fine = remind("Broken"), remind("Fine")
        real = EmailBackend.send_messages

        def refuse(self, messages):
            if "Broken" in messages[0].subject:
                raise smtplib.SMTPRecipientsRefused({})
            return real(self, messages)

        with mock.patch.object(EmailBackend, "send_messages", refuse), pytest.raises(CommandError):
            call_command("send_reminders")
        assert [message.subject for message in mail.outbox] == ["Reminder: Fine"]

        assert reminders.send() == reminders.Sent()  # not at once
        Reminder.objects.filter(pk=broken.pk).update(taken_until=timezone.now())
        assert reminders.send().sent == 1

    def test_who_dies_while_sending_leaves_it_to_a_later_run(self, remind):
        task = remind()
        with (
            mock.patch.object(reminders, "_send", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            reminders.send()
        assert reminders.send().sent == 0  # another may be at it still
        Reminder.objects.filter(pk=task.pk).update(taken_until=timezone.now() - MINUTE)
        assert reminders.send().sent == 1

    def test_a_mail_server_that_is_away_is_left_alone(self, remind):
        for _number in range(5):
            remind()
        with mock.patch.object(EmailBackend, "send_messages", side_effect=ConnectionRefusedError) as sending:
            assert reminders.send().failed == reminders.FAILURES
        assert sending.call_count == reminders.FAILURES


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_that_run_at_once_one_sends(remind):
    tasks = [remind(f"Task {number}") for number in range(5)]

    def run(_number):
        try:
            return reminders.send().sent
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        sent = sum(threads.map(run, range(4)))

    assert sent == len(mail.outbox) == len(tasks)
    assert len({message.subject for message in mail.outbox}) == len(tasks)
