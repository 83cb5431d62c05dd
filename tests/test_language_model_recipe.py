"""Training a language model: what a run reads, that it learns, resumes, and leaves a checkpoint that opens in the hub."""

import csv
import json
import zipfile
from pathlib import Path

import pytest
import torch

from finetune.character_models import start_character_model, vocabulary_in
from finetune.language_model import Recipe, Windows, evaluation, read_data, step
from finetune.language_model import main as recipe
from finetune.language_model_shakespeare import PLANS, about
from finetune.language_model_shakespeare import recipe as plan_of
from finetune.settings import Settings
from hub_models.architectures.character_model import CharacterModel
from hub_models.errors import BadData
from hub_models.loader import LOADER
from hub_models.local import read_golden, read_local
from hub_models.predictors import ours
from hub_models.running_text import RunningText
from hub_models.vocabulary import UNKNOWN

WORDS = ("sun", "moon", "star", "cloud")
SMALL = ("--width", "8", "--hidden", "16", "--batch", "8", "--window", "16")


def song(verses: int = 120) -> str:
    """A text in which every word decides the next: easy to learn, but not by counting letters."""
    lines = [" ".join(WORDS[(i + k) % len(WORDS)] for k in range(6)) for i in range(verses)]
    return "\n\n".join("\n".join([f"Singer {i % 3}:", line, line]) for i, line in enumerate(lines))


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "song.txt"
    path.write_text(song(), encoding="utf-8")
    return path


def run(data: Path, output: Path, *more: str, model: str = "gru") -> int:
    named = ["--model", model, "--data", str(data), "--output", str(output)]
    return recipe([*named, *SMALL, "--learning-rate", "0.02", *more])


def epochs_of(output: Path) -> list[dict]:
    return list(csv.DictReader((output / "epochs.csv").open()))


def test_it_learns_and_opens_in_the_hub(text_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    assert run(text_file, output, "--epochs", "4") == 0
    scores = [float(row["perplexity"]) for row in epochs_of(output)]
    assert scores[-1] < 1.3  # of 22 different characters
    row = read_local(output / "checkpoint")
    assert row.task == "language-model" and row.model == "character_model" and row.architecture == "GRU"
    perplexity = row.metrics[0]
    assert perplexity.name == "perplexity per character" and perplexity.split == "dev"
    assert perplexity.value == pytest.approx(min(scores), rel=0.02) and perplexity.baseline > 1
    assert "perplexity per character" in perplexity.text() and "%" not in perplexity.text().split(",")[0]
    opened = LOADER.open_local(output / "checkpoint")
    try:
        predictor = LOADER.get(opened.id, "language-model")
        found = predictor.predict("sun moon star", 20)
        assert "cloud" in found.written.text
        assert (
            predictor.predict(read_golden(output / "checkpoint").given).unlike(
                read_golden(output / "checkpoint").arrays
            )
            == ""
        )
    finally:
        LOADER.unload()
        del LOADER.local[opened.id]


def test_a_card_tells_what_it_is(text_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    assert run(text_file, output, "--smoke", "--data-licence", "mine") == 0
    card = (output / "checkpoint" / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: text-generation" in card and "mine" in card and "perplexity per character" in card
    assert str(tmp_path) not in card and "your picture" not in card


def test_the_same_command_again_changes_nothing_and_a_twin_gives_the_same(
    text_file: Path, tmp_path: Path
) -> None:
    first, twin = tmp_path / "first", tmp_path / "twin"
    settings = ("--epochs", "1", "--dropout", "0.1", "--smoke")
    assert run(text_file, first, *settings) == 0 and run(text_file, twin, *settings) == 0
    weights = (first / "best.safetensors").read_bytes()
    assert (twin / "best.safetensors").read_bytes() == weights
    assert run(text_file, first, *settings) == 0
    assert (first / "best.safetensors").read_bytes() == weights
    assert epochs_of(first) == epochs_of(twin)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "transformer"])
def test_every_kind_trains(kind: str, text_file: Path, tmp_path: Path) -> None:
    assert run(text_file, tmp_path / kind, "--smoke", model=kind) == 0
    row = read_local(tmp_path / kind / "checkpoint")
    assert ours.build(row, tmp_path / kind / "checkpoint", "cpu").kind == kind


def test_going_on_with_new_characters(text_file: Path, tmp_path: Path) -> None:
    """The known characters keep their numbers and rows; new ones stand behind them."""
    assert run(text_file, tmp_path / "first", "--smoke") == 0
    folder = tmp_path / "first" / "checkpoint"
    start = start_character_model(
        str(folder), "zebra ☃ sun", width=9, hidden=9, layers=9, dropout=0.3, heads=1, context=9
    )
    try:
        old = ours.build(read_local(folder), folder, "cpu")
        known = old.embedding.num_embeddings
        vocabulary = vocabulary_in(start)
        assert vocabulary.characters[known - 2 :] == ("b", "z", "☃")
        assert start.model.embedding.num_embeddings == known + 3 and start.model.width == 8
        torch.testing.assert_close(start.model.embedding.weight[:known], old.embedding.weight)
        torch.testing.assert_close(start.model.recurrent.weight_hh_l0, old.recurrent.weight_hh_l0)
        assert start.model.drop.p == 0.3 and start.parent is not None
    finally:
        LOADER.local.clear()


@pytest.mark.parametrize("model", ["transformers", "char_lstm", "nothing.here"])
def test_an_unknown_model_lists_the_known_ones(model: str, text_file: Path, tmp_path: Path, capsys) -> None:
    assert run(text_file, tmp_path / "run", model=model) == 1
    assert "rnn, lstm, gru, transformer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe\x00", "data_unreadable"), (b"", "data_unreadable"), (b"too short", "data_too_small")],
)
def test_data_that_cannot_be_used(content: bytes, code: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "data.txt"
    path.write_bytes(content)
    assert run(path, tmp_path / "run") == 1
    assert code in capsys.readouterr().err


def test_parts_of_a_zip_are_used_as_they_are_named(tmp_path: Path) -> None:
    path = tmp_path / "texts.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (("train.txt", song(60)), ("val.txt", "sun moon"), ("test.txt", "star cloud")):
            archive.writestr(name, text)
    settings = Settings(epochs=1, batch=4, learning_rate=0.01)
    data = read_data(
        Recipe(model="gru", data=str(path), output=tmp_path, settings=settings), lambda words: None
    )
    assert data["dev"].text == "sun moon" and data["test"].text == "star cloud"


def test_windows_are_new_in_every_epoch_and_the_same_for_a_key() -> None:
    windows = Windows(torch.arange(1000), 32, seed=0)
    assert len(windows) == 31
    first, again, later = windows[(0, 3)], windows[(0, 3)], windows[(1, 3)]
    assert torch.equal(first, again) and not torch.equal(first, later)
    assert len(first) == 33 and (first.diff() == 1).all()
    assert int(windows[(0, 30)][-1]) <= 999


def test_the_loss_is_equation_10_5() -> None:
    torch.manual_seed(0)
    model = CharacterModel(9, "gru", width=4, hidden=5).eval()
    windows = torch.randint(2, 9, (2, 6))
    torch.manual_seed(3)  # few enough numbers that none of them becomes unknown
    loss = float(step(model, windows)["loss"].detach())
    logs = model(windows[:, :-1]).log_softmax(-1).detach()
    by_hand = -sum(float(logs[b, t, windows[b, t + 1]]) for b in range(2) for t in range(5)) / 10
    assert loss == pytest.approx(by_hand, rel=1e-5)


def test_the_evaluation_reads_every_character_once() -> None:
    """Blocks of different lengths, unknown characters: the mean loss of the known ones, each after all before it."""
    torch.manual_seed(0)
    start = start_character_model(
        "lstm", "abc\n", width=4, hidden=5, layers=1, heads=1, dropout=0.0, context=8
    )
    vocabulary, model = vocabulary_in(start), start.model.eval()
    data = RunningText(blocks=("abcab", "c☃a"))
    with torch.inference_mode():
        scores = evaluation(data, vocabulary)(model)
        losses = []
        for block in data.blocks:
            numbers = vocabulary.character_numbers("\n" + block)
            logs = model(torch.tensor([numbers])).log_softmax(-1)[0]
            losses += [-float(logs[t, n]) for t, n in enumerate(numbers[1:]) if n != UNKNOWN]
    assert scores["perplexity"] == pytest.approx(torch.tensor(losses).mean().exp().item(), rel=1e-4)
    assert scores["probability"] == pytest.approx(1 / scores["perplexity"], rel=1e-4)


@pytest.mark.parametrize("network", PLANS)
def test_plans_of_shakespeare(network: str, tmp_path: Path) -> None:
    made, told = plan_of(network, tmp_path, tmp_path / "out"), about(network)
    sizes = {name: getattr(made, name) for name in ("width", "hidden", "layers", "heads", "dropout")}
    start = start_character_model(made.model, "abc", **sizes, context=made.window)
    count = sum(p.numel() for p in start.model.parameters())
    assert count < 450_000  # a byte each, when they are stored
    assert told.id == f"char_{network}.shakespeare" and made.storage == "int5"
    assert told.command.startswith(f"python -m finetune.language_model_shakespeare {network} ")


def test_too_little_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("short")
    (tmp_path / "val.txt").write_text("short")
    settings = Settings(epochs=1, batch=4, learning_rate=0.01)
    with pytest.raises(BadData) as caught:
        read_data(Recipe(model="gru", data=str(tmp_path), output=tmp_path, settings=settings), print)
    assert caught.value.code == "data_too_small" and json.dumps(caught.value.message)
