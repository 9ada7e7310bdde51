"""What the doctor says of a folder and of a PostgreSQL."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from msgspec import structs

from backbone.postgres.facts import ServerFacts, known_steps
from backbone.settings import Settings
from services.command_line.doctor import judge, look_at_folder

WELL = ServerFacts(version=18, clock_s=0.01, connections_max=100, connections=4, is_read_only=False, step="0002")
STEPS = ("0002", "0001")
Usage = namedtuple("Usage", "total used free")


def test_all_is_well() -> None:
    assert {finding.how for finding in judge(WELL, Settings(), STEPS)} == {"well"}


@pytest.mark.parametrize(
    ("changes", "what", "how", "advice"),
    [
        ({"version": 14}, "postgresql", "wrong", "15 or newer"),
        ({"is_read_only": True}, "postgresql", "wrong", "primary"),
        ({"connections_max": 20}, "postgresql", "look", "max_connections"),
        ({"clock_s": -90.0}, "clocks", "look", "NTP"),
        ({"step": "0001"}, "schema", "look", "rowmill migrate"),
        ({"step": "9999"}, "schema", "wrong", "newer Rowmill"),
        ({"step": ""}, "schema", "well", ""),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(changes: dict[str, object], what: str, how: str, advice: str) -> None:
    findings = {finding.what: finding for finding in judge(structs.replace(WELL, **changes), Settings(), STEPS)}
    assert findings[what].how == how and advice in findings[what].do
    assert {finding.how for name, finding in findings.items() if name != what} == {"well"}


def test_the_newest_step_is_that_of_the_newest_migration() -> None:
    assert known_steps()[0] == max(known_steps())


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(folder: Path) -> list[tuple[str, str]]:
        return [(finding.how, finding.do) for finding in look_at_folder("home", folder)]

    (tmp_path / "private").mkdir(mode=0o700)
    assert look(tmp_path / "private") == look(tmp_path / "private" / "not" / "yet") == [("well", "")]
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    assert [how for how, _ in look(tmp_path / "open")] == ["look", "well"]
    (tmp_path / "file").write_text("")
    assert [how for how, _ in look(tmp_path / "file" / "home")] == ["wrong"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 9, 1))
    assert [how for how, _ in look(tmp_path / "private")] == ["wrong"]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert [how for how, _ in look(tmp_path / "private")] == ["wrong"]
