"""Which source judges a kind: imported, then fetched, then packaged; and that no schema is no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.errors import MintageError
from mintage.schemas.convert import definitions
from mintage.schemas.importing import write
from mintage.schemas.lock import CACHE
from mintage.schemas.store import Known, Schemas, Sources
from mintage.schemas.stored import file_bytes
from schemas.test_convert import BOX, box
from schemas.test_lock import PIN

if TYPE_CHECKING:
    from pathlib import Path

QUEUE = (
    BOX.replace("example.io", "kueue.x-k8s.io").replace("Box", "LocalQueue").replace("v1\n", "v1beta2\n", 1)
)


def put(folder: Path, text: str, **source: str) -> None:
    """Store the schema of a definition in a folder."""
    (stored,) = definitions("x", text.encode()).schemas
    write(folder, {stored.name: file_bytes(stored, source)})


def pinned(root: Path, text: str) -> None:
    """Pin a definition in the lock of a workspace, and fetch it."""
    (root / "schemas.lock").write_text(f"schemas:\n{PIN}")
    source = {
        "repository": "example/boxes",
        "commit": "abcdef7890" * 4,
        "path": "crds/box.yaml",
        "sha256": "fedcba9876" * 6 + "0123",
    }
    put(root / CACHE / source["sha256"], text, **source)


def test_without_a_schema_there_is_no_judge(tmp_path: Path) -> None:
    """The caller must say so: it is not a pass."""
    schemas = Schemas("1.32", Sources.of(tmp_path))
    assert schemas.judge("example.io/v1", "Box") is None
    assert schemas.judge("apps/v1", "Deploymnet") is None
    assert schemas.judge("apps/v1beta1", "Deployment") is None


def test_imported_before_fetched_before_packaged(tmp_path: Path) -> None:
    """And each says where it comes from."""
    text = QUEUE.replace("- name: v1\n", "- name: v1beta2\n")
    kind = "kueue.x-k8s.io/v1beta2", "LocalQueue"
    own = Schemas("1.32", Sources.of(tmp_path)).judge(*kind)
    assert own
    assert (
        own.source
        == "Mintage's own schema of LocalQueue kueue.x-k8s.io/v1beta2 (facts: kubernetes-sigs/kueue v0.19.2)"
    )
    pinned(tmp_path, text)
    fetched = Schemas("1.32", Sources.of(tmp_path)).judge(*kind)
    assert fetched
    assert fetched.source == (
        "LocalQueue kueue.x-k8s.io/v1beta2 fetched from example/boxes@abcdef7890ab crds/box.yaml (sha256:fedcba9876fe)"
    )
    put(tmp_path / "schemas", text, file="crds/queue.yaml", sha256="ab" * 32)
    schemas = Schemas("1.32", Sources.of(tmp_path))
    imported = schemas.judge(*kind)
    assert imported
    assert imported.source == (
        "LocalQueue kueue.x-k8s.io/v1beta2 imported from crds/queue.yaml (sha256:abababababab)"
    )
    assert schemas.judge(*kind) is imported
    assert [each.origin for each in schemas.known() if each.kind == "LocalQueue"] == ["imported"]


def test_core_kinds_say_the_version() -> None:
    """The one that was asked for."""
    judge = Schemas("1.29").judge("apps/v1", "Deployment")
    assert judge
    assert (judge.source.partition(" (")[0], judge.custom) == ("Kubernetes 1.29", False)


def test_what_is_known() -> None:
    """Kinds of Kubernetes in the target version, and Mintage's own."""
    schemas = Schemas("1.32")
    assert Known("v1", "Pod", "core") in schemas.known()
    assert ("ray.io/v1", "RayCluster") in schemas.known_kinds()
    assert ("ray.io/v1", "RayCluster") not in Schemas("1.32", Sources(own=False)).known_kinds()
    assert schemas.known() == sorted(schemas.known())
    assert schemas.versions("autoscaling", "HorizontalPodAutoscaler") == ["autoscaling/v1", "autoscaling/v2"]
    assert schemas.versions("", "Pod") == ["v1"]
    assert schemas.exists("batch/v1", "CronJob")
    assert not schemas.exists("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema")
    assert schemas.minors("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema")[-1] == "1.28"


def test_what_the_lock_pins_and_nobody_fetched_is_known(tmp_path: Path) -> None:
    """So that a report can say that a better schema is to be had."""
    (tmp_path / "schemas.lock").write_text(f"schemas:\n{PIN}")
    assert Schemas("1.32", Sources.of(tmp_path)).not_fetched == ("boxes",)
    pinned(tmp_path, BOX)
    schemas = Schemas("1.32", Sources.of(tmp_path))
    assert schemas.not_fetched == ()
    judge = schemas.judge("example.io/v1", "Box")
    assert judge
    assert judge.scope == "Cluster"
    assert judge.errors(box({})) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "schema-file-invalid"),
        ("{}", "schema-file-invalid"),
        ("[1]", "schema-file-invalid"),
        ('{"format":0,"apiVersion":"a","kind":"b","scope":"","deprecated":"","source":{},"schema":{}}', "schema-file-format"),
        ('{"format":1,"apiVersion":"a","kind":"b","scope":"","deprecated":"","source":{},"schema":3}', "schema-file-invalid"),
    ],
)  # fmt: skip
def test_a_broken_stored_file_is_an_error_with_its_name(tmp_path: Path, text: str, name: str) -> None:
    """Raised when its kind is asked for, and no sooner."""
    file = tmp_path / "schemas/example.io/Box_v1.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    schemas = Schemas("1.32", Sources.of(tmp_path))
    assert schemas.judge("v1", "Pod")
    with pytest.raises(MintageError) as raised:
        schemas.judge("example.io/v1", "Box")
    (problem,) = raised.value.problems
    assert (problem.id, problem.location.file) == (name, str(file))


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    """A folder `schemas` may hold other things in a repository that is not ours."""
    for name in (
        "readme.md",
        "example.io/notes.txt",
        "example.io/plain.json",
        "example.io/box_v1.json",
        "v1/Deployment_v1.json",
    ):
        file = tmp_path / "schemas" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    assert {each.origin for each in Schemas("1.32", Sources.of(tmp_path)).known()} == {"core", "own"}
