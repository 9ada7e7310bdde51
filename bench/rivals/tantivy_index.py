"""tantivy over the products, as an index of the embedded home would use it: `.venv-bench/bin/python bench/rivals/tantivy_index.py FILE.csv [FOLDER]`.

Each value is its words with blanks between them, as `backbone/query/words.py` cuts ASCII texts (the parts, and a code as one word besides); the time
of cutting them is told apart. Prints seconds to index and to commit, disk, peak memory, the median of two words with scores of the row alone, of a
filter and of a sort; then 100 small indices, and what a kill -9 amid a commit leaves.
"""

import csv
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import tantivy

COLUMNS = ("name", "sku", "description")
WORD = re.compile("[a-z]+|[0-9]+")
CODE = re.compile("[a-z0-9]+(?:[-_./'&][a-z0-9]+)+")
JOINER = re.compile("[-_./'&]")
SEARCHES = 60
WRITER_BYTES = 64 * 1024 * 1024
THREADS = 1


def line(text: str) -> str:
    folded = text.lower()
    codes = [JOINER.sub("", code) for code in CODE.findall(folded)] if "-" in folded else []
    return " ".join([*WORD.findall(folded), *codes])


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=True, indexed=True, fast=True)
    for name in COLUMNS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("name", "sku"):
        builder.add_text_field(f"{name}_whole", tokenizer_name="raw", index_option="basic", fast=True)
    return builder.build()


def open_index(folder: Path) -> tantivy.Index:
    folder.mkdir(parents=True, exist_ok=True)
    return tantivy.Index(schema(), path=str(folder))


def documents(lines: list[tuple[str, ...]]) -> Iterator[tantivy.Document]:
    for number, (name, sku, *words) in enumerate(lines):
        fields = dict(zip(COLUMNS, words, strict=True))
        yield tantivy.Document(row=number, name_whole=name, sku_whole=sku, **fields)


def cut(file: Path) -> list[tuple[str, ...]]:
    with file.open(newline="", encoding="utf-8") as text:
        return [(row["name"], row["sku"], *(line(row[name]) for name in COLUMNS)) for row in csv.DictReader(text)]


def build(folder: Path, lines: list[tuple[str, ...]], commits: int = 1) -> float:
    """Seconds of the commits, which wait for the disk."""
    writer = open_index(folder).writer(WRITER_BYTES, THREADS)
    committing = 0.0
    size = -(-len(lines) // commits)
    for start in range(0, len(lines), size):
        for document in documents(lines[start : start + size]):
            writer.add_document(document)
        started = time.perf_counter()
        writer.commit()
        committing += time.perf_counter() - started
    return committing


def scored(index: tantivy.Index, words: list[str]) -> tantivy.Query:
    """All words, each worth the best column that has it, whatever else is in the index."""
    weights = {"name": 64.0, "sku": 32.0, "description": 16.0}
    each = []
    for word in words:
        fields = [
            tantivy.Query.const_score_query(tantivy.Query.term_query(index.schema, name, word), weight) for name, weight in weights.items()
        ]
        each.append((tantivy.Occur.Must, tantivy.Query.disjunction_max_query(fields)))
    return tantivy.Query.boolean_query(each)


def median_ms(ask: list[object]) -> float:
    taken = []
    for one in ask:
        started = time.perf_counter()
        one()  # type: ignore[operator]
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def searches(folder: Path, lines: list[tuple[str, ...]]) -> None:
    index = open_index(folder)
    searcher = index.searcher()
    texts = [lines[place * 7919 % len(lines)] for place in range(SEARCHES)]
    pairs = [text[4].split()[1:3] for text in texts]
    found = [searcher.search(scored(index, words), 20).count for words in pairs]
    print(
        f"two words: {median_ms([lambda w=w: searcher.search(scored(index, w), 20) for w in pairs]):.1f} ms, {statistics.median(found):,} rows"
    )
    whole = [tantivy.Query.term_query(index.schema, "name_whole", text[0]) for text in texts]
    print(f"filter: {median_ms([lambda q=q: searcher.search(q, 20) for q in whole]):.1f} ms")
    everything = tantivy.Query.all_query()
    print(f"sort of all rows: {median_ms([lambda: searcher.search(everything, 20, order_by_field='row')] * 5):.1f} ms")
    facet = {"names": {"terms": {"field": "name_whole", "size": 10}}}
    print(f"facet of all rows: {median_ms([lambda: searcher.aggregate(everything, facet)] * 5):.1f} ms")


def size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def small(folder: Path, lines: list[tuple[str, ...]]) -> None:
    started = time.perf_counter()
    for number in range(100):
        build(folder / str(number), lines[:50])
    files = sum(1 for file in folder.rglob("*") if file.is_file())
    print(
        f"100 indices of 50 rows: {(time.perf_counter() - started) * 10:.0f} ms each, {files / 100:.0f} files and {size_mb(folder) * 10:.0f} kB each"
    )


def killed(folder: Path, file: Path) -> None:
    """A child commits the first half, then dies amid the second; what it printed is committed."""
    for delay in (0.02, 0.1, 0.3):
        target = folder / str(delay)
        child = subprocess.Popen([sys.executable, __file__, str(file), str(target), "--commits"], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        promised = int(child.stdout.readline())
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
        index = open_index(target)
        kept = index.searcher().num_docs
        writer = index.writer(WRITER_BYTES, THREADS)  # the lock of the dead one is gone
        writer.add_document(tantivy.Document(row=-1, name="after"))
        writer.commit()
        print(f"kill -9 {delay} s into the second half: {promised:,} rows promised, {kept:,} there; written to again")


def commit_in_steps(folder: Path, lines: list[tuple[str, ...]]) -> None:
    writer = open_index(folder).writer(WRITER_BYTES, THREADS)
    half = len(lines) // 2
    for number, document in enumerate(documents(lines)):
        writer.add_document(document)
        if number + 1 in (half, len(lines)):
            writer.commit()
            print(number + 1, flush=True)


def main(file: Path, folder: Path) -> None:
    started = time.perf_counter()
    lines = cut(file)
    print(f"{len(lines):,} rows; cut into words in Python: {time.perf_counter() - started:.1f} s")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started, busy = time.perf_counter(), os.times()
    committing = build(folder / "whole", lines)
    cpu = os.times().user + os.times().system - busy.user - busy.system
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"indexed and committed: {time.perf_counter() - started:.1f} s ({cpu:.1f} s of processor), of it commit {committing:.1f} s")
    print(f"disk {size_mb(folder / 'whole'):.0f} MB for {file.stat().st_size / 1e6:.0f} MB; memory + {peak - before:.0f} MiB")
    searches(folder / "whole", lines)
    small(folder / "small", lines)
    killed(folder / "killed", file)


if __name__ == "__main__":
    if "--commits" in sys.argv:
        commit_in_steps(Path(sys.argv[2]), cut(Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory(prefix="rowmill-tantivy-") as own:
            main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(own))
