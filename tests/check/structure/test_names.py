"""Names, labels, placeholders and API versions: the rules, and what is none of them."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check import structure
from mintage.check.run import findings
from mintage.check.structure.placeholders import placeholder_in
from mintage.tree.tree import of_documents


def told(document: dict[str, Any], **settings: Any) -> dict[str, str]:
    """Return the messages of the structure checks by id."""
    found = findings(of_documents({"a": [document]}, **settings), structure.CHECKS)
    return {finding.id: finding.message for finding in found}


def named(kind: str, name: str, api: str = "v1") -> dict[str, Any]:
    """Return an object of a kind and name."""
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}}


@pytest.mark.parametrize(
    "document",
    [
        named("ConfigMap", "a.b-c"),
        named("ConfigMap", "a" * 253),
        named("Role", "system:a:b", "rbac.authorization.k8s.io/v1"),
        named("ImageStreamTag", "a:latest", "image.openshift.io/v1"),
        named("Group", "system:x", "user.openshift.io/v1"),
        named("Service", "{{ name }}"),
        named("ConfigMap", "${NAME}"),
    ],
)
def test_allowed_names(document: dict[str, Any]) -> None:
    """Each kind has its own rule; a template is not judged."""
    assert told(document) == {}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (named("Service", "1a"), "the name `1a` is not allowed: want lower-case letters, digits and `-`, a letter first"),
        (named("Service", "a" * 64), f"the name `{'a' * 64}` has 64 characters, at most 63 are allowed"),
        (named("Namespace", "a.b"), "the name `a.b` is not allowed: want lower-case letters, digits and `-`, a letter or digit at both ends"),
        (named("Role", "a/b", "rbac.authorization.k8s.io/v1"), "the name `a/b` holds `/` or `%`, which a path segment cannot"),
    ],
)  # fmt: skip
def test_refused_names(document: dict[str, Any], message: str) -> None:
    """With the rule that they break."""
    assert told(document) == {"name-invalid": message}


def test_labels_are_judged_wherever_they_stand() -> None:
    """In an object, its pods and its selectors; in a CustomResourceDefinition they are names of fields."""
    bad = {"app": "a/b"}
    workload = named("Deployment", "d", "apps/v1")
    workload["spec"] = {"selector": {"matchLabels": bad}, "template": {"metadata": {"labels": {"a b": "c"}}}}
    found = findings(of_documents({"a": [workload]}), structure.CHECKS)
    assert [finding.message.split(" is not")[0] for finding in found] == [
        "the label key `a b`",
        "the label value `a/b` of `app`",
    ]
    assert told({**workload, "kind": "CustomResourceDefinition"}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "<your-bucket>", "s3://<your-bucket>/x", "CHANGE_ME", "changeme", "replace-me", "patch-me", "https://github.com/your-org/x",
        "URL_PLACEHOLDER", "REPLACE_WITH_HOST", "<cluster name>", "TODO", "your-hf-token", "to-be-patched",
    ],
)  # fmt: skip
def test_placeholders(text: str) -> None:
    """What people write for others to replace."""
    assert placeholder_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "<none>", "a < b > c", "merge", "exchange-metrics", "your-answers", "placeholder-image", "todo-app", "x",
        "xx", "s3://models/your", "Replace `<your-bucket>`\nby yours\n",
    ],
)  # fmt: skip
def test_what_is_no_placeholder(text: str) -> None:
    """Words that hold one, and long texts."""
    assert placeholder_in(text) is None


def test_descriptions_may_speak_of_placeholders() -> None:
    """And definitions of kinds consist of descriptions."""
    config = named("ConfigMap", "c")
    assert told({**config, "data": {"url": "<your-url>"}}) == {
        "placeholder-value": "`<your-url>` is a placeholder that nothing replaces"
    }
    assert told({**config, "data": {"description": "<your-url>"}}) == {}


def test_apis_are_compared_with_the_target() -> None:
    """What is gone, what will go, what is not there yet; without a target only what no release serves."""
    schema = named("FlowSchema", "f", "flowcontrol.apiserver.k8s.io/v1beta3")
    assert told(schema, kubernetes_version="1.32") == {
        "api-removed": "`flowcontrol.apiserver.k8s.io/v1beta3` has no FlowSchema since Kubernetes 1.32, the tree is for 1.32"
    }
    assert set(told(schema, kubernetes_version="1.31")) == {"api-deprecated"}
    assert set(told(schema)) == {"api-deprecated"}
    assert told(named("CronJob", "c", "batch/v1beta1")) == {
        "api-removed": "`batch/v1beta1` has no CronJob since Kubernetes 1.25"
    }
    assert told(named("ResourceClaim", "r", "resource.k8s.io/v1"), kubernetes_version="1.32") == {
        "api-removed": "`resource.k8s.io/v1` has ResourceClaim only from Kubernetes 1.34 on, the tree is for 1.32"
    }
    assert told(named("ResourceClaim", "r", "resource.k8s.io/v1")) == {}


@pytest.mark.parametrize(
    ("api", "kind", "is_told"),
    [
        ("ray.io/v1alpha1", "RayJob", True),
        ("ray.io/v1", "RayJob", False),
        ("kueue.x-k8s.io/v1beta1", "LocalQueue", True),
        ("external-secrets.io/v1beta1", "ExternalSecret", True),
        ("inference.networking.x-k8s.io/v1alpha2", "InferencePool", True),
        ("inference.networking.x-k8s.io/v1alpha2", "InferenceObjective", False),
        ("serving.kserve.io/v1alpha1", "LLMInferenceService", False),
        ("ray.io/v2", "RayJob", False),
        ("example.com/v1alpha1", "Widget", False),
    ],
)
def test_custom_resources_age_too(api: str, kind: str, is_told: bool) -> None:
    """By what the newest known release of their project says; newer versions are not judged."""
    assert ("api-deprecated" in told(named(kind, "x", api))) == is_told
