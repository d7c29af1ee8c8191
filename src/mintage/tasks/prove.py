"""The proof of an overlay: what Kustomize builds of it is what the specs render directly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check import proof

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
