"""The index is a cache: what it holds comes back as it was, and damage is as if there were none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.workspace.index import Entry, Index, Use, load, save

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = Entry(
    path="specs/web.yaml",
    digest="d",
    kind="Workload",
    name="web",
    component="front",
    place=("specs/web.yaml", 2, 7, 3),
    only=("dev",),
    exports={"": {"name": "web"}, "prod": {"name": "web", "ports": {"a": 1}}},
    export_digest="e",
    uses=[Use(("", "dev"), ("specs/web.yaml", 5, 1, 1), "store", "@store", ("Workload",))],
    files={"a.json": "f"},
)
INDEX = Index("generator", "system", {"environments": ["dev"]}, {ENTRY.path: ENTRY})


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """To the last place."""
    save(tmp_path / "index.json", INDEX)
    assert load(tmp_path / "index.json") == INDEX


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b'{"entries": [{}]}', b"\xff"])
def test_a_damaged_index_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    """It is made again."""
    (tmp_path / "index.json").write_bytes(content)
    assert load(tmp_path / "index.json") == Index()


def test_a_missing_index_is_an_empty_one(tmp_path: Path) -> None:
    """So is a folder."""
    assert load(tmp_path / "index.json") == Index()
    assert load(tmp_path) == Index()


def test_an_export_is_that_of_the_base_unless_the_environment_has_its_own() -> None:
    """Where the service does not exist, there is none."""
    everywhere = Entry(**{**{name: getattr(ENTRY, name) for name in Entry.__slots__}, "only": ()})
    assert everywhere.export("dev") == everywhere.export("") == {"name": "web"}
    assert everywhere.export("prod") == {"name": "web", "ports": {"a": 1}}
    assert (ENTRY.export("prod"), ENTRY.export("")) == (None, None)
    assert ENTRY.export("dev") == {"name": "web"}
