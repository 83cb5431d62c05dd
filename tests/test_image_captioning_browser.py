"""The tab of image captioning as a person meets it, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser
LINK = "/?task=image-captioning&checkpoint=caption_attention.flickr8k&example=bus"


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_is_described_and_looked_into(server: Server, visits, size: str) -> None:
    """Link with an example -> Describe -> where it looks -> without the picture -> the command of the recipe."""
    with visits(server.url + LINK, size) as page:
        expect(page.locator("img[src*='bus']").first).to_be_visible()
        click(page, "Describe")
        expect(page.locator("#answer .caption")).to_be_visible(timeout=4 * PATIENCE)
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Show where it looks")
        expect(page.locator("#looks img").first).to_be_visible(timeout=4 * PATIENCE)
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Without the picture")
        click(page, "Take the picture away")
        expect(page.locator("#prior")).to_contain_text("Without:", timeout=4 * PATIENCE)
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.image_captioning").first).to_be_visible()
        fits(page)
