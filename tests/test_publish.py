"""Checkpoint folders: the hub, timm and our networks read what is written; what is pushed is whole."""

import json
import re
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
import timm
import torch
import yaml
from hub_server import READ_TOKEN, USER, WRITE_TOKEN, Fault, HubServer
from huggingface_hub import HfApi
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from finetune.publish import (
    CardFacts,
    ClassRow,
    catalogue_row,
    main,
    preflight,
    push,
    write_checkpoint,
)
from finetune.write import packed
from hub_models.account import hub_error, may_write, within
from hub_models.architectures.resnet import ResNet
from hub_models.checkpoint import Checkpoint, Metric
from hub_models.errors import BadInput, CheckpointError, HubError, HubUnavailable, Overloaded
from hub_models.local import (
    FILES,
    WEIGHTS,
    checkpoint_from_json,
    checkpoint_to_json,
    label_names,
    read_golden,
    read_local,
)
from hub_models.predictors import ours as ours_library
from hub_models.predictors import timm as timm_library
from hub_models.predictors.weights import deflated, inflated, read_tensors, unpacked
from hub_models.preprocess import InputSpec

# huggingface_hub 2.4 hands its LFS uploads to httpx2 in a way that httpx2 is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

NET = f"{USER}/net"
ROOT = Path(__file__).parent.parent
HOSTILE = (
    "<script>alert(1)</script>",
    "a|b\n# heading\n---",
    "[click](javascript:x) ![](http://x/y.png) `code` **b** $x$ \u202eabc",
    "na\udce9ve \x00 \\ 'q' \"q\"",
    "日本語 🐈",
)
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
METRIC = Metric(
    dataset="CIFAR-10",
    split="dev",
    name="accuracy",
    value=0.9123,
    count=2000,
    low=0.899,
    high=0.924,
    baseline=0.1,
    baseline_name="always the most frequent class",
)
FACTS = CardFacts(
    data="CIFAR-10, 25,000 photographs",
    data_hub_id="uoft-cs/cifar10",
    split="23,000 to train, 2,000 to choose the weights and to measure",
    command="python -m finetune.image_classification_cifar10 resnet --data-dir DIR --output runs/resnet",
    minutes=12.5,
    hardware="one NVIDIA H200",
    seed=0,
    versions=(("torch", "2.15.0"), ("timm", "1.0.31")),
    per_class=tuple(
        ClassRow(name=n, count=400, recall=0.9, precision=0.8, confused_with=HOSTILE[0]) for n in HOSTILE
    ),
    limits=("It was trained on small pictures.", "- <img src=x onerror=alert(1)>"),
)


def checkpoint_of(library: str, model: str) -> Checkpoint:
    return Checkpoint(
        id=f"{model}.cifar10",
        task="image-classification",
        title="ResNet-8 (small)",
        architecture="ResNet",
        year=2016,
        library=library,
        source="local:unknown yet",
        model=model,
        sentence="The input of a block travels on beside it, so depth does not make learning harder.",
        paper="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2016)",
        weights_licence="MIT",
        data_licence="CIFAR-10: no licence is stated; research and teaching",
        trained_on="CIFAR-10 (25,000 photographs)",
        parameters=0,
        megabytes=0,
        input=InputSpec(size_hw=(32, 32), mean=(0.49, 0.48, 0.45), std=(0.25, 0.24, 0.26), crop=0.9),
        recipe="python -m finetune.image_classification_cifar10 resnet",
        metrics=(METRIC, replace(METRIC, split="a 'second' \"split\"")),
    )


def network(library: str) -> tuple[nn.Module, str]:
    torch.manual_seed(0)
    if library == "timm":
        return timm.create_model("test_resnet", num_classes=len(HOSTILE), drop_rate=0.2).eval(), "test_resnet"
    return ResNet.cifar(8, len(HOSTILE)).eval(), "resnet"


def written(folder: Path, library: str = "ours", storage: str = "fp16", **changes: object) -> nn.Module:
    """Write a checkpoint with random weights into `folder`; the network in float32."""
    model, name = network(library)
    write_checkpoint(
        folder,
        model=model,
        library=library,
        class_names=HOSTILE,
        golden_input=PIXELS,
        checkpoint=replace(checkpoint_of(library, name), **changes),
        extra_card=FACTS,
        storage=storage,
    )
    return model


def python(code: str, env: dict[str, str]) -> str:
    """The output of `code` in a fresh Python."""
    env = env | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def client(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client of this process talks to `hub`, and retries without waiting."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setenv("HF_TOKEN", WRITE_TOKEN)


def code_of(call: object) -> str:
    with pytest.raises(HubError) as refused:
        call()
    assert "hf_" not in str(refused.value) and "/tmp" not in str(refused.value)
    return refused.value.code


# Folders


@pytest.mark.parametrize("library", ["ours", "timm"])
def test_round_trip(tmp_path: Path, library: str) -> None:
    folder = tmp_path / "checkpoint"
    model = written(folder, library)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint"]
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)
    checkpoint = read_local(folder)
    assert checkpoint.kind == "local" and checkpoint.library == library
    assert checkpoint.metrics == checkpoint_of(library, "x").metrics
    assert checkpoint.parameters == sum(p.numel() for p in model.parameters())
    golden = read_golden(folder)
    assert np.array_equal(golden.given, PIXELS)
    predictor = {"ours": ours_library, "timm": timm_library}[library].load(checkpoint, folder, "cpu")
    answer = predictor.predict(PIXELS)
    assert np.allclose(answer.probabilities, golden.arrays["probabilities"], atol=1e-6)
    with torch.inference_mode():
        wanted = model(predictor.preprocess(PIXELS)).softmax(1)[0].numpy()
    assert np.allclose(answer.probabilities, wanted, atol=5e-3)  # fp16 against fp32
    assert answer.names == label_names(folder)
    assert answer.names[4] == HOSTILE[4] and answer.names[3].startswith("na?ve")
    with safe_open(folder / "model.safetensors", "numpy") as file:
        assert {file.get_slice(n).get_dtype() for n in file.keys()} <= {"F16", "I64"}  # noqa: SIM118


def test_json_of_a_checkpoint_is_plain_and_complete() -> None:
    checkpoint = checkpoint_of("ours", "resnet")
    values = checkpoint_to_json(checkpoint)
    assert json.loads(json.dumps(values)) == values
    assert not {"source", "sha256", "revision"} & set(values)
    assert checkpoint_from_json(values, source=checkpoint.source) == checkpoint


def test_values_beyond_fp16_stay_float32(tmp_path: Path) -> None:
    model, name = network("ours")
    model.stem[1].running_var.fill_(1e6)
    write_checkpoint(
        tmp_path / "c",
        model=model,
        library="ours",
        class_names=HOSTILE,
        golden_input=PIXELS,
        checkpoint=checkpoint_of("ours", name),
        extra_card=FACTS,
    )
    with safe_open(tmp_path / "c" / "model.safetensors", "numpy") as file:
        wide = [n for n in file.keys() if file.get_slice(n).get_dtype() == "F32"]  # noqa: SIM118
        assert wide == ["stem.1.running_var"] and file.get_tensor(wide[0]).max() == 1e6


def test_ours_from_pretrained(tmp_path: Path) -> None:
    model = written(tmp_path / "c")
    loaded = ResNet.from_pretrained(tmp_path / "c")
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(model(x), loaded(x), atol=2e-2)


def test_timm_local_dir(tmp_path: Path) -> None:
    model = written(tmp_path / "c", "timm")
    loaded = timm.create_model(f"local-dir:{tmp_path / 'c'}", pretrained=True).eval()
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(model(x), loaded(x), atol=2e-2)
    cfg = loaded.pretrained_cfg
    assert tuple(cfg["label_names"]) == label_names(tmp_path / "c")
    assert tuple(cfg["input_size"]) == (3, 32, 32) and cfg["crop_pct"] == 0.9
    assert timm.data.resolve_data_config(loaded.pretrained_cfg)["mean"] == (0.49, 0.48, 0.45)


def test_writing_again_replaces(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    (tmp_path / "c.unfinished").mkdir()  # a run was killed here
    (tmp_path / "c.unfinished" / "model.safetensors").write_bytes(b"half")
    written(folder)
    written(folder, title="Again")
    assert read_local(folder).title == "Again"
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_disk_full_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "c")
    before = {p.name: p.read_bytes() for p in (tmp_path / "c").iterdir()}
    monkeypatch.setattr(
        Path, "write_text", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(Overloaded) as full:
        written(tmp_path / "c", title="Again")
    assert full.value.code == "disk_full"
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
    assert {p.name: p.read_bytes() for p in (tmp_path / "c").iterdir()} == before


def config_with(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["checkpoint"] |= changes
    path.write_text(json.dumps(config))


DAMAGE = {
    "no folder": (lambda f: f.rename(f.with_name("d")), "checkpoint_foreign"),
    "no config": (lambda f: (f / "config.json").unlink(), "checkpoint_foreign"),
    "not JSON": (lambda f: (f / "config.json").write_text("{"), "checkpoint_corrupt"),
    "not UTF-8": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe{"), "checkpoint_corrupt"),
    "deep JSON": (lambda f: (f / "config.json").write_text("[" * 200_000), "checkpoint_corrupt"),
    "a list": (lambda f: (f / "config.json").write_text("[]"), "checkpoint_foreign"),
    "another's": (lambda f: (f / "config.json").write_text('{"architecture": "vit"}'), "checkpoint_foreign"),
    "checkpoint is text": (
        lambda f: (f / "config.json").write_text('{"checkpoint": "x"}'),
        "checkpoint_foreign",
    ),
    "year is text": (lambda f: config_with(f, year="2016"), "checkpoint_foreign"),
    "title is null": (lambda f: config_with(f, title=None), "checkpoint_foreign"),
    "unknown field": (lambda f: config_with(f, run="rm -rf"), "checkpoint_foreign"),
    "no such library": (lambda f: config_with(f, library="os"), "checkpoint_foreign"),
    "NaN": (lambda f: config_with(f, megabytes=float("nan")), "checkpoint_foreign"),
    "metrics is a number": (lambda f: config_with(f, metrics=3), "checkpoint_foreign"),
    "a metric lacks n": (lambda f: config_with(f, metrics=[{"name": "x"}]), "checkpoint_foreign"),
    "three sides": (lambda f: config_with(f, input={"size_hw": [1, 2, 3]}), "checkpoint_foreign"),
    "crop of 2": (lambda f: config_with(f, input={"size_hw": [8, 8], "crop": 2.0}), "checkpoint_foreign"),
    "no recipe": (lambda f: config_with(f, recipe=""), "checkpoint_foreign"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "checkpoint_missing"),
    "short weights": (
        lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:-9]),
        "checkpoint_corrupt",
    ),
    "empty weights": (lambda f: (f / "model.safetensors").write_bytes(b""), "checkpoint_corrupt"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_folders(tmp_path: Path, name: str) -> None:
    damage, code = DAMAGE[name]
    written(tmp_path / "c")
    damage(tmp_path / "c")
    assert code_of(lambda: read_local(tmp_path / "c")) == code


def test_golden_and_names_are_checked(tmp_path: Path) -> None:
    written(tmp_path / "c")
    (tmp_path / "c" / "golden.safetensors").write_bytes((tmp_path / "c" / "model.safetensors").read_bytes())
    assert code_of(lambda: read_golden(tmp_path / "c")) == "checkpoint_foreign"
    (tmp_path / "c" / "golden.safetensors").unlink()
    assert code_of(lambda: read_golden(tmp_path / "c")) == "checkpoint_missing"
    (tmp_path / "c" / "config.json").write_text('{"num_classes": 3, "label_names": ["a"]}')
    assert code_of(lambda: label_names(tmp_path / "c")) == "checkpoint_foreign"


# Card and catalogue row


@pytest.mark.parametrize("library", ["ours", "timm"])
def test_card(tmp_path: Path, library: str) -> None:
    written(tmp_path / "c", library)
    text = (tmp_path / "c" / "README.md").read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    matter = yaml.safe_load(front)
    assert matter["license"] == "mit" and matter["pipeline_tag"] == "image-classification"
    assert matter["datasets"] == ["uoft-cs/cifar10"] and matter["metrics"] == ["accuracy"]
    first = matter["model-index"][0]["results"][0]["metrics"][0]
    assert first["value"] == METRIC.value and first["args"]["n"] == 2000 and "n = 2,000" in first["name"]
    for part in (
        "91.2%",
        "89.9% to 92.4%",
        "2,000",
        "10.0% (always the most",
        "12.5 minutes",
        "seed 0",
        "torch 2.15.0",
    ):
        assert part in body, part
    assert str(tmp_path) not in text


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    written(tmp_path / "c", title="# x\n---\nlicense: evil", weights_licence="Mine: <all> of it\n---")
    text = (tmp_path / "c" / "README.md").read_text(encoding="utf-8")
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert yaml.safe_load(front[1])["license"] == "other"
    body = text[front.end() :]
    assert not re.search(r"<(script|img)", body) and "\u202e" not in body and "\x00" not in body
    assert "](" not in body.replace("\\]\\(", "").replace("\\](", "")
    table = re.search(r"## Class by class\n\n(.*?)\n\n", body, re.DOTALL)[1].splitlines()
    assert len(table) == 2 + len(HOSTILE)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in table)
    headings = [
        "Load it",
        "Data and licence",
        "How good it is",
        "Class by class",
        "Make it again",
        "Limits",
        "Paper",
    ]
    assert re.findall(r"^## (.*)", body, re.MULTILINE) == headings
    assert len(re.findall(r"^# ", body, re.MULTILINE)) == 1


def test_catalogue_row(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    written(
        folder,
        sentence='It\'s "quoted", and long: ' + "word " * 40 + "end.",
        deviations='only "double" \\ quotes',
    )
    row = catalogue_row(folder)
    names = {"Checkpoint": Checkpoint, "Metric": Metric, "InputSpec": InputSpec}
    (made,) = eval(f"(\n{row}\n)", names)
    read = read_local(folder)
    assert made == replace(read, source=f"bundled:{read.id}")
    module = f"CHECKPOINTS = (\n{row}\n)\n"
    ruff = [sys.executable, "-m", "ruff", "format", "--line-length", "110", "-"]
    formatted = subprocess.run(ruff, input=module, capture_output=True, text=True, check=True).stdout
    assert formatted == module
    assert max(len(line) for line in module.splitlines()) <= 110


# The Hub


@pytest.mark.parametrize("library", ["ours", "timm"])
@pytest.mark.parametrize(("storage", "steps", "share"), [("int8", 32, 0.75), ("int5", 8, 0.6)])
def test_packed_weights_answer_alike(
    tmp_path: Path, library: str, storage: str, steps: int, share: float
) -> None:
    """A row is off by half a step at most, a share of its standard deviation; the same loader reads it."""
    model = written(tmp_path / "half", library)
    written(tmp_path / "packed", library, storage=storage)
    sizes = [(tmp_path / name / WEIGHTS).stat().st_size for name in ("packed", "half")]
    assert sizes[0] < share * sizes[1]
    read = read_tensors(tmp_path / "packed" / WEIGHTS)
    for name, tensor in model.state_dict().items():
        rows = tensor.float().flatten(1) if tensor.ndim > 1 else tensor.float().reshape(1, -1)
        error = (rows - read[name].view(rows.shape)).abs()
        assert (error <= 0.51 / steps * rows.std(1, correction=0, keepdim=True) + 1e-3).all(), name
    module = {"ours": ours_library, "timm": timm_library}[library]
    answers = [
        module.load(read_local(tmp_path / name), tmp_path / name, "cpu").predict(PIXELS).probabilities
        for name in ("half", "packed")
    ]
    assert np.abs(answers[0] - answers[1]).max() < 0.02 * 32 / steps


def test_packed_numbers_come_back(tmp_path: Path) -> None:
    numbers = torch.tensor([0, 1, -1, 127, -128, 300, -301, 32767, -32767], dtype=torch.int16).view(3, 3)
    assert torch.equal(inflated(deflated(numbers).numpy().tobytes(), [3, 3]), numbers.float())
    flat, constant, sparse = torch.zeros(4, 300), torch.full((4, 300), 0.25), torch.zeros(4, 300)
    sparse[:, 7] = -2.0  # 17 standard deviations: no number is cut off
    kept = unpacked(packed({"flat": flat, "constant": constant, "sparse": sparse}, "int5"))
    for name, tensor in {"flat": flat, "constant": constant, "sparse": sparse}.items():
        assert torch.allclose(kept[name], tensor, atol=1e-4 if name != "sparse" else 0.01), name


def test_what_went_on_from_a_base_is_kept_as_a_difference(tmp_path: Path, monkeypatch) -> None:
    """The same numbers come back as without a base, from less room; a tensor unlike every base is kept by itself."""
    draw = torch.Generator().manual_seed(0)
    bases = [torch.randn(8, 600, generator=draw) for _ in range(3)]
    near = bases[1] + 0.05 * torch.randn(8, 600, generator=draw)
    tensors = {
        "near": near,
        "far": torch.randn(8, 600, generator=draw),
        "other": torch.randn(8, 601, generator=draw),
    }
    alone, kept = packed(tensors, "int5"), packed(tensors, "int5", bases)
    assert {name for name in kept if name.endswith(".base")} == {"near.base"}
    assert int(kept["near.base"]) == 1
    assert len(kept["near"]) < 0.6 * len(alone["near"])
    monkeypatch.setattr("hub_models.predictors.weights.base_tensors", lambda: bases)
    save_file(kept, tmp_path / WEIGHTS)
    read = read_tensors(tmp_path / WEIGHTS)
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[name], tensor) for name, tensor in unpacked(alone).items())


def test_a_base_of_another_shape_is_refused(tmp_path: Path) -> None:
    for place in (-1, 0, 10**6):  # the first of the package is no 4 x 300
        save_file(
            packed({"w": torch.randn(4, 300)}, "int5") | {"w.base": torch.tensor(place)}, tmp_path / WEIGHTS
        )
        with pytest.raises(CheckpointError) as told:
            read_tensors(tmp_path / WEIGHTS)
        assert told.value.code == "checkpoint_corrupt"


def test_without_the_package_of_the_base_it_is_named(tmp_path: Path, monkeypatch) -> None:
    save_file(packed({"w": torch.randn(4, 300)}, "int5") | {"w.base": torch.tensor(0)}, tmp_path / WEIGHTS)
    monkeypatch.setattr("hub_models.predictors.weights.BASE_WEIGHTS", "no_such_package/weights.pth")
    with pytest.raises(CheckpointError, match="no-such-package") as told:
        read_tensors(tmp_path / WEIGHTS)
    assert told.value.code == "checkpoint_missing"


@pytest.mark.parametrize(
    "wrong",
    [
        {"w.shape": torch.tensor([4, 301])},
        {"w.shape": torch.tensor([4, -300])},
        {"w.shape": torch.tensor([1 << 40, 1 << 20])},  # a bomb by its shape
        {"w": torch.frombuffer(bytearray(zlib.compress(bytes(20_000_000), 9)), dtype=torch.uint8)},
        {"w": torch.zeros(600, dtype=torch.uint8)},
        {"w.scale": torch.ones(3)},
        {"w.scale": torch.zeros(4)},
        {"w.shape": torch.tensor([4.0, 300.0])},
    ],
)
def test_packed_weights_that_are_wrong_are_refused(tmp_path: Path, wrong: dict[str, torch.Tensor]) -> None:
    save_file(packed({"w": torch.randn(4, 300)}, "int5") | wrong, tmp_path / WEIGHTS)
    with pytest.raises(CheckpointError) as told:
        read_tensors(tmp_path / WEIGHTS)
    assert told.value.code == "checkpoint_corrupt"


@pytest.mark.usefixtures("client")
def test_packed_weights_are_pushed_unpacked(hub: HubServer, tmp_path: Path) -> None:
    """What lies on the Hub is read by `from_pretrained` and timm, which know nothing of our packing."""
    written(tmp_path / "c", storage="int8")
    push(tmp_path / "c", NET)
    files = hub.repos["model", NET].commits[-1].files
    there = tmp_path / "there"
    there.mkdir()
    for name, content in files.items():
        (there / name).write_bytes(content)
    pushed, kept = load_file(there / WEIGHTS), read_tensors(tmp_path / "c" / WEIGHTS)
    assert pushed.keys() == kept.keys()
    assert all(torch.equal(pushed[n], t.half()) for n, t in kept.items() if t.is_floating_point())
    assert read_local(there).megabytes == round(len(files[WEIGHTS]) / 1e6, 2)
    ResNet.from_pretrained(there)


@pytest.mark.usefixtures("client")
def test_push(hub: HubServer, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    written(folder)
    for name in ("resume.pt", "log.csv", "pytorch_model.bin"):
        (folder / name).write_bytes(b"secret")
    said: list[str] = []
    url = push(folder, "net", show=said.append)
    assert url == f"{hub.url}/{NET}"
    commits = hub.repos["model", NET].commits
    assert len(commits) == 2 and set(commits[-1].files) == {".gitattributes", *FILES}
    uploaded = b"".join(commits[-1].files.values())
    assert WRITE_TOKEN.encode() not in uploaded and b"USER/NAME" not in uploaded
    assert f'from_pretrained("{NET}")'.encode() in commits[-1].files["README.md"]
    assert WRITE_TOKEN not in " ".join(said) and NET in said[0]
    hub.requests.clear()
    push(folder, NET, show=said.append)
    assert len(commits) == 2 and not any(r.method == "PUT" for r in hub.requests)  # nothing new, nothing sent
    written(folder, title="Better")
    push(folder, NET, show=said.append)
    assert len(commits) == 3


@pytest.mark.usefixtures("client")
def test_push_private(hub: HubServer, tmp_path: Path) -> None:
    written(tmp_path / "c")
    push(tmp_path / "c", NET, private=True)
    assert hub.repos["model", NET].private
    hub.seed("model", f"{USER}/public", {"a": b"b"})
    assert code_of(lambda: push(tmp_path / "c", f"{USER}/public", private=True)) == "bad_value"
    assert len(hub.repos["model", f"{USER}/public"].commits) == 1


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("repo", "token", "code"),
    [
        (NET, READ_TOKEN, "hub_forbidden"),
        (NET, "hf_unknown", "hub_forbidden"),
        (NET, "hf_with\nline", "hub_forbidden"),
        ("someone/else", WRITE_TOKEN, "hub_forbidden"),
        ("a/b/c", WRITE_TOKEN, "bad_value"),
        ("student/../net", WRITE_TOKEN, "bad_value"),
        ("student/n t", WRITE_TOKEN, "bad_value"),
        ("", WRITE_TOKEN, "bad_value"),
    ],
)
def test_refused_before_any_upload(hub: HubServer, tmp_path: Path, repo: str, token: str, code: str) -> None:
    assert code_of(lambda: preflight(repo, token, 1000)) == code
    written(tmp_path / "c")
    assert code_of(lambda: push(tmp_path / "c", repo, token)) == code
    assert hub.repos == {} and {r.path for r in hub.requests} <= {"/api/whoami-v2"}


@pytest.mark.usefixtures("client")
def test_preflight(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = preflight("net", None, 9_200_000)
    assert ready.repo_id == NET and ready.text() == f"ready to push 9.2 MB to {NET} as {USER}"
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("hub_models.account.get_token", lambda: None)
    assert code_of(lambda: preflight("net", None, 1)) == "hub_forbidden"


def test_fine_grained_tokens() -> None:
    def scope(name: str, *permissions: str) -> dict:
        scoped = [{"entity": {"type": "user", "name": name}, "permissions": list(permissions)}]
        return {"role": "fineGrained", "fineGrained": {"scoped": scoped}}

    assert may_write(scope("student", "repo.content.read", "repo.write"), NET)
    assert may_write(scope("student/net", "repo.write"), NET)
    assert not may_write(scope("student", "repo.content.read"), NET)
    assert not may_write(scope("other", "repo.write"), NET)
    assert not may_write({"role": "read"}, NET)
    assert may_write({}, NET)  # a login in the browser: whoami does not say


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(kind="refuse"), "hub_unreachable"),
        (Fault(kind="hang"), "hub_unreachable"),
        (Fault(kind="status", status=503), "hub_unreachable"),
        (Fault(kind="status", status=401), "hub_forbidden"),
        (Fault(kind="status", status=403), "hub_forbidden"),
    ],
)
def test_preflight_is_quick(hub: HubServer, fault: Fault, code: str) -> None:
    hub.fault = fault
    began = time.monotonic()
    assert code_of(lambda: preflight(NET, WRITE_TOKEN, 1)) == code
    assert time.monotonic() - began < 4
    hub.fault = None


@pytest.mark.usefixtures("client")
def test_offline(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert code_of(lambda: preflight(NET, WRITE_TOKEN, 1)) == "hub_offline"
    assert hub.requests == []


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("fault", [
    Fault(kind="drop", method="PUT", after_bytes=1000),
    Fault(kind="drop", method="PUT", skip=1),
    Fault(kind="status", method="PUT", status=500),
    Fault(kind="status", method="POST", path="/commit/", status=503),
    Fault(kind="drop", method="POST", path="/commit/", after_bytes=10),
])  # fmt: skip
def test_cut_push_leaves_the_old_commit(hub: HubServer, tmp_path: Path, fault: Fault) -> None:
    written(tmp_path / "c")
    push(tmp_path / "c", NET)
    written(tmp_path / "c", "timm")
    repo = hub.repos["model", NET]
    old = dict(repo.commits[-1].files)
    hub.fault = fault
    assert code_of(lambda: push(tmp_path / "c", NET)) == "hub_unreachable"
    assert len(repo.commits) == 2 and repo.commits[-1].files == old
    hub.fault = None
    push(tmp_path / "c", NET)
    assert len(repo.commits) == 3
    assert repo.commits[-1].files["model.safetensors"] == (tmp_path / "c" / "model.safetensors").read_bytes()


@pytest.mark.usefixtures("client")
def test_two_pushes_never_mix(hub: HubServer, tmp_path: Path) -> None:
    written(tmp_path / "a")
    push(tmp_path / "a", NET)
    written(tmp_path / "b", "timm")
    barrier = Barrier(2)
    addresses: list[str] = []

    def run(name: str) -> None:
        barrier.wait()
        addresses.append(push(tmp_path / name, NET))

    threads = [Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(addresses) == 2
    files = [
        {p.name: p.read_bytes() for p in (tmp_path / n).iterdir() if p.name != "README.md"} for n in "ab"
    ]
    for commit in hub.repos["model", NET].commits[1:]:
        assert {n: commit.files[n] for n in files[0]} in files


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("first", ["a", "b"])
def test_a_push_that_comes_in_between(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """a and b share the card and the configuration; c comes after the client compared b with what is there."""
    written(tmp_path / "a")
    written(tmp_path / "c", title="In between")
    written(tmp_path / "b")
    weights = tmp_path / "b" / "model.safetensors"
    if first == "a":  # b differs from what is there in its weights alone
        tensors = load_file(weights)
        tensors["classifier.bias"] += 1
        save_file(tensors, weights)
    push(tmp_path / first, NET)
    upload, turns = HfApi.preupload_lfs_files, []

    def interrupted(api: HfApi, *arguments: object, **options: object) -> None:
        upload(api, *arguments, **options)
        if not turns:
            turns.append(1)
            push(tmp_path / "c", NET)

    monkeypatch.setattr(HfApi, "preupload_lfs_files", interrupted)
    push(tmp_path / "b", NET)
    files = hub.repos["model", NET].commits[-1].files
    names = ("model.safetensors", "golden.safetensors", "config.json")
    whole = ["b"] if first == "a" else ["b", "c"]  # where b was there already, it may count as before c
    assert [files[n] for n in names] in [[(tmp_path / w / n).read_bytes() for n in names] for w in whole]


@pytest.mark.usefixtures("client")
def test_a_parent_that_moved_is_met(hub: HubServer, tmp_path: Path) -> None:
    """The commit of the other push falls between our look at the head and our commit."""
    written(tmp_path / "c")
    repo = hub.seed("model", NET, {"old": b"old"})
    hub.fault = Fault(kind="status", method="POST", path="/commit/", status=412, times=1)
    push(tmp_path / "c", NET)
    assert len(repo.commits) == 2
    hub.fault = Fault(kind="status", method="POST", path="/commit/", status=412)
    written(tmp_path / "c", title="Again")
    assert code_of(lambda: push(tmp_path / "c", NET)) == "hub_failed"


@pytest.mark.usefixtures("client")
def test_what_the_hub_kept_is_checked(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "c")
    monkeypatch.setattr("hub_endpoints.sha256", lambda data: "0" * 64)
    monkeypatch.setattr("hub_endpoints.keep", lambda repo, oid, data: repo.uploaded.update({oid: data}))
    assert code_of(lambda: push(tmp_path / "c", NET)) == "hub_failed"


@pytest.mark.usefixtures("client")
def test_a_token_in_the_card_is_not_pushed(hub: HubServer, tmp_path: Path) -> None:
    written(tmp_path / "c", recipe=f"python -m finetune.x --token {WRITE_TOKEN}")
    assert code_of(lambda: push(tmp_path / "c", NET)) == "checkpoint_unsafe"
    assert hub.repos == {}


def test_command_line(hub: HubServer, hub_env: dict[str, str], tmp_path: Path) -> None:
    """The push of another process; then the code in the card runs, against the loopback Hub."""
    for library, repo in (("timm", NET), ("ours", f"{USER}/ours")):
        model = written(tmp_path / library, library)
        arguments = [str(tmp_path / library), "--repo", repo]
        run = f"import sys; from finetune.publish import main; sys.exit(main({arguments!r}))"
        assert python(run, hub_env).splitlines()[-1] == f"{hub.url}/{repo}"
        card = hub.repos["model", repo].commits[-1].files["README.md"].decode()
        own, demo = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
        code = (
            f"{demo}\n{own}\nimport torch, json\nx = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)\n"
            "with torch.no_grad(): y = model(x)\nprint(json.dumps(y.tolist()))\n"
        ) + ("print(json.dumps(names))" if library == "timm" else "print()")
        answer, *_, logits, names = python(code, hub_env).splitlines()
        assert len(eval(answer)) == 3  # [(name, probability), ...]
        x = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
        with torch.inference_mode():
            assert torch.allclose(torch.tensor(json.loads(logits)), model(x), atol=2e-2)
        if library == "timm":
            assert tuple(json.loads(names)) == label_names(tmp_path / library)


def test_command_line_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "c")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", WRITE_TOKEN)
    began = time.monotonic()
    assert main([str(tmp_path / "c"), "--repo", NET]) == 1
    assert time.monotonic() - began < 4
    seen = capsys.readouterr()
    assert (
        "[hub_unreachable]" in seen.err
        and "Traceback" not in seen.err
        and WRITE_TOKEN not in seen.err + seen.out
    )
    assert main([str(tmp_path / "nothing"), "--repo", NET]) == 1


def test_within_and_unknown_failures() -> None:
    with pytest.raises(TimeoutError):
        within(0.01, lambda: time.sleep(1))
    with pytest.raises(KeyError):  # a bug is not dressed up
        within(1, lambda: {}["x"])
    assert hub_error(TimeoutError()).code == "hub_unreachable"
    assert hub_error(ValueError("x")).code == "hub_failed"
    assert isinstance(hub_error(ValueError("x")), HubUnavailable)
    assert issubclass(BadInput, HubError) and issubclass(CheckpointError, HubError)
