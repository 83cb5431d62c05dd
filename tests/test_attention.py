"""The attention of the lecture: by its equations in numpy, and equal to torch's own with copied weights."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hub_models.architectures.attention import (
    BahdanauAttention,
    LuongAttention,
    MultiHeadAttention,
    causal_mask,
    padding_mask,
    scaled_dot_product,
)
from hub_models.architectures.character_model import CharacterModel
from hub_models.inside.attention_steps import attention_steps, steps_of

BATCH, STEPS, D, HEADS = 2, 6, 8, 4


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_causal_mask_sees_itself_and_the_past() -> None:
    assert causal_mask(3).int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert causal_mask(1, 3).int().tolist() == [[1, 1, 1]]
    assert causal_mask(2, 3).int().tolist() == [[1, 1, 0], [1, 1, 1]]


def test_padding_mask_ends_with_the_sequence() -> None:
    assert padding_mask(torch.tensor([1, 3]), 3).int().tolist() == [[1, 0, 0], [1, 1, 1]]


def test_scaled_dot_product_by_hand() -> None:
    """Equation 10.16 with numbers small enough to check on paper."""
    Q, K, V = torch.tensor([[2.0, 0]]), torch.tensor([[1.0, 0], [0, 1]]), torch.tensor([[10.0], [20]])
    output, weights = scaled_dot_product(Q, K, V)
    first = 1 / (1 + math.exp(-2 / math.sqrt(2)))  # softmax of (2 / sqrt 2, 0)
    assert weights[0].tolist() == pytest.approx([first, 1 - first])
    assert output.item() == pytest.approx(10 * first + 20 * (1 - first))


@pytest.mark.parametrize("masked", [False, True])
def test_scaled_dot_product_is_torch_s(masked: bool) -> None:
    Q, K, V = (torch.randn(BATCH, HEADS, STEPS, D) for _ in range(3))
    mask = causal_mask(STEPS) if masked else None
    ours, weights = scaled_dot_product(Q, K, V, mask)
    torch.testing.assert_close(ours, F.scaled_dot_product_attention(Q, K, V, attn_mask=mask))
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, HEADS, STEPS))
    if masked:
        assert weights.triu(1).abs().max() == 0


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("crossed", [False, True])
def test_multi_head_is_torch_s(crossed: bool, masked: bool) -> None:
    theirs = nn.MultiheadAttention(D, HEADS, batch_first=True)
    nn.init.normal_(theirs.in_proj_bias)
    ours = MultiHeadAttention(D, HEADS)
    ours.take(theirs)
    x, memory = torch.randn(BATCH, STEPS, D), torch.randn(BATCH, 5, D) if crossed else None
    looked_at = x if memory is None else memory
    mask = torch.rand(STEPS, looked_at.shape[1]) < 0.6
    mask[:, 0] = True
    expected = theirs(x, looked_at, looked_at, attn_mask=~mask if masked else None)[0]
    torch.testing.assert_close(ours(x, memory, mask if masked else None)[0], expected)


def test_multi_head_is_the_equations() -> None:
    """Equations 10.17 to 10.20, head by head."""
    layer = MultiHeadAttention(D, HEADS)
    x = torch.randn(1, STEPS, D)
    Q, K, V = layer.W_Q(x)[0], layer.W_K(x)[0], layer.W_V(x)[0]
    heads = []
    for i in range(HEADS):
        part = slice(i * D // HEADS, (i + 1) * D // HEADS)
        heads.append(scaled_dot_product(Q[:, part], K[:, part], V[:, part])[0])
    torch.testing.assert_close(layer(x)[0][0], layer.W_O(torch.cat(heads, -1)))


def test_a_cache_gives_what_a_causal_mask_gives() -> None:
    layer = MultiHeadAttention(D, HEADS).eval()
    x = torch.randn(BATCH, STEPS, D)
    whole = layer(x, mask=causal_mask(STEPS))[0]
    cache, steps = None, []
    for step in x.split([3, 1, 2], 1):
        before = 0 if cache is None else cache[0].shape[2]
        mask = causal_mask(step.shape[1], before + step.shape[1])
        answer, cache = layer(step, mask=mask, cache=cache)
        steps.append(answer)
    torch.testing.assert_close(torch.cat(steps, 1), whole)


def test_heads_must_share_the_dimension() -> None:
    with pytest.raises(ValueError, match="3 heads"):
        MultiHeadAttention(8, 3)


def test_bahdanau_by_hand() -> None:
    layer = BahdanauAttention(query=3, key=4, units=5)
    q, keys = torch.randn(BATCH, 3), torch.randn(BATCH, STEPS, 4)
    context, weights = layer(q, keys)
    W_q, W_k = layer.W_q.weight.detach().numpy(), layer.W_k.weight.detach().numpy()
    b, v = layer.W_k.bias.detach().numpy(), layer.v.weight.detach().numpy()[0]
    for row in range(BATCH):
        energy = np.array([v @ np.tanh(W_q @ q[row].numpy() + W_k @ k + b) for k in keys[row].numpy()])
        np.testing.assert_allclose(weights[row].detach(), softmax(energy), atol=1e-6)
        expected = softmax(energy) @ keys[row].numpy()
        np.testing.assert_allclose(context[row].detach(), expected, atol=1e-5)


@pytest.mark.parametrize("score", ["dot", "general"])
def test_luong_by_hand(score: str) -> None:
    layer = LuongAttention(query=4, key=4, score=score)
    q, keys = torch.randn(BATCH, 4), torch.randn(BATCH, STEPS, 4)
    context, weights = layer(q, keys)
    W = layer.W.weight.detach().numpy() if score == "general" else np.eye(4)
    for row in range(BATCH):
        expected = softmax(keys[row].numpy() @ W.T @ q[row].numpy())
        np.testing.assert_allclose(weights[row].detach(), expected, atol=1e-6)
        np.testing.assert_allclose(context[row].detach(), expected @ keys[row].numpy(), atol=1e-5)


@pytest.mark.parametrize("layer", [BahdanauAttention(4, 4, 5), LuongAttention(4, 4)])
def test_padding_gets_no_weight(layer: nn.Module) -> None:
    q, keys = torch.randn(BATCH, 4), torch.randn(BATCH, STEPS, 4)
    mask = padding_mask(torch.tensor([2, STEPS]), STEPS)
    context, weights = layer(q, keys, mask)
    assert weights[0, 2:].abs().max() == 0
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH))
    torch.testing.assert_close(context[:1], layer(q[:1], keys[:1, :2])[0])


def test_a_dot_product_needs_equal_sizes() -> None:
    with pytest.raises(ValueError, match="general"):
        LuongAttention(3, 4)


@pytest.mark.parametrize("crossed", [False, True])
def test_the_steps_lead_to_what_the_layer_answers(crossed: bool) -> None:
    layer = MultiHeadAttention(D, HEADS).eval()
    x, memory = torch.randn(STEPS, D), torch.randn(4, D) if crossed else None
    mask = None if crossed else causal_mask(STEPS)
    found = attention_steps(layer, x, memory, mask)
    expected = layer(x[None], None if memory is None else memory[None], mask)[0][0]
    np.testing.assert_allclose(found.output, expected.detach(), atol=1e-6)
    seen = len(x if memory is None else memory)
    assert found.Q.shape == (HEADS, STEPS, D // HEADS) and found.V.shape == (HEADS, seen, D // HEADS)
    np.testing.assert_allclose(found.weights, softmax(found.scores), atol=1e-6)
    seen_at = np.broadcast_to(found.mask, found.scores.shape)
    np.testing.assert_allclose(
        found.products[seen_at], found.scores[seen_at] * math.sqrt(D / HEADS), rtol=1e-5
    )
    np.testing.assert_allclose(found.heads, found.weights @ found.V, atol=1e-6)


def test_the_steps_of_a_whole_transformer() -> None:
    model = CharacterModel(9, "transformer", width=D, hidden=12, layers=2, heads=2, context=8).eval()
    numbers = torch.randint(2, 9, (8,))
    first, second = steps_of(model, numbers)
    assert first.weights.shape == second.weights.shape == (2, 8, 8)
    assert np.triu(second.weights, 1).max() == 0
    with torch.no_grad():
        x = model.embed(numbers[None])
        after = x + torch.from_numpy(first.output)[None]
        after = after + model.layers[0].feed_forward(model.layers[0].norm_feed(after))
        np.testing.assert_allclose(second.x, model.layers[1].norm_attention(after)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "length", "says"), [("lstm", 3, "Transformer"), ("transformer", 9, "at most 8")]
)
def test_no_steps_of_what_has_none(kind: str, length: int, says: str) -> None:
    model = CharacterModel(9, kind, width=D, hidden=12, heads=2, context=8)
    with pytest.raises(ValueError, match=says):
        steps_of(model, torch.full((length,), 2))
