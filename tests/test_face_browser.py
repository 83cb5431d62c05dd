"""The tab of face recognition as a person meets it, in headless Chromium, wide and on a phone."""

from pathlib import Path

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import ROOT, Server

pytestmark = pytest.mark.browser
ADDRESS = "/?task=face-recognition&checkpoint=siamese.orl"
AGAIN = ROOT / "hub_models" / "examples" / "face_again.jpg"


def give(page, number: int, name: str, what: str) -> None:
    """Press the example `name` below the `number`th place for a face."""
    page.get_by_role("button", name=name, exact=True).locator("visible=true").nth(number).click()
    expect(page.locator(f'img[alt^="{what}"]')).to_be_visible(timeout=4 * PATIENCE)  # torch is imported first


def uploads(server: Server) -> list[Path]:
    return [path for path in (server.temp / "uploads").rglob("*") if path.suffix in (".jpg", ".png", ".webp")]


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Consent -> an example and an upload -> verdict with error rates -> enrol and recognise -> every view."""
    with visits(server.url + ADDRESS, size) as page:
        expect(page.get_by_role("button", name="Compare", exact=True)).to_be_hidden()
        page.locator("#consent input").check()
        give(page, 0, "astronaut", "First picture")
        page.locator("input[type=file]").nth(1).set_input_files(AGAIN)
        expect(page.locator('img[alt^="Second picture"]')).to_be_visible()
        assert uploads(server) == []  # read, and removed
        click(page, "Compare")
        expect(page.locator("#answer")).to_contain_text(
            "of pairs of different people are taken for one person"
        )
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Recognise: who is it?")
        give(page, 0, "two men", "Face to enrol")
        page.get_by_label("Name (a nickname is enough)").fill("<b>Zinedine</b>")
        click(page, "Enrol")
        expect(page.locator("#enrolled")).to_contain_text("<b>Zinedine</b>")
        give(page, 1, "two men", "Face to recognise")
        click(page, "Who is it?")
        expect(page.locator("#who")).to_contain_text("Probably <b>Zinedine</b>")
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Show")
        expect(page.get_by_text("Squared distances (equation 9.2)")).to_be_visible()
        fits(page)
        for name, button, words in (
            ("Threshold and ROC", "Show for this checkpoint", "Equal error rate"),
            ("Harder pictures", "Draw the four curves", "Squared distances: blur"),
            ("Which pixels count", "Show", "Covering changes it by"),
            ("Old and new side by side", "Compare", "one person"),
        ):
            open_tab(page, name)
            click(page, button)
            expect(page.get_by_text(words).locator("visible=true").first).to_be_visible()
            fits(page)
        open_tab(page, "Fine-tune")
        expect(page.locator(".cm-content", has_text="finetune.face_recognition").first).to_be_visible()
        fits(page)
        open_tab(page, "Try it")
        click(page, "Forget everyone and all pictures")
        expect(page.locator("#enrolled")).to_contain_text("Nobody is enrolled")
    assert uploads(server) == []
    assert "Zinedine" not in server.log()
