"""How long `mintage validate` takes on N manifests, beside a script that does less with `jsonschema`.

The manifests are of 15 core kinds, in folders of ten applications, with references between them. Measured are schemas and
references alone, every check there is, and the peer: PyYAML's C loader and the `jsonschema` library with the very same
schemas, which sees no references. For each case the script prints CPU seconds (user and system, of the whole process
tree), wall seconds and peak memory. Run it with the Python that Mintage and its `dev` extra are installed in:
`python bench/validate.py [N ...]`, by default 2000.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cost import Cost, measure

APPLICATION = """\
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: bench, name: NAME, labels: {app: NAME}}
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: bench, name: NAME, labels: {app: NAME}}
data:
  settings.yaml: |
    workers: 4
    peer: http://NAME:8080/v1
---
apiVersion: v1
kind: Secret
metadata: {namespace: bench, name: NAME, labels: {app: NAME}}
type: Opaque
data: {token: c2VjcmV0LU5BTUU=}
---
apiVersion: v1
kind: Service
metadata: {namespace: bench, name: NAME, labels: {app: NAME}}
spec:
  selector: {app: NAME}
  ports:
  - {name: http, port: 8080, targetPort: http}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: bench, name: NAME, labels: {app: NAME}}
spec:
  replicas: 2
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}, annotations: {checksum/config: 5f2b8c}}
    spec:
      serviceAccountName: NAME
      containers:
      - name: server
        image: ghcr.io/acme/server:1.2.0
        args: ["--port=8080"]
        env:
        - name: TOKEN
          valueFrom: {secretKeyRef: {name: NAME, key: token}}
        - {name: PEER, value: "http://NAME:8080"}
        ports:
        - {name: http, containerPort: 8080}
        readinessProbe: {httpGet: {path: /ready, port: http}}
        resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
        volumeMounts:
        - {name: settings, mountPath: /etc/server}
      volumes:
      - name: settings
        configMap: {name: NAME}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {namespace: bench, name: NAME-store, labels: {app: NAME-store}}
spec:
  serviceName: NAME-store
  selector: {matchLabels: {app: NAME-store}}
  template:
    metadata: {labels: {app: NAME-store}}
    spec:
      containers:
      - name: store
        image: ghcr.io/acme/store:1.2.0
        ports:
        - {name: store, containerPort: 6379}
        volumeMounts:
        - {name: data, mountPath: /data}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Service
metadata: {namespace: bench, name: NAME-store, labels: {app: NAME-store}}
spec:
  clusterIP: None
  selector: {app: NAME-store}
  ports:
  - {name: store, port: 6379}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {namespace: bench, name: NAME-shared}
spec:
  accessModes: [ReadWriteMany]
  resources: {requests: {storage: 10Gi}}
---
apiVersion: batch/v1
kind: Job
metadata: {namespace: bench, name: NAME-load}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: load, image: "ghcr.io/acme/load:1.2.0", command: [load, --to, /shared], volumeMounts: [{name: shared, mountPath: /shared}]}
      volumes:
      - name: shared
        persistentVolumeClaim: {claimName: NAME-shared}
---
apiVersion: batch/v1
kind: CronJob
metadata: {namespace: bench, name: NAME-sweep}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: sweep, image: "ghcr.io/acme/sweep:1.2.0"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {namespace: bench, name: NAME}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: bench, name: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: NAME}
subjects:
- {kind: ServiceAccount, name: NAME, namespace: bench}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {namespace: bench, name: NAME}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}
  minReplicas: 2
  maxReplicas: 5
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {namespace: bench, name: NAME}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: NAME}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: bench, name: NAME}
spec:
  podSelector: {matchLabels: {app: NAME}}
  ingress:
  - ports: [{port: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {namespace: bench, name: NAME}
spec:
  rules:
  - host: NAME.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: NAME, port: {number: 8080}}}
"""
WORKER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME-worker
  namespace: bench
  labels:
    app.kubernetes.io/name: NAME-worker
    app.kubernetes.io/component: worker
    app.kubernetes.io/part-of: bench
spec:
  replicas: 2
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      app.kubernetes.io/name: NAME-worker
  template:
    metadata:
      annotations:
        checksum/config: 5f2b8c
      labels:
        app.kubernetes.io/name: NAME-worker
        app.kubernetes.io/component: worker
    spec:
      serviceAccountName: NAME
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: worker
        image: ghcr.io/acme/worker:1.2.0
        imagePullPolicy: IfNotPresent
        command:
        - worker
        - --queue=default
        - --metrics-port=9090
        env:
        - name: LOG_LEVEL
          value: info
        - name: API_URL
          value: http://NAME:8080/v1
        - name: STORE_URL
          value: redis://NAME-store:6379/0
        - name: TOKEN
          valueFrom:
            secretKeyRef:
              name: NAME
              key: token
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        ports:
        - name: metrics
          containerPort: 9090
          protocol: TCP
        readinessProbe:
          httpGet:
            path: /ready
            port: metrics
          initialDelaySeconds: 5
          periodSeconds: 10
        livenessProbe:
          httpGet:
            path: /live
            port: metrics
          initialDelaySeconds: 30
          periodSeconds: 20
          failureThreshold: 5
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            cpu: "1"
            memory: 512Mi
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop:
            - ALL
        volumeMounts:
        - name: settings
          mountPath: /etc/worker
          readOnly: true
        - name: scratch
          mountPath: /tmp
      volumes:
      - name: settings
        configMap:
          name: NAME
      - name: scratch
        emptyDir:
          sizeLimit: 1Gi
"""
WORKERS = 9  # in each application, so that a manifest has some 1.5 kB as in repositories of that size
PEER = """\
import sys
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from mintage.schemas.store import Schemas

schemas, validators, wrong, seen = Schemas("1.32"), {}, 0, 0
for path in Path(sys.argv[1]).rglob("*.yaml"):
    for document in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader):
        kind = document["apiVersion"], document["kind"]
        if kind not in validators:
            validators[kind] = Draft202012Validator(schemas.judge(*kind).schema)
        seen += 1
        wrong += len(list(validators[kind].iter_errors(document)))
assert wrong == 0, wrong
"""


def write_manifests(root: Path, count: int) -> int:
    """Write manifests to files of one document each, and return how many they are: `count`, made whole."""
    workers = [WORKER.replace("-worker", f"-worker-{number}") for number in range(WORKERS)]
    documents = [*APPLICATION.split("---\n"), *workers]
    applications = -(-count // len(documents))
    for number in range(applications):
        folder = root / f"group-{number // 10:03}" / f"app-{number:04}"
        folder.mkdir(parents=True)
        for index, text in enumerate(documents):
            (folder / f"{index:02}.yaml").write_text(text.replace("NAME", f"app-{number:04}"))
    return applications * len(documents)


def bench(count: int) -> None:
    """Print a row for each case."""
    mintage = str(Path(sys.executable).with_name("mintage"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        whole = write_manifests(root, count)
        size = sum(path.stat().st_size for path in root.rglob("*.yaml")) / 1e6
        only = ["--only", "schema/*,references/*"]
        ours = measure([mintage, "validate", folder, *only], root)
        rows = {
            "schemas and references": ours,
            "all checks": measure([mintage, "validate", folder, "--fail-on", "error"], root),
            "PyYAML and jsonschema, no references": measure([sys.executable, "-c", PEER, folder], root),
        }
        for name, cost in rows.items():
            print(f"{whole:6} manifests, {size:.1f} MB  {name:<38} {cost}")
        print(
            f"{whole:6} manifests          ratio {_ratio(ours, rows['PyYAML and jsonschema, no references'])}"
        )


def _ratio(ours: Cost, peer: Cost) -> str:
    return f"{ours.cpu / peer.cpu:.2f} of the peer's CPU, {ours.peak / peer.peak:.2f} of its memory"


if __name__ == "__main__":
    for argument in sys.argv[1:] or ["2000"]:
        bench(int(argument))
