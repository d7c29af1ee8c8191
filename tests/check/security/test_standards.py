"""The Pod Security Standards: inheritance, levels of namespaces, presets."""

from __future__ import annotations

from typing import Any

from mintage.check import security
from mintage.check.run import findings
from mintage.check.security.standards import CHECKS
from mintage.check.tables.security import pod_security
from mintage.tree.tree import of_documents

HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(context: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Return a pod with one container."""
    container = {"name": "c", "image": "x:1", "securityContext": HARDENED if context is None else context}
    metadata = {"name": "p", "namespace": "n"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container], **spec},
    }


def told(*documents: dict[str, Any]) -> set[str]:
    """Return the ids of what is found."""
    found = findings(of_documents({"a": list(documents)}), security.CHECKS)
    return {finding.id for finding in found}


def namespace(level: str) -> dict[str, Any]:
    """Return a Namespace that enforces a standard."""
    labels = {"pod-security.kubernetes.io/enforce": level}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": labels}}


def test_every_control_of_the_table_has_a_check() -> None:
    """None is forgotten."""
    controls = {control.name for control in (*pod_security("baseline"), *pod_security("restricted"))}
    assert len(CHECKS) == len(controls)


def test_a_hardened_pod_is_silent() -> None:
    """All that restricted asks."""
    assert told(pod()) == set()


def test_what_restricted_asks_may_stand_at_the_pod() -> None:
    """For the fields that a container inherits, and only for them."""
    inherited = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert told(pod({}, securityContext=inherited)) == {"pss-privilege-escalation", "pss-capabilities"}


def test_a_namespace_says_which_standard_counts() -> None:
    """Without a word, restricted does."""
    bare = pod({})
    assert told(bare) == told(bare, namespace("restricted")) != set()
    assert told(bare, namespace("baseline")) == set()
    privileged = pod({"privileged": True}, hostNetwork=True)
    assert told(privileged, namespace("baseline")) == {"pss-privileged", "pss-host-namespaces"}
    assert told(privileged, namespace("privileged")) == set()


def test_a_preset_may_fill_in_what_is_absent() -> None:
    """Not what the object says wrongly itself."""
    service: dict[str, Any] = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LLMInferenceService",
        "metadata": {"name": "q"},
        "spec": {"template": {"containers": [{"name": "main"}]}},
    }
    assert told(service) == set()
    service["spec"]["template"]["containers"][0]["securityContext"] = {"privileged": True}
    assert told(service) == {"pss-privileged"}


def test_containers_without_a_field_are_told_together() -> None:
    """One finding for a pod, not one for each of its containers."""
    document = pod({})
    document["spec"]["initContainers"] = [{"name": "i", "image": "x:1"}]
    found = findings(of_documents({"a": [document]}), security.CHECKS)
    assert [finding.message for finding in found if finding.id == "pss-run-as-non-root"] == [
        "containers `i`, `c` do not set `securityContext.runAsNonRoot`, as the restricted Pod Security Standard asks"
    ]


def test_a_host_path_is_told_once() -> None:
    """It has a control of its own beside the types of volumes."""
    volumes = [{"name": "m", "hostPath": {"path": "/mnt"}}]
    assert told(pod(volumes=volumes)) == {"pss-host-path"}


def test_what_a_namespace_warns_of_counts_where_it_enforces_nothing() -> None:
    """Its owner says what runs there; what is enforced comes first."""
    warned = namespace("restricted")
    warned["metadata"]["labels"] = {"pod-security.kubernetes.io/warn": "privileged"}
    assert told(pod({}), warned) == set()
    warned["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted"
    assert "pss-seccomp" in told(pod({}), warned)
