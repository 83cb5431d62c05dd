"""Segmentation by transformers and torchvision: tiny networks of the real classes, against the library's own answers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from instance_folders import tiny_sam
from safetensors.torch import save_file
from torch import nn

from hub_models import catalog, library_file
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError
from hub_models.predictors import torchvision as from_torchvision
from hub_models.predictors import torchvision_segmenter
from hub_models.predictors import transformers as from_transformers
from hub_models.predictors.torchvision_instances import MOST_MASKS
from hub_models.predictors.whole_maps import to_instances

NAMES = ("road", "car", "sky")
SEMANTIC, INSTANCE = "semantic-segmentation", "instance-segmentation"
ROWS = [row for task in (SEMANTIC, INSTANCE) for row in catalog.checkpoints(task) if not row.offline]


def row(task: str, library: str, model: str = "") -> Checkpoint:
    return Checkpoint(
        id="net.tests", task=task, title="Net", architecture="Net", year=2020, library=library, source="local:x",
        model=model, sentence="A test.", paper="None.", weights_licence="none", data_licence="none",
        trained_on="nothing", parameters=1, megabytes=0.1, recipe="none",
    )  # fmt: skip


def picture(height: int = 60, width: int = 90) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (-(-height // 12), -(-width // 12), 3), np.uint8)
    return coarse.repeat(12, 0).repeat(12, 1)[:height, :width]


# --- transformers: every pixel ----------------------------------------------------------------------------------

LABELS = {"id2label": dict(enumerate(NAMES)), "label2id": {n: i for i, n in enumerate(NAMES)}}


def tiny_segformer() -> nn.Module:
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    config = SegformerConfig(
        depths=[1] * 4,
        hidden_sizes=[8, 8, 16, 16],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        **LABELS,
    )
    return SegformerForSemanticSegmentation(config)


def tiny_upernet() -> nn.Module:
    from transformers import ConvNextConfig, UperNetConfig, UperNetForSemanticSegmentation

    backbone = ConvNextConfig(
        hidden_sizes=[8, 8, 16, 16], depths=[1] * 4, out_features=["stage1", "stage2", "stage3", "stage4"]
    )
    config = UperNetConfig(
        backbone_config=backbone, hidden_size=16, pool_scales=[1, 2], auxiliary_in_channels=16,
        auxiliary_channels=8, **LABELS,
    )  # fmt: skip
    return UperNetForSemanticSegmentation(config)


def tiny_mask2former() -> nn.Module:
    from transformers import Mask2FormerConfig, Mask2FormerForUniversalSegmentation, SwinConfig

    backbone = SwinConfig(
        embed_dim=8, depths=[1] * 4, num_heads=[1, 1, 2, 2], window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = Mask2FormerConfig(
        backbone_config=backbone, hidden_dim=32, feature_size=32, mask_feature_size=32, dim_feedforward=16,
        encoder_feedforward_dim=16, encoder_layers=1, decoder_layers=2, num_attention_heads=2, num_queries=9, **LABELS,
    )  # fmt: skip
    network = Mask2FormerForUniversalSegmentation(config)
    decoder = network.model.transformer_module  # a network that is sure of something
    decoder.queries_features.weight.data *= 50
    last = [m for m in decoder.decoder.mask_predictor.mask_embedder.modules() if isinstance(m, nn.Linear)][-1]
    last.weight.data *= 300
    network.class_predictor.weight.data *= 30
    return network


def saved(network: nn.Module, folder: Path, processor: str, **settings: object) -> Path:
    """As `save_pretrained` writes it, with the picture processor of its kind."""
    import transformers

    network.save_pretrained(folder, safe_serialization=True)
    getattr(transformers, processor)(**settings).save_pretrained(folder)
    return folder


SQUARE = {"size": {"height": 64, "width": 64}}
TINY = {
    "SegFormer": (tiny_segformer, "SegformerImageProcessor", SQUARE),
    "UperNet": (tiny_upernet, "SegformerImageProcessor", SQUARE),
    "Mask2Former": (tiny_mask2former, "Mask2FormerImageProcessor", SQUARE),
}


@pytest.fixture(params=TINY, scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    make, processor, settings = TINY[request.param]
    return saved(make(), tmp_path_factory.mktemp("net"), processor, **settings)


def theirs(folder: Path, kind: str, pixels: np.ndarray):
    """(the library's picture processor, what its network says)."""
    import transformers

    network = getattr(transformers, kind).from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    with torch.inference_mode():
        return processor, network(**processor(images=pixels, return_tensors="pt"))


def test_every_pixel_as_the_library_labels_it(folder: Path) -> None:
    """But at borders, where the library mixes logits and we mix probabilities."""
    segmenter = from_transformers.load(row(SEMANTIC, "transformers"), folder, "cpu")
    found = segmenter.predict(picture())
    mask2former = "mask2former" in (folder / "config.json").read_text()
    kind = "AutoModelForUniversalSegmentation" if mask2former else "AutoModelForSemanticSegmentation"
    processor, said = theirs(folder, kind, picture())
    (labels,) = processor.post_process_semantic_segmentation(said, target_sizes=[(60, 90)])
    assert found.names == NAMES
    assert found.size_hw == (60, 90)
    assert found.probabilities.shape == (3, 16, 16)
    assert len(found.shares()) > 1, "a picture of one class would prove nothing"
    assert (found.labels == labels.numpy()).mean() > 0.85
    assert np.allclose(found.probabilities.sum(0), 1, atol=1e-4)


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 400), (200, 7)])
def test_pictures_of_any_shape_are_labelled(folder: Path, size_hw: tuple[int, int]) -> None:
    segmenter = from_transformers.load(row(SEMANTIC, "transformers"), folder, "cpu")
    assert segmenter.predict(picture(*size_hw)).size_hw == size_hw


def test_only_safetensors(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="labels pixels") as raised:
        from_transformers.load(row(SEMANTIC, "transformers"), tmp_path, "cpu")
    assert raised.value.code == "checkpoint_foreign"
    assert str(tmp_path) not in str(raised.value)


# --- transformers: every object ---------------------------------------------------------------------------------


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / max(1, (one | other).sum())


@pytest.mark.parametrize(
    "size", [SQUARE, {"size": {"shortest_edge": 64, "longest_edge": 96}}], ids=["square", "edge"]
)
def test_mask2former_finds_what_the_library_finds(size: dict, tmp_path: Path) -> None:
    torch.manual_seed(0)
    folder = saved(tiny_mask2former(), tmp_path, "Mask2FormerImageProcessor", **size)
    predictor = from_transformers.load(row(INSTANCE, "transformers"), folder, "cpu")
    found = predictor.candidates(picture())
    assert (found.names, found.size_hw, predictor.suppresses) == (NAMES, (60, 90), False)
    assert len(found) >= 3
    assert np.all(found.scores >= 0.01)
    least = float(found.scores[len(found) // 2])
    assert len(predictor.predict(picture(), least, iou=0.0)) == len(found) // 2 + 1, "nothing is suppressed"
    processor, said = theirs(folder, "AutoModelForUniversalSegmentation", picture())
    (answer,) = processor.post_process_instance_segmentation(
        said, threshold=0.01, target_sizes=[(60, 90)], return_binary_maps=True
    )
    known = list(zip(answer["segments_info"], answer["segmentation"].bool().numpy(), strict=True))
    assert len(known) == len(found)
    for info, mask in known:
        if (
            mask.sum() > 300
        ):  # of noise, the mean that is part of a score depends on the size at which it is taken
            same = [i for i in range(len(found)) if found.labels[i] == info["label_id"]
                    and found.scores[i] == pytest.approx(info["score"], abs=0.06)]  # fmt: skip
            assert max(overlap(found.whole_mask(i), mask) for i in same) > 0.8


def test_objects_from_maps_of_the_whole_picture() -> None:
    """A disc of radius 3 in 16 x 16 cells, in a picture of 80 x 160 pixels; a map that is nowhere sure is no object."""
    rows, columns = np.mgrid[:16, :16] + 0.5
    disc = torch.from_numpy(4.0 * (3 - np.hypot(rows - 6, columns - 9))).float()
    logits = torch.stack([torch.full((16, 16), -2.0), disc])
    found = to_instances(logits, torch.tensor([0, 2]), torch.tensor([0.9, 0.6]), NAMES, (80, 160))
    assert len(found) == 1
    assert (found.labels[0], found.scores[0]) == (2, pytest.approx(0.6))
    x0, y0, x1, y1 = found.boxes_xyxy[0]
    assert np.allclose([x0, y0, x1, y1], [60, 15, 120, 45], atol=6)
    true = np.hypot((np.arange(80)[:, None] + 0.5) / 5 - 6, (np.arange(160) + 0.5) / 10 - 9) <= 3
    assert overlap(found.whole_mask(0), true) > 0.95


def test_no_object_in_any_map() -> None:
    found = to_instances(torch.zeros(0, 4, 4), torch.zeros(0).long(), torch.zeros(0), NAMES, (8, 8))
    assert len(found) == 0


# --- Segment Anything -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    size = {"size": {"longest_edge": 64}, "pad_size": {"height": 64, "width": 64}}
    return saved(tiny_sam(), tmp_path_factory.mktemp("sam"), "SamImageProcessor", **size)


PROMPTS = {
    "a point": ([[40.0, 30.0]], [1], None),
    "one point on it and two beside": ([[40.0, 30.0], [5.0, 5.0], [80.0, 50.0]], [1, 0, 0], None),
    "a box": ([], [], [10.0, 5.0, 70.0, 55.0]),
    "a box and a point": ([[40.0, 30.0]], [0], [10.0, 5.0, 70.0, 55.0]),
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_sam_answers_a_prompt_as_the_library_does(sam: Path, prompt: tuple) -> None:
    from transformers import SamModel, SamProcessor

    points, labels, box = prompt
    predictor = from_transformers.load(row(INSTANCE, "transformers"), sam, "cpu")
    embedded = predictor.embed(picture(60, 120))
    assert embedded.values.dtype == np.float16
    assert embedded.seen_hw == (32, 64)
    asked = {}
    if points:
        asked |= {"input_points": [[points]], "input_labels": [[labels]]}
    if box:
        asked |= {"input_boxes": [[box]]}
    processor, network = SamProcessor.from_pretrained(sam), SamModel.from_pretrained(sam).eval()
    inputs = processor(picture(60, 120), return_tensors="pt", **asked)
    values = torch.from_numpy(embedded.values).float()
    with torch.inference_mode():
        assert torch.allclose(network.get_image_embeddings(inputs["pixel_values"]), values, atol=0.01)
        prompts = {name: inputs[name] for name in asked}
        said = network(
            image_embeddings=values,
            **{n: t.float() if t.is_floating_point() else t for n, t in prompts.items()},
        )
    if points:
        scaled = predictor.scaled(np.array(points), embedded)
        assert torch.allclose(scaled, inputs["input_points"].float()[0, 0], atol=1e-3)
    found = predictor.masks(
        embedded, np.array(points), np.array(labels), None if box is None else np.array(box)
    )
    sizes = inputs["original_sizes"], inputs["reshaped_input_sizes"]
    (masks,) = processor.image_processor.post_process_masks(said.pred_masks, *sizes)
    known = [
        (float(score), mask.numpy())
        for score, mask in zip(said.iou_scores[0, 0], masks[0], strict=True)
        if mask.any()
    ]
    assert len(found) == len(known) > 0
    for score, mask in known:
        same = [
            i for i in range(len(found)) if found.scores[i] == pytest.approx(min(max(score, 0), 1), abs=1e-3)
        ]
        assert mask.sum() < 200 or max(overlap(found.whole_mask(i), mask) for i in same) > 0.8


def test_sam_wants_a_prompt(sam: Path) -> None:
    predictor = from_transformers.load(row(INSTANCE, "transformers"), sam, "cpu")
    with pytest.raises(BadInput) as raised:
        predictor.masks(predictor.embed(picture()), np.zeros((0, 2)), np.zeros(0))
    assert raised.value.code == "prompt_missing"


def test_sam_without_a_prompt_looks_at_a_grid_of_points(sam: Path) -> None:
    predictor = from_transformers.load(row(INSTANCE, "transformers"), sam, "cpu")
    found = predictor.candidates(picture())
    assert 0 < len(found) <= 3 * 64
    assert found.names == ("object",)
    assert predictor.predict(picture(), 0.0, 0.5).size_hw == (60, 90)
    with pytest.raises(BadInput) as raised:
        predictor.embed(picture(1, 3000))
    assert raised.value.code == "aspect"


# --- torchvision ------------------------------------------------------------------------------------------------


def torchvision_folder(
    model: str, classes: int, folder: Path, names: tuple[str, ...]
) -> tuple[Path, nn.Module]:
    torch.manual_seed(0)
    aux = {"aux_loss": True} if model.startswith("fcn") else {}
    network = torchvision.models.get_model(
        model, weights=None, weights_backbone=None, num_classes=classes, **aux
    ).eval()
    save_file(network.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"label_names": names, "num_classes": len(names)}))
    return folder, network


@pytest.mark.parametrize("model", ["lraspp_mobilenet_v3_large", "fcn_resnet50"])
def test_torchvision_labels_every_pixel(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same network on the same tensor; ours stops before the library enlarges its map."""
    monkeypatch.setattr(torchvision_segmenter, "SHORTER", 80)
    monkeypatch.setattr(torchvision_segmenter, "LONGER", 160)
    folder, network = torchvision_folder(model, 3, tmp_path, NAMES)
    segmenter = from_torchvision.load(row(SEMANTIC, "torchvision", model), folder, "cpu")
    found = segmenter.predict(picture())
    x = segmenter.preprocess(picture())
    assert x.shape == (1, 3, 80, 120), "as large as fits, whole"
    with torch.inference_mode():
        theirs = network(x)["out"]
    assert found.probabilities.shape == (3, 10, 15)
    assert (found.names, found.size_hw) == (NAMES, (60, 90))
    enlarged = nn.functional.interpolate(theirs, (60, 90), mode="bilinear")[0].argmax(0).numpy()
    assert (found.labels == enlarged).mean() > 0.9
    for size_hw in ((1, 1), (1, 3000)):
        assert segmenter.predict(picture(*size_hw)).size_hw == size_hw


@pytest.fixture(scope="module")
def mask_rcnn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    """The library's Mask R-CNN; a ResNet-50 of random weights, small pictures."""
    folder, network = torchvision_folder("maskrcnn_resnet50_fpn", 4, tmp_path_factory.mktemp("rcnn"), NAMES)
    return folder, network


def smaller(network: nn.Module) -> nn.Module:
    network.transform.min_size, network.transform.max_size = (96,), 160
    network.rpn._pre_nms_top_n = network.rpn._post_nms_top_n = {"training": 40, "testing": 40}
    network.roi_heads.box_predictor.cls_score.weight.data *= 100  # scores far apart
    return network


def test_torchvision_mask_rcnn(mask_rcnn: tuple[Path, nn.Module]) -> None:
    """With the library's thresholds, the library's objects and, pasted, its masks."""
    folder, network = mask_rcnn
    predictor = from_torchvision.load(row(INSTANCE, "torchvision", "maskrcnn_resnet50_fpn"), folder, "cpu")
    pixels = picture(240, 360)
    smaller(predictor.network)
    smaller(network)
    with torch.inference_mode():
        (theirs,) = network([torch.from_numpy(pixels).permute(2, 0, 1) / 255])
    heads = network.roi_heads
    candidates = predictor.candidates(pixels)
    ours = predictor.predict(pixels, heads.score_thresh, heads.nms_thresh)
    count = min(len(theirs["scores"]), len(ours), 20)
    assert count > 1
    assert (ours.names, ours.size_hw, predictor.suppresses) == (NAMES, (240, 360), True)
    assert len(ours) <= len(candidates) <= MOST_MASKS
    assert np.allclose(ours.boxes_xyxy[:count], theirs["boxes"][:count], atol=0.05)
    assert np.allclose(ours.scores[:count], theirs["scores"][:count], atol=1e-4)
    assert (ours.labels[:count] == theirs["labels"][:count].numpy() - 1).all(), (
        "background is no class of ours"
    )
    assert all(mask.shape == (28, 28) for mask in ours.masks)
    alike = []
    for number in range(count):
        soft, (top, left) = ours.soft_mask(number)
        pasted = theirs["masks"][number, 0].numpy()[top : top + soft.shape[0], left : left + soft.shape[1]]
        if min(soft.shape) > 56:  # the library pastes at whole pixels
            alike.append(np.corrcoef(soft[2:-2, 2:-2].ravel(), pasted[2:-2, 2:-2].ravel())[0, 1])
    assert len(alike) > 1
    assert np.mean(alike) > 0.9


def test_a_strip_has_no_height_left(mask_rcnn: tuple[Path, nn.Module]) -> None:
    folder, _ = mask_rcnn
    predictor = from_torchvision.load(row(INSTANCE, "torchvision", "maskrcnn_resnet50_fpn"), folder, "cpu")
    with pytest.raises(BadInput) as raised:
        predictor.predict(picture(1, 2000))
    assert raised.value.code == "aspect"


@pytest.mark.parametrize("identity", [row.id for row in ROWS if row.library == "torchvision"])
def test_rows_of_torchvision_are_as_the_library_says(identity: str) -> None:
    (row,) = (row for row in ROWS if row.id == identity)
    weights = from_torchvision.own_weights(row)
    assert weights.url == library_file.SCHEME + row.place
    assert weights.meta["num_params"] == row.parameters
    assert abs(weights.meta["_file_size"] * 2**20 / 1e6 - row.megabytes) < 0.1  # theirs are MiB
    names = from_torchvision.class_names(row, Path("weights.pth"))
    first = ("background", "aeroplane") if row.task == SEMANTIC else ("person", "bicycle")
    assert names[:2] == first


def test_every_row_says_what_it_may_be_used_for() -> None:
    assert {row.library for row in ROWS} == {"transformers", "torchvision", "ultralytics"}
    for row in ROWS:
        assert row.weights_licence
        assert row.kind in ("hub", "library")
        assert "download" in row.menu_text()
