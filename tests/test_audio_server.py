"""Sounds over HTTP, against the running app: the rows of the table of hostile inputs that a sound touches.

After every row the same good call must give the same answer.
"""

import json
import random
from collections.abc import Iterator

import pytest
from hostile_sounds import HOSTILE_SOUNDS
from server import TRACES, Client, Refused, Server, without_time

from hub_models.task import task
from hub_models.ui.examples import available

TASK = task("audio-classification")
GROWTH = 50  # megabytes that the process may keep after a hostile sound


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def good() -> bytes:
    return available(TASK)["seven"].read_bytes()


def ask(client: Client, sound: bytes, name: str) -> dict:
    return client.call([client.upload(sound, name), None], TASK.id)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sounds_in_random_order(server: Server, client: Client, seed: int) -> None:
    golden = without_time(ask(client, good(), "seven.flac"))
    assert golden["answer"] == "seven"
    order = list(HOSTILE_SOUNDS)
    random.Random(seed).shuffle(order)
    wrong, start = [], server.memory()
    for number, case in enumerate(order):
        try:
            answer = ask(client, case.make(), f"sound{case.suffix}")
            got, told = None, json.dumps(answer)
        except Refused as refused:
            got, told = refused.code, refused.message
        if got != case.code or "\n" in told or any(trace in told for trace in TRACES):
            wrong.append((case.row, case.name, case.code, got, told[:200]))
        if number % 10 == 0:
            assert without_time(ask(client, good(), "seven.flac")) == golden
    assert wrong == []
    assert server.memory() - start < 2 * GROWTH, "all rows together"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "file_refused"),
        ({"url": "http://127.0.0.1/sound.wav", "meta": {"_type": "gradio.FileData"}}, "url_refused"),
        ("sound.wav", "bad_request"),
        (None, "bad_request"),
    ],
    ids=["path", "address", "text", "nothing"],
)
def test_what_is_no_upload_is_refused(client: Client, given: object, code: str) -> None:
    with pytest.raises(Refused) as told:
        client.call([given, None], TASK.id)
    assert told.value.code == code
