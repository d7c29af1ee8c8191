"""The Pod Security Standards, one check for each control.

What a pod is judged by is what its namespace says (`pod-security.kubernetes.io/enforce`, else `warn`, else `audit`), restricted where
nobody does. A field
that a serving runtime or a preset may fill in is missed only where the object itself says it wrongly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.check.tables.security import pod_security
from mintage.schemas.explain import shown
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.check.tables.security import Control
    from mintage.tree.objects import Container, Path, Pod
    from mintage.tree.tree import Tree

_MODES = tuple(f"pod-security.kubernetes.io/{mode}" for mode in ("enforce", "warn", "audit"))
_LEVELS = ("privileged", "baseline", "restricted")
_MERGED = "serving.kserve.io"
_ELSEWHERE = frozenset({"hostPath"})  # a type of volume with a control of its own
# (id, control of the table, why, fix)
_CONTROLS = (
    ("pss-host-process", "HostProcess", "A HostProcess container is an administrator of its Windows node.", "Remove `hostProcess`."),
    ("pss-host-namespaces", "Host Namespaces", "A pod in a namespace of the host sees the host's processes, or its network.", "Remove `hostNetwork`, `hostPID` and `hostIPC`."),
    ("pss-privileged", "Privileged Containers", "A privileged container is root on its node.", "Remove `privileged: true`, and add the one capability that is needed."),
    ("pss-capabilities", "Capabilities", "Capabilities that a server does not need are what an intruder uses.", "Drop ALL, and add back NET_BIND_SERVICE at most."),
    ("pss-host-path", "HostPath Volumes", "A folder of the host lets a container change its node, and read what other pods left there.", "Use a PersistentVolumeClaim or an emptyDir."),
    ("pss-host-ports", "Host Ports", "A host port goes past NetworkPolicies, and only one such pod fits on a node.", "Use a Service."),
    ("pss-apparmor", "AppArmor", "Without a profile of AppArmor a container is confined less than by default.", "Use RuntimeDefault or a profile of your own."),
    ("pss-selinux", "SELinux", "Another type, user or role of SELinux takes the container out of its confinement.", "Remove it, or use one of the container types."),
    ("pss-proc-mount", "/proc Mount Type", "An unmasked /proc shows a container its node.", "Remove `procMount`."),
    ("pss-sysctls", "Sysctls", "A sysctl that is not safe changes the node for every pod on it.", "Use only safe sysctls."),
    ("pss-volume-types", "Volume Types", "Namespaces with the restricted standard refuse pods with other types of volumes.", "Use a PersistentVolumeClaim, a CSI volume or an emptyDir."),
    ("pss-privilege-escalation", "Privilege Escalation", "Without `allowPrivilegeEscalation: false` a process can gain more rights than its parent had.", "Set `allowPrivilegeEscalation: false`."),
    ("pss-run-as-non-root", "Running as Non-root", "A server that runs as root in its container is root on the node once it breaks out.", "Set `runAsNonRoot: true`, and use an image with a user."),
    ("pss-run-as-user", "Running as Non-root user", "User 0 is root.", "Use another user, or leave the choice to the image."),
    ("pss-seccomp", "Seccomp", "Without a profile of seccomp every system call is open to an intruder.", "Set `seccompProfile: {type: RuntimeDefault}`."),
)  # fmt: skip
_ADVICE = {
    "pss-privilege-escalation": "set `allowPrivilegeEscalation: false` in its securityContext",
    "pss-run-as-non-root": "set `runAsNonRoot: true` in the securityContext",
    "pss-seccomp": "set `seccompProfile: {type: RuntimeDefault}` in the securityContext",
    "pss-capabilities": "set `capabilities: {drop: [ALL]}` in its securityContext",
}


def _check(id: str, name: str, why: str, fix: str) -> Check:  # noqa: A002 - the field's name
    return Check(
        id,
        WARNING,
        "pod",
        _judge(name, _ADVICE.get(id, fix[0].lower() + fix[1:].rstrip("."))),
        why=why,
        fix=fix,
    )


def _judge(name: str, advice: str) -> Callable[[Pod, Tree], Iterator[Hit]]:
    """Return a check of all rules of one control; a place that breaks two of them is told once."""

    def run(pod: Pod, tree: Tree) -> Iterator[Hit]:
        level = _level(pod, tree)
        if level == "privileged" or at(pod.spec, "os", "name") == "windows" or not pod.spec:
            return
        seen: set[Path] = set()
        for standard in ("baseline", "restricted")[: _LEVELS.index(level)]:
            for control in pod_security(standard):
                if control.name == name:
                    yield from _broken(pod, control, standard, advice, seen)

    return run


def _level(pod: Pod, tree: Tree) -> str:
    """Return the standard that the namespace of a pod names; restricted where it does not say."""
    found = tree.once(_levels).get(pod.namespace or "", "restricted")
    return found if found in _LEVELS else "restricted"


def _levels(tree: Tree) -> dict[str, str]:
    found = {}
    for item in tree.of("Namespace"):
        said = [item.labels[mode] for mode in _MODES if mode in item.labels]
        if said:
            found[item.name] = said[0]
    return found


def _broken(pod: Pod, control: Control, standard: str, advice: str, seen: set[Path]) -> Iterator[Hit]:
    absent: list[tuple[str, Path]] = []
    for where, path, value in _values(pod, control):
        if value is None:
            if not control.absent and not _is_filled_in(pod):
                absent.append((where, path))
        elif path not in seen and (wrong := _wrong(control, value)):
            seen.add(path)
            message = f"{where}{_said(control, value)}: {wrong}, says the {standard} Pod Security Standard"
            yield Hit(message, advice, pod.owner, path)
    if absent:
        yield _missing(pod, control, advice, absent)


def _missing(pod: Pod, control: Control, advice: str, absent: list[tuple[str, Path]]) -> Hit:
    """Return one hit for all containers that do not set a field."""
    names = ", ".join(where.removesuffix(": ").partition(" ")[2] for where, _ in absent)
    subject = f"container{'s' if len(absent) > 1 else ''} {names}" if names else "the pod"
    verb = "do" if len(absent) > 1 else "does"
    others = tuple(Other(where.removesuffix(": "), pod.owner, path) for where, path in absent[1:4])
    message = f"{subject} {verb} not set `{control.field}`, as the restricted Pod Security Standard asks"
    return Hit(message, advice, pod.owner, absent[0][1], others=others)


def _is_filled_in(pod: Pod) -> bool:
    return pod.owner.group == _MERGED


def _values(pod: Pod, control: Control) -> Iterator[tuple[str, Path, Any]]:
    """Yield what a control looks at: words for where it is, its path, and its value; None where it is not set."""
    steps = tuple(control.field.split("."))
    if control.at == "volume":
        yield from _of_volumes(pod, control)
        return
    if control.at == "pod":
        yield from _set_values("", pod.path, pod.spec, steps)
        return
    inherited = at(pod.spec, *steps) if control.at == "either" else None
    if inherited is not None:
        yield "", (*pod.path, *steps), inherited
    for container in pod.containers:
        yield from _of_container(container, steps, inherited)


def _of_container(
    container: Container, steps: tuple[str, ...], inherited: Any
) -> Iterator[tuple[str, Path, Any]]:
    where = f"container `{container.name}`: "
    found = list(_set_values(where, container.path, container.document, steps))
    if not found and inherited is None:
        found = [(where, container.path, None)]
    yield from found


def _set_values(
    where: str, path: Path, value: Any, steps: tuple[str, ...]
) -> Iterator[tuple[str, Path, Any]]:
    """Yield the values at a field, through lists of mappings."""
    if not steps:
        if value is not None:
            yield where, path, value
        return
    if isinstance(value, list):
        for index, item in items(value):
            yield from _set_values(where, (*path, index), item, steps)
    elif isinstance(value, dict) and steps[0] in value:
        yield from _set_values(where, (*path, steps[0]), value[steps[0]], steps[1:])


def _of_volumes(pod: Pod, control: Control) -> Iterator[tuple[str, Path, Any]]:
    for index, volume in items(pod.spec, "volumes"):
        where, path = f"volume `{volume.get('name')}`: ", (*pod.path, "volumes", index)
        if control.field == "*":
            for kind in sorted(volume.keys() - {"name"} - _ELSEWHERE):
                if volume[kind] is not None:
                    yield where, (*path, kind), kind
        elif volume.get(control.field) is not None:
            yield where, (*path, control.field), mapping(volume, control.field).get("path", "set")


def _wrong(control: Control, value: Any) -> str:
    """Return what is wrong with a value, empty where nothing is; values of another type are the schema's business."""
    if control.subset is not None:
        extra = (
            sorted({item for item in value if isinstance(item, str)} - control.subset)
            if isinstance(value, list)
            else []
        )
        return f"`{'`, `'.join(extra)}` must not be among them" if extra else ""
    if control.includes is not None:
        missing = sorted(control.includes - set(map(str, value))) if isinstance(value, list) else []
        return f"`{'`, `'.join(missing)}` must be among them" if missing else ""
    if control.refused is not None:
        return "it must not be" if value in control.refused and not isinstance(value, bool) else ""
    if control.allowed is not None and value not in control.allowed:
        return (
            f"want {' or '.join(map(shown, control.allowed))}"
            if 0 < len(control.allowed) < 4
            else "it must not be set"
            if not control.allowed
            else "that is none of those allowed"
        )
    return ""


def _said(control: Control, value: Any) -> str:
    field = "its type" if control.field == "*" else f"`{control.field}`"
    return f"{field} is {_word(value)}"


def _word(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return f"`{value}`" if isinstance(value, str) else shown(value)


CHECKS = tuple(_check(*entry) for entry in _CONTROLS)
