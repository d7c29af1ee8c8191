"""Mutations for the checks of single files and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from pathlib import Path

    from check.mutations.mutation import Objects

MINIO = "Deployment zelda-rl-prod/minio"
_BASE = "gitops/base"


def _drop_volume(objects: Objects) -> None:
    pod = objects.get("Deployment", "minio")["spec"]["template"]["spec"]
    pod["volumes"] = [volume for volume in pod["volumes"] if volume["name"] != "data"]


def _repeat_variable(objects: Objects) -> None:
    container = objects.get("Deployment", "minio")["spec"]["template"]["spec"]["containers"][0]
    container["env"].append(container["env"][0])


def _second_source(objects: Objects) -> None:
    pod = objects.get("Deployment", "minio")["spec"]["template"]["spec"]
    pod["volumes"][0]["emptyDir"] = {}


def _name_in_capitals(objects: Objects) -> None:
    objects.get("ConfigMap", "zelda-rl-grafana-dashboard")["metadata"]["name"] = "Zelda_dashboard"


def _label_with_slash(objects: Objects) -> None:
    objects.get("Deployment", "minio")["metadata"]["labels"]["acme.com/model"] = "Qwen/Qwen2.5-7B-Instruct"


def _old_disruption_budget(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "policy/v1beta1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "minio"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "minio"}}},
        }
    )


def _alpha_claim(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "resource.k8s.io/v1alpha3",
            "kind": "ResourceClaimTemplate",
            "metadata": {"name": "gpu"},
            "spec": {
                "spec": {"devices": {"requests": [{"name": "gpu", "deviceClassName": "gpu.nvidia.com"}]}}
            },
        }
    )


def _placeholder(objects: Objects) -> None:
    container = objects.get("Deployment", "minio")["spec"]["template"]["spec"]["containers"][0]
    container["env"][-1]["value"] = "<your-region>"


def _other_storage_class(objects: Objects) -> None:
    objects.get("PersistentVolumeClaim", "minio-storage")["spec"]["storageClassName"] = "gp2-csi"


def _broken_file(folder: Path) -> None:
    broken = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: broken\n data: {}\n"
    (folder / "gitops/broken.yaml").write_text(broken, encoding="utf-8")


def _repeated_key(folder: Path) -> None:
    repeated = "apiVersion: v1\nkind: ConfigMap\nkind: Secret\nmetadata:\n  name: twice\n"
    (folder / "gitops/twice.yaml").write_text(repeated, encoding="utf-8")


def _unreadable(folder: Path) -> None:
    (folder / "gitops/unreadable.yaml").symlink_to("/proc/self/mem")  # fails for root, too


def _too_large(folder: Path) -> None:
    with (folder / "gitops/large.yaml").open("wb") as file:
        file.truncate(21_000_000)


def _empty(folder: Path) -> None:
    file = folder / _BASE / "networking/kustomization.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("resources:\n", "resources:\n- egress.yaml\n"), encoding="utf-8")
    (file.parent / "egress.yaml").write_text("# kind: NetworkPolicy\n", encoding="utf-8")


def _octal_user(folder: Path) -> None:
    file = next((folder / _BASE).glob("*/deployment*.yaml"), None) or next(
        found for found in (folder / _BASE / "storage").iterdir() if "kind: Deployment" in found.read_text()
    )
    text = file.read_text(encoding="utf-8")
    text = text.replace(
        "      containers:\n", "      securityContext:\n        runAsUser: 01001\n      containers:\n", 1
    )
    file.write_text(text, encoding="utf-8")


MUTATIONS = (
    Mutation("file-unreadable", "", files=_unreadable),
    Mutation("file-too-large", "", files=_too_large),
    Mutation("yaml-invalid", "", files=_broken_file),
    Mutation("yaml-duplicate-key", "", files=_repeated_key),
    Mutation("empty-manifest", "", files=_empty),
    Mutation("yaml-type-coercion", "", files=_octal_user),
    Mutation("api-removed", "PodDisruptionBudget zelda-rl-prod/minio", _old_disruption_budget),
    Mutation("api-deprecated", "ResourceClaimTemplate zelda-rl-prod/gpu", _alpha_claim),
    Mutation("name-invalid", "ConfigMap zelda-rl-prod/Zelda_dashboard", _name_in_capitals),
    Mutation("label-value-invalid", MINIO, _label_with_slash),
    Mutation("volume-source-ambiguous", MINIO, _second_source),
    Mutation("mount-without-volume", MINIO, _drop_volume),
    Mutation("env-duplicate", MINIO, _repeat_variable),
    Mutation("placeholder-value", MINIO, _placeholder),
    Mutation(
        "immutable-field-change",
        "PersistentVolumeClaim zelda-rl-prod/minio-storage",
        _other_storage_class,
        since=True,
    ),
)
