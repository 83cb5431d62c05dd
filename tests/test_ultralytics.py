"""Detectors of Ultralytics: the same answers as the library's own, from data that is never run, by a library kept quiet."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.predictors import ultralytics as library
from hub_models.predictors.ultralytics_offline import ultralytics
from hub_models.preprocess import InputSpec

ROOT = Path(__file__).parent.parent
TINY = {  # strides 8 and 16
    "backbone": [
        [-1, 1, "Conv", [8, 3, 2]],
        [-1, 1, "Conv", [8, 3, 2]],
        [-1, 1, "C3k2", [16, False]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
    ],
    "head": [[[3, 4], 1, "Detect", ["nc"]]],
}
SPEC = InputSpec(size_hw=(96, 128), mean=(0.0,) * 3, std=(1.0,) * 3, interpolation="bilinear")
ROW = Checkpoint(
    id="yolo.tests", task="object-detection", title="YOLO", architecture="YOLO", year=2024, library="ultralytics",
    source="local:x", model="tiny", sentence="A test.", paper="None.", weights_licence="AGPL-3.0", data_licence="none",
    trained_on="nothing", parameters=1, megabytes=0.1, input=SPEC, recipe="none",
)  # fmt: skip


def network(classes: int, seed: int = 0, **changes: object) -> nn.Module:
    """A tiny detector with small boxes and scores far apart."""
    torch.manual_seed(seed)  # weights
    model = library.detection_model(TINY | changes, classes).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    head = model.model[-1]
    branches = [head.one2many] + ([head.one2one] if changes else [])
    for branch in branches:
        for distances, scores in zip(branch["box_head"], branch["cls_head"], strict=True):
            # about a stride to each side
            distances[-1].bias.data.zero_().view(4, -1)[:, 1 % head.reg_max] = 8.0
            distances[-1].weight.data *= 0.1
            scores[-1].weight.data.normal_(0, 30)
            scores[-1].bias.data.fill_(-1)
    return model


def folder_of(model: nn.Module, names: list[str], folder: Path, description: dict = TINY) -> Path:
    folder.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    config = {"yaml": description, "label_names": names, "num_classes": len(names)}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def picture(height: int = 96, width: int = 128) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def test_as_the_library_predicts(tmp_path: Path) -> None:
    ultralytics()  # quiet, before any other import of it
    from ultralytics.models.yolo.detect import DetectionPredictor

    model = network(1, seed=4)
    ours = library.load(ROW, folder_of(model, ["cell"], tmp_path / "m"), "cpu").predict(picture(), 0.3, 0.5)
    model.names = {0: "cell"}
    settings = {"imgsz": 128, "conf": 0.3, "iou": 0.5, "device": "cpu", "save": False, "rect": True}
    predictor = DetectionPredictor(overrides={**settings, "verbose": False, "project": str(tmp_path)})
    (theirs,) = predictor(picture()[:, :, ::-1].copy(), model=model)
    assert len(ours) == len(theirs.boxes) > 5
    boxes, scores = theirs.boxes.xyxy.numpy(), theirs.boxes.conf.numpy()
    distances = np.abs(ours.boxes_xyxy[:, None] - boxes[None]).max(2)  # (ours, theirs)
    nearest = distances.argmin(1)
    assert sorted(nearest) == list(range(len(boxes)))
    assert distances.min(1).max() < 1
    assert np.abs(ours.scores - scores[nearest]).max() < 1e-2


@pytest.mark.parametrize("changes", [{}, {"reg_max": 1, "end2end": True}], ids=["anchor-free", "one to one"])
def test_decoding_of_the_head(changes: dict) -> None:
    """The same numbers as the library's own decoding, of which it shows the best where it needs no suppression."""
    model = network(3, **changes)
    head, x = model.model[-1], torch.rand(1, 3, 64, 96)
    head.max_det, head.end2end = 20, bool(changes)
    with torch.inference_mode():
        theirs = model(x)[0][0]
        boxes, scores, points, strides = library.YoloNetwork(model).raw(x)
    corners, probabilities = library.decode(boxes[0], points, strides), scores[0].sigmoid()
    if changes:  # (20, 6): corners, score, class
        best = probabilities.flatten().sort(descending=True).values[:20]
        assert torch.allclose(theirs[:, 4], best, atol=1e-5)
        assert all((corners - box).abs().max(1).values.min() < 1e-3 for box in theirs[:, :4])
        return
    centre, side = theirs[:2].T, theirs[2:4].T
    assert torch.allclose(corners, torch.cat([centre - side / 2, centre + side / 2], 1), atol=1e-3)
    assert torch.allclose(probabilities, theirs[4:], atol=1e-6)


def test_a_detector_as_the_others(tmp_path: Path) -> None:
    folder = folder_of(network(3), ["a", "b", "c"], tmp_path / "m")
    detector = library.load(ROW, folder, "cpu")
    found = detector.candidates(picture(300, 220))
    assert found.size_hw == (300, 220)
    assert found.names == ("a", "b", "c")
    assert detector.suppresses
    assert detector.quick is not detector.network, "normalisation is folded into the convolutions"
    assert library.build(ROW, folder, "cpu").state_dict().keys() == network(3).state_dict().keys()
    for size_hw in ((1, 1), (1, 500)):
        assert detector.predict(np.zeros((*size_hw, 3), np.uint8), 0.9).size_hw == size_hw


def test_one_box_an_object() -> None:
    """A head that was trained to answer once is used as the library uses it: with suppression, unless told otherwise."""
    model = network(2, reg_max=1, end2end=True)
    for asked in (False, True):
        model.model[-1].end2end = asked
        detector = library.YoloDetector(ROW, library.YoloNetwork(model), SPEC, ("a", "b"), "cpu")
        assert detector.suppresses is not asked
        assert len(detector.candidates(picture()))


LAYER = [-1, 1, "Conv", [8, 3, 2]]
HOSTILE = {
    "no description": None,
    "a word": "yolo11n",
    "code as activation": {**TINY, "activation": "__import__('os').mkdir('canary')"},
    "a function": {**TINY, "backbone": [[-1, 1, "torch_safe_load", ["canary"]], *TINY["backbone"][1:]]},
    "a module": {**TINY, "backbone": [[-1, 1, "os", []], *TINY["backbone"][1:]]},
    "weights from elsewhere": {
        **TINY, "backbone": [[-1, 1, "TorchVision", [8, "resnet18", "DEFAULT", True, 2, False]]],
    },
    "no layers": {"backbone": [], "head": []},
    "a layer too short": {**TINY, "head": [[-1, 1, "Detect"]]},
    "a source that is not there": {**TINY, "head": [[[3, 99], 1, "Detect", ["nc"]]]},
    "words for numbers": {**TINY, "backbone": [[-1, 1, "Conv", ["many"]], *TINY["backbone"][1:]]},
}  # fmt: skip


@pytest.mark.parametrize("description", HOSTILE.values(), ids=HOSTILE.keys())
def test_description_that_is_none(
    description: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = folder_of(network(1), ["a"], tmp_path / "m", description)
    with pytest.raises(CheckpointError) as raised:
        library.load(ROW, folder, "cpu")
    assert raised.value.code == "checkpoint_foreign"
    assert str(tmp_path) not in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def pickled(folder: Path, **changes: object) -> Path:
    """A .pt file as Ultralytics writes it."""
    model = network(2)
    model.names, model.args = {0: "a", 1: "b"}, {"imgsz": 640}
    saved = {
        "epoch": -1,
        "best_fitness": np.float64(0.5),
        "model": model.half(),
        "ema": None,
        "path": Path("x"),
    }
    folder.mkdir(exist_ok=True)
    torch.save(saved | changes, folder / "tiny.pt")
    return folder


def test_pickle_is_read_as_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pickled(tmp_path / "m")

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("a class of the file was made")

    row = replace(ROW, source="hub:a/b", recipe="")
    with monkeypatch.context() as patch:
        patch.setattr(nn.Conv2d, "__setstate__", refuse, raising=False)
        names, description, tensors = library.read_pickle(folder / "tiny.pt")
    assert names == ("a", "b")
    assert description["head"] == TINY["head"]
    expected = network(2).state_dict()
    assert tensors.keys() == expected.keys()
    assert all(
        torch.equal(tensors[name], tensor.half()) or tensor.dtype == torch.int64
        for name, tensor in expected.items()
    )
    detector = library.load(row, folder, "cpu")
    assert detector.names == ("a", "b")
    assert len(detector.candidates(picture()))


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (os.mkdir, (str(self.path),))


class Opener(Canary):
    def __reduce__(self) -> tuple:
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("kind", [Canary, Opener])
@pytest.mark.parametrize("place", ["model", "train_args"])
def test_canary_never_fires(kind: type, place: str, tmp_path: Path) -> None:
    folder = pickled(tmp_path / "m", **{place: kind(tmp_path / "fired")})
    with pytest.raises(CheckpointError) as raised:
        library.load(replace(ROW, source="hub:a/b", recipe=""), folder, "cpu")
    assert raised.value.code == "checkpoint_unsafe"
    assert not (tmp_path / "fired").exists()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda data: data[: len(data) // 2], "checkpoint_corrupt"),
        (lambda data: b"", "checkpoint_corrupt"),
        (lambda data: b"<html>", "checkpoint_corrupt"),
    ],
    ids=["cut short", "empty", "a page"],
)
def test_damaged_pickle(damage, code: str, tmp_path: Path) -> None:
    folder = pickled(tmp_path / "m")
    path = folder / "tiny.pt"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CheckpointError) as raised:
        library.load(replace(ROW, source="hub:a/b", recipe=""), folder, "cpu")
    assert raised.value.code in (code, "checkpoint_unsafe")


@pytest.mark.parametrize("content", [{}, {"model": None}, [1], {"model": {"yaml": TINY}}], ids=str)
def test_pickle_of_something_else(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "tiny.pt")
    with pytest.raises(CheckpointError) as raised:
        library.read_pickle(tmp_path / "tiny.pt")
    assert raised.value.code == "checkpoint_foreign"


WATCHED = """
import os, sys

events = []

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        events.append(f"{event} {arguments[1:]}")
    elif event == "subprocess.Popen" and "ldconfig" in str(arguments[0]):
        pass  # torch looks for the libraries of a GPU
    elif event == "subprocess.Popen" or event.startswith("os.exec") or event in ("os.system", "os.posix_spawn"):
        events.append(f"{event} {arguments[0]}")

sys.addaudithook(watch)
import torch, numpy
from PIL import Image

torch.set_num_threads(3)
before = (torch.save, Image.open), dict(os.environ), numpy.get_printoptions(), torch.get_num_threads()
sys.path[:0] = ["tests", "."]
import test_ultralytics as tests
from pathlib import Path

folder = Path(sys.argv[1])
detector = tests.library.load(tests.ROW, tests.folder_of(tests.network(2), ["a", "b"], folder / "m"), "cpu")
print(len(detector.candidates(tests.picture())))
tests.train_little(folder / "run", epochs=1)
allowed = {"YOLO_CONFIG_DIR", "NO_ALBUMENTATIONS_UPDATE", *tests.settings_names()}
allowed |= {"LD_LIBRARY_PATH", "TORCHINDUCTOR_CACHE_DIR"}  # of OpenCV and torch
changed = {n for n in os.environ.keys() | before[1].keys() if os.environ.get(n) != before[1].get(n)}
print(sorted(changed - allowed), (torch.save, Image.open) == before[0], numpy.get_printoptions() == before[2])
print(torch.get_num_threads() == before[3], events)
"""


def settings_names() -> set[str]:
    from hub_models.predictors.ultralytics_offline import SETTINGS

    return set(SETTINGS)


def test_the_library_keeps_to_itself(tmp_path: Path) -> None:
    """In a fresh process: no socket, no program, no file outside its own folder, and nothing changed for others."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("YOLO", "ULTRA", "OMP", "HF", "XDG"))
    }
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(work)], cwd=ROOT, capture_output=True, text=True, check=False,
        env=kept | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    candidates, *facts = done.stdout.splitlines()[-3:]
    assert int(candidates) > 0
    assert facts == ["[] True True", "True []"]
    written = [path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()]
    own = (".cache/huggingface/hub_models/", ".cache/matplotlib/", ".config/matplotlib/")
    assert [name for name in written if not name.startswith(own)] == []
    assert any(name.startswith(own[0]) for name in written)
    settings = json.loads(next(home.rglob("settings.json")).read_text())
    assert settings["sync"] is False
    assert {path.name for path in work.iterdir()} == {"m", "run"}


def pictures(count: int):
    """Squares on noise: (H, W, 3) with a box each."""
    from hub_models.box_dataset import BoxedPictures

    random = np.random.default_rng(0)
    corners = random.integers(8, 40, (count, 2))

    def read(number: int) -> np.ndarray:
        pixels = np.random.default_rng(number).integers(0, 60, (96, 128, 3), np.uint8)
        x, y = corners[number]
        pixels[y : y + 30, x : x + 30] = 230
        return pixels

    boxes = tuple(np.array([[x, y, x + 30, y + 30]], np.float32) for x, y in corners)
    labels = tuple(np.array([number % 2]) for number in range(count))
    names = tuple(f"p{number}.png" for number in range(count))
    return BoxedPictures(class_names=("a", "b"), names=names, boxes=boxes, labels=labels, read=read)


def train_little(folder: Path, epochs: int, stop_after: int | None = None, asked: int | None = None) -> dict:
    """Train the tiny network on 6 pictures, as `finetune.yolo` does; `stop_after` steps a signal comes."""
    from finetune.progress import StopOnSignal
    from finetune.settings import Settings
    from finetune.yolo_trainer import Interrupted, YoloRun

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    model = library.detection_model(TINY, 2)
    settings = Settings(epochs=asked or epochs, batch=2, learning_rate=1e-3, optimizer="adamw")
    stop = StopOnSignal()
    stop.asked = False
    run = YoloRun(
        model, pictures(6), pictures(3), settings=settings, size=64, augment="photo", backbone=([], [], 1.0),
        folder=folder, recipe={"model": "tiny"}, stop=stop, show=lambda words: None,
    )  # fmt: skip
    if stop_after is not None:
        run.add_callback(
            "on_train_batch_start", lambda r: setattr(stop, "asked", r.progress.step + 1 >= stop_after)
        )
    try:
        run.train()
    except Interrupted:
        return {}
    return {name: tensor.clone() for name, tensor in run.ema.ema.state_dict().items()}


def test_a_stopped_run_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole = train_little(tmp_path / "whole", 3)
    assert train_little(tmp_path / "cut", 3, stop_after=5) == {}, "in the middle of the second epoch"
    resumed = train_little(tmp_path / "cut", 3)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    for name in ("log.csv", "epochs.csv"):
        assert (tmp_path / "whole" / name).read_text() == (tmp_path / "cut" / name).read_text()
    assert (
        (tmp_path / "cut" / "log.csv").read_text().startswith("step,loss,box_loss,cls_loss,dfl_loss,rate\n1,")
    )
    assert (tmp_path / "cut" / "epochs.csv").read_text().startswith("step,epoch,map50,dev_loss,map\n3,1,")
    state = torch.load(tmp_path / "cut" / "resume.pt", weights_only=True)
    assert state["progress"]["epoch"] == 3


def test_boxes_as_the_library_sees_them() -> None:
    """What comes out of the dataset is where the boxes were, in shares of the picture's sides."""
    ultralytics()
    ultralytics()
    from ultralytics.cfg import get_cfg

    from finetune.yolo_data import YoloPictures

    data = pictures(3)
    seen = YoloPictures(
        data, imgsz=64, augment=False, hyp=get_cfg(), rect=True, batch_size=2, stride=32, pad=0.0
    )
    for number in range(3):
        sample = seen[number]
        height, width = sample["img"].shape[1:]
        x, y, w, h = (sample["bboxes"][0] * torch.tensor([width, height, width, height])).tolist()
        x0, y0, x1, y1 = data.boxes[int(sample["im_file"])][0] / 2  # 128 pixels became 64
        top = (height - 48) / 2  # the library puts the picture into the middle
        assert np.allclose(
            [x - w / 2, y - h / 2 - top, x + w / 2, y + h / 2 - top], [x0, y0, x1, y1], atol=0.6
        )
        inside = sample["img"][:, int(y), int(x)]
        assert inside.min() > 200
