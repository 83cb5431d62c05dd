"""A Checkpoint as the Python source that stands for it in `hub_models/catalog/`, laid out as ruff would."""

import re
from dataclasses import MISSING, fields, is_dataclass

from hub_models.checkpoint import Checkpoint

LINE = 110  # columns, as in pyproject.toml


def row_source(checkpoint: Checkpoint) -> str:
    """The Checkpoint as Python source for a tuple in catalog/, as ruff would format it."""
    return "    " + source(checkpoint, 4, 0, explode=True) + ","


def source(value: object, indent: int, taken: int, explode: bool = False) -> str:
    """`value` as an expression at `indent`, on one line where it fits beside `taken` other characters."""
    flat = source_flat(value)
    if not explode and indent + taken + len(flat) + 1 <= LINE:
        return flat
    inner, close = "\n" + " " * (indent + 4), "\n" + " " * indent
    if is_dataclass(value):
        items = [f"{n}={source(v, indent + 4, len(n) + 1)}," for n, v in told(value)]
        return f"{type(value).__name__}({inner}{inner.join(items)}{close})"
    if isinstance(value, tuple):
        return f"({inner}{inner.join(source(v, indent + 4, 0) + ',' for v in value)}{close})"
    if isinstance(value, str):
        width = LINE - indent - 4 - 2
        parts = re.findall(rf"(?s).{{1,{width // 2}}}(?:\s+|$)|.{{1,{width // 2}}}", value)
        return f"({inner}{inner.join(map(quoted, parts))}{close})"
    return flat


def source_flat(value: object) -> str:
    if is_dataclass(value):
        return f"{type(value).__name__}({', '.join(f'{n}={source_flat(v)}' for n, v in told(value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(source_flat, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 10_000:
        return f"{value:_}"
    return repr(value)


def told(record: object) -> list[tuple[str, object]]:
    """Names and values of the fields that differ from their defaults."""
    values = [(field, getattr(record, field.name)) for field in fields(record)]
    return [
        (field.name, value) for field, value in values if field.default is MISSING or value != field.default
    ]


def quoted(text: str) -> str:
    """A string literal in double quotes, or in single ones where that needs fewer backslashes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return (
        quote + "".join("\\" + c if c == quote else c if c in "'\"" else repr(c)[1:-1] for c in text) + quote
    )
