"""Encoder-decoder with attention, after "Neural Machine Translation by Jointly Learning to Align and Translate"
(Bahdanau, Cho, Bengio; 2015)

The idea that mattered: the encoder hands over all of its states, and at every step the decoder looks at them again. A small
network, the alignment model, compares the decoder's previous state with each of them; softmax makes weights of its
energies, and the weighted sum is the context of this step alone. So a long sentence need not fit into one vector, and the
weights show which words the network translates.

Deviations: one table of vectors serves both languages and the last layer, which is a dense layer with tanh in place of
maxout; small.

Numbers of pieces (B, S) and (B, T) -> logits (B, T, words): at each position, of the piece after it.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures.attention import BahdanauAttention, softmax_over_keys
from hub_models.architectures.encoder_decoder import EncoderDecoder, Memory


class Bahdanau(EncoderDecoder, PyTorchModelHubMixin):
    """`words`: rows of the table; `encoder`: state of each direction; `units`: of the alignment model."""

    def __init__(
        self,
        words: int,
        embedding: int = 128,
        encoder: int = 144,
        hidden: int = 192,
        units: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__(words, embedding, encoder, "gru", hidden + 2 * encoder + embedding, dropout)
        self.attention = BahdanauAttention(hidden, 2 * encoder, units)
        self.start = nn.Linear(encoder, hidden)
        self.decoder = nn.GRUCell(embedding + 2 * encoder, hidden)

    def begin(self, source: Tensor, mask: Tensor | None = None) -> Memory:
        """The decoder starts from what the encoder says of the first word, read backwards: it has seen all."""
        keys, (last,), mask = self.encode(source, mask)
        backwards = last[:, last.shape[1] // 2 :]
        # W_k k_i does not depend on the step
        return Memory((keys, self.attention.W_k(keys), mask), (torch.tanh(self.start(backwards)),))

    def step(self, vectors: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Memory]:
        """Vectors of the pieces read last (B, embedding) -> (context (B, 2 x encoder), weights (B, S), memory)."""
        (keys, projected, mask), (state,) = memory.source, memory.state
        # BahdanauAttention, with the keys' part computed once
        energy = self.attention.v(torch.tanh(self.attention.W_q(state)[:, None] + projected))[..., 0]
        weights = softmax_over_keys(energy, mask)
        context = (weights[:, None] @ keys)[:, 0]
        state = self.decoder(torch.cat([vectors, context], -1), state)
        return context, weights, Memory(memory.source, (state,))

    def advance(self, numbers: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """The pieces read last (B,) -> logits of the next (B, words), the memory after them."""
        vectors = self.embed(numbers)
        context, _, memory = self.step(vectors, memory)
        return self.logits(memory.state[0], context, vectors), memory

    def unrolled(
        self, source: Tensor, target: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(states (B, T, hidden), contexts (B, T, 2 x encoder), vectors (B, T, embedding), weights (B, T, S))."""
        memory, vectors = self.begin(source, mask), self.embed(target)
        states, contexts, weights = [], [], []
        for one in vectors.unbind(1):
            context, looked, memory = self.step(one, memory)
            states.append(memory.state[0])
            contexts.append(context)
            weights.append(looked)
        return torch.stack(states, 1), torch.stack(contexts, 1), vectors, torch.stack(weights, 1)

    def aligned(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, T, S): where it looked before it wrote what follows each piece of `target`."""
        return self.unrolled(source, target, mask)[3]

    def forward(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        states, contexts, vectors, _ = self.unrolled(source, target, mask)
        return self.logits(self.drop(states), contexts, vectors)


MODEL = Bahdanau
