"""The workspace of most tests: a store with a claim, and a web service that refers to it (tests only)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from mintage.tasks.compare import whole_tree
from mintage.tasks.rebuild import Run
from mintage.testing import Space
from mintage.workspace.load import Workspace

SYSTEM = """\
kind: System
name: lab
environments:
  dev: {namespace: lab-dev}
  prod: {namespace: lab-prod}
"""
STORE = """\
kind: Workload
name: store
component: storage
image: registry.test/store:1
replicas: 1
ports: {api: 9000}
volumes: {/data: {pvc: {size: 1Gi}}}
environments:
  dev: {volumes: {/data: {pvc: null, emptyDir: {}}}}
  prod: {replicas: 3}
"""
WEB = """\
kind: Workload
name: web
image: registry.test/web:1
ports: {http: 8080}
env: {STORE: "@store"}
identity: robot
environments:
  prod: {replicas: 2}
"""
ROBOT = """\
kind: Identity
name: robot
component: web
clusterRules: ["pods: read"]
"""
SPECS = {"system": SYSTEM, "store": STORE, "web": WEB, "robot": ROBOT}


def lab(root: Path) -> Space:
    """Make the workspace, not rendered yet."""
    space = Space(root)
    for name, text in SPECS.items():
        space.write(f"specs/{name}.yaml", text)
    return space


def run_in(root: Path) -> Run:
    """Open a workspace in this process."""
    return Run(Workspace(root, "test"))


def render_of(specs: Path) -> dict[str, bytes]:
    """Return the tree that a fresh clone renders of a folder of specs: path and bytes."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(specs, Path(folder) / "specs", symlinks=True)
        return dict(whole_tree(run_in(Path(folder))).items())


def open_to_others(folder: Path) -> None:
    """Let other users into a folder of a test: pytest keeps those above it, of which there may be several, to itself."""
    top = Path(tempfile.gettempdir())
    for above in (folder, *folder.parents):
        if above == top or top not in above.parents:
            return
        above.chmod(0o755)
