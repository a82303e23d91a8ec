"""A real Chromium against a live server, each page signed in. Any script error, violation of the content
security policy, 5xx or request to another host fails the test."""

import os
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from playwright.sync_api import sync_playwright

from tests.conftest import chromium
from tests.factories import UserFactory

# Playwright's loop runs in this thread; Django would take the tests' own queries for asynchronous ones.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    # Django keeps its connections apart for code under an event loop, and playwright's runs from here on:
    # the one that set up the test database goes along, with what it remembers to restore after each test.
    connection = connections[DEFAULT_DB_ALIAS]
    with sync_playwright() as playwright:
        connections[DEFAULT_DB_ALIAS] = connection
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, live_server, django_db_serialized_rollback, client):
    """Return a function that opens a signed-in page with the given options of a browser context."""
    problems: list[str] = []
    contexts = []
    user = UserFactory(username="grace", is_staff=True, is_superuser=True)
    client.force_login(user)

    def watch(response) -> None:
        if response.status >= 500:
            problems.append(f"{response.status} {response.url}")
        if urlsplit(response.url).scheme in ("http", "https") and not response.url.startswith(
            live_server.url
        ):
            problems.append(f"a request left the house: {response.url}")

    def open_one(**options):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on(
            "console",
            lambda said: said.type == "error" and "422" not in said.text and problems.append(said.text),
        )
        page.on("response", watch)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def desktop(open_page):
    """A page at 1440×900."""
    return open_page(**DESKTOP)


@pytest.fixture
def phone(open_page):
    """A page on a phone, 390×844 with touch."""
    return open_page(**PHONE)


@pytest.fixture
def no_script(open_page):
    """A page at 1440×900 with JavaScript off."""
    return open_page(java_script_enabled=False, **DESKTOP)
