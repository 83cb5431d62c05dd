"""Sounds, captions and answers: what the hub adds to the plainest use of the same weights, as ratios.

    python -m benchmarks.multimodal [--rounds 5] [sounds] [decoding] [sliding] [answers] [captions]

sounds      the predictor (loudest second, spectrogram, network, result) against the bare network on the same five shifts
decoding    our reading of a file (limits, blocks, checks) against `soundfile.read` and `soxr.resample`, over its length
sliding     a second that slides along a sound: pieces together against one after another
answers     a question about a drawing: the predictor (picture, words, network, result) against the bare network; and many
            questions about one picture together against one by one
captions    a caption, greedy, with probabilities and attention, against the plainest loop over the same networks; and five
            beams together against five greedy captions

Each part is a function that gives rows; PARTS names them. All ways take turns with the same number of threads.
"""

import argparse
import io
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import soundfile
import soxr
import torch

from benchmarks.timing import Row, in_turn, table
from hub_models import compute
from hub_models.loader import LOADER
from hub_models.predictors.captioner import EOS, LONGEST, SOS
from hub_models.predictors.generation import ARGMAX, Choosing
from hub_models.predictors.sound_classifier import SHIFTS
from hub_models.preprocess import preprocess
from hub_models.shapes import COLOURS, Drawing, draw_shape
from hub_models.sound import decode_sound

SOUNDS = "audio-classification"
OURS = "spectrogram_cnn.digits"
QUESTIONS, ANSWERER = "visual-question-answering", "vqa_product.easy"
CAPTIONS, CAPTIONER = "image-captioning", "caption_attention.flickr8k"
LENGTHS = (1, 10, 60)  # seconds of sound
STEP = 0.25  # seconds from one piece to the next


def noise(seconds: float, rate: int) -> np.ndarray:
    """(T,) float32, always the same."""
    return (0.1 * np.random.default_rng(0).standard_normal(round(seconds * rate))).astype(np.float32)


def sounds(rounds: int) -> list[Row]:
    """A sound of some seconds through the predictor, against its loudest second through the bare network."""
    predictor, rows = LOADER.get(OURS, SOUNDS), []
    for seconds in LENGTHS:
        samples = noise(seconds, predictor.rate)
        piece = torch.from_numpy(predictor.piece(samples)[0])[None]
        shifted = [torch.roll(piece, round(shift * predictor.rate), 1) for shift in SHIFTS]

        def ours(samples: np.ndarray = samples) -> object:
            return predictor.predict(samples)

        def bare(pieces: list[torch.Tensor] = shifted) -> object:
            with torch.inference_mode():
                return [predictor.network(x).softmax(1) for x in pieces]

        a, b = in_turn(ours, bare, 2 * rounds)
        aim = "<= 1.3" if seconds <= 10 else ""
        rows.append(
            Row(what=f"{seconds} s: predictor against bare network", ours=a, bare=b, unit="ms", aim=aim)
        )
        _, once = in_turn(ours, partial(bare, [piece]), 2 * rounds)
        rows.append(Row(what=f"{seconds} s: its five shifts against one pass", ours=a, bare=once, unit="ms"))
    return rows


def decoding(rounds: int) -> list[Row]:
    """A file into samples at 8 kHz, against the two libraries called directly."""
    rows = []
    for seconds in LENGTHS:
        for kind, rate, channels in (
            ("WAV", 8_000, 1),
            ("WAV", 44_100, 2),
            ("FLAC", 44_100, 2),
            ("MP3", 44_100, 2),
        ):
            file = io.BytesIO()
            soundfile.write(file, np.stack([noise(seconds, rate)] * channels, 1), rate, format=kind)
            data = file.getvalue()

            def ours(data: bytes = data) -> object:
                return decode_sound(data).at(8000)

            def bare(data: bytes = data) -> object:
                samples, found = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
                samples = samples.mean(1)
                return samples if found == 8000 else soxr.resample(samples, found, 8000)

            a, b = in_turn(ours, bare, rounds)
            what = f"{seconds} s of {kind}, {rate:,} Hz x {channels}: decoding"
            rows.append(
                Row(
                    what=what,
                    ours=a,
                    bare=b,
                    unit="ms",
                    aim="<= 1.5" if seconds >= 10 and rate > 8_000 else "",
                )
            )
    return rows


def sliding(rounds: int) -> list[Row]:
    """Every second of a sound, 0.25 s apart: in batches against one after another."""
    predictor, rows = LOADER.get(OURS, SOUNDS), []
    for seconds in LENGTHS[1:]:
        samples = noise(seconds, predictor.rate)
        length, step = predictor.length, round(STEP * predictor.rate)

        def ours(samples: np.ndarray = samples) -> object:
            return predictor.along(samples, STEP)

        def bare(samples: np.ndarray = samples, length: int = length, step: int = step) -> object:
            with torch.inference_mode():
                return [
                    predictor.forward(torch.from_numpy(samples[begin : begin + length])[None]).softmax(1)
                    for begin in range(0, len(samples) - length + 1, step)
                ]

        a, b = in_turn(ours, bare, rounds)
        what = f"{seconds} s: a second slides along, together against one by one"
        rows.append(Row(what=what, ours=a, bare=b, unit="ms", aim="<= 1"))
    return rows


def answers(rounds: int) -> list[Row]:
    """Questions about a drawing, alone against the bare network, and together against one after another."""
    predictor, pixels = LOADER.get(ANSWERER, QUESTIONS), draw_shape(Drawing(shape="circle", colour="blue"))
    asked = [f"is there a {colour} shape in the image?" for colour in COLOURS]
    picture = torch.from_numpy(preprocess(pixels, predictor.spec))[None]
    numbers = torch.tensor([predictor.vocabulary.numbers(w.text for w in predictor.cut(asked[0]))])

    def bare() -> object:
        with torch.inference_mode():
            return predictor.network(picture, numbers).softmax(1)

    def one_by_one() -> object:
        return [predictor.predict(pixels, question) for question in asked]

    def together() -> object:
        return predictor.probabilities(predictor.look(pixels), asked)

    alone, plain = in_turn(lambda: predictor.predict(pixels, asked[0]), bare, 8 * rounds)
    many, singly = in_turn(together, one_by_one, 4 * rounds)
    return [
        Row(
            what="a question: predictor against bare network", ours=alone, bare=plain, unit="ms", aim="<= 1.3"
        ),
        Row(
            what=f"{len(asked)} questions: together against one by one",
            ours=many,
            bare=singly,
            unit="ms",
            aim="<= 1",
        ),
    ]


def captions(rounds: int) -> list[Row]:
    """A picture described: against the plainest loop, and beams against as many captions one after another."""
    predictor = LOADER.get(CAPTIONER, CAPTIONS)
    pixels = np.random.default_rng(0).integers(0, 256, (375, 500, 3), np.uint8)
    begin, end = (predictor.vocabulary.number_of[word] for word in (SOS, EOS))

    def bare() -> object:
        with torch.inference_mode():
            telling, said = predictor.network.begin(predictor.regions(pixels)[None]), [begin]
            while said[-1] != end and len(said) <= LONGEST:
                logits, telling, _ = predictor.network.read(torch.tensor([said[-1:]]), telling)
                said.append(int(logits[0, -1, end:].argmax()) + end)
        return said

    greedy, plain = in_turn(lambda: predictor.predict(pixels, ARGMAX), bare, 4 * rounds)
    seen = predictor.preprocess(pixels)

    def five() -> object:
        return [predictor.describe(seen, ARGMAX) for _ in range(5)]

    beams, singly = in_turn(lambda: predictor.describe(seen, Choosing(beams=5)), five, 2 * rounds)
    return [
        Row(what="a caption: predictor against the plainest loop", ours=greedy, bare=plain, unit="ms", aim="<= 1.3"),
        Row(what="five beams together against five captions", ours=beams, bare=singly, unit="ms", aim="<= 1"),
    ]  # fmt: skip


# name -> rows for so many rounds
PARTS: dict[str, Callable[[int], list[Row]]] = {
    "sounds": sounds,
    "decoding": decoding,
    "sliding": sliding,
    "answers": answers,
    "captions": captions,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.multimodal")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="none: all")  # [] is what none is
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(f"{compute.plan().threads} threads\n")
    rows: list[Row] = []
    for name in chosen.parts or PARTS:
        rows += PARTS[name](chosen.rounds)
        print(table(rows), end="\n\n", flush=True)
    return int(any(row.verdict == "MISSED" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
