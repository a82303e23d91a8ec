"""A real Chromium against a live server, each page signed in. Any script error, violation of the content
security policy, 5xx or request to another host fails the test."""

import os
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from playwright.sync_api import sync_playwright

from tests.browser.pages import LEAVING
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
PASSWORD = "correct horse battery"
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
def problems():
    """What the pages of a test did wrong; a test that makes trouble on purpose looks at it and clears it."""
    return []


@pytest.fixture
def grace(live_server, django_db_serialized_rollback):
    """The user who is signed in."""
    user = UserFactory(username="grace", is_staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def open_page(browser, live_server, client, grace, problems):
    """Return a function that opens a signed-in page with the given options of a browser context."""
    contexts = []
    client.force_login(grace)

    def watch(response) -> None:
        if response.status >= 500:
            problems.append(f"{response.status} {response.url}")
        if urlsplit(response.url).scheme in ("http", "https") and not response.url.startswith(
            live_server.url
        ):
            problems.append(f"a request left the house: {response.url}")

    def listen(said) -> None:
        # A refused form is a 422; a search that a newer one replaces, htmx calls an error.
        expected = ("status of 422", "htmx:afterRequest", "htmx:sendAbort", "htmx:xhr:abort")
        if said.type == "error" and not any(text in said.text for text in expected):
            problems.append(said.text)

    def open_one(**options):
        # Without motion nothing is measured or pressed half-way in.
        context = browser.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        contexts.append(context)
        context.add_init_script(LEAVING)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on("console", listen)
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
