"""Captions with visual attention, after "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention"
(Xu, Ba, Kiros, Cho, Courville, Salakhutdinov, Zemel, Bengio; 2015)

The idea that mattered: in place of one vector for the whole picture there is one for each region, and before each word the
state of the LSTM asks which of them matter now. Scores, softmax, weighted sum: the context vector is what the next word is
made from, and the weights say where the network looked (lecture, section 10.9.1).

Deviations: a region is scored by a dot product, as in the lecture, where the paper has a small network; EfficientNet-Lite0
in place of VGG, frozen, with 7 x 7 regions in place of 14 x 14, each made smaller by a linear layer first; soft attention
only; the output layer shares the vectors of the words (Press, Wolf; 2017).

Features of regions (B, 49, 1280) and numbers of words (B, T) int64, <SOS> first -> logits (B, T, words), as caption_lstm.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures.attention import LuongAttention
from hub_models.architectures.caption_lstm import CaptionLSTM, Telling, levelled


class CaptionAttention(CaptionLSTM, PyTorchModelHubMixin):
    """As CaptionLSTM; the regions become as many numbers as a word has, and are keys and values at once."""

    looks = True

    def __init__(
        self,
        words: int,
        features: int = 1280,
        embedding: int = 128,
        hidden: int = 256,
        dropout: float = 0.5,
        known: int = 0,
    ) -> None:
        super().__init__(words, features, embedding, hidden, dropout, known)
        self.recurrent = nn.LSTMCell(2 * embedding, hidden)
        self.first_h, self.first_c = nn.Linear(embedding, hidden), nn.Linear(embedding, hidden)
        self.ask = nn.Linear(hidden, embedding)  # the state becomes the query
        self.attention = LuongAttention(embedding, embedding)
        self.gate = nn.Linear(
            hidden, 1
        )  # beta, section 4.2.1 of the paper: how much of the picture a word needs
        self.recall = nn.Linear(embedding, embedding, bias=False)  # L_z of its equation 7

    def begin(self, regions: Tensor) -> Telling:
        """(B, places, C) -> before <SOS> is read; the first state comes from the mean over the regions."""
        seen = torch.tanh(self.see(self.dropout(levelled(regions))))
        mean = seen.mean(1)
        return Telling(seen, (torch.tanh(self.first_h(mean)), torch.tanh(self.first_c(mean))))

    def tell(self, numbers: Tensor, telling: Telling) -> tuple[Tensor, Telling, Tensor]:
        words, state = self.dropout(self.embedding(numbers)), telling.state
        said, looked = [], []
        for word in words.unbind(1):
            context, weights = self.attention(self.ask(state[0]), telling.picture)
            context = self.dropout(torch.sigmoid(self.gate(state[0])) * context)
            state = self.recurrent(torch.cat([word, context], 1), state)
            said.append(self.narrow(self.dropout(state[0])) + self.recall(context) + word)
            looked.append(weights)
        return torch.stack(said, 1), Telling(telling.picture, state), torch.stack(looked, 1)


MODEL = CaptionAttention
