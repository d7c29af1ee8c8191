"""What the page of the program shows is what the program prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeconform.crd import main as convert

PAGE = Path(__file__).parents[2] / "docs" / "kubeconform.md"
APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: "3"
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, imagePullPolcy: Always}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: example.io/v1
kind: Box
metadata: {name: b}
spec: {size: 70000}
"""
BOX = """\
kind: CustomResourceDefinition
spec:
  group: example.io
  names: {kind: Box}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer, maximum: 65535}}}}
"""
LOCATION = "schemas/{{ .ResourceKind }}{{ .KindSuffix }}.json"


def shown(command: str) -> str:
    """Return what the page shows after a command."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("    $ ") and command in line)
    rest = lines[start + 1 :]
    end = next(number for number, line in enumerate(rest) if not line.startswith("    "))
    return "".join(f"{line[4:]}\n" for line in rest[:end])


@pytest.fixture(autouse=True)
def demo(core: str, tmp_path: Path) -> None:
    """Make the folder in which the page's commands run."""
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "app.yaml").write_text(APP)
    (tmp_path / "schemas").mkdir()
    for name in ("deployment-apps-v1.json", "service-v1.json"):
        (tmp_path / "schemas" / name).write_bytes((Path(core).parent / name).read_bytes())


def test_the_page_shows_real_output(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the schema of the custom kind is there, its conversion, and after."""
    code, out, _err = run("-summary", "-schema-location", LOCATION, "k8s")
    assert code == 1
    assert out.replace(str(tmp_path), "/srv/demo") == shown("-summary")
    (tmp_path / "box.yaml").write_text(BOX)
    monkeypatch.chdir(tmp_path / "schemas")
    assert convert(["../box.yaml"], {"FILENAME_FORMAT": "{kind}-{group}-{version}"}) == 0
    assert capsys.readouterr().out == shown("openapi2jsonschema-py")
    monkeypatch.chdir(tmp_path)
    _code, out, _err = run("-output", "tap", "-schema-location", LOCATION, "k8s")
    assert out.replace(str(tmp_path), "/srv/demo") == shown("-output tap")
