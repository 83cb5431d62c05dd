"""The tab of translation as a person meets it, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser
SNOW = "/?task=translation&example=two%20dogs"


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> Translate -> translation and alignment; all views; the recipe's command."""
    with visits(server.url + SNOW, size) as page:
        click(page, "Translate")
        expect(page.locator("#answer")).to_contain_text(
            "ms on", timeout=4 * PATIENCE
        )  # torch is imported first
        expect(page.locator("#answer")).to_contain_text("chiens")
        expect(page.get_by_text("Where it looked: a row")).to_be_visible()
        fits(page)
        open_tab(page, "Look inside")
        for name, button, told in (
            ("Alignment", "Align", "All weights as numbers"),
            ("Four systems", "Compare", "Log probability a piece"),
            ("One vector", "Squeeze them", "Cosines between the vectors"),
            ("Encoder and decoder", "Draw it on my sentence", "At most 8 pieces of each sentence"),
            ("Beam search", "Search", "What has ended, best first"),
            ("Attention, step by step", "Compute the attention", "queries: what each piece looks for"),
            ("All heads and masks", "Show all heads", "The padding mask of a batch of two"),
        ):
            open_tab(page, name)
            click(page, button)
            expect(page.get_by_text(told).locator("visible=true").first).to_be_visible(timeout=4 * PATIENCE)
            fits(page)
        every_result_has_words(page)
        open_tab(page, "Positions")
        expect(page.get_by_text("40 positions, a row each")).to_be_visible()
        fits(page)
        open_tab(page, "Quality over length")
        expect(page.get_by_text("above 20 words").locator("visible=true").first).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.translation").first).to_be_visible()
        fits(page)
