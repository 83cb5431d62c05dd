"""Networks written here, one paper a file.

Each file ends with `MODEL`, its network, and `EXAMPLE` = (arguments of `MODEL`, input shape, output shape) where it
answers with one tensor. `detection.py` holds what the detectors share.
"""

from torch import nn


def conv_bn_relu(
    channels_in: int,
    channels: int,
    *,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    relu: bool = True,
) -> nn.Sequential:
    """Convolution without bias, batch normalisation (Ioffe and Szegedy, 2015) and, if wanted, ReLU."""
    layers = [
        nn.Conv2d(channels_in, channels, kernel_size, stride, padding, bias=False),
        nn.BatchNorm2d(channels),
    ]
    if relu:
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def conv_relu(channels_in: int, channels: int, *, kernel_size: int, padding: int = 0) -> nn.Sequential:
    """Convolution with bias and ReLU: what networks were made of before batch normalisation."""
    return nn.Sequential(nn.Conv2d(channels_in, channels, kernel_size, padding=padding), nn.ReLU())


def local_response_norm() -> nn.LocalResponseNorm:
    """AlexNet's section 3.3, with its k = 2, n = 5, alpha = 1e-4, beta = 0.75."""
    # PyTorch takes the mean over the n maps where the paper takes the sum, so its alpha is n times theirs.
    return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def he_init(model: nn.Module) -> None:
    """Draw every convolution and linear layer from N(0, 2 / fan in), so that ReLU keeps the variance.

    Source: "Delving Deep into Rectifiers" (He, Zhang, Ren, Sun; 2015), equation 10. Biases become 0.
    `model.classifier` gets N(0, 0.01^2): no ReLU follows it, and training starts from even chances.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    nn.init.normal_(model.classifier.weight, std=0.01)
