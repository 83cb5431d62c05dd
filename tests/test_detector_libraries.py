"""Detectors of transformers and torchvision: tiny networks of the real classes, and the library's own answers."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from hub_models import catalog, library_file
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError, HubError, Overloaded
from hub_models.loader import find
from hub_models.predictors import torchvision as from_torchvision
from hub_models.predictors import transformers as from_transformers

NAMES = ("cat", "dog", "cow")
MOBILENET = "fasterrcnn_mobilenet_v3_large_320_fpn"
ROWS = {row.id: row for row in catalog.checkpoints("object-detection")}


def row(library: str, model: str, source: str = "local:x") -> Checkpoint:
    return Checkpoint(
        id="net.tests", task="object-detection", title="Net", architecture="Net", year=2020, library=library,
        source=source, model=model, sentence="A test.", paper="None.", weights_licence="none", data_licence="none",
        trained_on="nothing", parameters=1, megabytes=0.1, recipe="none",
    )  # fmt: skip


def picture(height: int = 60, width: int = 90) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def tiny_detr() -> nn.Module:
    from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig

    backbone = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 8, 8],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage4"],
    )
    config = DetrConfig(
        use_timm_backbone=False, backbone_config=backbone, d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, num_queries=7,
        id2label=dict(enumerate(NAMES)), label2id={n: i for i, n in enumerate(NAMES)},
    )  # fmt: skip
    return DetrForObjectDetection(config)


def tiny_rt_detr() -> nn.Module:
    from transformers import RTDetrConfig, RTDetrForObjectDetection, RTDetrResNetConfig

    backbone = RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = RTDetrConfig(
        backbone_config=backbone, encoder_hidden_dim=16, encoder_in_channels=[8, 8, 8], encoder_layers=1,
        encoder_ffn_dim=16, encoder_attention_heads=2, d_model=16, num_queries=9, decoder_in_channels=[16, 16, 16],
        decoder_ffn_dim=16, decoder_layers=1, decoder_attention_heads=2, decoder_n_points=2,
        id2label=dict(enumerate(NAMES)), label2id={n: i for i, n in enumerate(NAMES)},
    )  # fmt: skip
    return RTDetrForObjectDetection(config)


def saved(model: nn.Module, folder: Path) -> Path:
    """As `save_pretrained` writes it, with the picture processor of its kind at 64 pixels."""
    import transformers

    kind = "DetrImageProcessor" if "DetrForObject" in type(model).__name__[:13] else "RTDetrImageProcessor"
    model.save_pretrained(folder, safe_serialization=True)
    size = (
        {"shortest_edge": 64, "longest_edge": 96}
        if kind == "DetrImageProcessor"
        else {"height": 64, "width": 64}
    )
    getattr(transformers, kind)(size=size).save_pretrained(folder)
    return folder


@pytest.fixture(params=[tiny_detr, tiny_rt_detr], ids=["DETR", "RT-DETR"], scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return saved(request.param(), tmp_path_factory.mktemp("net"))


def test_transformers_detector(folder: Path) -> None:
    """Boxes of the picture's pixels, the same as the library makes of the same outputs."""
    from transformers import AutoImageProcessor, AutoModelForObjectDetection

    detector = from_transformers.load(row("transformers", ""), folder, "cpu")
    found = detector.candidates(picture())
    assert (found.names, found.size_hw, detector.suppresses) == (NAMES, (60, 90), False)
    processor = AutoImageProcessor.from_pretrained(folder)
    network = AutoModelForObjectDetection.from_pretrained(folder).eval()
    with torch.inference_mode():
        said = network(**processor(images=picture(), return_tensors="pt"))
    (theirs,) = processor.post_process_object_detection(said, threshold=0.0, target_sizes=[(60, 90)])
    limits = torch.tensor([90.0, 60.0, 90.0, 60.0])
    boxes = torch.minimum(theirs["boxes"].clamp(min=0), limits)
    order = theirs["scores"].argsort(descending=True, stable=True)
    assert len(found) == len(order) > 5
    assert np.allclose(found.scores, theirs["scores"][order], atol=1e-5)
    assert np.allclose(found.boxes_xyxy, boxes[order], atol=0.05)
    assert (found.labels == theirs["labels"][order].numpy()).all()
    least = float(found.scores[2])
    assert len(detector.predict(picture(), least, iou=0.0)) == 3, "overlapping boxes stay"


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 40), (200, 7)])
def test_transformers_detector_on_odd_pictures(folder: Path, size_hw: tuple[int, int]) -> None:
    detector = from_transformers.load(row("transformers", ""), folder, "cpu")
    assert detector.predict(picture(*size_hw), 0.0).size_hw == size_hw


def test_a_strip_of_which_nothing_is_left(folder: Path) -> None:
    detector = from_transformers.load(row("transformers", ""), folder, "cpu")
    if type(detector.processor).__name__ == "RTDetrImageProcessor":  # squeezes every picture into its square
        assert detector.predict(picture(1, 2000), 0.0).size_hw == (1, 2000)
        return
    with pytest.raises(BadInput) as raised:
        detector.predict(picture(1, 2000))
    assert raised.value.code == "aspect"


def test_only_safetensors(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="detector of objects") as raised:
        from_transformers.load(row("transformers", ""), tmp_path, "cpu")
    assert raised.value.code == "checkpoint_foreign"
    assert str(tmp_path) not in str(raised.value)


@pytest.fixture(scope="module")
def faster_rcnn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    torch.manual_seed(0)
    network = torchvision.models.get_model(
        MOBILENET, weights=None, weights_backbone=None, num_classes=4
    ).eval()
    network.roi_heads.box_predictor.cls_score.weight.data *= 300  # scores far apart
    path = tmp_path_factory.mktemp("rcnn")
    save_file(network.state_dict(), path / "model.safetensors")
    (path / "config.json").write_text(json.dumps({"label_names": NAMES, "num_classes": 3}))
    return path, network


def test_torchvision_detector(faster_rcnn: tuple[Path, nn.Module]) -> None:
    """With the library's own thresholds, what the library answers."""
    path, network = faster_rcnn
    detector = from_torchvision.load(row("torchvision", MOBILENET), path, "cpu")
    with torch.inference_mode():
        (theirs,) = network([torch.from_numpy(picture()).permute(2, 0, 1) / 255])
    heads = network.roi_heads
    ours = detector.predict(picture(), heads.score_thresh, heads.nms_thresh)
    count = min(heads.detections_per_img, len(ours))
    assert len(theirs["boxes"]) == count > 1
    assert (ours.names, ours.size_hw) == (NAMES, (60, 90))
    assert np.allclose(ours.boxes_xyxy[:count], theirs["boxes"], atol=0.05)
    assert np.allclose(ours.scores[:count], theirs["scores"], atol=1e-4)
    assert (ours.labels[:count] == theirs["labels"].numpy() - 1).all(), "background is no class of ours"
    assert len(detector.candidates(picture())) > len(ours)


@pytest.mark.parametrize("identity", [name for name, row in ROWS.items() if row.library == "torchvision"])
def test_rows_of_torchvision_are_as_the_library_says(identity: str) -> None:
    row = ROWS[identity]
    weights = from_torchvision.own_weights(row)
    assert weights.url == library_file.SCHEME + row.place
    assert weights.meta["num_params"] == row.parameters
    assert abs(weights.meta["_file_size"] * 2**20 / 1e6 - row.megabytes) < 0.1  # theirs are MiB
    names = from_torchvision.class_names(row, Path("weights.pth"))
    assert names[:2] == ("person", "bicycle")
    assert not row.offline
    assert "download" in row.menu_text()


CONTENT = np.random.default_rng(0).bytes(300_000)
FILE = f"net-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


class Server:
    """Answers every GET with the next of `answers`: (status, body, announced length or None)."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes, int | None]] = []
        self.requests = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests += 1
                status, body, length = outer.answers.pop(0)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *unused: object) -> None: ...

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def source(self) -> str:
        return f"library:127.0.0.1:{self.http.server_address[1]}/models/{FILE}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setattr(library_file, "SCHEME", "http://")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def test_download_once_then_offline(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, told = row("torchvision", MOBILENET, server.source), []
    server.answers = [(200, CONTENT, None)]
    assert not library_file.plan(wanted).cached
    path = find(wanted, lambda done, total: told.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert find(wanted) == path
    assert library_file.plan(wanted).cached
    assert server.requests == 1
    assert [p.name for p in path.parent.iterdir() if p.is_file()] == [FILE]


def test_damaged_is_fetched_once_more(server: Server) -> None:
    wanted = row("torchvision", MOBILENET, server.source)
    server.answers = [(200, CONTENT[:-1] + b"?", None), (200, CONTENT, None)]
    path = library_file.fetch(wanted)
    assert path.read_bytes() == CONTENT
    path.write_bytes(CONTENT[:1000])  # and later on the disk
    server.answers = [(200, CONTENT, None)]
    assert library_file.fetch(wanted).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([(200, b"<html>", None)] * 2, "checkpoint_corrupt"),
        ([(200, CONTENT[:5000], len(CONTENT))] * 2, "checkpoint_corrupt"),
        ([(404, b"", None)], "hub_not_found"),
        ([(503, b"", None)], "hub_failed"),
    ],
    ids=["a page", "cut short", "gone", "busy"],
)
def test_what_goes_wrong(server: Server, answers: list, code: str, tmp_path: Path) -> None:
    server.answers = list(answers)
    with pytest.raises(HubError) as raised:
        library_file.fetch(row("torchvision", MOBILENET, server.source))
    assert raised.value.code in (code, "hub_failed")
    assert str(tmp_path) not in str(raised.value)
    assert "127.0.0.1" not in str(raised.value)
    assert [path for path in (tmp_path / "torch" / "hub" / "checkpoints").iterdir() if path.is_file()] == []


def test_nothing_listens(server: Server) -> None:
    gone = row("torchvision", MOBILENET, f"library:127.0.0.1:1/{FILE}")
    with pytest.raises(HubError) as raised:
        library_file.fetch(gone)
    assert raised.value.code == "hub_unreachable"


def test_offline(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError) as raised:
        library_file.fetch(row("torchvision", MOBILENET, server.source))
    assert raised.value.code == "hub_offline"
    assert server.requests == 0


def test_cancelled(server: Server) -> None:
    server.answers = [(200, CONTENT, None)]
    with pytest.raises(Overloaded) as raised:
        library_file.fetch(row("torchvision", MOBILENET, server.source), cancelled=lambda: True)
    assert raised.value.code == "cancelled"


def test_weights_that_ask_for_code(tmp_path: Path) -> None:
    class Canary:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "fired",))

    torch.save({"weight": Canary()}, tmp_path / FILE)
    known = replace(ROWS["faster_rcnn_mobilenet.coco"])
    with pytest.raises(CheckpointError) as raised:
        from_torchvision.build(known, tmp_path / FILE, "cpu")
    assert raised.value.code == "checkpoint_unsafe"
    assert not (tmp_path / "fired").exists()
