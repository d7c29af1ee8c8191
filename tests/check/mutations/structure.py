"""Mutations for the checks of single objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from check.mutations.mutation import Objects


def _drop_volume(objects: Objects) -> None:
    pod = objects.get("Deployment", "minio")["spec"]["template"]["spec"]
    pod["volumes"] = [volume for volume in pod["volumes"] if volume["name"] != "data"]


def _repeat_variable(objects: Objects) -> None:
    container = objects.get("Deployment", "minio")["spec"]["template"]["spec"]["containers"][0]
    container["env"].append(container["env"][0])


MUTATIONS = (
    Mutation("mount-without-volume", "Deployment zelda-rl-prod/minio", _drop_volume, also=()),
    Mutation("env-duplicate", "Deployment zelda-rl-prod/minio", _repeat_variable),
)
