"""Fields that an object in a cluster cannot change any more, compared with an earlier state of the tree.

Facts: `pkg/apis/{apps,batch,core,rbac,storage,scheduling}/validation` of Kubernetes 1.32, and the rules with `oldSelf` of
Kueue v0.19.2. Objects that Argo CD replaces or makes anew (hooks, `Replace=true`) are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, Check, Hit
from mintage.schemas.explain import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root, Tree

_STATEFUL = frozenset(
    {"replicas", "ordinals", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds", "revisionHistoryLimit"}
)  # fmt: skip
# Group and kind -> the fields that cannot change; absent and default are the same where a default is given.
_FIXED: dict[tuple[str, str], tuple[tuple[Path, Any], ...]] = {
    ("apps", "Deployment"): ((("spec", "selector"), None),),
    ("apps", "ReplicaSet"): ((("spec", "selector"), None),),
    ("apps", "DaemonSet"): ((("spec", "selector"), None),),
    ("batch", "Job"): ((("spec", "template"), None), (("spec", "selector"), None), (("spec", "completionMode"), "NonIndexed")),
    ("rbac.authorization.k8s.io", "RoleBinding"): ((("roleRef",), None),),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ((("roleRef",), None),),
    ("", "Secret"): ((("type",), "Opaque"),),
    ("storage.k8s.io", "StorageClass"): (
        (("provisioner",), None), (("parameters",), {}), (("reclaimPolicy",), "Delete"), (("volumeBindingMode",), "Immediate"),
    ),
    ("scheduling.k8s.io", "PriorityClass"): ((("value",), 0), (("preemptionPolicy",), "PreemptLowerPriority")),
    ("node.k8s.io", "RuntimeClass"): ((("handler",), None),),
    ("kueue.x-k8s.io", "LocalQueue"): ((("spec", "clusterQueue"), None),),
}  # fmt: skip
_CLAIM_MAY_CHANGE = frozenset({"resources", "volumeAttributesClassName"})
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_ADVICE = "give the object another name, or delete it in the cluster before the sync (`Replace=true,Force=true` lets Argo CD do it)"


def immutable(old: Tree, new: Tree) -> Iterator[Hit]:
    """Yield a hit for every field that differs between two states of a tree and that the API server does not let change."""
    before = {root.folder: root for root in old.roots}
    for root in new.roots:
        if root.folder in before:
            yield from _changes(before[root.folder], root)


def _changes(before: Root, root: Root) -> Iterator[Hit]:
    known = {item.key: item for item in before.objects}
    for item in root.objects:
        earlier = known.get(item.key)
        if earlier is None or earlier.document == item.document or _is_replaced(item):
            continue
        for path, was, now in _changed(earlier, item):
            field = ".".join(map(str, path))
            yield Hit(
                f"`{field}` of {item.kind} `{item.name}` changes, but it cannot be changed: {_from_to(was, now)}",
                _ADVICE,
                item,
                path,
            )


def _is_replaced(item: Object) -> bool:
    options = item.annotations.get(_SYNC_OPTIONS, "").replace(" ", "").split(",")
    return any(hook in item.annotations for hook in _HOOKS) or {"Replace=true", "Force=true"} <= set(options)


def _changed(was: Object, now: Object) -> Iterator[tuple[Path, Any, Any]]:
    for path, default in _FIXED.get((now.group, now.kind), ()):
        before, after = was.at(*path, default=default), now.at(*path, default=default)
        if before != after:
            yield path, before, after
    compare = _COMPARED.get((now.group, now.kind))
    if compare is not None:
        yield from compare(was, now)


def _stateful_set(was: Object, now: Object) -> Iterator[tuple[Path, Any, Any]]:
    for field in sorted((was.spec.keys() | now.spec.keys()) - _STATEFUL):
        if was.spec.get(field) != now.spec.get(field):
            yield ("spec", field), was.spec.get(field), now.spec.get(field)


def _claim(was: Object, now: Object) -> Iterator[tuple[Path, Any, Any]]:
    for field in sorted((was.spec.keys() & now.spec.keys()) - _CLAIM_MAY_CHANGE):
        if was.spec[field] != now.spec[field]:
            yield ("spec", field), was.spec[field], now.spec[field]


def _service(was: Object, now: Object) -> Iterator[tuple[Path, Any, Any]]:
    """Compare addresses: one stays, also where it is not named any more, unless the type was ExternalName in between."""
    if "ExternalName" in (was.spec.get("type"), now.spec.get("type")):
        return
    before, after = was.spec.get("clusterIP"), now.spec.get("clusterIP")
    if before != after and after and (before or after == "None"):
        yield ("spec", "clusterIP"), before, after


def _sealed(was: Object, now: Object) -> Iterator[tuple[Path, Any, Any]]:
    """Compare what is `immutable: true`: it keeps its data, and stays so."""
    if was.at("immutable") is not True:
        return
    for field in ("immutable", "data", "stringData", "binaryData"):
        if was.at(field) != now.at(field):
            yield (field,), was.at(field), now.at(field)


_COMPARED: dict[tuple[str, str], Callable[[Object, Object], Iterator[tuple[Path, Any, Any]]]] = {
    ("apps", "StatefulSet"): _stateful_set,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("", "Secret"): _sealed,
    ("", "ConfigMap"): _sealed,
}


def _from_to(was: Any, now: Any) -> str:
    """Return what differs, in as few words as say it."""
    path: tuple[str | int, ...] = ()
    while isinstance(was, dict) and isinstance(now, dict):
        differing = [key for key in {**was, **now} if was.get(key) != now.get(key)]
        if len(differing) != 1:
            return f"{_at(path)}`{'`, `'.join(sorted(map(str, differing)))}` differ"
        path = (*path, differing[0])
        was, now = was.get(differing[0]), now.get(differing[0])
    return f"{_at(path)}{_word(was)} became {_word(now)}"


def _at(path: Path) -> str:
    return f"at `{'.'.join(map(str, path))}` " if path else ""


def _word(value: Any) -> str:
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], dict | list):
        return shown(value[0])
    return "nothing" if value is None else shown(value)


def _immutable_field_change(tree: Tree) -> Iterator[Hit]:
    if tree.before is not None:
        yield from immutable(tree.before, tree)


CHECKS = (
    Check(
        "immutable-field-change",
        ERROR,
        "tree",
        _immutable_field_change,
        why="The API server refuses the change of such a field: the sync fails for an object that looks right by itself.",
        fix="Give the object another name, or delete it before the sync.",
    ),
)
