"""Files are written whole, and everything a transaction did can be undone."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.disk import Transaction, clear_scratch, link_in, lock, read_text, write_whole
from mintage.errors import MintageError

if TYPE_CHECKING:
    from pathlib import Path

PATHS = st.sampled_from(("a", "b", "f/a", "f/g/a", "h/a"))


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    """Return the bytes and the mode of every file."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in root.rglob("*")
        if path.is_file()
    }


def folders(root: Path) -> set[str]:
    """Return every folder."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with files of several modes."""
    top = tmp_path / "tree"
    (top / "f/g").mkdir(parents=True)
    for path, mode in (("a", 0o644), ("f/a", 0o600), ("f/g/a", 0o755)):
        (top / path).write_bytes(path.encode())
        (top / path).chmod(mode)
    return top


@pytest.fixture
def transaction(root: Path, tmp_path: Path) -> Transaction:
    """Return a transaction on that folder."""
    return Transaction(root, tmp_path / "scratch")


def test_a_write_makes_folders_and_tells_whether_it_changed_anything(
    root: Path, transaction: Transaction
) -> None:
    """The same bytes are not written again."""
    assert transaction.write("new/deep/file", b"1") is True
    assert transaction.write("new/deep/file", b"1") is False
    assert transaction.write("a", b"a") is False
    assert (root / "new/deep/file").read_bytes() == b"1"


def test_the_same_bytes_leave_the_file_alone(root: Path, transaction: Transaction) -> None:
    """Its times and its inode stay."""
    before = (root / "a").stat()
    transaction.write("a", b"a")
    assert (root / "a").stat() == before


def test_a_removal_takes_the_folders_it_empties(root: Path, transaction: Transaction) -> None:
    """But not the folder of the tree itself, nor one that holds something else."""
    assert transaction.remove("f/g/a") is True
    assert not (root / "f/g").exists()
    assert transaction.remove("f/a") is True
    assert transaction.remove("a") is True
    assert root.is_dir()
    assert transaction.remove("a") is False


def test_a_removal_does_not_follow_links(root: Path, transaction: Transaction, tmp_path: Path) -> None:
    """A linked folder is someone else's; a linked file is only a link."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(b"mine")
    (root / "linked").symlink_to(outside)
    (root / "file").symlink_to(outside / "x")
    assert transaction.remove("linked/x") is False
    assert transaction.remove("file") is True
    assert (outside / "x").read_bytes() == b"mine"
    assert not (root / "file").is_symlink()


def test_a_write_replaces_a_link_and_not_what_it_leads_to(
    root: Path, transaction: Transaction, tmp_path: Path
) -> None:
    """Undoing brings the link back."""
    other = tmp_path / "other"
    other.write_bytes(b"a")
    (root / "a").unlink()
    (root / "a").symlink_to(other)
    assert transaction.write("a", b"a") is True
    assert not (root / "a").is_symlink()
    transaction.rollback()
    assert (root / "a").readlink() == other


def test_an_append_can_be_undone(root: Path, transaction: Transaction) -> None:
    """Only the first one writes the file anew; a missing line end is added."""
    transaction.append("a", b"1\n")
    inode = (root / "a").stat().st_ino
    transaction.append("a", b"2\n")
    assert (root / "a").read_bytes() == b"a\n1\n2\n"
    assert (root / "a").stat().st_ino == inode
    transaction.rollback()
    assert (root / "a").read_bytes() == b"a"


STEPS = st.lists(
    st.tuples(st.just("write"), PATHS, st.binary(max_size=3))
    | st.tuples(st.just("append"), PATHS, st.just(b"x\n"))
    | st.tuples(st.just("remove"), PATHS, st.none()),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_undoing_brings_back_bytes_modes_and_folders(
    steps: list[tuple[str, str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was written, appended to and removed, in whatever order."""
    top = tmp_path_factory.mktemp("undo")
    root = top / "tree"
    (root / "f/g").mkdir(parents=True)
    for path, mode in (("a", 0o640), ("f/a", 0o600), ("f/g/a", 0o755)):
        (root / path).write_bytes(path.encode())
        (root / path).chmod(mode)
    before = files(root), folders(root)
    transaction = Transaction(root, top / "scratch")
    for verb, path, data in steps:
        if verb == "remove":
            transaction.remove(path)
        else:
            getattr(transaction, verb)(path, data)
    transaction.rollback()
    assert (files(root), folders(root)) == before
    assert list((top / "scratch").glob("*")) == []


def test_undoing_tells_how_many_files_it_put_back(transaction: Transaction) -> None:
    """Each counts once."""
    for data in (b"1", b"2"):
        transaction.write("a", data)
    transaction.remove("f/a")
    assert transaction.rollback() == 2
    assert transaction.rollback() == 0


def test_a_transaction_goes_on_after_it_was_undone(root: Path, transaction: Transaction) -> None:
    """`doit --continue` does other tasks after one that failed."""
    transaction.write("new/file", b"1")
    transaction.rollback()
    assert transaction.write("new/file", b"2") is True
    assert (root / "new/file").read_bytes() == b"2"


def test_a_closed_transaction_cannot_be_undone(root: Path, transaction: Transaction, tmp_path: Path) -> None:
    """And leaves nothing behind."""
    transaction.write("a", b"2")
    transaction.close()
    assert transaction.rollback() == 0
    assert (root / "a").read_bytes() == b"2"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_scratch_of_killed_processes_is_cleared(tmp_path: Path) -> None:
    """With whatever is in it; where there is none, nothing happens."""
    scratch = tmp_path / "scratch"
    (scratch / "4711").mkdir(parents=True)
    (scratch / "4711/new").write_bytes(b"half")
    clear_scratch(scratch)
    clear_scratch(scratch)
    assert not scratch.exists()


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("a/b", "a file stands where a folder is needed: move it away"),
        ("f", "a folder stands where a file is to be written: move it away"),
    ],
)
def test_what_cannot_be_written_is_an_error_with_advice(
    root: Path, transaction: Transaction, path: str, advice: str
) -> None:
    """The file, the reason, and what to do; nothing has changed."""
    before = files(root)
    with pytest.raises(MintageError) as caught:
        transaction.write(path, b"1")
    (problem,) = caught.value.problems
    assert (problem.location.file, problem.id, problem.advice) == (str(root / path), "write-failed", advice)
    assert problem.message.endswith("; nothing was changed")
    transaction.rollback()
    assert files(root) == before


def test_a_whole_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """Whoever has the old one open goes on reading it; no other file stays."""
    target = tmp_path / "deep/file"
    write_whole(target, b"old")
    with target.open("rb") as reader:
        write_whole(target, b"new")
        assert reader.read() == b"old"
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def test_a_text_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """A first run has no list of files."""
    assert read_text(tmp_path / "none") == ""


def test_a_link_in_a_path_is_found(tmp_path: Path) -> None:
    """The first one; the file itself is not looked at."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").symlink_to(tmp_path)
    assert link_in(tmp_path, "a") is None
    assert link_in(tmp_path, "a/b/c/d") == os.path.join("a", "b")  # noqa: PTH118
    assert link_in(tmp_path, "not/there") is None


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other waits and says so."""
    path = tmp_path / "state/lock"
    order: list[str] = []

    def second() -> None:
        with lock(path):
            order.append("second")

    with lock(path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert capsys.readouterr().err == "waiting for another run in this workspace to finish\n"
