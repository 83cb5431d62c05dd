"""The tab of visual question answering as a person meets it, in headless Chromium, wide and on a phone."""

import pytest
from browsing import PATIENCE, SIZES, click, every_result_has_words, expect, fits, open_tab
from server import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", SIZES)
def test_visual_question_answering(server: Server, visits, size: str) -> None:
    """Example and question -> Ask -> a drawing of one's own -> each view -> the recipe's command and the code."""
    with visits(server.url + "/?task=visual-question-answering&example=circle", size) as page:
        question = page.get_by_label("Question", exact=True).first
        expect(question).to_have_value("what color is the shape?")
        click(page, "Ask")
        answer = page.locator("#answer tbody tr").first
        expect(answer).to_contain_text("blue", timeout=4 * PATIENCE)  # torch comes first
        fits(page)
        page.get_by_text("Draw one", exact=True).click()
        click(page, "Draw it")
        question.fill("what colour is the <b>shape</b>?")
        click(page, "Ask")
        expect(page.locator("#answer")).to_contain_text("colour", timeout=PATIENCE)
        question.fill("what color is the triangle?")
        click(page, "Ask")
        expect(answer).to_contain_text("green", timeout=PATIENCE)
        fits(page)
        open_tab(page, "Look inside")
        click(page, "Show where it looks")
        expect(page.get_by_text("Where the question looks").first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Words and answers")
        click(page, "Weigh the words")
        expect(page.get_by_text("Orange words speak for").first).to_be_visible()
        fits(page)
        open_tab(page, "Fusion in numbers")
        click(page, "Fuse them")
        expect(page.get_by_text("Bilinear: 4 x 4 products").first).to_be_visible()
        fits(page)
        open_tab(page, "Without one of the two")
        click(page, "Take one away")
        expect(page.get_by_text("Drawings made now: 24").first).to_be_visible()
        fits(page)
        open_tab(page, "Many questions")
        click(page, "Ask all of them")
        expect(page.get_by_text("One picture.").first).to_be_visible()
        fits(page)
        open_tab(page, "Many pictures")
        click(page, "Ask it of many pictures")
        expect(page.get_by_text("asked of drawings made now").first).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Side by side")
        click(page, "Compare")
        expect(page.get_by_text("VQA, bilinear", exact=True).locator("visible=true").first).to_be_visible()
        fits(page)
        open_tab(page, "Fine-tune")
        expect(
            page.locator(".cm-content", has_text="finetune.visual_question_answering").first
        ).to_be_visible()
        fits(page)
