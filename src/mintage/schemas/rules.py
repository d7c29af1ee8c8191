"""What the API server enforces and the published schemas do not say, by the name of the definition.

Facts: the field descriptions of the published OpenAPI of Kubernetes 1.25 to 1.37 ("One of Always, Never, ...") and
`pkg/apis/{core,apps,batch,autoscaling,networking,policy,rbac}/validation` of kubernetes/kubernetes. A field that
defaults may be empty or null. Properties that a minor version does not have are passed over. What concerns several
fields or objects at once is the business of checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.schemas.tighten import WANT

if TYPE_CHECKING:
    from mintage.schemas.nodes import Schema

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_CORE = "io.k8s.api.core.v1."
_APPS = "io.k8s.api.apps.v1."
_BATCH = "io.k8s.api.batch.v1."
_NETWORKING = "io.k8s.api.networking.v1."
_SCALING = "io.k8s.api.autoscaling.v2."
_RBAC = "io.k8s.api.rbac.v1."
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_SUFFIX = r"(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_A_QUANTITY = "a quantity such as 500m, 1.5 or 2Gi"

REPLACED: dict[str, Schema] = {
    # apimachinery's resource.Quantity and intstr.IntOrString read null as zero.
    _QUANTITY: {
        "type": ["string", "number", "null"],
        "pattern": f"^[+-]?{_NUMBER}{_SUFFIX}",
        WANT: _A_QUANTITY,
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["integer", "string", "null"]},
}


def _one_of(*words: str) -> Schema:
    return {"enum": [*words, "", None]}


def _exactly(*words: str) -> Schema:
    return {"enum": list(words)}


def _between(least: int, most: int) -> Schema:
    return {"minimum": least, "maximum": most}


def _fields(**fields: Schema) -> Schema:
    return {"properties": fields}


_NOT_NEGATIVE: Schema = {"minimum": 0}
_POSITIVE: Schema = {"minimum": 1}
_PORT = _between(1, 65535)
_PORT_OR_UNSET = _between(0, 65535)
_PORT_OR_NAME: Schema = {
    **_PORT,
    "maxLength": 15,
    "pattern": "^[a-z0-9-]*[a-z][a-z0-9-]*$",
    WANT: "a port from 1 to 65535, or the name of one, in which a letter stands",
}
_TARGET: Schema = {**_PORT_OR_NAME, "minimum": 0, "pattern": f"^$|{_PORT_OR_NAME['pattern']}"}
_MODE: Schema = {**_between(0, 0o777), WANT: "file permissions from 0 to 0777, octal (511)"}
_PROTOCOL = _one_of("TCP", "UDP", "SCTP")
_PULL = _one_of("Always", "IfNotPresent", "Never")
_PORT_NAME: Schema = {
    "maxLength": 15,
    "pattern": "^[a-z0-9-]*[a-z][a-z0-9-]*$|^$",
    WANT: "at most 15 lower-case letters, digits and `-`, with a letter",
}
_AMOUNTS: Schema = {
    "additionalProperties": {
        "type": ["string", "number", "null"],
        "pattern": f"^[+]?{_NUMBER}{_SUFFIX}",
        "minimum": 0,
        WANT: f"{_A_QUANTITY}, not negative",
    }
}
_NONEMPTY: Schema = {"minLength": 1}
_ACCESS: Schema = {"items": _exactly("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")}
_VOLUME_MODE = _one_of("Filesystem", "Block")
_TRAFFIC = _one_of("Cluster", "Local")
_PROFILE = _exactly("Localhost", "RuntimeDefault", "Unconfined")
_AFFINITY = _one_of("Honor", "Ignore")


def _template(*policies: str, required: bool = False) -> Schema:
    """Return what a template's pods may do when they end; Always is the default."""
    pods = _fields(restartPolicy=_exactly(*policies) if required else _one_of(*policies))
    if required:
        pods["required"] = ["restartPolicy"]
    return _fields(template={"allOf": [_fields(spec=pods)]})


_CONTAINER: Schema = {
    "required": ["image"],
    **_fields(
        imagePullPolicy=_PULL,
        restartPolicy=_one_of("Always", "OnFailure", "Never"),
        terminationMessagePolicy=_one_of("File", "FallbackToLogsOnError"),
        name=_NONEMPTY,
        image=_NONEMPTY,
    ),
}
_ALWAYS = _template("Always")

ADDED: dict[str, Schema] = {
    f"{_CORE}Container": _CONTAINER,
    f"{_CORE}EphemeralContainer": _CONTAINER,
    f"{_CORE}ContainerPort": _fields(
        containerPort=_PORT, hostPort=_PORT_OR_UNSET, protocol=_PROTOCOL, name=_PORT_NAME
    ),
    f"{_CORE}ContainerResizePolicy": _fields(
        resourceName=_exactly("cpu", "memory"), restartPolicy=_one_of("NotRequired", "RestartContainer")
    ),
    f"{_CORE}EnvVar": _fields(name=_NONEMPTY),
    f"{_CORE}HTTPGetAction": _fields(scheme=_one_of("HTTP", "HTTPS"), port=_PORT_OR_NAME),
    f"{_CORE}TCPSocketAction": _fields(port=_PORT_OR_NAME),
    f"{_CORE}GRPCAction": _fields(port=_PORT),
    f"{_CORE}Probe": _fields(
        initialDelaySeconds=_NOT_NEGATIVE,
        timeoutSeconds=_NOT_NEGATIVE,
        periodSeconds=_NOT_NEGATIVE,
        successThreshold=_NOT_NEGATIVE,
        failureThreshold=_NOT_NEGATIVE,
        terminationGracePeriodSeconds=_POSITIVE,
    ),
    f"{_CORE}ResourceRequirements": _fields(limits=_AMOUNTS, requests=_AMOUNTS),
    f"{_CORE}VolumeResourceRequirements": _fields(limits=_AMOUNTS, requests=_AMOUNTS),
    f"{_CORE}PodSpec": _fields(
        containers={"minItems": 1},
        restartPolicy=_one_of("Always", "OnFailure", "Never"),
        dnsPolicy=_one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        preemptionPolicy=_one_of("PreemptLowerPriority", "Never"),
        activeDeadlineSeconds=_POSITIVE,
    ),
    f"{_CORE}PodSecurityContext": _fields(
        runAsUser=_NOT_NEGATIVE,
        runAsGroup=_NOT_NEGATIVE,
        fsGroup=_NOT_NEGATIVE,
        fsGroupChangePolicy=_one_of("OnRootMismatch", "Always"),
        supplementalGroupsPolicy=_one_of("Merge", "Strict"),
        seLinuxChangePolicy=_one_of("MountOption", "Recursive"),
    ),
    f"{_CORE}SecurityContext": _fields(
        runAsUser=_NOT_NEGATIVE, runAsGroup=_NOT_NEGATIVE, procMount=_one_of("Default", "Unmasked")
    ),
    f"{_CORE}SeccompProfile": _fields(type=_PROFILE),
    f"{_CORE}AppArmorProfile": _fields(type=_PROFILE),
    f"{_CORE}Toleration": _fields(
        effect=_one_of("NoSchedule", "PreferNoSchedule", "NoExecute"),
        operator=_one_of("Exists", "Equal", "Lt", "Gt"),
    ),
    f"{_CORE}Taint": _fields(effect=_exactly("NoSchedule", "PreferNoSchedule", "NoExecute")),
    f"{_CORE}NodeSelectorRequirement": _fields(
        operator=_exactly("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
    ),
    f"{_META}LabelSelectorRequirement": _fields(operator=_exactly("In", "NotIn", "Exists", "DoesNotExist")),
    f"{_CORE}PreferredSchedulingTerm": _fields(weight=_between(1, 100)),
    f"{_CORE}WeightedPodAffinityTerm": _fields(weight=_between(1, 100)),
    f"{_CORE}PodAffinityTerm": _fields(topologyKey=_NONEMPTY),
    f"{_CORE}TopologySpreadConstraint": _fields(
        maxSkew=_POSITIVE,
        minDomains=_POSITIVE,
        topologyKey=_NONEMPTY,
        whenUnsatisfiable=_exactly("DoNotSchedule", "ScheduleAnyway"),
        nodeAffinityPolicy=_AFFINITY,
        nodeTaintsPolicy=_AFFINITY,
    ),
    f"{_CORE}VolumeMount": _fields(
        name=_NONEMPTY,
        mountPath=_NONEMPTY,
        mountPropagation=_one_of("None", "HostToContainer", "Bidirectional"),
        recursiveReadOnly=_one_of("Disabled", "IfPossible", "Enabled"),
    ),
    f"{_CORE}Volume": _fields(name=_NONEMPTY),
    f"{_CORE}ConfigMapVolumeSource": _fields(defaultMode=_MODE),
    f"{_CORE}SecretVolumeSource": _fields(defaultMode=_MODE),
    f"{_CORE}DownwardAPIVolumeSource": _fields(defaultMode=_MODE),
    f"{_CORE}ProjectedVolumeSource": _fields(defaultMode=_MODE),
    f"{_CORE}KeyToPath": _fields(mode=_MODE),
    f"{_CORE}EmptyDirVolumeSource": _fields(
        medium={
            "pattern": "^(?:Memory|HugePages(?:-.+)?)?$",
            WANT: "Memory, HugePages, HugePages-<size> or nothing",
        }
    ),
    f"{_CORE}HostPathVolumeSource": _fields(
        type=_one_of(
            "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice"
        )
    ),
    f"{_CORE}ImageVolumeSource": _fields(pullPolicy=_PULL),
    f"{_CORE}ServiceSpec": _fields(
        type=_one_of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
        sessionAffinity=_one_of("None", "ClientIP"),
        externalTrafficPolicy=_TRAFFIC,
        internalTrafficPolicy=_TRAFFIC,
        ipFamilyPolicy=_one_of("SingleStack", "PreferDualStack", "RequireDualStack"),
        ipFamilies={"items": _exactly("IPv4", "IPv6")},
    ),
    f"{_CORE}ServicePort": _fields(
        port=_PORT, nodePort=_PORT_OR_UNSET, targetPort=_TARGET, protocol=_PROTOCOL
    ),
    f"{_CORE}PersistentVolumeClaimSpec": {
        "required": ["accessModes", "resources"],
        **_fields(
            accessModes={**_ACCESS, "minItems": 1},
            volumeMode=_VOLUME_MODE,
            resources={"required": ["requests"], **_fields(requests={"required": ["storage"]})},
        ),
    },
    f"{_CORE}PersistentVolumeSpec": {
        "required": ["accessModes", "capacity"],
        **_fields(
            accessModes={**_ACCESS, "minItems": 1},
            capacity={**_AMOUNTS, "required": ["storage"]},
            volumeMode=_VOLUME_MODE,
            persistentVolumeReclaimPolicy=_one_of("Retain", "Delete", "Recycle"),
        ),
    },
    f"{_APPS}DeploymentSpec": _fields(
        replicas=_NOT_NEGATIVE,
        minReadySeconds=_NOT_NEGATIVE,
        revisionHistoryLimit=_NOT_NEGATIVE,
        progressDeadlineSeconds=_NOT_NEGATIVE,
        **_ALWAYS["properties"],
    ),
    f"{_APPS}DeploymentStrategy": {
        **_fields(type=_one_of("RollingUpdate", "Recreate")),
        "if": {"required": ["type"], **_fields(type={"const": "Recreate"})},
        "then": _fields(rollingUpdate={"type": "null", WANT: "nothing, because `type` is Recreate"}),
    },
    f"{_APPS}ReplicaSetSpec": _fields(
        replicas=_NOT_NEGATIVE, minReadySeconds=_NOT_NEGATIVE, **_ALWAYS["properties"]
    ),
    f"{_APPS}StatefulSetSpec": _fields(
        replicas=_NOT_NEGATIVE,
        minReadySeconds=_NOT_NEGATIVE,
        revisionHistoryLimit=_NOT_NEGATIVE,
        podManagementPolicy=_one_of("OrderedReady", "Parallel"),
        **_ALWAYS["properties"],
    ),
    f"{_APPS}StatefulSetUpdateStrategy": _fields(type=_one_of("RollingUpdate", "OnDelete")),
    f"{_APPS}StatefulSetPersistentVolumeClaimRetentionPolicy": _fields(
        whenDeleted=_one_of("Retain", "Delete"), whenScaled=_one_of("Retain", "Delete")
    ),
    f"{_APPS}DaemonSetSpec": _fields(
        minReadySeconds=_NOT_NEGATIVE, revisionHistoryLimit=_NOT_NEGATIVE, **_ALWAYS["properties"]
    ),
    f"{_APPS}DaemonSetUpdateStrategy": _fields(type=_one_of("RollingUpdate", "OnDelete")),
    f"{_BATCH}JobSpec": _fields(
        parallelism=_NOT_NEGATIVE,
        completions=_NOT_NEGATIVE,
        backoffLimit=_NOT_NEGATIVE,
        activeDeadlineSeconds=_NOT_NEGATIVE,
        ttlSecondsAfterFinished=_NOT_NEGATIVE,
        completionMode=_one_of("NonIndexed", "Indexed"),
        podReplacementPolicy=_one_of("TerminatingOrFailed", "Failed"),
        **_template("OnFailure", "Never", required=True)["properties"],
    ),
    f"{_BATCH}CronJobSpec": _fields(
        schedule=_NONEMPTY,
        concurrencyPolicy=_one_of("Allow", "Forbid", "Replace"),
        failedJobsHistoryLimit=_NOT_NEGATIVE,
        successfulJobsHistoryLimit=_NOT_NEGATIVE,
        startingDeadlineSeconds=_NOT_NEGATIVE,
    ),
    f"{_SCALING}HorizontalPodAutoscalerSpec": _fields(minReplicas=_NOT_NEGATIVE, maxReplicas=_POSITIVE),
    f"{_SCALING}MetricSpec": _fields(
        type=_exactly("ContainerResource", "External", "Object", "Pods", "Resource")
    ),
    f"{_SCALING}MetricTarget": _fields(
        type=_exactly("Utilization", "Value", "AverageValue"), averageUtilization=_POSITIVE
    ),
    f"{_SCALING}HPAScalingRules": _fields(
        selectPolicy=_one_of("Max", "Min", "Disabled"), stabilizationWindowSeconds=_between(0, 3600)
    ),
    f"{_SCALING}HPAScalingPolicy": _fields(
        type=_exactly("Pods", "Percent"), value=_POSITIVE, periodSeconds=_between(1, 1800)
    ),
    f"{_NETWORKING}NetworkPolicySpec": _fields(policyTypes={"items": _exactly("Ingress", "Egress")}),
    f"{_NETWORKING}NetworkPolicyPort": _fields(port=_PORT_OR_NAME, endPort=_PORT, protocol=_PROTOCOL),
    f"{_NETWORKING}HTTPIngressPath": _fields(pathType=_exactly("Exact", "Prefix", "ImplementationSpecific")),
    f"{_NETWORKING}ServiceBackendPort": _fields(number=_PORT_OR_UNSET),
    "io.k8s.api.policy.v1.PodDisruptionBudgetSpec": _fields(
        unhealthyPodEvictionPolicy=_one_of("IfHealthyBudget", "AlwaysAllow")
    ),
    f"{_RBAC}RoleRef": _fields(
        kind=_exactly("Role", "ClusterRole"),
        apiGroup=_exactly("rbac.authorization.k8s.io", ""),
        name=_NONEMPTY,
    ),
    f"{_RBAC}Subject": {
        **_fields(kind=_exactly("User", "Group", "ServiceAccount"), name=_NONEMPTY),
        "if": {"required": ["kind"], **_fields(kind={"const": "ServiceAccount"})},
        "then": {"required": ["namespace"]},
    },
    f"{_RBAC}PolicyRule": _fields(verbs={"minItems": 1}),
    "io.k8s.api.storage.v1.StorageClass": _fields(
        provisioner=_NONEMPTY,
        reclaimPolicy=_one_of("Retain", "Delete", "Recycle"),
        volumeBindingMode=_one_of("Immediate", "WaitForFirstConsumer"),
    ),
    "io.k8s.api.scheduling.v1.PriorityClass": _fields(
        preemptionPolicy=_one_of("PreemptLowerPriority", "Never")
    ),
}

# Lists in which an item must not stand twice, by the fields that tell items apart; published are more lists of this
# kind, but the server only warns of two ports or variables of one name.
UNIQUE: dict[str, dict[str, list[list[str]]]] = {
    f"{_CORE}PodSpec": {
        "containers": [["name"]],
        "initContainers": [["name"]],
        "ephemeralContainers": [["name"]],
        "volumes": [["name"]],
        "resourceClaims": [["name"]],
        "topologySpreadConstraints": [["topologyKey", "whenUnsatisfiable"]],
    },
    f"{_CORE}Container": {"volumeMounts": [["mountPath"]], "volumeDevices": [["devicePath"]]},
    f"{_CORE}EphemeralContainer": {"volumeMounts": [["mountPath"]], "volumeDevices": [["devicePath"]]},
    f"{_CORE}ServiceSpec": {"ports": [["port", "protocol"], ["name"]]},
}
# What an absent field of a list's key means.
KEY_DEFAULTS: dict[str, str] = {"protocol": "TCP"}

A_NAME = "a `name` (or a `generateName`)"
_NAMED: Schema = {"type": "string", "minLength": 1}
WITH_NAME: Schema = {
    "required": ["metadata"],
    "properties": {
        "metadata": {
            "type": "object",
            "anyOf": [
                {"required": ["name"], "properties": {"name": _NAMED}},
                {"required": ["generateName"], "properties": {"generateName": _NAMED}},
            ],
            WANT: A_NAME,
        }
    },
}
ROOTS_WITHOUT_NAME = frozenset({"authentication.k8s.io", "authorization.k8s.io"})  # reviews are never stored
