"""The tab of language models as a person meets it, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser
ROMEO = "/?task=language-model&example=Romeo"


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> Write -> coloured text and figures; two texts; all views; the recipe's command."""
    with visits(server.url + ROMEO, size) as page:
        click(page, "Write")
        expect(page.get_by_text("steps a second")).to_be_visible(
            timeout=4 * PATIENCE
        )  # torch is imported first
        expect(page.locator("#answer")).to_contain_text("ROMEO:")
        assert page.locator("#answer span[title*='guess']").count() > 100
        fits(page)
        page.get_by_text("Which of two texts is more probable?").click()
        click(page, "Compare")
        expect(page.get_by_text("text is more probable, by a factor of e")).to_be_visible()
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Show what it expects")
        expect(page.get_by_text("Expected after it")).to_be_visible()
        fits(page)
        open_tab(page, "Ways of choosing")
        click(page, "Continue in every way")
        expect(page.get_by_text("beam search, 4 beams")).to_be_visible(timeout=4 * PATIENCE)
        fits(page)
        open_tab(page, "Hidden state and gates")
        click(page, "Show what happens in the layer")
        expect(page.locator("table.heat").first).to_be_visible()
        fits(page)
        open_tab(page, "Attention, step by step")
        click(page, "Compute the attention")
        expect(page.get_by_text("queries: what each character looks for")).to_be_visible()
        fits(page)
        open_tab(page, "All heads and positions")
        click(page, "Show all heads")
        expect(page.locator("img[alt*='Layer 1, head 1']")).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "RNN against Transformer")
        click(page, "Measure")
        expect(page.get_by_role("columnheader", name="Weights of attention")).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.language_model").first).to_be_visible()
        fits(page)
