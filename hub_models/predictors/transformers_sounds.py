"""Networks of the transformers library that hear: a class (AST, wav2vec2), or what is said (Whisper).

The library's own feature extractor makes of the samples what the network was trained on: a log-mel spectrogram that AST
cuts into patches and Whisper into columns, or the waveform itself, of which wav2vec2 learns its own filters.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models import compute
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.heard import AUDIBLE_DB, Heard, Transcript, level_db
from hub_models.predictors.sound_pieces import begins, loudest, piece_at
from hub_models.predictors.weights import bytes_of

SHORTEST = 0.1  # seconds of a sound that a classifier is asked about; a shorter one is put into the middle of silence
LONGEST = 10.0  # seconds of a sound that a classifier is asked about: AST's spectrogram is 10.24 s wide
AT_ONCE = 8  # pieces in a batch
HEARD_AT_ONCE = 30.0  # seconds: what Whisper was trained on
MOST_PIECES = 440  # of words that Whisper writes about 30 s; it has places for 448


def extractor_in(files: Path):
    """The feature extractor of a checkpoint folder. CheckpointError `checkpoint_foreign`."""
    from transformers import AutoFeatureExtractor

    try:
        return AutoFeatureExtractor.from_pretrained(files, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            "checkpoint_foreign",
            "Expected a feature extractor of transformers beside the weights, found none.",
        ) from error


class AroundSound:
    """A network and its feature extractor."""

    sure = 0.0  # nobody measured a probability below which its answers are not to be believed

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.extractor = extractor_in(files)
        self.bytes = bytes_of(network)

    @property
    def rate(self) -> int:
        """Samples a second that it wants."""
        return int(self.extractor.sampling_rate)

    def features(self, pieces: Sequence[np.ndarray]) -> dict[str, Tensor]:
        """Pieces of one length (T,) float32 -> what the network takes, on the device."""
        made = self.extractor(list(pieces), sampling_rate=self.rate, return_tensors="pt")
        name = self.extractor.model_input_names[0]
        return {name: made[name].to(self.device)}


class TransformersSoundClassifier(AroundSound):
    """Samples -> the loudest 10 s -> features -> logits -> probabilities."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.network.config.id2label[i] for i in range(self.network.config.num_labels))

    @property
    def length(self) -> int:
        """Samples of a piece, at most: a shorter sound is not filled up with silence."""
        return round(LONGEST * self.rate)

    def piece(self, samples: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
        """The piece, and from when to when in seconds it stands in the sound."""
        begin = loudest(samples, self.length)
        end = min(len(samples), begin + self.length)
        wanted = max(end - begin, round(SHORTEST * self.rate))
        return piece_at(samples[:end], begin, wanted), (begin / self.rate, end / self.rate)

    def of_pieces(self, pieces: Sequence[np.ndarray]) -> np.ndarray:
        """Pieces (T,) float32 -> probabilities (B, classes) float32."""
        found = []
        for start in range(0, len(pieces), AT_ONCE):
            compute.check()
            # one by one where lengths differ: networks that know no mask would hear the filling
            group = pieces[start : start + AT_ONCE]
            together = [group] if len({len(piece) for piece in group}) == 1 else [[piece] for piece in group]
            for batch in together:
                with torch.inference_mode():
                    found.append(self.network(**self.features(batch)).logits.float().softmax(1).cpu().numpy())
        return np.concatenate(found)

    def predict_many(self, sounds: Sequence[np.ndarray]) -> np.ndarray:
        """Sounds (T,) of any lengths -> probabilities (B, classes) float32."""
        return self.of_pieces([self.piece(samples)[0] for samples in sounds])

    def heard(self, shares: np.ndarray, piece: np.ndarray, seconds: tuple[float, float]) -> Heard:
        level = level_db(piece)
        return Heard(self.names, shares * np.float32(level >= AUDIBLE_DB), seconds, level)

    def predict(self, samples: np.ndarray) -> Heard:
        piece, seconds = self.piece(samples)
        return self.heard(self.of_pieces([piece])[0], piece, seconds)

    def along(self, samples: np.ndarray, step_seconds: float) -> list[Heard]:
        """What is heard in seconds that follow each other `step_seconds` apart."""
        length = self.rate
        places = begins(len(samples), length, max(1, round(step_seconds * self.rate)))
        pieces = [piece_at(samples, begin, length) for begin in places]
        ends = [min(len(samples), begin + length) for begin in places]
        return [
            self.heard(shares, piece, (begin / self.rate, end / self.rate))
            for shares, piece, begin, end in zip(self.of_pieces(pieces), pieces, places, ends, strict=True)
        ]


class TransformersTranscriber(AroundSound):
    """Samples -> pieces of 30 s -> log-mel spectrograms -> words, one after another, the most probable each time."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        from hub_models.predictors.transformers_text import tokenizer_in

        super().__init__(checkpoint, network, files, device)
        self.tokenizer = tokenizer_in(files)

    def written(self, piece: np.ndarray) -> str:
        compute.check()
        features = self.extractor(piece, sampling_rate=self.rate, return_tensors="pt")["input_features"]
        most = min(MOST_PIECES, self.network.config.max_target_positions - 8)  # of which some are signs
        with torch.inference_mode():
            numbers = self.network.generate(features.to(self.device), max_new_tokens=most, do_sample=False)
        return self.tokenizer.decode(numbers[0], skip_special_tokens=True).strip()

    def predict(self, samples: np.ndarray) -> Transcript:
        length = round(HEARD_AT_ONCE * self.rate)
        parts = []
        for begin in range(0, max(1, len(samples)), length):
            piece = samples[begin : begin + length]
            words = self.written(piece) if level_db(piece) >= AUDIBLE_DB else ""
            parts.append((begin / self.rate, (begin + len(piece)) / self.rate, words))
        return Transcript(tuple(parts))
