"""A custom kind is judged by the definition that was imported: fields that only documentation knows are found."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from kubernetes_schemas import missing_folder, upstream_folder
from mintage_command import validate

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.crds,
    pytest.mark.skipif(bool(missing_folder()), reason="the upstream CRDs are not here"),
]
SERVICE = """\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: models}
spec:
  model: {uri: hf://Qwen/Qwen2.5-7B-Instruct, name: Qwen/Qwen2.5-7B-Instruct}
  router:
    gateway:
      ref: {name: inference, namespace: gateways}
    scheduler:
      endpointPickerConfig: |
        apiVersion: inference.networking.x-k8s.io/v1alpha1
        kind: EndpointPickerConfig
        plugins:
        - {type: queue-scorer, name: queue, config: {threshold: 5}}
        schedulingProfiles:
        - name: default
          plugins: [{pluginRef: queue}]
    route: {}
"""


def test_fields_that_no_definition_has_are_errors(tmp_path: Path) -> None:
    """In the object, and in the configuration that stands in it as text."""
    (tmp_path / "llm.yaml").write_text(SERVICE, encoding="utf-8")
    before = validate(tmp_path, "--only", "schema/*")
    assert "warning[schema-missing]" in before.stdout
    definition = next(upstream_folder().rglob("llminferenceservices.yaml"))
    subprocess.run([sys.executable, "-m", "doit", "schemas", "import", definition], cwd=tmp_path, check=True)
    after = validate(tmp_path, "--only", "schema/*,serving/*")
    assert after.code == 1
    found = [line.partition(" ")[2] for line in after.stdout.splitlines() if ": error[" in line]
    assert found == [
        "error[schema-crd-unknown-field]: unknown field `ref` in `spec.router.gateway`",
        "error[schema-crd-unknown-field]: unknown field `endpointPickerConfig` in `spec.router.scheduler`",
        "error[epp-unknown-field]: `config` is no key of a plugin in any release, which refuses the whole file",
    ]
