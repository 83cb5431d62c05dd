"""The tab of audio classification: the answer, the live spotter, every view, the failures, the command line."""

import json
import re
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from hostile_sounds import RATE, saved, tone

from hub_models.__main__ import main as command_line
from hub_models.errors import BadInput
from hub_models.heard import Heard
from hub_models.loader import LOADER
from hub_models.tabs import audio_classification as tab
from hub_models.tabs import audio_classification_evidence as evidence
from hub_models.tabs import audio_classification_frame as frame
from hub_models.tabs import audio_classification_layers as layers
from hub_models.tabs import audio_classification_live as live
from hub_models.tabs import audio_classification_masking as masking
from hub_models.tabs import audio_classification_stft as stft
from hub_models.task import task
from hub_models.ui.compare_answers import row
from hub_models.ui.examples import available
from hub_models.ui.sound_pictures import decibels, lines, spectrogram, waveform
from hub_models.ui.sounds import player

TASK = task("audio-classification")
OURS = TASK.default
EXAMPLES = available(TASK)
SPOKEN = {"seven": "seven", "two": "two", "nine": "nine", "zero": "zero", "five, quiet": "five"}


def told(sound: Path | str, checkpoint: str = OURS) -> tuple[str, str, str]:
    *_, last = tab.listen(TASK, str(sound), checkpoint, gr.Progress())
    return last


# --- the answer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "digit"), SPOKEN.items())
def test_spoken_digits_are_heard(name: str, digit: str) -> None:
    """Of the speakers that it was trained on; the card says how it does with others."""
    found = TASK.predict(EXAMPLES[name]).result
    assert found.answer == digit


def test_the_tab_answers() -> None:
    answer, picture, along = told(EXAMPLES["seven"])
    assert "seven" in answer
    assert "40 mel bands x 101 frames" in picture
    assert along == ""  # it is shorter than a piece


def test_a_row_of_digits_is_heard_one_after_another() -> None:
    _, _, along = told(EXAMPLES["a row of digits"])
    words = re.findall(r"<td>(zero|one|two|three|four|five|six|seven|eight|nine)</td>", along)
    assert {"three", "one", "four", "five"} <= set(words)


def test_silence_is_a_valid_answer(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    path.write_bytes(saved(np.zeros(RATE, np.float32)))
    answer, picture, _ = told(path)
    assert "Nothing is heard" in answer
    assert "silent: all samples are 0" in answer
    assert "<svg" in picture
    assert TASK.predict(path).to_json()["labels"] == []


def test_what_is_no_sound_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "picture.wav"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(BadInput, match="WAV, FLAC, OGG or MP3"):
        told(path)
    with pytest.raises(BadInput, match="got none"):
        told("")


def test_the_failures_are_real() -> None:
    """Each example and checkpoint is here, and none of the answers is right: none of the sounds is one digit."""
    for failure in tab.FAILURES:
        assert failure.checkpoint == OURS
        answer = TASK.predict(EXAMPLES[failure.example], failure.checkpoint).result
        assert answer.top(1)[0][1] > 0.1


# --- the microphone --------------------------------------------------------------------------------------------------


def heard(names: tuple[str, ...], index: int | None, at: float) -> Heard:
    shares = np.full(len(names), 0.1, np.float32)
    if index is not None:
        shares[index] = 0.9
    return Heard(names, shares, (at, at + 1), -20.0, sure=0.5)


def test_pieces_that_say_the_same_are_one_word() -> None:
    names = ("a", "b")
    found = live.spotted([heard(names, index, i / 4) for i, index in enumerate([None, 0, 0, None, 0, 1, 1])])
    assert [word.word for word in found] == ["a", "a", "b"]
    assert "no second is believed" in live.words_table([], 3.0)


def test_the_same_word_within_a_moment_is_the_same_word() -> None:
    state = live.SILENCE
    for begin, word in ((0.0, "one"), (0.5, "one"), (1.0, "two"), (2.5, "two")):
        state = state.with_word(
            live.Spotted(word=word, begin=begin, end=begin + 1, probability=0.6 + begin / 10)
        )
    assert [(word.word, word.begin) for word in state.words] == [("one", 0.0), ("two", 1.0), ("two", 2.5)]
    assert state.words[0].probability == pytest.approx(0.65)


def pieces(samples: np.ndarray, folder: Path) -> list[Path]:
    """Files of half a second, as a browser sends them."""
    found = []
    for number, begin in enumerate(range(0, len(samples), RATE // 2)):
        path = folder / f"{number}.wav"
        path.write_bytes(saved(samples[begin : begin + RATE // 2]))
        found.append(path)
    return found


def test_words_are_spotted_while_they_come(tmp_path: Path) -> None:
    from hub_models.sound import decode_sound

    samples = decode_sound(EXAMPLES["a row of digits"]).samples
    state, shown = live.SILENCE, ""
    for path in pieces(samples, tmp_path):
        state, shown = live.hear(TASK, str(path), state, OURS, live.GATE_DB, 0.5)
    words = [word.word for word in state.words]
    assert {"three", "four", "five"} <= set(words)
    assert all(0 <= word.begin <= len(samples) / RATE for word in state.words)
    assert "Words so far" in shown
    assert len(state.samples) <= live.KEPT * live.RATE


def test_silence_is_held_back_by_the_gate(tmp_path: Path) -> None:
    quiet = (0.001 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
    for path in pieces(quiet, tmp_path):
        state, shown = live.hear(TASK, str(path), live.SILENCE, OURS, live.GATE_DB, 0.0)
        assert state.words == ()
        assert "below the gate" in shown
    with pytest.raises(BadInput):
        live.hear(TASK, None, live.SILENCE, OURS, -45, 0.5)


# --- look inside -----------------------------------------------------------------------------------------------------


def test_the_spectrogram_view_counts_frames_and_bins() -> None:
    sound = stft.opened(str(EXAMPLES["seven"]))
    facts, wave, linear, mel, filters = stft.drawn(sound, stft.chosen(256, 80, 40, 8000, 60))
    assert "129" in facts
    assert f"1 + floor({len(sound.samples):,} / 80)" in facts
    assert "<audio" in wave
    assert "129 bins" in linear
    assert "40 bands" in mel
    assert "hear nothing" not in filters
    assert "hear nothing" in stft.filters_drawn(stft.chosen(64, 16, 80, 8000, 0))


def test_a_frame_is_taken_apart() -> None:
    sound = stft.opened(str(EXAMPLES["nine"]))
    shown = frame.taken_apart(sound.at(RATE), stft.chosen(256, 64, 40, RATE, 60), 10)
    assert all("<svg" in part or "<table" in part for part in shown)
    assert "0.080 s" in shown[0]


def test_filters_and_layers() -> None:
    predictor, picture, _, _ = layers.pictured(TASK, OURS, str(EXAMPLES["two"]))
    from hub_models.inside.feature_maps import layers as found
    from hub_models.inside.sounds import OnPicture

    network = OnPicture(predictor.network)
    rows, caption = layers.layer_rows(network, found(network, picture))
    assert rows[0][2] == "40 x 101 x 1"
    assert f"{sum(p.numel() for p in predictor.network.parameters()):,} parameters" in caption
    with pytest.raises(BadInput, match="none is here"):
        layers.pictured(TASK, None, "x")


def test_the_evidence_adds_up() -> None:
    given = layers.pictured(TASK, OURS, str(EXAMPLES["zero"]))
    shown, heard_again, terms = evidence.evidence(*given, evidence.PROBABLE, 0.5)
    assert "Evidence for zero" in shown
    assert heard_again.count("<audio") == 2
    values = [float(value) for value in re.findall(r"<td>([+-]\d+\.\d+)</td>", terms)]
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.02)
    other, _, _ = evidence.evidence(*given, "eight", 0.5)
    assert "Evidence for eight" in other


def test_hiding_and_disturbing_change_the_answer() -> None:
    predictor, _, piece, _ = layers.pictured(TASK, OURS, str(EXAMPLES["seven"]))
    plain, _, _, losses = masking.disturbed(predictor, piece, 0, 0, 0, 0, masking.NO_NOISE, 1, 0)
    assert "seven" in plain.split("</b>")[0]
    assert losses.count("<tr>") == masking.STEPS + 1
    drowned, picture, played, _ = masking.disturbed(predictor, piece, 20, 40, 0, 50, -10, 1, 0)
    assert drowned != plain
    assert "40 of 101 frames and 20 of 40 bands" in picture
    assert "<audio" in played
    faster = masking.changed(piece, RATE, masking.NO_NOISE, 2.0, 20)
    assert faster.shape == piece.shape
    assert np.abs(faster).max() <= 1
    assert masking.span(90, 50, 40) == (36, 40)


def test_old_and_new_are_listed() -> None:
    cells = row(TASK, LOADER.checkpoint(OURS), EXAMPLES["seven"])
    assert "seven" in cells[3]


def test_drawings_are_escaped_and_bounded() -> None:
    says = '<script>alert("1")</script>'
    for drawn in (
        waveform(tone(), RATE, says),
        lines([tone()], says, [(0, says)], (says, says)),
        spectrogram(np.zeros((3, 4)), says, 1.0, [(0, "0")]),
        player(tone(), RATE, says),
    ):
        assert "<script>" not in drawn
    assert len(waveform(np.zeros(1_000_000, np.float32), RATE, "")) < 60_000
    assert decibels(np.zeros((2, 2))).max() == 0
    assert decibels(np.array([[1.0, 1e-3, 1e-9]])).tolist()[0] == pytest.approx([1, 0.5, 0])


def test_on_the_command_line(capsys) -> None:
    assert command_line(["predict", TASK.id, str(EXAMPLES["seven"]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["answer"] == "seven"
    assert set(found) >= {"labels", "answer", "piece_seconds", "level_db", "seconds", "device", "checkpoint"}
