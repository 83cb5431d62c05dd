"""Formulas 7.1 and 7.2 of the lecture, with the numbers put in."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Formula:
    """`text`: the arithmetic as one reads it, with its result; `value`: the result."""

    text: str
    value: int


def output_size(
    n: int, *, f: int, p: tuple[int, int] = (0, 0), s: int = 1, dilation: int = 1, ceil: bool = False
) -> Formula:
    """Formula 7.1 along one side: ⌊(n + 2p - f) / s + 1⌋.

    `p`: padding before and after. A dilated filter reaches over dilation * (f - 1) + 1 cells. With `ceil`
    (poolings only) the size is rounded up, but no window may start behind the picture and its padding.
    """
    reach = dilation * (f - 1) + 1
    padding = f"2·{p[0]}" if p[0] == p[1] else f"{p[0]} + {p[1]}"
    reach_text = f"{f}" if dilation == 1 else f"({dilation}·({f} − 1) + 1)"
    room = n + p[0] + p[1] - reach
    value = -(-room // s) + 1 if ceil else room // s + 1
    left, right = "⌈⌉" if ceil else "⌊⌋"
    text = f"{left}({n} + {padding} − {reach_text}) / {s} + 1{right}"
    if ceil and (value - 1) * s >= n + p[0]:
        value -= 1
        text += " − 1 (the last window would lie outside)"
    return Formula(text=f"{text} = {value}", value=value)


def sizes_text(sizes: tuple[Formula, Formula]) -> str:
    """Height and width in one line, once if they are equal."""
    height, width = sizes
    if height == width:
        return f"n_H = n_W = {height.text}"
    return f"n_H = {height.text}, n_W = {width.text}"


def convolution_parameters(
    f_hw: tuple[int, int], *, channels_in: int, channels: int, groups: int, bias: bool, more: dict[str, int]
) -> Formula:
    """Formula 7.2: f × f × n_C^[l-1] × n_C^[l] + n_C^[l].

    A filter of a grouped convolution sees n_C^[l-1] / groups maps. `more`: other parameters by name.
    """
    depth = f"{channels_in}" if groups == 1 else f"({channels_in}/{groups})"
    value = f_hw[0] * f_hw[1] * (channels_in // groups) * channels
    return _summed(f"{f_hw[0]}×{f_hw[1]}×{depth}×{channels}", value, channels if bias else 0, more)


def linear_parameters(*, features_in: int, features: int, bias: bool, more: dict[str, int]) -> Formula:
    """Formula 7.2 with f = 1: every output is a weighted sum of every input."""
    return _summed(f"{features_in}×{features}", features_in * features, features if bias else 0, more)


def norm_parameters(more: dict[str, int]) -> Formula:
    """One number a channel for each of γ (`weight`) and β (`bias`)."""
    greek = {"weight": "γ", "bias": "β"}
    value = sum(more.values())
    listed = " + ".join(f"{count} {greek.get(name, name)}" for name, count in more.items())
    return Formula(text=f"{listed} = {value}" if listed else "0", value=value)


def _summed(text: str, weights: int, biases: int, more: dict[str, int]) -> Formula:
    text += f" + {biases}" if biases else " (no bias)"
    text += "".join(f" + {count} ({name})" for name, count in more.items())
    value = weights + biases + sum(more.values())
    return Formula(text=f"{text} = {value}", value=value)
