"""Roles: rights that are too wide, and rights that a component needs and does not get.

Needs are known for endpoint pickers (Gateway API Inference Extension v0.5 to v1.4, `config/charts/inferencepool/templates/rbac.yaml`)
and for `kubectl` in scripts. A ServiceAccount that is bound to a role outside of the tree may have any right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.serving.command_line import command_lines
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.serving.command_line import CommandLine, Word
    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root, Tree

_ROLES = frozenset({"Role", "ClusterRole"})
_READS = frozenset({"get", "list", "watch", "*"})
_READ = ("get", "list", "watch")
_EVERY = {"apiGroups": "every API group", "resources": "every resource", "verbs": "every verb"}


def _texts(value: Any) -> list[tuple[int, str]]:
    return [
        (index, item)
        for index, item in enumerate(value if isinstance(value, list) else ())
        if isinstance(item, str)
    ]


def _rbac_wildcard(item: Object, _: Tree) -> Iterator[Hit]:
    """Find rules with `*`; those of a role that allow every verb on named resources are one finding."""
    if item.document.get("aggregationRule"):
        return
    every_verb: list[tuple[Path, str]] = []
    for index, rule in items(item.document, "rules"):
        fields = [
            field
            for field in ("apiGroups", "resources", "verbs")
            if any(text == "*" for _, text in _texts(rule.get(field)))
        ]
        if not fields:
            continue
        position = next(i for i, text in _texts(rule[fields[0]]) if text == "*")
        path: Path = ("rules", index, fields[0], position)
        if fields == ["verbs"]:
            every_verb.append((path, _named(rule)))
        else:
            yield Hit(
                f"a rule allows {' and '.join(_EVERY[field] for field in fields)}",
                "name what is used",
                item,
                path,
            )
    if every_verb:
        others = tuple(Other(f"every verb on {names}", item, path) for path, names in every_verb[1:4])
        message = f"a rule allows every verb on {every_verb[0][1]}"
        if others:
            message += f", and so do {len(every_verb) - 1} more" if others[1:] else ", and so does another"
        yield Hit(message, "name the verbs that are used", item, every_verb[0][0], others=others)


def _named(rule: dict[str, Any]) -> str:
    """Return the first resources of a rule, in words."""
    names = [text for field in ("resources", "nonResourceURLs") for _, text in _texts(rule.get(field))]
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown or "nothing"


def _rbac_secrets_read(item: Object, _: Tree) -> Iterator[Hit]:
    for index, rule in items(item.document, "rules"):
        groups = {text for _, text in _texts(rule.get("apiGroups"))}
        verbs = {text for _, text in _texts(rule.get("verbs"))} & _READS
        if not verbs or not groups & {"", "*"} or rule.get("resourceNames"):
            continue
        for position, resource in _texts(rule.get("resources")):
            if resource == "secrets":
                scope = "of the cluster" if item.kind == "ClusterRole" else "of its namespace"
                yield Hit(
                    f"a rule lets its holders {_deed(verbs)} every Secret {scope}",
                    "name the Secrets under `resourceNames`, or mount them instead",
                    item,
                    ("rules", index, "resources", position),
                )


def _deed(verbs: set[str]) -> str:
    return "do anything with" if "*" in verbs else ", ".join(sorted(verbs))


@dataclass(frozen=True, slots=True)
class _Need:
    """A right that a container uses: verbs on a resource of a group, in every namespace if `cluster`."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    reason: str
    path: Path
    cluster: bool = False


def _rbac_insufficient(root: Root) -> Iterator[Hit]:
    for container in root.containers:
        needs = list(_needs(container))
        if not needs:
            continue
        account = _account(container)
        bindings = _bindings(root, account, container.pod.namespace)
        if not bindings or any(role is None for _, role in bindings):
            continue
        for need in needs:
            missing = [
                verb
                for verb in need.verbs
                if not any(_grants(role, need, verb, binding) for binding, role in bindings if role)
            ]
            if missing:
                resource = f"{need.resource}.{need.group}" if need.group else need.resource
                role = bindings[0][1]
                yield Hit(
                    f"{need.reason} must {', '.join(missing)} `{resource}`, but no role of ServiceAccount `{account}` allows it",
                    f"add a rule for `{resource}` with verbs [{', '.join(need.verbs)}] to {role.kind if role else 'Role'} `{role.name if role else ''}`",
                    container.owner,
                    need.path,
                    others=(Other("the role", role, ("rules",)),),
                )


def _account(container: Container) -> str:
    spec = container.pod.spec
    return str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "default")


def _bindings(root: Root, account: str, namespace: str | None) -> list[tuple[Object, Object | None]]:
    """Return the bindings of a ServiceAccount in the whole tree, each with its role; None for a role that is not there."""
    near = (root, *root.companions)
    found: list[tuple[Object, Object | None]] = []
    for other in near:
        for binding in other.of("RoleBinding", "ClusterRoleBinding"):
            if _binds(binding, account, namespace):
                kind, name = (
                    str(at(binding.document, "roleRef", "kind")),
                    str(at(binding.document, "roleRef", "name")),
                )
                within = binding.namespace if kind == "Role" else None
                found.append(
                    (binding, next((role for each in near if (role := each.get(kind, name, within))), None))
                )
    return found


def _binds(binding: Object, account: str, namespace: str | None) -> bool:
    for _, subject in items(binding.document, "subjects"):
        place = subject.get("namespace") or binding.namespace
        same = place is None or namespace is None or place == namespace
        if subject.get("kind") == "ServiceAccount" and subject.get("name") == account and same:
            return True
        if subject.get("kind") == "Group" and str(subject.get("name")).startswith(
            ("system:serviceaccounts", "system:authenticated")
        ):
            return True
    return False


def _grants(role: Object, need: _Need, verb: str, binding: Object) -> bool:
    if role.document.get("aggregationRule"):
        return True
    if need.cluster and binding.kind == "RoleBinding":
        return False
    return any(_allows(rule, need, verb) for _, rule in items(role.document, "rules"))


def _allows(rule: dict[str, Any], need: _Need, verb: str) -> bool:
    groups, resources, verbs = (
        {text for _, text in _texts(rule.get(field))} for field in ("apiGroups", "resources", "verbs")
    )
    return bool(groups & {need.group, "*"} and resources & {need.resource, "*"} and verbs & {verb, "*"})


def _needs(container: Container) -> Iterator[_Need]:
    if not container.argv:
        return
    for line in command_lines(container):
        yield from _of_kubectl(line)
    yield from _of_endpoint_picker(container)


# --- endpoint pickers -----------------------------------------------------------------------------------------

_POOL_NAME = ("--pool-name", "-pool-name", "--poolName", "-poolName")
_POOL_GROUP = ("--pool-group", "-pool-group", "--poolGroup", "-poolGroup")


def _of_endpoint_picker(container: Container) -> Iterator[_Need]:
    words = [word for line in command_lines(container) for word in line.words]
    name = _flag(words, _POOL_NAME)
    if name is None:
        return
    group = _flag(words, _POOL_GROUP)
    yield _Need("", "pods", _READ, "the endpoint picker", name.path)
    if group is not None and "$" not in group.text:
        yield _Need(group.text, "inferencepools", _READ, "the endpoint picker", group.path)


def _flag(words: list[Word], names: tuple[str, ...]) -> Word | None:
    """Return the value of a flag, or None where it is not given."""
    for index, word in enumerate(words):
        if word.text in names and index + 1 < len(words):
            return words[index + 1]
        for name in names:
            if word.text.startswith(f"{name}="):
                return type(word)(word.text.removeprefix(f"{name}="), word.path)
    return None


# --- kubectl --------------------------------------------------------------------------------------------------

_VERBS: dict[str, tuple[str, ...]] = {
    "get": ("list",),
    "delete": ("delete",),
    "patch": ("get", "patch"),
    "wait": ("list", "watch"),
    "label": ("get", "patch"),
    "annotate": ("get", "patch"),
}
# How kubectl names resources -> group and resource.
_RESOURCES: dict[str, tuple[str, str]] = {
    **{name: ("", plural) for plural, names in {
        "pods": ("pod", "pods", "po"), "services": ("service", "services", "svc"), "secrets": ("secret", "secrets"),
        "configmaps": ("configmap", "configmaps", "cm"), "persistentvolumeclaims": ("persistentvolumeclaim", "persistentvolumeclaims", "pvc"),
        "events": ("event", "events", "ev"), "nodes": ("node", "nodes", "no"),
    }.items() for name in names},
    **{name: ("apps", plural) for plural, names in {
        "deployments": ("deployment", "deployments", "deploy"), "statefulsets": ("statefulset", "statefulsets", "sts"),
        "daemonsets": ("daemonset", "daemonsets", "ds"),
    }.items() for name in names},
    **{name: ("batch", plural) for plural, names in {"jobs": ("job", "jobs"), "cronjobs": ("cronjob", "cronjobs", "cj")}.items() for name in names},
    **dict.fromkeys(("inferenceservice", "inferenceservices", "isvc"), ("serving.kserve.io", "inferenceservices")),
    **dict.fromkeys(("raycluster", "rayclusters"), ("ray.io", "rayclusters")),
    **dict.fromkeys(("rayjob", "rayjobs"), ("ray.io", "rayjobs")),
}  # fmt: skip
_CLUSTER_SCOPED = frozenset({"nodes"})


def _of_kubectl(line: CommandLine) -> Iterator[_Need]:
    words = [word for word in line.words if not word.text.startswith("-")]
    if len(words) < 3 or words[0].name not in {"kubectl", "oc"} or not line.complete or _acts_elsewhere(line):
        return
    verb, target = words[1].text, words[2].text
    if verb == "rollout" and len(words) > 3:
        verb, target = "patch" if target == "restart" else "wait", words[3].text
    named = _RESOURCES.get(target.partition("/")[0].lower())
    if verb not in _VERBS or named is None:
        return
    verbs = ("get",) if verb == "get" and ("/" in target or len(words) > 3) else _VERBS[verb]
    group, resource = named
    yield _Need(
        group,
        resource,
        verbs,
        f"`kubectl {words[1].text} {words[2].text}`",
        words[0].path,
        cluster=resource in _CLUSTER_SCOPED,
    )


def _acts_elsewhere(line: CommandLine) -> bool:
    """Tell whether flags choose another namespace, cluster or identity, or take values that look like operands."""
    return any(
        word.text.startswith(
            (
                "-n",
                "--namespace",
                "-A",
                "--all-namespaces",
                "--kubeconfig",
                "--context",
                "--as",
                "--token",
                "-f",
                "--filename",
            )
        )
        for word in line.words[1:]
    )


CHECKS = (
    Check(
        "rbac-wildcard",
        WARNING,
        "object",
        _rbac_wildcard,
        why="A wildcard also allows what the next version of Kubernetes, or the next operator, brings.",
        fix="Name the groups, resources and verbs that are used.",
        kinds=_ROLES,
    ),
    Check(
        "rbac-secrets-read",
        WARNING,
        "object",
        _rbac_secrets_read,
        why="Who can list Secrets has every token and password of the namespace, or of the cluster.",
        fix="Name the Secrets under `resourceNames`, or mount them into the pod.",
        kinds=_ROLES,
    ),
    Check(
        "rbac-insufficient",
        ERROR,
        "root",
        _rbac_insufficient,
        why="The component starts, is refused by the API server, and does nothing: an endpoint picker without rights on pods never finds one.",
        fix="Add the rule to a role of its ServiceAccount.",
    ),
)
