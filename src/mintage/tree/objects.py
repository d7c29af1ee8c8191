"""An object of a built tree, the pods it makes, and their containers, with the path of everything in it.

Knows where in each kind a pod template stands, and nothing else of any kind. Paths are tuples of keys and indexes
from the root of the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from mintage.manifest import CLUSTER_SCOPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.errors import Location
    from mintage.tree.source_map import Layer

Path = tuple[str | int, ...]
T = TypeVar("T")


def at(value: Any, *path: str | int, default: Any = None) -> Any:
    """Return what stands at a path of keys and indexes, or the default where nothing does or it is null."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        if value is None:
            return default
    return value


def mapping(value: Any, *path: str | int) -> dict[str, Any]:
    """Return the mapping at a path, without keys that are no text; empty where something else, or nothing, is there."""
    found = at(value, *path)
    if not isinstance(found, dict) or all(isinstance(key, str) for key in found):
        return found if isinstance(found, dict) else {}
    return {key: item for key, item in found.items() if isinstance(key, str)}


def items(value: Any, *path: str | int) -> list[tuple[int, dict[str, Any]]]:
    """Return the mappings of the list at a path, with their indexes; what is no mapping is left to the schema."""
    found = at(value, *path)
    numbered = enumerate(found) if isinstance(found, list) else ()
    return [(index, item) for index, item in numbered if isinstance(item, dict)]


# Custom kinds without a namespace (the `scope` of the upstream CustomResourceDefinitions).
_NO_NAMESPACE = CLUSTER_SCOPED | {
    "ClusterIssuer", "ClusterQueue", "ClusterSecretStore", "ClusterServingRuntime", "ClusterPolicy", "DataScienceCluster",
    "DSCInitialization", "DeviceClass", "GatewayClass", "KubeletConfig", "MachineConfig", "MachineConfigPool", "ResourceFlavor",
    "SecurityContextConstraints", "Topology", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    "WorkloadPriorityClass", "ClusterWorkflowTemplate", "CSIDriver", "VolumeAttributesClass", "FlowSchema",
}  # fmt: skip


class Once:
    """Something about which questions are answered once: what several checks need is computed by the first."""

    def once(self, compute: Callable[[Self], T]) -> T:
        """Return what a function makes of this value, computed at the first call."""
        answers: dict[Any, Any] = self.__dict__.setdefault("_answers", {})
        if compute not in answers:
            answers[compute] = compute(self)
        return answers[compute]  # type: ignore[no-any-return]


class Object(Once):
    """One object as it reaches the cluster.

    `layers` say where its parts come from, the innermost (a resource file) first. `default_namespace` is where it goes
    when it names no namespace itself; None means that nobody knows.
    """

    def __init__(
        self,
        document: dict[str, Any],
        layers: tuple[Layer, ...] = (),
        *,
        default_namespace: str | None = None,
        cluster_scoped: bool = False,
        file: str = "",
    ) -> None:
        self.document = document
        self.layers = layers
        self.file = file  # where it stands, if no layer knows
        self._default_namespace = default_namespace
        self._cluster_scoped = cluster_scoped

    def __repr__(self) -> str:
        return f"Object({self.label})"

    @cached_property
    def api_version(self) -> str:
        """Group and version, such as `apps/v1`; empty where there is none."""
        return str(self.document.get("apiVersion") or "")

    @cached_property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @cached_property
    def version(self) -> str:
        """The version within the group."""
        return self.api_version.rpartition("/")[2]

    @cached_property
    def kind(self) -> str:
        """The kind, such as `Deployment`."""
        return str(self.document.get("kind") or "")

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The metadata; empty where it is no mapping."""
        return mapping(self.document, "metadata")

    @cached_property
    def name(self) -> str:
        """The name; that of `generateName` where the server makes one up."""
        return str(self.metadata.get("name") or self.metadata.get("generateName") or "")

    @cached_property
    def namespace(self) -> str | None:
        """The namespace it will be in: its own, or where its root goes; None where it has none or nobody knows."""
        if not self.namespaced:
            return None
        own = self.metadata.get("namespace")
        return str(own) if own else self._default_namespace

    @cached_property
    def namespaced(self) -> bool:
        """Whether it lives in a namespace; a custom kind is taken to, unless known otherwise."""
        return not self._cluster_scoped and self.kind not in _NO_NAMESPACE

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels, without those that are no text."""
        return _texts(self.metadata.get("labels"))

    @cached_property
    def annotations(self) -> dict[str, str]:
        """The annotations, without those that are no text."""
        return _texts(self.metadata.get("annotations"))

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The spec; empty where it is no mapping."""
        return mapping(self.document, "spec")

    @cached_property
    def label(self) -> str:
        """What people call it: `Deployment zelda-rl-dev/vision`."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"

    @cached_property
    def key(self) -> tuple[str, str, str, str]:
        """Its identity in a cluster: group, kind, namespace, name."""
        return self.group, self.kind, self.namespace or "", self.name

    def is_a(self, kind: str, group: str | None = None) -> bool:
        """Tell whether it is of a kind, of any group unless one is named."""
        return self.kind == kind and (group is None or self.group == group)

    def at(self, *path: str | int, default: Any = None) -> Any:
        """Return what stands at a path, or the default."""
        return at(self.document, *path, default=default)

    def locate(self, path: Path = (), *, on_key: bool = False) -> list[Location]:
        """Return the places that made what stands at a path, the cause first; empty where none is known."""
        found = [layer.locate(self.document, path, on_key=on_key) for layer in reversed(self.layers)]
        return list(dict.fromkeys(place for place in found if place is not None))

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The pods it makes by templates that stand in it."""
        return tuple(_pods(self))

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers of all its pods, init containers among them."""
        return tuple(container for pod in self.pods for container in pod.containers)


def _texts(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key: item for key, item in pairs if isinstance(key, str) and isinstance(item, str)}


@dataclass(frozen=True, eq=False)
class Pod:
    """A pod template inside an object.

    `role` tells templates of one object apart: empty for the only one, else such as `head`, `worker`, `prefill`.
    """

    owner: Object
    path: Path  # of the pod's spec
    spec: dict[str, Any]
    labels: dict[str, str]
    role: str = ""

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers, init containers first; the one that KServe makes of `model:` last."""
        named = tuple(
            Container(self, (*self.path, field, index), document, init=field == "initContainers")
            for field in ("initContainers", "containers")
            for index, document in items(self.spec, field)
        )
        runtimes = sorted(_RUNTIMES & self.spec.keys()) if self.role == "predictor" else ()
        models = ((field, mapping(self.spec, field)) for field in runtimes)
        return (*named, *(Container(self, (*self.path, field), model) for field, model in models))

    @property
    def main_containers(self) -> tuple[Container, ...]:
        """The containers that run together; a sidecar (an init container that restarts) among them."""
        return tuple(
            container
            for container in self.containers
            if not container.init or container.document.get("restartPolicy") == "Always"
        )

    @property
    def namespace(self) -> str | None:
        """The namespace it runs in."""
        return self.owner.namespace


@dataclass(frozen=True, eq=False)
class Container:
    """A container of a pod."""

    pod: Pod
    path: Path
    document: dict[str, Any]
    init: bool = False

    @property
    def owner(self) -> Object:
        """The object it belongs to."""
        return self.pod.owner

    @property
    def name(self) -> str:
        """Its name; that which KServe gives where it makes the container."""
        return str(self.document.get("name") or (_SERVER if self.path[-1] in _RUNTIMES else ""))

    @property
    def image(self) -> str:
        """Its image reference; empty where a runtime or a patch supplies it."""
        found = self.document.get("image")
        return found if isinstance(found, str) else ""

    @cached_property
    def argv(self) -> list[tuple[Path, str]]:
        """Command and arguments in order, with the path of each."""
        return [
            ((*self.path, field, index), item)
            for field in ("command", "args")
            for words in (self.document.get(field),)
            if isinstance(words, list)
            for index, item in enumerate(words)
            if isinstance(item, str)
        ]

    @cached_property
    def env(self) -> dict[str, tuple[Path, dict[str, Any]]]:
        """The variables that are named one by one: path and entry; the last of a name wins, as in the kubelet."""
        return {
            str(entry.get("name")): ((*self.path, "env", index), entry)
            for index, entry in items(self.document, "env")
        }

    def env_value(self, name: str) -> str | None:
        """Return the literal value of a variable, or None where it has none."""
        found = self.env.get(name)
        value = found[1].get("value") if found else None
        return value if isinstance(value, str) else None

    @cached_property
    def ports(self) -> tuple[tuple[int, dict[str, Any]], ...]:
        """The declared ports, with their indexes."""
        return tuple(items(self.document, "ports"))

    def resource(self, name: str) -> tuple[Path, Any] | None:
        """Return the amount of a resource with its path: the limit, or else the request."""
        for field in ("limits", "requests"):
            value = at(self.document, "resources", field, name)
            if value is not None:
                return (*self.path, "resources", field, name), value
        return None


# Fields of an InferenceService's predictor that describe its server (KServe v0.20.0, PredictorSpec), and its name.
_RUNTIMES = frozenset(
    {
        "model", "huggingface", "lightgbm", "onnx", "paddle", "pmml", "pytorch", "sklearn", "tensorflow", "triton", "xgboost",
    }
)  # fmt: skip
_SERVER = "kserve-container"
# Kind -> where pod templates stand: (path of the template, path of the spec in it, role). `*` goes through a list.
_TEMPLATE = "template"
_POD_TEMPLATES: dict[tuple[str, str], tuple[tuple[tuple[str, ...], str], ...]] = {
    ("apps", "Deployment"): ((("spec", _TEMPLATE), ""),),
    ("apps", "StatefulSet"): ((("spec", _TEMPLATE), ""),),
    ("apps", "DaemonSet"): ((("spec", _TEMPLATE), ""),),
    ("apps", "ReplicaSet"): ((("spec", _TEMPLATE), ""),),
    ("", "ReplicationController"): ((("spec", _TEMPLATE), ""),),
    ("batch", "Job"): ((("spec", _TEMPLATE), ""),),
    ("batch", "CronJob"): ((("spec", "jobTemplate", "spec", _TEMPLATE), ""),),
    ("", "PodTemplate"): (((_TEMPLATE,), ""),),
    ("apps.openshift.io", "DeploymentConfig"): ((("spec", _TEMPLATE), ""),),
    ("argoproj.io", "Rollout"): ((("spec", _TEMPLATE), ""),),
    ("serving.knative.dev", "Service"): ((("spec", _TEMPLATE), ""),),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): (
        (("spec", "leaderWorkerTemplate", "leaderTemplate"), "leader"),
        (("spec", "leaderWorkerTemplate", "workerTemplate"), "worker"),
    ),
    ("ray.io", "RayCluster"): (
        (("spec", "headGroupSpec", _TEMPLATE), "head"),
        (("spec", "workerGroupSpecs", "*", _TEMPLATE), "worker"),
    ),
    ("ray.io", "RayJob"): (
        (("spec", "rayClusterSpec", "headGroupSpec", _TEMPLATE), "head"),
        (("spec", "rayClusterSpec", "workerGroupSpecs", "*", _TEMPLATE), "worker"),
        (("spec", "submitterPodTemplate"), "submitter"),
    ),
    ("ray.io", "RayService"): (
        (("spec", "rayClusterConfig", "headGroupSpec", _TEMPLATE), "head"),
        (("spec", "rayClusterConfig", "workerGroupSpecs", "*", _TEMPLATE), "worker"),
    ),
    ("kubeflow.org", "PyTorchJob"): (
        (("spec", "pytorchReplicaSpecs", "Master", _TEMPLATE), "master"),
        (("spec", "pytorchReplicaSpecs", "Worker", _TEMPLATE), "worker"),
    ),
}
# Kind -> where a pod's spec stands among fields of the kind's own, without metadata around it.
_POD_SPECS: dict[tuple[str, str], tuple[tuple[tuple[str, ...], str], ...]] = {
    ("", "Pod"): ((("spec",), ""),),
    ("serving.kserve.io", "InferenceService"): (
        (("spec", "predictor"), "predictor"),
        (("spec", "predictor", "workerSpec"), "worker"),
        (("spec", "transformer"), "transformer"),
        (("spec", "explainer"), "explainer"),
    ),
    ("serving.kserve.io", "ServingRuntime"): ((("spec",), ""), (("spec", "workerSpec"), "worker")),
    ("serving.kserve.io", "ClusterServingRuntime"): ((("spec",), ""), (("spec", "workerSpec"), "worker")),
    ("serving.kserve.io", "LLMInferenceService"): (
        (("spec", _TEMPLATE), "decode"),
        (("spec", "worker"), "worker"),
        (("spec", "prefill", _TEMPLATE), "prefill"),
        (("spec", "prefill", "worker"), "prefill-worker"),
        (("spec", "router", "scheduler", _TEMPLATE), "scheduler"),
    ),
    ("serving.kserve.io", "LLMInferenceServiceConfig"): (
        (("spec", _TEMPLATE), "decode"),
        (("spec", "worker"), "worker"),
        (("spec", "prefill", _TEMPLATE), "prefill"),
        (("spec", "prefill", "worker"), "prefill-worker"),
        (("spec", "router", "scheduler", _TEMPLATE), "scheduler"),
    ),
}


def _pods(owner: Object) -> Iterator[Pod]:
    kind = (owner.group, owner.kind)
    for pattern, role in _POD_TEMPLATES.get(kind, ()):
        for path, template in _expanded(owner.document, pattern):
            labels = _texts(at(template, "metadata", "labels"))
            yield Pod(owner, (*path, "spec"), mapping(template, "spec"), labels, role)
    for pattern, role in _POD_SPECS.get(kind, ()):
        for path, spec in _expanded(owner.document, pattern):
            labels = owner.labels if role == "" else _texts(spec.get("labels"))
            yield Pod(owner, path, spec, labels, role)


def _expanded(
    document: Any, pattern: tuple[str, ...], path: Path = ()
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the mappings at a pattern of keys in which `*` stands for every item of a list."""
    if not pattern:
        if isinstance(document, dict):
            yield path, document
        return
    step, rest = pattern[0], pattern[1:]
    if step != "*":
        yield from _expanded(at(document, step), rest, (*path, step))
        return
    for index, item in items(document):
        yield from _expanded(item, rest, (*path, index))
