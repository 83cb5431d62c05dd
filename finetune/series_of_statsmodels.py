"""Write the series that the package statsmodels carries as CSV files, in the layout that `finetune.time_series` reads.

    python -m finetune.series_of_statsmodels DIR

DIR gets 14 series to train on and DIR/test three that are kept apart. All are in the public domain, as the package says.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

APART = (
    "electrical_equipment",
    "nile",
    "us_unemployment",
)  # never trained on: one monthly, one yearly, one quarterly
QUARTERLY = {  # column of macrodata -> file; United States, 1959 to 2009
    "realgdp": "us_gdp", "realcons": "us_consumption", "realinv": "us_investment", "realgovt": "us_government",
    "realdpi": "us_income", "cpi": "us_prices", "m1": "us_money", "tbilrate": "us_treasury_rate", "unemp": "us_unemployment",
    "pop": "us_population", "infl": "us_inflation", "realint": "us_real_interest",
}  # fmt: skip


def series() -> Iterator[tuple[str, str, list[str], np.ndarray]]:
    """(name, what is counted, dates, values) of each."""
    from statsmodels import datasets
    from statsmodels.datasets import elec_equip

    co2 = datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    yield "co2", "ppm", [f"{date:%Y-%m}" for date in co2.index], co2.to_numpy()
    sea = datasets.elnino.load_pandas().data
    dates = [f"{int(year)}-{month:02}" for year in sea["YEAR"] for month in range(1, 13)]
    yield "sea_temperature", "degrees Celsius", dates, sea.iloc[:, 1:].to_numpy().ravel()
    factory = elec_equip.load_pandas().data.iloc[:, 0]
    yield "electrical_equipment", "index", [f"{date:%Y-%m}" for date in factory.index], factory.to_numpy()
    sun = datasets.sunspots.load_pandas().data
    yield "sunspots", "number", [f"{int(year)}" for year in sun["YEAR"]], sun["SUNACTIVITY"].to_numpy()
    nile = datasets.nile.load_pandas().data
    yield "nile", "10^8 m3", [f"{int(year)}" for year in nile["year"]], nile["volume"].to_numpy()
    macro = datasets.macrodata.load_pandas().data
    quarters = [f"{int(y)}-Q{int(q)}" for y, q in zip(macro["year"], macro["quarter"], strict=True)]
    for column, name in QUARTERLY.items():
        yield name, column, quarters, macro[column].to_numpy()


def write(folder: Path) -> list[Path]:
    """The files."""
    written = []
    for name, unit, dates, values in series():
        path = folder / ("test" if name in APART else "") / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = "".join(f"{date},{value:.6g}\n" for date, value in zip(dates, values, strict=True))
        path.write_text(f"date,{unit}\n{rows}", encoding="utf-8")
        written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    (folder,) = sys.argv[1:] if arguments is None else arguments
    print("\n".join(path.name for path in write(Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
