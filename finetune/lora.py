"""Pretrained networks with `--lora-rank R`, after "LoRA: Low-Rank Adaptation of Large Language Models" (Hu, Shen, Wallis,
Allen-Zhu, Li, Wang, Wang, Chen; 2022), through the package peft.

Beside every query and value matrix W of the attention two thin ones, B A of rank R, learn, while W stays; the layers that
are new learn whole. What is kept is one network of the old shape, with W + B A in place of W.
"""

import copy
from collections.abc import Sequence

from torch import nn

from finetune.freezing import block_groups
from finetune.settings import Settings
from hub_models.errors import BadData

# what the library calls the matrices of queries and values: BERT, DistilBERT, Marian and others
MATRICES = ("query", "value", "q_lin", "v_lin", "q_proj", "v_proj")


class Learner(nn.Module):
    """A network of the transformers library while it learns; `rank` 0: all of it. `heads`: its layers that are new."""

    def __init__(
        self,
        network: nn.Module,
        rank: int,
        heads: Sequence[str] = (),
        matrices: Sequence[str] = MATRICES,
    ) -> None:
        super().__init__()
        self.rank, self.heads = rank, tuple(heads)
        self.network = adapted(network, rank, self.heads, matrices) if rank else network

    def forward(self, **inputs):
        """What the library's network answers to the tensors that it is given by name."""
        return self.network(**inputs)

    @property
    def kept(self) -> nn.Module:
        """What the checkpoint keeps: the network with the thin matrices added to its own."""
        return copy.deepcopy(self.network).merge_and_unload() if self.rank else self.network

    def groups(self, settings: Settings, body_rate: float) -> list[dict]:
        """For the optimizer: pretrained weights learn `body_rate` times as fast as thin matrices and new layers."""
        groups = []
        learning = {name: p for name, p in self.network.named_parameters() if p.requires_grad}
        for fast, factor in ((False, body_rate), (True, 1.0)):
            chosen = [
                p for name, p in learning.items() if (self.rank > 0 or name.startswith(self.heads)) == fast
            ]
            groups += block_groups(chosen, settings.learning_rate * factor, settings.weight_decay)
        return groups


def adapted(network: nn.Module, rank: int, heads: Sequence[str], matrices: Sequence[str]) -> nn.Module:
    """A copy whose own weights stay, with thin matrices beside it. BadData `model_unknown` where nothing has such a name."""
    from peft import LoraConfig, get_peft_model

    names = [name.rpartition(".")[2] for name, _ in network.named_modules()]
    there = [name for name in matrices if name in names]
    if not there:
        raise BadData(
            "model_unknown",
            f"Expected a network with layers named {', '.join(matrices)} for --lora-rank, found none. Leave it out.",
        )
    new = [name for name in heads if name in names]
    settings = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=there, modules_to_save=new or None)
    return get_peft_model(copy.deepcopy(network), settings)
