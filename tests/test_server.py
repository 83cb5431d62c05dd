"""The served app: its size, what it imports and contacts, its endpoints, and what many clients do to it."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dummy_app
import gradio_client
import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from server import ROOT, TASK, TRACES, Client, Refused, Server, example, patch, without_time

from hub_models.task import tasks

CANARY = "hf_canaryThatMustNotBeSeen"
GUARD = """
# Imported by Python before anything else: writes down and refuses every look beyond this machine.
import os, socket
LOCAL = ("127.", "::1", "localhost", "0.0.0.0", "")
connect, connect_ex, find = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
def look(where):
    host = where[0] if isinstance(where, tuple) else where
    host = host.decode() if isinstance(host, bytes) else str(host or "")
    if not host.startswith(LOCAL[:4]) and host != "" and not host.startswith("/"):
        with open(os.environ["GUARD_LOG"], "a") as log:
            log.write(host + "\\n")
        raise OSError(101, "Network is unreachable")
def guarded(function):
    def call(self, where, *rest):
        look(where)
        return function(self, where, *rest)
    return call
def found(host, *rest, **named):
    look(host)
    return find(host, *rest, **named)
socket.socket.connect, socket.socket.connect_ex = guarded(connect), guarded(connect_ex)
socket.getaddrinfo = found
"""
ARRIVES = 15  # seconds; a generous bound on what takes one, on a machine that trains networks meanwhile


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dummies")


@pytest.fixture(scope="module")
def dummies(folder: Path) -> Iterator[Server]:
    """40 tasks that misbehave in every way; an answer may take 3 seconds."""
    env = {"DUMMY_TASKS": "40", "DUMMY_FOLDER": str(folder), "HUB_SECONDS": "3", "HUB_WORKERS": "2"}
    with Server(module="dummy_app", env=env) as running:
        yield running


@pytest.fixture
def client(app_server: Server) -> Iterator[Client]:
    with app_server.client() as visitor:
        yield visitor


@pytest.fixture
def dummy(dummies: Server) -> Iterator[Client]:
    with dummies.client() as visitor:
        yield visitor


def echoed(text: str) -> str:
    return dummy_app.says(text).to_json()["labels"][0]["label"]


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_page_of_40_tasks_is_small(dummies: Server) -> None:
    plain = httpx.get(dummies.url, headers={"Accept-Encoding": "identity"}, trust_env=False)
    assert len(plain.content) < 150_000
    assert plain.text.count("Dummy task dummy-") >= 34


@pytest.mark.parametrize("path", ["/", "/endpoints", "/config", "/gradio_api/info"])
@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br"])
def test_the_page_is_compressed(dummies: Server, path: str, accepted: str) -> None:
    with httpx.stream(
        "GET", dummies.url + path, headers={"Accept-Encoding": accepted}, trust_env=False
    ) as answer:
        packed = sum(map(len, answer.iter_raw()))
    assert answer.headers["content-encoding"] in ("gzip", "br")
    assert packed < 40_000


def test_opening_imports_nothing_heavy() -> None:
    code = "import sys, app; app.build(); print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {
        "torch",
        "timm",
        "transformers",
        "ultralytics",
        "diffusers",
        "torchvision",
        "matplotlib",
        "sklearn",
    }
    assert heavy & set(done.stdout.split()) == set()
    assert "gradio" in done.stdout.split()


def test_a_taken_port_is_said(app_server: Server) -> None:
    argv = [sys.executable, "-m", "app", "--port", str(app_server.port)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {app_server.port} on 127.0.0.1 is taken")
    assert f"--port {app_server.port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_options_are_said() -> None:
    argv = [sys.executable, "-m", "app", "--port", "many"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


# --- endpoints --------------------------------------------------------------------------------------------------


def test_every_task_has_a_described_endpoint(app_server: Server) -> None:
    info = httpx.get(f"{app_server.url}/gradio_api/info", trust_env=False).json()
    assert set(info["named_endpoints"]) == {f"/{t.id}" for t in tasks()}
    assert info["unnamed_endpoints"] == {}
    for task in tasks():
        endpoint = info["named_endpoints"][f"/{task.id}"]
        assert endpoint["description"].startswith(task.summary)
        assert [p["parameter_name"] for p in endpoint["parameters"]][: len(task.inputs)] == list(task.inputs)
        assert all(p["type"] for p in endpoint["parameters"])


def test_gradio_s_own_client(app_server: Server) -> None:
    caller = gradio_client.Client(app_server.url, verbose=False, analytics_enabled=False)
    answer = caller.predict(gradio_client.handle_file(example("lion")), api_name=f"/{TASK}")
    assert answer["labels"][0]["label"] == "lion"


def test_optional_inputs_can_be_left_out(client: Client) -> None:
    file = client.upload(example("lion").read_bytes())
    assert without_time(client.call([file])) == without_time(client.call([file, tasks()[0].default]))


def test_the_second_way_to_call(client: Client) -> None:
    """/call/v2 takes inputs by name."""
    file = client.upload(example("lion").read_bytes())
    joined = client.http.post(f"/call/v2/{TASK}", json={"picture": file})
    assert joined.status_code == 200, joined.text
    stream = client.http.get(f"/call/v2/{TASK}/{joined.json()['event_id']}").text
    assert json.loads(stream.split("data: ")[-1])[0]["labels"][0]["label"] == "lion"
    wrong = client.http.post(f"/call/v2/{TASK}", json={"image": file})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "bad_request")


@pytest.fixture(scope="module")
def mcp_server() -> Iterator[Server]:
    with Server("--mcp") as running:
        yield running


def ask_mcp(server: Server, *arguments: dict) -> tuple[list, list]:
    """(tools, results of one call with each of `arguments`) of the server's MCP endpoint."""

    async def talk() -> tuple[list, list]:
        async with (
            streamable_http_client(f"{server.url}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            listed = (await session.list_tools()).tools
            return listed, [await session.call_tool(listed[0].name, given) for given in arguments]

    return asyncio.run(talk())


def test_mcp_lists_and_calls(mcp_server: Server) -> None:
    """The form that an assistant can write down: the picture as a data URL."""
    lion = base64.b64encode(example("lion").read_bytes()).decode()
    tools, (answer,) = ask_mcp(mcp_server, {"picture": f"data:image/jpeg;base64,{lion}"})
    assert [t.name for t in tools] == [t.module for t in tasks()]
    assert "data:image/" in tools[0].description
    assert tools[0].inputSchema["required"] == ["picture"]
    assert not answer.isError
    assert "'label': 'lion'" in answer.content[0].text


@pytest.mark.parametrize(
    "picture",
    [
        "http://169.254.169.254/latest",
        "https://example.org/a.png",
        "/etc/passwd",
        "data:image/png;base64,!!!",
        "data:,",
    ],
)
def test_mcp_refuses(mcp_server: Server, picture: str) -> None:
    _, (answer,) = ask_mcp(mcp_server, {"picture": picture})
    assert answer.isError
    assert not any(trace in answer.content[0].text.replace(picture, "") for trace in TRACES)


def test_without_the_option_there_is_no_mcp(app_server: Server) -> None:
    answer = httpx.post(f"{app_server.url}/gradio_api/mcp/", json={}, trust_env=False)
    assert answer.status_code in (404, 405)


# --- nothing leaves the machine ---------------------------------------------------------------------------------


@pytest.fixture
def guarded_env(tmp_path: Path) -> dict[str, str]:
    """An environment in which Python writes down every attempt to reach another machine."""
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    return {
        "GUARD_LOG": str(tmp_path / "attempts.txt"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "tests")]),
        "HF_TOKEN": CANARY,
    }


def attempts(env: dict[str, str]) -> list[str]:
    log = Path(env["GUARD_LOG"])
    return log.read_text().split() if log.exists() else []


def use_everything(server: Server) -> Refused:
    """Page, a good call, a wrong one, MCP; the error of a checkpoint that would have to be downloaded."""
    lion = example("lion").read_bytes()
    for path in ("/", "/config", "/gradio_api/info", "/theme.css", "/gradio_api/startup-events"):
        assert httpx.get(server.url + path, timeout=60, trust_env=False).status_code == 200
    with server.client() as visitor:
        assert visitor.predict(lion)["labels"][0]["label"] == "lion"
        with pytest.raises(Refused):
            visitor.predict(b"nothing")
        with pytest.raises(Refused) as told:
            visitor.predict(lion, "resnet50.imagenet")
    return told.value


def test_the_guard_guards(guarded_env: dict[str, str]) -> None:
    """The test of the test: an attempt is seen."""
    code = "import urllib.request; urllib.request.urlopen('http://example.org', timeout=2)"
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")} | guarded_env
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert done.returncode == 1
    assert attempts(guarded_env) == ["example.org"]


def test_offline_nothing_leaves_the_machine(guarded_env: dict[str, str]) -> None:
    with Server("--mcp", env=guarded_env | {"HF_HUB_OFFLINE": "1"}) as server:
        told = use_everything(server)
        ask_mcp(server)
        said = server.log()
    assert attempts(guarded_env) == []
    assert told.code == "hub_offline"
    assert CANARY not in said


def test_without_a_network_only_a_download_asks_for_it(guarded_env: dict[str, str]) -> None:
    with Server(env=guarded_env | {"HF_HUB_OFFLINE": ""}) as server:
        told = use_everything(server)
    assert set(attempts(guarded_env)) <= {"huggingface.co"}
    assert told.code == "hub_unreachable"
    assert CANARY not in told.message


# --- many clients -----------------------------------------------------------------------------------------------


def test_a_flood_of_joins_gets_200_or_503(dummies: Server, dummy: Client) -> None:
    """The short form of 5,000 joins in 10 seconds (benchmarks/soak.py has the long one): the app lives on."""
    with httpx.Client(base_url=f"{dummies.url}/gradio_api", timeout=60, trust_env=False) as http:

        def join(number: int) -> int:
            return http.post("/call/echo", json={"data": [str(number), "0.05"]}).status_code

        with ThreadPoolExecutor(16) as pool:
            statuses = Counter(pool.map(join, range(600)))
    assert set(statuses) <= {200, 503}
    assert statuses[200] >= 100
    answer = answered(dummy, ["after the flood"], "echo")
    assert answer["labels"][0]["label"] == "after the flood"


def answered(client: Client, data: list, task: str, seconds: float = 60) -> dict:
    """Call again while the queue is full."""
    end = time.monotonic() + seconds
    while True:
        try:
            return client.call(data, task)
        except Refused as told:
            if told.status != 503 or time.monotonic() > end:
                raise
            time.sleep(0.1)


def test_32_clients_each_get_their_own_answer(app_server: Server) -> None:
    pictures = [patch(number) for number in range(32)]
    with app_server.client() as one:
        alone = [without_time(one.predict(picture)) for picture in pictures]
    assert len({json.dumps(answer) for answer in alone}) == 32

    def visit(number: int) -> list[dict]:
        with app_server.client() as visitor:
            return [without_time(visitor.predict(pictures[number])) for _ in range(2)]

    with ThreadPoolExecutor(32) as pool:
        together = list(pool.map(visit, range(32)))
    assert together == [[answer, answer] for answer in alone]


def leave_in_the_middle(server: Server, data: list, task: str, after: float) -> None:
    """Join, listen, and hang up."""
    with server.client() as visitor:
        joined = visitor.join(data, task)
        try:
            with visitor.http.stream("GET", f"/call/{task}/{joined.event}", timeout=after) as stream:
                for _ in stream.iter_lines():
                    pass
        except httpx.ReadTimeout:
            return


def test_half_of_32_clients_leave_and_the_others_lose_nothing(dummies: Server) -> None:
    def visit(number: int) -> str:
        if number % 2:
            leave_in_the_middle(dummies, [f"leaver-{number}"], "steps", after=0.5)
            return str(number)
        with dummies.client() as visitor:
            return visitor.call([str(number), "0.1"], "echo")["labels"][0]["label"]

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(visit, range(32))) == [str(number) for number in range(32)]


def test_who_leaves_gives_the_slot_back(dummies: Server, dummy: Client, folder: Path) -> None:
    """Both lanes are taken by work that nobody waits for any more; the next call does not wait for it."""
    leavers = [
        threading.Thread(target=leave_in_the_middle, args=(dummies, [f"gone-{i}"], "steps", 1.0))
        for i in range(2)
    ]
    for leaver in leavers:
        leaver.start()
    for leaver in leavers:
        leaver.join()
    began = time.monotonic()
    dummy.call(["next"], "echo")
    assert time.monotonic() - began < ARRIVES
    arrived(folder / "gone-0.stopped", folder / "gone-1.stopped")


def arrived(*files: Path) -> None:
    end = time.monotonic() + ARRIVES
    while not all(file.exists() for file in files):
        assert time.monotonic() < end, f"{files} did not come"
        time.sleep(0.05)


# --- handlers that fail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["bug", "nan"])
def test_a_bug_is_a_plain_sentence_and_a_traceback_in_the_log(
    dummies: Server, dummy: Client, task: str
) -> None:
    before = len(dummies.log())
    with pytest.raises(Refused) as told:
        dummy.call(["x"], task)
    assert told.value.code == "internal_error"
    assert dummy_app.SECRET not in told.value.message
    assert "\n" not in told.value.message
    logged = dummies.log()[before:]
    assert "Traceback" in logged
    assert ("KeyError" if task == "bug" else "expected finite probabilities") in logged
    assert dummy.call(["next"], "echo")["labels"][0]["label"] == "next"


def test_a_hanging_handler_loses_its_slot(dummies: Server, dummy: Client) -> None:
    """Both lanes hang; the deadline gives both back, and says so."""

    def wait(_: int) -> str:
        with dummies.client() as visitor, pytest.raises(Refused) as told:
            visitor.call(["x"], "hang")
        return told.value.code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(wait, range(2))) == ["deadline", "deadline"]
    assert dummy.call(["next"], "echo")["labels"][0]["label"] == "next"


def test_cooperative_work_stops_at_the_deadline(dummy: Client, folder: Path) -> None:
    with pytest.raises(Refused) as told:
        dummy.call(["late"], "steps")
    assert told.value.code == "deadline"
    assert "3 seconds" in told.value.message
    arrived(folder / "late.stopped")


def test_out_of_memory_is_tried_once_more_and_then_said(dummy: Client, folder: Path) -> None:
    assert dummy.call(["enough", "2"], "memory")["labels"][0]["label"] == "enough after 2"
    assert (folder / "unloaded").read_text() == "x"
    with pytest.raises(Refused) as told:
        dummy.call(["too much", "9"], "memory")
    assert told.value.code == "out_of_memory"
    assert "CUDA" not in told.value.message
    assert dummy.call(["small", "1"], "memory")["labels"][0]["label"] == "small after 1"
