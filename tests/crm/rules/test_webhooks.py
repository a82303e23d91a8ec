"""Webhooks: signed, made until they are heard, and never to private addresses unless a setting allows it."""

import hashlib
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from crm.rules import webhooks
from crm.rules.models import WebhookCall
from records import services as record_services
from tests.crm.rules.making import kind, make_rule
from tests.factories import ContactFactory, by

pytestmark = pytest.mark.django_db


class Receiver(HTTPServer):
    """Hears calls on this machine, and answers with what it is told to."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard, self.answers = [], []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.headers, body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def allowed(settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    settings.WEBHOOK_TIMEOUT = 2
    settings.SITE_URL = "https://kith.example"


def test_a_rule_calls_with_what_the_record_is_like_signed(receiver, allowed, committed):
    rule = make_rule("contacts", ("webhook", {"url": receiver.url, "secret": "s3cret"}), name="Tell")
    with committed():
        ada = record_services.create_record(
            kind("contacts"), {"firstname": "Ada", "lastname": "Lovelace"}, by=by()
        )
    ((headers, body),) = receiver.heard
    told = json.loads(body)
    assert (told["rule"], told["trigger"]) == ({"id": rule.pk, "name": "Tell"}, "created")
    (record,) = told["records"]
    assert record["id"] == ada.pk
    assert record["properties"]["lastname"] == "Lovelace"
    assert record["url"] == f"https://kith.example/records/contacts/{ada.pk}/"
    at, signed = (part.partition("=")[2] for part in headers["X-Kith-Signature"].split(","))
    assert signed == hmac.new(b"s3cret", at.encode() + b"." + body, hashlib.sha256).hexdigest()
    call = WebhookCall.objects.get()
    assert (call.state, call.answer, headers["X-Kith-Call"]) == ("sent", "HTTP 200", str(call.pk))


def make_call(url, **values):
    rule = make_rule("contacts", ("webhook", {"url": url, "secret": "s"}))
    return WebhookCall.objects.create(
        rule=rule, url=url, secret="s", record_ids=[ContactFactory().pk], **values
    )


def test_a_call_that_fails_is_tried_again_later_and_given_up_in_the_end(receiver, allowed):
    receiver.answers = [500, 302] + [503] * 20
    call = make_call(receiver.url)
    assert webhooks.make_due(10) == (0, 1)
    assert webhooks.make_due(10) == (0, 0)  # not before it is due
    for _attempt in webhooks.PAUSES:
        WebhookCall.objects.filter(state="waiting").update(next_at=timezone.now() - timedelta(seconds=1))
        webhooks.make_due(10)
    call.refresh_from_db()
    assert (call.state, call.attempts, call.answer) == ("failed", len(webhooks.PAUSES) + 1, "HTTP 503")
    assert len(receiver.heard) == call.attempts  # a redirection is not followed

    receiver.answers = [410]
    gone = make_call(receiver.url)
    webhooks.make_due(10)
    gone.refresh_from_db()
    assert (gone.state, gone.attempts) == ("failed", 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://0.0.0.0:{port}/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00::1]/",
    ],
)
def test_this_machine_and_private_networks_are_not_called(receiver, url):
    call = make_call(url.format(port=receiver.server_port))
    assert webhooks.make_due(10) == (0, 1)
    call.refresh_from_db()
    assert receiver.heard == []
    assert (call.state, "private network" in call.answer) == ("failed", True)


def test_nothing_is_told_as_a_user_who_was_deactivated(receiver, allowed):
    call = make_call(receiver.url)
    call.rule.run_as.is_active = False
    call.rule.run_as.save()
    webhooks.make_due(10)
    call.refresh_from_db()
    assert (call.state, receiver.heard) == ("failed", [])
