"""Texts over HTTP, against the running app: the rows of the table of hostile inputs that a text touches.

After every row the same good call must give the same answer.
"""

import json
import random
from collections.abc import Iterator

import pytest
from server import TRACES, Client, Refused, Server, without_time

from hub_models.task import Task, tasks

LIGHT = {"sentiment", "named-entities"}
READING = [task for task in tasks() if task.id in LIGHT]
GOOD = "Harry Potter is a warm and funny film about London."
GROWTH = 50  # megabytes that the process may keep after a hostile text

HOSTILE = (  # row, text, code or None
    (32, "x" * 10_000_000, "text_too_long"),
    (32, "word " * 4_000, None),
    (33, "a\x00b\x1b[31m film", None),
    (33, "a \u202efilm\u2066 \u200bis\u2060 good", None),
    (33, "half \ud800 of a film", None),
    (33, "\ud800", "text_empty"),
    (34, "", "text_empty"),
    (34, " \n\t\u200b ", "text_empty"),
    (35, "<script>alert(1)</script> [a](javascript:alert(1)) film", None),
    (35, "{{7*7}} ${jndi:ldap://a} '; DROP TABLE film; --", None),
    (33, "👩\u200d🔬" * 500, None),
    (33, "هذا فيلم جميل جدا", None),
    (33, "a\u0301" * 5_000, None),
    (36, None, "bad_request"),
    (38, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "file_refused"),
    (38, ["a", "b"], "bad_request"),
    (38, 3, "bad_request"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def ask(client: Client, task: str, text: object) -> dict:
    return client.call([text, None], task)


@pytest.mark.parametrize("task", READING, ids=lambda task: task.id)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_texts_in_random_order(server: Server, client: Client, task: Task, seed: int) -> None:
    golden, wrong, start = without_time(ask(client, task.id, GOOD)), [], server.memory()
    order = list(HOSTILE)
    random.Random(seed).shuffle(order)
    for row, text, code in order:
        try:
            answer = ask(client, task.id, text)
            got, told = None, json.dumps(answer)
            json.dumps(answer, ensure_ascii=False).encode()  # valid UTF-8
        except Refused as refused:
            got, told = refused.code, refused.message
            if "\n" in told:
                wrong.append((row, "lines", told))
        if got != code or any(trace in told for trace in TRACES if trace not in str(text)):
            wrong.append((row, repr(text)[:40], code, got, told[:200]))
    assert wrong == []
    assert server.memory() - start < 2 * GROWTH
    assert without_time(ask(client, task.id, GOOD)) == golden
