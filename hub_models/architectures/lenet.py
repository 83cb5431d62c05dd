"""LeNet-5, after "Gradient-Based Learning Applied to Document Recognition".

(LeCun, Bottou, Bengio, Haffner; 1998)

The idea that mattered: learn the features too. Small filters shared over the whole picture, pooled
twice, are trained together with the classifier by backpropagation, straight from pixels.

Deviations: the second convolution sees all 6 maps (the paper's table 1 leaves some out); pooling
has no trainable weight and bias; plain tanh in place of 1.7159 tanh(2x/3), and none after pooling;
logits for a softmax in place of distances to hand-drawn prototypes (radial basis functions).

Grey pictures (B, 1, 32, 32) -> logits (B, classes). A digit of 28x28 gets a margin of 2 pixels.
"""

from collections import OrderedDict

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn


class LeNet5(nn.Module, PyTorchModelHubMixin):
    """Two rounds of convolution, tanh and average pooling, then three linear layers; the paper's names."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                c1=nn.Conv2d(1, 6, 5),  # (B, 1, 32, 32) -> (B, 6, 28, 28)
                tanh1=nn.Tanh(),
                s2=nn.AvgPool2d(2),  # -> (B, 6, 14, 14)
                c3=nn.Conv2d(6, 16, 5),  # -> (B, 16, 10, 10)
                tanh3=nn.Tanh(),
                s4=nn.AvgPool2d(2),  # -> (B, 16, 5, 5)
            )
        )
        self.hidden = nn.Sequential(
            OrderedDict(
                c5=nn.Linear(16 * 5 * 5, 120),  # in the paper a 5x5 convolution of a 5x5 map: the same sums
                tanh5=nn.Tanh(),
                f6=nn.Linear(120, 84),
                tanh6=nn.Tanh(),
            )
        )
        self.classifier = nn.Linear(84, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.features(x), 1)  # (B, 16, 5, 5) -> (B, 400)
        return self.classifier(self.hidden(x))


MODEL = LeNet5
EXAMPLE = ({"classes": 10}, (2, 1, 32, 32), (2, 10))
