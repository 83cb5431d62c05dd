"""The figures that drive the training loop."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Settings:
    epochs: int
    batch: int  # samples a process sees at once
    learning_rate: float
    accumulate: int = 1  # batches whose gradients are summed before the weights change
    weight_decay: float = 5e-4
    optimizer: Literal["sgd", "adamw"] = "sgd"
    warmup: float = 0.1  # share of all steps over which the rate rises; then it falls as half a cosine
    mixed_precision: Literal["no", "bf16", "fp16"] = "no"
    ema: float = 0.0  # decay of the moving average of the weights, 0 = none
    patience: int = 0  # epochs without a better score after which training stops, 0 = never
    clip_norm: float = 0.0  # largest norm of the gradient, 0 = unlimited
    workers: int = 0
    seed: int = 0
    save_seconds: float = 30.0


def rate_factor(step: int, steps: int, warmup: float) -> float:
    """Linear from 0 to 1 over the first `warmup` share of the steps, then half a cosine down to 0."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
