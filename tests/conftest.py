"""What all tests share."""

import os
import shutil
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "No Chromium was found (tried CHROMIUM and {names}): the browser tests are LEFT OUT."


def chromium() -> str | None:
    """Return the path of a Chromium on this machine."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_collection_modifyitems(items):
    """Mark what drives a browser; without one leave it out, or fail where one is required."""
    missing = chromium() is None
    for item in items:
        if "browser" in Path(item.path).relative_to(Path(__file__).parent).parts[:1]:
            item.add_marker(pytest.mark.browser)
            if missing and not os.environ.get("REQUIRE_BROWSER"):
                item.add_marker(pytest.mark.skip(reason="no Chromium"))


def pytest_terminal_summary(terminalreporter):
    """Say loudly when browser tests were left out."""
    if chromium() is None:
        terminalreporter.section("BROWSER TESTS LEFT OUT", red=True, bold=True)
        terminalreporter.write_line(NO_BROWSER.format(names=", ".join(BROWSERS)), red=True, bold=True)


@pytest.fixture
def user(django_user_model):
    """A user who may sign in."""
    return django_user_model.objects.create_user("grace", password="correct horse battery")


@pytest.fixture
def signed_in(client, user):
    """A test client of a signed-in user."""
    client.force_login(user)
    return client
