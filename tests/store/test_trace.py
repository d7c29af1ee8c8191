"""Traces survive kills and strangers; a seal is broken by every write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mintage.digest import digest_of
from mintage.errors import MintageError
from mintage.store.trace import Trace, Traces, is_intact, seal

ONE = Trace("key", {"a.yaml": "digest"}, "seal", {"n": 1})
TWO = Trace("other", {}, "", {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal will be."""
    return tmp_path / "state/traces.jsonl"


def known(path: Path) -> dict[str, Trace]:
    """Return what a new process finds."""
    return dict(Traces(path).items())


def test_what_was_recorded_is_found_again(path: Path) -> None:
    """By the next process; the last record of a task counts."""
    traces = Traces(path)
    traces.put("a", TWO)
    traces.put("b", TWO)
    traces.put("a", ONE)
    assert known(path) == {"a": ONE, "b": TWO}
    assert traces.get("a") == ONE
    assert traces.get("c") is None


def test_a_dropped_task_is_forgotten(path: Path) -> None:
    """By this process and the next; dropping what is unknown writes nothing."""
    traces = Traces(path)
    traces.put("a", ONE)
    traces.drop("a")
    size = path.stat().st_size
    traces.drop("a")
    assert path.stat().st_size == size
    assert (traces.get("a"), known(path)) == (None, {})


@pytest.mark.parametrize("cut", range(1, 26, 3))
def test_a_line_that_was_cut_short_is_ignored(path: Path, cut: int) -> None:
    """And does not swallow the next one."""
    traces = Traces(path)
    traces.put("a", ONE)
    traces.put("b", TWO)
    path.write_bytes(path.read_bytes()[:-cut])
    assert known(path) == {"a": ONE}
    Traces(path).put("c", TWO)
    found = known(path)
    assert (found["a"], found["c"]) == (ONE, TWO)


@pytest.mark.parametrize(
    "line",
    [
        '[1,"a",["key",{},"",{}]]',
        '[99,"a",null]',
        "null",
        "7",
        "[]",
        '[2,"a"]',
        '[2,"a",["key"]]',
        '[2,"a",7]',
        "",
        "{",
        "\ufffd",
    ],
)
def test_a_line_that_means_nothing_is_ignored(path: Path, line: str) -> None:
    """It may come from another version, or from anywhere."""
    traces = Traces(path)
    traces.put("a", ONE)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert known(path) == {"a": ONE}


def test_two_writers_do_not_disturb_each_other(path: Path) -> None:
    """With `-n`, processes record what they did in one journal; the first one takes it in when it asks."""
    first, second = Traces(path), Traces(path)
    first.put("a", ONE)
    second.put("b", TWO)
    assert first.get("b") is None
    first.refresh()
    assert dict(first.items()) == known(path) == {"a": ONE, "b": TWO}


def test_a_journal_that_is_mostly_old_is_rewritten(path: Path) -> None:
    """It holds what it held, in a fraction of the lines."""
    traces = Traces(path)
    for number in range(200):
        traces.put("a", Trace(str(number), {}))
        traces.put("b", ONE)
        traces.tidy()
    assert len(path.read_bytes().splitlines()) < 80
    assert known(path) == {"a": Trace("199", {}), "b": ONE}
    traces.put("c", TWO)
    assert known(path)["c"] == TWO


def test_a_journal_in_a_folder_that_is_a_file_is_empty(tmp_path: Path) -> None:
    """To write to it is an error with a place."""
    (tmp_path / "state").write_bytes(b"")
    traces = Traces(tmp_path / "state/traces.jsonl")
    assert list(traces.items()) == []
    with pytest.raises(MintageError) as caught:
        traces.put("a", ONE)
    assert caught.value.problems[0].id == "write-failed"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return a file that a task wrote."""
    target = tmp_path / "a.yaml"
    target.write_bytes(b"content")
    return target


def trace_of(output: Path) -> tuple[str, Trace]:
    """Return the folder of a file, and its trace."""
    folder = f"{output.parent}/"
    return folder, Trace("key", {output.name: digest_of(output.read_bytes())}, seal(folder, [output.name]))


def test_an_output_that_was_not_touched_is_intact(output: Path) -> None:
    """The seal is enough: the file is not read."""
    folder, trace = trace_of(output)
    assert is_intact(folder, trace)
    assert is_intact(folder, Trace("key", {output.name: "never read"}, trace.seal))


def test_an_output_with_the_same_bytes_is_intact(output: Path) -> None:
    """A fresh clone has other times; its bytes decide."""
    folder, trace = trace_of(output)
    output.unlink()
    output.write_bytes(b"content")
    assert seal(folder, [output.name]) != trace.seal
    assert is_intact(folder, trace)


def test_an_output_that_was_written_to_is_not_intact(output: Path) -> None:
    """Even where size and time were put back: the time of the change cannot be."""
    folder, trace = trace_of(output)
    status = output.stat()
    output.write_bytes(b"CONTENT")
    os.utime(output, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not is_intact(folder, trace)


def test_an_output_that_is_gone_or_a_link_is_not_intact(output: Path) -> None:
    """A link with the right bytes behind it is not a file of ours."""
    folder, trace = trace_of(output)
    other = output.rename(output.with_name("other"))
    assert not is_intact(folder, trace)
    output.symlink_to(other)
    assert not is_intact(folder, trace)
    output.unlink()
    output.mkdir()
    assert not is_intact(folder, trace)


def test_a_task_without_outputs_is_intact(tmp_path: Path) -> None:
    """There is nothing that could be wrong."""
    assert is_intact(f"{tmp_path}/", Trace("key", {}, ""))


def test_a_missing_file_has_no_seal() -> None:
    """Two missing files must not look like one another's seal."""
    assert seal("/", ["not there"]) == ""
    assert seal(f"{Path(__file__).parent}/", ["not there", Path(__file__).name]) == ""


def test_what_another_writer_did_in_between_is_taken_in(path: Path) -> None:
    """Though both wrote: the one that wrote last has not seen what the other did."""
    first, second = Traces(path), Traces(path)
    first.put("one", Trace("k", {}))
    second.put("two", Trace("k", {}))
    second.refresh()
    first.refresh()
    assert [name for name, _ in first.items()] == [name for name, _ in second.items()] == ["one", "two"]
