"""Detectors of other libraries trained on a few pictures, and the result opened as the tab opens it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from test_detector_libraries import saved, tiny_rt_detr

from finetune import rt_detr
from finetune.object_detection import Recipe, main
from finetune.settings import Settings
from finetune.yolo import start_from
from hub_models.box_dataset import open_boxes
from hub_models.local import read_local
from hub_models.predictors import transformers, ultralytics
from hub_models.results import Boxes

OTHERS = {"data": "", "output": Path(), "settings": Settings(epochs=1, batch=4, learning_rate=1e-3)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 pictures in the layout of YOLO: a bright or a dark square on grey each, the classes light and dark."""
    folder = tmp_path_factory.mktemp("squares")
    for name in ("images", "labels"):
        (folder / name).mkdir()
    random = np.random.default_rng(0)
    for number in range(24):
        pixels = random.integers(100, 140, (64, 96, 3), np.uint8)
        x, y, label = int(random.integers(4, 60)), int(random.integers(4, 30)), number % 2
        pixels[y : y + 28, x : x + 28] = (240, 10)[label]
        Image.fromarray(pixels).save(folder / "images" / f"{number:02}.png")
        line = f"{label} {(x + 14) / 96} {(y + 14) / 64} {28 / 96} {28 / 64}"
        (folder / "labels" / f"{number:02}.txt").write_text(line)
    (folder / "data.yaml").write_text("names: [light, dark]\ntrain: images\n")
    return folder


def arguments(data: Path, output: Path, model: str, *more: str) -> list[str]:
    return [
        "--model", model, "--data", str(data), "--output", str(output), "--smoke", "--dev-block", "2",
        "--dev-share", "0.25", "--size", "96", "--batch", "4", "--epochs", "2", *more,
    ]  # fmt: skip


def answer(module, folder: Path) -> tuple[Boxes, object]:
    checkpoint = read_local(folder)
    predictor = module.load(checkpoint, folder, "cpu")
    return predictor.candidates(np.full((64, 96, 3), 120, np.uint8)), checkpoint


def test_yolo(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    run = tmp_path / "run"
    assert main(arguments(data, run, "yolo")) == 0, capsys.readouterr().err
    found, checkpoint = answer(ultralytics, run / "checkpoint")
    assert found.names == ("light", "dark")
    assert (checkpoint.library, checkpoint.weights_licence) == ("ultralytics", "AGPL-3.0")
    assert 700_000 < checkpoint.parameters < 800_000
    card = (run / "checkpoint" / "README.md").read_text()
    assert "license: agpl-3.0" in card
    assert "AGPL-3.0" in card.partition("## Limits")[2]
    assert json.loads((run / "status.json").read_text())["state"] == "finished"
    assert (run / "epochs.csv").read_text().splitlines()[0] == "step,epoch,map50,dev_loss,map"
    warm = start_from(Recipe(model=f"yolo:{run / 'checkpoint'}", **OTHERS), open_boxes(data)["train"])
    assert "100% of its weights" in warm.origin
    assert warm.input == checkpoint.input


def test_yolo_that_the_library_describes(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(arguments(data, tmp_path / "run", "yolo:yolov8n", "--epochs", "1")) == 0, (
        capsys.readouterr().err
    )
    found, checkpoint = answer(ultralytics, tmp_path / "run" / "checkpoint")
    assert found.names == ("light", "dark")
    assert checkpoint.year == 2023


@pytest.mark.parametrize(
    "name", ["yolo:yolo11", "yolo:yolo11q", "yolo:resnet", "yolo:../x", "rt-detr:resnet"]
)
def test_model_that_is_none(name: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(arguments(data, tmp_path / "run", name)) == 1
    assert "model_unknown" in capsys.readouterr().err


def test_rt_detr(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    torch.manual_seed(0)
    start = saved(tiny_rt_detr(), tmp_path / "start")
    run = tmp_path / "run"
    assert main(arguments(data, run, f"rt-detr:{start}", "--augment", "any_way_up")) == 0, (
        capsys.readouterr().err
    )
    found, checkpoint = answer(transformers, run / "checkpoint")
    assert found.names == ("light", "dark")
    assert (checkpoint.library, checkpoint.model) == ("transformers", "rt_detr")
    processor = json.loads((run / "checkpoint" / "preprocessor_config.json").read_text())
    assert processor["size"] == {"height": 96, "width": 96}
    assert (run / "log.csv").read_text().startswith("step,loss,loss_vfl,loss_bbox,loss_giou,rate\n")
    warm = rt_detr.start_from(
        Recipe(model=f"rt-detr:{run / 'checkpoint'}", **OTHERS), open_boxes(data)["train"]
    )
    weights = load_file(run / "checkpoint" / "model.safetensors")
    name = "model.enc_score_head.weight"
    assert torch.equal(warm.model.state_dict()[name].half(), weights[name])
