"""Batch normalisation folded into the convolution before it: the same function in fewer steps.

A trained normalisation is one scale and one shift a channel, s (w * x + b - mean) + shift, so the convolution can
do it itself with the weights s w and the bias s (b - mean) + shift. EfficientNet-Lite0 takes 15 ms instead of 21.
"""

import copy
from itertools import chain, pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights


def folded(network: nn.Module, example: Tensor) -> nn.Module:
    """A copy of `network` in evaluation mode; it shares all tensors but the weights of folded convolutions.

    Folded are neighbours in one module: a convolution, and right behind it a normalisation of as many channels.
    Of 70 families of timm one has such neighbours without using them one after the other (RepViT): where the
    logits of `example` (B, C, h, w) come out otherwise, `network` itself is returned.
    """
    shared = {id(tensor): tensor for tensor in chain(network.parameters(), network.buffers())}
    copied = copy.deepcopy(network, shared)
    for parent in list(copied.modules()):
        for (_, conv), (name, norm) in pairwise(list(parent.named_children())):
            if not isinstance(conv, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
                continue
            if norm.num_features == conv.out_channels:
                statistics = norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
                conv.weight, conv.bias = fuse_conv_bn_weights(conv.weight, conv.bias, *statistics)
                setattr(
                    parent, name, getattr(norm, "act", nn.Identity())
                )  # timm's norms bring their activation
    with torch.inference_mode():
        wanted, found = network(example), copied(example)
    return copied if (found - wanted).abs().max() < 1e-3 * wanted.abs().max() else network
