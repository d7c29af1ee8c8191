"""What Kustomize builds is compared with what is rendered, object by object, to the last field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mintage.check.proof import build, differences, first_difference, identity
from mintage.errors import MintageError
from mintage.tree.build import command

if TYPE_CHECKING:
    from pathlib import Path


def made(*documents: dict[str, Any]) -> dict[Any, Any]:
    """Return objects by identity."""
    return {identity(document): document for document in documents}


def config_map(name: str = "a", **fields: Any) -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **fields}


def test_an_object_is_told_by_version_kind_namespace_and_name() -> None:
    """Here the version counts: what is built must be what is rendered."""
    assert identity(config_map()) == ("v1", "ConfigMap", "", "a")
    document = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}}
    assert identity(document) == ("apps/v1", "Deployment", "b", "a")


@pytest.mark.parametrize(
    ("built", "expected", "where"),
    [
        ({"a": 1}, {"a": 2}, ".a: built 1, rendered 2"),
        ({"a": 1}, {"a": True}, ".a: built 1, rendered True"),
        ({"a": {"b": [1, {"c": "x"}]}}, {"a": {"b": [1, {"c": "y"}]}}, ".a.b[1].c: built 'x', rendered 'y'"),
        ({"a": 1}, {}, ".a: only in the build"),
        ({}, {"a": 1}, ".a: only in the render"),
        ([1], [1, 2], ": built [1], rendered [1, 2]"),
        ({"a": None}, {}, ".a: only in the build"),
        ({"a": []}, {"a": {}}, ".a: built [], rendered {}"),
    ],
)
def test_the_first_difference_is_named_with_both_values(built: Any, expected: Any, where: str) -> None:
    """By its path."""
    assert first_difference(built, expected) == where


def test_equal_values_have_no_difference() -> None:
    """The order of keys is none."""
    assert first_difference({"a": [1, {"b": None}], "c": 1.5}, {"c": 1.5, "a": [1, {"b": None}]}) is None


def test_every_object_that_differs_is_a_problem() -> None:
    """Missing, added and changed ones."""
    built = made(config_map("same"), config_map("changed", data={"k": "1"}), config_map("added"))
    expected = made(config_map("same"), config_map("changed", data={"k": "2"}), config_map("missing"))
    found = list(differences("gitops/overlays/dev", built, expected))
    assert [problem.message for problem in found] == [
        "Kustomize builds ConfigMap added, which no spec renders",
        "ConfigMap changed differs at .data.k: built '1', rendered '2'",
        "ConfigMap missing is rendered, but Kustomize does not build it",
    ]
    assert {(problem.id, problem.location.file) for problem in found} == {
        ("overlay-not-render", "gitops/overlays/dev")
    }


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Error: it is\n  broken\n", "it is broken"),
        (
            'E1121 05:49:34.505951 1 run.go:72] "command failed" err="testing value \\"a\\" failed"\n',
            'testing value "a" failed',
        ),
        ("", "no reason given"),
    ],
)
def test_a_builder_that_fails_is_quoted(tmp_path: Path, words: str, reason: str) -> None:
    """Without the timestamps of its log."""
    (tmp_path / "words").write_text(words)
    with pytest.raises(MintageError) as caught:
        build(["/bin/sh", "-c", '/bin/cat "$1/words" >&2; exit 1', "sh"], tmp_path)
    (problem,) = caught.value.problems
    assert (problem.id, problem.message) == ("kustomize-build", f"Kustomize cannot build it: {reason}")


def test_what_is_built_is_read_as_kubernetes_reads_it(tmp_path: Path) -> None:
    """Bare words and numbers become what they are in a cluster."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: yes, b: 1e3}\n---\n"
    built = build(["/bin/sh", "-c", f"printf '%s' '{text}'", "sh"], tmp_path)
    assert list(built.values()) == [config_map(data={"a": True, "b": 1000})]


@pytest.mark.kustomize
def test_a_folder_is_built(tmp_path: Path) -> None:
    """By kubectl, or by kustomize."""
    (tmp_path / "kustomization.yaml").write_text("namespace: b\nresources: [a.yaml]\n")
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    builder = command()
    assert builder is not None
    assert list(build(builder, tmp_path)) == [("v1", "ConfigMap", "b", "a")]


def test_without_a_builder_there_is_no_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kubectl comes first, then kustomize."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command() is None
    for name, wanted in (("kustomize", ["build"]), ("kubectl", ["kustomize"])):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert command() == [str(program), *wanted]
