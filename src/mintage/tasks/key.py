"""Keys: the declared inputs of a task, as a list that can be read and as the digest of that list.

The digest decides whether a task is current; the list explains it. Both come from `component_inputs`, so that an
explanation cannot drift from the decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.digest import digest_of_value
from mintage.spec.selector import matches

if TYPE_CHECKING:
    from mintage.workspace.index import Entry
    from mintage.workspace.load import Workspace

Inputs = list[tuple[str, str]]  # name of the input, digest of its value


def component_inputs(workspace: Workspace, entries: list[Entry]) -> Inputs:
    """Return what a component is rendered from: its specs, the system, and the exports its specs refer to."""
    inputs: Inputs = [("mintage", workspace.generator), ("specs/system.yaml", workspace.system_digest)]
    used: set[str] = set()
    for entry in entries:
        inputs.append((entry.path, entry.digest))
        inputs += [(f"specs/{name}", digest) for name, digest in entry.files.items()]
        used.update(use.name for use in entry.uses)
    inputs += [(f"exports of {name}", digest) for name, digest in _exports(workspace, used)]
    return inputs


def _exports(workspace: Workspace, used: set[str]) -> Inputs:
    """Return the digest of each export that names and selectors mean."""
    by_name = workspace.by_name
    chosen = {name for name in used if name in by_name}
    for selector in used - chosen:
        chosen.update(entry.name for entry in by_name.values() if matches(selector, entry.kind, entry.name))
    return sorted((name, by_name[name].export_digest) for name in chosen)


def key(inputs: Inputs) -> str:
    """Return the digest of a task's inputs."""
    return digest_of_value(inputs)
