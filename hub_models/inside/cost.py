"""What a network costs: numbers to learn, multiplications and time."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one picture costs. `multiply_adds`: of convolutions, transposed ones too."""

    parameters: int
    multiply_adds: int
    milliseconds: float  # of the fastest of several passes on this machine


def cost(network: nn.Module, x: Tensor, passes: int = 3) -> Cost:
    """Counted while the network runs on `x`, then timed without counting."""
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            network(x)
        seconds = min(timed(network, x)[1] for _ in range(passes))
    return Cost(
        parameters=sum(p.numel() for p in network.parameters()),
        multiply_adds=counter.get_total_flops() // 2,
        milliseconds=1000 * seconds,
    )


def timed(network: nn.Module, x: Tensor) -> tuple[Tensor, float]:
    """(output, seconds)."""
    start = time.perf_counter()
    output = network(x)
    if x.is_cuda:
        torch.cuda.synchronize(x.device)
    return output, time.perf_counter() - start
