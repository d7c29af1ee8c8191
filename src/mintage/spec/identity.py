"""Who a service is to the API server: a ServiceAccount and what it may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from msgspec import Meta

from mintage.spec.decode import Complaint
from mintage.spec.exports import Export
from mintage.spec.fields import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

PRESETS = {
    "read": ("get", "list", "watch"),
    "manage": ("get", "list", "watch", "create", "update", "patch", "delete"),
}
VERBS = frozenset({*PRESETS["manage"], "deletecollection", "bind", "escalate", "impersonate", "use", "*"})
_RULE = re.compile(r"(?P<resources>[^:]+):\s*(?P<verbs>[a-z*]+(\s*,\s*[a-z*]+)*)")
_RESOURCE = re.compile(r"(?P<name>[a-z]+|\*)(\.(?P<group>[a-z0-9.-]+))?(/(?P<sub>[a-z]+))?")


class Rule(NamedTuple):
    """One parsed rule: an API group (or none, for URLs), its resources or paths, and the verbs."""

    group: str | None
    resources: tuple[str, ...]
    verbs: tuple[str, ...]


def parse_rule(text: str) -> list[Rule]:
    """Parse `pods, deployments.apps, pods/log: read` into one rule for each API group; `ValueError` for nonsense."""
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise ValueError("expected `resources: verbs`, such as `pods, deployments.apps: read`")
    verbs = tuple(
        verb for word in found["verbs"].split(",") for verb in PRESETS.get(word.strip(), (word.strip(),))
    )
    if unknown := [verb for verb in verbs if verb not in VERBS]:
        raise ValueError(
            f"`{unknown[0]}` is not a verb; use one of {', '.join(sorted(VERBS | PRESETS.keys()))}"
        )
    groups: dict[str | None, list[str]] = {}
    for word in found["resources"].split(","):
        group, resource = _resource(word.strip())
        groups.setdefault(group, []).append(resource)
    return [Rule(group, tuple(resources), verbs) for group, resources in groups.items()]


def _resource(word: str) -> tuple[str | None, str]:
    if word.startswith("/"):
        return None, word
    found = _RESOURCE.fullmatch(word)
    if found is None:
        raise ValueError(f"`{word}` is not a resource; write `pods`, `deployments.apps` or `pods/log`")
    return found["group"] or "", found["name"] + (f"/{found['sub']}" if found["sub"] else "")


Rules = Annotated[
    tuple[str, ...],
    Meta(
        description="Rules such as `pods, deployments.apps: read` or `pods/exec: create`; `read` and `manage` are sets of verbs."
    ),
]


class Identity(Spec, frozen=True, kw_only=True):
    """A ServiceAccount, with a Role for its own namespace and a ClusterRole for the cluster as needed."""

    kind: Literal["Identity"]
    rules: Rules = ()
    cluster_rules: Rules = ()

    def complaints(self) -> Iterator[Complaint]:
        """Every rule must parse."""
        yield from super().complaints()
        for field, rules in (("rules", self.rules), ("clusterRules", self.cluster_rules)):
            for index, rule in enumerate(rules):
                try:
                    parsed = parse_rule(rule)
                    if field == "rules" and any(part.group is None for part in parsed):
                        yield Complaint(
                            (field, index),
                            f"a URL belongs to no namespace, got `{rule}`",
                            "move it to `clusterRules`",
                        )
                except ValueError as error:
                    yield Complaint(
                        (field, index),
                        f"{error}, got `{rule}`",
                        "write rules such as `pods, deployments.apps: read`",
                    )

    def exports(self) -> Export:
        """Return the export: the ServiceAccount."""
        return Export(
            kind=self.kind,
            name=self.name,
            component=self.folder,
            namespace=self.namespace or "",
            service_account=self.name,
        )
