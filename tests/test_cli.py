"""The command line and the Python API: what they print, in which keys, with which exit code; and the page on them."""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from box_layouts import CAT, DOG, pack, voc
from hub_server import USER, Fault, HubServer
from instance_sets import nuclei
from mask_sets import write as write_masks
from PIL import Image
from safetensors.torch import load_file, save_file

import hub_models
from finetune.card import CardFacts
from finetune.write import write_checkpoint
from hub_models.__main__ import main
from hub_models.architectures.lenet import LeNet5
from hub_models.catalog import checkpoints
from hub_models.check import faults
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError
from hub_models.loader import LOADER
from hub_models.preprocess import InputSpec

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
TASK = "image-classification"
ANSWER_KEYS = ["labels", "seconds", "device", "checkpoint"]
ROW_KEYS = {field.name for field in fields(Checkpoint)} | {"offline"}
PACKAGE = "efficientnet_lite0.imagenet"
RNG = np.random.default_rng(0)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the page names: a recipe's checkpoint, pictures, a data set, an npz."""
    home = tmp_path_factory.mktemp("home")
    examples = Path(pytest.importorskip("gradio").__file__).parent / "media_assets" / "images"
    for label, name in (("cheetah", "photo.jpg"), ("lion", "other.png")):
        picture = Image.open(examples / f"{label}.jpg").convert("RGB").resize((256, 256))
        (home / "photos" / label).mkdir(parents=True)
        picture.save(home / name)
        picture.save(home / "photos" / label / "1.png")
    examples = ROOT / "hub_models" / "examples"
    shutil.copy(examples / "blood_1.jpg", home / "smear.jpg")
    shutil.copy(examples / "cell_white.jpg", home / "cell.jpg")
    (home / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    digits = RNG.integers(0, 256, (12, 28, 28), dtype=np.uint8)
    np.savez_compressed(home / "digits.npz", images=digits, labels=np.arange(12) % 10)
    write_recipe(home / "runs" / "mine" / "checkpoint")
    voc(home / "cells", {"a": [("WBC", (10, 6, 24, 20)), ("RBC", CAT)], "b": [("WBC", DOG), ("RBC", CAT)]})
    pack(home / "cells")
    voc(home / "crops", {"a": [("WBC", CAT)], "b": [("WBC", DOG)]})
    write_masks(home / "streets", 2, "road\nsky\ncar")
    nuclei(home / "nuclei", 2)
    shutil.copy(home / "nuclei" / "images" / "0.png", home / "nuclei.png")
    return home


def write_recipe(folder: Path) -> None:
    """A LeNet-5 of random weights, as a recipe writes it."""
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(32, 32), mean=(0.1,), std=(0.3,), colour="grey", border=2)
    row = replace(
        checkpoints(TASK)[0], id="lenet5.noise", title="LeNet-5", model="lenet", labels="", sha256=None, input=spec,
        source="local:mine", recipe="none: random weights",
    )  # fmt: skip
    facts = CardFacts(data="noise", split="none", command="none", minutes=0, hardware="none", seed=0)
    write_checkpoint(
        folder,
        model=LeNet5(),
        library="ours",
        class_names=tuple("0123456789"),
        golden_input=RNG.integers(0, 256, (28, 28, 3), dtype=np.uint8),
        checkpoint=row,
        extra_card=facts,
    )


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`run("list", "--json")` in `home` -> (exit code, standard output, standard error)."""
    monkeypatch.chdir(home)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        return code, *capsys.readouterr()

    yield call
    for identity in LOADER.local:
        LOADER.unload(identity)
    LOADER.local.clear()


def test_list(run: Run) -> None:
    code, out, err = run("list", "--json")
    rows = json.loads(out)
    assert (code, err) == (0, "")
    assert [row["id"] for row in rows] == [row.id for row in checkpoints()]
    assert all(set(row) == ROW_KEYS for row in rows)
    _, plain, _ = run("list", "--task", TASK)
    assert [line.split()[0] for line in plain.splitlines()] == [row.id for row in checkpoints(TASK)]


@pytest.mark.parametrize("row", checkpoints(), ids=lambda row: row.id)
def test_info(run: Run, row: Checkpoint) -> None:
    code, out, _ = run("info", row.id)
    assert code == 0
    for fact in (
        row.title,
        row.sentence,
        row.paper,
        row.weights_licence,
        row.data_licence,
        f"{row.parameters:,}",
    ):
        assert fact in out
    for metric in row.metrics:
        assert f"n = {metric.count:,}" in out
    assert ("unpinned" in out) == (row.kind == "hub" and row.revision is None)
    assert json.loads(run("info", row.id, "--json")[1])["source"] == row.source


def test_predict_one(run: Run) -> None:
    code, out, err = run("predict", TASK, "photo.jpg", "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert list(answer) == ANSWER_KEYS
    assert [list(entry) for entry in answer["labels"]] == [["label", "probability"]] * 5
    assert answer["labels"][0]["label"] == "cheetah"
    assert (answer["checkpoint"], answer["device"]) == (PACKAGE, LOADER.device)
    shown = run("predict", TASK, "photo.jpg")[1]
    assert "cheetah" in shown
    assert PACKAGE in shown


def test_predict_several_in_order_with_a_broken_one(run: Run, tmp_path: Path) -> None:
    inputs = ("other.png", "broken.jpg", "photo.jpg")
    code, out, err = run("predict", TASK, *inputs, "--json", "--out", str(tmp_path / "a.json"))
    lion, broken, cheetah = json.loads(out)
    assert code == 1
    assert (lion["labels"][0]["label"], cheetah["labels"][0]["label"]) == ("lion", "cheetah")
    assert set(broken) == {"error"}
    assert set(broken["error"]) == {"code", "message"}
    assert err.startswith("broken.jpg: Expected")
    written = json.loads((tmp_path / "a.json").read_text())
    assert [set(answer) for answer in written] == [set(ANSWER_KEYS), {"error"}, set(ANSWER_KEYS)]


def test_predict_to_a_table(run: Run, tmp_path: Path) -> None:
    assert run("predict", TASK, "photo.jpg", "other.png", "--out", str(tmp_path / "a.csv"))[0] == 0
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["input", "label", "probability", "seconds", "device", "checkpoint"]
    assert [(r["input"], r["label"]) for r in rows[::5]] == [("photo.jpg", "cheetah"), ("other.png", "lion")]
    assert len(rows) == 10


def test_a_recipes_folder_is_a_checkpoint(run: Run) -> None:
    answer = json.loads(
        run("predict", TASK, "photo.jpg", "--checkpoint", "runs/mine/checkpoint", "--json")[1]
    )
    assert answer["checkpoint"] == "local.mine"
    assert {entry["label"] for entry in answer["labels"]} <= set("0123456789")
    assert hub_models.load("runs/mine/checkpoint").checkpoint.id == "local.mine"
    report = json.loads(
        run("evaluate", TASK, "--checkpoint", "runs/mine/checkpoint", "--data", "digits.npz", "--json")[1]
    )
    assert (report["count"], report["split"], report["data"]) == (12, "all", "digits.npz")
    assert sum(map(sum, report["confusion"])) == 12


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("predict nothing photo.jpg", "task_unknown"),
        ("predict image-classification nowhere.jpg", "file_missing"),
        ("predict image-classification broken.jpg", "image_truncated"),
        ("predict image-classification photo.jpg --checkpoint resnet9999.nothing", "checkpoint_unknown"),
        ("predict image-classification photo.jpg --checkpoint https://host/weights", "checkpoint_foreign"),
        ("predict image-classification photo.jpg --checkpoint photos", "checkpoint_foreign"),
        ("predict image-classification photo.jpg --checkpoint /etc", "checkpoint_foreign"),
        ("predict image-classification photo.jpg --out nowhere/a.json", "bad_value"),
        ("list --task nothing", "task_unknown"),
        ("info nothing", "checkpoint_unknown"),
        (f"evaluate nothing --checkpoint {PACKAGE} --data photos", "task_unknown"),
        (f"evaluate image-classification --checkpoint {PACKAGE} --data nowhere", "data_missing"),
        (f"evaluate image-classification --checkpoint {PACKAGE} --data photo.jpg", "data_missing"),
        ("evaluate image-classification --checkpoint runs/mine/checkpoint --data photos", "classes_unknown"),
        ("evaluate object-detection --checkpoint faster_rcnn.bccd --data nowhere", "data_missing"),
        ("evaluate object-detection --checkpoint faster_rcnn.bccd --data photos", "labels_missing"),
        ("evaluate localization --checkpoint localizer.bccd --data digits.npz", "data_missing"),
    ],
)
def test_errors(run: Run, arguments: str, code: str) -> None:
    status, out, err = run(*arguments.split(), "--json")
    error = json.loads(out)["error"]
    assert (status, err, error["code"]) == (1, "", code)
    assert list(error) == ["code", "message"]
    assert error["message"].startswith(("Expected", "None"))
    status, out, err = run(*arguments.split())
    assert (status, out) == (1, "")
    assert err == error["message"] + "\n"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-3] ^= 0xFF
    path.write_bytes(data)


def rewrite_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["checkpoint"] |= changes
    (folder / "config.json").write_text(json.dumps(config))


def change_golden(folder: Path) -> None:
    golden = load_file(folder / "golden.safetensors")
    golden["probabilities"][0] += 0.002
    save_file(golden, folder / "golden.safetensors")


def shorten_names(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["label_names"] = config["label_names"][:9]
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: None, ""),
        (change_golden, "golden output: a probability differs by 0.002"),
        (lambda folder: rewrite_config(folder, parameters=5), "parameters: expected 5, got 61706"),
        (lambda folder: rewrite_config(folder, megabytes=3.0), "megabytes: expected 3.0, got 0.12"),
        (shorten_names, "a name for each of 10 classes, got 9"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\x80\x04cos\nsystem\n"), "damaged"),
        (lambda folder: (folder / "model.safetensors").unlink(), "found none"),
        (lambda folder: (folder / "golden.safetensors").unlink(), "golden.safetensors"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json"),
    ],
)
def test_check(run: Run, tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    folder = tmp_path / "net" / "checkpoint"
    write_recipe(folder)
    damage(folder)
    code, out, err = run("check", str(folder))
    assert (code, err) == (1 if words else 0, "")
    assert out.startswith(f"{'FAILED' if words else 'ok    '} {folder}")
    assert words in out


def test_check_sees_a_flipped_bit(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "flipped" / "checkpoint"
    write_recipe(folder)
    row = LOADER.resolve(str(folder))
    flip(folder / "model.safetensors")
    wrong = faults(row)
    assert wrong[0].startswith(f"sha256: expected {row.sha256}")


def test_check_of_everything(run: Run) -> None:
    code, out, _ = run("check")
    kept = [row.id for row in checkpoints() if row.kind in ("bundled", "package")]
    assert out.splitlines() == [f"ok     {identity}" for identity in kept]
    assert code == 0


def test_check_goes_on_after_a_failure(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "wrong" / "checkpoint"
    write_recipe(folder)
    change_golden(folder)
    code, out, _ = run("check", str(folder), PACKAGE)
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()] == ["FAILED", "ok"]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("confidence", "Expected --option NAME=VALUE with one of confidence=0.5, iou=0.5"),
        ("colour=red", "Expected --option NAME=VALUE with one of confidence=0.5, iou=0.5"),
        ("confidence=high", "Expected a number for confidence, got 'high'"),
        ("confidence=1.5", "0 to 1"),
    ],
)
def test_options_of_a_task(run: Run, option: str, words: str) -> None:
    code, _, err = run("predict", "object-detection", "smear.jpg", "--option", option)
    assert code == 1
    assert words in err


def test_options_change_the_answer(run: Run) -> None:
    counts = []
    for confidence in (0.9, 0.2):
        _, out, _ = run(
            "predict", "object-detection", "smear.jpg", "--json", "--option", f"confidence={confidence}"
        )
        counts.append(len(json.loads(out)["boxes"]))
    assert counts[0] < counts[1]


def test_python_api(home: Path) -> None:
    answer = hub_models.predict(TASK, str(home / "photo.jpg"))
    assert list(answer.to_json()) == ANSWER_KEYS
    assert TASK in [task.id for task in hub_models.all_tasks()]
    assert hub_models.checkpoints() == checkpoints()
    with pytest.raises(BadInput, match="Expected picture for image-classification, got 2 inputs"):
        hub_models.predict(TASK, "a.jpg", "b.jpg")
    with pytest.raises(BadInput, match="one of the tasks"):
        hub_models.checkpoints("nothing")
    with pytest.raises(CheckpointError, match="one of the checkpoints"):
        hub_models.load("nothing")


def test_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert hub_models.__version__ == project["version"]


def test_the_command_line_never_imports_gradio(home: Path) -> None:
    code = (
        "import sys; from hub_models.__main__ import main\n"
        f"main(['predict', '{TASK}', 'photo.jpg'])\n"
        f"main(['evaluate', '{TASK}', '--checkpoint', '{PACKAGE}', '--data', 'photos'])\n"
        "assert main(['check']) == 0\n"
        "sys.exit('gradio' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=home, env=environment(), check=True, capture_output=True)


def test_a_reader_who_leaves_early(home: Path) -> None:
    command = [sys.executable, "-m", "hub_models", "list", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=home, env=environment(), stdout=pipe, stderr=pipe) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


FROM_THE_HUB = f"""
import sys
from dataclasses import replace
from hub_models.__main__ import main
from hub_models.catalog import checkpoints
from hub_models.loader import LOADER
from hub_models.local import read_local
from pathlib import Path
row = replace(read_local(Path("runs/mine/checkpoint")), id="lenet5.hub", source="hub:{USER}/net", sha256=None)
LOADER.local[row.id] = row
sys.exit(main(sys.argv[1:]))
"""


def test_weights_of_the_hub_are_announced_fetched_and_used(
    home: Path, hub: HubServer, hub_env: dict[str, str]
) -> None:
    """Size and licence come before the download; the second time nothing is asked of the Hub."""
    folder = home / "runs" / "mine" / "checkpoint"
    hub.seed("model", f"{USER}/net", {path.name: path.read_bytes() for path in folder.iterdir()})

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", FROM_THE_HUB, *arguments]
        return subprocess.run(
            command, cwd=home, env=environment(hub_env), capture_output=True, text=True, check=False
        )

    asked = ("predict", TASK, "photo.jpg", "--checkpoint", "lenet5.hub", "--json")
    first = call(*asked)
    assert first.returncode == 0, first.stderr
    assert list(json.loads(first.stdout)) == ANSWER_KEYS
    assert re.search(rf"{USER}/net: [\d.]+ MB, licence Apache-2.0", first.stderr)
    requests = len(hub.requests)
    again = call("fetch", "lenet5.hub")
    assert again.returncode == 0, again.stderr
    for words in ("here already", "unpinned", "Apache-2.0", "ImageNet", "is ready"):
        assert words in again.stdout
    assert len(hub.requests) == requests
    assert "verified by fetch" in call("check", "lenet5.hub").stdout


def test_the_hub_away_is_one_sentence(home: Path, hub: HubServer, hub_env: dict[str, str]) -> None:
    hub.fault = Fault(kind="refuse")
    done = subprocess.run(
        [sys.executable, "-c", FROM_THE_HUB, "fetch", "lenet5.hub"],
        cwd=home, env=environment(hub_env), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "unpinned" in done.stdout
    assert done.stderr.count("\n") == 1
    assert "did not answer" in done.stderr


def environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    return dict(base) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def shape(value: object, path: str = "") -> set[str]:
    """The keys of a JSON value, and of what is in it."""
    if isinstance(value, dict):
        return {f"{path}.{key}" for key in value} | {
            s for k, v in value.items() for s in shape(v, f"{path}.{k}")
        }
    if isinstance(value, list):
        return set().union(*(shape(item, f"{path}[]") for item in value))
    return set()


BLOCKS = re.findall(r"```(sh|json|python)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
SHOWN = [
    (text.splitlines()[-1], json.loads(following))
    for (kind, text), (next_kind, following) in pairwise(BLOCKS)
    if (kind, next_kind) == ("sh", "json")
]


@pytest.mark.parametrize("command", [line for line in COMMANDS if " deploy " not in line])
def test_commands_of_the_page(run: Run, command: str) -> None:
    arguments = shlex.split(command)
    assert arguments[:3] == ["python", "-m", "hub_models"]
    code, out, _ = run(*arguments[3:])
    assert code == 0
    assert out


@pytest.mark.parametrize(("command", "keys"), SHOWN, ids=[command.split()[3] for command, _ in SHOWN])
def test_keys_of_the_page(run: Run, command: str, keys: dict) -> None:
    assert shape(json.loads(run(*shlex.split(command)[3:])[1])) == shape(keys)


def test_python_of_the_page(run: Run) -> None:
    for kind, text in BLOCKS:
        if kind == "python":
            exec(compile(text, "docs/command-line.md", "exec"), {})


def test_every_command_is_on_the_page() -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "hub_models", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    commands = re.findall(r"^    (\w+) ", helped.stdout, re.MULTILINE)
    assert commands == ["list", "info", "predict", "evaluate", "fetch", "check", "deploy"]
    assert set(commands) == {line.split()[3] for line in COMMANDS}
