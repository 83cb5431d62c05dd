"""Try a staged Space before it is uploaded: start it in a clean process, ask it about an example, stop it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from hub_models.errors import HubError
from hub_models.staging import Staged
from hub_models.task import Task

Show = Callable[[str], None]
# of our environment
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")
ANSWER_KEYS = {"seconds", "device", "checkpoint"}  # of every Answer, beside those of its result
LOG_LINES = 15  # of what the app printed, shown when the try fails


def try_staged(staged: Staged, repo_id: str, seconds: float = 120.0, show: Show = print) -> dict:
    """Start the staged app as a Space would, ask it about an example, stop it; its answer.

    HubError `space_broken`, with the last lines that the app printed, when it does not start or does not answer.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        with running(staged.folder, repo_id, Path(scratch)) as (process, port, log):
            try:
                wait_until_open(process, port, began + seconds, show)
                answer = ask(
                    f"http://127.0.0.1:{port}", staged.task, max(1.0, began + seconds - time.monotonic())
                )
            except (OSError, ValueError, httpx.HTTPError) as error:  # ValueError: the client's own errors
                printed = "\n".join(log.read_text("utf-8", "replace").splitlines()[-LOG_LINES:])
                raise HubError(
                    "space_broken",
                    f"Expected the staged app to start and to answer, but: {str(error) or type(error).__name__}. "
                    f"The last lines that it printed:\n{printed.replace(scratch, '.') or '(none)'}",
                ) from error
    show(f"tried it in a process of its own: it answered after {time.monotonic() - began:.0f} s")
    return answer


@contextmanager
def running(folder: Path, repo_id: str, scratch: Path) -> Iterator[tuple[subprocess.Popen, int, Path]]:
    """A copy of `folder` as a Space runs it, with nothing of this process but its packages: (process, port, its log).

    A copy, because gradio writes beside the code that it imports.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "SYSTEM": "spaces",
        "SPACE_ID": repo_id,
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(scratch / "gradio"),
        "HF_HOME": str(scratch / "hf"),  # neither this machine's token nor its cache
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONUNBUFFERED": "1",
    }
    space, log = scratch / "space", scratch / "printed.log"
    shutil.copytree(folder, space)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=space, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process, port, log
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_open(process: subprocess.Popen, port: int, deadline: float, show: Show) -> None:
    """Return when something listens on `port`; TimeoutError or ChildProcessError when that will not be."""
    began = said = time.monotonic()
    while True:
        if process.poll() is not None:
            raise ChildProcessError(f"it ended with exit code {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            now = time.monotonic()
        if now > deadline:
            raise TimeoutError(f"it was not open after {now - began:.0f} s")
        if now - said > 5:
            show(f"trying it: starting, {now - began:.0f} s")
            said = now
        time.sleep(0.2)


def ask(url: str, task: Task, seconds: float) -> dict:
    """What the endpoint of `task` at `url` answers to the first example that is here, once the tab has been built.

    ValueError, the client's own too, when the tab cannot be built or the answer is none.
    """
    from gradio_client import Client, handle_file

    from hub_models.ui.examples import available, texts

    given = [
        handle_file(next(iter(available(task).values())))
        if kind is Path
        else next(iter(texts(task).values()))
        for kind in task.inputs.values()
    ]
    client = Client(
        url,
        token=False,  # None would take the one of this machine's login
        verbose=False,
        analytics_enabled=False,
        download_files=False,
        httpx_kwargs={"timeout": seconds, "trust_env": False},
    )
    try:
        tab = next(event["id"] for event in client.config["dependencies"] if event["render_id"] is not None)
        client.submit(fn_index=tab).result(timeout=seconds)
        job = client.submit(*given, api_name=f"/{task.id}")
        answer = job.result(timeout=seconds)
    finally:
        client.close()
    if not isinstance(answer, dict) or not set(answer) > ANSWER_KEYS or answer["checkpoint"] != task.default:
        raise ValueError(f"expected an answer of {task.default}, got {str(answer)[:200]}")
    return answer
