"""Style transfer over HTTP: a second file that may be left out, and hostile files in both places.

After every row the same good call must give the same answer, and the process must not have grown.
"""

import base64
import io
import random
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from hostile_pictures import HOSTILE_PICTURES
from PIL import Image
from server import TRACES, Client, Refused, Server, without_time
from style_sets import waves

TASK = "style-transfer"
GROWTH = 50  # megabytes that the process may keep after a hostile input
SMALL = ("image_too_small", "aspect")  # what this task says of pictures that others take


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def ask(client: Client, picture: bytes, style: object = None, name: str = "", **more: float) -> dict:
    """One call of the fast network; `style`: bytes to upload, or what to send as the file."""
    sent = client.upload(style) if isinstance(style, bytes) else style
    return client.call([client.upload(picture), None, name, sent, more.get("size", 64)], task=TASK)


@pytest.fixture(scope="module")
def golden(server: Server) -> dict:
    with server.client() as visitor:
        return without_time(ask(visitor, png(waves(48, 60)), png(waves(40, 40, 5))))


@pytest.fixture(autouse=True)
def the_next_good_call_succeeds(client: Client, golden: dict) -> Iterator[None]:
    yield
    assert without_time(ask(client, png(waves(48, 60)), png(waves(40, 40, 5)))) == golden


def test_a_style_picture_may_be_given_or_left_out(client: Client, golden: dict) -> None:
    assert golden["style"] == "of the picture given"
    named = ask(client, png(waves(48, 60)), None, "ink")
    assert named["style"] == "ink"
    assert named["picture_png"] != golden["picture_png"]
    shown = np.array(Image.open(io.BytesIO(base64.b64decode(named["picture_png"]))))
    assert shown.shape == (48, 60, 3)


@pytest.mark.parametrize("place", ["/etc/passwd", "../../etc/passwd", "/proc/self/environ"])
def test_only_uploaded_files_are_read(client: Client, place: str) -> None:
    sent = {"path": place, "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(Refused) as refused:
        ask(client, png(waves(48, 60)), sent)
    assert not any(trace in refused.value.message for trace in ("root:", *TRACES))


@pytest.mark.parametrize("sent", ["/etc/passwd", 7, [], {"path": None, "url": "http://127.0.0.1:1/a.png"}])
def test_what_is_no_file_is_refused(client: Client, sent: object) -> None:
    with pytest.raises((Refused, httpx.HTTPError)):
        ask(client, png(waves(48, 60)), sent)


@pytest.mark.parametrize(
    ("name", "size"), [("zebra", 64), ("", 5), ("", 1e9), ("<script>alert(1)</script>", 64)]
)
def test_strange_values_are_one_sentence(client: Client, name: str, size: float) -> None:
    with pytest.raises(Refused) as refused:
        ask(client, png(waves(48, 60)), None, name, size=size)
    assert refused.value.code in ("style_unknown", "bad_value")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hostile_pictures_in_both_places(server: Server, client: Client, golden: dict, seed: int) -> None:
    order = list(HOSTILE_PICTURES)
    random.Random(seed).shuffle(order)
    wrong, start = [], server.memory()
    for number, case in enumerate(order):
        data, good = case.make(), png(waves(48, 60))
        pair = (data, good) if (number + seed) % 2 else (good, data)
        try:
            ask(client, *pair)
            code = None
        except Refused as error:
            code = error.code
            if any(trace in error.message for trace in TRACES):
                wrong.append(f"{case.name}: {error.message}")
        if code != case.code and code not in SMALL:
            wrong.append(f"{case.name}: expected {case.code}, got {code}")
    assert wrong == []
    assert server.memory() - start < GROWTH
