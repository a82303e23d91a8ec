"""A message is logged once, with those whom it concerns, by the rules of automatic association."""

import doctest
from datetime import timedelta

import pytest
from django.utils import timezone

from associations import services as association_services
from associations.models import Association
from crm.mail import logging
from crm.mail.logging import Status, log_message
from crm.mail.parsing import parse
from records import services as record_services
from records.models import Change, Contact, EmailMessage, Record
from records.provenance import Origin
from tests.associations.test_concurrency import at_once
from tests.crm.mail.messages import FORWARDED, PLAIN, message
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

pytestmark = pytest.mark.django_db


def log(data: bytes, **options):
    return log_message(parse(data), by=by(origin=Origin.MAIL), **options)


def about(email) -> list[str]:
    """Return the names of the records that an e-mail is associated with, each as often as it is."""
    return sorted(
        str(one.record_a if one.record_b_id == email.pk else one.record_b)
        for one in Association.objects.of(email.pk).select_related("record_a", "record_b")
    )


def test_the_examples_in_the_code_hold():
    assert doctest.testmod(logging).failed == 0


def test_an_incoming_message_is_logged_on_its_sender(grace):
    ada = ContactFactory(firstname="Ada", lastname="L", email="ada@example.com")

    result = log(PLAIN)

    assert (result.status, result.created) == (Status.LOGGED, [])
    email = EmailMessage.objects.get()
    assert about(email) == ["Ada L"]
    assert email.hs_email_subject == "Größe und Preis"
    assert email.hs_email_direction == "INCOMING_EMAIL"
    assert email.hs_email_from_email == "ada@example.com"
    assert email.hs_email_to_email == "grace@kith.example; charles@example.com"
    assert email.hs_email_cc_email == "x@example.com; y@example.com"
    assert "2 &lt; 3" in email.hs_email_html
    assert "2 < 3" in email.hs_email_text
    assert email.hs_email_headers.startswith("Received: from")
    assert email.happened_at == parse(PLAIN).date
    assert email.owner == grace
    assert (email.origin, email.created_by) == ("mail", None)
    assert (email.message_id, email.thread) == ("offer-1@example.com", "root@example.com")
    assert Association.objects.of(ada.pk).get().happened_at == email.happened_at


def test_an_outgoing_message_to_three_contacts_stands_once_on_each_on_the_company_and_on_the_deal(grace):
    acme, deal = CompanyFactory(name="Acme"), DealFactory(dealname="Big deal")
    names = ["ada", "bob", "cyd"]
    people = [ContactFactory(firstname=one, lastname="", email=f"{one}@acme.example") for one in names]
    association_services.associate(acme, [one.pk for one in people], by=by())
    association_services.associate(deal, [people[2].pk], by=by())

    to = ", ".join(f"{one.title()} <{one.upper()}@acme.example>" for one in names)
    log(message("Grace <grace@kith.example>", to, headers={"Cc": "log@kith.example"}))

    email = EmailMessage.objects.get()
    assert about(email) == ["Acme", "Big deal", "ada", "bob", "cyd"]
    assert (email.hs_email_direction, email.hs_email_status, email.owner) == ("EMAIL", "SENT", grace)


def test_a_forwarded_message_is_logged_on_whom_it_is_from(grace):
    ContactFactory(firstname="Ada", lastname="L", email="ada@example.com")

    log(FORWARDED)

    email = EmailMessage.objects.get()
    assert about(email) == ["Ada L"]
    assert (email.hs_email_direction, email.hs_email_from_email) == ("FORWARDED_EMAIL", "ada@example.com")


def test_a_message_is_logged_once_however_often_it_comes():
    ContactFactory(email="ada@example.com")

    results = [log(data).status for data in (PLAIN, PLAIN, b"Received: by mx2\r\n" + PLAIN)]

    assert results == [Status.LOGGED, Status.SEEN, Status.SEEN]
    assert EmailMessage.objects.count() == 1


def test_an_archived_email_is_not_logged_again():
    ContactFactory(email="ada@example.com")
    email = log(PLAIN).email
    record_services.archive_records([email.pk], by=by())

    assert log(PLAIN).status == Status.ARCHIVED
    assert EmailMessage.objects.count() == 1


def test_nothing_is_written_where_nobody_is_known():
    assert log(PLAIN).status == Status.NOBODY

    assert not Record.objects.exists()
    assert not Change.objects.exists()


def test_contacts_are_created_where_the_settings_say_so(settings, grace):
    settings.MAIL_CREATE_CONTACTS = True
    ContactFactory(firstname="Charles", lastname="B", email="charles@example.com")

    result = log(PLAIN)

    assert sorted(map(str, result.created)) == ["Ada Lovelace", "x@example.com", "y@example.com"]
    assert about(result.email) == ["Ada Lovelace", "Charles B", "x@example.com", "y@example.com"]
    assert not Contact.objects.filter(email__contains="kith.example").exists()
    assert {one.origin for one in result.created} == {"mail"}
    assert Change.objects.filter(origin="mail").count() == 1


@pytest.mark.parametrize(
    "sender", ["noreply@example.com", "MAILER-DAEMON@example.com", "do-not-reply@example.com"]
)
def test_no_contacts_are_created_for_programs(settings, sender):
    settings.MAIL_CREATE_CONTACTS = True

    assert log(message(sender, "log@kith.example")).status == Status.NOBODY


def test_an_archived_contact_is_not_created_again(settings):
    settings.MAIL_CREATE_CONTACTS = True
    gone = ContactFactory(email="ada@example.com")
    record_services.archive_records([gone.pk], by=by())

    assert log(message(to="log@kith.example")).status == Status.NOBODY
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Auto-Submitted": "auto-replied"}, Status.AUTOMATIC),
        ({"Precedence": "bulk"}, Status.AUTOMATIC),
        ({"X-Loop": "log@kith.example"}, Status.LOOP),
        ({"X-Loop": "kith"}, Status.LOOP),
        ({"X-Loop": "list@example.org"}, Status.LOGGED),
        ({"Auto-Submitted": "no"}, Status.LOGGED),
    ],
)
def test_a_mail_loop_ends_here(headers, status):
    ContactFactory(email="ada@example.com")

    assert log(message(headers=headers)).status == status


def test_a_message_that_goes_round_is_left_out():
    ContactFactory(email="ada@example.com")

    assert log(b"Received: by mx\n" * 51 + message()).status == Status.LOOP


def test_a_message_from_a_mailbox_to_itself_is_no_use_to_anybody(settings):
    settings.MAIL_CREATE_CONTACTS = True

    assert log(message("log@kith.example", "log@kith.example")).status == Status.NOBODY


def test_a_conversation_is_one_thread_in_whatever_order_it_comes():
    ContactFactory(email="ada@example.com")
    parts = [
        message(message_id="3@x", headers={"In-Reply-To": "<2@x>"}),
        message(message_id="4@x", headers={"In-Reply-To": "<3@x>"}),
        message(message_id="1@x"),
        message(message_id="2@x", headers={"References": "<1@x>"}),
        message(message_id="5@x", headers={"References": "<1@x> <2@x> <gone@x>", "In-Reply-To": "<gone@x>"}),
        message(message_id="other@x"),
    ]

    for part in parts:
        log(part)

    threads = dict(EmailMessage.objects.values_list("message_id", "thread"))
    assert threads == {**{f"{n}@x": "1@x" for n in range(1, 6)}, "other@x": "other@x"}


def test_a_message_of_the_future_happened_now_and_one_without_date_when_it_came():
    ContactFactory(email="ada@example.com")
    now = timezone.now()
    future = message().replace(b"Date: ", b"X-Date: ")
    log(b"Date: " + f"{now + timedelta(days=1):%d %b %Y %H:%M:%S +0000}".encode() + b"\n" + future)
    assert EmailMessage.objects.get().happened_at <= timezone.now()

    log(future.replace(b"m1@", b"m2@"), received_at=now - timedelta(days=9))
    assert EmailMessage.objects.get(message_id="m2@example.com").happened_at == now - timedelta(days=9)


def test_on_a_record_it_is_logged_whoever_takes_part_and_whatever_sent_it(grace):
    deal, ada = (
        DealFactory(dealname="Big deal"),
        ContactFactory(firstname="Ada", lastname="L", email="ada@example.com"),
    )
    stranger = message("x@example.org", "y@example.org", message_id="s@x", headers={"Precedence": "bulk"})

    assert log(stranger, about=deal).status == Status.LOGGED
    first = log(PLAIN).email
    assert log(PLAIN, about=deal).status == Status.ASSOCIATED
    assert log(PLAIN, about=deal).status == Status.SEEN

    assert about(first) == ["Ada L", "Big deal"]
    assert Association.objects.of(ada.pk).count() == 1


def test_many_recipients_cost_no_more_queries_than_some(django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(logging, "FOLLOWED", 3)

    def to_many(count, number):
        people = ContactFactory.create_batch(count)
        return message("x@example.org", ", ".join(one.email for one in people), message_id=f"{number}@x")

    log(to_many(2, 1))  # what is in memory
    few, many = to_many(4, 2), to_many(24, 3)
    with django_assert_max_num_queries(60) as counted:
        log(few)
    with django_assert_max_num_queries(len(counted)):
        log(many)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_who_log_a_message_at_once_one_does(settings):
    settings.MAIL_CREATE_CONTACTS = True

    results = at_once(*(lambda: log(message(to="log@kith.example")).status for _worker in range(6)))
    assert sorted(results) == [Status.LOGGED] + [Status.SEEN] * 5

    # Different ones of somebody new: the contact is created once.
    jobs = [
        lambda n=n: log(message("new@example.org", "log@kith.example", message_id=f"new{n}@x")).status
        for n in range(6)
    ]
    assert at_once(*jobs) == [Status.LOGGED] * 6
    assert Contact.objects.count() == 2
    assert EmailMessage.objects.count() == 7
