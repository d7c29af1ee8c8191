"""`schemas.lock`: what it may say, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintage.errors import MintageError
from mintage.schemas.lock import read_lock
from mintage.schemas.own import files

PIN = """\
- name: boxes
  repository: example/boxes
  commit: abcdef7890abcdef7890abcdef7890abcdef7890
  path: crds/box.yaml
  sha256: fedcba9876fedcba9876fedcba9876fedcba9876fedcba9876fedcba98760123
"""
ROOT = Path(__file__).parents[2]


def test_without_a_lock_nothing_is_pinned(tmp_path: Path) -> None:
    """And that is no error."""
    assert read_lock(tmp_path) is None


def test_profiles_choose(tmp_path: Path) -> None:
    """A pin without profiles belongs to all of them."""
    old = PIN.replace("boxes\n", "old-boxes\n", 1) + "  profiles: [old]\n"
    (tmp_path / "schemas.lock").write_text(f"profile: old\nschemas:\n{PIN}{old}")
    lock = read_lock(tmp_path)
    assert lock
    assert [pin.name for pin in lock.active] == ["boxes", "old-boxes"]
    (tmp_path / "schemas.lock").write_text(f"schemas:\n{PIN}{old}")
    lock = read_lock(tmp_path)
    assert lock
    assert [pin.name for pin in lock.active] == ["boxes"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "advice"),
    [
        ("repository: example/boxes", "repository: boxes", 3, "repository: expected OWNER/NAME, got `boxes`", ""),
        ("repository: example/boxes", "repositry: example/boxes", 3, "unknown field `repositry`", "did you mean `repository`?"),
        ("commit: abcdef7890abcdef7890abcdef7890abcdef7890", "commit: main", 4, "commit: expected 40 hexadecimal digits (a branch or a tag is not resolved), got `main`", ""),
        ("path: crds/box.yaml", "path: ../../x", 5, "path: expected a path within the repository, got `../../x`", ""),
        ("path: crds/box.yaml", "path: /x", 5, "path: expected a path within the repository, got `/x`", ""),
        ("path: crds/box.yaml", "path: 5", 5, "path: expected a string, got integer", "write it in quotes"),
        ("  path: crds/box.yaml\n", "", 2, "field `path` is missing", ""),
        ("schemas:\n", "profile: nwe\nschemas:\n", 1, "no pin is of profile `nwe`", ""),
        ("schemas:\n", "schemas: 3\nx:\n", 0, "expected `schemas:` with a list of pinned files", "each has name, repository, commit, path and sha256"),
        ("- name: boxes\n", "- 5\n- name: boxes\n", 2, "expected a mapping with name, repository, commit, path, sha256", ""),
    ],
)  # fmt: skip
def test_a_wrong_lock_is_an_error_with_a_place(
    tmp_path: Path, old: str, new: str, line: int, message: str, advice: str
) -> None:
    """The line, what was got, what is expected."""
    text = f"schemas:\n{PIN}"
    assert old in text
    (tmp_path / "schemas.lock").write_text(text.replace(old, new))
    with pytest.raises(MintageError) as raised:
        read_lock(tmp_path)
    told = {(problem.location.line, problem.message, problem.advice) for problem in raised.value.problems}
    assert (line, message, advice) in told
    assert {problem.id for problem in raised.value.problems} == {"lock-invalid"}


def test_the_lock_of_this_repository_pins_what_it_renders() -> None:
    """One file for each kind that Mintage has a schema of its own for."""
    lock = read_lock(ROOT)
    assert lock
    groups = sorted({pin.name.partition(".")[2] for pin in lock.active})
    assert groups == sorted({api_version.partition("/")[0] for api_version, _ in files()})
    assert len(lock.active) == len(files())


@pytest.mark.crds
def test_the_lock_of_this_repository_pins_the_definitions_at_hand() -> None:
    """Byte for byte."""
    import hashlib

    from kubernetes_schemas import missing_folder, upstream_folder

    if reason := missing_folder():
        pytest.skip(reason)
    lock = read_lock(ROOT)
    assert lock
    found = {hashlib.sha256(path.read_bytes()).hexdigest() for path in upstream_folder().rglob("*.yaml")}
    assert {pin.sha256 for pin in lock.active} <= found
