"""An object of a built tree knows its pods, their containers, and the path of everything in them."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.tree.objects import Object, at, items, mapping

CONTAINER = {"name": "server", "image": "a:1", "command": ["run"], "args": ["--port", "80"]}
POD = {"containers": [CONTAINER], "initContainers": [{"name": "fetch"}]}


def made(kind: str, api_version: str, spec: dict[str, Any], **more: Any) -> Object:
    """Return an object."""
    document = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "one"}, "spec": spec, **more}
    return Object(document)


@pytest.mark.parametrize(
    ("kind", "api_version", "spec", "paths"),
    [
        ("Pod", "v1", POD, ["spec"]),
        ("Deployment", "apps/v1", {"template": {"spec": POD}}, ["spec.template.spec"]),
        (
            "CronJob",
            "batch/v1",
            {"jobTemplate": {"spec": {"template": {"spec": POD}}}},
            ["spec.jobTemplate.spec.template.spec"],
        ),
        ("InferenceService", "serving.kserve.io/v1beta1", {"predictor": POD}, ["spec.predictor"]),
        (
            "RayCluster",
            "ray.io/v1",
            {
                "headGroupSpec": {"template": {"spec": POD}},
                "workerGroupSpecs": [{"groupName": "cpu"}, {"template": {"spec": POD}}],
            },
            ["spec.headGroupSpec.template.spec", "spec.workerGroupSpecs.1.template.spec"],
        ),
        ("ConfigMap", "v1", {"template": {"spec": POD}}, []),
        ("Deployment", "elsewhere/v1", {"template": {"spec": POD}}, []),
    ],
)
def test_pods_are_found_where_a_kind_has_them(
    kind: str, api_version: str, spec: dict[str, Any], paths: list[str]
) -> None:
    """With the path at which their spec stands."""
    item = made(kind, api_version, spec)
    assert [".".join(map(str, pod.path)) for pod in item.pods] == paths
    for container in item.containers:
        assert item.at(*container.path) == container.document


@pytest.mark.parametrize(
    "broken", [None, 1, "text", [], [None, 3], {"containers": 5}, {"containers": [None, "a"]}]
)
def test_what_has_another_shape_has_no_pods(broken: Any) -> None:
    """It is the schema's business to say so."""
    item = made("Deployment", "apps/v1", {"template": {"spec": broken, "metadata": broken}})
    assert item.containers == ()
    assert made("RayCluster", "ray.io/v1", {"workerGroupSpecs": broken}).pods == ()
    assert Object({"kind": broken, "metadata": broken, "spec": broken}).labels == {}


def test_the_server_of_an_inference_service_is_a_container() -> None:
    """KServe makes it of `model:`, under a name of its own."""
    item = made("InferenceService", "serving.kserve.io/v1beta1", {"predictor": {"model": {"image": "a:1"}}})
    (container,) = item.containers
    assert (container.name, container.image) == ("kserve-container", "a:1")
    assert container.path == ("spec", "predictor", "model")


def test_arguments_have_their_paths() -> None:
    """Command first, as the container runs them."""
    (_, server) = made("Pod", "v1", POD).containers
    assert [word for _, word in server.argv] == ["run", "--port", "80"]
    assert [server.owner.at(*path) for path, _ in server.argv] == ["run", "--port", "80"]


def test_the_last_variable_of_a_name_wins() -> None:
    """As it does in the kubelet."""
    env = [
        {"name": "A", "value": "1"},
        {"name": "A", "value": "2"},
        {"name": "B", "valueFrom": {}},
        {"name": "C", "value": 3},
    ]
    (container,) = made("Pod", "v1", {"containers": [{"env": env}]}).containers
    assert [container.env_value(name) for name in "ABCD"] == ["2", None, None, None]


def test_a_limit_counts_before_a_request() -> None:
    """A device is counted by its limit."""
    resources = {"limits": {"gpu": 2}, "requests": {"gpu": 1, "cpu": "1"}}
    (container,) = made("Pod", "v1", {"containers": [{"resources": resources}]}).containers
    assert container.resource("gpu") == ((*container.path, "resources", "limits", "gpu"), 2)
    assert container.resource("cpu") == ((*container.path, "resources", "requests", "cpu"), "1")
    assert container.resource("memory") is None


def test_a_sidecar_runs_with_the_main_containers() -> None:
    """An init container that restarts never ends."""
    spec = {
        "initContainers": [{"name": "a"}, {"name": "b", "restartPolicy": "Always"}],
        "containers": [{"name": "c"}],
    }
    (pod,) = made("Pod", "v1", spec).pods
    assert [container.name for container in pod.main_containers] == ["b", "c"]


def test_an_object_is_called_as_people_call_it() -> None:
    """Kind, namespace and name; what has no namespace gets none."""
    document = {"apiVersion": "v1", "kind": "Role", "metadata": {"name": "a", "namespace": "b"}}
    assert Object(document).label == "Role b/a"
    assert Object({"kind": "Role", "metadata": {"name": "a"}}).label == "Role a"
    assert Object({"kind": "Role", "metadata": {"name": "a"}}, default_namespace="c").label == "Role c/a"
    assert (
        Object({"kind": "ClusterRole", "metadata": {"name": "a"}}, default_namespace="c").label
        == "ClusterRole a"
    )


def test_looking_into_values_never_fails() -> None:
    """Whatever stands there."""
    value = {"a": [{"b": 1}, None, "x"]}
    assert at(value, "a", 0, "b") == 1
    assert at(value, "a", 5, "b") is at(value, "a", "b", 0) is at(None, "a") is None
    assert at(value, "c", default=2) == 2
    assert items(value, "a") == [(0, {"b": 1})]
    assert mapping(value, "a") == {}
