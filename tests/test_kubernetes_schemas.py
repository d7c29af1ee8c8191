"""The judge of Kubernetes objects passes good ones and bites on each sort of mistake."""

from __future__ import annotations

from typing import Any

import pytest

from kubernetes_schemas import errors, has_schema, main


def _deployment(**container: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "web:1", **container}]},
            },
        },
    }


def _custom(api_version: str, kind: str, spec: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "it"}, "spec": spec}


def test_a_good_core_object_has_no_errors() -> None:
    """A Deployment that a server takes is taken here."""
    assert errors(_deployment(resources={"limits": {"cpu": 2, "memory": "4Gi"}})) == []


def test_a_misspelt_field_of_a_core_object_is_named_with_its_path() -> None:
    """Unknown fields are errors, not something to drop in silence."""
    message = "Additional properties are not allowed ('volumeMount' was unexpected)"
    expected = [f"Deployment/web: spec.template.spec.containers[0]: {message}"]
    assert errors(_deployment(volumeMount=[])) == expected


def test_a_wrong_type_in_a_core_object_is_named_with_its_path() -> None:
    """An environment variable's value is a string."""
    assert errors(_deployment(env=[{"name": "PORT", "value": 80}])) == [
        'Deployment/web: spec.template.spec.containers[0].env[0].value: 80 is not of types "null", "string"'
    ]


def test_a_missing_field_of_a_core_object_is_named() -> None:
    """Required fields are required."""
    document = _deployment()
    del document["spec"]["selector"]
    assert errors(document) == ['Deployment/web: spec: "selector" is a required property']


def test_an_unknown_kind_has_no_schema_and_never_passes() -> None:
    """What cannot be judged is an error."""
    document = _custom("example.io/v1", "Unheard", {})
    assert not has_schema(document)
    assert errors(document)[0].startswith("Unheard/it: no schema for Unheard of example.io/v1")


def test_a_kind_in_the_wrong_group_has_no_schema() -> None:
    """`v1` has no Deployment, and `apps/v2` does not exist."""
    document = _deployment()
    assert errors({**document, "apiVersion": "v1"}) == ["Deployment/web: no schema for Deployment of v1"]
    assert errors({**document, "apiVersion": "apps/v2"}) == [
        "Deployment/web: no schema for Deployment of apps/v2"
    ]


def test_custom_resources_without_upstream_definitions_say_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the folder a custom resource is not judged, and the reason is in the sentence."""
    from kubernetes_schemas import _judge

    monkeypatch.delenv("MINTAGE_UPSTREAM_CRDS", raising=False)
    _judge.cache_clear()
    expected = ["Route/it: no schema for Route of example.io/v1 (MINTAGE_UPSTREAM_CRDS is not set)"]
    assert errors(_custom("example.io/v1", "Route", {})) == expected
    _judge.cache_clear()


ROUTE = {"to": {"kind": "Service", "name": "web"}, "port": {"targetPort": "http"}}
QUEUE = {"clusterQueue": "gpus"}
MODEL = {"model": {"uri": "hf://Qwen/Qwen2.5-7B", "name": "qwen"}, "replicas": 2}


@pytest.mark.crds
@pytest.mark.parametrize(
    ("api_version", "kind", "spec"),
    [
        ("route.openshift.io/v1", "Route", ROUTE),
        ("kueue.x-k8s.io/v1beta2", "LocalQueue", QUEUE),
        ("serving.kserve.io/v1alpha2", "LLMInferenceService", MODEL),
        ("metallb.io/v1beta1", "IPAddressPool", {"addresses": ["10.0.0.1-10.0.0.9"]}),
        (
            "build.openshift.io/v1",
            "BuildConfig",
            {"strategy": {"type": "Docker"}, "nodeSelector": {"a": "b"}},
        ),
    ],
)
def test_good_custom_resources_have_no_errors(api_version: str, kind: str, spec: Any) -> None:
    """Defaults are filled in first, as the server does: a Route's rules rely on it."""
    assert errors(_custom(api_version, kind, spec)) == []


@pytest.mark.crds
@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "sentence"),
    [
        ("kueue.x-k8s.io/v1beta2", "LocalQueue", {**QUEUE, "clusterQeue": ""}, "spec: Additional properties are not allowed ('clusterQeue' was unexpected)"),
        ("kueue.x-k8s.io/v1beta2", "LocalQueue", {"clusterQueue": 3}, 'spec.clusterQueue: 3 is not of type "string"'),
        ("route.openshift.io/v1", "Route", {"port": {"targetPort": 1}}, 'spec: "to" is a required property'),
        ("serving.kserve.io/v1alpha2", "LLMInferenceService", {"model": {}}, 'spec.model: "uri" is a required property'),
        ("build.openshift.io/v1", "BuildConfig", {"strategi": {}}, "spec: Additional properties are not allowed ('strategi' was unexpected)"),
        ("metallb.io/v1beta1", "IPAddressPool", None, 'spec: null is not of type "object"'),
    ],
)  # fmt: skip
def test_each_sort_of_mistake_in_a_custom_resource_is_found(
    api_version: str, kind: str, spec: Any, sentence: str
) -> None:
    """Typos, wrong types and missing fields are named with their path."""
    assert f"{kind}/it: {sentence}" in errors(_custom(api_version, kind, spec))


@pytest.mark.crds
def test_metadata_of_a_custom_resource_is_judged() -> None:
    """A label's value is a string, and metadata has no free fields."""
    document = _custom("kueue.x-k8s.io/v1beta2", "LocalQueue", QUEUE)
    document["metadata"] |= {"labels": {"a": 1}, "lables": {}}
    assert errors(document) == [
        'LocalQueue/it: metadata.labels.a: 1 is not of types "null", "string"',
        "LocalQueue/it: metadata: Additional properties are not allowed ('lables' was unexpected)",
    ]


@pytest.mark.crds
def test_a_list_with_unique_keys_holds_none_twice() -> None:
    """The server refuses two items with the same key, so the judge does."""
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    spec = {"gatewayClassName": "istio", "listeners": [listener, {**listener, "port": 81}]}
    found = errors(_custom("gateway.networking.k8s.io/v1", "Gateway", spec))
    assert found == ['Gateway/it: spec.listeners[1]: ["http"] stands twice in the list']


def test_the_command_prints_each_error_with_its_file(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line per mistake, and an exit code that a script can test."""
    file = tmp_path / "two.yaml"
    file.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndatas: {}\n"
    )
    assert main([str(file)]) == 1
    message = "ConfigMap/b: (root): Additional properties are not allowed ('datas' was unexpected)"
    assert capsys.readouterr().out == f"{file}: {message}\n"
