"""What is named must exist, unless it may be missing, is declared, or something outside of the tree may make it."""

from __future__ import annotations

from typing import Any

import pytest

from check.references.objects import messages, named, pod, secret, tree
from mintage.check import references
from mintage.check.run import findings


def key_of(name: str, key: str = "token", **more: Any) -> dict[str, Any]:
    """Return the source of a variable in a Secret."""
    return {"valueFrom": {"secretKeyRef": {"name": name, "key": key, **more}}}


def test_an_optional_secret_may_be_missing() -> None:
    """Neither it nor its key is asked for."""
    found = tree(pod(env={"A": key_of("gone", optional=True)}), secret("other"))
    assert messages("ref-secret-missing", found) == []
    assert messages("ref-key-missing", found) == []


def test_a_declared_secret_has_the_declared_keys() -> None:
    """A key that is not declared is missing; without keys, any will do."""
    found = tree(pod(env={"A": key_of("hub", "tokn")}), secrets={"hub": ("token",)})
    assert messages("ref-secret-missing", found) == []
    assert messages("ref-key-missing", found) == ["Secret `hub` has no key `tokn`"]
    assert messages("ref-key-missing", tree(pod(env={"A": key_of("hub", "tokn")}), secrets={"hub": ()})) == []


def test_a_secret_that_an_operator_fills_has_any_key() -> None:
    """External Secrets makes it, and from `dataFrom` nobody knows its keys."""
    made = named(
        "external-secrets.io/v1", "ExternalSecret", "hub", {"dataFrom": [{"extract": {"key": "hub"}}]}
    )
    found = tree(pod(env={"A": key_of("hub")}), made)
    assert messages("ref-secret-missing", found) == messages("ref-key-missing", found) == []


def test_a_secret_that_a_script_makes_is_not_missed() -> None:
    """`--secret-name=hook-tls` on a command line is a sign of that."""
    volume = [{"name": "tls", "secret": {"secretName": "hook-tls"}}]
    assert messages("ref-secret-missing", tree(pod(volumes=volume))) == ["there is no Secret `hook-tls`"]
    maker = pod("maker", args=["create", "--secret-name=hook-tls"])
    assert messages("ref-secret-missing", tree(pod(volumes=volume), maker)) == []


def test_a_secret_of_an_unknown_operator_is_not_missed() -> None:
    """Its name begins with that of an object of a group nobody here knows."""
    cluster = named("kafka.strimzi.io/v1beta2", "Kafka", "events", {"kafka": {}})
    found = tree(pod(env={"A": key_of("events-cluster-ca-cert")}), cluster)
    assert messages("ref-secret-missing", found) == []


@pytest.mark.parametrize("name", ["$(SECRET)", "${SECRET}", "{{ .Values.secret }}", "<your-secret>"])
def test_a_template_is_no_name(name: str) -> None:
    """What is filled in later cannot be judged."""
    assert messages("ref-secret-missing", tree(pod(env={"A": key_of(name)}))) == []


def test_the_items_of_volumes_are_keys() -> None:
    """Of a projected volume's sources, too."""
    config = named("v1", "ConfigMap", "settings", data={"a.yaml": ""})
    source = {"name": "settings", "items": [{"key": "b.yaml", "path": "b"}]}
    plain = [{"name": "v", "configMap": source}]
    projected = [{"name": "v", "projected": {"sources": [{"configMap": source}]}}]
    for volumes in (plain, projected):
        found = tree(pod(volumes=volumes), config)
        assert messages("ref-key-missing", found) == ["ConfigMap `settings` has no key `b.yaml`"]
        assert messages("ref-configmap-missing", found) == []


def test_fields_of_custom_kinds_are_references() -> None:
    """A ServiceMonitor's credentials, a Gateway's certificate, a cluster's token."""
    monitor = named(
        "monitoring.coreos.com/v1",
        "ServiceMonitor",
        "m",
        {"endpoints": [{"basicAuth": {"password": {"name": "scrape", "key": "password"}}}]},
    )
    gateway = named(
        "gateway.networking.k8s.io/v1",
        "Gateway",
        "g",
        {"listeners": [{"tls": {"certificateRefs": [{"name": "edge"}]}}]},
    )
    ray = named("ray.io/v1", "RayCluster", "r", {"authOptions": {"secretName": "ray-token"}})
    found = messages("ref-secret-missing", tree(monitor, gateway, ray))
    assert found == [f"there is no Secret `{name}`" for name in ("edge", "ray-token", "scrape")]


def test_another_namespaces_certificate_is_not_judged_by_ours() -> None:
    """A reference with a namespace nobody here puts objects in is outside of the tree."""
    reference = {"name": "edge", "namespace": "certificates"}
    gateway = named(
        "gateway.networking.k8s.io/v1",
        "Gateway",
        "g",
        {"listeners": [{"tls": {"certificateRefs": [reference]}}]},
    )
    assert messages("ref-secret-missing", tree(gateway)) == []


def test_what_openshift_lists_in_an_account_is_not_missed() -> None:
    """The names that it makes up are no names of ours."""
    listed = [{"name": "a-dockercfg-x7x2p"}, {"name": "quay"}]
    account = named("v1", "ServiceAccount", "a", imagePullSecrets=listed)
    assert messages("ref-pullsecret-missing", tree(account)) == ["there is no Secret `quay`"]


def test_the_platforms_cluster_roles_are_not_missed() -> None:
    """A root that makes no ClusterRole takes them from operators; one that makes some is asked."""

    def binding(name: str) -> dict[str, Any]:
        found = named("rbac.authorization.k8s.io/v1", "RoleBinding", "b")
        return {**found, "roleRef": {"kind": "ClusterRole", "name": name}}

    own = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "reader"},
    }
    assert messages("ref-role-missing", tree(binding("prometheus-k8s"))) == []
    assert messages("ref-role-missing", tree(binding("view"), own)) == []
    assert messages("ref-role-missing", tree(binding("system:auth-delegator"), own)) == []
    assert messages("ref-role-missing", tree(binding("readers"), own)) == [
        "there is no ClusterRole `readers`: the binding grants nothing"
    ]


def test_bound_accounts_must_exist_where_we_put_objects() -> None:
    """Those of other namespaces belong to somebody else."""
    binding = named("rbac.authorization.k8s.io/v1", "RoleBinding", "b")
    subjects = [
        {"kind": "ServiceAccount", "name": "gone", "namespace": "models"},
        {"kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring"},
        {"kind": "Group", "name": "admins"},
    ]
    found = tree({**binding, "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": subjects})
    assert messages("ref-serviceaccount-missing", found) == ["there is no ServiceAccount `gone`"]


def test_a_generated_name_without_its_suffix_is_explained() -> None:
    """Kustomize does not rewrite names in fields it does not know."""
    config = named("v1", "ConfigMap", "settings-2b8gt6m9hk", data={"a": "b"})
    found = findings(
        tree(pod(volumes=[{"name": "v", "configMap": {"name": "settings"}}]), config),
        [own for own in references.CHECKS if own.id == "ref-configmap-missing"],
    )
    assert found[0].advice == (
        "`settings-2b8gt6m9hk` is generated, and Kustomize does not write its suffix here: set `disableNameSuffixHash: true`"
    )


def test_a_workflow_may_call_what_it_is_given() -> None:
    """Inputs that a template does not declare are missed, those it declares are not."""
    spec = {
        "entrypoint": "main",
        "templates": [
            {
                "name": "main",
                "inputs": {"parameters": [{"name": "model"}]},
                "container": {"args": ["{{inputs.parameters.model}}", "{{inputs.parameters.modle}}"]},
            }
        ],
    }
    found = tree(named("argoproj.io/v1alpha1", "Workflow", "w", spec))
    assert messages("ref-template-missing", found) == ["template `main` has no input parameter `modle`"]


def test_a_parameter_that_the_entry_point_takes_is_used() -> None:
    """Argo hands the arguments of a workflow to its entry point by name."""
    spec = {
        "entrypoint": "main",
        "arguments": {"parameters": [{"name": "model"}, {"name": "mode"}]},
        "templates": [
            {
                "name": "main",
                "inputs": {"parameters": [{"name": "model"}]},
                "container": {"args": ["{{inputs.parameters.model}}"]},
            }
        ],
    }
    found = tree(named("argoproj.io/v1alpha1", "Workflow", "w", spec))
    assert messages("wf-param-unused", found) == ["nothing uses the parameter `mode`"]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("InferenceService", {"predictor": {"model": {"storageUri": "pvc://weights/gemma"}}}),
        ("LLMInferenceService", {"model": {"uri": "pvc://weights/gemma"}}),
        ("LLMInferenceService", {"model": {"lora": {"adapters": [{"uri": "pvc://weights"}]}}}),
    ],
)
def test_a_model_on_a_claim_needs_the_claim(kind: str, spec: dict[str, Any]) -> None:
    """`pvc://CLAIM/path` mounts a claim of the service's own namespace, and uses it."""
    version = "v1beta1" if kind == "InferenceService" else "v1alpha2"
    model = named(f"serving.kserve.io/{version}", kind, "gemma", spec)
    claim = named("v1", "PersistentVolumeClaim", "weights", {"accessModes": ["ReadWriteOnce"]})
    assert messages("ref-pvc-missing", tree(model)) == ["there is no PersistentVolumeClaim `weights`"]
    assert messages("ref-pvc-missing", tree(model, claim)) == []
    assert messages("unused-pvc", tree(model, claim)) == []
    assert messages("ref-pvc-missing", tree(model, persistent_volume_claims=("weights",))) == []


@pytest.mark.parametrize(
    "uri", ["hf://weights/gemma", "pvc://{{ .claim }}/gemma", "pvc://", "s3://pvc", 7, None]
)
def test_other_models_need_no_claim(uri: Any) -> None:
    """Nor is a claim looked for whose name is filled in later."""
    spec = {"predictor": {"model": {"storageUri": uri}}}
    assert (
        messages("ref-pvc-missing", tree(named("serving.kserve.io/v1beta1", "InferenceService", "m", spec)))
        == []
    )
