"""What `doit schemas` prints, writes and answers, run as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BOX = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.io
  names: {kind: Box}
  versions:
  - {name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}}}
  - {name: v0, served: false, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}}
"""
COMMIT = "abcdef7890" * 4
LOCK = f"""\
schemas:
- name: boxes
  repository: example/crds
  commit: {COMMIT}
  path: box.yaml
  sha256: {{digest}}
"""

pytestmark = pytest.mark.e2e


def doit(
    folder: Path, *args: str, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder that holds no dodo.py."""
    command = [sys.executable, "-m", "doit", "schemas", *args]
    return subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, check=False, env=env
    )


def test_import_and_list(tmp_path: Path) -> None:
    """No dodo.py is needed; what changed is named, and what gave no schema."""
    (tmp_path / "box.yaml").write_text(BOX)
    done = doit(tmp_path, "import", "box.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "schemas/example.io/Box_v1.json\n"
        "passed over: box.yaml: Box example.io/v0 is not served\n"
        "schemas/ 1 of 1 schemas changed\n"
    )
    done = doit(tmp_path, "import", "-", stdin=BOX)
    assert done.stdout.endswith("schemas/ 1 of 1 schemas changed\n")  # its source is another
    lines = doit(tmp_path, "list").stdout.splitlines()
    assert lines[0].split() == ["KIND", "API", "VERSION", "JUDGED", "BY"]
    (box,) = (line for line in lines if line.startswith("Box "))
    assert box.split(maxsplit=2)[:2] == ["Box", "example.io/v1"]
    assert "imported from stdin (sha256:" in box
    (ray,) = (line for line in lines if line.startswith("RayCluster "))
    assert "Mintage's own schema" in ray
    assert lines[-1].endswith("kinds of Kubernetes 1.32 (kubernetes-validate 1.37.0)")


def test_list_shows_the_kinds_of_the_version_of_the_workspace(tmp_path: Path) -> None:
    """And of another on request."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/system.yaml").write_text("kind: System\nname: x\nkubernetesVersion: '1.30'\n")
    out = doit(tmp_path, "list", "--all").stdout
    assert "Deployment  " in out
    assert "Kubernetes 1.30 (" in out
    assert "kinds of Kubernetes 1.36 (" in doit(tmp_path, "list", "--kubernetes-version", "1.36").stdout
    done = doit(tmp_path, "list", "--kubernetes-version", "1.99")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        "error[kubernetes-version-unknown]: no schemas of Kubernetes 1.99: 1.25 to 1.37 are packaged\n"
        in done.stderr
    )


def test_fetch(tmp_path: Path) -> None:
    """From a mirror that the environment or an option names; a wrong digest writes nothing."""
    import hashlib

    mirror = tmp_path / "mirror/example/crds" / COMMIT
    mirror.mkdir(parents=True)
    (mirror / "box.yaml").write_text(BOX)
    work = tmp_path / "work"
    work.mkdir()
    base = f"file://{tmp_path}/mirror"
    (work / "schemas.lock").write_text(LOCK.format(digest="0f" * 32))
    done = doit(work, "fetch", "--base-url", base)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"schemas.lock:2:3: error[digest-mismatch]: boxes: expected sha256 {'0f' * 32}, got "
    )
    assert list(work.iterdir()) == [work / "schemas.lock"]
    assert "schemas.lock: 1 not fetched (boxes): run `doit schemas fetch`" in doit(work, "list").stdout
    (work / "schemas.lock").write_text(LOCK.format(digest=hashlib.sha256(BOX.encode()).hexdigest()))
    done = doit(work, "fetch", env={"MINTAGE_SCHEMAS_URL": base, "PATH": "/bin"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "fetched boxes\npassed over: boxes: Box example.io/v0 is not served\n1 of 1 fetched, 0 were there\n"
    )
    assert doit(work, "fetch", "--base-url", "file:///nowhere").stdout == "0 of 1 fetched, 1 were there\n"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((), "doit schemas: error: the following arguments are required: import|fetch|list"),
        (("imprt",), "invalid choice: 'imprt'"),
        (("import",), "doit schemas import: error: expected either files and folders, or --cluster"),
        (
            ("import", "--cluster", "x"),
            "doit schemas import: error: expected either files and folders, or --cluster",
        ),
        (("fetch", "x"), "unrecognized arguments: x"),
        (("list", "--al1"), "unrecognized arguments: --al1"),
    ],
)
def test_a_wrong_command_line(tmp_path: Path, args: tuple[str, ...], told: str) -> None:
    """Exit code 2, what was expected, and nothing done."""
    done = doit(tmp_path, *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "usage: doit schemas" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help(tmp_path: Path) -> None:
    """Of doit, and of a verb."""
    command = [sys.executable, "-m", "doit", "help", "schemas"]
    out = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "import, fetch and list the schemas" in out
    done = doit(tmp_path, "import", "--help")
    assert done.returncode == 0
    assert "--cluster" in done.stdout
