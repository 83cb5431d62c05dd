"""The video part of a tab as a person meets it, in headless Chromium with a camera that shows a test picture."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PATIENCE, Browser, Page, chromium, expect
from hostile_videos import made, scene
from server import Server

pytestmark = pytest.mark.browser
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PLAYS = """async () => {
  const video = [...document.querySelectorAll('video')].find(v => v.currentSrc.includes('annotated'));
  video.muted = true;
  await video.play();
  await new Promise(done => setTimeout(done, 1000));
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const at = (x, y) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3);
  return {time: video.currentTime, width: video.videoWidth, length: video.duration, red: at(16, 13), blue: at(16, 37)};
}"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(module="video_app", env={"HUB_WORKERS": "2", "VIDEO_WAIT": "0.02"}) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(*CAMERA) as running:
        yield running


def visit(visits, server: Server):
    return visits(server.url, (1280, 1100), permissions=["camera"])


def upload(page: Page, file: Path) -> None:
    page.locator("input[type=file][accept*=video]").set_input_files(file)
    page.locator(f"video[src*='{file.stem}']").first.wait_for()


def go(page: Page) -> None:
    page.get_by_role("button", name="Go through the clip").click()


def test_the_annotated_clip_plays(server: Server, visits, tmp_path: Path) -> None:
    """Time goes on, and the colours are those of the frames: red above, blue below."""
    with visit(visits, server) as page:
        upload(page, made(tmp_path / "scene.mp4", 30))
        go(page)
        expect(page.get_by_text("Over time")).to_be_visible()
        expect(page.locator("#passage")).to_contain_text("15 frames in")
        played = page.evaluate(PLAYS)
        assert (played["time"] > 0.3, played["width"]) == (True, 64)
        assert played["length"] == pytest.approx(3, abs=0.25)
        red, blue = scene(7, 64, 48)[13, 16], scene(7, 64, 48)[37, 16]
        assert played["red"] == pytest.approx(red.tolist(), abs=60)
        assert played["blue"] == pytest.approx(blue.tolist(), abs=60)


def test_progress_cancel_and_again(server: Server, visits, tmp_path: Path) -> None:
    with visit(visits, server) as page:
        upload(page, made(tmp_path / "long.mp4", 600))
        for _ in range(2):  # the place was given back
            go(page)
            expect(page.locator("#passage progress")).to_be_visible()
            expect(page.locator("#passage figure img")).to_be_visible()
            page.get_by_role("button", name="Cancel").click()
            expect(page.get_by_role("button", name="Go through the clip")).to_be_enabled()
            page.wait_for_timeout(1500)
        assert page.get_by_text("others are going through clips").count() == 0


def test_what_is_no_video_is_said(server: Server, visits, tmp_path: Path) -> None:
    with visit(visits, server) as page:
        go(page)
        expect(page.get_by_text("Expected a file, got none")).to_be_visible()
        page.get_by_role("button", name="earth", exact=True).click()
        expect(page.locator("video[src*='b.mp4']").first).to_be_visible()


def test_the_camera(server: Server, visits) -> None:
    """Frames come one after the other, none before it is started."""
    with visit(visits, server) as page:
        sent = []
        page.on("request", lambda r: sent.append(r.url) if "queue/join" in r.url else None)
        page.get_by_role("tab", name="The camera").click()
        page.get_by_text("Click to Access Webcam").locator("visible=true").click()
        record = page.get_by_role("button", name="capture photo")
        record.wait_for()
        assert sent == []
        record.click()
        expect(page.locator("#camera-seen")).to_contain_text("ms on cpu")
        end = time.monotonic() + PATIENCE / 1000
        while len(sent) < 4 and time.monotonic() < end:
            page.wait_for_timeout(200)
        assert len(sent) >= 4
