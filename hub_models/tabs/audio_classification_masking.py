"""Hide a stretch of time or a band of frequencies, add noise, change speed and loudness: the answer follows."""

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.tabs.audio_classification_layers import MODEL, picture_of, pictured
from hub_models.tabs.audio_classification_seen import scaled
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.sound_pictures import mel_ticks, spectrogram
from hub_models.ui.sounds import player
from hub_models.ui.tables import bars, table

NO_NOISE = 60.0  # dB above the noise, from where on none is added
STEPS = 10  # stretches that are hidden in turn, of time and of frequency


def masking_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "What can be taken away before the answer changes? Hide a stretch of time or a band of frequencies (as SpecAugment "
        "does in training), drown the voice in white noise, read it faster or slower, louder or softer. The table hides one "
        "stretch after the other and says what the answer loses: the most where the word is decided."
    )
    menu = fitting_menu(task, shared, of_model(MODEL))
    with gr.Row():
        time_from = gr.Slider(0, 100, 0, step=1, interactive=True, label="Hidden time from (% of the piece)")
        time_wide = gr.Slider(0, 100, 0, step=1, interactive=True, label="so wide (%)")
        band_from = gr.Slider(
            0, 100, 0, step=1, interactive=True, label="Hidden bands from (% of the filters)"
        )
        band_wide = gr.Slider(0, 100, 0, step=1, interactive=True, label="so wide (%)")
    with gr.Row():
        noise = gr.Slider(
            -10,
            NO_NOISE,
            NO_NOISE,
            step=1,
            interactive=True,
            label=f"Voice above noise (dB; {NO_NOISE:.0f}: no noise)",
        )
        speed = gr.Slider(0.5, 2, 1, step=0.05, interactive=True, label="Speed and pitch (times)")
        gain = gr.Slider(-40, 20, 0, step=1, interactive=True, label="Loudness (dB; above 0 it may clip)")
    show = gr.Button("Ask again", variant="primary")
    answer, picture_shown, heard, losses = gr.HTML(), gr.HTML(), gr.HTML(), gr.HTML()
    controls = [time_from, time_wide, band_from, band_wide, noise, speed, gain]

    def view(checkpoint, sound, *values):
        _, _, piece, _ = pictured(task, checkpoint, sound)
        return LOADER.run(checkpoint, task.id, lambda loaded: disturbed(loaded, piece, *values))

    on_click(
        [show.click, *(slider.release for slider in controls)],
        view,
        [menu, shared.input, *controls],
        [answer, picture_shown, heard, losses],
    )


def changed(piece: np.ndarray, rate: int, snr_db: float, speed: float, gain_db: float) -> np.ndarray:
    """The piece (length,) read faster, louder or noisier, as long as before."""
    from hub_models.inside.sounds import with_noise
    from hub_models.predictors.sound_pieces import loudest, piece_at
    from hub_models.sound import resample

    heard = resample(piece, round(rate * speed), rate) if speed != 1 else piece
    heard = piece_at(heard, loudest(heard, len(piece)), len(piece))
    heard = np.clip(heard * 10 ** (gain_db / 20), -1, 1).astype(np.float32)
    return with_noise(heard, snr_db) if snr_db < NO_NOISE else heard


def disturbed(
    predictor, piece: np.ndarray, time_from: float, time_wide: float, band_from: float, band_wide: float,
    snr_db: float, speed: float, gain_db: float,
) -> tuple[str, str, str, str]:  # fmt: skip
    """(answer, picture, player, what each stretch counts) as HTML."""
    from hub_models.architectures.spectrogram import edges_of
    from hub_models.inside.sounds import hidden

    heard = changed(piece, predictor.rate, snr_db, speed, gain_db)
    picture = picture_of(predictor, heard)
    bands, frames = picture.shape[2:]
    times, rows = span(time_from, time_wide, frames), span(band_from, band_wide, bands)
    seen = hidden(picture, times, rows)
    result = predictor.postprocess(logits_of(predictor, seen), heard, (0.0, len(piece) / predictor.rate))
    drawn = spectrogram(
        scaled(seen[0, 0].cpu().numpy()),
        f"What the network sees now: {times[1] - times[0]} of {frames} frames and {rows[1] - rows[0]} of {bands} bands are "
        "hidden.",
        len(piece) / predictor.rate,
        mel_ticks(edges_of(predictor.spec)),
    )
    words = f"<p><b>{result.text()}</b></p>" + (bars(result) if result.top() else "")
    played = player(
        heard,
        predictor.rate,
        "The sound with its speed, loudness and noise; what is hidden is not taken out.",
    )
    return words, drawn, played, losses_table(predictor, seen)


def span(begin: float, wide: float, size: int) -> tuple[int, int]:
    """Per cent -> [first, end) of `size`."""
    first = round(begin / 100 * size)
    return first, min(size, first + round(wide / 100 * size))


def logits_of(predictor, pictures):
    """(B, 1, mels, frames) -> (B, classes)."""
    import torch

    with torch.inference_mode():
        return predictor.network.classify(pictures)


def losses_table(predictor, seen) -> str:
    """What the most probable class loses when one tenth of the time, or of the bands, is hidden too."""
    import torch

    from hub_models.inside.sounds import hidden

    bands, frames = seen.shape[2:]
    edges = [round(i * size / STEPS) for size in (frames, bands) for i in range(STEPS + 1)]
    in_time, in_band = edges[: STEPS + 1], edges[STEPS + 1 :]
    stretches = [hidden(seen, (in_time[i], in_time[i + 1]), (0, 0)) for i in range(STEPS)]
    stretches += [hidden(seen, (0, 0), (in_band[i], in_band[i + 1])) for i in range(STEPS)]
    shares = logits_of(predictor, torch.cat([seen, *stretches])).float().softmax(1).cpu().numpy()
    index = int(shares[0].argmax())
    lost = shares[0, index] - shares[1:, index]
    rows = [
        [f"{10 * i} to {10 * (i + 1)} %", f"{lost[i]:+.1%}", f"{lost[STEPS + i]:+.1%}"] for i in range(STEPS)
    ]
    return table(
        ["Hidden tenth", "of the time", "of the bands, from below"],
        rows,
        f"What {predictor.names[index]} ({shares[0, index]:.1%}) loses without it",
    )
