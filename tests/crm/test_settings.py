"""How the site is set up: by environment variables, with an embedded database opened the right way."""

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection, transaction

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own settings")


def setting(expression: str, **environment: str) -> str:
    """Return what an expression over the settings gives in a process with these environment variables."""
    code = f"from crm import settings; print(({expression}))"
    outcome = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return outcome.stdout.strip()


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("", "sqlite3", "kith.sqlite3"),
        ("sqlite:////tmp/other.sqlite3", "sqlite3", "other.sqlite3"),
        ("postgres://kith:secret@db.example.com:5433/crm", "postgresql", "crm"),
    ],
)
def test_database_url_says_where_the_database_is_and_empty_means_embedded(url, engine, name):
    shown = setting(
        "settings.DATABASES['default']['ENGINE'], settings.DATABASES['default']['NAME']", DATABASE_URL=url
    )

    assert shown.endswith(f"{name}')")
    assert engine in shown


def test_behind_https_cookies_are_secure():
    shown = setting("settings.SESSION_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 0", BEHIND_HTTPS="1")

    assert shown == "(True, True)"


@pytest.mark.django_db
@on_sqlite
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 20_000)],
)
def test_sqlite_is_opened_the_right_way(pragma, value):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone()[0] == value


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@on_sqlite
def test_a_transaction_on_sqlite_takes_its_write_lock_before_it_reads():
    with (
        transaction.atomic(),
        contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")
