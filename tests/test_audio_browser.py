"""The tab of audio classification as a person meets it, in headless Chromium, wide and on a phone."""

from collections.abc import Iterator

import pytest
from browsing import PATIENCE, SIZES, Browser, chromium, click, expect, fits, open_tab
from hostile_sounds import saved, tone
from server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    """With a microphone that hears a tone."""
    file = tmp_path_factory.mktemp("microphone") / "tone.wav"
    file.write_bytes(saved(tone(3.0, 48_000), 48_000))
    with chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}",
    ) as running:
        yield running


@pytest.mark.parametrize("size", SIZES)
def test_a_sound(server: Server, visits, size: str) -> None:
    """Link with an example -> Listen -> the views on that sound -> the recipe's command."""
    with visits(server.url + "/?task=audio-classification&example=seven", size) as page:
        click(page, "Listen")
        expect(page.locator("#answer")).to_contain_text("seven", timeout=4 * PATIENCE)  # torch comes first
        expect(page.get_by_text("the input of the first convolution").first).to_be_visible()
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Draw the spectrogram")
        expect(page.get_by_text("129 bins").first).to_be_visible()
        fits(page)
        open_tab(page, "One frame by hand")
        click(page, "Take this frame apart")
        expect(page.get_by_text("The strongest, in falling order").first).to_be_visible()
        fits(page)
        open_tab(page, "Filters and feature maps")
        click(page, "Show filters and layers")
        expect(page.get_by_text("multiplications for this sound").first).to_be_visible()
        expect(page.get_by_text("most active of").first).to_be_visible()
        fits(page)
        open_tab(page, "Where is the evidence?")
        click(page, "Show the evidence")
        expect(page.get_by_text("Evidence for seven").first).to_be_visible()
        fits(page)
        open_tab(page, "Hide and disturb")
        click(page, "Ask again")
        expect(page.get_by_text("loses without it").first).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.audio_classification").first).to_be_visible()
        fits(page)


def test_the_microphone(server: Server, visits) -> None:
    """It hears a tone: pieces come, are read, and something is said of them."""
    with visits(server.url + "/?task=audio-classification", permissions=["microphone"]) as page:
        page.get_by_role("tab", name="Live: spot words").click(timeout=2 * PATIENCE)
        heard = page.locator("#words [role=status]")
        click(page, "Record")
        try:
            expect(heard).to_contain_text("dB", timeout=2 * PATIENCE)
        except AssertionError:  # a browser on a busy machine may lose a recording: one presses again
            click(page, "Stop")
            click(page, "Record")
            expect(heard).to_contain_text("dB", timeout=4 * PATIENCE)
