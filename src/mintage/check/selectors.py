"""Which pods a label selector selects: surely, perhaps, or surely none.

Follows `LabelSelector` of Kubernetes 1.32 (apimachinery, `LabelSelectorAsSelector`). A selector with a template in it,
or of another shape, is not judged: the schema says what is wrong with it. Labels that controllers and operators add
are not all known, so an answer about them may be None: nobody can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mintage.check import known
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mintage.check.known import KnownPod
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

Selector = dict[str, Any]
T = TypeVar("T")
_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})
_TEMPLATES = ("$(", "${", "{{")
# Labels that Kubernetes 1.32 itself puts on pods, and those of software that changes the pods of others (Istio, Kueue).
_ADDED = frozenset(
    {
        "pod-template-hash", "controller-revision-hash", "pod-template-generation", "job-name", "controller-uid",
    }
)  # fmt: skip
_ADDED_DOMAINS = (
    "batch.kubernetes.io/", "statefulset.kubernetes.io/", "apps.kubernetes.io/", "topology.kubernetes.io/",
    "istio.io/", "security.istio.io/", "service.istio.io/", "sidecar.istio.io/", "topology.istio.io/", "kueue.x-k8s.io/",
)  # fmt: skip
_PLAIN_GROUPS = frozenset({"", "apps", "batch"})
# Group of what makes pods -> beginnings of the labels that it may add beyond those that `known` gives. Sources: KubeRay
# (`labelPod`: ray.io only), kgateway and Envoy Gateway (labels of their proxies), and `operators.yaml` for the others.
_DOMAINS = {
    "ray.io": ("ray.io/", "app.kubernetes.io/"),
    "serving.kserve.io": (
        "serving.kserve.io/",
        "serving.knative.dev/",
        "kserve.io/",
        "llm-d.ai/role",
        "component",
    ),
    "leaderworkerset.x-k8s.io": ("leaderworkerset.sigs.k8s.io/",),
    "serving.knative.dev": ("serving.knative.dev/",),
    "gateway.networking.k8s.io": ("gateway.", "istio.io/", "app.kubernetes.io/", "helm.sh/", "kgateway.dev/"),
}
# People set these themselves, other domains are mostly the labels of one operator.
_EVERYBODYS = "app.kubernetes.io/"
_PLATFORM = ("kube-", "openshift-")  # namespaces in which every cluster has something
_CHARTS = frozenset({"HelmRelease", "HelmChart", "HelmChartProxy"})
# Groups whose kinds make no pods, except for some.
_WITHOUT_PODS = frozenset(
    {
        "autoscaling.k8s.io", "bitnami.com", "cert-manager.io", "config.openshift.io", "external-secrets.io",
        "gateway.networking.k8s.io", "inference.networking.k8s.io", "inference.networking.x-k8s.io", "keda.sh",
        "kueue.x-k8s.io", "kustomize.config.k8s.io", "llm-d.ai", "machine.openshift.io", "metallb.io",
        "monitoring.coreos.com", "networking.istio.io", "networking.k8s.io", "rbac.authorization.k8s.io",
        "resource.k8s.io", "route.openshift.io", "scheduling.k8s.io", "security.istio.io", "storage.k8s.io",
        "policy", "autoscaling", "apps", "batch", "",
    }
)  # fmt: skip
_WITH_PODS = frozenset({"Prometheus", "Alertmanager", "ThanosRuler", "PrometheusAgent"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a selector asks of labels; all that it asks must hold."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels, which are all there are, satisfy it."""
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        if self.operator == "NotIn":
            return labels.get(self.key) not in self.values
        return labels.get(self.key) in self.values

    def covers(self, other: Requirement) -> bool:
        """Tell whether whatever satisfies another one of the same key satisfies this one."""
        if self == other:
            return True
        if self.operator == "Exists":
            return other.operator == "In"
        if self.operator == "In":
            return other.operator == "In" and other.values <= self.values
        if self.operator == "NotIn":
            narrower = other.operator == "NotIn" and self.values <= other.values
            return narrower or (other.operator == "In" and not other.values & self.values)
        return False


def requirements(selector: Any) -> tuple[Requirement, ...] | None:
    """Return what a LabelSelector asks; None where it is no selector, or a template stands in it."""
    if not isinstance(selector, dict):
        return None
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    if not isinstance(labels, dict | None) or not isinstance(expressions, list | None):
        return None
    found: list[Requirement | None] = []
    for key, value in (labels or {}).items():
        is_label = isinstance(key, str) and isinstance(value, str)
        found.append(_requirement(key, "In", (value,)) if is_label else None)
    found += (_expression(item) for item in expressions or ())
    return None if None in found else tuple(item for item in found if item is not None)


def _expression(item: Any) -> Requirement | None:
    if not isinstance(item, dict):
        return None
    key, operator, values = item.get("key"), item.get("operator"), item.get("values") or []
    texts = [key, operator, *values] if isinstance(values, list) else [None]
    return (
        _requirement(key, operator, tuple(values)) if all(isinstance(text, str) for text in texts) else None
    )


@lru_cache(10_000)
def _requirement(key: str, operator: str, values: tuple[str, ...]) -> Requirement | None:
    is_template = any(sign in text for text in (key, *values) for sign in _TEMPLATES)
    needs_values = operator in {"In", "NotIn"}
    if is_template or operator not in _OPERATORS or (needs_values and not values):
        return None
    return Requirement(key, operator, frozenset(values))


def of_labels(labels: Mapping[str, str] | None) -> Selector:
    """Return the selector that asks for labels, as a Service's does."""
    return {"matchLabels": dict(labels or {})}


def shown(selector: Any) -> str:
    """Return a selector as people write it on a command line: `app=server,role in (a,b)`."""
    return ",".join(_shown(item) for item in requirements(selector) or ()) or "everything"


def _shown(item: Requirement) -> str:
    values = ",".join(sorted(item.values))
    if item.operator == "In":
        return f"{item.key}={values}" if len(item.values) == 1 else f"{item.key} in ({values})"
    if item.operator == "NotIn":
        return f"{item.key} notin ({values})"
    return item.key if item.operator == "Exists" else f"!{item.key}"


def matches(selector: Any, labels: Mapping[str, str]) -> bool:
    """Tell whether a LabelSelector selects labels; an empty one selects all, one that is malformed selects none."""
    found = requirements(selector)
    return found is not None and all(item.holds(labels) for item in found)


def covers(wide: Any, narrow: Any) -> bool:
    """Tell whether one selector surely selects whatever another does."""
    outer, inner = requirements(wide), requirements(narrow)
    if outer is None or inner is None:
        return False
    return all(any(item.key == other.key and item.covers(other) for other in inner) for item in outer)


def selects(selector: Any, pod: KnownPod) -> bool | None:
    """Tell whether a selector selects a pod; None where it depends on a label that something may add."""
    return _selects(requirements(selector), pod)


def _selects(asked: tuple[Requirement, ...] | None, pod: KnownPod) -> bool | None:
    if asked is None:
        return None
    answers = [_judged(item, pod) for item in asked]
    if False in answers:
        return False
    return None if None in answers else True


def _judged(item: Requirement, pod: KnownPod) -> bool | None:
    if item.key not in pod.labels and _may_be_added(item, pod):
        return None
    return item.holds(pod.labels)


def _may_be_added(item: Requirement, pod: KnownPod) -> bool:
    if item.key in _ADDED or item.key.startswith(_ADDED_DOMAINS):
        return True
    if not pod.open or "/" not in item.key or pod.source.group in _PLAIN_GROUPS:
        return False
    if item.key.startswith(_EVERYBODYS) and pod.source.kind != "Gateway":
        return any(pod.source.name in value for value in item.values)
    return _is_runtimes(pod) or item.key.startswith(_DOMAINS.get(pod.source.group, ("",)))


def _is_runtimes(pod: KnownPod) -> bool:
    """Tell whether a runtime or configuration of KServe, which may have labels of its own, takes part in the pod."""
    if pod.source.kind == "InferenceService":
        return pod.pod is None or "containers" not in pod.pod.spec
    return pod.source.kind == "LLMInferenceService" and bool(pod.source.spec.get("baseRefs"))


def is_in(one: str | None, other: str | None) -> bool:
    """Tell whether two namespaces are, or may be, the same; None is one that nobody knows."""
    return one is None or other is None or one == other


class LabelIndex(Generic[T]):
    """Things with labels, to be found by what a selector asks without looking at each; `always` are in every answer."""

    def __init__(self, things: Iterable[tuple[Mapping[str, str], T]], always: Iterable[T] = ()) -> None:
        self._all: list[T] = []
        self._always = list(always)
        self._by_label: dict[tuple[str, str], list[T]] = {}
        for labels, thing in things:
            self._all.append(thing)
            for pair in labels.items():
                self._by_label.setdefault(pair, []).append(thing)

    def having(self, item: Requirement) -> list[T]:
        """Return the things that have one of the values a requirement asks for."""
        return [thing for value in sorted(item.values) for thing in self._by_label.get((item.key, value), ())]

    def candidates(self, asked: tuple[Requirement, ...] | None) -> list[T]:
        """Return things among which are all that a selector selects."""
        found = [self.having(item) for item in asked or () if item.operator == "In"]
        return [*min(found, key=len), *self._always] if found else [*self._all, *self._always]


def _pod_index(root: Root) -> LabelIndex[KnownPod]:
    return LabelIndex((pod.labels, pod) for pod in known.pods(root))


def _open_pods(root: Root) -> tuple[KnownPod, ...]:
    return tuple(pod for pod in known.pods(root) if pod.open and pod.source.group not in _PLAIN_GROUPS)


def _candidates(root: Root, asked: tuple[Requirement, ...] | None) -> Iterable[KnownPod]:
    """Return pods among which are all that a selector selects or may select."""
    index, found = root.once(_pod_index), None
    for item in asked or ():
        if item.operator == "In" and item.key not in _ADDED and not item.key.startswith(_ADDED_DOMAINS):
            near = index.having(item)
            if "/" in item.key:
                near = [*near, *(pod for pod in root.once(_open_pods) if item.key not in pod.labels)]
            found = near if found is None or len(near) < len(found) else found
    return known.pods(root) if found is None else found


def _namespaces(root: Root) -> frozenset[str | None]:
    return frozenset(pod.namespace for pod in known.pods(root))


def has_pods(root: Root, namespace: str | None) -> bool:
    """Tell whether the tree puts pods into a namespace."""
    return any(is_in(place, namespace) for place in root.once(_namespaces))


def pods_in(root: Root, namespace: str | None) -> list[KnownPod]:
    """Return the pods of a namespace that the tree and its operators make."""
    return [pod for pod in known.pods(root) if is_in(pod.namespace, namespace)]


def selected(root: Root, selector: Any, namespace: str | None) -> list[KnownPod]:
    """Return the pods of a namespace that a selector surely selects."""
    return [pod for pod, answer in judged(root, selector, namespace) if answer]


def selectable(root: Root, selector: Any, namespace: str | None) -> list[KnownPod]:
    """Return the pods of a namespace that a selector selects, or may select."""
    return [pod for pod, _ in judged(root, selector, namespace)]


def judged(root: Root, selector: Any, namespace: str | None) -> Iterator[tuple[KnownPod, bool | None]]:
    """Yield the pods of a namespace that a selector selects (True) or may select (None)."""
    asked = requirements(selector)
    for pod in _candidates(root, asked):
        answer = _selects(asked, pod) if is_in(pod.namespace, namespace) else False
        if answer is not False:
            yield pod, answer


def selects_nothing(root: Root, selector: Any, namespace: str | None) -> bool:
    """Tell whether a selector surely selects no pod; False wherever something unknown may make one."""
    asked = requirements(selector)
    if not asked or not has_pods(root, namespace) or any(True for _ in judged(root, selector, namespace)):
        return False
    return not (is_fed_from_outside(root, namespace) or _is_anothers(root, asked, root.once(_domains)))


def is_anothers(root: Root, selector: Any, labels: Iterable[Mapping[str, str]]) -> bool:
    """Tell whether a selector may be meant for what something unknown makes, going by the labels that are known."""
    return _is_anothers(root, requirements(selector) or (), _domains_of(labels))


def _domains(root: Root) -> frozenset[str]:
    return _domains_of(pod.labels for pod in known.pods(root))


def _domains_of(labels: Iterable[Mapping[str, str]]) -> frozenset[str]:
    return frozenset(key.partition("/")[0] for found in labels for key in found if "/" in key)


def _is_anothers(root: Root, asked: tuple[Requirement, ...], domains: frozenset[str]) -> bool:
    keys = (item.key for item in asked if "/" in item.key)
    if any(key.partition("/")[0] not in domains and not key.startswith(_EVERYBODYS) for key in keys):
        return True
    values = [value for item in asked for value in item.values]
    if any(name in value for name in root.once(_unknown_makers) for value in values):
        return True
    patterns = root.tree.externals.objects
    return any(
        fnmatchcase(f"{kind}/{value}", pattern)
        for pattern in patterns
        for value in values
        for kind in _MAKERS
    )


_MAKERS = ("Pod", "Deployment", "StatefulSet", "DaemonSet")


def _unknown_makers(root: Root) -> tuple[str, ...]:
    """Return the names of objects whose operators may make pods that nobody here knows."""
    found = (item for near in (root, *root.companions) for item in near.objects)
    return tuple({item.name for item in found if item.name and _may_make_pods(item)})


def _may_make_pods(item: Object) -> bool:
    if item.group in _WITHOUT_PODS:
        return item.kind in _WITH_PODS
    return item.group != "argoproj.io" and not item.pods


def is_fed_from_outside(root: Root, namespace: str | None) -> bool:
    """Tell whether something outside of the tree puts objects into a namespace: the platform, a chart, a root not built."""
    if namespace is not None and namespace.startswith(_PLATFORM):
        return True
    return any(is_in(place, namespace) for place in root.tree.once(_outside_namespaces))


def _outside_namespaces(tree: Tree) -> tuple[str | None, ...]:
    return tuple(_outside(tree.roots))


def _outside(roots: Iterable[Root]) -> Iterator[str | None]:
    folders = {root.folder for root in roots}
    for root in roots:
        if root.problems:
            yield root.kustomization.document.get("namespace") if root.kustomization else None
        for item in root.of("Application", group="argoproj.io"):
            sources = [item.at("spec", "source"), *(source for _, source in items(item.spec, "sources"))]
            paths = [str(at(source, "path", default="")).strip("/") for source in sources]
            if any(path not in folders for path in paths) or any(at(source, "helm") for source in sources):
                yield _text_or_none(item.at("spec", "destination", "namespace"))
        for item in root.of(*_CHARTS):
            yield _text_or_none(item.at("spec", "targetNamespace")) or item.namespace


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
