"""Probes and declared ports of one pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.ports.servers import is_model_server, listening
from mintage.errors import did_you_mean
from mintage.tree.objects import at, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Path
    from mintage.tree.tree import Tree

_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_HANDLERS = ("httpGet", "tcpSocket", "grpc")
_MERGED = "serving.kserve.io"  # a runtime or a preset may add ports to a container
_SERVING = ("http", "api", "serve", "web")  # in names of the ports of servers
_LOADING = 180  # seconds: less is no time to load a model of some gigabytes


def probe_ports(container: Container) -> Iterator[tuple[Path, Any]]:
    """Yield the ports that a container's probes ask, with the path of each."""
    for probe in _PROBES:
        for handler in _HANDLERS:
            port = at(container.document, probe, handler, "port")
            if port is not None:
                yield (*container.path, probe, handler, "port"), port


def _declared(container: Container) -> set[int]:
    numbers = (port.get("containerPort") for _, port in container.ports)
    return {number for number in numbers if isinstance(number, int)}


def _probe_port_missing(container: Container, _: Tree) -> Iterator[Hit]:
    names = {port["name"] for _, port in container.ports if isinstance(port.get("name"), str)}
    if container.owner.group == _MERGED and not container.ports:
        return
    for path, port in probe_ports(container):
        if not isinstance(port, str) or port.isdecimal() or port in names or "$" in port or "{{" in port:
            continue
        owner = _container_with(container, port)
        if owner is not None:
            advice = f"a name means a port of the same container: use the number, or move the probe to `{owner.name}`"
        else:
            advice = (
                did_you_mean(port, names) or "declare a port of this name in the container, or use a number"
            )
        yield Hit(
            f"{path[-3]} of container `{container.name}` asks the port `{port}`, which it does not declare",
            advice,
            container.owner,
            path,
        )


def _container_with(container: Container, name: str) -> Container | None:
    for other in container.pod.containers:
        if other is not container and any(port.get("name") == name for _, port in other.ports):
            return other
    return None


def _probe_foreign_container(container: Container, _: Tree) -> Iterator[Hit]:
    own = _declared(container) | {found.number for found in listening(container)}
    for path, port in probe_ports(container):
        if not isinstance(port, int) or port in own or at(container.document, path[-3], path[-2], "host"):
            continue
        others = (each for each in container.pod.main_containers if each.path != container.path)
        other = next((each for each in others if port in _declared(each)), None)
        if other is not None:
            yield Hit(
                f"{path[-3]} of container `{container.name}` asks port {port}, which is a port of container `{other.name}`",
                f"ask a port of `{container.name}`, or move the probe to `{other.name}`",
                container.owner,
                path,
                others=(Other(f"container `{other.name}`", container.owner, (*other.path, "ports")),),
            )


def _arg_port_mismatch(container: Container, _: Tree) -> Iterator[Hit]:
    declared = _declared(container)
    if not declared or (container.init and container.document.get("restartPolicy") != "Always"):
        return
    for found in listening(container):
        if found.number in declared or (found.default and container.owner.group == _MERGED):
            continue
        if not _declares_any_for(container, found.flag, found.program):
            continue
        ports = ", ".join(map(str, sorted(declared)))
        if found.default:
            message = f"container `{container.name}` declares port {ports}, but `{found.program}` without `--port` listens on {found.number}"
        else:
            message = (
                f"`{found.flag}` says {found.number}, but container `{container.name}` declares port {ports}"
            )
        yield Hit(
            message,
            f"declare containerPort {found.number}, or set the port to {ports}",
            container.owner,
            (*container.path, "ports") if found.default else found.path,
            others=(Other("the declared ports", container.owner, (*container.path, "ports")),),
        )


def _declares_any_for(container: Container, flag: str, program: str) -> bool:
    """Tell whether a declared port may be what a program listens on: it has no name, or a name like it or its use."""
    words = next(((word,) for word in ("grpc", "metrics") if word in flag.lower()), _SERVING)
    names = [str(entry.get("name") or "").lower() for _, entry in container.ports]
    return any(
        not name or name in program or any(word in name for word in (*words, program)) for name in names
    )


def _seconds(probe: dict[str, Any], field: str, default: int) -> int | None:
    value = probe.get(field)
    if value is None:
        return default
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _gives_up(probe: dict[str, Any]) -> int | None:
    """Return how long after the start a probe that never succeeds has failed often enough; None where it is malformed."""
    delay, period, failures = (
        _seconds(probe, "initialDelaySeconds", 0),
        _seconds(probe, "periodSeconds", 10),
        _seconds(probe, "failureThreshold", 3),
    )
    if delay is None or period is None or failures is None:
        return None
    return delay + (failures - 1) * period


def _probe_deadline_order(container: Container, _: Tree) -> Iterator[Hit]:
    liveness, readiness = (mapping(container.document, name) for name in ("livenessProbe", "readinessProbe"))
    if not liveness or not readiness or container.document.get("startupProbe"):
        return
    killed, first = _gives_up(liveness), _seconds(readiness, "initialDelaySeconds", 0)
    if killed is not None and first is not None and killed < first:
        yield Hit(
            f"livenessProbe restarts container `{container.name}` {killed} s after its start, before readinessProbe first asks at {first} s",
            "give the start a startupProbe, or let livenessProbe begin later than readinessProbe",
            container.owner,
            (*container.path, "livenessProbe"),
            on_key=True,
            others=(Other("readinessProbe", container.owner, (*container.path, "readinessProbe")),),
        )


def _liveness_without_startup(container: Container, _: Tree) -> Iterator[Hit]:
    liveness = mapping(container.document, "livenessProbe")
    if not liveness or container.document.get("startupProbe") or not is_model_server(container):
        return
    killed = _gives_up(liveness)
    if killed is not None and killed < _LOADING:
        yield Hit(
            f"livenessProbe restarts container `{container.name}` {killed} s after its start if the model is not loaded by then",
            "add a startupProbe with the time that a cold start takes, such as periodSeconds: 10 and failureThreshold: 60",
            container.owner,
            (*container.path, "livenessProbe"),
            on_key=True,
        )


CHECKS = (
    Check(
        "probe-port-missing",
        ERROR,
        "container",
        _probe_port_missing,
        why="A probe of a port name that its container does not declare always fails: the container is restarted, or never gets requests.",
        fix="Declare the port with this name, or use a number.",
    ),
    Check(
        "arg-port-mismatch",
        ERROR,
        "container",
        _arg_port_mismatch,
        why="The server listens on one port, while probes, Services and policies go by the other one.",
        fix="Make the flag and containerPort agree.",
    ),
    Check(
        "probe-foreign-container",
        WARNING,
        "container",
        _probe_foreign_container,
        why="Containers of a pod share one address: the probe measures another container, and restarts this one when that one fails.",
        fix="Ask a port of the container that has the probe.",
    ),
    Check(
        "probe-deadline-order",
        WARNING,
        "container",
        _probe_deadline_order,
        why="The container is restarted before it could become ready: it never does.",
        fix="Use a startupProbe for the start, or begin livenessProbe later.",
    ),
    Check(
        "liveness-without-startup",
        WARNING,
        "container",
        _liveness_without_startup,
        why="A model of some gigabytes takes minutes to download and load: a livenessProbe that begins at once restarts the server in the middle of it, again and again.",
        fix="Add a startupProbe that allows for a cold start.",
    ),
)
