"""Mutations for the verdicts of the schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from check.mutations.mutation import Objects

_MINIO = "Deployment zelda-rl-prod/minio"


def _number_as_text(objects: Objects) -> None:
    objects.get("Deployment", "minio")["spec"]["revisionHistoryLimit"] = "3"


def _misspelt(objects: Objects) -> None:
    objects.get("Deployment", "minio")["spec"]["template"]["spec"]["terminationGracePeriod"] = 5


def _misspelt_custom(objects: Objects) -> None:
    objects.get("InferenceService", "qwen25-7b")["spec"]["predictor"]["minReplica"] = 1


def _double_slash(objects: Objects) -> None:
    route = objects.get("HTTPRoute", "llm-d-gateway-vision")
    route["spec"]["rules"][0]["matches"][0]["path"]["value"] = "/vision//describe"


def _unknown_kind(objects: Objects) -> None:
    objects.add(
        {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Workload", "metadata": {"name": "training"}}
    )


MUTATIONS = (
    Mutation("schema-invalid", _MINIO, _number_as_text),
    Mutation("schema-unknown-field", _MINIO, _misspelt),
    Mutation("schema-crd-unknown-field", "InferenceService zelda-rl-prod/qwen25-7b", _misspelt_custom),
    Mutation("schema-cel", "HTTPRoute zelda-rl-prod/llm-d-gateway-vision", _double_slash),
    Mutation("schema-missing", "Workload zelda-rl-prod/training", _unknown_kind),
)
