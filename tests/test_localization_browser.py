"""The tab of localization as a person meets it, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser
CELL = "/?task=localization&example=white%20cell"


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> Localize -> vector, loss with a truth of one's own, evidence -> the recipe's command."""
    with visits(server.url + CELL, size) as page:
        expect(page.locator("img[src*='cell_white']").first).to_be_visible()
        click(page, "Localize")
        expect(page.locator("#answer")).to_contain_text(
            "One WBC", timeout=4 * PATIENCE
        )  # torch is imported first
        assert page.locator("#answer tbody tr").count() == 8
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Show the vector")
        expect(page.get_by_label("Equation 8.1")).to_contain_text("b_h")
        every_result_has_words(page)
        fits(page)
        open_tab(page, "The loss (8.2)")
        click(page, "Ask the network")
        expect(page.get_by_text("case y₁ = 1")).to_be_visible()
        page.get_by_label("number input for Left side").fill("90")
        expect(page.get_by_text("Expected a box with left < right")).to_be_visible()
        page.get_by_label("number input for Left side").fill("30")
        expect(page.get_by_text("The answer and the truth: IoU").first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Evidence")
        click(page, "Show the evidence")
        expect(page.get_by_text("by Grad-CAM").first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.localization").first).to_be_visible()
        fits(page)
