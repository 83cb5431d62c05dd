"""Decoding of sounds: formats, limits before decoding, notes, and the hostile rows."""

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hostile_sounds import HOSTILE_SOUNDS, RATE, HostileSound, saved, tone, two_hours

from hub_models import sound as module
from hub_models.errors import BadInput
from hub_models.heard import Heard, Transcript, level_db
from hub_models.sound import Sound, SoundLimits, decode_sound, encode


@pytest.mark.parametrize("case", HOSTILE_SOUNDS, ids=lambda case: case.name)
def test_hostile(case: HostileSound, tmp_path: Path) -> None:
    path = tmp_path / f"sound{case.suffix}"
    path.write_bytes(case.make())
    if case.code is None:
        found = decode_sound(path)
        assert found.samples.dtype == np.float32
        assert np.isfinite(found.samples).all()
        assert 1_000 <= found.rate <= module.HIGHEST_RATE
        return
    with pytest.raises(BadInput) as told:
        decode_sound(path)
    assert told.value.code == case.code
    assert "\n" not in told.value.message
    assert str(tmp_path) not in told.value.message


@pytest.mark.parametrize(
    ("kind", "subtype", "close"),
    [
        ("WAV", "PCM_16", 1e-4),
        ("WAV", "FLOAT", 1e-7),
        ("FLAC", "PCM_16", 1e-4),
        ("OGG", None, 0.05),
        ("MP3", None, 0.05),
    ],
)
def test_formats_give_the_samples(kind: str, subtype: str | None, close: float) -> None:
    samples = tone(1.0, 16_000)
    found = decode_sound(saved(samples, 16_000, kind, subtype))
    assert found.rate == 16_000
    assert abs(found.seconds - 1) < 0.1  # MP3 comes in whole frames
    nearest = min(
        float(np.abs(found.samples[shift : shift + 15_000] - samples[:15_000]).max())
        for shift in (range(1) if close < 0.01 else range(0, len(found.samples) - 15_000))
    )
    assert nearest < close


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000, 384_000])
def test_resampling_keeps_the_tone(rate: int) -> None:
    """300 Hz stay 300 Hz; the length in seconds stays."""
    found = decode_sound(saved(tone(1.0, rate), rate))
    assert found.rate == min(rate, module.HIGHEST_RATE)
    assert abs(found.seconds - 1) < 0.01
    low = found.at(RATE)
    spectrum = np.abs(np.fft.rfft(low * np.hanning(len(low))))
    assert abs(spectrum.argmax() * RATE / len(low) - 300) < 2


def test_what_is_above_half_the_rate_does_not_come_back_as_another_tone() -> None:
    high = decode_sound(saved(tone(0.5, 48_000, hz=7_000), 48_000))
    assert np.abs(high.at(RATE)).max() < 0.01


def test_channels_are_averaged_and_said() -> None:
    both = np.stack([tone(), np.zeros_like(tone())], 1)
    found = decode_sound(saved(both))
    assert np.allclose(found.samples, tone() / 2, atol=1e-4)
    assert found.notes == ("2 channels averaged to one",)


def test_notes_say_clipping_silence_and_another_rate() -> None:
    assert "clipped: " in decode_sound(saved(np.clip(9 * tone(), -1, 1))).notes[0]
    assert decode_sound(saved(np.zeros(RATE, np.float32))).notes == ("silent: all samples are 0",)
    assert "resampled from 96,000 to 48,000" in decode_sound(saved(tone(0.5, 96_000), 96_000)).notes[0]
    assert decode_sound(saved(tone())).notes == ()


def test_two_hours_are_refused_from_the_header(monkeypatch) -> None:
    data = two_hours()
    monkeypatch.setattr(module, "blocks", lambda *unused: pytest.fail("decoded"))
    with pytest.raises(BadInput, match=r"at most 120 s of sound, got 7,200 s"):
        decode_sound(data)


def test_a_lying_header_is_read_within_the_limit(monkeypatch) -> None:
    """Whatever the header says, decoding stops at the limit, with little memory."""
    data = saved(np.zeros((500_000, 8), np.float32), RATE, "FLAC")
    monkeypatch.setattr(module, "check_header", lambda *unused: None)
    tracemalloc.start()
    with pytest.raises(BadInput, match="got at least") as told:
        decode_sound(data, limits=SoundLimits(max_seconds=10))
    assert told.value.code == "audio_too_long"
    assert tracemalloc.get_traced_memory()[1] < 8e6
    tracemalloc.stop()


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as told:
        decode_sound(tmp_path / "none.wav")
    assert told.value.code == "file_missing"


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_what_is_written_is_read_again(kind: str) -> None:
    again = decode_sound(encode(tone(), RATE, kind))
    assert np.allclose(again.samples, tone(), atol=1e-4)
    loud, _ = soundfile.read(io.BytesIO(encode(4 * tone(), RATE, kind)))
    assert 0.99 < np.abs(loud).max() <= 1  # made quieter, not cut


def test_sounds_are_checked_when_they_are_made() -> None:
    with pytest.raises(ValueError, match="float32"):
        Sound(samples=np.zeros(3), rate=8000)
    with pytest.raises(ValueError, match="rate"):
        Sound(samples=np.zeros(3, np.float32), rate=0)


def test_heard_says_what_it_believes() -> None:
    shares = np.array([0.7, 0.2, 0.1], np.float32)
    found = Heard(("a", "b", "c"), shares, (0.0, 1.0), -20.0, sure=0.5)
    assert (found.answer, found.top(1)) == ("a", [("a", pytest.approx(0.7))])
    assert "a 70%" in found.text()
    unsure = Heard(("a", "b", "c"), shares, (0.0, 1.0), -20.0, sure=0.8)
    assert unsure.answer is None
    assert "None reaches 80%" in unsure.text()
    silent = Heard(("a", "b", "c"), np.zeros(3, np.float32), (0.0, 1.0), -120.0)
    assert (silent.answer, silent.rows(), silent.to_json()["labels"]) == (None, [], [])
    assert "Nothing is heard" in silent.text()
    assert found.unlike(found.arrays()) == ""
    assert "differs" in found.unlike(unsure.arrays() | {"probabilities": shares[::-1].copy()})
    assert "piece" in found.unlike(found.arrays() | {"piece": np.array([1, 2], np.float32)})


def test_a_transcript_reads_as_text() -> None:
    found = Transcript(((0.0, 30.0, "hello there"), (30.0, 31.0, "")))
    assert found.text() == "Heard: hello there"
    assert found.to_json()["text"] == "hello there"
    assert found.unlike(found.arrays()) == ""
    assert Transcript(((0.0, 1.0, ""),)).text() == "No word is heard."


def test_levels() -> None:
    assert level_db(np.ones(100, np.float32)) == pytest.approx(0)
    assert level_db(np.zeros(100, np.float32)) == pytest.approx(-120)
