"""The platform of this repository: what it promises, judged on the committed tree and on what Kustomize builds of it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kubernetes_schemas import errors
from lab import render_of, run_in
from mintage.check import proof
from mintage.source import read_stream
from mintage.tasks.prove import expected, folder
from mintage.tree.build import command

if TYPE_CHECKING:
    from mintage.tasks.rebuild import Run

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")
EVERYWHERE = ("", *ENVIRONMENTS)
MODELS = ("qwen25-vl-32b", "qwen25-32b", "qwen25-7b")
PROMISED = {
    "llm-inference": (
        "inferenceservice-vision inferenceservice-puzzle inferenceservice-text decode-deployment service serviceaccount rbac"
    ),
    "llm-d-gateway": (
        "gateway httproute-vision httproute-dialog httproute-puzzle httproute-state inference-pool-vision"
        " inference-pool-puzzle inference-pool-text epp-deployment"
    ),
    "rl-training": "raycluster rayjob kueue-localqueue service serviceaccount rbac",
    "evaluator": "evaluator-job reward-model-job",
    "storage": "minio",
    "networking": "network-policies",
    "monitoring": "servicemonitor grafana-dashboard-cm",
}
Object = dict[str, Any]


@cache
def _run() -> Run:
    return run_in(REPOSITORY)


@cache
def _built(place: str) -> dict[proof.Key, Object]:
    """Return what Kustomize builds of a folder of the committed tree."""
    builder = command()
    assert builder is not None
    return proof.build(builder, REPOSITORY / "gitops" / place)


@cache
def _objects(environment: str) -> dict[str, Object]:
    """Return the objects of an environment by `Kind/name`, rendered directly; jobs without their digest."""
    run = _run()
    return {
        f"{made.kind}/{made.identity or made.name}": made.document
        for name in run.workspace.components
        for made in run.objects(name, environment).values()
    }


def _pod(document: Object) -> Object:
    """Return the one container that is meant."""
    spec = document["spec"]
    if document["kind"] == "InferenceService":
        model: Object = spec["predictor"].get("model") or spec["predictor"]["containers"][0]
        return model
    container: Object = spec["template"]["spec"]["containers"][0]
    return container


def test_the_committed_tree_is_the_render() -> None:
    """Nobody has edited it, and nobody forgot to render."""
    tree = REPOSITORY / "gitops"
    found = {
        path.relative_to(tree).as_posix(): path.read_bytes() for path in tree.rglob("*") if path.is_file()
    }
    assert found == render_of(REPOSITORY / "specs")


@pytest.mark.parametrize("component", PROMISED)
def test_every_promised_file_exists(component: str) -> None:
    """Other documents of the platform name these files."""
    names = {path.stem for path in (REPOSITORY / "gitops/base" / component).glob("*.yaml")}
    assert set(PROMISED[component].split()) <= names
    assert "kustomization" in names


@pytest.mark.kustomize
@pytest.mark.parametrize("environment", EVERYWHERE)
def test_kustomize_builds_what_the_specs_render(environment: str) -> None:
    """Base and overlays, object by object, to the last field."""
    built, wanted = _built(folder(environment)), expected(_run(), environment)
    assert [problem.message for problem in proof.differences("", built, wanted)] == []
    assert len(built) > 50


@pytest.mark.kustomize
@pytest.mark.parametrize("component", PROMISED)
def test_every_component_builds_alone(component: str) -> None:
    """It is a base of its own for whoever wants only this part."""
    wanted = [made.document for made in _run().objects(component, "").values()]
    assert _built(f"base/{component}") == {proof.identity(found): found for found in wanted}


@pytest.mark.kustomize
def test_the_delivery_builds() -> None:
    """A project, and an application for each environment, as the files have them."""
    files = sorted((REPOSITORY / "gitops/argocd").glob("app*.yaml"))
    wanted = [found for path in files for found in read_stream(path.name, path.read_bytes())]
    assert _built("argocd") == {proof.identity(found): found for found in wanted}
    assert [found["kind"] for found in wanted].count("Application") == 3


@pytest.mark.crds
@pytest.mark.parametrize("environment", EVERYWHERE)
def test_every_object_is_valid(environment: str) -> None:
    """Against the schemas of Kubernetes and the CRDs of every operator the platform needs."""
    found = expected(_run(), environment).values()
    assert [error for document in found for error in errors(document)] == []


@pytest.mark.crds
def test_the_delivery_is_valid() -> None:
    """Against the CRDs of Argo CD."""
    files = (REPOSITORY / "gitops/argocd").glob("app*.yaml")
    found = [document for path in files for document in read_stream(path.name, path.read_bytes())]
    assert [error for document in found for error in errors(document)] == []


@pytest.mark.parametrize(("environment", "replicas"), [("dev", 1), ("staging", 2), ("prod", 3)])
def test_model_servers_have_the_replicas_of_the_environment(environment: str, replicas: int) -> None:
    """1, 2 and 3 of each."""
    for name in MODELS:
        predictor = _objects(environment)[f"InferenceService/{name}"]["spec"]["predictor"]
        assert (predictor["minReplicas"], predictor["maxReplicas"]) == (replicas, replicas)


def test_model_servers_of_prod_have_four_gpus() -> None:
    """Each shares its model among them."""
    for name in MODELS:
        container = _pod(_objects("prod")[f"InferenceService/{name}"])
        assert "--tensor-parallel-size=4" in container["args"]
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "4"
        assert container["resources"]["requests"]["nvidia.com/gpu"] == "4"


@pytest.mark.parametrize(
    ("environment", "workers", "rollouts"), [("dev", 1, "3"), ("staging", 3, "6"), ("prod", 5, "6")]
)
def test_ray_has_the_workers_and_rollouts_of_the_environment(
    environment: str, workers: int, rollouts: str
) -> None:
    """Their product is what the job starts: 3, 18 and 30."""
    (group,) = _objects(environment)["RayCluster/zelda-rl"]["spec"]["workerGroupSpecs"]
    assert group["replicas"] == workers
    env = {item["name"]: item.get("value") for item in group["template"]["spec"]["containers"][0]["env"]}
    assert env["ENVS_PER_WORKER"] == rollouts
    job = _objects(environment)["RayJob/zelda-rl-rollouts"]["spec"]["runtimeEnvYAML"]
    assert f'ENVS_PER_WORKER: "{rollouts}"' in job
    assert f'RAY_WORKERS: "{workers * int(rollouts)}"' in job


def test_the_store_of_dev_forgets() -> None:
    """It has scratch space, and no claim is made; the others keep what they have."""
    (volume,) = _objects("dev")["Deployment/minio"]["spec"]["template"]["spec"]["volumes"]
    assert "emptyDir" in volume
    assert "persistentVolumeClaim" not in volume
    assert "PersistentVolumeClaim/minio-storage" not in _objects("dev")
    for environment in ("", "staging", "prod"):
        assert "PersistentVolumeClaim/minio-storage" in _objects(environment)


def test_machines_are_made_for_prod_only() -> None:
    """And in the namespace where the Machine API looks for them."""
    for environment in ("", "dev", "staging"):
        assert not [name for name in _objects(environment) if name.startswith("MachineSet/")]
    machines = [found for found in _objects("prod").values() if found["kind"] == "MachineSet"]
    assert len(machines) == 2
    assert {found["metadata"]["namespace"] for found in machines} == {"openshift-machine-api"}


@pytest.mark.kustomize
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_other_object_is_in_the_namespace_of_its_environment(environment: str) -> None:
    """Kustomize puts it there, and nothing is left without."""
    namespaces = {
        key[2] for key in _built(folder(environment)) if key[1] not in {"ClusterRole", "ClusterRoleBinding"}
    }
    machines = {"openshift-machine-api"} if environment == "prod" else set()
    assert namespaces == {f"zelda-rl-{environment}"} | machines


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_bindings_name_accounts_of_their_environment(environment: str) -> None:
    """A subject in another namespace would give rights to another environment."""
    bindings = [found for found in _objects(environment).values() if found["kind"].endswith("RoleBinding")]
    assert [found for found in bindings if found["kind"] == "ClusterRoleBinding"]
    namespaces = {subject["namespace"] for found in bindings for subject in found["subjects"]}
    assert namespaces == {f"zelda-rl-{environment}"}


def test_environments_share_no_cluster_scoped_name() -> None:
    """Three environments may run in one cluster."""
    names = [
        (found["kind"], found["metadata"]["name"])
        for environment in ENVIRONMENTS
        for found in _objects(environment).values()
        if found["kind"] in {"ClusterRole", "ClusterRoleBinding"}
    ]
    assert len(names) == len(set(names)) > 0


@pytest.mark.parametrize("environment", EVERYWHERE)
def test_every_address_leads_to_a_service(environment: str) -> None:
    """Istio makes the Service of the gateway; the collector of traces belongs to the cluster."""
    found = _objects(environment)
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", json.dumps(list(found.values()))))
    services = {name.partition("/")[2] for name in found if name.startswith("Service/")}
    assert "Gateway/llm-d-gateway" in found
    assert hosts - services == {"llm-d-gateway-istio", "otel-collector"}
