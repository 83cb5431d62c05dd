"""Audio classification: sets of sounds, recipe, predictors, networks of the library, evaluation."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hostile_sounds import RATE, saved, tone
from sound_sets import (
    SPEAKERS,
    voiced,
    write_digits,
    write_sounds,
    write_tiny_ast,
    write_tiny_wav2vec2,
    write_tiny_whisper,
)

from finetune import audio_classification_digits as digits
from finetune.audio_classification import main as recipe
from finetune.sound_check import check_sounds, sounds_by_part
from hub_models import catalog
from hub_models.errors import BadData
from hub_models.evaluate import audio_classification as evaluation
from hub_models.heard import Heard, Transcript
from hub_models.labelled_sounds import open_sounds, split_groups
from hub_models.loader import LOADER
from hub_models.local import read_config, read_local
from hub_models.predictors import ours
from hub_models.predictors import transformers as library

ROWS = {row.id: row for row in catalog.checkpoints("audio-classification")}
SMALL = [
    "--batch",
    "6",
    "--width",
    "4",
    "--seconds",
    "0.5",
    "--precision",
    "no",
    "--ema",
    "0.9",
    "--workers",
    "0",
]


def code_of(call, *given, **named) -> str:
    with pytest.raises(BadData) as told:
        call(*given, **named)
    assert "\n" not in told.value.message
    return told.value.code


# --- data ------------------------------------------------------------------------------------------------------------


def test_folders_zips_and_names(tmp_path: Path) -> None:
    folder = write_sounds(tmp_path / "sounds", 2)
    packed = tmp_path / "sounds.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*.wav")):
            archive.write(path, path.relative_to(folder))
    flat = write_sounds(tmp_path / "flat", 2, flat=True)
    found = [open_sounds(folder)["all"], open_sounds(packed)["all"], open_sounds(flat, 1, 2)["all"]]
    for data in found:
        assert data.class_names == ("high", "low")
        assert np.bincount(data.labels).tolist() == [6, 6]
        assert data.read(0).rate == RATE
    assert set(found[2].groups) == set(SPEAKERS)
    assert set(found[0].groups) == {""}
    assert found[1].subset([7]).read(0).seconds == found[0].read(7).seconds


def test_parts_are_read_from_folders(tmp_path: Path) -> None:
    write_sounds(tmp_path / "train", 1)
    write_sounds(tmp_path / "val", 1)
    assert set(open_sounds(tmp_path)) == {"train", "dev"}
    parts = sounds_by_part(str(tmp_path), "", 0.2, 0)
    assert len(parts["train"]) == len(parts["dev"]) == 6


def test_no_group_is_on_both_sides(tmp_path: Path) -> None:
    data = open_sounds(write_sounds(tmp_path, 4), 0, 2)["all"]
    for seed in range(4):
        train, dev = split_groups(data, 0.2, seed)
        assert len(set(dev.groups)) == 1
        assert not set(train.groups) & set(dev.groups)
    train, dev = split_groups(open_sounds(tmp_path)["all"], 0.25, 0)
    assert np.bincount(dev.labels).tolist() == [3, 3]
    assert not set(train.names) & set(dev.names)


def test_the_check_leaves_out_and_says(tmp_path: Path) -> None:
    write_sounds(tmp_path / "train", 2)
    write_sounds(tmp_path / "dev", 1)
    low = tmp_path / "train" / "low"
    (low / "broken.wav").write_bytes(b"RIFF    WAVE")
    (low / "picture.wav").write_bytes(b"\x89PNG")
    (low / "silent.wav").write_bytes(saved(np.zeros(4000, np.float32)))
    (low / "short.wav").write_bytes(saved(tone(0.01)))
    told: list[str] = []
    data = check_sounds(sounds_by_part(str(tmp_path), "", 0.2, 0), RATE, told.append)
    assert (len(data["train"]), len(data["dev"])) == (6, 6)  # the first of every speaker is in dev too
    words = "\n".join(told)
    for reason in (
        "audio unreadable: 1",
        "not a sound: 1",
        "silent: 1",
        "audio too short: 1",
        "also in dev: 6",
    ):
        assert reason in words


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda folder: folder.mkdir(), "data_missing"),
        (lambda folder: write_sounds(folder / "train", 1), "data_missing"),
    ],
)
def test_data_that_cannot_teach_is_refused(tmp_path: Path, made, code: str) -> None:
    made(tmp_path / "set")
    for path in (tmp_path / "set").rglob("*.wav"):
        path.write_bytes(b"RIFF    WAVE")
    assert (
        code_of(lambda: check_sounds(sounds_by_part(str(tmp_path / "set"), "", 0.5, 0), RATE, print)) == code
    )


def test_too_few_classes_or_sounds_are_said(tmp_path: Path) -> None:
    write_sounds(tmp_path / "set", 1)
    for path in (tmp_path / "set" / "low").glob("*"):
        path.unlink()
    (tmp_path / "set" / "low" / "one.wav").write_bytes(saved(tone()))
    parts = open_sounds(tmp_path / "set")["all"]
    assert code_of(check_sounds, {"train": parts, "dev": parts.subset([0])}, RATE, print) == "class_too_small"
    one = parts.subset([0, 1])
    assert code_of(check_sounds, {"train": one, "dev": one.subset([0])}, RATE, print) == "data_one_class"
    assert code_of(open_sounds, tmp_path / "set", 3) == "data_shape"


# --- the recipe ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """(folder with the set `tones` and the run `cnn`, id of its checkpoint): a speaker left out of training."""
    folder = tmp_path_factory.mktemp("sounds")
    data = write_sounds(folder / "tones")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_RUNS", str(folder / "none"))
        code = recipe(["--model", "spectrogram-cnn", "--data", str(data), "--output", str(folder / "cnn"), *SMALL,
                       "--group-by", "2", "--epochs", "8", "--data-licence", "CC0 1.0"])  # fmt: skip
        assert code == 0
        yield folder, LOADER.open_local(folder / "cnn" / "checkpoint").id
    LOADER.unload()
    LOADER.local.clear()


def test_a_run_ends_in_a_checkpoint_that_answers(trained: tuple[Path, str]) -> None:
    folder, identity = trained
    files = folder / "cnn" / "checkpoint"
    row = read_local(files)
    assert (row.task, row.library, row.input) == ("audio-classification", "ours", None)
    assert {metric.split for metric in row.metrics} == {"dev", "train"}
    assert row.metrics[0].value > 0.9  # two tones, a voice that was not trained on
    assert row.metrics[0].baseline_name == "log-mel mean, logistic regression"
    card = (files / "README.md").read_text()
    assert "pipeline_tag: audio-classification" in card
    assert "series" in card
    predictor = LOADER.get(identity, "audio-classification")
    assert predictor.predict(voiced("high", "ann", 99)).answer == "high"
    assert read_config(files)["seconds"] == 0.5


def test_the_golden_answer_is_repeated(trained: tuple[Path, str]) -> None:
    from hub_models.check import faults

    assert faults(read_local(trained[0] / "cnn" / "checkpoint")) == []


def test_training_goes_on_from_a_checkpoint_and_resumes(
    trained: tuple[Path, str], tmp_path: Path, capsys
) -> None:
    folder, identity = trained
    arguments = [
        "--model",
        identity,
        "--data",
        str(folder / "tones"),
        "--output",
        str(tmp_path / "more"),
        *SMALL,
    ]
    assert recipe([*arguments, "--smoke", "--no-changes"]) == 0
    assert read_config(tmp_path / "more" / "checkpoint")["seconds"] == 0.5
    assert "100% of its weights" in (tmp_path / "more" / "checkpoint" / "README.md").read_text()
    assert recipe([*arguments, "--smoke", "--no-changes", "--publish-only"]) == 0
    assert recipe([*arguments, "--smoke"]) == 1
    assert "resume_changed" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nothing", "resnet20.cifar10", "../elsewhere"])
def test_unknown_models_are_said(trained: tuple[Path, str], tmp_path: Path, capsys, name: str) -> None:
    data = str(trained[0] / "tones")
    assert recipe(["--model", name, "--data", data, "--output", str(tmp_path), *SMALL]) == 1
    told = capsys.readouterr().err
    assert "model_unknown" in told or "checkpoint" in told


@pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"
)  # peft asks for it
@pytest.mark.parametrize(
    ("make", "more"),
    [
        (write_tiny_ast, []),
        (write_tiny_ast, ["--freeze", "--no-changes"]),
        (write_tiny_wav2vec2, ["--lora-rank", "2"]),
    ],
    ids=["whole", "frozen", "lora"],
)
def test_a_pretrained_network_is_fine_tuned(trained, tmp_path: Path, capsys, make, more: list[str]) -> None:
    source = make(tmp_path / "pretrained", ("a", "b", "c"))
    arguments = ["--model", f"transformers:{source}", "--data", str(trained[0] / "tones"), "--output",
                 str(tmp_path / "run"), *SMALL, "--batch", "2", "--smoke", *more]  # fmt: skip
    assert recipe(arguments) == 0, capsys.readouterr().err
    files = tmp_path / "run" / "checkpoint"
    row = read_local(files)
    assert (row.library, row.task) == ("transformers", "audio-classification")
    predictor = library.load(row, files, "cpu")
    assert predictor.names == ("high", "low")
    assert predictor.predict(np.zeros(16_000, np.float32)).silent
    assert recipe(arguments) == 0  # it was over: nothing is learned, the same is written again
    assert read_local(files).sha256 == row.sha256


def test_each_speaker_is_left_out_once(tmp_path: Path, monkeypatch) -> None:
    data = write_digits(tmp_path / "digits", each=2)
    monkeypatch.setattr(digits, "EPOCHS", 1)
    monkeypatch.setattr("finetune.speaker_figures.NOISES", 4)
    made = digits.recipe("spectrogram-cnn", data, tmp_path / "run")
    made = replace(made, width=4, settings=replace(made.settings, batch=4, workers=0, mixed_precision="no"))
    assert digits.run(made, lambda start, found: digits.about("spectrogram-cnn")) == 0
    row = read_local(tmp_path / "run" / "checkpoint")
    splits = [metric.split for metric in row.metrics]
    assert splits[:3] == [
        "each of 2 speakers left out, interval over the speakers", "speaker ann, left out", "speaker bob, left out",
    ]  # fmt: skip
    assert {metric.name for metric in row.metrics} == {"accuracy", "refused"}
    assert row.metrics[0].count == 40
    assert 0 < read_config(tmp_path / "run" / "checkpoint")["sure"] < 1
    assert (tmp_path / "run" / "without_ann" / "best.safetensors").exists()
    assert row.parameters < 300_000


# --- predictors ------------------------------------------------------------------------------------------------------


def test_silence_one_sample_and_long_sounds(trained: tuple[Path, str]) -> None:
    predictor = LOADER.get(trained[1], "audio-classification")
    assert predictor.predict(np.zeros(RATE, np.float32)).silent
    assert isinstance(predictor.predict(np.ones(1, np.float32)), Heard)
    long = np.zeros(10 * RATE, np.float32)
    long[50_000:54_000] = 0.3 * np.sin(2 * np.pi * 1500 * np.arange(4000) / RATE)
    found = predictor.predict(long)
    assert found.piece[0] - 0.01 <= 50_000 / RATE < 54_000 / RATE <= found.piece[1] + 0.01
    assert found.answer == "high"
    heard = predictor.along(long, 0.25)
    assert len(heard) == 39
    assert sum(not piece.silent for piece in heard) in (3, 4, 5)
    assert np.allclose(predictor.predict_many([long])[0], found.probabilities, atol=1e-5)


def test_packed_weights_answer_alike(trained: tuple[Path, str]) -> None:
    from finetune.write import packed
    from hub_models.predictors.weights import unpacked

    files = trained[0] / "cnn" / "checkpoint"
    network = ours.build(read_local(files), files, "cpu")
    small = unpacked(packed(network.state_dict(), "int8"))
    predictor = LOADER.get(trained[1], "audio-classification")
    before = predictor.predict(voiced("low", "bob", 50)).probabilities
    network.load_state_dict(small)
    after = ours.wrapper(read_local(files))(read_local(files), network, predictor.names, "cpu")
    assert np.abs(after.predict(voiced("low", "bob", 50)).probabilities - before).max() < 0.05


@pytest.mark.parametrize(
    ("identity", "make"), [("ast.audioset", write_tiny_ast), ("wav2vec2.superb_ks", write_tiny_wav2vec2)]
)
def test_classifiers_of_the_library(tmp_path: Path, identity: str, make) -> None:
    predictor = library.load(ROWS[identity], make(tmp_path, ("x", "y", "z")), "cpu")
    assert (predictor.rate, predictor.names, predictor.sure) == (16_000, ("x", "y", "z"), 0.0)
    samples = tone(1.2, 16_000)
    found = predictor.predict(samples)
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
    together = predictor.predict_many([samples, tone(0.4, 16_000)])
    assert np.allclose(together[0], found.probabilities, atol=1e-5)
    assert len(predictor.along(samples, 0.1)) == 3
    assert predictor.predict(np.zeros(20, np.float32)).silent


def test_a_transcriber_of_the_library(tmp_path: Path) -> None:
    predictor = library.load(ROWS["whisper_tiny.speech"], write_tiny_whisper(tmp_path), "cpu")
    found = predictor.predict(np.concatenate([tone(30.0, 16_000), tone(1.0, 16_000)]))
    assert isinstance(found, Transcript)
    assert [part[:2] for part in found.parts] == [(0.0, 30.0), (30.0, 31.0)]
    assert predictor.predict(np.zeros(16_000, np.float32)).words == ""


def test_rows_of_the_hub_say_what_they_are() -> None:
    assert {"ast.audioset", "ast.speech_commands", "wav2vec2.superb_ks", "whisper_tiny.speech"} <= set(ROWS)


# --- evaluation ------------------------------------------------------------------------------------------------------


def test_evaluation_counts(trained: tuple[Path, str]) -> None:
    folder, identity = trained
    broken = folder / "tones" / "low" / "broken.wav"
    broken.write_bytes(b"RIFF    WAVE")
    report = evaluation.evaluate_path(identity, folder / "tones")
    broken.unlink()
    assert (report["count"], report["skipped"], report["split"]) == (36, 1, "all")
    assert report["accuracy"]["value"] == np.trace(np.array(report["confusion"])) / 36
    assert report["baseline"]["accuracy"] == 0.5
    assert "refused" not in report  # nobody measured how sure it has to be
    assert "accuracy" in evaluation.text(report)


def test_what_is_not_believed_is_counted() -> None:
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.55, 0.45], [0.2, 0.8]])
    found = evaluation.refused(shares, np.array([0, 1, 1, 0]), 0.7)
    assert found == {"refused": {"right": 0.5, "wrong": 0.5}}
    assert evaluation.refused(shares, np.array([0, 1, 1, 0]), 0.0) == {}


def test_foreign_classes_are_said(trained: tuple[Path, str], tmp_path: Path) -> None:
    write_sounds(tmp_path, 1)
    (tmp_path / "low").rename(tmp_path / "middle")
    assert code_of(evaluation.evaluate_path, trained[1], tmp_path) == "classes_unknown"


def test_the_baseline_hears_which_bands_are_loud(trained: tuple[Path, str]) -> None:
    train, dev = split_groups(open_sounds(trained[0] / "tones", 0, 2)["all"], 0.2, 0)
    assert evaluation.log_mel_mean(train, dev, RATE).mean() > 0.9
