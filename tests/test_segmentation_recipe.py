"""Training a network that labels pixels: losses, augmentation of picture and mask together, the recipe end to end."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mask_sets import CLASSES, scene, write
from torch.nn import functional as F

from finetune.mask_check import check_masks, masks_by_part
from finetune.masked_pictures import AugmentedMasks, class_frequencies
from finetune.segmentation_losses import HEAVIEST, class_weights, dice, focal, loss_named
from finetune.segmenters import start_segmenter
from finetune.semantic_segmentation import main as recipe
from hub_models.__main__ import main as command_line
from hub_models.errors import BadData
from hub_models.loader import LOADER
from hub_models.local import read_config, read_local
from hub_models.mask_dataset import VOID, MaskedPictures, open_masks
from hub_models.predictors import ours


def masked(count: int = 6) -> MaskedPictures:
    return MaskedPictures(class_names=CLASSES, names=tuple(map(str, range(count))), read=scene)


def logits_and_labels() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    labels = torch.randint(0, 3, (2, 4, 5))
    labels[0, 0] = VOID
    return torch.randn(2, 3, 4, 5), labels


# --- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 2.0, 0.5])])
def test_focal_loss_without_focus_is_cross_entropy(weights: torch.Tensor | None) -> None:
    logits, labels = logits_and_labels()
    expected = F.cross_entropy(logits, labels, weights, ignore_index=VOID)
    assert torch.allclose(focal(logits, labels, weights, gamma=0.0), expected)
    assert focal(logits, labels, weights) < expected


def test_dice_by_hand() -> None:
    certain = torch.tensor([[[[20.0, 20.0, -20.0, -20.0]], [[-20.0, -20.0, 20.0, 20.0]]]])  # classes 0 0 1 1
    assert dice(certain, torch.tensor([[[0, 0, 1, 1]]])) == pytest.approx(0, abs=1e-6)
    # class 0: 2 * 1 / (2 + 1), class 1: 2 * 2 / (2 + 3)
    assert dice(certain, torch.tensor([[[0, 1, 1, 1]]])) == pytest.approx(1 - (2 / 3 + 4 / 5) / 2, abs=1e-5)
    assert dice(certain, torch.tensor([[[0, VOID, 1, 1]]])) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", ["cross-entropy", "focal", "dice"])
def test_void_teaches_nothing(name: str) -> None:
    logits, labels = logits_and_labels()
    logits.requires_grad_(True)
    terms = loss_named(name, torch.tensor([1.0, 3.0, 1.0]))(logits, labels)
    torch.stack(list(terms.values())).sum().backward()
    gradients = logits.grad.abs().sum(1)  # (B, H, W)
    assert gradients[0, 0].max() == 0 and (gradients[labels != VOID] > 0).all()


def test_weights_of_rare_classes() -> None:
    frequencies = torch.tensor([[0.89, 0.1, 0.01, 0.0], [0.89, 0.2, 0.05, 0.0]])
    median = class_weights("median", frequencies)
    assert median[1] / median[0] == pytest.approx(0.89 / 0.2)  # as SegNet: f(median) / f(class)
    log = class_weights("log", frequencies)
    assert log[1] / log[0] == pytest.approx(float(np.log(1.02 + 0.89) / np.log(1.02 + 0.1)))
    for weights in (median, log):
        assert weights.mean() == pytest.approx(1) and weights.argmax() == 3
        assert weights.max() <= HEAVIEST * weights.median() * 1.01
    assert class_weights("none", frequencies) is None


def test_frequencies_are_counted() -> None:
    data = masked(3)
    shares = np.bincount(np.concatenate([scene(i)[1].ravel() for i in range(3)]), minlength=3) / (3 * 40 * 56)
    assert np.allclose(class_frequencies(data), [shares, shares], atol=1e-6)


# --- data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("augment", ["none", "photo", "any_way_up"])
def test_picture_and_mask_move_together(augment: str) -> None:
    """In the moved picture the colours still tell the class that the moved mask says."""
    data = AugmentedMasks(masked(), (32, 64), 32, augment, seed=1)
    data.light = lambda *both: both  # colours as they are
    colours = torch.tensor([(40.0, 40, 40), (220, 120, 30), (40, 120, 220)])
    for index in range(6):
        picture, labels = data[(0, index)]
        assert picture.shape == (3, 32, 64) and picture.dtype == torch.uint8 and labels.shape == (32, 64)
        by_colour = (picture.float()[None] - colours[:, :, None, None]).abs().sum(1).argmin(0)
        assert (by_colour == labels).float().mean() > 0.93
        assert set(labels.unique().tolist()) <= {0, 1, 2}  # nothing between two labels


def test_a_sample_depends_on_seed_epoch_and_index_alone() -> None:
    one, other = (AugmentedMasks(masked(), (32, 64), 32, "photo", seed=1) for _ in range(2))
    torch.manual_seed(99)
    first = one[(2, 3)]
    assert all(torch.equal(a, b) for a, b in zip(first, other[(2, 3)], strict=True))
    assert not torch.equal(first[0], one[(3, 3)][0])


def test_the_check_leaves_out_and_says(tmp_path: Path) -> None:
    write(tmp_path / "train", 6, None)
    write(tmp_path / "val", 2, None)  # the same two scenes are in train
    (tmp_path / "classes.txt").write_text("\n".join(CLASSES))
    path = tmp_path / "train" / "masks" / "5.png"
    path.write_bytes(path.read_bytes()[:50])
    parts = masks_by_part(str(tmp_path), "", 0.15, 10, 0)
    train, dev, report = check_masks(parts["train"], parts["dev"])
    assert (len(train), len(dev)) == (3, 2)
    assert "5.png: image_truncated" in report.text() and "also in dev: 2" in report.text()
    assert "ground" in report.text()


def test_data_that_cannot_teach_is_refused(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, 1, first=number)
        mask = tmp_path / "masks" / f"{number}.png"
        mask.write_bytes((tmp_path / "images" / f"{number}.png").read_bytes())  # colours in place of numbers
    data = open_masks(tmp_path)["all"]
    with pytest.raises(BadData) as caught:
        check_masks(data.subset([0, 1, 2]), data.subset([3]))
    assert caught.value.code == "data_unreadable" and "classes.txt" in str(caught.value)


# --- the recipe ------------------------------------------------------------------------------------------------------


def test_names_of_networks() -> None:
    start = start_segmenter("enet", 5, (64, 96))
    assert start.architecture == "enet" and start.input.size_hw == (64, 96)
    backbone = start_segmenter("unet-lite", 5, None)
    assert "ImageNet" in backbone.origin or "imagenet" in backbone.origin
    with pytest.raises(BadData) as caught:
        start_segmenter("u-net-2000", 5, None)
    assert caught.value.code == "model_unknown" and "unet-lite" in str(caught.value)


def run(data: Path, output: Path, *more: str) -> int:
    return recipe(
        [
            *("--model", "enet", "--data", str(data), "--output", str(output), "--size", "32x64"),
            *("--epochs", "2", "--batch", "4", "--class-weights", "log", "--dev-block", "1", *more),
        ]
    )  # fmt: skip


def test_from_folder_to_prediction(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Train, resume after the end, open, evaluate, start again from the result."""
    torch.set_num_threads(1)
    data, output = write(tmp_path / "scenes", 12), tmp_path / "run"
    assert run(data, output) == 0
    folder = output / "checkpoint"
    row = read_local(folder)
    assert (row.id, row.task, row.model) == ("enet.scenes", "semantic-segmentation", "enet")
    assert {metric.split for metric in row.metrics} == {"dev", "train"}
    assert row.metrics[0].name == "mean IoU" and row.metrics[0].baseline is not None
    card = (folder / "README.md").read_text()
    assert "| class | pixels | recall | precision | IoU | boundary F |" in card
    assert (folder / "examples.jpg").exists() and (output / "masks.jpg").exists()
    assert read_config(folder)["label_names"] == list(CLASSES)
    predictor = ours.load(row, folder, "cpu")
    found = predictor.predict(scene(50, 33, 47)[0])  # a size that no stride divides
    assert found.labels.shape == (33, 47)
    capsys.readouterr()
    assert (
        command_line(
            ["evaluate", "semantic-segmentation", "--checkpoint", str(folder), "--data", str(data), "--json"]
        )
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert report["count"] == 12 and 0 <= report["mean_iou"]["value"] <= 1
    assert run(data, output) == 0  # over already: writes the same checkpoint again
    assert read_local(folder).sha256 == row.sha256
    again = start_segmenter(str(folder), 3, None)
    assert "100% of its weights" in again.origin and again.input == row.input


def tiny_segformer(folder: Path) -> Path:
    """SegFormer with few channels and four classes, as `save_pretrained` writes it."""
    from transformers import SegformerConfig, SegformerForSemanticSegmentation, SegformerImageProcessor

    sizes = {"hidden_sizes": [8, 8, 16, 16], "depths": [1] * 4, "num_attention_heads": [1, 1, 2, 2]}
    config = SegformerConfig(**sizes, decoder_hidden_size=16, num_labels=4)
    SegformerForSemanticSegmentation(config).save_pretrained(folder)
    SegformerImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("model", "library"), [("scratch:test_resnet", "timm"), ("segformer", "transformers")]
)
def test_networks_of_libraries_are_trained_and_opened(tmp_path: Path, model: str, library: str) -> None:
    torch.set_num_threads(1)
    data = write(tmp_path / "scenes", 8)
    if model == "segformer":
        model = f"segformer:{tiny_segformer(tmp_path / 'segformer')}"
    output = tmp_path / "run"
    more = ("--model", model, "--epochs", "1", "--loss", "dice")
    assert run(data, output, *more) == 0
    folder = output / "checkpoint"
    row = read_local(folder)
    assert row.library == library and str(tmp_path) not in (folder / "README.md").read_text()
    assert LOADER.resolve(str(folder), "semantic-segmentation").id.startswith("local.")
    predictor = importlib.import_module(f"hub_models.predictors.{library}").load(row, folder, "cpu")
    found = predictor.predict(scene(9, 33, 47)[0])
    assert found.labels.shape == (33, 47) and found.names == CLASSES


def test_bad_data_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data = write(tmp_path / "scenes", 4, None)
    assert run(data, tmp_path / "run") == 1
    told = capsys.readouterr().err
    assert "classes.txt" in told and "Traceback" not in told and str(tmp_path) not in told
