"""Loads the benchmark's files and prints the scores beside the published ones: `python -m bench.pollock CHECKOUT [auto|configured] [http|in-process]`.

`in-process` leaves the server out: scan and parser read the files, which takes a minute, and the scores are the same.
"""

import asyncio
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.homes import machine
from bench.pollock.benchmark import DATA_SETS, MEASURES, Benchmark, DataSet, simple_score, weighted_score
from bench.pollock.in_process import read_all
from bench.pollock.loading import Loaded, Options, load_all, read_options
from tests.flows.pods import Rowmill, embedded

WORST_SHOWN: Final = 40
OURS: Final = "Rowmill"
NAMES: Final[dict[DataSet, str]] = {"polluted_files": "polluted files", "survey_sample": "real files"}
out = Console(width=170)


Load = Callable[[Sequence[Path], Options, DataSet], Mapping[str, Loaded]]


def over_http(rowmill: Rowmill, files: Sequence[Path], options: Options, data_set: DataSet) -> Mapping[str, Loaded]:
    return asyncio.run(load_all(rowmill.pods["all"].url, files, options, data_set.split("_")[0]))


def in_process(files: Sequence[Path], options: Options, data_set: DataSet) -> Mapping[str, Loaded]:
    return read_all(files, options)


def run(load: Load, benchmark: Benchmark, data_set: DataSet, mode: str) -> None:
    files = benchmark.files(data_set)
    started = time.perf_counter()
    loaded = load(files, lambda file: read_options(benchmark.parameters(file)) if mode == "configured" else {}, data_set)
    took_s = time.perf_counter() - started
    scores = {file.name: benchmark.score(file, loaded[file.name].table) for file in files}
    out.print(_beside_the_others(benchmark, data_set, mode, scores))
    out.print(f"{len(files):,} {NAMES[data_set]}, {mode}, loaded in {took_s:.0f} s; {machine()}\n")
    out.print(_worst(scores, loaded, benchmark.weights()))


def _beside_the_others(benchmark: Benchmark, data_set: DataSet, mode: str, scores: Mapping[str, tuple[float, ...]]) -> Table:
    is_weighed = data_set == "polluted_files"
    weighted = weighted_score(scores, benchmark.weights()) if is_weighed else None
    table = Table(title=f"Pollock, {NAMES[data_set]}, {mode}: scores of {MEASURES}")
    for column in ("system", "simple", "weighted"):
        table.add_column(column)
    lines = [(f"{OURS} ({mode})", simple_score(scores), weighted)]
    lines += [(system.system, system.simple, system.weighted) for system in benchmark.published(data_set)]
    for name, simple, by_weight in sorted(lines, key=lambda line: -line[1]):
        figures = (f"{simple:.3f}", "" if by_weight is None else f"{by_weight:.3f}")
        table.add_row(name, *figures, style="bold" if name.startswith(OURS) else "")
    return table


def _worst(scores: Mapping[str, tuple[float, ...]], loaded: Mapping[str, Loaded], weights: Mapping[str, float]) -> Table:
    """Kinds of files by what they cost: the file names tell the kind, but for the numbers of row and column."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for name, score in scores.items():
        if sum(score) < MEASURES - 0.0005:
            kinds[re.sub(r"row\d+_col\d+|(?<=quote)\d+_col\d+|(?<=field_delimiter_)\d+(?=_0x)", "*", name)].append(name)
    table = Table(title="What is lost, by kind of file")
    for column in ("kind", "files", "lost of 10", "simple", "weighted", "header", "records", "cells", "worst: what became of it"):
        table.add_column(column, overflow="fold")
    total = sum(weights.get(name, -1.0) for name in scores)
    lost = {kind: sum(MEASURES - sum(scores[name]) for name in names) for kind, names in kinds.items()}
    for kind in sorted(kinds, key=lambda kind: -lost[kind])[:WORST_SHOWN]:
        names = kinds[kind]
        worst = min(names, key=lambda name: sum(scores[name]))
        by_weight = sum((MEASURES - sum(scores[name])) * weights.get(name, 0.0) for name in names) / total
        f1 = [f"{scores[worst][place]:.2f}" for place in (3, 6, 9)]
        figures = (str(len(names)), f"{lost[kind] / len(names):.2f}", f"{lost[kind] / len(scores):.4f}", f"{by_weight:.4f}")
        table.add_row(kind, *figures, *f1, f"{worst if worst != kind else ''} {loaded[worst].reason}"[:120])
    return table


def main(checkout: str = "", mode: str = "auto", way: str = "http") -> int:
    if not checkout or mode not in ("auto", "configured") or way not in ("http", "in-process"):
        out.print("usage: python -m bench.pollock CHECKOUT [auto|configured] [http|in-process]")
        return 2
    benchmark = Benchmark(Path(checkout).resolve())
    with ExitStack() as running:
        load = in_process if way == "in-process" else partial(over_http, running.enter_context(embedded(ROWMILL_LOG_LEVEL="error")))
        for data_set in DATA_SETS:
            run(load, benchmark, data_set, mode)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
