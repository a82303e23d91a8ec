"""What the tests of mail share."""

import os

import pytest

from tests.crm.mail.dovecot import DOVECOT, Dovecot


@pytest.fixture(autouse=True)
def mail_settings(settings):
    """Nothing is read from the environment; the mailbox is known by one address."""
    settings.MAIL_URL = ""
    settings.MAIL_SINCE = settings.MAIL_CA_FILE = ""
    settings.MAIL_BCC_ADDRESS = ["log@kith.example"]
    settings.MAIL_CREATE_CONTACTS = False


@pytest.fixture
def grace(django_user_model):
    """A user with an address."""
    return django_user_model.objects.create_user("grace", email="Grace@kith.example", first_name="Grace")


def pytest_collection_modifyitems(items):
    """Leave out what needs an IMAP server where there is none, or fail where one is required."""
    if DOVECOT is not None:
        return
    if os.environ.get("REQUIRE_IMAP"):
        raise pytest.UsageError("No dovecot was found. Install one, such as Debian's package dovecot-imapd.")
    for item in items:
        if {"dovecot", "secure_dovecot"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.skip(reason="no dovecot (Debian's package dovecot-imapd)"))


@pytest.fixture
def dovecot(settings):
    """An IMAP server with an empty mailbox, which the settings name."""
    server = Dovecot()
    settings.MAIL_URL = server.url
    yield server
    server.stop()


@pytest.fixture
def secure_dovecot():
    """An IMAP server that encrypts, under a certificate that nobody knows."""
    server = Dovecot(tls=True)
    yield server
    server.stop()
