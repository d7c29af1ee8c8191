"""Valid manifests of many kinds of Kubernetes itself, rich in fields (tests only)."""

from __future__ import annotations

from typing import Any

import yaml

_POD = """
      serviceAccountName: web
      terminationGracePeriodSeconds: 30
      securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
      nodeSelector: {pool: gpu}
      tolerations: [{key: gpu, operator: Equal, value: "true", effect: NoSchedule}]
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a, b]}]}]
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - {weight: 50, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}}
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      initContainers:
      - {name: fetch, image: "registry.test/fetch:1", command: [fetch], volumeMounts: [{name: data, mountPath: /data}]}
      containers:
      - name: web
        image: registry.test/web:1
        imagePullPolicy: IfNotPresent
        args: [--port=8080]
        env:
        - {name: A, value: "1"}
        - {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}
        - {name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        envFrom: [{configMapRef: {name: c}}]
        ports: [{name: http, containerPort: 8080, protocol: TCP}]
        resources: {limits: {cpu: 500m, memory: 1Gi, nvidia.com/gpu: 1}, requests: {cpu: 0.25, memory: 512Mi}}
        readinessProbe: {httpGet: {path: /, port: http, scheme: HTTP}, periodSeconds: 5}
        livenessProbe: {tcpSocket: {port: 8080}, initialDelaySeconds: 9}
        startupProbe: {exec: {command: [ready]}, failureThreshold: 30}
        lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
        volumeMounts: [{name: data, mountPath: /data, readOnly: true}, {name: shm, mountPath: /dev/shm}]
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: data}}
      - {name: shm, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
      - {name: conf, configMap: {name: c, defaultMode: 420, items: [{key: a, path: b}]}}
      - {name: all, projected: {sources: [{secret: {name: s}}, {downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]}}
"""
_TEMPLATE = f"""
    metadata: {{labels: {{app: web}}, annotations: {{note: x}}}}
    spec:{_POD}"""
_CORPUS = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, labels: {{app: web}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  strategy: {{type: RollingUpdate, rollingUpdate: {{maxSurge: 1, maxUnavailable: 25%}}}}
  template:{_TEMPLATE}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web}}
spec:
  replicas: 2
  serviceName: web
  podManagementPolicy: Parallel
  selector: {{matchExpressions: [{{key: app, operator: In, values: [web]}}]}}
  volumeClaimTemplates:
  - {{metadata: {{name: data}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}}}
  template:{_TEMPLATE}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  updateStrategy: {{type: OnDelete}}
  template:{_TEMPLATE}
---
apiVersion: batch/v1
kind: Job
metadata: {{generateName: job-}}
spec:
  backoffLimit: 3
  completions: 1
  ttlSecondsAfterFinished: 100
  template:{_TEMPLATE}
      restartPolicy: Never
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: nightly}}
spec:
  schedule: 0 3 * * *
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template: {{spec: {{restartPolicy: OnFailure, containers: [{{name: a, image: b}}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: x, ownerReferences: [{{apiVersion: v1, kind: Node, name: n, uid: u}}]}}
spec: {{restartPolicy: Never, dnsPolicy: ClusterFirst, containers: [{{name: a, image: b}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: web, annotations: {{a: b}}}}
spec:
  type: NodePort
  sessionAffinity: ClientIP
  sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 60}}}}
  ipFamilies: [IPv4]
  selector: {{app: web}}
  ports: [{{name: http, port: 80, targetPort: http, nodePort: 30080, protocol: TCP}}, {{name: m, port: 90, targetPort: 9090}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: c}}
immutable: false
data: {{a: b, c.yaml: "x: 1"}}
binaryData: {{b: aGVsbG8=}}
---
apiVersion: v1
kind: Secret
metadata: {{name: s}}
type: Opaque
data: {{k: aGVsbG8=}}
stringData: {{l: hello}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data}}
spec:
  accessModes: [ReadWriteMany]
  volumeMode: Filesystem
  storageClassName: fast
  resources: {{requests: {{storage: 10Gi}}, limits: {{storage: 20Gi}}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {{name: data}}
spec:
  accessModes: [ReadWriteOnce]
  capacity: {{storage: 10Gi}}
  persistentVolumeReclaimPolicy: Retain
  nfs: {{server: nfs.test, path: /}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: web}}
automountServiceAccountToken: false
imagePullSecrets: [{{name: pull}}]
---
apiVersion: v1
kind: Namespace
metadata: {{name: x, labels: {{team: a}}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {{name: q}}
spec: {{hard: {{requests.cpu: "10", pods: 5}}, scopes: [NotTerminating]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: r, namespace: x}}
rules: [{{apiGroups: [""], resources: [pods], verbs: [get, list]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: r}}
aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{a: b}}}}]}}
rules: [{{nonResourceURLs: [/metrics], verbs: [get]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: r, namespace: x}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}}
subjects: [{{kind: ServiceAccount, name: web, namespace: x}}, {{kind: Group, name: g, apiGroup: rbac.authorization.k8s.io}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: n}}
spec:
  podSelector: {{matchLabels: {{app: web}}}}
  policyTypes: [Ingress, Egress]
  ingress: [{{from: [{{podSelector: {{}}}}, {{ipBlock: {{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}}}], ports: [{{port: 80, protocol: TCP}}]}}]
  egress: [{{to: [{{namespaceSelector: {{matchLabels: {{a: b}}}}}}], ports: [{{port: 1, endPort: 9}}]}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: i}}
spec:
  ingressClassName: nginx
  tls: [{{hosts: [a.test], secretName: tls}}]
  rules: [{{host: a.test, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: h}}
spec:
  minReplicas: 1
  maxReplicas: 3
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  behavior: {{scaleDown: {{stabilizationWindowSeconds: 60, policies: [{{type: Pods, value: 1, periodSeconds: 15}}]}}}}
  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 80}}}}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: p}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: web}}}}, unhealthyPodEvictionPolicy: AlwaysAllow}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {{name: fast}}
provisioner: csi.test
reclaimPolicy: Delete
volumeBindingMode: WaitForFirstConsumer
parameters: {{type: ssd}}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {{name: high}}
value: 1000
preemptionPolicy: Never
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: boxes.example.io}}
spec:
  group: example.io
  scope: Namespaced
  names: {{kind: Box, plural: boxes}}
  versions:
  - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object}}}}}}}}}}
"""


def corpus() -> list[dict[str, Any]]:
    """Return the manifests."""
    return list(yaml.safe_load_all(_CORPUS))


def manifest(kind: str) -> dict[str, Any]:
    """Return the manifest of a kind."""
    return next(each for each in corpus() if each["kind"] == kind)
