"""One frame of the STFT by hand: samples, window, their product, its transform, and the mel filters' sums."""

import gradio as gr
import numpy as np

from hub_models.tabs.audio_classification_seen import hz_ticks, opened
from hub_models.tabs.audio_classification_stft import chosen
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.sound_pictures import lines
from hub_models.ui.tables import table

STRONGEST = 6  # bins and filters that are listed
RATE = 8000


def frame_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "One column of the spectrogram, made by the definition of the discrete Fourier transform: cut the frame out, weigh "
        "it, and ask of every frequency how much of it is there. Without the window the edges of the frame would count as "
        "clicks, and every frequency would leak into all others."
    )
    with gr.Row():
        where = gr.Slider(0, 100, 40, step=1, interactive=True, label="Frame: percent of the sound")
        window = gr.Slider(32, 1024, 256, step=16, interactive=True, label="Window (samples, even)")
        mels = gr.Slider(8, 80, 40, step=1, interactive=True, label="Mel filters")
    show = gr.Button("Take this frame apart", variant="primary")
    cut, spectrum, sums, strongest = gr.HTML(), gr.HTML(), gr.HTML(), gr.HTML()

    def view(sound, percent, size, bands):
        decoded = opened(sound)
        spec = chosen(size, size // 4, bands, RATE, 60)
        samples = decoded.at(RATE)
        number = round(percent / 100 * (spec.frames(len(samples)) - 1))
        return taken_apart(samples, spec, number)

    on_click(
        [show.click, where.release, window.release, mels.release],
        view,
        [shared.input, where, window, mels],
        [cut, spectrum, sums, strongest],
    )


def taken_apart(samples: np.ndarray, spec, number: int) -> tuple[str, str, str, str]:
    """(samples and window, magnitudes, mel sums, the strongest as a table) of frame `number`, as HTML."""
    from hub_models.architectures.spectrogram import edges_of, mel_filters
    from hub_models.inside.sounds import frame_by_hand

    frame = frame_by_hand(samples, spec, number)
    largest = max(1e-9, float(np.abs(frame.samples).max()))
    milliseconds = [(i / 4, f"{1000 * i / 4 * spec.window / spec.rate:.0f}") for i in range(5)]
    cut = lines(
        [frame.samples, frame.window * largest, frame.windowed],
        f"Frame {number}, around {number * spec.hop / spec.rate:.3f} s: the samples (orange), the window (blue, as high as "
        "they are), and their product (green), which fades at both ends.",
        milliseconds,
        ("milliseconds", "sample"),
    )
    spectrum = lines(
        [frame.magnitude],
        f"The magnitude of its {spec.bins} bins. Peaks at equal distances are the overtones of a voice; the broad hills "
        "over them are the formants, which make the vowel.",
        hz_ticks(spec),
        ("Hz", "magnitude"),
    )
    power = mel_filters(spec).double().numpy() @ frame.magnitude**2
    edges = edges_of(spec)
    ticks = [
        (row / max(1, spec.mels - 1), f"{edges[row + 1]:,.0f}")
        for row in range(0, spec.mels, max(1, spec.mels // 5))
    ]
    sums = lines(
        [np.log(power + 1e-9)],
        f"The logarithm of the power in each of the {spec.mels} mel filters: one column of the picture.",
        ticks,
        ("Hz of the filter's top", "log power"),
    )
    return cut, spectrum, sums, strongest_rows(frame.magnitude, power, edges, spec)


def strongest_rows(magnitude: np.ndarray, power: np.ndarray, edges: list[float], spec) -> str:
    """The strongest bins and filters side by side."""
    bins, bands = np.argsort(-magnitude)[:STRONGEST], np.argsort(-power)[:STRONGEST]
    rows = [
        [
            f"{k}", f"{k * spec.rate / spec.window:,.0f} Hz", f"{magnitude[k]:.3g}",
            f"{m}", f"{edges[m]:,.0f} to {edges[m + 2]:,.0f} Hz", f"{power[m]:.3g}",
        ]
        for k, m in zip(bins.tolist(), bands.tolist(), strict=False)
    ]  # fmt: skip
    return table(
        ["Bin", "at", "magnitude", "Filter", "from, to", "power"], rows, "The strongest, in falling order"
    )
