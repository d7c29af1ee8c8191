"""The table of kinds: what `kind:` may say, and the type that decodes it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintage.spec.fields import Spec

SPECS = {
    "Gateway": "gateway",
    "Identity": "identity",
    "MachinePool": "machine_pool",
    "ModelServer": "model_server",
    "Monitoring": "monitoring",
    "Raw": "raw",
    "RayCluster": "ray_cluster",
    "Traffic": "traffic",
    "Workload": "workload",
}


def spec_type(kind: str) -> type[Spec]:
    """Return the type of a kind's specs; imported only when a spec of that kind is there."""
    module = import_module(f"mintage.spec.{SPECS[kind]}")
    found: type[Spec] = getattr(module, kind)
    return found
