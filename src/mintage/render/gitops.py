"""From typed specs to the files of the rendered tree: base, overlays, Argo CD. Pure: a component in, files out.

A component is rendered by itself (`component`); what spans components (the root kustomizations, the overlays'
lists of patches, Argo CD) is made from the small summaries that components leave (`root`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.canonical import yaml_stream
from mintage.errors import MintageError, fail
from mintage.filetree import FileTree
from mintage.render import argocd, kustomize
from mintage.render.kinds import render
from mintage.render.overlay import Overlay, belongs_outside, by_key, compute, target_of
from mintage.render.passes import finished

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mintage.manifest import Manifest
    from mintage.render.scope import Scope
    from mintage.spec.fields import Spec
    from mintage.spec.system import System

MARK = "# Rendered by Mintage"
_NAMESPACE = "namespace.yaml"
_TARGETS = "targets.yaml"
Objects = dict[tuple[str, str, str, str], "Manifest"]


@dataclass(frozen=True, slots=True)
class Component:
    """A rendered component: its files, and what the root of the tree needs to know of it."""

    files: FileTree
    summary: dict[str, Any] = field(default_factory=dict)


def objects(specs: Sequence[Spec], scopes: Sequence[Scope]) -> Objects:
    """Return the finished objects of a component's specs in one environment, or of the base."""
    manifests = []
    for spec, scope in zip(specs, scopes, strict=True):
        made = [finished(manifest, spec, scope.system) for manifest in render(spec, scope)]
        manifests += [manifest for manifest in made if scope.environment or not belongs_outside(manifest)]
    return by_key(manifests)


def component(
    name: str, base: Objects, environments: Mapping[str, Objects], sources: Mapping[str, str]
) -> Component:
    """Return a component's files and summary; `sources` are the spec files by name of the service."""
    files = FileTree()
    if base:
        for file, manifests in _by_file(base.values()).items():
            files.add(f"base/{name}/{file}", _file(manifests, sources))
        listed = _by_file(base.values())
        files.add(
            f"base/{name}/{kustomize.KUSTOMIZATION}",
            document(kustomize.kustomization(listed), "the specs of this component"),
        )
    summary: dict[str, Any] = {
        "base": bool(base),
        "environments": {},
        "objects": _identities(base, environments),
    }
    for environment, target in environments.items():
        overlay = compute(base, target)
        folder = f"overlays/{environment}"
        for patch in overlay.patches:
            files.add(
                f"{folder}/{patch.file}",
                document(patch.body, f"{sources[patch.origin]}, environment {environment}"),
            )
        resources = _by_file(overlay.resources)
        for file, manifests in resources.items():
            files.add(f"{folder}/{name}/{file}", _file(manifests, sources))
        summary["environments"][environment] = {
            **_overlay_summary(name, overlay, resources),
            "clusterScoped": [target_of(manifest) for manifest in target.values() if manifest.cluster_scoped],
        }
    return Component(files, summary)


def _overlay_summary(name: str, overlay: Overlay, resources: Iterable[str]) -> dict[str, Any]:
    return {
        "patches": [
            kustomize.patch_entry(
                patch.file, patch.target, renames=patch.renames, deletes=isinstance(patch.body, dict)
            )
            for patch in overlay.patches
        ],
        "resources": [f"{name}/{file}" for file in resources],
    }


def _identities(base: Objects, environments: Mapping[str, Objects]) -> dict[str, list[list[str]]]:
    """Return what the root must know of every object, by environment; one that is like the base is left out.

    Each object is group, kind, the namespace it pins, its real name, the spec, and whether it has a namespace.
    """
    plain = {
        environment: [
            [
                manifest.group,
                manifest.kind,
                manifest.namespace or "",
                manifest.name,
                manifest.origin,
                "namespaced" if manifest.has_namespace else "cluster",
            ]
            for manifest in found.values()
        ]
        for environment, found in {"": base, **environments}.items()
    }
    return {name: found for name, found in plain.items() if not name or found != plain[""]}


def _objects_in(summary: dict[str, Any], environment: str) -> list[list[str]]:
    known: dict[str, list[list[str]]] = summary["objects"]
    return known.get(environment, known[""])


def _by_file(manifests: Iterable[Manifest]) -> dict[str, list[Manifest]]:
    found: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        found.setdefault(manifest.file, []).append(manifest)
    return found


def _file(manifests: list[Manifest], sources: Mapping[str, str]) -> bytes:
    origin = ", ".join(dict.fromkeys(sources[manifest.origin] for manifest in manifests))
    return _bytes(origin, [manifest.document for manifest in manifests])


def document(value: Any, origin: str) -> bytes:
    """Return the bytes of a file of one document, with the line that says what it comes from."""
    return _bytes(origin, [value])


def _bytes(origin: str, documents: list[Any]) -> bytes:
    try:
        text = yaml_stream(documents)
    except (TypeError, ValueError) as error:
        advice = "change the value in the spec, or in the file it names"
        raise fail(origin, "manifest-unwritable", str(error), advice) from error
    return f"{MARK} from {origin}. Edit the spec, not this file.\n{text}".encode()


def root(system: System, summaries: Mapping[str, dict[str, Any]]) -> FileTree:
    """Return the files that span components; `summaries` come in the order of the base."""
    _check_unique(system, summaries)
    for environment in system.environments:
        _check_targets(environment, summaries)
    files = FileTree()
    listed = [name for name, summary in summaries.items() if summary["base"]]
    if listed:
        files.add(
            f"base/{kustomize.KUSTOMIZATION}", document(kustomize.kustomization(listed), "specs/system.yaml")
        )
    for environment in system.environments:
        parts = [summary["environments"][environment] for summary in summaries.values()]
        files.update(_overlay(system, environment, parts, has_base=bool(listed)))
    if system.delivery.argocd:
        files.update(_delivery(system, summaries))
    return files


def _overlay(system: System, environment: str, parts: list[dict[str, Any]], *, has_base: bool) -> FileTree:
    folder = f"overlays/{environment}"
    resources = [
        *(["../../base"] if has_base else []),
        *(file for part in parts for file in part["resources"]),
    ]
    patches = [patch for part in parts for patch in part["patches"]]
    origin = f"specs/system.yaml, environment {environment}"
    transformers = [
        kustomize.namespace_transformer(system.namespace_in(environment)),
        *(kustomize.namespace_remover(target) for part in parts for target in part["clusterScoped"]),
    ]
    files = FileTree({f"{folder}/{_NAMESPACE}": _bytes(origin, transformers)})
    targets = [patch["target"] for patch in patches if "target" in patch]
    if targets:
        # Kustomize passes over a patch whose target is gone without a word; these fail the build instead.
        patches.insert(0, {"path": _TARGETS})
        files.add(f"{folder}/{_TARGETS}", _bytes(origin, [kustomize.presence(target) for target in targets]))
    body = kustomize.kustomization(resources, patches=patches, transformers=[_NAMESPACE])
    files.add(f"{folder}/{kustomize.KUSTOMIZATION}", document(body, origin))
    return files


def _delivery(system: System, summaries: Mapping[str, dict[str, Any]]) -> FileTree:
    settings = system.delivery.argocd
    assert settings is not None
    namespaces = [system.namespace_in(name) for name in system.environments]
    cluster_kinds = []
    for summary in summaries.values():
        for environment in system.environments:
            for group, kind, namespace, _, _, scope in _objects_in(summary, environment):
                if namespace:
                    namespaces.append(namespace)
                if scope == "cluster":
                    cluster_kinds.append((group, kind))
    documents = {"appproject.yaml": argocd.project(system, settings, namespaces, cluster_kinds)}
    for name in system.environments:
        documents[f"application-{name}.yaml"] = argocd.application(system, settings, name)
    files = FileTree(
        {f"argocd/{file}": document(value, "specs/system.yaml") for file, value in documents.items()}
    )
    files.add(
        f"argocd/{kustomize.KUSTOMIZATION}", document(kustomize.kustomization(documents), "specs/system.yaml")
    )
    return files


def _check_unique(system: System, summaries: Mapping[str, dict[str, Any]]) -> None:
    """Refuse an object that is made twice: in one environment, or by two that are delivered to one cluster."""
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    for environment in ("", *system.environments):
        namespace = system.namespace_in(environment or None)
        # Without delivery, nobody says that two environments share a cluster.
        cluster = "" if environment and system.delivery.argocd else environment or "base"
        for summary in summaries.values():
            for group, kind, pinned, name, origin, scope in _objects_in(summary, environment):
                place = pinned or (namespace if scope == "namespaced" else "")
                other = seen.setdefault((cluster, group, kind, place, name), (origin, environment))
                if other != (origin, environment):
                    raise _twice(f"{kind} {name}", origin, environment, *other)


def _twice(subject: str, origin: str, environment: str, other: str, elsewhere: str) -> MintageError:
    if other != origin:
        message = f"`{other}` and `{origin}` both make it"
        return fail(subject, "object-twice", message, "rename one of the services")
    message = f"`{origin}` makes it in `{elsewhere}` and in `{environment}`, which share a cluster"
    advice = "give it a name of its own in each environment, or make it in one with `only`"
    return fail(subject, "object-twice", message, advice)


def _check_targets(environment: str, summaries: Mapping[str, dict[str, Any]]) -> None:
    """Refuse an object that pins its namespace and is called like one that is patched: the patch would mean both."""
    parts = (summary["environments"][environment] for summary in summaries.values())
    targets = {
        (target.get("group", ""), target["kind"], target["name"].replace("\\", ""))
        for part in parts
        for patch in part["patches"]
        if (target := patch.get("target"))
    }
    for summary in summaries.values():
        for group, kind, pinned, name, origin, _ in _objects_in(summary, environment):
            if pinned and (group, kind, name) in targets:
                message = (
                    f"the patch of another {kind} {name} would change it too: a patch knows no namespace"
                )
                raise fail(
                    f"{kind} {name}",
                    "object-twice",
                    message,
                    f"rename one of them; this one is of `{origin}`",
                )
