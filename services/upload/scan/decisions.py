"""Tells what was decided about a file's dialect and header, where a careful person could want it otherwise."""

from typing import Final

from backbone.findings import Finding, Suggestion, place
from backbone.model import Dialect
from services.upload.scan.candidates import USUAL_DELIMITERS, name_of
from services.upload.scan.header import column_kinds
from services.upload.scan.header_doubts import tell_header, tell_rule_below, tell_second_header
from services.upload.scan.key_values import tell_key_values
from services.upload.scan.one_column import tell_one_column
from services.upload.scan.options import ScanOptions
from services.upload.scan.sample import SampleRecord
from services.upload.scan.score import Reading

NEAR: Final = 0.96  # of the best score: the runner-up is as plausible
HEADER_WIDTH_MIN: Final = 3  # each record may well hold one `|` that parts no fields


def tell_decisions(lines: list[str], best: Reading, readings: list[Reading], decided: Dialect, options: ScanOptions) -> tuple[Finding, ...]:
    findings = [
        _near_tie(best, readings, options),
        _no_quotes(lines, decided, options),
        _blank_after(decided),
        *_skipped(lines, best, decided, options),
        tell_header(best, decided, options),
        tell_second_header(best, options),
        tell_rule_below(best, decided),
        tell_one_column(best, decided, options),
        None if options.delimiter else tell_key_values(lines, best, decided),
        _null_marker(decided, options),
    ]
    return tuple(finding for finding in findings if finding)


def _near_tie(best: Reading, readings: list[Reading], options: ScanOptions) -> Finding | None:
    delimiter = best.dialect.delimiter
    others = [reading for reading in readings if reading.dialect.delimiter != delimiter and reading.place and reading.place.width > 1]
    if options.delimiter or not others:
        return None
    runner = max(others, key=lambda reading: reading.score)
    if runner.score < NEAR * best.score:
        # Among few records a single ragged one decides, and may be the one that is wrong.
        runner = max(others, key=lambda reading: reading.score_but_one)
    if runner.score < NEAR * best.score and runner.score_but_one < NEAR * best.score_but_one:
        return _header_of_another(best, others) or _torn_values(best, others)
    other = name_of(runner.dialect.delimiter)
    but_one = f", {runner.score_but_one:.2f} but for one record" if runner.score < NEAR * best.score else ""
    message = (
        f"The delimiter may be {name_of(delimiter)} (score {best.score:.2f}) or {other} (score {runner.score:.2f}{but_one}); "
        f"{name_of(delimiter)} was taken. Give delimiter={other} if that is wrong."
    )
    return _tie(message, runner)


def _tie(message: str, other: Reading, first: SampleRecord | None = None) -> Finding:
    """`first`: the record that shows it."""
    places = (place(line=first.line + 1, text=first.text.strip("\r\n")),) if first else ()
    suggest = Suggestion(option="delimiter", value=other.dialect.delimiter)
    return Finding(code="delimiter-near-tie", level="warning", message=message, places=places, suggest=suggest)


def _header_of_another(best: Reading, others: list[Reading]) -> Finding | None:
    """Each record falls into as many fields as the header by another delimiter too, and those are values where these are halves of them."""
    assert best.place is not None
    own = best.dialect.delimiter
    if best.place.width < HEADER_WIDTH_MIN:
        return None
    for reading in others:
        if reading.place is None or reading.place.header_delimiter != own or reading.place.width != best.place.width:
            continue
        body = _body(reading)
        if all(record.width == reading.place.width for record in body) and _typed(reading, body) > _typed(best, _body(best)):
            other = name_of(reading.dialect.delimiter)
            message = (
                f"The header is parted by {name_of(own)}. The records hold as many {name_of(own)} as {other}, and by {other} "
                f"more of their fields are numbers or times; {name_of(own)} was taken. Give delimiter={other} if that is wrong."
            )
            return _tie(message, reading, body[0])
    return None


def _torn_values(best: Reading, others: list[Reading]) -> Finding | None:
    """Without a header, each record falls into as many fields by another delimiter, which stands in each text of a column: `2024-03-01,4.5|5.0`."""
    assert best.place is not None
    if best.place.has_header:
        return None
    records = [record for record in best.records[best.place.begin :] if not record.is_blank]
    for reading in others:
        if reading.place is None or reading.place.has_header or reading.place.width != best.place.width:
            continue
        other, body = reading.dialect.delimiter, [record for record in reading.records[reading.place.begin :] if not record.is_blank]
        is_even = all(record.width == best.place.width for record in (*records, *body))
        kinds = column_kinds(records, best.place.width) if is_even else []
        is_torn = any(kind.kind == "text" and all(other in record.fields[index] for record in records) for index, kind in enumerate(kinds))
        if is_torn and _typed(reading, body) >= _typed(best, records):
            own = name_of(best.dialect.delimiter)
            message = (
                f"Each record falls into {best.place.width} fields by {own} and by {name_of(other)}; {own} was taken. "
                f"Give delimiter={name_of(other)} if that is wrong."
            )
            return _tie(message, reading, records[0])
    return None


def _body(reading: Reading) -> list[SampleRecord]:
    assert reading.place is not None
    return [record for record in reading.records[reading.place.begin + 1 :] if not record.is_blank]


def _typed(reading: Reading, body: list[SampleRecord]) -> int:
    assert reading.place is not None
    return sum(1 for column in column_kinds(body, reading.place.width) if column.kind not in ("text", "empty"))


def _no_quotes(lines: list[str], decided: Dialect, options: ScanOptions) -> Finding | None:
    if options.quote is not None or decided.quote:
        return None
    places = tuple(place(line=number, text=line.strip("\r\n")) for number, line in enumerate(lines, start=1) if '"' in line)
    if not places:
        return None
    message = 'The quotes do not stand around fields, so they were read as characters like any others. Give quote=" if they do.'
    return Finding(
        code="no-quotes",
        level="warning",
        message=message,
        count=len(places),
        places=places[:10],
        suggest=Suggestion(option="quote", value='"'),
    )


def _blank_after(decided: Dialect) -> Finding | None:
    if not decided.blank_after:
        return None
    message = "A blank follows the delimiters, which was not taken for a part of the fields. Give dialect=rfc4180 if it is."
    return Finding(code="blank-after-delimiter", level="info", message=message, suggest=Suggestion(option="dialect", value="rfc4180"))


def _skipped(lines: list[str], best: Reading, decided: Dialect, options: ScanOptions) -> list[Finding]:
    if options.skip is not None:
        return []
    skipped = [
        (number, line.strip("\r\n"))
        for number, line in enumerate(lines[: decided.skip], start=1)
        if line.strip(f"{decided.delimiter} \r\n")
    ]
    comments = [(number, line) for number, line in skipped if line.startswith("#")]
    others = [(number, line) for number, line in skipped if not line.startswith("#")]
    findings = []
    suggest = Suggestion(option="skip", value="0")
    if comments:
        message = f"{len(comments)} lines before the header begin with # and were skipped as comments. Give skip=0 if they are data."
        places = tuple(place(line=number, text=line) for number, line in comments[:10])
        findings.append(
            Finding(code="comment-lines-skipped", level="info", message=message, count=len(comments), places=places, suggest=suggest)
        )
    if others:
        places = tuple(place(line=number, text=line) for number, line in others[:10])
        has_values = (
            any(_holds_values(line, decided.delimiter) for _, line in others) or not decided.header or _may_be_header(lines, best, decided)
        )
        message = f"{len(others)} lines before the table were skipped. Give skip=0 if they belong to it."
        level = "warning" if has_values else "info"
        findings.append(
            Finding(code="preamble-skipped", level=level, message=message, count=len(others), places=places, suggest=suggest)  # type: ignore[arg-type]
        )
    return findings


def _may_be_header(lines: list[str], best: Reading, decided: Dialect) -> bool:
    """`Name,,` right above words: whether it is a title above the table or the first of its columns, nothing says."""
    assert best.place is not None
    above = lines[decided.skip - 1].strip("\r\n")
    is_padded = above.count(decided.delimiter) == best.place.width - 1 and bool(above.strip(decided.delimiter))
    return is_padded and not best.place.evidence


def _holds_values(line: str, delimiter: str) -> bool:
    """By the table's delimiter, or by another that is not followed by a blank as in a sentence."""
    if line.lower().lstrip('"').startswith("sep="):
        return False
    others = [other for other in USUAL_DELIMITERS if f"{other} " not in line]
    return any(sum(1 for field in line.split(parting) if field.strip(' "')) > 1 for parting in (delimiter, *others))


def _null_marker(decided: Dialect, options: ScanOptions) -> Finding | None:
    if options.null or options.family or not decided.null:
        return None
    message = f"The text {decided.null} stands for null, as MySQL and PostgreSQL write it. Give null= with another text if it is one."
    return Finding(code="null-marker", level="info", message=message)
