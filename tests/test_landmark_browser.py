"""The tab of face landmarks as a person meets it, in headless Chromium, wide and on a phone."""

import re

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser
ASTRONAUT = "/?task=face-landmarks&example=astronaut"


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> consent -> points -> what is drawn -> maps, shifts, alignment, trouble, both networks."""
    with visits(server.url + ASTRONAUT, size) as page:
        expect(page.get_by_label("Faces are personal data", exact=False)).to_be_visible()
        expect(page.get_by_role("button", name="Find the points")).to_be_hidden()
        page.get_by_label("Faces are personal data", exact=False).check()
        expect(page.locator("img[src*='astronaut']").first).to_be_visible()
        click(page, "Find the points")
        expect(page.locator("#answer")).to_contain_text("with 68 points each", timeout=4 * PATIENCE)
        expect(page.locator("#upright img").first).to_be_visible()
        before = page.locator("#points img").get_attribute("src")
        page.get_by_label("lines", exact=True).uncheck()
        expect(page.locator("#points img")).not_to_have_attribute("src", before)
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Show the maps")
        expect(page.get_by_text("Soft-argmax: row =")).to_be_visible()
        page.get_by_label("number input for Point").fill("8")
        expect(page.get_by_text("Point 8, jaw")).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Regression from the mean face")
        click(page, "Show the shifts")
        expect(page.get_by_text("The shifts:")).to_be_visible()
        open_tab(page, "Upright faces")
        click(page, "Align the face")
        expect(page.get_by_text(re.compile("^Turned by"))).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Harder pictures")
        click(page, "Take the largest face")
        expect(page.get_by_text("The points moved by").first).to_be_visible()
        fits(page)
        open_tab(page, "Old and new side by side")
        click(page, "Compare")
        expect(page.get_by_text("2013, Landmark regression").first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.face_landmarks").first).to_be_visible()
        fits(page)
