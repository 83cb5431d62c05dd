"""The cells of the lecture: equal to torch's layers with copied weights, and to their equations by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hub_models.architectures.rnn_cells import GRUCell, LSTMCell, Recurrent, RNNCell, unroll
from hub_models.inside.recurrence import decay, gradient_norms, recurrences

KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
INPUTS, HIDDEN, STEPS = 5, 7, 9


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def sequences() -> Tensor:
    return torch.randn(3, STEPS, INPUTS)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_torch_with_its_weights(kind: str, bidirectional: bool, layers: int) -> None:
    fast = KINDS[kind](INPUTS, HIDDEN, layers, batch_first=True, bidirectional=bidirectional)
    x = sequences()
    torch.testing.assert_close(Recurrent.from_torch(fast)(x), fast(x)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_last_state_is_torch_s(kind: str) -> None:
    fast = KINDS[kind](INPUTS, HIDDEN, batch_first=True)
    x = sequences()
    last = unroll(Recurrent.from_torch(fast).layers[0][0], x).states[-1]
    theirs = fast(x)[1]
    theirs = theirs if isinstance(theirs, tuple) else (theirs,)
    for ours, state in zip(last, theirs, strict=True):
        torch.testing.assert_close(ours, state[0])


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_torch_s(kind: str) -> None:
    """Backpropagation through time, to the input of every step."""
    fast = KINDS[kind](INPUTS, HIDDEN, batch_first=True)
    ours = Recurrent.from_torch(fast)
    found = []
    for layer in (ours, lambda x: fast(x)[0]):
        torch.manual_seed(1)
        x = sequences().requires_grad_()
        layer(x)[:, -1].sum().backward()
        found.append(x.grad)
    torch.testing.assert_close(*found)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def by_hand(cell: nn.Module, x: np.ndarray, h: np.ndarray) -> dict[str, np.ndarray]:
    """W_x. x + b_. and W_h. for each letter, in numpy."""
    with torch.no_grad():
        return {
            g: cell.W_x[g].weight.numpy() @ x
            + cell.W_x[g].bias.numpy()
            + (cell.W_h[g].weight.numpy() @ h if g != "g" or not isinstance(cell, GRUCell) else 0)
            for g in cell.GATES
        }


def test_lstm_by_the_equations() -> None:
    """Equations 10.6 to 10.11."""
    cell, rng = LSTMCell(INPUTS, HIDDEN), np.random.default_rng(0)
    x, h, c = (rng.normal(size=n).astype(np.float32) for n in (INPUTS, HIDDEN, HIDDEN))
    sums = by_hand(cell, x, h)
    long_term = sigmoid(sums["f"]) * c + sigmoid(sums["i"]) * np.tanh(sums["g"])
    short_term = sigmoid(sums["o"]) * np.tanh(long_term)
    with torch.no_grad():
        (ours, cells), gates = cell(torch.tensor(x)[None], (torch.tensor(h)[None], torch.tensor(c)[None]))
    np.testing.assert_allclose(ours[0], short_term, atol=1e-5)
    np.testing.assert_allclose(cells[0], long_term, atol=1e-5)
    np.testing.assert_allclose(gates["f"][0], sigmoid(sums["f"]), atol=1e-5)


def test_gru_of_the_lecture_by_the_equations() -> None:
    """Equations 10.12 to 10.15: the reset gate is applied before the matrix."""
    cell, rng = GRUCell(INPUTS, HIDDEN), np.random.default_rng(0)
    x, h = (rng.normal(size=n).astype(np.float32) for n in (INPUTS, HIDDEN))
    sums = by_hand(cell, x, h)
    z, r = sigmoid(sums["z"]), sigmoid(sums["r"])
    with torch.no_grad():
        g = np.tanh(sums["g"] + cell.W_h["g"].weight.numpy() @ (r * h))
        (ours,), _ = cell(torch.tensor(x)[None], (torch.tensor(h)[None],))
    np.testing.assert_allclose(ours[0], z * h + (1 - z) * g, atol=1e-5)


def test_the_two_gru_agree_where_the_matrix_is_diagonal() -> None:
    """diag(a) (r ⊗ h) = r ⊗ diag(a) h: only then does it not matter where the reset stands."""
    lecture, torchs = GRUCell(INPUTS, HIDDEN), GRUCell(INPUTS, HIDDEN, reset="after")
    torchs.load_state_dict(lecture.state_dict(), strict=False)
    x = sequences()
    assert not torch.allclose(unroll(lecture, x).hidden, unroll(torchs, x).hidden, atol=1e-4)
    with torch.no_grad():
        for cell in (lecture, torchs):
            cell.W_h["g"].weight.copy_(torch.diag(torch.arange(HIDDEN).float()))
    torch.testing.assert_close(unroll(lecture, x).hidden, unroll(torchs, x).hidden)


def test_an_open_forget_gate_keeps_everything() -> None:
    """f = 1 and i = 0: the long-term state of the first step is still there a thousand steps later."""
    cell = LSTMCell(INPUTS, HIDDEN)
    with torch.no_grad():
        for gate, bias in (("f", 50.0), ("i", -50.0)):
            cell.W_x[gate].bias.fill_(bias)
        memory = torch.randn(1, HIDDEN)
        end = unroll(cell, torch.randn(1, 1000, INPUTS), (torch.zeros(1, HIDDEN), memory)).states[-1]
    torch.testing.assert_close(end[1], memory)


@pytest.mark.parametrize(
    ("cell", "says"),
    [(nn.RNN(3, 4, nonlinearity="relu"), "tanh"), (nn.LSTM(3, 4, proj_size=2), "LSTM")],
)
def test_other_layers_are_refused(cell: nn.Module, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Recurrent.from_torch(cell)


def test_the_lecture_s_gru_does_not_take_torch_s_weights() -> None:
    with pytest.raises(ValueError, match="after"):
        GRUCell(3, 4).take(*nn.GRU(3, 4).all_weights[0])


def test_recurrences_name_layers_directions_and_gates() -> None:
    layer = nn.LSTM(INPUTS, HIDDEN, 2, batch_first=True, bidirectional=True)
    x = sequences()
    found = recurrences(layer, x[0])
    assert [(one.layer, one.backwards) for one in found] == [(0, False), (0, True), (1, False), (1, True)]
    assert set(found[0].gates) == {"i", "f", "o", "g"}
    assert found[0].cell.shape == found[0].gates["f"].shape == (STEPS, HIDDEN)
    with torch.no_grad():
        last = layer(x)[0][0].numpy()
    np.testing.assert_allclose(np.concatenate([found[2].hidden, found[3].hidden], 1), last, atol=1e-6)


def test_a_basic_cell_has_no_gates() -> None:
    (found,) = recurrences(nn.RNN(INPUTS, HIDDEN, batch_first=True), sequences()[0])
    assert found.gates == {} and found.cell is None


def test_gradient_norms_by_finite_differences() -> None:
    """The norm at step t: move h of step t alone and see how the last step's loss changes."""
    cell = RNNCell(INPUTS, HIDDEN).double()
    layer = nn.RNN(INPUTS, HIDDEN, batch_first=True).double()
    x = sequences()[0].double()
    cell.take(*layer.all_weights[0])
    norms = gradient_norms(layer, x, lambda hidden: hidden[-1].square().sum())
    states = unroll(cell, x[None]).states
    step, eps = 4, 1e-6
    slopes = []
    with torch.no_grad():
        for unit in range(HIDDEN):
            ends = []
            for sign in (1, -1):
                moved = states[step][0].clone()
                moved[0, unit] += sign * eps
                ends.append(unroll(cell, x[None, step + 1 :], (moved,)).hidden[0, -1].square().sum())
            slopes.append(float(ends[0] - ends[1]) / (2 * eps))
    assert norms[step] == pytest.approx(np.linalg.norm(slopes), rel=1e-4)


def test_gradients_vanish_in_a_basic_cell_and_pass_an_open_lstm() -> None:
    """The lecture's section 10.5: small weights, 60 steps, the loss at the last."""
    x = torch.randn(60, INPUTS)
    rnn, lstm = nn.RNN(INPUTS, HIDDEN, batch_first=True), nn.LSTM(INPUTS, HIDDEN, batch_first=True)
    with torch.no_grad():
        rnn.weight_hh_l0.mul_(0.5)
        lstm.bias_ih_l0[HIDDEN : 2 * HIDDEN] = 8.0  # the forget gate, open
    short, long = (gradient_norms(layer, x, lambda hidden: hidden[-1].sum()) for layer in (rnn, lstm))
    assert short.shape == long.shape == (60,)
    assert short[0] < 1e-6 * short[-1] and decay(short) < 0.8
    assert long[0] > 1e-3 * long[-1] and decay(long) > 0.9


def test_a_loss_that_leaves_steps_out_reaches_nothing_after_it() -> None:
    """The lecture's figure 10.3: the cost may depend on some of the outputs only."""
    layer = nn.GRU(INPUTS, HIDDEN, batch_first=True)
    norms = gradient_norms(layer, sequences()[0], lambda hidden: hidden[3].sum())
    assert (norms[:4] > 0).all() and (norms[4:] == 0).all()


def test_a_frozen_layer_can_be_looked_into() -> None:
    layer = nn.GRU(INPUTS, HIDDEN, batch_first=True).requires_grad_(False).eval()
    assert (gradient_norms(layer, sequences()[0], lambda hidden: hidden[-1].sum()) > 0).all()


@pytest.mark.parametrize(("norms", "expected"), [([1.0, 2, 4], 0.5), ([3.0], 1.0), ([0.0, 0], 1.0)])
def test_decay(norms: list[float], expected: float) -> None:
    assert decay(np.asarray(norms)) == pytest.approx(expected)
