"""Encoder-decoder with multiplicative attention, after "Effective Approaches to Attention-based Neural Machine Translation"
(Luong, Pham, Manning; 2015)

The idea that mattered: the comparison of decoder and encoder needs no network of its own, a product is enough. The decoder
takes its step first; its new state is multiplied with every state of the encoder, softmax makes weights, and the weighted
sum joins the state on the way to the output. Because the recurrent layer does not wait for the attention, all steps of a
training sentence are computed in one call.

Deviations: the encoder is one layer that reads both ways, where the paper stacks four; without the paper's "input
feeding"; one table of vectors serves both languages and the last layer; small.

Numbers of pieces (B, S) and (B, T) -> logits (B, T, words): at each position, of the piece after it.
"""

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures.attention import LuongAttention, softmax_over_keys
from hub_models.architectures.encoder_decoder import EncoderDecoder, Memory


class Luong(EncoderDecoder, PyTorchModelHubMixin):
    """`words`: rows of the table; `encoder`: state of each direction, so that the decoder's has twice as many numbers."""

    def __init__(self, words: int, embedding: int = 128, encoder: int = 112, dropout: float = 0.3) -> None:
        hidden = 2 * encoder
        super().__init__(words, embedding, encoder, "lstm", 2 * hidden, dropout)
        self.attention = LuongAttention(hidden, hidden, "general")
        self.decoder = nn.LSTM(embedding, hidden, batch_first=True)

    def begin(self, source: Tensor, mask: Tensor | None = None) -> Memory:
        """The decoder starts from the last states of the encoder's two directions, side by side."""
        keys, last, mask = self.encode(source, mask)
        return Memory((keys, self.attention.W(keys), mask), last)

    def write(self, target: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Memory]:
        """Numbers (B, T) -> (logits (B, T, words), weights (B, T, S), the memory after them)."""
        keys, projected, mask = memory.source
        h, c = (t[None].contiguous() for t in memory.state)
        states, (h, c) = self.decoder(self.embed(target), (h, c))
        # LuongAttention of all steps at once: (B, T, hidden) x (B, hidden, S)
        weights = softmax_over_keys(states @ projected.transpose(1, 2), mask[:, None])
        logits = self.logits(weights @ keys, self.drop(states))
        return logits, weights, Memory(memory.source, (h[0], c[0]))

    def advance(self, numbers: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """The pieces read last (B,) -> logits of the next (B, words), the memory after them."""
        logits, _, memory = self.write(numbers[:, None], memory)
        return logits[:, 0], memory

    def aligned(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, T, S): where it looked before it wrote what follows each piece of `target`."""
        return self.write(target, self.begin(source, mask))[1]

    def forward(self, source: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.write(target, self.begin(source, mask))[0]


MODEL = Luong
