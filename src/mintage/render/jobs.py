"""Jobs under GitOps: a job runs once for each change of its spec, and for nothing else. Pure.

Kubernetes refuses to change a job in place. Argo CD's ways around it run the job again at every sync: a hook is made
anew each time, and so is an object with the sync option Replace=true (argo-cd issues 22952 and 25206). A job whose
name ends in the digest of its spec is a new object exactly when the spec is new; the old one is pruned.
"""

from __future__ import annotations

from typing import Any

from mintage.digest import digest_of_value
from mintage.manifest import Manifest

SUFFIX = 9  # what the digest adds to the name: a dash and eight digits


def once_per_change(document: dict[str, Any], short: str = "") -> Manifest:
    """Return a job under a name of its own for each spec; its identity, for overlays and files, is the plain name."""
    name = document["metadata"]["name"]
    suffix = digest_of_value(document["spec"])[: SUFFIX - 1]
    renamed = {**document, "metadata": {**document["metadata"], "name": f"{name}-{suffix}"}}
    return Manifest(renamed, short=short, identity=name)
