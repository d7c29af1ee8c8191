"""Who serves behind an endpoint picker: the pods of its InferencePool, or of its LLMInferenceService.

Of a pool that is not in the tree, or that a pod may join by labels nobody here knows, the answer is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check.selectors import of_labels, selected
from mintage.check.serving.vllm_args import VllmArgs, parse
from mintage.check.tables.epp import epp_roles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mintage.check.serving.epp_config import EppConfig, Picker
    from mintage.tree.objects import Object, Pod
    from mintage.tree.tree import Root

POOLS = ("inference.networking.k8s.io", "inference.networking.x-k8s.io")
_PREFILL_ROLE = "prefill"


@dataclass(frozen=True)
class Member:
    """Pods behind a picker: what makes them, their template if it is known, and their labels."""

    source: Object
    pod: Pod | None
    labels: dict[str, str]

    @property
    def servers(self) -> tuple[VllmArgs, ...]:
        """The vLLM servers in the pods."""
        containers = self.pod.containers if self.pod else ()
        return tuple(args for container in containers if (args := parse(container)) is not None)

    @property
    def role(self) -> str:
        """What llm-d's filters take the pods for: the label's value, else the place of the template; or empty."""
        label = epp_roles()["label"]
        if label in self.labels:
            return self.labels[label]
        return _PREFILL_ROLE if self.pod and self.pod.role.startswith(_PREFILL_ROLE) else ""

    @property
    def prefills(self) -> bool:
        """Whether a prefill filter lets them pass."""
        return self.role in epp_roles()["prefill-filter"]


def pool_of(root: Root, picker: Picker) -> Object | None:
    """Return the InferencePool of a picker, if it is in the tree."""
    if picker.pool is None:
        return None
    found = root.find("InferencePool", picker.pool, picker.container.pod.namespace)
    return found if found is not None and found.group in POOLS else None


def selector_of(pool: Object) -> dict[str, Any]:
    """Return the label selector of a pool; the older API has the labels without `matchLabels`."""
    selector = pool.spec.get("selector")
    if not isinstance(selector, dict):
        return {}
    return selector if "matchLabels" in selector else of_labels(selector)


def members_of_pool(root: Root, pool: Object) -> tuple[Member, ...]:
    """Return the pods that a pool surely selects."""
    selector = selector_of(pool)
    if not selector:
        return ()
    return tuple(Member(pod.source, pod.pod, pod.labels) for pod in selected(root, selector, pool.namespace))


def members(root: Root, config: EppConfig) -> tuple[Member, ...] | None:
    """Return the pods behind the picker of a configuration; None where nobody knows them."""
    if config.llm_service is not None:
        return tuple(
            Member(config.llm_service, pod, pod.labels)
            for pod in config.llm_service.pods
            if pod.role != "scheduler"
        )
    pool = pool_of(root, config.picker) if config.picker else None
    found = members_of_pool(root, pool) if pool else ()
    return found or None


def servers(found: Iterable[Member] | None) -> tuple[VllmArgs, ...]:
    """Return the vLLM servers of some pods."""
    return tuple(args for member in found or () for args in member.servers)
