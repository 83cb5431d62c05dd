"""A spotter of words: a second slides along the sound, from a file or from the microphone that goes on and on."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr
import numpy as np

from hub_models.heard import Heard, level_db
from hub_models.loader import LOADER
from hub_models.sound import SoundLimits, decode_sound, resample
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.consent import forget
from hub_models.ui.sounds import live_input
from hub_models.ui.tables import table

RATE = 16_000  # samples a second that are kept of the microphone
KEPT = 1.5  # seconds of it: the loudest second of these is asked about
EVERY = 0.5  # seconds between two pieces of the microphone
GATE_DB = -45.0  # of full scale; a quieter second is taken for silence
APART = 0.8  # seconds within which the same word again is the same word
MOST_WORDS = 30  # in the list
CHUNK = SoundLimits(max_bytes=4_000_000, max_seconds=10.0, min_seconds=0.0)


@dataclass(frozen=True, kw_only=True)
class Spotted:
    """A word and the second in which it was surest; `begin` in seconds of the sound."""

    word: str
    begin: float
    end: float
    probability: float

    def cells(self) -> list[str]:
        return [f"{self.begin:.2f} to {self.end:.2f} s", self.word, f"{self.probability:.0%}"]


@dataclass(frozen=True, kw_only=True)
class Listening:
    """What is remembered of a microphone: its last samples (n,) float32 at RATE, how many came in all, the words."""

    samples: np.ndarray
    count: int = 0
    words: tuple[Spotted, ...] = ()
    file: Path | None = (
        None  # the last piece: the page still shows it, so it is removed when the next one comes
    )

    def with_more(self, samples: np.ndarray, file: Path) -> "Listening":
        kept = np.concatenate([self.samples, samples])[-round(KEPT * RATE) :]
        return replace(self, samples=kept, count=self.count + len(samples), file=file)

    @property
    def began(self) -> float:
        """When the oldest of its samples was heard, in seconds from the start."""
        return (self.count - len(self.samples)) / RATE

    def with_word(self, word: Spotted) -> "Listening":
        """The word, unless it is the last one again; then the surer of the two."""
        last = self.words[-1] if self.words else None
        if last and last.word == word.word and word.begin - last.begin < APART:
            surer = max(last, word, key=lambda spotted: spotted.probability)
            return replace(self, words=(*self.words[:-1], replace(surer, begin=last.begin)))
        return replace(self, words=(*self.words, word)[-MOST_WORDS:])


SILENCE = Listening(samples=np.zeros(0, np.float32))


def spotted(heard: Sequence[Heard]) -> list[Spotted]:
    """The words of pieces that follow each other: of pieces in a row that say the same, the surest."""
    found: list[Spotted] = []
    before = None
    for piece in heard:
        if piece.answer is not None:
            word = Spotted(
                word=piece.answer,
                begin=piece.piece[0],
                end=piece.piece[1],
                probability=float(piece.probabilities.max()),
            )
            if piece.answer != before:
                found.append(word)
            elif word.probability > found[-1].probability:
                found[-1] = word
        before = piece.answer
    return found


def words_table(words: Sequence[Spotted], seconds: float) -> str:
    """A row a word, as HTML."""
    if not words:
        return f"<p>Along {seconds:.1f} s no second is believed to hold one of its classes.</p>"
    rows = [word.cells() for word in words]
    return table(["Second", "Heard", "Probability"], rows, f"Along the whole sound, {seconds:.1f} s")


def hear(
    task: Task, path: str | None, state: Listening, checkpoint: str, gate: float, least: float
) -> tuple[Listening, str]:
    """One more piece of the microphone: (what is remembered now, what is shown)."""
    file = uploaded(path)
    if state.file not in (None, file):
        forget(state.file)
    state = state.with_more(decode_sound(file, limits=CHUNK).at(RATE), file)
    level = level_db(state.samples)
    if level < gate:
        return state, shown(state, f"Silence: {level:.0f} dB, below the gate of {gate:.0f} dB.")

    def work(predictor):
        if not hasattr(predictor, "piece"):
            return None
        return predictor.predict(resample(state.samples, RATE, predictor.rate))

    found = LOADER.run(checkpoint, task.id, work)
    if found is None:
        return state, "<p>This checkpoint writes whole sentences; choose one that knows classes.</p>"
    probability = float(found.probabilities.max())
    word = found.answer
    if word is None or probability < least:
        name = found.names[int(found.probabilities.argmax())]
        return state, shown(
            state, f"Something at {level:.0f} dB, perhaps {name} ({probability:.0%}): not sure enough."
        )
    begin, end = (state.began + side for side in found.piece)
    state = state.with_word(Spotted(word=word, begin=begin, end=end, probability=probability))
    return state, shown(state, f"{word}, {probability:.0%}, at {level:.0f} dB.")


def shown(state: Listening, words: str) -> str:
    """What is heard now, large, and the words so far, the newest first."""
    rows = [word.cells() for word in reversed(state.words)]
    listed = table(["Second", "Heard", "Probability"], rows, "Words so far, the newest first") if rows else ""
    return f'<p role="status"><b>{html.escape(words)}</b></p>{listed}'


def live_view(task: Task, checkpoint: gr.Dropdown) -> None:
    gr.Markdown(
        "*Record* starts the microphone and stops it again. Twice a second the last "
        f"{KEPT:g} s are looked at: where they are louder than the gate, the loudest second of them is classified, and what "
        "is sure enough counts as a word. Pieces of sound are removed when the "
        "next one was read, the last one within two hours. It knows words that stand "
        "alone, with a pause around them; other words, music and noise pass for a digit when they are as sure as one. Say "
        "the digits one at a time, half a second apart."
    )
    with gr.Row():
        with gr.Column(min_width=280):
            microphone, pieces = live_input()
            gate = gr.Slider(
                -70,
                -10,
                GATE_DB,
                step=1,
                interactive=True,
                label="Gate: quieter is silence (dB of full scale)",
            )
            least = gr.Slider(0, 1, 0.6, step=0.05, interactive=True, label="Least probability of a word")
            clear = gr.Button("Forget the words", size="sm")
        with gr.Column(min_width=280):
            words = gr.HTML("<p>The microphone is off.</p>", elem_id="words")
    state = gr.State(SILENCE)

    def go(path, remembered, identity, gate_db, probability):
        return hear(task, path, remembered, identity, gate_db, probability)

    on_click(
        pieces,
        go,
        [microphone, state, checkpoint, gate, least],
        [state, words],
        show_progress="hidden",
        every=EVERY,
    )
    on_click(clear.click, lambda: (SILENCE, "<p>Forgotten.</p>"), [], [state, words], light=True)
