"""Networks of the transformers library that answer questions about pictures: ViLT chooses an answer, BLIP writes one.

ViLT is a Transformer that reads patches of the picture and pieces of the question together and classifies; BLIP's decoder
writes the answer piece by piece, so its answers are those of a beam search with the probability of each, and what is left
belongs to all that it did not write.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.predictors.reading import unread
from hub_models.predictors.transformers_detector import LAST, processor_of, too_long
from hub_models.predictors.transformers_text import tokenizer_in
from hub_models.predictors.weights import bytes_of
from hub_models.results import Labels

BEAMS = 5  # answers that BLIP is asked for
LONGEST_ANSWER = 12  # pieces
ANOTHER = "another answer"
MOST_PIECES = 512
GREY = 128  # of the picture that stands for none


class TransformersAnswerer:
    """The library's picture processor and tokenizer in front of ViltForQuestionAnswering or BlipForQuestionAnswering."""

    def __init__(self, checkpoint: Checkpoint, network: nn.Module, files: Path, device: str) -> None:
        self.checkpoint, self.network, self.device = checkpoint, network, device
        self.processor, self.tokenizer = processor_of(files), tokenizer_in(files)
        self.bytes = bytes_of(network)
        self.writes = network.config.model_type == "blip"
        config = network.config.text_config if self.writes else network.config
        self.most = min(MOST_PIECES, config.max_position_embeddings)
        # what it chooses from; one that writes may answer anything
        self.names = () if self.writes else tuple(config.id2label[i] for i in range(config.num_labels))

    def remarks(self, question: str) -> tuple[str, ...]:
        return unread(len(self.tokenizer(question, verbose=False)["input_ids"]), self.most, "word pieces")

    def outside(self, pixels: np.ndarray) -> tuple[str, ...]:
        return ()

    def look(self, pixels: np.ndarray) -> np.ndarray:
        """The picture as it is: it is read together with each question."""
        return pixels

    def preprocess(self, pixels: np.ndarray, question: str) -> dict[str, Tensor]:
        """BadInput `aspect`."""
        try:
            seen = self.processor(images=pixels, return_tensors="pt", input_data_format=LAST)
        except ValueError as error:
            raise too_long(self.checkpoint, pixels.shape[:2]) from error
        words = self.tokenizer(question, truncation=True, max_length=self.most, return_tensors="pt")
        return {name: tensor.to(self.device) for name, tensor in {**words, **seen}.items()}

    def forward(self, inputs: dict[str, Tensor]) -> Labels:
        with torch.inference_mode():
            if self.writes:
                return self.written(inputs)
            probabilities = self.network(**inputs).logits[0].float().softmax(0)
        return Labels(self.names, probabilities.cpu().numpy())

    def written(self, inputs: dict[str, Tensor]) -> Labels:
        """The answers of a beam search with their probabilities, most probable first."""
        taken = {name: inputs[name] for name in ("input_ids", "pixel_values", "attention_mask")}
        out = self.network.generate(
            **taken, num_beams=BEAMS, num_return_sequences=BEAMS, length_penalty=0.0, do_sample=False,
            max_new_tokens=LONGEST_ANSWER, return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
        found: dict[str, float] = {}
        for numbers, score in zip(out.sequences, out.sequences_scores.float().exp().tolist(), strict=True):
            answer = self.tokenizer.decode(numbers, skip_special_tokens=True).strip() or "(nothing)"
            found[answer] = found.get(answer, 0.0) + score
        found[ANOTHER] = max(0.0, 1 - sum(found.values()))
        shares = np.array(list(found.values()), np.float32)
        return Labels(tuple(found), shares / shares.sum())

    def predict(self, pixels: np.ndarray, question: str) -> Labels:
        return self.forward(self.preprocess(pixels, question))

    def answers(
        self, pixels: np.ndarray, questions: Sequence[str], see: float = 1.0, hear: float = 1.0
    ) -> list[str]:
        """The most probable answer to every question; 0 puts a grey picture, or no words, in the place of what is given."""
        shown = pixels if see else np.full_like(pixels, GREY)
        found = [self.predict(shown, question if hear else "") for question in questions]
        return [next(name for name, _ in labels.top(2) if name != ANOTHER) for labels in found]
