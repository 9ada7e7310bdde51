"""What lies in a checkout of the benchmark: files, their parameters, the tables they stand for, the weights, the other systems' scores."""

import csv
import functools
import importlib
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

DataSet = Literal["polluted_files", "survey_sample"]
DATA_SETS: Final[tuple[DataSet, ...]] = ("polluted_files", "survey_sample")
MEASURES: Final = 10  # of a file, each from 0 to 1: the score is their sum
LOST: Final = (0.0,) * MEASURES


@dataclass(frozen=True)
class Published:
    """`weighted` is only there for the polluted files."""

    system: str
    simple: float
    weighted: float | None


class Benchmark:
    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        sys.path.insert(0, str(checkout))
        metrics: Any = importlib.import_module("pollock.metrics")
        # The same few values stand in most of the files: without this, reading dates takes most of the time.
        metrics.normalize_cell = functools.cache(metrics.normalize_cell)
        self._metrics = metrics

    def files(self, data_set: DataSet) -> list[Path]:
        """Those that stand in the checkout together with their clean table."""
        clean = self._checkout / data_set / "clean"
        return sorted(file for file in (self._checkout / data_set / "csv").iterdir() if (clean / file.name).exists())

    def parameters(self, file: Path) -> dict[str, Any]:
        path = file.parent.parent / "parameters" / f"{file.name}_parameters.json"
        return dict(json.loads(path.read_text()))

    def weights(self) -> dict[str, float]:
        return dict(json.loads((self._checkout / "pollock_weights.json").read_text()))

    def score(self, file: Path, table: bytes | None) -> tuple[float, ...]:
        """Success, then precision, recall and F1 of header, records and cells. `table`: the file as it was loaded, as CSV; None: it was not."""
        if table is None:
            return LOST
        with tempfile.NamedTemporaryFile(suffix=".csv") as loaded:
            loaded.write(table)
            loaded.flush()
            clean = file.parent.parent / "clean" / file.name
            return (1.0, *(float(value) for value in self._metrics.header_record_cell_measures_csv(str(clean), loaded.name)))

    def published(self, data_set: DataSet) -> list[Published]:
        """Best first."""
        with (self._checkout / "results" / f"aggregate_results_{data_set}.csv").open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        systems = [
            Published(row["sut"], float(row["pollock_simple"]), float(row["pollock_weighted"]) if "pollock_weighted" in row else None)
            for row in rows
        ]
        return sorted(systems, key=lambda system: -system.simple)


def simple_score(scores: Mapping[str, tuple[float, ...]]) -> float:
    return _mean(sum(score) for score in scores.values())


def weighted_score(scores: Mapping[str, tuple[float, ...]], weights: Mapping[str, float]) -> float:
    """Files weigh as often as what is wrong with them was met in real files. A file without a weight has -1, as in the benchmark's own code."""
    weighed = {name: weights.get(name, -1.0) for name in scores}
    return sum(sum(scores[name]) * weight for name, weight in weighed.items()) / sum(weighed.values())


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
