"""The tab of object detection as a person meets it, in headless Chromium, wide and on a phone."""

import re

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser
BLOOD = "/?task=object-detection&example=blood%201"


def detected(page) -> None:
    """Press Detect and see the cells."""
    expect(page.locator("img[src*='blood_1']").first).to_be_visible()
    click(page, "Detect")
    expect(page.locator("#answer tbody tr").first).to_be_visible(
        timeout=4 * PATIENCE
    )  # torch is imported first


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> Detect -> sliders -> the views that every detector has."""
    with visits(server.url + BLOOD, size) as page:
        detected(page)
        every_result_has_words(page)
        fits(page)
        before = page.locator("#answer tbody tr").count()
        page.get_by_label("number input for Confidence").fill("0.95")
        expect(page.locator("#answer")).to_contain_text("at least 95% certain")
        assert page.locator("#answer tbody tr").count() < before
        open_tab(page, "Look inside")
        click(page, "Show the raw boxes")
        expect(page.get_by_text(re.compile(r"^All \d+ boxes")).first).to_be_visible()
        click(page, "Next step")
        expect(page.get_by_text(re.compile("Less certain than the threshold")).first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Precision and recall")
        click(page, "Judge the predictions")
        expect(page.get_by_text("mAP (8.5)")).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.object_detection").first).to_be_visible()
        fits(page)


def test_boxes_are_dragged(server: Server, visits) -> None:
    """Box A is moved, then its corner; the fields and the areas follow."""
    with visits(server.url + BLOOD) as page:
        open_tab(page, "Look inside")
        open_tab(page, "IoU of two boxes")
        click(page, "Start on my picture")
        svg = page.locator("svg.overlap")
        expect(svg).to_be_visible()
        first = page.get_by_label("Box A: x0")
        expect(first).to_have_value("160, 96, 384, 312")
        place = svg.bounding_box()
        scale = place["width"] / 640

        def drag(start: tuple[float, float], by: tuple[float, float]) -> None:
            x, y = place["x"] + start[0] * scale, place["y"] + start[1] * scale
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + by[0] * scale, y + by[1] * scale, steps=4)
            page.mouse.up()

        drag((200, 120), (64, 32))
        expect(first).to_have_value("224, 128, 448, 344")
        drag((448, 344), (64, 40))
        expect(first).to_have_value("224, 128, 512, 384")
        expect(page.locator(".says")).to_have_text("intersection 55296, union 73728, IoU 0.750")
        first.fill("10, 10, 5, 5")
        first.press("Enter")
        expect(page.get_by_text("Expected x0 < x1 and y0 < y1")).to_be_visible()


def test_what_is_wrong_is_said(server: Server, visits) -> None:
    with visits(f"{server.url}/?task=object-detection") as page:
        click(page, "Detect")
        expect(page.get_by_text("Expected a file, got none")).to_be_visible()
        click(page, "blood 1")
        detected(page)


def test_a_failure_is_shown_with_one_click(server: Server, visits) -> None:
    """The coins come with their checkpoint and thresholds, and are found."""
    with visits(server.url + BLOOD) as page:
        click(page, "Where it goes wrong, and why ▼")
        click(page, "Show me")
        expect(page.locator("img[src*='coins']").first).to_be_visible()
        expect(page.locator("#answer")).to_contain_text("RBC")
        every_result_has_words(page)
