"""Right, or told? Holds what was read of a drawn file against its truth."""

import re
from random import Random
from typing import Final, Literal

from msgspec import Struct

from backbone.errors import Rejected
from backbone.findings import PLACES_MAX, Finding
from tests.drawn.defects import DEFECTS
from tests.drawn.files import ROWS_MAX, Draft, draw_draft
from tests.in_process import FileRead, read_in_process

Verdict = Literal["right", "told", "silent"]
DEFECTS_MAX: Final = 2
# What says that the dialect or the header may be wrong names whatever made it so.
_ANY_DEFECT: Final = frozenset({"delimiter-near-tie", "no-quotes", "header-guessed", "header-absent", "header-short", "many-rejects"})
_SKIPPED: Final = frozenset({"preamble-skipped", "comment-lines-skipped"})
LINE_CHARACTERS: Final = 30  # by which a place is recognised


class Judged(Struct, frozen=True):
    """`dialect_is_right`: delimiter and header; None where the file was refused. `warned`: something of level warning or stop was said."""

    seed: int
    defects: tuple[str, ...]
    verdict: Verdict
    why: str
    warned: bool
    dialect_is_right: bool | None
    data: bytes

    @property
    def is_mistyped(self) -> bool:
        """All values are right, and one column has a type that would change them."""
        return self.why.startswith("column ")


def judge_seed(seed: int, *, spoiled: bool = True, rows_max: int = ROWS_MAX) -> Judged:
    """A well-formed file, or one with a defect or two; which, the seed says."""
    random = Random(seed)
    draft = draw_draft(random, rows_max)
    wanted = random.sample(sorted(DEFECTS), random.randrange(1, DEFECTS_MAX + 1)) if spoiled else []
    spoilt = [name for name in sorted(wanted, key=list(DEFECTS).index) if DEFECTS[name].spoil(random, draft)]
    return _judge(seed, draft, tuple(spoilt))


def judge_defect(seed: int, name: str) -> Judged | None:
    """A file with this defect alone; None where the file that the seed draws cannot have it."""
    random = Random(seed)
    draft = draw_draft(random)
    return _judge(seed, draft, (name,)) if DEFECTS[name].spoil(random, draft) else None


def _judge(seed: int, draft: Draft, defects: tuple[str, ...]) -> Judged:
    data = draft.write()
    try:
        read = read_in_process(data)
    except Rejected as refused:
        return Judged(seed, defects, "told", f"refused: {refused}", True, None, data)
    dialect_is_right = read.dialect.delimiter == draft.truth.delimiter and read.dialect.header == (draft.truth.titles is not None)
    warned = any(finding.level != "info" for finding in read.findings)
    why = _difference(read, draft) or ("" if defects else _unsuggested(read, draft)) or _false_place(read, data)
    is_swallowed = "open quote" in defects and any(reject.reason == "quote-left-open" for reject in read.rejects)
    named = any(finding.level != "info" and _names(finding, draft, defects, why) for finding in read.findings)
    named = (named and not why.startswith("place")) or (bool(why) and _is_encoding_told(read, draft, data))
    is_stopped = len(read.rejects) > len(read.rows)  # by a guard: more than half are rejects
    is_told = is_swallowed or named or is_stopped
    verdict: Verdict = "right" if not why else "told" if is_told else "silent"
    return Judged(seed, defects, verdict, why, warned, dialect_is_right, data)


def _beginning(record: str) -> str:
    """What stands before a line break, and before a byte that nobody knows."""
    return re.split(r"[\r\n\0]|\\x", record)[0][:LINE_CHARACTERS]


def _false_place(read: FileRead, data: bytes) -> str:
    """A finding or a reject that names a line on which its text does not stand."""
    lines = re.split(r"\r\n|\n|\r", data.decode(read.dialect.encoding, "replace").removeprefix("\ufeff"))
    named: list[tuple[str, int, str]] = [
        (finding.code, place.line, place.text) for finding in read.findings for place in finding.places if place.line
    ]
    named += [(reject.reason, reject.line, reject.raw) for reject in read.rejects]
    for code, line, text in named:
        beginning = _beginning(text)
        written = lines[line - 1].replace("\ufffd", "\0") if line <= len(lines) else ""
        is_excerpt = code == "encoding-errors"  # around the byte
        if not written.startswith(beginning) and not (is_excerpt and beginning in written):
            return f"place of {code}: line {line} is no {beginning!r}"
    return ""


def _unsuggested(read: FileRead, draft: Draft) -> str:
    """A column that stayed text, of values that could be of a type, without a word."""
    told = {finding.column for finding in read.findings if finding.code in ("type-suggested", "number-format-ambiguous")}
    for place, (title, type_) in enumerate(zip(read.titles, read.types, strict=False)):
        values = {row[place] for row in draft.truth.rows}
        if draft.truth.is_suggested[place] and type_ == "text" and len(values) > 1 and title and title not in told:
            return f"column {place + 1} is text, and nothing is suggested for {sorted(values)[:4]}"
    return ""


def _names(finding: Finding, draft: Draft, defects: tuple[str, ...], why: str) -> bool:
    """That lines were skipped says nothing of a wrong row behind them, unless they are lines of the table."""
    if not defects or finding.code in _ANY_DEFECT:
        return True
    namers = [name for name in defects if finding.code in DEFECTS[name].named_by]
    if finding.code not in _SKIPPED:
        return any(_is_placed(finding, draft, name) for name in namers)
    lines = {line[:LINE_CHARACTERS] for line in (draft.header or "", *draft.records) if line}
    return any(place.text[:LINE_CHARACTERS] in lines for place in finding.places) or (bool(namers) and why.startswith("titles"))


def _is_encoding_told(read: FileRead, draft: Draft, data: bytes) -> bool:
    """The encoding that a warning offers gives the truth."""
    offered = [finding.suggest.value for finding in read.findings if finding.code == "encoding-guessed" and finding.suggest]
    return any(not _difference(read_in_process(data, {"encoding": encoding}), draft) for encoding in offered)


def _is_placed(finding: Finding, draft: Draft, defect: str) -> bool:
    """The record with the defect is among the places, if there are places, and not too many to be kept."""
    if defect not in draft.faulty or not finding.places or finding.count > PLACES_MAX:
        return True
    record = _beginning(draft.records[draft.faulty[defect]])
    places = [_beginning(place.text) for place in finding.places]
    return any(place.startswith(record) or record.startswith(place) for place in places)


def _difference(read: FileRead, draft: Draft) -> str:
    """Empty where all is right: the titles, and each row of the truth is a row or a reject, in order, and nothing else is there."""
    truth = draft.truth
    width = len(truth.false_types)
    if truth.titles is not None and _clean(read.titles, width) != _clean(truth.titles, width):
        return f"titles {read.titles} instead of {truth.titles}"
    expected = [_clean(row, width) for row in truth.rows if any(row)]
    rows = [_clean(row, width) for row in read.rows if any(row)]
    missing = _not_in_order(rows, expected)
    if isinstance(missing, str):
        return missing
    if missing > len(read.rejects):
        return f"{missing} rows are missing, with {len(read.rejects)} rejects"
    return _false_types(read, [row for row in expected if row in rows], draft)


def _false_types(read: FileRead, loaded: list[list[str]], draft: Draft) -> str:
    for place, (type_, false_types) in enumerate(zip(read.types, draft.truth.false_types, strict=False)):
        values = {row[place] for row in loaded if len(row) > place}
        if type_ in false_types and any(value.startswith("0") or "," in value or "." in value for value in values):
            return f"column {place + 1} is {type_}: {sorted(values)[:3]}"
    return ""


def _not_in_order(rows: list[list[str]], expected: list[list[str]]) -> int | str:
    """How many of `expected` are not among `rows`; or the first row that is none of theirs."""
    missing = 0
    waiting = iter(expected)
    for row in rows:
        for wanted in waiting:
            if row == wanted:
                break
            missing += 1
        else:
            return f"row {row} is none of the file's"
    return missing + sum(1 for _ in waiting)


def _clean(fields: list[str] | list[str | None], width: int) -> list[str]:
    """Without blanks around, without empty fields beyond the table."""
    texts = [(field or "").strip() for field in fields]
    while len(texts) > width and not texts[-1]:
        texts.pop()
    return texts
