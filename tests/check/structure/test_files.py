"""Files that are broken, empty, or say another type than they seem to: which count, and where the findings point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.check import structure
from mintage.check.run import findings
from mintage.schemas.store import Schemas
from mintage.tree.load import load

if TYPE_CHECKING:
    from pathlib import Path

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: x:1\n"


def told(folder: Path, files: dict[str, str], *, schemas: bool = False) -> list[str]:
    """Return id and place of what is found in some files."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    tree = load(folder, schemas=Schemas("1.32") if schemas else None)
    return [f"{finding.id} {finding.location}" for finding in findings(tree, structure.CHECKS)]


def test_a_broken_manifest_is_told_with_its_place(tmp_path: Path) -> None:
    """In a folder without kustomizations as well as beside one."""
    broken = f"{POD} x: 1\n"
    assert told(tmp_path, {"a/pod.yaml": broken}) == ["yaml-invalid a/pod.yaml:9:2"]
    files = {"kustomization.yaml": "resources:\n- b.yaml\n", "b.yaml": POD}
    assert told(tmp_path, files) == ["yaml-invalid a/pod.yaml:9:2"]


def test_what_is_no_manifest_may_be_what_it_likes(tmp_path: Path) -> None:
    """A template, the settings of another tool; but not what a kustomization names."""
    files = {
        "pod.yaml": POD,
        "template.yaml": "apiVersion: v1\nkind: Pod\n{{ if .x }}\nspec: {}\n{{ end }}\n",
        "mkdocs.yaml": "extension: !!python/name:x.y\n",
        "playbook.yaml": "- {{ x }}: [\n",
    }
    assert told(tmp_path, files) == []
    assert told(tmp_path, {"kustomization.yaml": "resources: [pod.yaml, playbook.yaml]\n"})[0].startswith(
        "yaml-invalid playbook.yaml"
    )


def test_every_duplicate_key_is_told(tmp_path: Path) -> None:
    """And under its own id."""
    assert told(tmp_path, {"p.yaml": f"{POD}kind: Pod\nkind: Pod\n"}) == [
        "yaml-duplicate-key p.yaml:9:1",
        "yaml-duplicate-key p.yaml:10:1",
    ]


def test_empty_files_count_beside_manifests_only(tmp_path: Path) -> None:
    """Not the values of a chart, nor files of folders without any manifest."""
    files = {
        "a/pod.yaml": POD,
        "a/empty.yaml": "",
        "a/comment.yml": "---\n# nothing yet\n",
        "a/values.yaml": "# no values\n",
        "b/empty.yaml": "",
    }
    assert told(tmp_path, files) == ["empty-manifest a/comment.yml", "empty-manifest a/empty.yaml"]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A file that is too large, and one that the system does not give."""
    (tmp_path / "unreadable.yaml").symlink_to("/proc/self/mem")
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(21_000_000)
    assert told(tmp_path, {"pod.yaml": POD}) == [
        "file-too-large large.yaml",
        "file-unreadable unreadable.yaml",
    ]


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("    args: [serve, on]", True),
        ("    args:\n    - 22:22", True),
        ("    args: [--port=1.10]", False),
        ("    env:\n    - name: A\n      value: 1.10", True),
        ("    env:\n    - name: A\n      value: yes", True),
        ("    env:\n    - name: A\n      value: 'yes'", False),
        ("    env:\n    - name: A\n      value: 1e3", True),
        ("    env:\n    - name: A\n      value: 8080", False),
        ("  securityContext:\n    fsGroup: 0123", True),
        ("  hostNetwork: yes", False),
        ("  volumes:\n  - name: v\n    secret: {secretName: s, defaultMode: 0440}", False),
        ("  priority: 10", False),
        ("  overhead:\n  - {op: add, path: /spec/volumes/0/secret/defaultMode, value: 0440}", False),
    ],
)
def test_scalars_that_change_their_type(line: str, is_told: bool, tmp_path: Path) -> None:
    """In places whose values are text, and numbers with a leading zero that are no permissions."""
    found = told(tmp_path, {"pod.yaml": f"{POD}{line}\n"})
    assert [each.split()[0] for each in found] == ["yaml-type-coercion"] * is_told


def test_what_a_schema_refuses_is_left_to_it(tmp_path: Path) -> None:
    """One place, one finding."""
    files = {"pod.yaml": f"{POD}    env:\n    - name: A\n      value: yes\n"}
    assert told(tmp_path, files) == ["yaml-type-coercion pod.yaml:11:14"]
    assert told(tmp_path, files, schemas=True) == []
