"""Small maps of numbers as people type them."""

import numpy as np

from hub_models.errors import BadInput

MOST_CHARACTERS = 2000


def parse_grid(text: str, name: str, largest: int, square: bool = False) -> np.ndarray:
    """Rows of numbers, a row a line or separated by `;`; columns by blanks or commas -> (h, w) float64."""
    if len(text) > MOST_CHARACTERS:
        raise BadInput(
            "bad_value", f"Expected at most {MOST_CHARACTERS} characters for {name}, got {len(text)}."
        )
    lines = text.replace("−", "-").replace(";", "\n").splitlines()
    rows = [line.replace(",", " ").split() for line in lines if line.strip()]
    sides = len(rows), len(rows[0]) if rows else 0
    if not rows or any(len(row) != sides[1] for row in rows) or (square and sides[0] != sides[1]):
        shape = "as many numbers in each row as rows" if square else "as many numbers in each row"
        raise BadInput(
            "bad_value", f"Expected {shape} of {name}, got rows of {[len(row) for row in rows][:10]}."
        )
    if max(sides) > largest:
        raise BadInput(
            "bad_value", f"Expected {name} of at most {largest} x {largest}, got {sides[0]} x {sides[1]}."
        )
    return np.array([[a_number(word, name) for word in row] for row in rows])


def a_number(word: str, name: str) -> float:
    try:
        above, _, below = word.partition("/")
        value = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError) as error:
        raise BadInput("bad_value", f"Expected numbers in {name}, got {word[:20]!r}.") from error
    if not abs(value) <= 1e6:
        raise BadInput("bad_value", f"Expected numbers up to a million in {name}, got {word[:20]!r}.")
    return value
