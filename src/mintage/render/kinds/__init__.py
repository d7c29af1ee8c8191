"""One module for each kind of spec: a pure function from the spec and its scope to Kubernetes objects."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mintage.spec.kinds import SPECS

if TYPE_CHECKING:
    from mintage.manifest import Manifest
    from mintage.render.scope import Scope
    from mintage.spec.fields import Spec


def render(spec: Spec, scope: Scope) -> list[Manifest]:
    """Return the objects of one spec as its kind makes them; imported only when such a spec is there."""
    module = import_module(f"mintage.render.kinds.{SPECS[spec.kind]}")
    manifests: list[Manifest] = module.render(spec, scope)
    return manifests
