"""The tabs of tasks that read as a person meets them, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", SIZES)
def test_sentiment(server: Server, visits, size: str) -> None:
    """Link with an example -> Read -> the views on the typed text -> the recipe's command and the code."""
    with visits(server.url + "/?task=sentiment&example=turned&checkpoint=gru.sst2", size) as page:
        text = page.get_by_label("Text", exact=True).first
        expect(text).to_have_value(
            "It promises a lot and looks wonderful, but in the end it is an empty bore."
        )
        click(page, "Read")
        expect(page.locator("#answer")).to_contain_text("negative", timeout=4 * PATIENCE)  # torch comes first
        text.fill("<b>lovely</b> film")
        click(page, "Read")
        expect(page.locator("#answer tbody tr").first).to_contain_text("positive")
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Look the words up")
        expect(page.get_by_text("1 at place").first).to_be_visible()
        fits(page)
        open_tab(page, "Word by word")
        click(page, "Read word by word")
        expect(page.get_by_text("In the end: positive").first).to_be_visible()
        open_tab(page, "Hidden state and gates")
        click(page, "Show what happens in the layer")
        expect(page.get_by_text("numbers that change most").first).to_be_visible()
        fits(page)
        open_tab(page, "Back through time")
        click(page, "Send the gradient back")
        expect(page.get_by_text("RNN, before training").first).to_be_visible()
        fits(page)
        open_tab(page, "The five shapes")
        click(page, "Draw it on my text")
        expect(page.get_by_text("Sequence to vector.").first).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.text_classification").first).to_be_visible()
        fits(page)


@pytest.mark.parametrize("size", SIZES)
def test_named_entities(server: Server, visits, size: str) -> None:
    """The lecture's sentence -> its people marked -> the tags of every word."""
    with visits(server.url + "/?task=named-entities&example=lecture", size) as page:
        click(page, "Find the names")
        expect(page.locator("#answer mark").first).to_contain_text("Harry Potter", timeout=4 * PATIENCE)
        fits(page)
        open_tab(page, "Look inside")
        open_tab(page, "Tags word by word")
        click(page, "Show the tags")
        expect(page.get_by_text("Tag in the best sequence").first).to_be_visible()
        fits(page)
        open_tab(page, "Both directions")
        click(page, "Show what happens in the layer")
        expect(page.get_by_text("numbers that change most").first).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.token_classification").first).to_be_visible()
