"""What several browser tests do on a page."""

from contextlib import suppress

from playwright.sync_api import Error, Page, expect

# Runs before all else in each page: says when the page is being left for another, from the click on.
LEAVING = """
    navigation.addEventListener("navigate", (event) => {
        window.isLeft = !event.destination.sameDocument && event.downloadRequest === null;
    });
"""
HAS_ARRIVED = """
    document.documentElement && !window.isLeft && document.readyState === "complete"
    && !document.querySelector(".htmx-request")
"""


def arrive(page: Page) -> None:
    """Wait until the page that was asked for last stands there as a whole; for what looks at all of it."""
    for _turn in range(500):
        with suppress(Error):  # the page went away meanwhile
            if page.evaluate(HAS_ARRIVED):
                return
        page.wait_for_timeout(20)  # wait_for_function needs eval, which the content security policy forbids
    raise AssertionError(f"{page.url} has not arrived.")


def section(page: Page, name: str):
    """Return a section of the sidebar."""
    return page.locator(f"#section-{name}")


def open_picker(page: Page, name: str) -> None:
    """Press Add in a section."""
    page.locator(f"#add-{name}").click()
    page.locator("#picker").wait_for()


def search_in_picker(page: Page, text: str, count: int) -> None:
    """Type into the picker's search, and wait until that many are found."""
    page.locator("#picker-q").fill(text)
    expect(page.locator(".option")).to_have_count(count)


def tick(page: Page, text: str, name: str) -> None:
    """Search in the picker and tick the one of that name."""
    search_in_picker(page, text, 1)
    page.locator(".option", has_text=name).locator("> label > input").check()
    expect(page.locator("#picker-chips .chip", has_text=name)).to_be_visible()


def focused(page: Page) -> str:
    """Return the id of the element that has the focus."""
    return page.evaluate("document.activeElement.id")
