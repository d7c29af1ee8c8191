"""`mintage validate PATH` takes any folder or file of manifests, from wherever it is called."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from mintage_command import validate

if TYPE_CHECKING:
    from pathlib import Path

MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
datum: {}
"""
UNKNOWN = "error[schema-unknown-field]: unknown field `datum`"
ONLY = ("--only", "schema/*,suppression/*")


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "protocol.file.allow=always")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a Git repository with a base outside of its overlays."""
    if shutil.which("git") is None:
        pytest.skip("git is not on PATH")
    folder = _write(
        tmp_path / "repository",
        {
            "base/map.yaml": MAP,
            "base/kustomization.yaml": "resources: [map.yaml]\n",
            "overlays/prod/kustomization.yaml": "namespace: shop-prod\nresources: [../../base]\n",
        },
    )
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "one")
    return folder


@pytest.mark.parametrize("path", [".", "map.yaml", "../sp ace ü/", "../sp ace ü/map.yaml"])
def test_a_folder_or_a_file_of_plain_manifests(tmp_path: Path, path: str) -> None:
    """Places are relative to where one stands."""
    folder = _write(tmp_path / "sp ace ü", {"map.yaml": MAP})
    outcome = validate(folder, path, *ONLY)
    assert (outcome.code, outcome.stderr) == (1, "")
    assert outcome.stdout.splitlines()[:3] == [f"map.yaml:6:1: {UNKNOWN}", " 6 | datum: {}", "   | ^^^^^"]


def test_from_another_folder_places_lead_there(tmp_path: Path) -> None:
    """With the lines of files, though they are outside of the current folder."""
    _write(tmp_path / "tree", {"map.yaml": MAP})
    (tmp_path / "here").mkdir()
    outcome = validate(tmp_path / "here", "../tree", *ONLY)
    assert outcome.stdout.splitlines()[:2] == [f"../tree/map.yaml:6:1: {UNKNOWN}", " 6 | datum: {}"]
    assert "roots       ../tree  1 object" in outcome.stdout


@pytest.mark.kustomize
def test_an_overlay_finds_its_base_in_the_repository(repository: Path) -> None:
    """The cause is in the base, and so is the place."""
    for folder, path in ((repository, "overlays/prod"), (repository / "overlays/prod", ".")):
        outcome = validate(folder, path, *ONLY)
        assert outcome.code == 1
        prefix = "" if folder == repository else "../../"
        assert outcome.stdout.startswith(f"{prefix}base/map.yaml:6:1: {UNKNOWN}")
        assert "1 object in 1 root" in outcome.stdout


@pytest.mark.kustomize
def test_a_worktree_and_a_submodule_are_repositories(repository: Path, tmp_path: Path) -> None:
    """Their `.git` is a file."""
    _git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    other = _write(tmp_path / "other", {"README.md": "other\n"})
    _git(other, "init", "-q")
    _git(other, "submodule", "add", "-q", str(repository), "sub")
    for folder in (tmp_path / "tree", other / "sub"):
        assert (folder / ".git").is_file()
        outcome = validate(folder, "overlays/prod", *ONLY)
        assert (outcome.code, outcome.stdout.partition(":")[0]) == (1, "base/map.yaml")


def test_a_folder_that_a_walk_leaves_out_is_taken_when_it_is_named(tmp_path: Path) -> None:
    """Whoever names it means it."""
    _write(tmp_path, {".deploy/map.yaml": MAP})
    (tmp_path / ".git").mkdir()
    assert validate(tmp_path, ".deploy", *ONLY).stdout.startswith(f".deploy/map.yaml:6:1: {UNKNOWN}")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "nowhere",
            "nowhere: error[path-missing]: there is no such file or folder\n  = name a folder of manifests\n",
        ),
        (
            "empty",
            (
                "empty: error[nothing-to-check]: it holds no manifests and no kustomization\n"
                "  = name a folder or a file that does\n"
            ),
        ),
        (
            "-",
            (
                "-: error[path-missing]: PATH is a folder or a file; a stream has no places to point at\n"
                "  = write it to a file and name that; `kubeconform-py -` reads a stream and checks schemas\n"
            ),
        ),
        ("", ": error[path-missing]: PATH is empty\n  = name a folder of manifests, such as `.`\n"),
    ],
)
def test_a_path_that_holds_nothing_is_an_error(tmp_path: Path, path: str, text: str) -> None:
    """Exit code 2: nothing was checked."""
    (tmp_path / "empty").mkdir()
    assert validate(tmp_path, path) == (2, "", text)


def test_changes_since_a_revision(repository: Path) -> None:
    """Only what cannot be changed is told; a link out of the repository is no obstacle."""
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: shop}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: %s}\n"
    )
    _write(repository, {"plain/claim.yaml": claim % "fast"})
    (repository / "plain/out").symlink_to("/etc")
    _git(repository, "add", ".")
    _git(repository, "commit", "-q", "-m", "two")
    _write(repository, {"plain/claim.yaml": claim % "slow"})
    only = ("--only", "immutable-field-change")
    assert validate(repository, "plain", *only).code == 0
    outcome = validate(repository, "plain", *only, "--since", "HEAD")
    assert outcome.code == 1
    assert outcome.stdout.startswith("plain/claim.yaml:4:")
    for revision in ("nothing", "--output=x"):
        outcome = validate(repository, "plain", f"--since={revision}")
        assert (outcome.code, outcome.stdout) == (2, "")
        assert outcome.stderr.startswith(f"--since: error[git-revision]: git cannot read `{revision}`: ")
    assert not (repository / "x").exists()


def test_acceptances_elsewhere_are_not_called_unused(tmp_path: Path) -> None:
    """What a part of a repository does not find, another part may."""
    accepted = MAP + "# mintage: accept-file[image-latest] one tag\n"
    _write(tmp_path, {"a/map.yaml": MAP.replace("datum", "data"), "b/map.yaml": accepted})
    (tmp_path / ".git").mkdir()
    unused = "warning[suppression-unused]"
    assert unused not in validate(tmp_path, "a").stdout
    assert unused in validate(tmp_path, "b").stdout
    assert unused in validate(tmp_path, ".").stdout


@pytest.mark.kustomize
def test_what_no_root_reaches_is_counted(tmp_path: Path) -> None:
    """It is judged by itself, and the summary says so."""
    (tmp_path / "app").mkdir()
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: a}\n"
    (tmp_path / "app/kustomization.yaml").write_text("resources: [one.yaml]\n", encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / f"app/{name}.yaml").write_text(config % name, encoding="utf-8")
    outcome = validate(tmp_path, "--only", "schema/*")
    assert "note        1 object in files that no root reaches: judged by themselves" in outcome.stdout
