"""What may exist although nothing in the tree makes it: by charts, by roots that were not built, by operators and scripts.

A check that misses a name asks here before it says so. `mintage.check.known` answers for what is known to exist.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.references.paths import listed
from mintage.tree.objects import at, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

_CHARTS = frozenset({"HelmRelease", "HelmChart", "HelmChartProxy"})
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
# Groups of which `mintage.check.generated` knows what is made of their objects, or of which nothing is made.
_KNOWN_GROUPS = re.compile(
    r"(?:.*\.)?k8s\.io|[a-z]*|serving\.kserve\.io|ray\.io|cert-manager\.io|external-secrets\.io|bitnami\.com|argoproj\.io|"
    r"monitoring\.coreos\.com|operators\.coreos\.com|.*\.openshift\.io|.*\.istio\.io|metallb\.io|leaderworkerset\..*|llm-d\.ai|"
    r"kubeflow\.org|keda\.sh|.*\.x-k8s\.io"
)


def may_be_made(root: Root, name: str) -> bool:
    """Tell whether an operator nobody here knows, or a script of the tree, may make an object of a name."""
    return name in root.once(_spoken) or may_be_made_by_operator(root, name)


def may_be_made_by_operator(root: Root, name: str) -> bool:
    """Tell whether an operator nobody here knows may make an object of a name: its own object begins it."""
    return any(name == own or name.startswith(f"{own}-") for own in root.once(_makers))


def _makers(root: Root) -> tuple[str, ...]:
    """Return the names of the objects of operators that nobody here knows."""
    near = (item for other in (root, *root.companions) for item in other.objects)
    return tuple({item.name for item in near if item.name and not _KNOWN_GROUPS.fullmatch(item.group)})


def _spoken(root: Root) -> frozenset[str]:
    """Return the words of command lines and scripts: `kubectl create secret generic NAME`, `--secret-name=NAME`."""
    return frozenset(word for item in root.objects for text in _scripts(item) for word in _WORD.findall(text))


def _scripts(item: Object) -> Iterator[str]:
    for container in item.containers:
        yield from (text for _, text in container.argv if len(text) > 2)
    if item.kind == "ConfigMap":
        for key, text in mapping(item.document, "data").items():
            if isinstance(text, str) and (text.startswith("#!") or str(key).endswith((".sh", ".py"))):
                yield text


def may_hold_more(root: Root, namespace: str | None, *, surely: bool = False) -> bool:
    """Tell whether a chart, or a root that was not built, puts objects into a namespace; with `surely`, into this very one."""
    places = root.tree.once(_fed)
    return any(
        place == namespace or ((place is None or namespace is None) and not surely) for place in places
    )


def _fed(tree: Tree) -> frozenset[str | None]:
    """Return the namespaces that charts and roots that were not built go to; None is any."""
    found: set[str | None] = set()
    for root in tree.roots:
        if root.problems:
            found.add(_text(at(root.kustomization.document, "namespace")) if root.kustomization else None)
        for item in root.objects:
            if item.kind in _CHARTS:
                found.add(_text(item.spec.get("targetNamespace")) or item.namespace)
            elif item.is_a("Application", "argoproj.io") and _has_chart(item):
                found.add(_text(item.at("spec", "destination", "namespace")))
    return frozenset(found)


def _has_chart(item: Object) -> bool:
    sources = (item.at("spec", "source"), *listed(item.at("spec", "sources")))
    return any(at(source, "chart") or at(source, "helm") for source in sources)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
