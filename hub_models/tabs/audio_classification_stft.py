"""Waveform -> short-time Fourier transform -> mel spectrogram, with window, hop and filters to be chosen."""

from typing import TYPE_CHECKING

import gradio as gr

from hub_models.sound import Sound
from hub_models.tabs.audio_classification_seen import SHOWN_SECONDS, hz_ticks, opened
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.sound_pictures import decibels, lines, mel_ticks, spectrogram, waveform
from hub_models.ui.sounds import player
from hub_models.ui.tables import table

if TYPE_CHECKING:
    from hub_models.architectures.spectrogram import SpectrogramSpec

RATES = (8000, 16_000, 32_000)
FORMULAS = (
    "A frame every *hop* samples, centred on it, weighted by the Hann window $w_n = 0.5 - 0.5\\cos(2\\pi n / N)$ and "
    "transformed: $X_k = \\sum_{n=0}^{N-1} x_n w_n e^{-2\\pi i k n / N}$. Of $T$ samples there are "
    "$1 + \\lfloor T / hop \\rfloor$ frames of $N / 2 + 1$ bins, $rate / N$ Hz apart. A long window tells frequencies apart "
    "and blurs time; a short one the other way round: no window does both. Mel filters are triangles of equal width on the "
    "scale $m = 2595 \\log_{10}(1 + f / 700)$."
)


def spectrogram_view(task: Task, shared: Shared) -> None:
    gr.Markdown(FORMULAS, latex_delimiters=[{"left": "$", "right": "$", "display": False}])
    with gr.Row():
        window = gr.Slider(32, 2048, 256, step=16, interactive=True, label="Window (samples, even)")
        hop = gr.Slider(8, 1024, 80, step=8, interactive=True, label="Hop (samples)")
        mels = gr.Slider(8, 128, 40, step=1, interactive=True, label="Mel filters")
    with gr.Row():
        rate = gr.Radio(list(RATES), value=8000, label="Samples a second", interactive=True)
        fmin = gr.Slider(0, 1000, 60, step=10, interactive=True, label="Lowest frequency (Hz)")
    show = gr.Button("Draw the spectrogram", variant="primary")
    facts, wave, linear, mel, filters = (gr.HTML() for _ in range(5))

    def view(sound, *values):
        decoded = opened(sound)
        spec = chosen(*values)
        return drawn(decoded, spec)

    on_click(
        [show.click, window.release, hop.release, mels.release, rate.input, fmin.release],
        view,
        [shared.input, window, hop, mels, rate, fmin],
        [facts, wave, linear, mel, filters],
    )


def chosen(window: float, hop: float, mels: float, rate: float, fmin: float) -> "SpectrogramSpec":
    from hub_models.architectures.spectrogram import SpectrogramSpec

    return SpectrogramSpec(
        rate=int(rate),
        window=2 * (int(window) // 2),
        hop=int(hop),
        mels=int(mels),
        fmin=float(fmin),
        fmax=rate / 2,
    )


def drawn(decoded: Sound, spec: "SpectrogramSpec") -> tuple[str, str, str, str, str]:
    """(facts, waveform, spectrogram, mel spectrogram, filters) as HTML."""
    from hub_models.architectures.spectrogram import edges_of
    from hub_models.inside.sounds import pictures

    samples = decoded.at(spec.rate)[: round(SHOWN_SECONDS * spec.rate)]
    seconds = len(samples) / spec.rate
    seen = pictures(samples, spec)
    wave = waveform(
        samples,
        spec.rate,
        f"The waveform: {len(samples):,} samples, {seconds:.2f} s at {spec.rate:,} a second.",
    ) + player(samples, spec.rate, f"The sound at {spec.rate:,} samples a second, as the network hears it.")
    bins, frames = seen.linear.shape
    linear = spectrogram(
        decibels(seen.linear),
        f"The spectrogram: {bins} bins x {frames} frames, from 60 dB below the loudest (dark) to the loudest (bright).",
        seconds,
        hz_ticks(spec),
    )
    mel = spectrogram(
        decibels(seen.mel),
        f"The mel spectrogram: {spec.mels} bands x {frames} frames. {bins / spec.mels:.1f} times as small, and finest where "
        "speech differs most.",
        seconds,
        mel_ticks(edges_of(spec)),
    )
    return facts_table(spec, len(samples), frames), wave, linear, mel, filters_drawn(spec)


def facts_table(spec: "SpectrogramSpec", count: int, frames: int) -> str:
    """The numbers of frames and bins by their formulas, the numbers put in."""
    from hub_models.architectures.spectrogram import mel_of

    rows = [
        ["Frames", f"1 + floor({count:,} / {spec.hop})", f"{frames:,}"],
        ["Bins", f"{spec.window} / 2 + 1", f"{spec.bins:,}"],
        ["A bin is", f"{spec.rate:,} / {spec.window}", f"{spec.rate / spec.window:.1f} Hz wide"],
        ["A frame is", f"{spec.window} / {spec.rate:,}", f"{1000 * spec.window / spec.rate:.1f} ms long"],
        [
            "Frames overlap by",
            f"1 - {spec.hop} / {spec.window}",
            f"{max(0.0, 1 - spec.hop / spec.window):.0%}",
        ],
        ["Mel of the highest", f"2595 log10(1 + {spec.fmax:,.0f} / 700)", f"{mel_of(spec.fmax):,.0f} mel"],
        ["Numbers in, numbers out", f"{count:,}", f"{spec.mels * frames:,}"],
    ]
    return table(["What", "Formula", "Value"], rows)


def filters_drawn(spec: "SpectrogramSpec") -> str:
    """Every mel filter over the frequencies, and which of them hear nothing."""
    from hub_models.architectures.spectrogram import edges_of, mel_filters

    filters = mel_filters(spec).numpy()
    empty = int((filters.sum(1) == 0).sum())
    edges = edges_of(spec)
    says = (
        f"The {spec.mels} mel filters over the {spec.bins} bins: the lowest is {edges[2] - edges[0]:.0f} Hz wide, the "
        f"highest {edges[-1] - edges[-3]:.0f} Hz."
    )
    if empty:
        says += f" {empty} of them are narrower than a bin and hear nothing: take a longer window or fewer filters."
    return lines(list(filters), says, hz_ticks(spec), ("Hz", "weight"), height=110)
