"""What people wrote is shown as it is: never as rich's markup, never as control characters, and without colour where NO_COLOR says so."""

import io
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rowmill.cli.show import show_page, show_preview, show_rejects, show_upload
from rowmill.cli.show_findings import show_findings
from rowmill.cli.terminal import UNSAFE, errors, out, print_json, safe, text
from rowmill.shapes import Column, Finding, Page, Place, Preview, PreviewReject, Reject, Row, Suggestion, Total, Upload

EVIL = "[red]not red[/red] \x1b[31m\x1b]0;title\x07 :smile: a\x00b\x9b1m \u202egnp.exe [/] {x}"
UPLOAD = Upload(
    id="0198", dataset=EVIL, file_name=EVIL, state="FAILED", stage=None, progress=1.0, version=None, records=2, rows=1, rejects=1,
    size_bytes=1, error={"detail": EVIL}, timings={"total_s": 1.0},
)  # fmt: skip
FINDING = Finding(
    code="short-records-filled",
    level="warning",
    message="12 records have fewer fields than the header; the rest of them is null.",
    count=12,
    column=EVIL,
    places=tuple(Place(record=number, line=number + 1, text=EVIL) for number in range(1, 6)),
    suggest=Suggestion(option="ragged", value="reject"),
)


def shown(show: Any, *values: Any, terminal: bool = False) -> str:
    stream = io.StringIO()
    show(Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=True, width=100_000, force_terminal=terminal), *values)
    return stream.getvalue()


EVERYTHING = (
    (show_upload, UPLOAD),
    (show_findings, [FINDING]),
    (show_rejects, UPLOAD, [Reject(record=1, line=2, reason=EVIL, detail=EVIL, raw=EVIL)]),
    (
        show_page,
        Page(
            dataset=EVIL, version=1, total=Total(value=1, relation="eq"), next_cursor=EVIL, previous_cursor=None,
            rows=(Row(row="1", values={EVIL: EVIL, "b": None, "c": EVIL}, highlight={"c": [f"<mark>{EVIL}</mark> {EVIL}"]}),),
        ),
    ),
    (
        show_preview,
        Preview(
            dialect={"delimiter": "\t", "quote": '"'}, columns=(Column(name="a", title=EVIL, type="text"),), rows=((EVIL,),),
            rejects=(PreviewReject(record=1, reason="r", detail=EVIL),), records=1, whole=True, findings=(FINDING,),
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", EVERYTHING, ids=lambda case: case[0].__name__)
def test_nothing_that_a_file_holds_steers_the_terminal(case: tuple[Any, ...]) -> None:
    told = shown(*case)
    assert not UNSAFE.search(told.replace("\n", ""))
    assert "[red]not red[/red]" in told and ":smile:" in told and "␛[31m" in told


@given(st.text())
def test_safe_text_has_no_control_characters_and_loses_no_others(content: str) -> None:
    assert not UNSAFE.search(safe(content))
    assert [a for a, b in zip(safe(content), content, strict=True) if a == b] == [c for c in content if not UNSAFE.match(c)]
    assert text(content).plain == safe(content)


def test_a_finding_tells_what_where_and_what_to_do() -> None:
    lines = shown(show_findings, [FINDING]).splitlines()
    assert lines[0].startswith("  warning short-records-filled (") and "× 12: 12 records have fewer" in lines[0]
    assert lines[1].startswith("    record 1, line 2: [red]")
    assert len(lines) == 1 + 3 + 1
    assert lines[-1] == "    otherwise: ragged=reject"


def test_levels_have_colours_unless_NO_COLOR_is_set(monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: N802 -- the variable's name
    plain = Finding(code="no-rows", level="stop", message="There is no row.")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[1;31mstop" in shown(show_findings, [plain], terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in shown(show_findings, [plain], terminal=True)
    assert "31" not in shown(show_findings, [plain], terminal=True)


def test_in_a_pipe_lines_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, console in (("stdout", out), ("stderr", errors)):
        stream = io.StringIO()
        monkeypatch.setattr(sys, name, stream)
        console().print(text("x" * 5_000))
        assert stream.getvalue() == "x" * 5_000 + "\n"


def test_json_is_one_object_a_line_with_every_character_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([UPLOAD, UPLOAD])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["file_name"] for line in lines] == [EVIL, EVIL]
    assert not UNSAFE.search("".join(lines))
