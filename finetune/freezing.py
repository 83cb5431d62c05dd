"""Which layers stay as they are, and how fast the others learn (lecture, section 6.2.9).

What the first layers have learned serves any picture; what the last ones have learned serves their own classes.
So on few pictures the first are frozen, or learn slowly, and the new last layer learns fast.
"""

from collections.abc import Iterator
from typing import Literal

from torch import nn

from hub_models.errors import BadData

FrozenBlocks = int | Literal["half", "head"]  # from the input on; "head": all but the classifier


def blocks(model: nn.Module) -> list[list[str]]:
    """Parameter names from input to output, a list a block; the last block is the classifier and nothing else."""
    names = [name for name, _ in model.named_parameters()]
    if hasattr(model, "group_matcher"):  # timm knows its own blocks
        from timm.models import group_parameters

        heads = model.pretrained_cfg["classifier"]
        heads = (heads,) if isinstance(heads, str) else tuple(heads)
        grouped = [
            list(g) for _, g in sorted(group_parameters(model, model.group_matcher(coarse=True)).items())
        ]
    else:
        heads = ("classifier",)
        by_prefix: dict[str, list[str]] = {}
        for name in names:
            first, second = name.split(".")[:2]
            by_prefix.setdefault(first if first == "stem" else f"{first}.{second}", []).append(name)
        grouped = list(by_prefix.values())
    head = [name for name in names if name.startswith(tuple(f"{h}." for h in heads))]
    body = [[name for name in group if name not in head] for group in grouped]
    return [*(group for group in body if group), head]


def parameter_groups(
    model: nn.Module, rate: float, rate_decay: float, weight_decay: float, frozen_blocks: FrozenBlocks
) -> list[dict]:
    """Optimizer groups: the first `frozen_blocks` do not learn, each block learns `rate_decay` times as fast
    as the next, and biases and normalisation are free of weight decay."""
    named, layers = dict(model.named_parameters()), blocks(model)
    most = len(layers) - 1
    frozen = {"half": len(layers) // 2, "head": most}.get(frozen_blocks, frozen_blocks)
    if not 0 <= frozen <= most:
        raise BadData(
            "bad_value",
            f"Expected --freeze-blocks from 0 to {most} (this network's blocks without the classifier), "
            f"half or head; got {frozen_blocks}.",
        )
    groups = []
    for number, names in enumerate(layers):
        if number < frozen:
            for name in names:
                named[name].requires_grad_(False)
        else:
            groups += block_groups(
                [named[n] for n in names], rate * rate_decay ** (most - number), weight_decay
            )
    return groups


def block_groups(parameters: list[nn.Parameter], rate: float, weight_decay: float) -> Iterator[dict]:
    for chosen, decay in (
        ([p for p in parameters if p.ndim > 1], weight_decay),
        ([p for p in parameters if p.ndim <= 1], 0.0),
    ):
        if chosen:
            yield {"params": chosen, "lr": rate, "weight_decay": decay}
