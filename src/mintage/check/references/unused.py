"""Checks for what nothing uses: Secrets, ConfigMaps, claims, volumes of pods, and declared externals.

What a controller finds by a label, an annotation or a name of its own counts as used, and so does whatever is named
in any text of the tree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.interface import INFO, Check, Hit
from mintage.check.references.addresses import words
from mintage.check.references.paths import references
from mintage.errors import Location
from mintage.spec.validation import FILE, Externals
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.tree.objects import Object, Pod
    from mintage.tree.tree import Root, Tree

_WORD = re.compile(r"[A-Za-z0-9*](?:[A-Za-z0-9._*-]*[A-Za-z0-9*])?")
# Labels that say what a thing is; by any other, a controller or a sidecar may find it.
_PLAIN_LABELS = (
    "app.kubernetes.io/",
    "kustomize.toolkit.fluxcd.io/",
    "argocd.argoproj.io/instance",
    "helm.sh/chart",
    "mintage.dev/",
)
_PLAIN = frozenset(
    {
        "app",
        "component",
        "tier",
        "environment",
        "env",
        "team",
        "version",
        "k8s-app",
        "name",
        "release",
        "project",
    }
)
_PLAIN_ANNOTATIONS = (
    "argocd.argoproj.io/",
    "kubectl.kubernetes.io/",
    "kustomize.config.k8s.io/",
    "mintage.dev/",
    "description",
)
_SYSTEM = ("openshift", "kube-", "redhat-ods-", "argocd", "istio-", "knative-", "cert-manager")
# Controllers read these by name: KServe, Argo CD, Argo Workflows, OpenShift monitoring, Ray, Kueue.
_BY_NAME = re.compile(
    r"storage-config|inferenceservice-config|argocd-.*|workflow-controller-configmap|.*-monitoring-config|kueue-manager-config|"
    r"kube-root-ca\.crt|odh-.*|htpass.*|cloud-credentials.*|pull-secret|artifact-repositories"
)
_TYPES = frozenset(
    {
        "Opaque",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/basic-auth",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/tls",
    }
)
_CONFIG = "specs/system.yaml"
_FIELDS = {
    "secrets": "Secret",
    "config_maps": "ConfigMap",
    "service_accounts": "ServiceAccount",
    "persistent_volume_claims": "PersistentVolumeClaim",
}
_SPELLED = {
    "config_maps": "configMaps",
    "service_accounts": "serviceAccounts",
    "persistent_volume_claims": "persistentVolumeClaims",
}


def _used(tree: Tree) -> frozenset[tuple[str, str]]:
    """Return kind and name of all that references name."""
    return frozenset((found.kind, found.name) for root in tree.roots for found in root.once(references))


def _words(tree: Tree) -> dict[str, int]:
    """Return the words in all texts of the tree, and in how many objects each stands."""
    found: dict[str, int] = {}
    for item in tree.objects:
        own = {word for text in words(item.document) for word in _WORD.findall(text)}
        own |= {part for word in own if "." in word for part in word.split(".")}
        for word in own:
            found[word] = found.get(word, 0) + 1
    return found


def _copies(tree: Tree) -> dict[tuple[str, str], int]:
    """Return how many objects there are of a kind and name: environments have one each."""
    found: dict[tuple[str, str], int] = {}
    for item in tree.objects:
        found[item.kind, item.name] = found.get((item.kind, item.name), 0) + 1
    return found


def _unused(kind: str) -> Callable[[Root], Iterator[Hit]]:
    def run(root: Root) -> Iterator[Hit]:
        if not root.pods:
            return
        for item in root.of(kind, group=""):
            if (kind, item.name) in root.tree.once(_used) or _is_found_otherwise(item):
                continue
            if root.tree.once(_words).get(item.name, 0) <= root.tree.once(_copies)[kind, item.name]:
                yield Hit(
                    f"nothing in the tree uses {kind} `{item.name}`",
                    "remove it, or use it",
                    item,
                    ("metadata", "name"),
                )

    return run


def _is_found_otherwise(item: Object) -> bool:
    """Tell whether something outside of the tree may look for an object."""
    if any(
        key not in _PLAIN and not key.startswith(_PLAIN_LABELS) for key in mapping(item.metadata, "labels")
    ):
        return True
    if any(not key.startswith(_PLAIN_ANNOTATIONS) for key in mapping(item.metadata, "annotations")):
        return True
    if item.kind == "Secret" and str(item.document.get("type", "Opaque")) not in _TYPES:
        return True
    return bool(_BY_NAME.fullmatch(item.name)) or (item.namespace or "").startswith(_SYSTEM)


def _unused_volume(pod: Pod, _: Tree) -> Iterator[Hit]:
    if pod.owner.group == "serving.kserve.io" or not pod.containers:
        return  # containers may come from the runtime
    mounted = {
        str(mount.get("name"))
        for container in pod.containers
        for field in ("volumeMounts", "volumeDevices")
        for _, mount in items(container.document, field)
    }
    notes = " ".join(words(at(pod.owner.document, *pod.path[:-1], "metadata", "annotations")))
    for index, volume in items(pod.spec, "volumes"):
        name = volume.get("name")
        if isinstance(name, str) and name not in mounted and name not in notes:
            yield Hit(
                f"no container mounts the volume `{name}`",
                "mount it, or remove it: a volume that cannot be set up keeps the pod from starting",
                pod.owner,
                (*pod.path, "volumes", index, "name"),
            )


def _external_unused(tree: Tree) -> Iterator[Hit]:
    if tree.externals == Externals() or not _is_whole(tree):
        return
    for field, key, what in _declared(tree):
        if not _is_needed(tree, field, key):
            yield Hit(
                f"nothing in the tree needs the declared {what} `{key}`",
                "remove it from `externals:`, or correct its name",
                place=_place(tree, field, key),
            )


def _is_whole(tree: Tree) -> bool:
    """Tell whether everything was built: what was not may need anything."""
    if not tree.roots or any(root.problems for root in tree.roots):
        return False
    reached = frozenset[str]().union(*(root.reached for root in tree.roots))
    return not reached or all(found.file in reached for found in tree.kustomizations.values())


def _declared(tree: Tree) -> Iterator[tuple[str, str, str]]:
    for field, kind in _FIELDS.items():
        yield from ((field, name, kind) for name in getattr(tree.externals, field))
    yield from (("services", name, "Service") for name in tree.externals.services)
    yield from (("hosts", name, "host") for name in tree.externals.hosts)
    yield from (("objects", name, "object") for name in tree.externals.objects)


def _is_needed(tree: Tree, field: str, name: str) -> bool:
    if field in _FIELDS and (_FIELDS[field], name) in tree.once(_used):
        return True
    if field == "objects":
        name = name.partition("/")[2]
    elif field == "services":
        name = name.partition(".")[0]
    word = re.escape(name).replace(r"\*", r"[\w.-]*")
    whole = re.compile(rf"(?<![\w-]){word}(?![\w-])")
    part = max(name.split("*"), key=len)
    return any(part in text and whole.search(text) for item in tree.objects for text in words(item.document))


def _place(tree: Tree, field: str, name: str) -> Location:
    """Return where an external is declared."""
    file = FILE if tree.files and FILE in tree.files.present else _CONFIG
    if tree.files is None or file not in tree.files.present:
        return Location(file)
    spelled = _SPELLED.get(field, field)
    declared = at(tree.files.parts(file)[0].value, "externals", spelled) if tree.files.parts(file) else None
    step = declared.index(name) if isinstance(declared, list) and name in declared else name
    path = ("externals", spelled, step)
    return tree.files.locate(file, 0, path, on_key=isinstance(step, str)) or Location(file)


def _check(id: str, kind: str, why: str) -> Check:  # noqa: A002 - the field's name
    return Check(id, INFO, "root", _unused(kind), why=why, fix="Remove what nothing uses, or use it.")


CHECKS = (
    _check("unused-secret", "Secret", "A Secret that nothing uses is a credential that nobody rotates."),
    _check("unused-configmap", "ConfigMap", "Settings that nothing reads mislead whoever changes them."),
    _check("unused-pvc", "PersistentVolumeClaim", "A claim that nothing mounts is storage that is paid for."),
    Check(
        "unused-volume",
        INFO,
        "pod",
        _unused_volume,
        why="A volume that no container mounts was mostly meant to be mounted; if it cannot be set up, the pod does not start.",
        fix="Mount it, or remove it.",
    ),
    Check(
        "external-unused",
        INFO,
        "tree",
        _external_unused,
        why="A declared dependency that nothing needs is a leftover, or its name is misspelt and the real one is undeclared.",
        fix="Remove it from `externals:`, or correct its name.",
    ),
)
