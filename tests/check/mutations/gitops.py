"""Mutations for the checks of what Argo CD delivers."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from check.mutations.kustomize import HEADER
from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from pathlib import Path

    from check.mutations.mutation import Document, Objects

ARGO = "gitops/argocd"
PROD = "gitops/overlays/prod"
STAGING = "gitops/overlays/staging"
DEV = "gitops/overlays/dev"
PROJECT = "AppProject openshift-gitops/zelda-rl"
APPLICATION = "Application openshift-gitops/zelda-rl-prod"
REPOSITORY = "https://github.com/cnuland/hello-chris-rl-vllm-zelda.git"


def _application(objects: Objects, name: str, **source: str) -> Document:
    """Add a copy of the production application under another name."""
    copy = deepcopy(objects.get("Application", "zelda-rl-prod", ARGO))
    copy["metadata"]["name"] = name
    copy["spec"]["source"].update(source)
    return objects.add(copy, ARGO)


def _deny_kind(objects: Objects) -> None:
    spec = objects.get("AppProject", "zelda-rl", ARGO)["spec"]
    spec["clusterResourceWhitelist"] = [
        item for item in spec["clusterResourceWhitelist"] if item["kind"] != "ClusterRoleBinding"
    ]


def _deny_destination(objects: Objects) -> None:
    spec = objects.get("AppProject", "zelda-rl", ARGO)["spec"]
    spec["destinations"] = [item for item in spec["destinations"] if item["namespace"] != "zelda-rl-prod"]


def _fork(objects: Objects) -> None:
    source = objects.get("Application", "zelda-rl-prod", ARGO)["spec"]["source"]
    source["repoURL"] = "https://github.com/fork/hello-chris-rl-vllm-zelda.git"


def _any_repository(objects: Objects) -> None:
    objects.get("AppProject", "zelda-rl", ARGO)["spec"]["sourceRepos"] = ["*"]


def _template_boolean(objects: Objects) -> None:
    application = deepcopy(objects.get("Application", "zelda-rl-dev", ARGO))
    spec: Any = application["spec"]
    spec["syncPolicy"]["automated"]["prune"] = "{{ .prune }}"
    spec["source"]["path"] = "gitops/base/storage"
    template = {"metadata": {"name": "zelda-rl-{{ .name }}"}, "spec": spec}
    generators = [{"list": {"elements": [{"name": "one", "prune": "true"}]}}]
    objects.add(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "ApplicationSet",
            "metadata": {"name": "zelda-rl", "namespace": "openshift-gitops"},
            "spec": {"goTemplate": True, "generators": generators, "template": template},
        },
        ARGO,
    )


def _deliver_twice(objects: Objects) -> None:
    _application(objects, "zelda-rl-copy")


def _share_role(objects: Objects) -> None:
    objects.roots[STAGING].append(deepcopy(objects.get("ClusterRole", "zelda-rl-prod:llm-inference")))


def _use_name_twice(folder: Path) -> None:
    def text(name: str, path: str) -> str:
        source = (folder / "gitops/argocd/application-prod.yaml").read_text(encoding="utf-8")
        return source.replace("name: zelda-rl-prod", f"name: {name}", 1).replace(PROD, path)

    more = folder / "gitops/more"
    more.mkdir()
    (more / "kustomization.yaml").write_text(
        f"{HEADER}resources:\n- same.yaml\n- other.yaml\n", encoding="utf-8"
    )
    (more / "same.yaml").write_text(text("zelda-rl-prod", "gitops/base/storage"), encoding="utf-8")
    (more / "other.yaml").write_text(text("zelda-rl-tools", "gitops/base/monitoring"), encoding="utf-8")


def _cascade(objects: Objects) -> None:
    finalizers = ["resources-finalizer.argocd.argoproj.io"]
    objects.get("Application", "zelda-rl-prod", ARGO)["metadata"]["finalizers"] = finalizers
    _application(objects, "zelda-rl-tools", path="gitops/base/storage")
    objects.add(_namespace())


def _namespace(**annotations: str) -> Document:
    metadata = {"name": "zelda-rl-prod", "namespace": None, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _deliver_nothing(objects: Objects) -> None:
    _application(objects, "zelda-rl-tools", path="gitops/base/tools")


def _forget_root(folder: Path) -> None:
    tools = folder / "gitops/tools"
    tools.mkdir()
    (tools / "kustomization.yaml").write_text(f"{HEADER}resources:\n- role.yaml\n", encoding="utf-8")
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: tools\n  namespace: zelda-rl-prod\n"
    (tools / "role.yaml").write_text(role, encoding="utf-8")


def _expire(objects: Objects) -> None:
    objects.get("Job", "minio-buckets*", DEV)["spec"]["ttlSecondsAfterFinished"] = 600


def _fix_name(objects: Objects) -> None:
    objects.get("Job", "minio-buckets*")["metadata"]["name"] = "minio-buckets"


def _namespace_late(objects: Objects) -> None:
    objects.add(_namespace(**{"argocd.argoproj.io/sync-wave": "3"}))


def _automate(objects: Objects) -> None:
    objects.get("Application", "zelda-rl-prod", ARGO)["spec"]["syncPolicy"]["automated"] = {"prune": True}


def _use_unknown_operator(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "metallb.io/v1beta1",
            "kind": "L2Advertisement",
            "metadata": {"name": "gateway"},
            "spec": {"ipAddressPools": ["gateway"]},
        }
    )


def _document_nothing(folder: Path) -> None:
    with (folder / "README.md").open("a", encoding="utf-8") as page:
        page.write("\n```sh\nkubectl apply -k gitops/overlays/production\n```\n")


def _misname(objects: Objects) -> None:
    for folder in (DEV, STAGING, PROD):
        for document in objects.roots[folder]:
            if document["kind"] == "InferenceService" and document["metadata"]["name"] == "qwen25-7b":
                args = document["spec"]["predictor"]["containers"][0]["args"]
                args[:] = [item.replace("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-3B") for item in args]


MUTATIONS = (
    Mutation("argo-project-kind-denied", "ClusterRoleBinding zelda-rl-prod:llm-inference", _deny_kind),
    Mutation("argo-project-destination-denied", APPLICATION, _deny_destination),
    Mutation("argo-repo-mismatch", APPLICATION, _fork),
    Mutation("argo-source-repos-wildcard", PROJECT, _any_repository),
    Mutation(
        "argo-appset-template-type",
        "ApplicationSet openshift-gitops/zelda-rl",
        _template_boolean,
        also=("schema-missing",),
    ),
    Mutation("argo-app-overlap", "Application openshift-gitops/zelda-rl-copy", _deliver_twice),
    Mutation("argo-cluster-scoped-collision", "ClusterRole zelda-rl-prod:llm-inference", _share_role),
    Mutation("argo-app-name-collision", APPLICATION, files=_use_name_twice),
    Mutation("argo-finalizer-shared", APPLICATION, _cascade),
    Mutation("argo-path-missing", "Application openshift-gitops/zelda-rl-tools", _deliver_nothing),
    Mutation("gitops-root-undeployed", "", files=_forget_root),
    Mutation("argo-job-ttl-selfheal", "Job zelda-rl-dev/minio-buckets-8c7db795", _expire),
    Mutation("argo-job-immutable", "Job zelda-rl-prod/minio-buckets", _fix_name),
    Mutation("argo-wave-order", "Deployment zelda-rl-prod/minio", _namespace_late),
    Mutation("argo-targetrevision-head", APPLICATION, _automate),
    Mutation(
        "crd-provider-missing",
        "L2Advertisement zelda-rl-prod/gateway",
        _use_unknown_operator,
        also=("schema-missing",),
    ),
    Mutation("docs-path-missing", "", files=_document_nothing),
    Mutation("name-model-mismatch", "InferenceService zelda-rl-prod/qwen25-7b", _misname),
)
