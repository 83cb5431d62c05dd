"""The memory test: what is asked, that it can be learned, and that its view and its benchmark show it."""

import torch

from benchmarks.copying import main as benchmark
from hub_models.inside.copying import MARK, SYMBOLS, copied, copies, sequences


def test_what_is_asked() -> None:
    numbers, symbol = sequences(50, 7, torch.Generator().manual_seed(0))
    assert numbers.shape == (50, 9) and torch.equal(numbers[:, 0], symbol)
    assert int(symbol.min()) >= 1 and int(symbol.max()) <= SYMBOLS
    assert int(numbers[:, 1:-1].min()) > SYMBOLS and (numbers[:, -1] == MARK).all()


def test_over_a_short_distance_it_is_learned() -> None:
    found = copied("transformer", 3, 20)
    assert found.accuracy > 0.9 and found.steps > 1 and found.seconds < 25


def test_every_kind_takes_a_turn_and_the_random_state_stays(capsys) -> None:
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    assert [one.kind for one in copies((2,), 0.05)] == ["rnn", "lstm", "gru", "transformer"]
    assert torch.equal(state, torch.random.get_rng_state())
    assert benchmark(["--distances", "2", "--seconds", "0.05"]) == 0
    assert capsys.readouterr().out.count("Transformer") == 1
