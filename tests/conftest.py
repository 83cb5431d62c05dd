"""Fixtures that several test files share."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_server import WRITE_TOKEN, HubServer
from server import Client, Server


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A running Hub of our own, empty."""
    with HubServer() as server:
        yield server


@pytest.fixture
def hub_env(hub: HubServer, tmp_path: Path) -> dict[str, str]:
    """The environment of a subprocess whose Hub is `hub`, with write access and an empty cache."""
    foreign = ("HF_", "HUGGINGFACE_", "TRANSFORMERS_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return clean | {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": WRITE_TOKEN,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture(scope="session")
def app_server() -> Iterator[Server]:
    """The real app, one process for all tests that leave it as it was."""
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The real app with one worker, for browsers."""
    with Server(env={"HUB_WORKERS": "1"}) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A program that speaks HTTP with the module's `server`."""
    with server.client() as visitor:
        yield visitor


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from browsing import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def visits(browser, tmp_path: Path, request: pytest.FixtureRequest) -> Callable:
    """Opens pages: `with visits(url, size) as page`."""
    from browsing import visitor

    name = re.sub(r"\W+", "-", request.node.name)
    return visitor(browser, tmp_path / f"{name}.png")
