"""Checks that what an object names exists, and has the key that is asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.references.outside import may_be_made, may_hold_more
from mintage.check.references.paths import is_literal, references
from mintage.errors import did_you_mean
from mintage.tree.objects import items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mintage.check.references.paths import Reference
    from mintage.tree.objects import Object, Path, Pod
    from mintage.tree.tree import Root

_HASH = re.compile(r"-[bcdfghkmt2456789]{10}")  # what Kustomize appends to the names of what it generates
_DECLARE = "add it to the tree, or declare it under `externals:`"
# Made by the NVIDIA GPU operator v25 and by K3s, as soon as they run.
_RUNTIME_CLASSES = frozenset({"nvidia", "nvidia-cdi", "nvidia-legacy"})
_DEFAULT_PROFILE = "default-profile"  # made by opendatahub-operator v3.0.0
_PROFILE = "opendatahub.io/hardware-profile-name"
_PROFILE_NAMESPACE = "opendatahub.io/hardware-profile-namespace"
_PROFILED = ("InferenceService", "LLMInferenceService", "Notebook")


def names(root: Root, kind: str, namespace: str | None = None) -> list[str]:
    """Return the names of the objects of a kind that a namespace holds; a namespace that is not known is any."""
    return sorted(
        {
            item.name
            for item in root.of(kind)
            if None in (namespace, item.namespace) or item.namespace == namespace
        }
    )


def advice(root: Root, kind: str, name: str, namespace: str | None = None) -> str:
    """Return what to do about a name that nothing has."""
    there = names(root, kind, namespace)
    hashed = next((other for other in there if _HASH.fullmatch(other.removeprefix(name))), None)
    if hashed is not None:
        return f"`{hashed}` is generated, and Kustomize does not write its suffix here: set `disableNameSuffixHash: true`"
    near = did_you_mean(name, there)
    if near.startswith("did you mean"):
        return f"{near} Otherwise {_DECLARE}"
    elsewhere = [item for item in root.of(kind) if item.name == name]
    if elsewhere:
        return f"it is in namespace `{elsewhere[0].namespace}`, and is not seen from here: move or copy it"
    return _DECLARE


def _missing(kind: str, *, role: tuple[str, ...] = ("",)) -> Callable[[Root], Iterator[Hit]]:
    def run(root: Root) -> Iterator[Hit]:
        for found in root.once(_named):
            if found.kind == kind and found.role in role and found.key is None:
                yield from _hit(root, found)

    return run


def _named(root: Root) -> tuple[Reference, ...]:
    """Return the references, each name of an object once at each path, whether a key is asked for or not."""
    seen: dict[tuple[Any, ...], Reference] = {}
    for found in root.once(references):
        seen.setdefault((id(found.owner), found.path), replace(found, key=None))
    return tuple(found for found in seen.values() if found.required)


def _hit(root: Root, found: Reference) -> Iterator[Hit]:
    if known.exists(root, found.kind, found.name, found.namespace) or may_be_made(root, found.name):
        return
    if may_hold_more(root, found.namespace, surely=True):
        return
    place = f" in namespace `{found.namespace}`" if found.namespace != found.owner.namespace else ""
    yield Hit(
        f"there is no {found.kind} `{found.name}`{place}",
        advice(root, found.kind, found.name, found.namespace),
        found.owner,
        found.path,
    )


def _key_missing(root: Root) -> Iterator[Hit]:
    for found in root.once(references):
        if found.key is None or not found.required or found.kind not in {"Secret", "ConfigMap"}:
            continue
        keys = known.keys(root, found.kind, found.name, found.namespace)
        if (
            keys is None
            or found.key in keys
            or not known.exists(root, found.kind, found.name, found.namespace)
        ):
            continue
        source = root.find(found.kind, found.name, found.namespace)
        yield Hit(
            f"{found.kind} `{found.name}` has no key `{found.key}`",
            did_you_mean(found.key, keys) or f"add the key to the {found.kind}",
            found.owner,
            found.key_path,
            others=(Other(f"the {found.kind}", source, ("metadata", "name")),) if source else (),
        )


def _role_missing(root: Root) -> Iterator[Hit]:
    for binding in root.of("RoleBinding", "ClusterRoleBinding", group="rbac.authorization.k8s.io"):
        kind, name = str(binding.at("roleRef", "kind")), binding.at("roleRef", "name")
        if kind not in {"Role", "ClusterRole"} or not is_literal(name):
            continue
        namespace = binding.namespace if kind == "Role" else None
        if kind == "ClusterRole" and _is_the_platforms(root, name):
            continue
        if not known.exists(root, kind, name, namespace):
            yield Hit(
                f"there is no {kind} `{name}`: the binding grants nothing",
                advice(root, kind, name, namespace),
                binding,
                ("roleRef", "name"),
            )


def _is_the_platforms(root: Root, name: str) -> bool:
    """Tell whether an operator may have brought a ClusterRole: the root makes none, or none with such a prefix."""
    own = [item.name for item in root.of("ClusterRole")]
    prefix, colon, _ = name.partition(":")
    return not own or bool(colon and not any(other.startswith(f"{prefix}:") for other in own))


def _subject_missing(root: Root) -> Iterator[Hit]:
    """Find bound ServiceAccounts that do not exist, in namespaces whose accounts the root makes."""
    for binding in root.of("RoleBinding", "ClusterRoleBinding", group="rbac.authorization.k8s.io"):
        for index, subject in items(binding.document, "subjects"):
            name, namespace = subject.get("name"), subject.get("namespace") or binding.namespace
            if subject.get("kind") != "ServiceAccount" or not is_literal(name) or not is_literal(namespace):
                continue
            if namespace in root.namespaces and not known.exists(root, "ServiceAccount", name, namespace):
                place = f" in namespace `{namespace}`" if namespace != binding.namespace else ""
                yield Hit(
                    f"there is no ServiceAccount `{name}`{place}",
                    advice(root, "ServiceAccount", name, namespace),
                    binding,
                    ("subjects", index, "name"),
                )


def _account_missing(root: Root) -> Iterator[Hit]:
    yield from _missing("ServiceAccount")(root)
    yield from _subject_missing(root)


def _of_pods(field: str, kind: str, allowed: frozenset[str] = frozenset()) -> Callable[[Root], Iterator[Hit]]:
    """Return a check of a field of pods that names an object without namespace."""

    def run(root: Root) -> Iterator[Hit]:
        for pod in root.pods:
            name = pod.spec.get(field)
            if is_literal(name) and name not in allowed and not known.exists(root, kind, str(name)):
                yield Hit(
                    f"there is no {kind} `{name}`",
                    advice(root, kind, str(name)),
                    pod.owner,
                    (*pod.path, field),
                )

    return run


def _claim_missing(root: Root) -> Iterator[Hit]:
    for pod in root.pods:
        for path, kind, name in _claims(pod):
            if not known.exists(root, kind, name, pod.namespace):
                message = f"there is no {kind} `{name}`"
                yield Hit(message, advice(root, kind, name, pod.namespace), pod.owner, path)


def _claims(pod: Pod) -> Iterator[tuple[Path, str, str]]:
    for index, claim in items(pod.spec, "resourceClaims"):
        for field, kind in (
            ("resourceClaimTemplateName", "ResourceClaimTemplate"),
            ("resourceClaimName", "ResourceClaim"),
        ):
            if is_literal(claim.get(field)):
                yield (*pod.path, "resourceClaims", index, field), kind, claim[field]


def _profile_missing(root: Root) -> Iterator[Hit]:
    for item in root.of(*_PROFILED):
        name = item.annotations.get(_PROFILE)
        namespace = item.annotations.get(_PROFILE_NAMESPACE)
        if not is_literal(name) or name == _DEFAULT_PROFILE:
            continue
        if not known.exists(root, "HardwareProfile", str(name), namespace):
            yield Hit(
                f"there is no HardwareProfile `{name}`",
                advice(root, "HardwareProfile", str(name), namespace),
                item,
                ("metadata", "annotations", _PROFILE),
            )


# (group, kind) -> where a kind and name stand that must exist: the mapping, its kind if it does not say, and the kinds asked for.
_OBJECTS: dict[tuple[str, str], tuple[tuple[Path, str, frozenset[str]], ...]] = {
    ("autoscaling", "HorizontalPodAutoscaler"): (
        (("spec", "scaleTargetRef"), "", frozenset({"Deployment", "StatefulSet", "ReplicaSet", "InferenceService"})),
    ),
    ("keda.sh", "ScaledObject"): ((("spec", "scaleTargetRef"), "Deployment", frozenset({"Deployment", "StatefulSet"})),),
    ("cert-manager.io", "Certificate"): ((("spec", "issuerRef"), "Issuer", frozenset({"Issuer"})),),
    ("external-secrets.io", "ExternalSecret"): (
        (("spec", "secretStoreRef"), "SecretStore", frozenset({"SecretStore"})),
    ),
}  # fmt: skip


def _object_missing(root: Root) -> Iterator[Hit]:
    for item, kind, name, path in _objects(root):
        is_there = known.exists(root, kind, name, item.namespace) or may_be_made(root, name)
        if not is_there and not may_hold_more(root, item.namespace):
            yield Hit(f"there is no {kind} `{name}`", advice(root, kind, name, item.namespace), item, path)


def _objects(root: Root) -> Iterator[tuple[Object, str, str, Path]]:
    for (group, own), fields in _OBJECTS.items():
        for item in root.of(own, group=group):
            for path, default, kinds in fields:
                kind = item.at(*path, "kind", default=default)
                name = item.at(*path, "name")
                if isinstance(kind, str) and kind in kinds and is_literal(name):
                    yield item, kind, name, (*path, "name")
    for item in root.of("StatefulSet", group="apps"):
        if is_literal(name := item.spec.get("serviceName")):
            yield item, "Service", name, ("spec", "serviceName")


def _check(
    id: str,  # noqa: A002 - the field's name
    run: Callable[[Root], Iterable[Hit]],
    why: str,
    fix: str,
    *,
    warning: bool = False,
) -> Check:
    return Check(id, WARNING if warning else ERROR, "root", run, why=why, fix=fix)


_FIX = "Correct the name, add the object to the tree, or declare it under `externals:`."
CHECKS = (
    _check(
        "ref-secret-missing",
        _missing("Secret"),
        "A pod that names a Secret which is not there waits in `CreateContainerConfigError` or `ContainerCreating` for ever.",
        _FIX,
    ),
    _check(
        "ref-configmap-missing",
        _missing("ConfigMap"),
        "A pod that names a ConfigMap which is not there waits in `CreateContainerConfigError` or `ContainerCreating` for ever.",
        _FIX,
    ),
    _check(
        "ref-key-missing",
        _key_missing,
        "A container does not start when a Secret or ConfigMap lacks a key that one of its variables or volumes asks for.",
        "Correct the key, or add it. What may be missing says `optional: true`.",
    ),
    _check(
        "ref-serviceaccount-missing",
        _account_missing,
        "The API server refuses pods of a ServiceAccount that does not exist; a binding to one grants nothing.",
        _FIX,
    ),
    _check(
        "ref-pvc-missing",
        _missing("PersistentVolumeClaim"),
        "A pod whose claim does not exist stays Pending.",
        _FIX,
    ),
    _check(
        "ref-pullsecret-missing",
        _missing("Secret", role=("pull",)),
        "A pull secret that does not exist is ignored, and a private image is then not pulled.",
        _FIX,
        warning=True,
    ),
    _check(
        "ref-pushsecret-missing",
        _missing("Secret", role=("push",)),
        "A build without its push secret runs to its end and then cannot push.",
        _FIX,
    ),
    _check(
        "ref-role-missing",
        _role_missing,
        "A binding to a role that does not exist is accepted and grants nothing: pods fail with `forbidden` later.",
        _FIX,
    ),
    _check(
        "ref-priorityclass-missing",
        _of_pods("priorityClassName", "PriorityClass"),
        "The API server refuses a pod whose PriorityClass does not exist.",
        _FIX,
        warning=True,
    ),
    _check(
        "ref-runtimeclass-missing",
        _of_pods("runtimeClassName", "RuntimeClass", _RUNTIME_CLASSES),
        "The API server refuses a pod whose RuntimeClass does not exist.",
        _FIX,
        warning=True,
    ),
    _check(
        "ref-resourceclaimtemplate-missing",
        _claim_missing,
        "A pod whose devices are claimed by a template that does not exist stays Pending.",
        _FIX,
    ),
    _check(
        "ref-hardwareprofile-missing",
        _profile_missing,
        "The webhook of Open Data Hub refuses a workload whose hardware profile does not exist.",
        _FIX,
        warning=True,
    ),
    _check(
        "ref-object-missing",
        _object_missing,
        "An autoscaler without its target, a certificate without its issuer, or a StatefulSet without its Service does not do its work.",
        _FIX,
        warning=True,
    ),
)
