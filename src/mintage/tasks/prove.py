"""The proof of an overlay: what Kustomize builds of it is what the specs render directly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.check import proof
from mintage.digest import digest_of
from mintage.tasks.key import key
from mintage.workspace.index import BASE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mintage.errors import Problem
    from mintage.manifest import Manifest
    from mintage.tasks.rebuild import Run


def folder(environment: str) -> str:
    """Return the folder, below the rendered tree, that Kustomize builds for an environment or the base."""
    return f"overlays/{environment}" if environment else "base"


def expected(run: Run, environment: str) -> dict[proof.Key, Any]:
    """Return every object of an environment (or the base) as its specs give it, by identity."""
    namespace = run.workspace.system.namespace_in(environment) if environment else None
    documents = (
        in_namespace(manifest, namespace)
        for name in run.workspace.components
        for manifest in run.objects(name, environment).values()
    )
    return {proof.identity(document): document for document in documents}


def in_namespace(manifest: Manifest, namespace: str | None) -> dict[str, Any]:
    """Return an object's document as it is in a cluster: with the environment's namespace where it has none."""
    document = manifest.document
    if namespace is None or manifest.namespace is not None or not manifest.has_namespace:
        return document
    return {**document, "metadata": {**document["metadata"], "namespace": namespace}}


def problems(run: Run, environment: str, builder: Sequence[str]) -> list[Problem]:
    """Build the tree as it stands on disk and return where it is not what the specs give."""
    wanted = expected(run, environment)
    if not wanted and not environment:
        return []  # a system whose services are all of some environments has no base
    place = f"{run.output}/{folder(environment)}"
    built = proof.build(builder, run.workspace.root / place)
    return list(proof.differences(place, built, wanted))


def proof_key(run: Run, environment: str, builder: Sequence[str] | None) -> str:
    """Return the key of a proof: every file that Kustomize reads for it, every spec, and the program, if there is one."""
    tree = run.workspace.root / run.output
    parts = {folder(environment), folder(BASE)}
    files = sorted(path for part in parts for path in (tree / part).rglob("*") if path.is_file())
    inputs = [(path.relative_to(tree).as_posix(), digest_of(path.read_bytes())) for path in files]
    specs = [(name, run.component_key(name)) for name in run.workspace.components]
    return key([("specs/system.yaml", run.workspace.system_digest), _program(builder), *specs, *inputs])


def _program(builder: Sequence[str] | None) -> tuple[str, str]:
    """Return what identifies a version of a program without running it."""
    if builder is None:
        return "no Kustomize", ""
    status = Path(builder[0]).stat()
    return " ".join(builder), f"{status.st_size} {status.st_mtime_ns}"
