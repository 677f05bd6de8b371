"""Turning times, dates and amounts into the text that exports show, and tables into CSV bytes.

Belongs here: formats shared by several of the demo's files.
Does not belong here: what stands in the files.
"""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd

from roi_models.simulate import Simulation

SURVEY_ZONE = "America/New_York"
_EPOCH = np.datetime64(0, "s")


def cosmetic_generator(seed: int, purpose: str) -> np.random.Generator:
    """Randomness that no truth depends on (wording, owners, extra invoice lines), one stream per purpose."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *purpose.encode()])))


class CosmeticDraws:
    """Uniform numbers for the rows of a frame, group of customers by group: who joins later moves nobody's numbers.

    Stands in for a generator whose draws have the frame's rows as their last axis.
    """

    def __init__(self, simulation: Simulation, purpose: str, frame: str) -> None:
        self._sizes = simulation.part_sizes(frame)
        self._generators = [
            cosmetic_generator(simulation.seed, purpose if place == 0 else f"{purpose} {place}")
            for place in range(len(self._sizes))
        ]

    def random(self, shape: int | tuple[int, int]) -> np.ndarray:
        """Numbers between 0 and 1; the last axis of `shape` is the number of rows."""
        *first, rows = (shape,) if isinstance(shape, int) else shape
        if rows != sum(self._sizes):
            raise ValueError(f"{rows} rows were asked for, but the frame has {sum(self._sizes)}.")
        pairs = zip(self._generators, self._sizes, strict=True)
        return np.concatenate([generator.random((*first, size)) for generator, size in pairs], axis=-1)


def utc_text(times: pd.Series | np.ndarray, suffix: str = "Z") -> np.ndarray:
    """`2024-05-01T12:30:00Z`, blank where there is no time."""
    values = np.asarray(times, dtype="datetime64[s]")
    text = np.char.add(np.datetime_as_string(np.where(np.isnat(values), _EPOCH, values), unit="s"), suffix)
    return np.where(np.isnat(values), "", text)


def survey_zone_text(times: pd.Series | np.ndarray) -> np.ndarray:
    """UTC times as the survey tool's exporter shows them: `2024-05-01 08:30:00` in New York."""
    local = pd.DatetimeIndex(np.asarray(times, dtype="datetime64[s]"), tz="UTC").tz_convert(SURVEY_ZONE)
    return np.char.replace(np.datetime_as_string(local.tz_localize(None).to_numpy(), unit="s"), "T", " ")


def iso_date(dates: pd.Series | np.ndarray) -> np.ndarray:
    """`2024-05-01`, blank where there is no date."""
    values = np.asarray(dates, dtype="datetime64[D]")
    return np.where(np.isnat(values), "", np.datetime_as_string(values))


def slashed_date(dates: pd.Series | np.ndarray) -> np.ndarray:
    """`01/05/2024`: the day comes first."""
    days, places = np.unique(np.asarray(dates, dtype="datetime64[D]"), return_inverse=True)
    return np.array(["/".join(reversed(str(day).split("-"))) for day in days], dtype=str)[places]


def cents_text(cents: np.ndarray) -> list[str]:
    """Whole cents as major units with two decimals, exactly: -5 → `-0.05`."""
    return [f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}" for value in cents.tolist()]


def decimal_comma(values: np.ndarray, decimals: int) -> list[str]:
    """Numbers with a fixed count of decimals after a comma: 12.5 → `12,50`."""
    return [f"{value:.{decimals}f}".replace(".", ",") for value in values.tolist()]


def csv_bytes(table: pd.DataFrame, *, separator: str = ",", bom: bool = False) -> bytes:
    """CSV with a header row, minimal quoting, `\\n` line ends, UTF-8; what is missing is blank.

    The standard library writes these tables about twice as fast as pandas does.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(table.columns)
    columns = [table[name].astype(object).where(table[name].notna(), "").tolist() for name in table.columns]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")
