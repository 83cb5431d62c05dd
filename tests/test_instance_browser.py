"""The tab of instance segmentation as a person meets it, in headless Chromium, wide and on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from instance_folders import ours, sam
from server import Server

pytestmark = pytest.mark.browser
LINK = "/?task=instance-segmentation&checkpoint=local.tiny_mask_rcnn&example=cat"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """The app with tiny networks of every kind, opened as what was trained on this machine is."""
    models: Path = tmp_path_factory.mktemp("models")
    ours(models)
    sam(models / "tiny_sam")
    with Server(env={"HUB_WORKERS": "1", "HUB_LOCAL_MODELS": str(models)}) as running:
        yield running


def segmented(page) -> None:
    """Press Segment and see the objects."""
    expect(page.locator("img[src*='chelsea']").first).to_be_visible()
    page.get_by_label("number input for Confidence").fill("0.05")
    click(page, "Segment")
    expect(page.locator("#answer tbody tr").first).to_be_visible(
        timeout=4 * PATIENCE
    )  # torch is imported first


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> Segment -> sliders -> the views of Mask R-CNN, of the U-Net and of all."""
    with visits(server.url + LINK, size) as page:
        segmented(page)
        every_result_has_words(page)
        fits(page)
        page.get_by_label("number input for Mask threshold").fill("0.9")
        expect(page.locator("#answer")).to_contain_text("at least 0.90")
        page.get_by_label("number input for Confidence").fill("1")
        expect(page.locator("#answer")).to_contain_text("No object found")
        page.get_by_label("number input for Confidence").fill("0.05")
        open_tab(page, "Look inside")
        for name, button, words in (
            ("Proposals", "Propose regions", r"the 50 likeliest of"),
            ("RoI pooling and RoIAlign", "Read the region", r"the cells that RoI pooling takes instead"),
            ("From low resolution to pixels", "Find objects", r"28 x 28 values"),
            ("Look closer", "Look in both sizes", r"the demo takes this"),
            ("U-Net's way", "Take it apart", r"Grown over the border"),
            ("Semantic or instance", "Compare both", r"a colour and a number each"),
            ("Old and new side by side", "Compare", r"Tiny unet: \d+ objects"),
        ):
            open_tab(page, name)
            click(page, button)
            expect(page.locator("figcaption", has_text=re.compile(words)).first).to_be_visible(
                timeout=2 * PATIENCE
            )
            every_result_has_words(page)
            fits(page)
        open_tab(page, "Three losses")
        expect(page.get_by_text("No run of Mask R-CNN")).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        command = page.locator(
            ".cm-content", has_text="finetune.instance_segmentation"
        )  # Three losses has it too
        expect(command.locator("visible=true").first).to_be_visible()
        fits(page)


@pytest.mark.parametrize("size", SIZES)
def test_one_points_at_it(server: Server, visits, size: str) -> None:
    """Look, click, click beside, drag a box, take back, clear."""
    with visits(server.url + LINK, size) as page:
        open_tab(page, "Point at it")
        menu = page.get_by_label("Checkpoint").locator("visible=true").nth(1)
        menu.click()
        page.get_by_role("option", name=re.compile("Tiny SamModel")).click()
        click(page, "Look at the picture")
        sight = page.locator("#pointed")
        expect(sight).to_contain_text("0 points on the object", timeout=4 * PATIENCE)
        picture = page.locator("img.pointed")
        picture.click(position={"x": 60, "y": 50})
        expect(sight).to_contain_text("1 point on the object")
        expect(page.locator("#proposals tbody tr").first).to_be_visible()
        page.get_by_label("beside it").check()
        picture.click(position={"x": 20, "y": 20})
        expect(sight).to_contain_text("1 point on the object, 1 beside it")
        frame = picture.bounding_box()
        page.mouse.move(frame["x"] + 20, frame["y"] + 20)
        page.mouse.down()
        page.mouse.move(frame["x"] + 150, frame["y"] + 100, steps=4)
        page.mouse.up()
        expect(sight).to_contain_text("1 beside it, a box")
        every_result_has_words(page)
        fits(page)
        click(page, "Undo")
        expect(sight).to_contain_text("1 point on the object, 0 beside it, a box")
        page.get_by_label("x", exact=True).fill("99999")
        click(page, "Add this point")
        expect(page.get_by_text("Expected a point inside the picture")).to_be_visible()
        click(page, "Clear all points")
        expect(sight).to_contain_text("0 points on the object, 0 beside it")


def test_what_is_wrong_is_said(server: Server, visits) -> None:
    with visits(f"{server.url}/?task=instance-segmentation&checkpoint=local.tiny_mask_rcnn") as page:
        click(page, "Segment")
        expect(page.get_by_text("Expected a file, got none")).to_be_visible()
        open_tab(page, "Point at it")
        page.get_by_label("x", exact=True).fill("5")
        click(page, "Add this point")
        expect(page.get_by_text("Expected a picture to point at")).to_be_visible()
