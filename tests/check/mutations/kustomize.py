"""Mutations for the checks of the Kustomize layer: most change the files of the tree, which is then built again."""

from __future__ import annotations

import shutil
from copy import deepcopy
from typing import TYPE_CHECKING

import yaml

from check.mutations.mutation import Mutation
from mintage.spec.validation import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from check.mutations.mutation import Objects

PROD = "gitops/overlays/prod"
MINIO = "Deployment zelda-rl-prod/minio"
HEADER = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def _write(folder: Path, path: str, text: str) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _edit(folder: Path, path: str, old: str, new: str) -> None:
    target = folder / path
    text = target.read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new, 1), encoding="utf-8")


def _patch(folder: Path, name: str, text: str, kind: str = "", target: str = "") -> None:
    """Add a patch to the production overlay."""
    _write(folder, f"{PROD}/patches/{name}.yaml", text)
    chosen = f"  target:\n    kind: {kind}\n    name: {target}\n" if kind else ""
    _edit(
        folder,
        f"{PROD}/kustomization.yaml",
        "patches:\n",
        f"patches:\n- path: patches/{name}.yaml\n{chosen}",
    )


def _misspell_field(folder: Path) -> None:
    _edit(folder, f"{PROD}/kustomization.yaml", "transformers:", "transformer:")


def _name_absent_file(folder: Path) -> None:
    _edit(folder, f"{PROD}/kustomization.yaml", "resources:\n", "resources:\n- absent.yaml\n")


def _name_bare_folder(folder: Path) -> None:
    _edit(folder, f"{PROD}/kustomization.yaml", "resources:\n", "resources:\n- patches\n")


def _inflate_chart(folder: Path) -> None:
    chart = "helmCharts:\n- name: kuberay-operator\n  repo: https://ray-project.github.io/kuberay-helm\n"
    _write(folder, "gitops/charts/kustomization.yaml", HEADER + chart)


def _fetch(folder: Path) -> None:
    resource = (
        "resources:\n- https://github.com/kubernetes-sigs/lws/releases/download/v0.7.0/manifests.yaml\n"
    )
    _write(folder, "gitops/lws/kustomization.yaml", HEADER + resource)


def _forget_file(folder: Path) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: retention\ndata:\n  days: '30'\n"
    _write(folder, "gitops/base/storage/retention.yaml", manifest)


def _forget_patch(folder: Path) -> None:
    _write(folder, f"{PROD}/patches/deployment-minio.yaml", "- op: remove\n  path: /spec/strategy\n")


def _miss_target(folder: Path) -> None:
    _patch(
        folder,
        "minio",
        "- op: add\n  path: /spec/minReadySeconds\n  value: 5\n",
        "Deployment",
        "minio-server",
    )


def _say_again(folder: Path) -> None:
    _patch(folder, "minio", "- op: replace\n  path: /spec/replicas\n  value: 1\n", "Deployment", "minio")


def _add_handler(folder: Path) -> None:
    probe = {"exec": {"command": ["mc", "ready", "local"]}}
    container = {"name": "minio", "readinessProbe": probe}
    patch = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "minio"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    _patch(folder, "minio", yaml.safe_dump(patch))


def _merge_groups(folder: Path) -> None:
    rule = yaml.safe_load((folder / "gitops/base/monitoring/prometheusrule.yaml").read_text(encoding="utf-8"))
    groups = [*rule["spec"]["groups"][:-1], {"name": "nothing", "rules": []}]
    patch = {key: rule[key] for key in ("apiVersion", "kind")}
    patch |= {"metadata": {"name": rule["metadata"]["name"]}, "spec": {"groups": groups}}
    _patch(folder, "alerts", yaml.safe_dump(patch))


def _count_items(folder: Path) -> None:
    path = "/spec/template/spec/containers/0/env/2/value"
    _patch(folder, "minio", f"- op: replace\n  path: {path}\n  value: us-east-2\n", "Deployment", "minio")


def _leave_namespace_out(objects: Objects) -> None:
    copy = deepcopy(objects.get("Role", "rl-training"))
    copy["metadata"] = {"name": "nowhere", "namespace": None}
    objects.add(copy, "gitops/argocd")


def _fix_once(folder: Path) -> None:
    _patch(
        folder,
        "fix-minio-restarts",
        "- op: add\n  path: /spec/minReadySeconds\n  value: 5\n",
        "Deployment",
        "minio",
    )


def _repeat(objects: Objects) -> None:
    objects.roots[PROD].append(deepcopy(objects.get("ConfigMap", "zelda-rl-grafana-dashboard")))


def _write_twice(objects: Objects) -> None:
    copy = deepcopy(objects.get("ConfigMap", "zelda-rl-grafana-dashboard"))
    copy["data"] = {}
    objects.add(copy, "gitops/argocd")


def _copy_folder(folder: Path) -> None:
    shutil.copytree(folder / "gitops/base/llm-d-gateway", folder / "deploy/gateway")
    (folder / "deploy/gateway/kustomization.yaml").unlink()
    _edit(folder, "deploy/gateway/epp-service.yaml", "port: 9002", "port: 9012")


MUTATIONS = (
    Mutation("kustomize-build", "", files=_misspell_field),
    Mutation("kustomize-missing", "", files=lambda _: None, kubectl=False, rules=Rules()),
    Mutation("kust-resource-missing", "", files=_name_absent_file),
    Mutation("kust-dir-without-kustomization", "", files=_name_bare_folder),
    Mutation("kust-helm-offline", "", files=_inflate_chart),
    Mutation("kust-remote-resource", "", files=_fetch),
    Mutation("kust-orphan-file", "", files=_forget_file),
    Mutation("kust-orphan-patch", "", files=_forget_patch),
    Mutation("kust-patch-no-target", "", files=_miss_target),
    Mutation("kust-patch-noop", MINIO, files=_say_again),
    Mutation("kust-smp-residue", MINIO, files=_add_handler),
    Mutation(
        "kust-cr-list-replaced", "PrometheusRule zelda-rl-prod/zelda-rl-monitoring", files=_merge_groups
    ),
    Mutation("kust-positional-json-patch", MINIO, files=_count_items),
    Mutation("kust-namespace-unset", "Role nowhere", _leave_namespace_out),
    Mutation("kust-overlay-drift", MINIO, files=_fix_once),
    Mutation("duplicate-resource", "ConfigMap zelda-rl-prod/zelda-rl-grafana-dashboard", _repeat),
    Mutation("cross-root-duplicate", "ConfigMap zelda-rl-prod/zelda-rl-grafana-dashboard", _write_twice),
    Mutation("duplicate-tree-drift", "", files=_copy_folder),
)
