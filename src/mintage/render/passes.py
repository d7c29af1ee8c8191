"""What happens to every object after its kind has made it: labels, sync wave, namespace, its file. Pure.

Each pass takes a manifest and returns a new one; `finished` applies them in order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mintage.manifest import Manifest, in_reading_order, metadata

if TYPE_CHECKING:
    from mintage.spec.fields import Spec
    from mintage.spec.system import System

WAVE = "argocd.argoproj.io/sync-wave"
_DEFAULT_FILE = "{kind}-{name}.yaml"


def finished(manifest: Manifest, spec: Spec, system: System) -> Manifest:
    """Return the object as it is written: complete metadata in reading order, and the file it belongs in."""
    document = in_reading_order(manifest.document)
    given = document["metadata"]
    annotations = dict(given.get("annotations") or {})
    if spec.wave is not None:
        annotations[WAVE] = str(spec.wave)
    pinned = spec.namespace if manifest.has_namespace else None
    document["metadata"] = {
        **metadata(
            given["name"],
            namespace=given.get("namespace") or pinned,
            labels={**(given.get("labels") or {}), **spec.labels},
            annotations=annotations,
        ),
        **{
            key: value
            for key, value in given.items()
            if key not in {"name", "namespace", "labels", "annotations"}
        },
    }
    short = manifest.short or spec.file_name
    return replace(
        manifest, document=document, origin=spec.name, short=short, file=_file(manifest, short, spec, system)
    )


def _file(manifest: Manifest, short: str, spec: Spec, system: System) -> str:
    """Return the file of an object: the spec's own layout wins, then the component's, then the kind's."""
    kind = manifest.kind
    patterns = (
        spec.layout.get(kind),
        spec.layout.get("*"),
        system.layout.get(f"{spec.folder}/{kind}"),
        system.layout.get(kind),
        _DEFAULT_FILE,
    )
    pattern = next(pattern for pattern in patterns if pattern)
    return pattern.format(
        kind=kind.lower(), name=(manifest.identity or manifest.name).replace(":", "-"), short=short
    )
