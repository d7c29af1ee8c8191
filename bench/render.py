"""How long `doit render` takes on N services x 3 environments, beside `kubectl kustomize` on the same overlays.

Each service is a Workload: Deployment, Service, ServiceAccount, ConfigMap and ServiceMonitor, with a delta in every
environment. For each case the script prints CPU seconds (user and system, of the whole process tree), wall seconds
and peak memory; CPU is the number to compare on a machine that is not quiet. Run it with the Python that Mintage is
installed in: `python bench/render.py [N ...]`, by default 100 and 1000.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from cost import Cost, measure
from mintage.testing import DODO

KUSTOMIZE_LIMIT = 100  # Kustomize is quadratic: 1000 services take it minutes

SYSTEM = """\
kind: System
name: bench
environments:
  dev: {namespace: bench-dev}
  staging: {namespace: bench-staging}
  prod: {namespace: bench-prod}
defaults:
  Workload:
    serviceAccount: true
    ports: {http: 8080, metrics: 9090}
    metrics: {monitor: true}
    resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}}
    probes: {readiness: {path: /ready}, liveness: {path: /live}}
"""
SERVICE = """\
kind: Workload
name: {name}
image: registry.example.com/{name}:1.0
env: {{LOG_LEVEL: info, SHARD: {shard}, PEER: "@{peer}"}}
config:
  app.yaml: |
    shard: {shard}
    workers: 4
environments:
  dev: {{resources: {{requests: {{cpu: 50m}}}}}}
  staging: {{replicas: 2, config: {{app.yaml: "shard: {shard}\\nworkers: 8\\n"}}}}
  prod: {{replicas: 3, config: {{app.yaml: "shard: {shard}\\nworkers: 16\\n"}}, env: {{LOG_LEVEL: warning}}}}
"""


def write_workspace(root: Path, count: int) -> None:
    """Write a workspace of `count` services, each of which refers to the next."""
    (root / "specs").mkdir(parents=True)
    (root / "dodo.py").write_text(DODO)
    (root / "specs/system.yaml").write_text(SYSTEM)
    for shard in range(count):
        text = SERVICE.format(name=f"svc-{shard:05}", shard=shard, peer=f"svc-{(shard + 1) % count:05}")
        (root / f"specs/svc-{shard:05}.yaml").write_text(text)


def change_one(root: Path, count: int) -> None:
    """Edit one service as a user would."""
    spec = root / f"specs/svc-{count // 2:05}.yaml"
    spec.write_text(spec.read_text().replace("LOG_LEVEL: info", "LOG_LEVEL: debug"))


def bench(count: int) -> None:
    """Print a row for each case."""
    render = [sys.executable, "-m", "doit", "render"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_workspace(root, count)
        cold = measure(render, root)
        print(f"{count:6} services  cold        {cold}")
        print(f"{count:6} services  no-op       {measure(render, root)}")
        change_one(root, count)
        print(f"{count:6} services  one change  {measure(render, root)}")
        kubectl = shutil.which("kubectl")
        if kubectl and count <= KUSTOMIZE_LIMIT:
            costs = [
                measure([kubectl, "kustomize", f"gitops/overlays/{name}"], root)
                for name in ("dev", "staging", "prod")
            ]
            total = Cost(sum(c.cpu for c in costs), sum(c.wall for c in costs), max(c.peak for c in costs))
            print(f"{count:6} services  kubectl     {total}  kustomize of the three overlays")
            print(
                f"{count:6} services  ratio       {cold.cpu / total.cpu:7.2f} of kubectl's CPU, patches computed and proved included"
            )


if __name__ == "__main__":
    for argument in sys.argv[1:] or ["100", "1000"]:
        bench(int(argument))
