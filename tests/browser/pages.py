"""What several browser tests do on a page."""

from playwright.sync_api import Page, expect


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
