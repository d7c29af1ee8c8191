"""Mutations for the checks of images and of what builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from check.mutations.mutation import Objects

MINIO = "Deployment zelda-rl-prod/minio"
FIRST = "Deployment zelda-rl-dev/minio"  # of findings with the same words in every root
IMAGE = "quay.io/minio/minio"
WORKFLOW = f"""on: push
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
    - uses: docker/build-push-action@v6
      with:
        context: images/minio
        tags: {IMAGE}:latest
"""
RECIPE = 'FROM docker.io/library/python:3.12-slim\nWORKDIR /app\nCOPY src/ ./\nENTRYPOINT ["python", "%s"]\n'
FORGIVING = "import argparse\n\nargparse.ArgumentParser().parse_known_args()\n"
STRICT = "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument('words', nargs='*')\nparser.parse_args()\n"
MIRRORED = """apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
mirror:
"""
SUBSCRIPTION = """apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata:
  name: kueue-operator
  namespace: zelda-rl-prod
spec:
  name: kueue-operator
  channel: fast
  source: redhat-operators
  sourceNamespace: openshift-marketplace
"""


def _container(field: str, value: Any) -> Callable[[Objects], None]:
    """Return a change of one field of MinIO's container."""

    def run(objects: Objects) -> None:
        objects.get("Deployment", "minio")["spec"]["template"]["spec"]["containers"][0][field] = value

    return run


def _argument(objects: Objects) -> None:
    container = objects.get("Deployment", "minio")["spec"]["template"]["spec"]["containers"][0]
    container["args"].append("--address :9000")


def _write(files: dict[str, str]) -> Callable[[Path], None]:
    """Return a change that writes files beside the rendered tree."""

    def run(folder: Path) -> None:
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")

    return run


def _built(script: str, source: str) -> dict[str, str]:
    """Return a workflow that builds MinIO's image from a recipe with one script."""
    return {
        ".github/workflows/build.yaml": WORKFLOW,
        "images/minio/Dockerfile": RECIPE % script,
        "images/minio/src/serve.py": source,
    }


def _unread(folder: Path) -> None:
    _write(_built("serve.py", FORGIVING))(folder)
    manifest = folder / "gitops/base/storage/minio.yaml"
    text = manifest.read_text(encoding="utf-8")
    added = text.replace(
        "        env:\n", "        env:\n        - name: STORE_COLOUR\n          value: blue\n", 1
    )
    assert added != text
    manifest.write_text(added, encoding="utf-8")


def _subscribed(folder: Path) -> None:
    packages = "  operators:\n  - packages:\n    - name: kueue-operator\n      channels: [{name: stable}]\n"
    _write({"mirror/imageset.yaml": MIRRORED + packages, "gitops/overlays/prod/operator.yaml": SUBSCRIPTION})(
        folder
    )
    kustomization = folder / "gitops/overlays/prod/kustomization.yaml"
    text = kustomization.read_text(encoding="utf-8")
    kustomization.write_text(
        text.replace("resources:\n", "resources:\n- operator.yaml\n", 1), encoding="utf-8"
    )


MUTATIONS = (
    Mutation("image-latest", MINIO, _container("image", f"{IMAGE}:latest")),
    Mutation("image-ref-invalid", MINIO, _container("image", "quay.io/minio/MinIO:1.0")),
    Mutation("pull-policy-never", MINIO, _container("imagePullPolicy", "Never")),
    Mutation("arg-embedded-space", MINIO, _argument),
    Mutation("image-unbuilt", "", files=_write({".github/workflows/build.yaml": WORKFLOW})),
    Mutation("image-script-missing", FIRST, files=_write(_built("server.py", FORGIVING))),
    Mutation("image-cli-flag-unknown", FIRST, files=_write(_built("serve.py", STRICT))),
    Mutation("env-unread", FIRST, files=_unread),
    Mutation(
        "image-copy-source-missing",
        "",
        files=_write({"images/worker/Dockerfile": "FROM scratch\nCOPY model.bin /model.bin\n"}),
    ),
    Mutation(
        "image-unpinned-deps",
        "",
        files=_write({"images/worker/Dockerfile": "FROM scratch\nRUN pip install ray\n"}),
    ),
    Mutation(
        "image-apt-unauthenticated",
        "",
        files=_write({"images/worker/Dockerfile": "FROM scratch\nRUN apt-get install -y --force-yes xvfb\n"}),
    ),
    Mutation(
        "ci-workflow-misplaced",
        "",
        files=_write({"images/worker/.github/workflows/test.yaml": "on: push\njobs: {}\n"}),
    ),
    Mutation(
        "olm-channel-not-mirrored",
        "Subscription zelda-rl-prod/kueue-operator",
        files=_subscribed,
        also=("schema-missing",),
    ),
    Mutation(
        "image-not-mirrored",
        FIRST,
        files=_write(
            {"mirror/imageset.yaml": MIRRORED + "  additionalImages:\n  - name: quay.io/minio/mc:1.0\n"}
        ),
    ),
)
