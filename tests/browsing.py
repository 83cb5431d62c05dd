"""A headless Chromium that meets the app as a person does, and what tests do with a page."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect, Page, Browser = sync_api.expect, sync_api.Page, sync_api.Browser

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
PATIENCE = 60_000  # milliseconds: the machine may be busy with other work
expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """A running browser; without one the test is skipped, but not in CI."""
    with sync_api.sync_playwright() as play:
        bundled = Path(play.chromium.executable_path)
        found = next((path for path in (CHROMIUM, bundled) if path.exists()), None)
        if found is None and os.environ.get("CI") != "true":
            pytest.skip("Chromium is missing: set CHROMIUM, or run `playwright install chromium`")
        running = play.chromium.launch(executable_path=found, args=[*QUIET, *options])
        yield running
        running.close()


def visitor(browser: Browser, screenshot: Path) -> Callable:
    """`visit(url, size, **context)` opens a page that must ask nothing of other machines and leave no error.

    A failing one is photographed.
    """

    @contextmanager
    def visit(url: str, size: str | tuple[int, int] = "wide", **context_options: object) -> Iterator[Page]:
        width, height = SIZES[size] if isinstance(size, str) else size
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **context_options)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        errors, foreign = [], []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda r: foreign.append(r.url) if elsewhere(r.url) else None)
        try:
            page.goto(url)
            yield page
            assert foreign == []
            assert errors == []
        except BaseException:
            page.screenshot(path=screenshot, full_page=True)
            print(f"screenshot: {screenshot}")
            raise
        finally:
            context.close()

    return visit


def elsewhere(url: str) -> bool:
    parts = urlparse(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1"


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).locator("visible=true").first.click()


def open_tab(page: Page, name: str) -> None:
    """A tab of the frame, which on a phone may hide behind the menu of the tabs that found no room."""
    shown = page.get_by_role("tab", name=name, exact=True).locator("visible=true")
    if shown.count() == 0:
        for more in page.locator(".overflow-menu > button").locator("visible=true").all():
            more.click()
            entry = page.locator(".overflow-dropdown button", has_text=name).locator("visible=true")
            if entry.count():
                entry.first.click()
                return
            more.click()
    shown.first.click()


def every_result_has_words(page: Page) -> None:
    pictures = page.locator("figure.result img").locator("visible=true")
    assert pictures.count() > 0
    for picture in pictures.all():
        assert len(picture.get_attribute("alt") or "") > 10


def fits(page: Page) -> None:
    """The page itself is not wider than the screen; wide tables scroll in their own frame."""
    wide = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.body.scrollWidth, window.innerWidth]"
    )
    assert max(wide[:2]) <= wide[2], wide
