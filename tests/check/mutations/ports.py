"""Mutations for the checks of ports and probes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from check.mutations.batch import ACCEPTED
from check.mutations.mutation import Mutation
from mintage.spec.validation import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from check.mutations.mutation import Objects

_MINIO = "Deployment zelda-rl-prod/minio"
_RAY = "RayCluster zelda-rl-prod/zelda-rl"
_SOURCE = """\
import os

from fastapi import FastAPI

app = FastAPI()
settings = [os.environ[name] for name in ("S3_ENDPOINT_URL", "S3_BUCKET_NAME", "S3_REGION_NAME", "METRICS_PORT")]
secrets = [os.environ[name] for name in ("S3_ACCESS_KEY", "S3_SECRET_KEY", "LLM_GATEWAY_URL")]


@app.get("/healthz")
def health() -> str:
    return "ok"
"""


def _container(objects: Objects, name: str) -> Any:
    return objects.get("Deployment", name)["spec"]["template"]["spec"]["containers"][0]


def _head(objects: Objects) -> Any:
    return objects.get("RayCluster", "zelda-rl")["spec"]["headGroupSpec"]["template"]["spec"]["containers"]


def _other_target(objects: Objects) -> None:
    objects.get("Service", "minio")["spec"]["ports"][0]["targetPort"] = "s3"


def _no_readiness(objects: Objects) -> None:
    del _container(objects, "minio")["readinessProbe"]


def _other_probe_port(objects: Objects) -> None:
    _container(objects, "minio")["livenessProbe"]["httpGet"]["port"] = "health"


def _other_argument(objects: Objects) -> None:
    board = next(each for each in _head(objects) if each["name"] == "tensorboard")
    board["command"][-1] = "--port=6007"


def _foreign_probe(objects: Objects) -> None:
    _head(objects)[0]["livenessProbe"] = {"tcpSocket": {"port": 6006}}


def _impatient(objects: Objects) -> None:
    container = _container(objects, "minio")
    container["livenessProbe"].update(initialDelaySeconds=1, periodSeconds=1)
    container["readinessProbe"]["initialDelaySeconds"] = 30


def _liveness_at_once(objects: Objects) -> None:
    container = _container(objects, "qwen25-7b-decode")
    container["livenessProbe"].update(initialDelaySeconds=10, periodSeconds=10)
    container["readinessProbe"]["initialDelaySeconds"] = 5


def _unknown_route(folder: Path) -> None:
    """Let the repository build an image of its own for the evaluator, and ask it for a route that it does not have."""
    source = folder / "images/judge-api"
    source.mkdir(parents=True)
    (source / "Dockerfile").write_text(
        "FROM python:3.12\nWORKDIR /app\nCOPY judge_api.py ./\n", encoding="utf-8"
    )
    (source / "judge_api.py").write_text(_SOURCE, encoding="utf-8")
    file = folder / "gitops/base/evaluator/evaluator-job.yaml"
    text = file.read_text(encoding="utf-8").replace("- scripts/run_evaluator.py", "- judge_api.py")
    text = text.replace("quay.io/cnuland/zelda-kuberay-worker:latest", "quay.io/acme/judge-api:1.0.0")
    probe = "        livenessProbe:\n          httpGet: {path: /alive, port: metrics}\n        ports:\n"
    file.write_text(text.replace("        ports:\n", probe), encoding="utf-8")


MUTATIONS = (
    Mutation("service-targetport-missing", "Service zelda-rl-prod/minio", _other_target),
    Mutation("missing-readiness", _MINIO, _no_readiness),
    Mutation("probe-port-missing", _MINIO, _other_probe_port),
    Mutation("arg-port-mismatch", _RAY, _other_argument),
    Mutation("probe-foreign-container", _RAY, _foreign_probe),
    Mutation("probe-deadline-order", _MINIO, _impatient),
    Mutation("liveness-without-startup", "Deployment zelda-rl-prod/qwen25-7b-decode", _liveness_at_once),
    Mutation(
        "probe-path-unknown",
        "Job zelda-rl-prod/zelda-evaluator-94827fd1",
        files=_unknown_route,
        rules=Rules(first_party=("quay.io/acme/*",), accept=ACCEPTED),
    ),
)
