"""Mutations for the checks of security."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from collections.abc import Callable

    from check.mutations.mutation import Objects

_MINIO = "Deployment zelda-rl-prod/minio"


def _pod(objects: Objects) -> Any:
    return objects.get("Deployment", "minio")["spec"]["template"]["spec"]


def _in_pod(**fields: Any) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        _pod(objects).update(fields)

    return change


def _in_context(**fields: Any) -> Callable[[Objects], None]:
    """Return a change of the container's securityContext; None takes a field out."""

    def change(objects: Objects) -> None:
        context = _pod(objects)["containers"][0]["securityContext"]
        context.update(fields)
        for name in [name for name, value in fields.items() if value is None]:
            del context[name]

    return change


def _volume(**source: Any) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        _pod(objects)["volumes"].append({"name": "models", **source})
        _pod(objects)["containers"][0]["volumeMounts"].append({"name": "models", "mountPath": "/models"})

    return change


def _host_port(objects: Objects) -> None:
    _pod(objects)["containers"][0]["ports"][0]["hostPort"] = 9000


def _password(objects: Objects) -> None:
    _pod(objects)["containers"][0]["env"].append({"name": "MINIO_KMS_SECRET_KEY", "value": "hunter2hunter2"})


def _token(objects: Objects) -> None:
    data = objects.get("ConfigMap", "zelda-rl-grafana-dashboard")["data"]
    data["datasource"] = "https://grafana:hunter2hunter2@prometheus:9090/"


def _empty_secret(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "minio-credentials"},
            "stringData": {"access-key": "", "secret-key": ""},
        }
    )


def _wildcard(objects: Objects) -> None:
    objects.get("Role", "rl-training")["rules"][-1]["verbs"] = ["*"]


def _secrets(objects: Objects) -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}
    objects.get("Role", "rl-training")["rules"].append(rule)


def _no_pods(objects: Objects) -> None:
    del objects.get("Role", "llm-d-gateway-epp")["rules"][0]


def _no_auth(objects: Objects) -> None:
    metadata = objects.get("InferenceService", "qwen25-7b")["metadata"]
    metadata["annotations"]["security.opendatahub.io/enable-auth"] = "false"


def _dev_mode(objects: Objects) -> None:
    pod = objects.get("Deployment", "qwen25-7b-decode")["spec"]["template"]["spec"]
    pod["containers"][0]["env"].append({"name": "VLLM_SERVER_DEV_MODE", "value": "1"})


_SYSCTL = {"sysctls": [{"name": "kernel.msgmax", "value": "65536"}]}
_PICKER = "Deployment zelda-rl-prod/qwen25-text-pool-epp"
MUTATIONS = (
    Mutation("secret-plaintext", _MINIO, _password),
    Mutation("secret-in-configmap", "ConfigMap zelda-rl-prod/zelda-rl-grafana-dashboard", _token),
    Mutation("secret-empty", "Secret zelda-rl-prod/minio-credentials", _empty_secret),
    Mutation("rbac-wildcard", "Role zelda-rl-prod/rl-training", _wildcard),
    Mutation("rbac-secrets-read", "Role zelda-rl-prod/rl-training", _secrets),
    Mutation("rbac-insufficient", _PICKER, _no_pods),
    Mutation("llm-auth-disabled", "InferenceService zelda-rl-prod/qwen25-7b", _no_auth),
    Mutation("admin-api-enabled", "Deployment zelda-rl-prod/qwen25-7b-decode", _dev_mode),
    Mutation("pss-host-process", _MINIO, _in_context(windowsOptions={"hostProcess": True})),
    Mutation("pss-host-namespaces", _MINIO, _in_pod(hostPID=True)),
    Mutation("pss-privileged", _MINIO, _in_context(privileged=True)),
    Mutation("pss-capabilities", _MINIO, _in_context(capabilities={"drop": ["ALL"], "add": ["SYS_PTRACE"]})),
    Mutation("pss-host-path", _MINIO, _volume(hostPath={"path": "/mnt/models"})),
    Mutation("pss-host-ports", _MINIO, _host_port),
    Mutation("pss-apparmor", _MINIO, _in_context(appArmorProfile={"type": "Unconfined"})),
    Mutation("pss-selinux", _MINIO, _in_context(seLinuxOptions={"type": "spc_t"})),
    Mutation("pss-proc-mount", _MINIO, _in_context(procMount="Unmasked")),
    Mutation("pss-sysctls", _MINIO, _in_pod(securityContext=_SYSCTL)),
    Mutation("pss-volume-types", _MINIO, _volume(nfs={"server": "nas", "path": "/models"})),
    Mutation("pss-privilege-escalation", _MINIO, _in_context(allowPrivilegeEscalation=None)),
    Mutation("pss-run-as-non-root", _MINIO, _in_context(runAsNonRoot=None)),
    Mutation("pss-run-as-user", _MINIO, _in_context(runAsUser=0)),
    Mutation("pss-seccomp", _MINIO, _in_context(seccompProfile=None)),
)
