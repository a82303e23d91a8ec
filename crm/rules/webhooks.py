"""Calls of webhooks: an outbox in the database, from which each is made until it is heard or given up.

Who makes a call takes it for a while first. Who dies in between leaves it to the next, so that a call may be
made twice and is never lost; its number lets the receiver tell.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress

from records.jobs import start
from records.models import Job, Record
from records.provenance import By, Origin

from . import values
from .models import WebhookCall

TAKEN = timedelta(minutes=2)  # longer than any receiver is waited for
# Until the next attempt, after each that failed; then the call is given up, a day and a half after the first.
PAUSES = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 480, 1_440)]
GONE = 410  # the status by which a receiver says that it wants no more
State = WebhookCall.State
logger = logging.getLogger(__name__)


def begin() -> None:
    """See to it that a worker makes the calls that are due, unless one is at it."""
    from .jobs import MakeCalls  # which needs this module

    if not Job.objects.filter(kind=MakeCalls.name, ended_at=None).exists():
        start(MakeCalls, by=By(None, Origin.RULE))


def begin_if_due() -> None:
    """Begin where calls are due, such as those that failed before."""
    if _due().exists():
        begin()


def _due() -> Any:
    return WebhookCall.objects.filter(state=State.WAITING, next_at__lte=timezone.now())


def make_due(limit: int, beat: Callable[[], object] = lambda: None) -> tuple[int, int]:
    """Make calls that are due, `limit` at most; return how many were heard and how many were not."""
    heard = missed = 0
    for pk in list(_due().order_by("next_at", "id").values_list("pk", flat=True)[:limit]):
        # The database lets one of two take it.
        if _due().filter(pk=pk).update(next_at=timezone.now() + TAKEN):
            if make(WebhookCall.objects.select_related("rule__run_as").get(pk=pk)):
                heard += 1
            else:
                missed += 1
        beat()
    return heard, missed


def make(call: WebhookCall) -> bool:
    """Make a call, and keep what came of it; return whether it was heard."""
    user = call.rule.run_as
    final = False
    if user is None or not user.is_active:
        call.answer, final, heard = _("The user as whom the rule runs has been deactivated."), True, False
    else:
        call.attempts += 1
        body = payload(call, user)
        heard, final, call.answer = _post(call, body)
    call.answer = call.answer[:200]
    if heard:
        call.state, call.sent_at = State.SENT, timezone.now()
    elif final or call.attempts > len(PAUSES):
        call.state = State.FAILED
    else:
        call.next_at = timezone.now() + PAUSES[call.attempts - 1]
    call.save(update_fields=["answer", "attempts", "state", "sent_at", "next_at"])
    return heard


def payload(call: WebhookCall, user: Any) -> bytes:
    """Return what a call says, as JSON: the records as the rule's user sees them now."""
    kind = call.rule.kind
    rows = kind.model.objects.visible_to(user).of_type(kind).filter(pk__in=call.record_ids)
    told = {
        "id": call.pk,
        "attempt": call.attempts,
        "rule": {"id": call.rule_id, "name": call.rule.name},
        "trigger": call.trigger,
        "object_type": kind.name,
        "records": [_told(record) for record in rows.select_related("owner").order_by("pk")],
    }
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False).encode()


def _told(record: Record) -> dict[str, Any]:
    kept = ((prop.name, values.kept(prop, prop.value_of(record))) for prop in record.kind.properties.values())
    return {
        "id": record.pk,
        "name": str(record),
        "url": f"{settings.SITE_URL.rstrip('/')}{record.get_absolute_url()}",
        "properties": {name: value for name, value in kept if value is not None},
    }


def signature(secret: str, at: int, body: bytes) -> str:
    """Return what a call is signed by: HMAC-SHA256 of the moment (seconds), a full stop and the body."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _post(call: WebhookCall, body: bytes) -> tuple[bool, bool, str]:
    """Post a call; return whether it was heard, whether another attempt is vain, and what was answered.

    Names are resolved once, and the connection made to what was checked (requests-hardened). Of the answer
    only its status is read.
    """
    at = int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Kith",
        "X-Kith-Call": str(call.pk),
        "X-Kith-Signature": f"t={at},v1={signature(call.secret, at, body)}",
    }
    timeout = settings.WEBHOOK_TIMEOUT
    config = Config(
        ip_filter_enable=not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES,
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(timeout, timeout),
    )
    try:
        with Manager(config).get_session() as session:
            session.trust_env = False  # no proxy and no password of this machine
            with session.post(call.url, data=body, headers=headers, stream=True) as response:
                status = response.status_code
    except InvalidIPAddress:
        return False, True, _("The address is this machine's or that of a private network.")
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, UnicodeError):
        return False, True, _("This is no address that can be called.")
    except requests.RequestException as error:
        return False, False, type(error).__name__
    return 200 <= status < 300, status == GONE, f"HTTP {status}"
