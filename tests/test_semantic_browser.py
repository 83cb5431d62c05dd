"""The tab of semantic segmentation as a person meets it, in headless Chromium, wide and on a phone."""

import re
from collections.abc import Iterator

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server
from tiny_segmenters import write_tiny

pytestmark = pytest.mark.browser
BUS = "/?task=semantic-segmentation&checkpoint=local.tiny_{}&example=bus"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """The app with a tiny network of each kind, opened as a visitor's own."""
    root = tmp_path_factory.mktemp("models")
    write_tiny(root)
    with Server(env={"HUB_WORKERS": "1", "HUB_LOCAL_MODELS": str(root)}) as running:
        yield running


def segmented(page) -> None:
    """Press Segment and see the map."""
    expect(page.locator("img[src*='bus']").first).to_be_visible()
    click(page, "Segment")
    expect(page.locator("#answer tbody tr").first).to_be_visible(
        timeout=4 * PATIENCE
    )  # torch is imported first


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> Segment -> opacity -> a click -> the views that every network has."""
    with visits(server.url + BUS.format("unet"), size) as page:
        segmented(page)
        every_result_has_words(page)
        fits(page)
        expect(page.locator("#answer")).to_contain_text("labels, enlarged to the picture's 1,080 x 810")
        page.get_by_label("number input for Opacity of the map").fill("0.2")
        expect(page.locator(".layers .map")).to_have_css("opacity", "0.2")
        layers = page.locator(".layers")
        layers.scroll_into_view_if_needed()
        box = layers.bounding_box()
        layers.click(position={"x": box["width"] / 2, "y": box["height"] / 4})
        expect(page.locator("#pixel")).to_contain_text(re.compile(r"Row 2[67]\d, column 40\d: "))
        expect(page.locator(".layers .mark")).to_be_visible()
        page.get_by_label("Row", exact=True).fill("1079")
        click(page, "Ask this pixel")
        expect(page.locator("#pixel")).to_contain_text("Row 1,079, column 40")
        expect(page.locator(".layers .map")).to_have_css(
            "opacity", "0.2"
        )  # the slider's value survives a new picture
        page.get_by_label("Row", exact=True).fill("1080")
        click(page, "Ask this pixel")
        expect(page.get_by_text("Expected a row from 0 to 1079")).to_be_visible()
        open_tab(page, "Look inside")
        click(page, "Show the maps of all classes")
        expect(page.get_by_text("the largest at").first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Encoder and decoder")
        click(page, "Show the stages")
        expect(page.get_by_text("From the picture down, and up again")).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Skip connections")
        click(page, "Cut the others")
        expect(page.get_by_text("of the pixels have another class").first).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.semantic_segmentation").first).to_be_visible()
        fits(page)


@pytest.mark.parametrize("size", SIZES)
def test_views_of_pooling_and_transposed_convolution(server: Server, visits, size: str) -> None:
    with visits(server.url + BUS.format("segnet"), size) as page:
        expect(page.locator("img[src*='bus']").first).to_be_visible()
        open_tab(page, "Look inside")
        open_tab(page, "Switches and unpooling")
        click(page, "Pool and unpool")
        expect(page.get_by_text("The encoder's map, rows").first).to_be_visible(timeout=4 * PATIENCE)
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Transposed convolution")
        click(page, "Next stamp")
        expect(page.get_by_text("After stamp 2 of 4").first).to_be_visible()
        click(page, "Take the numbers from my picture's coarsest map")
        expect(page.get_by_text("After stamp 9 of 9").first).to_be_visible()
        expect(page.get_by_text("conv_transpose2d differs by at most").first).to_be_visible()
        fits(page)
        open_tab(page, "A window for every pixel")
        click(page, "Label both ways")
        expect(page.get_by_text("The naive way takes")).to_be_visible()
        every_result_has_words(page)
        fits(page)


def test_what_is_wrong_is_said(server: Server, visits) -> None:
    with visits(f"{server.url}/?task=semantic-segmentation&checkpoint=local.tiny_enet") as page:
        click(page, "Segment")
        expect(page.get_by_text("Expected a file, got none")).to_be_visible()
        click(page, "Ask this pixel")
        expect(page.get_by_text("Press Segment first")).to_be_visible()
        click(page, "bus")
        segmented(page)


def test_a_clip_goes_through_with_frames_a_second(server: Server, visits) -> None:
    with visits(server.url + BUS.format("enet")) as page:
        expect(page.locator("img[src*='bus']").first).to_be_visible()
        open_tab(page, "A clip or the camera")
        expect(page.get_by_label("Checkpoint for clips and the camera")).to_be_visible()
        click(page, "pan over the picture of Try it")
        expect(page.locator("video[src*='pan']").first).to_be_visible()
        click(page, "Go through the clip")
        expect(page.locator("#passage")).to_contain_text(
            re.compile(r"\d+ frames in .* a second"), timeout=4 * PATIENCE
        )
        expect(page.get_by_text("Over time")).to_be_visible()
        fits(page)
