"""Lines of files are shown as they are, except for what could do harm, and nothing is read that is no source."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mintage.errors import Location
from mintage.report.source_lines import Excerpt, SourceLines, excerpt, harmless
from sample_report import HARM, obeyed

if TYPE_CHECKING:
    from pathlib import Path


def cut(folder: Path, text: str, column: int, width: int = 1) -> Excerpt | None:
    """Return the excerpt of a place in a file of one line."""
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return excerpt(SourceLines(folder), Location("a.yaml", 1, column, width))


@pytest.mark.parametrize("text", HARM)
def test_a_harmless_text_is_one_line_that_a_terminal_can_show(text: str) -> None:
    """Each character keeps its place, and every encoding of Unicode can hold the text."""
    found = harmless(text)
    assert len(found) == len(text)
    assert obeyed(found) == []


def test_ordinary_text_stays() -> None:
    """Also where it is not English."""
    assert harmless("é 日本 😀 `x`") == "é 日本 😀 `x`"
    assert harmless("a\tb\nc\x1bd") == "a b c\ufffdd"


def test_the_mark_stands_under_its_word_whatever_is_before_it(tmp_path: Path) -> None:
    """Wide characters take two cells, combining marks none."""
    assert cut(tmp_path, "日本: image", 5, 5) == Excerpt("日本: image", 6, 5)
    assert cut(tmp_path, "e\u0301: image", 5, 5) == Excerpt("e\u0301: image", 3, 5)
    assert cut(tmp_path, "a: 日本", 4, 2) == Excerpt("a: 日本", 3, 4)


def test_a_long_line_is_cut_around_what_is_meant(tmp_path: Path) -> None:
    """What is left out is told by dots."""
    found = cut(tmp_path, "x" * 300 + "HERE" + "y" * 300, 301, 4)
    assert found == Excerpt("..." + "x" * 40 + "HERE" + "y" * 116 + "...", 43, 4)
    near = cut(tmp_path, "x" * 100 + "HERE" + "y" * 300, 101, 4)
    assert near == Excerpt("x" * 100 + "HERE" + "y" * 56 + "...", 100, 4)


def test_the_mark_ends_with_its_line(tmp_path: Path) -> None:
    """A place may be one column past the end; further out there is nothing to show."""
    assert cut(tmp_path, "abc", 2, 99) == Excerpt("abc", 1, 2)
    assert cut(tmp_path, "abc", 4) == Excerpt("abc", 3, 1)
    assert cut(tmp_path, "abc", 5) is None


def test_a_byte_order_mark_and_line_ends_of_windows_are_not_shown(tmp_path: Path) -> None:
    """And take no column."""
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    lines = SourceLines(tmp_path)
    assert [lines.at(Location("a.yaml", line)) for line in (0, 1, 2, 3, 4)] == [
        None,
        "a: 1",
        "b: 2",
        "",
        None,
    ]


def test_what_is_no_source_has_no_lines(tmp_path: Path) -> None:
    """A file that is gone, binary, huge, a folder, a pipe, or has a name that no file has."""
    (tmp_path / "binary").write_bytes(b"a\0b\n")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(8 * 1024 * 1024 + 1)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    lines = SourceLines(tmp_path)
    for name in ("gone", "binary", "huge", ".", "pipe", "circle", "a\0b", "half \ud83d", "x" * 5000):
        assert lines.at(Location(name, 1)) is None, name


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    """Neither by a path that leads out nor by a link: the tree may be a stranger's."""
    (tmp_path / "secret").write_text("password", encoding="utf-8")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link").symlink_to(tmp_path / "secret")
    (inner / "bytes").write_bytes(b"caf\xe9\n")
    lines = SourceLines(inner)
    for name in ("link", "../secret", str(tmp_path / "secret")):
        assert lines.at(Location(name, 1)) is None, name
    assert lines.at(Location("bytes", 1)) == "caf\ufffd"
