"""Encoder-decoder without attention, after "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
Machine Translation" (Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio; 2014)

The idea that mattered: a sequence-to-vector network reads the sentence and squeezes it into one vector c; a
vector-to-sequence network, which is given c at every step, writes it in the other language. The two learn together, and the
sentences need not be equally long. But c has the same size for three words and for thirty. Sutskever, Vinyals and Le
("Sequence to Sequence Learning with Neural Networks", 2014) did the same with deep LSTMs that read the source backwards.

Deviations: the encoder reads both ways, one table of vectors serves both languages and the last layer, which is a dense
layer with tanh in place of maxout; small.

Numbers of pieces (B, S) and (B, T) -> logits (B, T, words): at each position, of the piece after it.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures.encoder_decoder import EncoderDecoder, Memory


class Seq2Seq(EncoderDecoder, PyTorchModelHubMixin):
    """`words`: rows of the table; `encoder`: state of each direction; `hidden`: of the decoder, and numbers in c."""

    def __init__(
        self, words: int, embedding: int = 128, encoder: int = 160, hidden: int = 192, dropout: float = 0.3
    ) -> None:
        super().__init__(words, embedding, encoder, "gru", 2 * hidden + embedding, dropout)
        self.squeeze = nn.Linear(2 * encoder, hidden)
        self.start = nn.Linear(hidden, hidden)
        self.decoder = nn.GRU(embedding + hidden, hidden, batch_first=True)

    def context(self, source: Tensor, mask: Tensor | None = None) -> Tensor:
        """Numbers (B, S) -> c (B, hidden): all that the decoder gets to know of the sentence."""
        _, (last,), _ = self.encode(source, mask)
        return torch.tanh(self.squeeze(last))

    def write(self, target: Tensor, context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers (B, T) after `state` (B, hidden) -> logits (B, T, words), the state after them."""
        vectors = self.embed(target)
        given = context[:, None].expand(-1, target.shape[1], -1)
        states, last = self.decoder(torch.cat([vectors, given], -1), state[None].contiguous())
        return self.logits(self.drop(states), given, vectors), last[0]

    def begin(self, source: Tensor, mask: Tensor | None = None) -> Memory:
        context = self.context(source, mask)
        return Memory((context,), (torch.tanh(self.start(context)),))

    def advance(self, numbers: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """The pieces read last (B,) -> logits of the next (B, words), the memory after them."""
        logits, state = self.write(numbers[:, None], *memory.source, *memory.state)
        return logits[:, 0], Memory(memory.source, (state,))

    def aligned(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> None:
        """It looks nowhere: there is no alignment."""

    def forward(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        memory = self.begin(source, mask)
        return self.write(target, *memory.source, *memory.state)[0]


MODEL = Seq2Seq
