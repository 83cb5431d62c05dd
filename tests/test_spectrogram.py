"""The spectrogram against its definition and a library's version, and the network on it."""

import numpy as np
import pytest
import torch
from hostile_sounds import tone
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

from finetune import sound_changes as changes
from hub_models.architectures.spectrogram import (
    SpectrogramSpec,
    edges_of,
    hz_of,
    inverse_stft,
    levelled,
    log_mel,
    mel_filters,
    mel_of,
    mel_power,
    stft,
)
from hub_models.architectures.spectrogram_cnn import SpectrogramCNN
from hub_models.inside import sounds as inside
from hub_models.inside.class_activation import class_activation_map
from hub_models.predictors.sound_pieces import begins, loudest, piece_at

SPECS = [
    SpectrogramSpec(),
    SpectrogramSpec(rate=16_000, window=400, hop=160, mels=64, fmin=0.0, fmax=8000.0),
    SpectrogramSpec(window=64, hop=64, mels=10, fmin=100.0, fmax=3000.0),
]
SHAPES = [(spec, samples) for spec in SPECS for samples in (1, 100, 8000)]


def waveform(samples: int = 8000) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).standard_normal(samples).astype(np.float32))[None]


def test_mel_by_hand() -> None:
    assert mel_of(0) == 0
    assert mel_of(700) == pytest.approx(2595 * np.log10(2))
    assert hz_of(mel_of(1234.5)) == pytest.approx(1234.5)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_filters_are_the_librarys(spec: SpectrogramSpec) -> None:
    theirs = mel_filter_bank(
        spec.bins, spec.mels, spec.fmin, spec.fmax, spec.rate, norm=None, mel_scale="htk"
    )
    assert np.allclose(mel_filters(spec).numpy(), theirs.T, atol=1e-6)
    assert len(edges_of(spec)) == spec.mels + 2


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_spectrogram_is_the_librarys(spec: SpectrogramSpec) -> None:
    x = waveform()
    theirs = spectrogram(
        x[0].numpy(), window_function(spec.window, "hann"), spec.window, spec.hop, power=2.0,
        mel_filters=mel_filters(spec).numpy().T, pad_mode="constant", mel_floor=0.0,
    )  # fmt: skip
    ours = mel_filters(spec) @ stft(x, spec)[0].abs().square()
    assert np.allclose(ours.numpy(), theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("spec", "samples"), SHAPES, ids=str)
def test_frames_and_bins_are_counted(spec: SpectrogramSpec, samples: int) -> None:
    assert stft(waveform(samples), spec).shape == (1, spec.bins, spec.frames(samples))
    assert log_mel(waveform(samples), spec, 1e-4).shape == (1, spec.mels, spec.frames(samples))


def test_one_frame_by_hand_is_a_column_of_the_stft() -> None:
    spec, samples = SpectrogramSpec(), waveform(4000)[0].numpy()
    columns = stft(waveform(4000), spec)[0].abs().numpy()
    for number in (0, 7, columns.shape[1] - 1):
        assert np.allclose(
            inside.frame_by_hand(samples, spec, number).magnitude, columns[:, number], atol=1e-4
        )


def test_the_inverse_gives_the_sound_back() -> None:
    spec, x = SpectrogramSpec(), waveform()
    assert torch.allclose(inverse_stft(stft(x, spec), spec, 8000), x, atol=1e-5)


def test_a_tone_is_where_it_should_be_and_loudness_is_no_matter() -> None:
    spec, x = SpectrogramSpec(), torch.from_numpy(tone(1.0, hz=1000))[None]
    band = int(mel_power(x, spec)[0].sum(1).argmax())
    assert edges_of(spec)[band] < 1000 < edges_of(spec)[band + 2]
    loud, soft = (log_mel(levelled(x * gain), spec, 1e-4) for gain in (1.0, 0.01))
    assert torch.allclose(loud, soft, atol=1e-3)
    assert not levelled(torch.zeros(1, 100)).any()


@pytest.mark.parametrize(
    "wrong", [{"window": 1}, {"hop": 0}, {"mels": 0}, {"fmin": 5000.0}, {"fmax": 4001.0}], ids=str
)
def test_a_spec_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        SpectrogramSpec(**wrong)


# --- the network -----------------------------------------------------------------------------------------------------


def network() -> SpectrogramCNN:
    torch.manual_seed(0)
    return SpectrogramCNN(4, width=4).eval()


def test_it_is_small_and_carries_its_spectrogram() -> None:
    assert sum(p.numel() for p in SpectrogramCNN().parameters()) < 300_000
    model = SpectrogramCNN(3, rate=16_000, seconds=2.0, window=512, hop=160, mels=64, fmax=8000.0, width=4)
    assert (model.samples, model.spec.bins) == (32_000, 257)
    assert model._hub_mixin_config["hop"] == 160
    assert model(torch.randn(2, 32_000)).shape == (2, 3)
    with torch.device("meta"):
        assert next(SpectrogramCNN().parameters()).is_meta


def test_a_louder_sound_gets_the_same_answer() -> None:
    x = waveform() * 0.1
    with torch.no_grad():
        assert torch.allclose(network()(x), network()(5 * x), atol=1e-3)


def test_the_spectrogram_stays_exact_where_the_network_computes_in_bfloat16() -> None:
    model, x = network(), waveform()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(model.picture(x), network().picture(x))
        assert model(x).dtype == torch.bfloat16


def test_class_activation_adds_up_to_the_logit() -> None:
    model = network()
    part, picture = inside.OnPicture(model), model.picture(waveform()).detach()
    found = class_activation_map(part, picture, 2)
    assert found.method == "CAM"
    assert found.map.shape == (40, 101)
    assert found.raw.sum() + found.bias == pytest.approx(model.classify(picture)[0, 2].item(), abs=1e-3)


def test_what_is_attended_can_be_heard() -> None:
    spec, samples = SpectrogramSpec(), tone(1.0, hz=1000) + tone(1.0, hz=3000)
    evidence = np.zeros((spec.mels, spec.frames(len(samples))), np.float32)
    below = [edge < 2000 for edge in edges_of(spec)[1:-1]]
    evidence[below] = 1
    spectrum = np.abs(np.fft.rfft(inside.attended(samples, spec, evidence)))
    assert spectrum[1000] > 20 * spectrum[3000]
    everything = inside.attended(samples, spec, np.ones_like(evidence))
    assert np.allclose(everything, samples, atol=1e-3)


def test_hiding_and_noise() -> None:
    picture = torch.arange(12.0).view(1, 1, 3, 4)
    seen = inside.hidden(picture, (1, 3), (0, 1))
    assert seen[0, 0].tolist() == [[0, 0, 0, 0], [4, 0, 0, 7], [8, 0, 0, 11]]
    noisy = inside.with_noise(tone(1.0), 10)
    assert 10 * np.log10(np.square(tone(1.0)).mean() / np.square(noisy - tone(1.0)).mean()) == pytest.approx(
        10, abs=0.5
    )
    assert np.array_equal(noisy, inside.with_noise(tone(1.0), 10))


def test_the_loudest_piece() -> None:
    samples = np.zeros(1000, np.float32)
    samples[600:700] = 1
    begin = loudest(samples, 100)
    assert begin == 600
    assert piece_at(samples, begin, 100).all()
    assert loudest(np.zeros(50, np.float32), 100) == 0
    assert piece_at(np.ones(50, np.float32), 0, 100).tolist() == [0] * 25 + [1] * 50 + [0] * 25
    assert loudest(np.zeros(300, np.float32), 100) == 100  # the middle one of equals
    assert begins(250, 100, 60) == [0, 60, 120, 150]
    assert begins(50, 100, 60) == [0]


# --- changes in training ---------------------------------------------------------------------------------------------


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    sounds = torch.zeros(3, 4000)
    for row, length in enumerate((1000, 2500, 4000)):
        sounds[row, :length] = torch.from_numpy(tone(length / 8000, hz=500))
    return sounds, torch.tensor([1000, 2500, 4000])


def test_changes_are_drawn_with_the_seed() -> None:
    sounds, lengths = batch()
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        found.append(changes.changed_sounds(sounds, lengths, 8000, 8000, changes.Changes()))
    assert found[0].shape == (3, 8000)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert all(found[0].isfinite().flatten())


def test_a_placed_sound_is_whole_somewhere() -> None:
    sounds, lengths = batch()
    torch.manual_seed(0)
    placed = changes.placed(sounds, lengths, 8000)
    assert torch.allclose(placed.square().sum(1), sounds.square().sum(1), rtol=0.05)
    cut = changes.placed(sounds, lengths, 2000)  # the longer ones lose a part
    assert cut.shape == (3, 2000)
    assert cut[2].any()


def test_another_speed_is_another_pitch() -> None:
    sounds, lengths = batch()
    torch.manual_seed(1)
    pitch = [float(row.argmax()) for row in torch.fft.rfft(changes.placed(sounds, lengths, 8000, 0.5)).abs()]
    assert len(set(pitch)) == 3
    assert all(300 < hz < 800 for hz in pitch)


def test_noise_has_its_level_and_masks_their_width() -> None:
    sounds, lengths = batch()
    placed = changes.placed(sounds, lengths, 8000)
    torch.manual_seed(0)
    only = changes.Changes(noise=1.0, noise_db=(10.0, 10.0))
    noise = changes.noisy(placed, lengths, only) - placed
    speech = placed.square().sum(1) / lengths
    assert torch.allclose(10 * (speech / noise.square().mean(1)).log10(), torch.full((3,), 10.0), atol=0.1)
    pictures = torch.rand(50, 1, 20, 30)
    hidden = (changes.masked(pictures, 3, 6) != pictures).any(2).sum(2)
    assert 0 < hidden.max() <= 6
    assert (changes.masked(pictures, 2, 0) == pictures).all()
    assert changes.warped(pictures, 0.0, 0.0).sub(pictures).abs().max() < 1e-4
