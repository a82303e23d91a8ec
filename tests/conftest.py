"""What all tests share."""

import os
import shutil
from pathlib import Path

import pytest

from tests import quick_flush

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = f"No Chromium was found (tried $CHROMIUM, {', '.join(BROWSERS)})."


def chromium() -> str | None:
    """Return the path of a Chromium on this machine."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_collection_modifyitems(config, items):
    """Mark what drives a browser; without one leave it out, or fail where one is required."""
    driving = [item for item in items if Path(__file__).parent / "browser" in Path(item.path).parents]
    missing = bool(driving) and chromium() is None
    if missing and os.environ.get("REQUIRE_BROWSER"):
        raise pytest.UsageError(
            f"{NO_BROWSER} Install one, such as Debian's package chromium, or set CHROMIUM."
        )
    for item in driving:
        item.add_marker(pytest.mark.browser)
        if missing:
            item.add_marker(pytest.mark.skip(reason="no Chromium"))


def pytest_terminal_summary(terminalreporter):
    """Say loudly when browser tests were left out."""
    if chromium() is None:
        terminalreporter.section("BROWSER TESTS LEFT OUT", red=True, bold=True)
        terminalreporter.write_line(f"{NO_BROWSER} The tests that drive it did not run.", red=True, bold=True)


@pytest.fixture(scope="session", autouse=True)
def flushes_are_quick():
    """Spare the tests with transactions of their own most of the time between them."""
    quick_flush.install()


@pytest.fixture
def user(django_user_model):
    """A user who may sign in."""
    return django_user_model.objects.create_user("grace", password="correct horse battery")


@pytest.fixture
def signed_in(client, user):
    """A test client of a signed-in user."""
    client.force_login(user)
    return client
