"""What exists around an object: in its root, beside it, made by operators, built in, or declared."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check import known
from mintage.spec.validation import Externals
from mintage.tree.tree import Root, of_documents

Document = dict[str, Any]


def made(
    kind: str, name: str, api_version: str = "v1", namespace: str | None = "ml", **more: Any
) -> Document:
    """Return an object."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


def root_of(*documents: Document, beside: tuple[Document, ...] = (), **settings: Any) -> Root:
    """Return a root with another one beside it."""
    return of_documents({"a": documents, "b": beside}, **settings).roots[0]


def test_an_object_of_the_root_exists() -> None:
    """In its own namespace only."""
    root = root_of(made("Secret", "token"), beside=(made("ConfigMap", "x", namespace="other"),))
    assert known.exists(root, "Secret", "token", "ml")
    assert known.exists(root, "Secret", "token")
    assert not known.exists(root, "Secret", "token", "other")
    assert not known.exists(root, "ConfigMap", "token", "ml")


def test_an_object_of_a_root_beside_it_exists() -> None:
    """Two roots that share nothing may stand in one cluster; two environments of one system may not."""
    assert known.exists(
        root_of(made("Role", "r"), beside=(made("Secret", "token"),)), "Secret", "token", "ml"
    )
    dev, prod = made("Role", "r", namespace=None), made("Role", "r", namespace=None)
    root = root_of(dev, beside=(prod, made("Secret", "token", namespace=None)))
    assert not known.exists(root, "Secret", "token")


def test_what_goes_to_a_namespace_outside_of_the_tree_cannot_be_known() -> None:
    """So it exists."""
    assert known.exists(root_of(made("Role", "r")), "Secret", "token", "elsewhere")
    assert known.exists(root_of(made("Role", "r")), "Service", "api", "elsewhere")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ServiceAccount", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
        ("ClusterRole", "system:auth-delegator"),
        ("PriorityClass", "system-node-critical"),
        ("Namespace", "openshift-gitops"),
    ],
)
def test_the_platform_has_its_own(kind: str, name: str) -> None:
    """Nobody makes them."""
    assert known.exists(root_of(), kind, name)
    assert not known.exists(root_of(), kind, "mine")


def test_declared_externals_exist() -> None:
    """By kind and name, with patterns for all other kinds."""
    externals = Externals(
        secrets={"token": ("HF_TOKEN",), "open": ()},
        config_maps=("rom",),
        services=("minio.store", "cache"),
        objects=("ClusterQueue/*",),
        hosts=("*.amazonaws.com",),
    )
    root = root_of(made("Role", "r"), externals=externals)
    assert known.keys(root, "Secret", "token") == frozenset({"HF_TOKEN"})
    assert known.keys(root, "Secret", "open") is None
    assert known.exists(root, "ConfigMap", "rom", "ml")
    assert known.exists(root, "Service", "cache", "ml")
    assert known.exists(root, "ClusterQueue", "any")
    assert not known.exists(root, "Secret", "rom", "ml")
    assert known.is_external_host(root.tree, "s3.eu-west-1.amazonaws.com")
    assert not known.is_external_host(root.tree, "amazonaws.com.evil")


@pytest.mark.parametrize(
    ("maker", "name", "keys"),
    [
        (
            made("Certificate", "c", "cert-manager.io/v1", spec={"secretName": "tls"}),
            "tls",
            {
                *("tls.crt", "tls.key", "ca.crt", "tls-combined.pem", "key.der"),
                *(f"{kind}.{suffix}" for kind in ("keystore", "truststore") for suffix in ("jks", "p12")),
            },
        ),
        (
            made(
                "ExternalSecret",
                "hf",
                "external-secrets.io/v1",
                spec={"target": {"name": "token"}, "data": [{"secretKey": "HF_TOKEN"}]},
            ),
            "token",
            {"HF_TOKEN"},
        ),
        (made("ExternalSecret", "all", "external-secrets.io/v1", spec={"dataFrom": [{}]}), "all", None),
        (made("SealedSecret", "s", "bitnami.com/v1alpha1", spec={"encryptedData": {"a": "x"}}), "s", {"a"}),
    ],
)
def test_operators_make_secrets(maker: Document, name: str, keys: set[str] | None) -> None:
    """With the keys that their source says."""
    root = root_of(maker)
    assert known.exists(root, "Secret", name, "ml")
    assert known.keys(root, "Secret", name, "ml") == (None if keys is None else frozenset(keys))


def test_the_keys_of_an_object_are_those_it_has() -> None:
    """A controller may fill one that asks for it."""
    root = root_of(
        made("Secret", "a", data={"x": ""}, stringData={"y": ""}),
        made("ConfigMap", "b", binaryData={"z": ""}),
    )
    assert known.keys(root, "Secret", "a", "ml") == frozenset({"x", "y"})
    assert known.keys(root, "ConfigMap", "b", "ml") == frozenset({"z"})
    filled = made("ConfigMap", "ca")
    filled["metadata"]["annotations"] = {"service.beta.openshift.io/inject-cabundle": "true"}
    assert known.keys(root_of(filled), "ConfigMap", "ca", "ml") is None


def test_operators_make_services_and_pods() -> None:
    """By the names and labels that they give."""
    root = root_of(
        made("InferenceService", "llm", "serving.kserve.io/v1beta1", spec={"predictor": {"model": {}}}),
        made("RayCluster", "rl", "ray.io/v1", spec={"headGroupSpec": {"template": {"spec": {}}}}),
        made(
            "Gateway",
            "gw",
            "gateway.networking.k8s.io/v1",
            spec={"gatewayClassName": "istio", "listeners": [{"name": "http", "port": 80}]},
        ),
    )
    for name in ("llm-predictor", "rl-head-svc", "gw-istio"):
        assert known.exists(root, "Service", name, "ml")
    found = known.service(root, "rl-head-svc", "ml")
    assert found is not None
    assert {port.number for port in found.ports or ()} >= {6379, 8265, 10001}
    labels = [{"app": "isvc.llm-predictor"}, {"ray.io/cluster": "rl", "ray.io/node-type": "head"}]
    for wanted in labels:
        assert any(pod.may_have(wanted) for pod in known.pods(root))
    assert not any(
        pod.may_have({"app": "isvc.other-predictor"}) for pod in known.pods(root) if "app" in pod.labels
    )


def test_only_an_operators_pods_may_have_further_labels() -> None:
    """A template says all that there is."""
    spec = {"template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": []}}}
    (pod,) = known.pods(root_of(made("Deployment", "d", "apps/v1", spec=spec)))
    assert pod.may_have({"app": "a"})
    assert not pod.may_have({"app": "a", "tier": "b"})


JUNK: tuple[Any, ...] = (
    None,
    1,
    [],
    "x",
    {"ports": [None, {"port": "a"}], "listeners": 3, "workerGroupSpecs": {}, "selector": [1]},
)


def test_malformed_objects_are_no_obstacle() -> None:
    """Their schemas complain."""
    broken: list[Document] = [
        made(kind, "x", api, spec=spec)
        for kind, api in [
            ("Service", "v1"),
            ("Gateway", "gateway.networking.k8s.io/v1"),
            ("RayCluster", "ray.io/v1"),
            ("StatefulSet", "apps/v1"),
        ]
        for spec in JUNK
    ]
    root = root_of(*broken)
    assert known.services(root)
    assert known.pods(root) is not None
    assert not known.exists(root, "Secret", "x", "ml")
