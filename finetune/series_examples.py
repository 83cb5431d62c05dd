"""Write the example series of the demo: parts of what statsmodels carries, and one that is drawn.

python -m finetune.series_examples hub_models/examples
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from finetune.series_of_statsmodels import series

NAMES = {  # series -> (file, values from, values up to)
    "co2": ("co2", -360, None),
    "sea_temperature": ("sea_temperature", -360, None),
    "electrical_equipment": ("factories", -204, None),
    "sunspots": ("sunspots", None, None),
    "nile": ("nile", None, None),
    "us_gdp": ("economy", None, None),
}
CRISIS = "2008-Q2"  # the last quarter before the gross domestic product fell for a year


def texts() -> dict[str, str]:
    """File -> contents."""
    found = {}
    for name, unit, dates, values in series():
        if name not in NAMES:
            continue
        stem, start, end = NAMES[name]
        rows = [f"{d},{v:.6g}" for d, v in zip(dates[start:end], values[start:end], strict=True)]
        found[f"series_{stem}.csv"] = table(f"date,{unit}", rows)
        if name == "us_gdp":
            before = rows[: dates.index(CRISIS) + 1]
            found["series_before_a_crisis.csv"] = table(f"date,{unit}", before)
        if name == "electrical_equipment":
            found["series_spreadsheet.csv"] = spreadsheet(dates[-120:], values[-120:])
    walk = 100 + np.cumsum(np.random.default_rng(1905).normal(0, 1, 150))  # Pearson's question of 1905
    found["series_random_walk.csv"] = table("value", [f"{value:.2f}" for value in walk])
    return found


def spreadsheet(dates: Sequence[str], values: np.ndarray) -> str:
    """As many spreadsheets write it: semicolons, decimal commas, 01.09.2001, a cell left empty and a row left out."""
    cells = [f"01.{d[5:]}.{d[:4]};{v:.1f}" for d, v in zip(dates, values, strict=True)]
    cells = [date + ";" + number.replace(".", ",") for date, number in (cell.split(";") for cell in cells)]
    cells[30] = cells[30].partition(";")[0] + ";"
    return table("Monat;Index", cells[:70] + cells[71:])


def table(header: str, rows: Sequence[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    (folder,) = sys.argv[1:] if arguments is None else arguments
    for name, text in texts().items():
        Path(folder, name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
