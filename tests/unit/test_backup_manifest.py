"""Every table of the catalog is either in a backup, or left out on purpose."""

import pytest

from backbone.catalog.schema import metadata
from backbone.errors import Rejected
from backbone.lifecycle.backup_manifest import KEPT, LEFT_OUT, Manifest, manifest_key, read_manifest, write_manifest


def test_no_table_is_forgotten() -> None:
    assert sorted((*KEPT, *LEFT_OUT)) == sorted(metadata.tables)


def test_a_table_comes_after_those_that_it_points_to() -> None:
    for number, name in enumerate(KEPT):
        pointed_at = {key.column.table.name for key in metadata.tables[name].foreign_keys} - {name}
        assert pointed_at <= set(KEPT[:number]), name


def test_a_manifest_is_read_as_it_was_written() -> None:
    manifest = Manifest(format=1, rowmill="0.1.0", schema="0015", made_at="2026-11-27T12:00:00Z", datasets=("a",), tables=(), files=())
    assert read_manifest(write_manifest(manifest)) == manifest
    assert manifest_key(manifest.made_at) == "manifests/20261127T120000Z.json"


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"format": 2}'])
def test_what_is_none_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(Rejected, match="none of ours"):
        read_manifest(content)
