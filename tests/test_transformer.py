"""The Transformer: equal to torch's own layers with copied weights, blind to the future, and quick with its cache."""

import math

import pytest
import torch
from torch import nn

from hub_models.architectures.attention import causal_mask
from hub_models.architectures.transformer import (
    DecoderCache,
    DecoderLayer,
    EncoderLayer,
    Transformer,
    sinusoids,
)

D, HEADS, INNER, WORDS = 8, 2, 16, 11


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def small(**options: object) -> Transformer:
    return Transformer(WORDS, WORDS + 2, D, HEADS, layers=2, inner=INNER, **options).eval()


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_encoder_layer_is_torch_s(causal: bool, norm_first: bool) -> None:
    theirs = nn.TransformerEncoderLayer(D, HEADS, INNER, batch_first=True, norm_first=norm_first).eval()
    ours = EncoderLayer(D, HEADS, INNER, norm_first=norm_first).eval()
    ours.take(theirs)
    x, mask = torch.randn(3, 5, D), causal_mask(5) if causal else None
    torch.testing.assert_close(ours(x, mask), theirs(x, None if mask is None else ~mask))


@pytest.mark.parametrize("norm_first", [False, True])
def test_decoder_layer_is_torch_s(norm_first: bool) -> None:
    theirs = nn.TransformerDecoderLayer(D, HEADS, INNER, batch_first=True, norm_first=norm_first).eval()
    ours = DecoderLayer(D, HEADS, INNER, norm_first=norm_first).eval()
    ours.take(theirs)
    x, memory, mask = torch.randn(3, 5, D), torch.randn(3, 4, D), causal_mask(5)
    torch.testing.assert_close(ours(x, memory, mask), theirs(x, memory, tgt_mask=~mask))


@pytest.mark.filterwarnings(
    "ignore:enable_nested_tensor"
)  # torch's fast path for padding does not know norm_first
@pytest.mark.parametrize("norm_first", [False, True])
def test_the_whole_is_torch_s(norm_first: bool) -> None:
    """Encoder and decoder of nn.Transformer under our vectors, positions and last layer."""
    theirs = nn.Transformer(
        D, HEADS, 2, 2, INNER, batch_first=True, norm_first=norm_first, dropout=0.0
    ).eval()
    ours = small(norm_first=norm_first)
    layers = (*theirs.encoder.layers, *theirs.decoder.layers)
    for layer, source in zip((*ours.encoder, *ours.decoder), layers, strict=True):
        layer.take(source)
    # torch normalises after the last layer in either case; the paper's order has done so already
    if norm_first:
        ours.norm_encoder.load_state_dict(theirs.encoder.norm.state_dict())
        ours.norm_decoder.load_state_dict(theirs.decoder.norm.state_dict())
    else:
        theirs.encoder.norm = theirs.decoder.norm = nn.Identity()
    source, target = torch.randint(0, WORDS, (2, 6)), torch.randint(0, WORDS, (2, 4))
    padded = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    hidden = theirs(
        ours.embed(ours.source, source),
        ours.embed(ours.target, target),
        tgt_mask=~causal_mask(4),
        src_key_padding_mask=~padded,
        memory_key_padding_mask=~padded,
    )
    torch.testing.assert_close(ours(source, target, padded), hidden @ ours.target.weight.T)


def test_sinusoids_by_the_formula() -> None:
    table = sinusoids(50, D)
    assert table.shape == (50, D)
    for position, i in ((0, 0), (7, 1), (49, 3)):
        angle = position / 10_000 ** (2 * i / D)
        assert table[position, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-5)
        assert table[position, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


def test_a_shift_is_a_rotation() -> None:
    """Why sines and cosines: position p + 3 is the same linear map of position p, wherever p is."""
    table = sinusoids(40, D).double()
    map = torch.linalg.lstsq(table[:-3], table[3:]).solution
    torch.testing.assert_close(table[:-3] @ map, table[3:], atol=1e-4, rtol=0)


def test_the_decoder_does_not_see_what_comes() -> None:
    model = small()
    source, target = torch.randint(0, WORDS, (1, 5)), torch.randint(0, WORDS, (1, 6))
    changed = target.clone()
    changed[0, 4:] = (changed[0, 4:] + 1) % WORDS
    torch.testing.assert_close(model(source, target)[:, :4], model(source, changed)[:, :4])
    assert not torch.allclose(model(source, target)[:, 4:], model(source, changed)[:, 4:])


def test_padding_changes_nothing() -> None:
    model = small()
    source, target = torch.randint(0, WORDS, (1, 5)), torch.randint(0, WORDS, (1, 3))
    longer = torch.cat([source, torch.zeros(1, 4, dtype=torch.long)], 1)
    mask = torch.tensor([[True] * 5 + [False] * 4])
    torch.testing.assert_close(model(longer, target, mask), model(source, target))


@pytest.mark.parametrize("norm_first", [False, True])
def test_step_by_step_with_a_cache_is_the_whole(norm_first: bool) -> None:
    model = small(norm_first=norm_first)
    source, target = torch.randint(0, WORDS, (2, 5)), torch.randint(0, WORDS, (2, 6))
    memory, cache = model.encode(source), DecoderCache()
    steps = [model.decode(part, memory, cache=cache) for part in target.split([2, 1, 1, 2], 1)]
    torch.testing.assert_close(torch.cat(steps, 1), model(source, target))


def test_a_cache_follows_the_chosen_sequences() -> None:
    """Beam search keeps the second sequence twice: both go on from what it has read."""
    model = small()
    source, target = torch.randint(0, WORDS, (2, 5)), torch.randint(0, WORDS, (2, 4))
    memory, cache, rows = model.encode(source), DecoderCache(), torch.tensor([1, 1])
    model.decode(target[:, :3], memory, cache=cache)
    kept = cache.chosen(rows)
    ends = torch.tensor([[3], [4]])
    found = model.decode(ends, memory[rows], cache=kept)
    whole = model(source[rows], torch.cat([target[rows, :3], ends], 1))
    torch.testing.assert_close(found[:, -1], whole[:, -1])


def test_gradient_reaches_every_parameter() -> None:
    model = small().train()
    logits = model(torch.randint(0, WORDS, (2, 5)), torch.randint(0, WORDS, (2, 4)))
    assert logits.shape == (2, 4, WORDS + 2)
    (logits * torch.randn_like(logits)).sum().backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_the_default_is_the_base_model() -> None:
    """Without word vectors: 44.1 million weights in 6 + 6 layers of 512."""
    with torch.device("meta"):
        model = Transformer(1, 1)
    layers = sum(p.numel() for n, p in model.named_parameters() if n.startswith(("encoder", "decoder")))
    attention, feed = 4 * (512 * 512 + 512), 512 * 2048 + 2048 + 2048 * 512 + 512
    assert layers == 6 * (attention + feed + 2 * 1024) + 6 * (2 * attention + feed + 3 * 1024)
