"""The video part of a tab: what it shows, what it refuses over HTTP, and that it leaves the lane to others."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio.data_classes import FileData
from hostile_videos import BEFORE_DECODING, BY_DECODING, made
from server import TRACES, Server
from video_app import annotate, summarise

from hub_models.errors import BadInput, Overloaded
from hub_models.picture import encode_jpeg, encode_png
from hub_models.results import Boxes, Labels
from hub_models.task import task
from hub_models.ui import video as view
from hub_models.ui.camera import CAMERA_LIMITS, camera_pixels
from hub_models.ui.clip_files import VideoFile, pan_over
from hub_models.video import VideoLimits, open_video

TASK, CHECKPOINT = "image-classification", "resnet20.cifar10"
JPEG = "data:image/jpeg;base64,"
CLIP, CAMERA = ("Clip: upload or record", 5), ("Camera", 3)  # events: label of the first input, how many


def frame_of_camera(pixels: np.ndarray, kind: str = JPEG, encode=encode_jpeg) -> str:
    return kind + base64.b64encode(encode(pixels)).decode()


def passage(file: Path, **limits) -> list[tuple]:
    """All that the view yields for a file."""
    steps = view.go_through(
        task(TASK), file, CHECKPOINT, VideoLimits(**limits), lambda p, x: annotate(p, x, 8), summarise
    )
    return list(steps)


def test_a_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr(view, "PREVIEW_EVERY", 0)
    steps = passage(made(tmp_path / "a.mp4", 25), per_second=5)
    assert "64 x 48 pixels, 10 frames a second, 2.5 s" in steps[0][0]
    assert "<progress" in steps[1][0]
    assert "Frame 1 of about 12" in steps[1][0]
    words, shown, listed = steps[-1]
    assert words.startswith("<p>13 frames in ")
    assert "Note: at most 5 of 10 frames a second looked at." in words
    assert listed.count("<tr>") == 4  # the head, and a row a second
    assert "2 to 3" in listed
    with open_video(Path(shown["value"])) as clip:
        frames = list(clip)
    assert [frame.seconds for frame in frames] == pytest.approx([i / 5 for i in range(13)], abs=1e-3)
    assert frames[0].pixels[::8].mean() > 200 > frames[0].pixels[4::8].mean()


def test_the_time_of_one_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setenv("HUB_SECONDS", "0.001")
    words, shown, _ = passage(made(tmp_path / "a.mp4", 20))[-1]
    assert words.startswith("<p>1 frames in ")
    assert "Note: stopped there, because the time of one answer is over." in words
    assert Path(shown["value"]).is_file()


def test_nothing_is_left_of_a_clip_that_was_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr(view, "PREVIEW_EVERY", 0)
    file = made(tmp_path / "a.mp4", 20)
    steps = view.go_through(
        task(TASK), file, CHECKPOINT, VideoLimits(), lambda p, x: annotate(p, x, 8), summarise
    )
    assert "<progress" in [next(steps), next(steps)][1][0]
    assert list((tmp_path / "uploads").iterdir()) != []
    steps.close()
    assert list((tmp_path / "uploads").iterdir()) == []
    with view.a_place():  # given back
        pass


def test_clips_leave_a_place_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "CLIPS", threading.BoundedSemaphore(1))
    with view.a_place(), pytest.raises(Overloaded, match="others are going through clips"):
        passage(made(tmp_path / "a.mp4"))


def boxes(*labels: int) -> Boxes:
    count = len(labels)
    corners = np.tile(np.float32([0, 0, 1, 1]), (count, 1))
    return Boxes(("car", "dog"), corners, np.array(labels, np.int64), np.full(count, 0.5, np.float32), (2, 2))


def test_objects_over_time() -> None:
    assert view.objects_a_frame([boxes(0, 0), boxes(0, 1), boxes()]) == [["car", "1.0"], ["dog", "0.3"]]
    assert view.objects_a_frame([boxes(), boxes()]) == []
    done = view.Passage(records=[(0.0, boxes(0)), (0.5, boxes(0, 0)), (3.9, boxes(1))])
    text = view.over_time(done, view.objects_a_frame)
    for part in ("<th scope=\"col\">car</th>", "0 to 1", "<td>1.5</td>", "3 to 4"):  # fmt: skip
        assert part in text
    assert "1 to 2" not in text


def test_markup_in_names_is_escaped() -> None:
    result = Labels(("<script>", "b"), np.array([0.75, 0.25], np.float32))
    done = view.Passage(records=[(0.0, result)])
    assert "<script" not in view.over_time(done, summarise)


def test_pan_over_a_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (600, 1800, 3), np.uint8)
    frames = list(pan_over(pixels))
    assert {frame.shape for frame in frames} == {(210, 630, 3)}
    assert len(frames) == 40
    assert next(pan_over(np.zeros((1, 1, 3), np.uint8))).shape == (1, 1, 3)


def test_files_pass_undecoded(tmp_path: Path) -> None:
    component = VideoFile(render=False)
    assert component.preprocess(FileData(path="/somewhere/a.webm")) == "/somewhere/a.webm"
    assert component.preprocess(None) is None
    assert component.postprocess(str(tmp_path / "a.avi")).orig_name == "a.avi"
    assert component.postprocess(None) is None


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (None, "camera_frame"),
        ("", "camera_frame"),
        ("https://example.org/a.jpg", "camera_frame"),
        ("data:image/png;base64,AAAA", "camera_frame"),
        (JPEG + "%%%", "camera_frame"),
        (JPEG + "AAAA", "not_an_image"),
        (JPEG, "file_empty"),
        (JPEG + "A" * 6_000_000, "image_too_large"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_frame_of_a_camera(frame: str | None, code: str) -> None:
    with pytest.raises(BadInput) as told:
        camera_pixels(frame)
    assert told.value.code == code


def test_a_frame_of_a_camera() -> None:
    assert CAMERA_LIMITS.max_pixels >= 1920 * 1080
    assert camera_pixels(frame_of_camera(np.full((30, 40, 3), 90, np.uint8))).shape == (30, 40, 3)


# --- the page over HTTP -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(
        module="video_app", env={"HUB_WORKERS": "2", "HF_TOKEN": "hf_canary", "VIDEO_WAIT": "0.02"}
    ) as running:
        yield running


class Page:
    """Calls the events of the page as the browser does."""

    def __init__(self, server: Server) -> None:
        self.http = httpx.Client(base_url=f"{server.url}/gradio_api", timeout=120, trust_env=False)
        config = httpx.get(f"{server.url}/config", trust_env=False).json()
        self.events = {}
        kinds = {component["id"]: component for component in config["components"]}
        for event in config["dependencies"]:
            inputs = [kinds[i]["props"].get("label") for i in event["inputs"]]
            self.events[inputs[0] if inputs else None, len(inputs)] = event["id"]

    def upload(self, file: Path) -> dict:
        answer = self.http.post("/upload", files={"files": (file.name, file.read_bytes())})
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}

    def join(self, event: tuple, data: list, session: str) -> httpx.Response:
        body = {"data": data, "fn_index": self.events[event], "session_hash": session}
        return self.http.post("/queue/join", json=body)

    def answer(self, event: tuple, data: list, session: str) -> dict:
        """What the last message of the event holds."""
        assert self.join(event, data, session).status_code == 200
        with self.http.stream("GET", "/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    told = json.loads(line.removeprefix("data: "))
                    if told["msg"] == "process_completed":
                        return told
        raise AssertionError("the stream ended without an answer")

    def clip(self, file: Path, session: str) -> dict:
        return self.answer(CLIP, [self.upload(file), CHECKPOINT, 5, 10, 8], session)

    def camera(self, frame: object, session: str) -> dict:
        return self.answer(CAMERA, [{"url": frame}, CHECKPOINT, 8], session)


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    page = Page(server)
    yield page
    page.http.close()


def test_hostile_clips_over_http(server: Server, page: Page, tmp_path: Path) -> None:
    """Rows 28 to 31: each a named line without a path or token, little memory, and the next good clip is answered."""
    wrong = []
    assert page.clip(made(tmp_path / "good.mp4"), "good")["success"]
    before = server.memory()
    for number, row in enumerate((*BEFORE_DECODING, *BY_DECODING)):
        told = page.clip(row.make(tmp_path / f"{number}{row.suffix}"), f"hostile-{number}")
        output = told["output"]
        text = str(output.get("error"))
        clean = text.endswith(".") and "\n" not in text and not any(t in text for t in (*TRACES, "hf_canary"))
        if told["success"] or output.get("title") != row.code or not clean:
            wrong.append((row.row, row.name, output))
    assert wrong == []
    assert server.memory() - before < 50
    assert page.clip(made(tmp_path / "again.mp4"), "again")["success"]
    assert "Traceback" not in server.log()


def test_the_result_can_be_fetched_in_parts(server: Server, page: Page, tmp_path: Path) -> None:
    """Browsers ask for ranges when they seek."""
    path = page.clip(made(tmp_path / "good.mp4"), "parts")["output"]["data"][1]["value"]["path"]
    whole = httpx.get(f"{server.url}/gradio_api/file={path}", trust_env=False)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = httpx.get(f"{server.url}/gradio_api/file={path}", headers={"Range": "bytes=4-7"}, trust_env=False)
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_the_camera_over_http(page: Page) -> None:
    pixels = np.full((48, 64, 3), 90, np.uint8)
    seen = page.camera(frame_of_camera(pixels), "camera")
    assert "ms on cpu" in seen["output"]["data"][0]
    assert page.camera(JPEG + "AAAA", "broken")["output"]["title"] == "not_an_image"
    for url in (frame_of_camera(pixels, "data:image/png;base64,", encode_png), "http://127.0.0.1/a.jpg"):
        answer = page.join(CAMERA, [{"url": url}, CHECKPOINT, 8], "address")
        assert (answer.status_code, answer.json()["code"]) == (400, "url_refused")


def begun(stream: httpx.Response) -> Iterator[str]:
    """The lines that follow after a clip of 64 x 48 pixels was opened. Whoever drops them has left the page."""
    lines = stream.iter_lines()
    for line in lines:
        if "process_generating" in line and "64 x 48" in line:
            return lines
    raise AssertionError("the stream ended before the clip began")


def test_the_lane_while_clips_are_gone_through(page: Page, tmp_path: Path) -> None:
    """Two places, one for clips: a second clip is asked to wait, the camera is answered; leaving frees the place."""
    long, short = page.upload(made(tmp_path / "long.mp4", 600)), made(tmp_path / "short.mp4")
    page.join(CLIP, [long, CHECKPOINT, 10, 60, 8], "first")
    with page.http.stream("GET", "/queue/data", params={"session_hash": "first"}) as stream:
        lines = begun(stream)
        assert page.clip(short, "second")["output"]["title"] == "clips_busy"
        seen = page.camera(frame_of_camera(np.full((48, 64, 3), 90, np.uint8)), "third")
        assert "ms on cpu" in seen["output"]["data"][0]
        lines.close()
    end = time.monotonic() + 10  # the long clip takes 12 seconds at least
    while not (told := page.clip(short, "fourth"))["success"] and time.monotonic() < end:
        assert told["output"]["title"] == "clips_busy"
        time.sleep(0.2)
    assert told["success"]
