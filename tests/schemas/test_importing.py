"""Importing takes definitions as they come, writes all or nothing, and leaves no trace of the machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mintage.errors import MintageError
from mintage.schemas.importing import from_cluster, from_operands, write
from schemas.test_convert import BOX

if TYPE_CHECKING:
    from pathlib import Path

NAME = "example.io/Box_v1.json"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with definitions, which is the working directory."""
    (tmp_path / "crds/deep").mkdir(parents=True)
    (tmp_path / "crds/deep/box.yaml").write_text(BOX)
    (tmp_path / "crds/notes.yaml").write_text("{{ a template }}: [")
    (tmp_path / "crds/picture.json").write_bytes(b"\x89PNG\x00")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def source_of(data: bytes) -> dict[str, str]:
    """Return what a stored file says of its origin."""
    source: dict[str, str] = json.loads(data)["source"]
    return source


def refused(root: Path, *operands: str) -> list[tuple[str, str, str]]:
    """Return file, id and message of every problem."""
    with pytest.raises(MintageError) as raised:
        from_operands(root, operands)
    return [(problem.location.file, problem.id, problem.message) for problem in raised.value.problems]


@pytest.mark.parametrize("operand", ["crds", "crds/deep/box.yaml", "./crds/deep/../deep/box.yaml"])
def test_folders_and_files(root: Path, operand: str) -> None:
    """Files in a folder that hold no definition are passed over; the source is the path within the workspace."""
    batch = from_operands(root, [operand])
    assert list(batch.files) == [NAME]
    assert source_of(batch.files[NAME])["file"] == "crds/deep/box.yaml"


def test_a_place_outside_the_workspace_is_not_written_down(root: Path) -> None:
    """What is committed names no folder of this machine."""
    inner = root / "inner"
    inner.mkdir()
    batch = from_operands(inner, [str(root / "crds")])
    assert source_of(batch.files[NAME])["file"] == "box.yaml"
    assert str(root).encode() not in batch.files[NAME]


def test_the_standard_input(root: Path) -> None:
    """Its digest is that of the schema: a cluster's answer has numbers that change."""
    batch = from_operands(root, ["-"], BOX.encode())
    again = from_operands(
        root, ["-"], BOX.replace("metadata: {", "metadata: {resourceVersion: '7', ").encode()
    )
    assert batch.files == again.files
    assert source_of(batch.files[NAME])["file"] == "stdin"


def test_a_second_import_changes_nothing(root: Path) -> None:
    """And an import of something else leaves what is there."""
    batch = from_operands(root, ["crds"])
    assert write(root / "schemas", batch.files) == [NAME]
    assert write(root / "schemas", batch.files) == []
    (root / "case.yaml").write_text(BOX.replace("Box", "Case"))
    assert write(root / "schemas", from_operands(root, ["case.yaml"]).files) == ["example.io/Case_v1.json"]
    assert (root / "schemas" / NAME).is_file()


def test_the_same_definition_twice_is_no_matter_and_two_different_ones_are(root: Path) -> None:
    """Which of them the cluster has, nobody can tell."""
    (root / "copy.yaml").write_text(BOX)
    assert list(from_operands(root, ["crds", "copy.yaml"]).files) == [NAME]
    (root / "other.yaml").write_text(BOX.replace("size", "width"))
    assert refused(root, "crds", "other.yaml") == [
        ("other.yaml", "crd-twice", "Box example.io/v1 is defined otherwise in crds/deep/box.yaml")
    ]


def test_every_problem_is_told_at_once(root: Path) -> None:
    """Files without definitions, broken ones, missing ones."""
    (root / "empty").mkdir()
    (root / "broken.yaml").write_text("kind: CustomResourceDefinition\nspec: [\n")
    assert refused(root, "empty", "crds/picture.json", "broken.yaml") == [
        ("broken.yaml", "yaml-syntax", "did not find expected node content"),
        ("crds/picture.json", "yaml-syntax", "invalid leading UTF-8 octet"),
        ("empty/", "crd-none", "no CustomResourceDefinition stands in this folder"),
    ]
    assert refused(root, "nowhere") == [("nowhere", "file-missing", "there is no such file or folder")]


def test_a_file_without_a_definition(root: Path) -> None:
    """Named by its name, it is a mistake."""
    (root / "pod.yaml").write_text("kind: Pod\n")
    assert refused(root, "pod.yaml") == [("pod.yaml", "crd-none", "no CustomResourceDefinition stands here")]


def test_what_somebody_else_wrote_is_not_replaced(root: Path) -> None:
    """It may be the only copy; nothing else is written either."""
    mine = root / "schemas" / NAME
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    (root / "case.yaml").write_text(BOX.replace("Box", "Case"))
    with pytest.raises(MintageError) as raised:
        write(root / "schemas", from_operands(root, ["crds", "case.yaml"]).files)
    assert [problem.id for problem in raised.value.problems] == ["file-in-the-way"]
    assert [path.name for path in mine.parent.iterdir()] == ["Box_v1.json"]


def test_a_folder_that_cannot_be_written(root: Path) -> None:
    """An error in words."""
    (root / "schemas").write_text("a file")
    with pytest.raises(MintageError) as raised:
        write(root / "schemas", from_operands(root, ["crds"]).files)
    assert [problem.id for problem in raised.value.problems] == ["write-failed"]


def kubectl(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program called kubectl on PATH, and nothing else."""
    folder.mkdir()
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_the_cluster(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kubectl prints is imported."""
    (root / "list.json").write_text(json.dumps({"kind": "List", "items": []}))
    kubectl(root / "bin", f"cat {root}/crds/deep/box.yaml", monkeypatch)
    batch = from_cluster()
    assert source_of(batch.files[NAME])["file"] == "cluster"


def test_a_cluster_that_does_not_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of kubectl says why."""
    kubectl(root / "bin", "echo noise >&2; echo 'connection refused' >&2; exit 1", monkeypatch)
    with pytest.raises(MintageError) as raised:
        from_cluster()
    (problem,) = raised.value.problems
    assert problem.id == "kubectl-failed"
    assert problem.message == "`kubectl get customresourcedefinitions -o yaml` failed: connection refused"


def test_without_kubectl(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is another way."""
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(MintageError) as raised:
        from_cluster()
    (problem,) = raised.value.problems
    assert (problem.id, problem.message) == ("kubectl-missing", "kubectl is not on PATH")
    assert "kubectl get crd -o yaml > crds.yaml" in problem.advice
