"""The tab as a person meets it, in headless Chromium, wide and on a phone."""

import re
import time
from collections.abc import Iterator

import pytest
from browsing import SIZES, Page, click, every_result_has_words, expect, fits, open_tab, tab
from server import TASK, Server

pytestmark = pytest.mark.browser
LION = f"/?task={TASK}&checkpoint=efficientnet_lite0.imagenet&example=lion"


def classified(page: Page) -> None:
    """Press Classify and see the lion."""
    expect(page.get_by_role("button", name="Classify", exact=True)).to_be_visible()
    expect(page.locator("img[src*='lion']").first).to_be_visible()
    click(page, "Classify")
    expect(page.locator("#answer tbody tr").first).to_contain_text("lion")


@pytest.mark.parametrize("size", SIZES)
def test_the_tab(server: Server, visits, size: str) -> None:
    """Link with an example -> Classify -> Look inside -> Use it."""
    with visits(server.url + LION, size) as page:
        classified(page)
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Look inside")
        open_tab(page, "Layers")
        click(page, "Show the layers")
        expect(page.get_by_text("multiplications for this picture")).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Class activation")
        click(page, "Show the evidence")
        expect(page.get_by_text("Evidence for lion")).to_be_visible()
        every_result_has_words(page)
        open_tab(page, "Convolution bench")
        click(page, "Convolve")
        expect(page.get_by_text("After the kernel:")).to_be_visible()
        every_result_has_words(page)
        fits(page)
        open_tab(page, "Use it")
        expect(page.get_by_text("hub_models.predict").locator("visible=true").first).to_be_visible()
        fits(page)


def test_the_first_page(server: Server, visits) -> None:
    with visits(server.url, "phone") as page:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        fits(page)
        search = page.locator("#course-search")
        search.fill("nothing that is here")
        expect(page.locator("tr.course-row").locator("visible=true")).to_have_count(0)
        search.fill("classification")
        page.locator("tr.course-row a").first.click()
        expect(page.get_by_role("button", name="Classify", exact=True)).to_be_visible()


def test_a_link_to_nothing_says_so(server: Server, visits) -> None:
    with visits(f"{server.url}/?task=%3Cscript%3Ealert(1)%3C/script%3E") as page:
        expect(page.get_by_text("which is not here")).to_be_visible()
        assert page.locator("script", has_text="alert(1)").count() == 0
    with visits(f"{server.url}/?task={TASK}&checkpoint=nothing&example=nothing") as page:
        expect(page.get_by_role("button", name="Classify", exact=True)).to_be_visible()


def test_by_keyboard_alone(server: Server, visits) -> None:
    """Tab until Classify has the focus, which can be seen, and Enter."""
    with visits(server.url + LION) as page:
        expect(page.locator("img[src*='lion']").first).to_be_visible()
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.textContent.trim()") == "Classify":
                break
        else:
            pytest.fail("Classify was not reached with 80 presses of Tab")
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        expect(page.locator("#answer tbody tr").first).to_contain_text("lion")


def test_what_is_wrong_is_said(server: Server, visits) -> None:
    """No picture: a sentence, not a spinner; the next click works."""
    with visits(f"{server.url}/?task={TASK}") as page:
        click(page, "Classify")
        expect(page.get_by_text("Expected a file, got none")).to_be_visible()
        click(page, "lion")
        expect(page.locator("img[src*='lion']").first).to_be_visible()
        click(page, "Classify")
        expect(page.locator("#answer tbody tr").first).to_contain_text("lion")


def test_light_dark_and_larger_text(server: Server, visits) -> None:
    with visits(server.url + LION) as page:
        classified(page)
        body = page.locator("body")
        dark = "dark" in (body.get_attribute("class") or "")
        page.locator("#hub-dark").click()
        expect(body).to_have_class(re.compile(r"\bdark\b") if not dark else re.compile(r"^(?!.*\bdark\b)"))
        size = "() => document.querySelector('#answer td').getBoundingClientRect().height"
        before = page.evaluate(size)
        page.locator("#hub-larger").click()
        expect(body).to_have_class(re.compile(r"\bprojector\b"))
        assert page.evaluate(size) > before * 1.2
        fits(page)


def test_the_command_follows_the_controls(server: Server, visits) -> None:
    with visits(f"{server.url}/?task={TASK}") as page:
        open_tab(page, "Fine-tune")
        page.get_by_label("Name of the run").fill("waste")
        page.get_by_label("Epochs").fill("7")
        page.get_by_label("Epochs").press("Enter")
        command = page.locator(".cm-content", has_text="finetune.").first
        expect(command).to_contain_text("--epochs 7")
        expect(command).to_contain_text("runs/waste")
        page.get_by_label("Epochs").fill("")
        click(page, "Start")
        expect(page.get_by_text("Expected a number for “Epochs”").first).to_be_visible()


def test_cancel_during_a_comparison(server: Server, visits) -> None:
    with visits(server.url + LION) as page:
        classified(page)
        open_tab(page, "Look inside")
        open_tab(page, "Old and new side by side")
        click(page, "Compare")
        click(page, "Cancel")
        tab(page, "Try it")
        classified(page)


# --- many visitors, with tasks that take their time -------------------------------------------------------------


@pytest.fixture(scope="module")
def dummies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    env = {"HUB_WORKERS": "1", "HUB_SECONDS": "30", "DUMMY_FOLDER": str(tmp_path_factory.mktemp("dummies"))}
    with Server(module="dummy_app", env=env) as running:
        yield running


def test_who_waits_sees_a_place_in_the_queue(dummies: Server, visits) -> None:
    with (
        visits(f"{dummies.url}/?task=hang") as first,
        visits(f"{dummies.url}/?task=echo") as second,
        visits(f"{dummies.url}/?task=echo") as third,
    ):
        for page in (first, second, third):
            click(page, "Run")
            page.wait_for_timeout(500)
        expect(second.get_by_text(re.compile(r"queue: 1/\d"))).to_be_visible()
        expect(third.get_by_text(re.compile(r"queue: 2/2"))).to_be_visible()
        click(first, "Cancel")
        expect(second.locator("#answer-echo")).to_contain_text("hello")
        expect(third.locator("#answer-echo")).to_contain_text("hello")


def test_cancel_gives_the_lane_back(dummies: Server, visits) -> None:
    with visits(f"{dummies.url}/?task=steps") as page, dummies.client() as other:
        click(page, "Run")
        page.wait_for_timeout(1000)
        click(page, "Cancel")
        began = time.monotonic()
        assert other.call(["next"], "echo")["labels"][0]["label"] == "next"
        assert time.monotonic() - began < 15


def test_a_bug_is_a_plain_sentence(dummies: Server, visits) -> None:
    with visits(f"{dummies.url}/?task=bug") as page:
        click(page, "Run")
        expect(page.get_by_text("Something broke inside the hub")).to_be_visible()
        assert "hf_secretToken" not in page.content()
