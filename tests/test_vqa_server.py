"""Questions about pictures over HTTP, against the running app: the rows of the table of hostile inputs that both touch.

After every row the same good call must give the same answer, and the process must not have grown.
"""

import json
import random
from collections.abc import Iterator

import pytest
from hostile_pictures import HOSTILE_PICTURES
from server import TRACES, Client, Refused, Server, without_time
from test_text_server import HOSTILE as HOSTILE_TEXTS

from hub_models.picture import encode_png
from hub_models.shapes import Drawing, draw_shape
from hub_models.tasks.visual_question_answering import DEFAULT, LONGEST

TASK = "visual-question-answering"
GROWTH = 50  # megabytes that the process may keep
GOOD = encode_png(draw_shape(Drawing(shape="circle", colour="blue")))
QUESTION = "what color is the shape?"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def ask(client: Client, picture: object, question: object, checkpoint: object = None) -> dict:
    sent = client.upload(picture) if isinstance(picture, bytes) else picture
    return client.call([sent, question, checkpoint], task=TASK)


def refusal(client: Client, *given: object) -> tuple[str | None, str]:
    """(code of the refusal, or None; what was said)."""
    try:
        return None, json.dumps(ask(client, *given))
    except Refused as refused:
        return refused.code, refused.message


@pytest.fixture(scope="module")
def golden(server: Server) -> dict:
    with server.client() as visitor:
        return without_time(ask(visitor, GOOD, QUESTION))


@pytest.fixture(autouse=True)
def the_next_good_call_succeeds(client: Client, golden: dict) -> Iterator[None]:
    yield
    assert without_time(ask(client, GOOD, QUESTION)) == golden


def test_two_kinds_of_input(golden: dict) -> None:
    assert golden["checkpoint"] == DEFAULT and golden["labels"][0]["label"] == "blue"


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_pictures(server: Server, client: Client, golden: dict, seed: int) -> None:
    order = list(HOSTILE_PICTURES)
    random.Random(seed).shuffle(order)
    wrong, start = [], server.memory()
    for case in order:
        code, told = refusal(client, case.make(), QUESTION)
        if code != case.code or any(trace in told for trace in TRACES):
            wrong.append((case.row, case.name, case.code, code, told[:200]))
    assert wrong == []
    assert server.memory() - start < 2 * GROWTH


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_questions(server: Server, client: Client, golden: dict, seed: int) -> None:
    order = list(HOSTILE_TEXTS)
    random.Random(seed).shuffle(order)
    wrong, start = [], server.memory()
    for row, text, code in order:
        expected = "text_too_long" if isinstance(text, str) and len(text) > LONGEST else code
        got, told = refusal(client, GOOD, text)
        if got != expected or any(trace in told for trace in TRACES) or (got and "\n" in told):
            wrong.append((row, repr(text)[:40], expected, got, told[:200]))
    assert wrong == []
    assert server.memory() - start < 2 * GROWTH


@pytest.mark.parametrize("place", ["/etc/passwd", "../../etc/passwd", "/proc/self/environ"])
def test_only_uploaded_files_are_read(client: Client, place: str) -> None:
    code, told = refusal(client, {"path": place, "meta": {"_type": "gradio.FileData"}}, QUESTION)
    assert code is not None and not any(trace in told for trace in ("root:", *TRACES))


@pytest.mark.parametrize("checkpoint", ["lenet5.mnist", "/etc", "user/name", "<script>alert(1)</script>"])
def test_checkpoints_of_other_tasks_are_refused(client: Client, checkpoint: str) -> None:
    assert refusal(client, GOOD, QUESTION, checkpoint)[0] == "checkpoint_unknown"
