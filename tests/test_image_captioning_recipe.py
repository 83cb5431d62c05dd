"""The recipe of image captioning: features, data, two runs in one, resuming, going on, BLIP and GIT, what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from caption_sets import drawn, write_captions, write_tiny_library

from finetune import caption_batches as batches
from finetune import image_captioning as recipe_module
from finetune.about_captions import LIMITS
from finetune.caption_check import captions_by_part, check_captions
from finetune.caption_networks import start_caption_network
from finetune.image_captioning import Recipe, main, word_loss
from finetune.image_captioning_flickr8k import PLANS, about
from finetune.image_captioning_flickr8k import recipe as plan_of
from finetune.loop import Settings
from finetune.region_features import region_features, view
from finetune.transformers_captions import Learner
from hub_models.captioned_pictures import open_captions
from hub_models.loader import LOADER
from hub_models.local import read_golden, read_local
from hub_models.vocabulary import vocabulary_in


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return write_captions(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def features(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("features"))


def command(
    data: Path, output: Path, features: str, *more: str, model: str = "caption-attention"
) -> list[str]:
    return [
        "--model", model, "--data", str(data), "--output", str(output), "--features", features, "--epochs", "3",
        "--batch", "4", "--embedding", "12", "--hidden", "16", "--least-count", "1", "--views", "2",
        "--language-epochs", "2", "--similar", "1", "--learning-rate", "0.02", *more,
    ]  # fmt: skip


def settings(output: Path, data: Path, **more: object) -> Recipe:
    made = Settings(epochs=1, batch=4, learning_rate=0.01)
    return Recipe(model="caption-lstm", data=str(data), output=output, settings=made, least_count=1, **more)


# --- features --------------------------------------------------------------------------------------------------------


def test_views_are_the_whole_its_mirror_and_pieces():
    pixels = drawn(3)
    assert np.array_equal(view(pixels, 0, 1), pixels)
    assert np.array_equal(view(pixels, 1, 1), pixels[:, ::-1])
    piece, again, other = view(pixels, 2, 1), view(pixels, 2, 1), view(pixels, 2, 2)
    assert np.array_equal(piece, again)
    assert piece.shape != other.shape or not np.array_equal(piece, other)
    assert piece.size >= 0.4 * pixels.size


def test_features_are_computed_once(pictures, tmp_path, monkeypatch):
    (data,) = open_captions(pictures).values()
    few = data.subset([0, 5])
    found = region_features(few, 2, tmp_path / "kept", tmp_path, lambda words: None)
    assert (len(found), found.views, found(1, 1).shape) == (2, 2, (49, 1280))
    assert found(0).dtype == np.float16
    monkeypatch.setattr("finetune.region_features.Regions", None)  # would fail where it is asked again
    again = region_features(few, 2, tmp_path / "kept", tmp_path, lambda words: None)
    assert np.array_equal(again(1, 1), found(1, 1))
    assert found.subset([1]).means().shape == (1, 1280)


# --- data ------------------------------------------------------------------------------------------------------------


def test_all_captions_of_a_picture_stay_together(pictures):
    parts = captions_by_part(str(pictures), "", 0.25, 0.25, 1, seed=0)
    names = [set(parts[part].names) for part in ("train", "dev", "test")]
    assert [len(found) for found in names] == [12, 6, 6]
    assert set.union(*names) == {f"{number}.png" for number in range(24)}
    missing = {caption for found in parts["train"].sentences for caption in found}
    assert missing
    said: list[str] = []
    checked = check_captions(parts, said.append)
    assert checked["dev"].sentences == checked["test"].sentences == ()
    assert "to learn the language from" in " ".join(said)


def test_captions_become_numbers(pictures):
    (data,) = open_captions(pictures).values()
    start = start_caption_network(settings(Path(), pictures), data)
    vocabulary = vocabulary_in(start.files["vocabulary.json"])
    numbers = batches.numbered(["A red square .", "red " * 40], vocabulary)
    assert [vocabulary.entry(n) for n in numbers[0, :5].tolist()] == ["<sos>", "a", "red", "square", "<eos>"]
    assert numbers.shape == (2, batches.LENGTH)
    assert vocabulary.number_of["<eos>"] not in numbers[1].tolist()
    assert batches.cropped(numbers[:1]).shape == (1, 5)


def test_similar_captions_find_their_picture(pictures):
    (data,) = open_captions(pictures).values()
    start = start_caption_network(settings(Path(), pictures), data)
    vocabulary = vocabulary_in(start.files["vocabulary.json"])
    found = batches.similar_captions(
        ["a red square", "zebra"], [["a red square on grey"], ["a blue bar"]], vocabulary, share=0.5
    )
    assert found == [["a red square"], []]


def test_the_loss_is_equation_10_5(pictures):
    (data,) = open_captions(pictures).values()
    network = start_caption_network(settings(Path(), pictures), data).model.eval()
    regions, numbers = torch.rand(1, 49, 1280), torch.tensor([[2, 4, 5, 3, 0], [2, 6, 3, 0, 0]])
    logs = network(regions.expand(2, -1, -1), numbers[:, :-1]).log_softmax(-1).detach()
    wanted = [(0, 0, 4), (0, 1, 5), (0, 2, 3), (1, 0, 6), (1, 1, 3)]
    by_hand = -sum(float(logs[place]) for place in wanted) / 5
    assert float(word_loss(network, regions, numbers).detach()) == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{}", "captions_missing"),
        ('{"0.png": [" "]}', "pictures_missing"),
        ("nothing", "captions_unreadable"),
    ],
)
def test_data_that_cannot_be_used(content: str, code: str, tmp_path, features, capsys):
    write_captions(tmp_path / "data", 3)
    (tmp_path / "data" / "captions.json").write_text(content)
    assert main(command(tmp_path / "data", tmp_path / "run", features)) == 1
    assert code in capsys.readouterr().err


def test_too_few_pictures_are_told(tmp_path, features, capsys):
    assert main(command(write_captions(tmp_path / "data", 2), tmp_path / "run", features)) == 1
    assert "data_missing" in capsys.readouterr().err


@pytest.mark.parametrize("model", ["caption", "transformer", "resnet20.cifar10"])
def test_an_unknown_model_lists_the_known_ones(model: str, pictures, features, tmp_path, capsys):
    assert main(command(pictures, tmp_path / "run", features, model=model)) == 1
    assert "caption-lstm, caption-attention" in capsys.readouterr().err


# --- runs ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(pictures, features, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("runs") / "mine"
    assert main(command(pictures, output, features, "--test-share", "0.2")) == 0
    return output


def test_a_run_ends_in_a_checkpoint_that_answers(trained):
    row = read_local(trained / "checkpoint")
    assert (row.task, row.model, row.input) == ("image-captioning", "caption_attention", None)
    assert {metric.split for metric in row.metrics} == {"test", "dev", "train"}
    assert {"BLEU-4", "chrF"} <= {metric.name for metric in row.metrics}
    assert row.metrics[0].baseline_name == "caption of the nearest picture"
    opened = LOADER.open_local(trained / "checkpoint")
    try:
        predictor = LOADER.get(opened.id, "image-captioning")
        golden = read_golden(trained / "checkpoint")
        assert predictor.predict(golden.given).unlike(golden.arrays) == ""
        assert len(predictor.network.known_pictures) == 15
        from hub_models.inside.captions import nearest_training

        caption, cosine = nearest_training(predictor, predictor.preprocess(drawn(4)))[0]
        assert caption.split()[0] == "a"
        assert cosine > 0.5
    finally:
        LOADER.unload(opened.id)
        del LOADER.local[opened.id]


def test_the_card_says_what_it_must(trained, tmp_path):
    card = (trained / "checkpoint" / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: image-to-text" in card
    assert "](examples.jpg)" in card
    assert LIMITS[-1][:40] in card
    assert str(trained.parent) not in card


def test_it_learns_and_says_so(trained):
    scores = [float(row["probability"]) for row in csv.DictReader((trained / "epochs.csv").open())]
    language = [
        float(row["probability"]) for row in csv.DictReader((trained / "language" / "epochs.csv").open())
    ]
    assert len(scores) == 3
    assert language[-1] > language[0] > 1 / 20
    assert scores[-1] > language[-1]


def test_the_same_command_again_changes_nothing(trained, pictures, features):
    before = (trained / "best.safetensors").read_bytes()
    assert main(command(pictures, trained, features, "--test-share", "0.2")) == 0
    assert (trained / "best.safetensors").read_bytes() == before


def test_changed_settings_are_refused_on_resuming(trained, pictures, features, capsys):
    assert main(command(pictures, trained, features, "--test-share", "0.2", "--dropout", "0.1")) == 1
    assert "resume_changed" in capsys.readouterr().err


def test_going_on_with_new_words(trained, pictures, features, tmp_path):
    """The known words keep their numbers and rows; new ones stand behind them."""
    data = write_captions(tmp_path / "data", 12)
    told = json.loads((data / "captions.json").read_text())
    (data / "captions.json").write_text(json.dumps({name: ["a zebra runs"] for name in told}))
    more = ("--smoke", "--dev-share", "0.3")
    assert main(command(data, tmp_path / "run", features, *more, model=str(trained / "checkpoint"))) == 0
    card = (tmp_path / "run" / "checkpoint" / "README.md").read_text()
    assert "100% of its weights" in card or "9" in card.split("% of its weights")[0][-3:]
    old = json.loads((trained / "checkpoint" / "vocabulary.json").read_text())["words"]
    new = json.loads((tmp_path / "run" / "checkpoint" / "vocabulary.json").read_text())["words"]
    assert new[: len(old)] == old
    assert set(new[len(old) :]) == {"zebra", "runs"}
    assert not (tmp_path / "run" / "language").exists()


def test_hostile_captions_are_words_and_nothing_else(features, tmp_path):
    data = write_captions(tmp_path / "data", 8)
    hostile = ["<script>alert(1)</script> a dog", "\u202egod a\u0000", "a dog [x](javascript:1)"]
    (data / "captions.json").write_text(json.dumps({f"{n}.png": hostile for n in range(8)}))
    more = ("--smoke", "--name", "<b>mine</b>")
    assert main(command(data, tmp_path / "run", features, *more, model="caption-lstm")) == 0
    card = (tmp_path / "run" / "checkpoint" / "README.md").read_text(encoding="utf-8")
    told = "".join(card.split("```")[::2])  # without the command, which stands in a block of code
    assert "<script" not in card
    assert "<b>" not in told


@pytest.mark.parametrize(("kind", "rank"), [("blip", 0), ("git", 2)])
def test_networks_of_the_library_are_fine_tuned(kind: str, rank: int, pictures, features, tmp_path):
    source = write_tiny_library(tmp_path / kind, kind)
    arguments = command(pictures, tmp_path / "run", features, "--smoke", model=f"transformers:{source}")
    assert main([*arguments, "--lora-rank", str(rank)]) == 0
    row = read_local(tmp_path / "run" / "checkpoint")
    assert (row.library, row.model) == ("transformers", kind)
    opened = LOADER.open_local(tmp_path / "run" / "checkpoint")
    try:
        golden = read_golden(tmp_path / "run" / "checkpoint")
        found = LOADER.get(opened.id, "image-captioning").predict(golden.given)
        assert found.unlike(golden.arrays) == ""
    finally:
        LOADER.unload(opened.id)
        del LOADER.local[opened.id]


def test_low_rank_matrices_learn_alone_and_are_added_in_the_end(tmp_path):
    from transformers import GitForCausalLM

    network = GitForCausalLM.from_pretrained(write_tiny_library(tmp_path / "git", "git"))
    learner = Learner(network, 2)
    learning = {name for name, p in learner.named_parameters() if p.requires_grad}
    assert learning
    assert all("lora_" in name for name in learning)
    assert set(learner.kept.state_dict()) == set(network.state_dict())


@pytest.mark.parametrize("network", PLANS)
def test_plans_of_flickr8k(network: str, tmp_path):
    made, told = plan_of(network, tmp_path, tmp_path / "runs" / "out"), about(network)
    assert told.id == f"{network.replace('-', '_')}.flickr8k"
    assert made.storage == "int5"
    assert made.features_folder == tmp_path / "runs" / "flickr8k_features"
    words = 2600
    kind = recipe_module.start_caption_network.__globals__["MODELS"][network].MODEL
    size = sum(p.numel() for p in kind(words, embedding=made.embedding, hidden=made.hidden).parameters())
    assert size < 1_000_000  # a byte each, when they are stored
