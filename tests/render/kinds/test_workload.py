"""The objects of a Workload: what runs, what it is reached by, and what it keeps."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from kubernetes_schemas import errors
from mintage.render.kinds.workload import render
from mintage.render.scope import Scope, resolved
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.exports import Export
from mintage.spec.system import System
from mintage.spec.workload import Workload
from mintage.workspace.decoding import variants

SPECS = Path(__file__).parents[3] / "specs"
LAB = System(kind="System", name="lab")
STORE = """\
ports: {api: 9000, console: 9090}
volumes: {/data: {pvc: {size: 1Gi}}}
probes: {readiness: {path: /ready}}
buckets: {names: [first, second], image: registry.test/mc:1, secret: credentials}
"""


def objects(more: str = "", system: System = LAB) -> dict[str, dict[str, Any]]:
    """Return the objects of a workload called `web` by `Kind/name`."""
    document = read(
        "specs/web.yaml", f"kind: Workload\nname: web\nimage: registry.test/web:1\n{more}\n".encode()
    )
    layers = Layers((Layer(document),))
    store = Export(
        kind="Workload",
        name="store",
        component="storage",
        service="store",
        ports={"api": 9000},
        buckets=("b",),
    )
    scope = Scope(system, None, {"store": store})
    spec = decode(resolved(document.value, scope), Workload, layers)
    return {f"{m.kind}/{m.identity or m.name}": m.document for m in render(spec, scope)}


def pod(document: dict[str, Any]) -> dict[str, Any]:
    """Return the pod of a Deployment or Job."""
    found: dict[str, Any] = document["spec"]["template"]["spec"]
    return found


@pytest.mark.crds
@pytest.mark.parametrize(
    "more",
    [
        "",
        STORE,
        "run: job\nports: {metrics: 9400}\nheadless: true\nmetrics: {monitor: true}",
        "run: cron\njob: {schedule: 0 3 * * *}",
        "config: {a.txt: b}",
    ],
)
def test_the_objects_are_valid(more: str) -> None:
    """A server takes them as they are."""
    assert [error for document in objects(more).values() for error in errors(document)] == []


def test_a_service_is_a_deployment_and_without_ports_nothing_else() -> None:
    """What the spec does not ask for is not there."""
    assert list(objects()) == ["Deployment/web"]


def test_an_object_store_has_service_claim_and_bucket_job() -> None:
    """The Deployment comes first, and buckets are made by a job beside it."""
    assert list(objects(STORE)) == [
        "Deployment/web",
        "Service/web",
        "PersistentVolumeClaim/web-data",
        "Job/web-buckets",
    ]


def test_the_service_selects_the_pods_and_targets_their_named_ports() -> None:
    """Selector, labels and port names agree."""
    made = objects(STORE)
    service, deployment = made["Service/web"]["spec"], made["Deployment/web"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    assert deployment["selector"]["matchLabels"].items() <= labels.items()
    named = {
        port["name"]: port["containerPort"] for port in pod(made["Deployment/web"])["containers"][0]["ports"]
    }
    assert (
        {port["targetPort"]: port["port"] for port in service["ports"]}
        == named
        == {"api": 9000, "console": 9090}
    )


def test_a_claim_is_mounted_under_the_name_it_is_made_with() -> None:
    """The volume's claim and the PersistentVolumeClaim are the same."""
    (volume,) = pod(objects(STORE)["Deployment/web"])["volumes"]
    assert volume == {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}}


def test_a_probe_asks_the_first_port_by_default() -> None:
    """It is named, so that both change together."""
    container = pod(objects(STORE)["Deployment/web"])["containers"][0]
    assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "api"}


def test_recreate_is_written_and_the_default_is_not() -> None:
    """A claim for one node cannot be mounted by the next pod while the last one runs."""
    assert objects("strategy: Recreate")["Deployment/web"]["spec"]["strategy"] == {"type": "Recreate"}
    assert "strategy" not in objects()["Deployment/web"]["spec"]


def test_a_job_is_kept_when_it_has_finished() -> None:
    """One that vanished would be made, and run, again."""
    job = objects("run: job\njob: {retries: 2}")["Job/web"]
    assert job["spec"]["backoffLimit"] == 2
    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert pod(job)["restartPolicy"] == "OnFailure"


def test_a_job_may_go_after_a_while() -> None:
    """For delivery that does not look back."""
    assert (
        objects("run: job\njob: {keep: 600, deadline: 60}")["Job/web"]["spec"].items()
        >= {
            "ttlSecondsAfterFinished": 600,
            "activeDeadlineSeconds": 60,
        }.items()
    )


def test_a_cron_job_is_changed_in_place() -> None:
    """Runs do not overlap, and Argo CD need not replace it."""
    cron = objects("run: cron\njob: {schedule: 0 3 * * *}")["CronJob/web"]
    assert (cron["spec"]["schedule"], cron["spec"]["concurrencyPolicy"]) == ("0 3 * * *", "Forbid")
    assert "annotations" not in cron["metadata"]


def test_a_headless_service_has_no_address() -> None:
    """Prometheus finds a job's pod by it, and nothing calls it."""
    made = objects("run: job\nports: {metrics: 9400}\nheadless: true")
    assert made["Service/web"]["spec"]["clusterIP"] == "None"
    assert "clusterIP" not in objects(STORE)["Service/web"]["spec"]


def test_a_monitor_selects_the_service() -> None:
    """The labels and the port it asks for are those of the Service."""
    made = objects("ports: {metrics: 9400}\nmetrics: {monitor: true, interval: 15s}")
    monitor = made["ServiceMonitor/web"]["spec"]
    assert monitor["selector"]["matchLabels"].items() <= made["Service/web"]["metadata"]["labels"].items()
    assert monitor["endpoints"] == [{"port": "metrics", "path": "/metrics", "interval": "15s"}]


def test_pods_are_replaced_when_a_file_of_their_config_changes() -> None:
    """Programs read their files once; the digest in the template makes a new pod."""
    digests = [
        objects(f"config: {{a.txt: {text}}}")["Deployment/web"]["spec"]["template"]["metadata"]["annotations"]
        for text in ("one", "one", "two")
    ]
    assert digests[0] == digests[1] != digests[2]


def test_variables_hold_references_numbers_truths_and_secrets() -> None:
    """Kubernetes takes strings only, and never a secret's value."""
    env = pod(
        objects('env: {A: "@store", B: "@store#b", C: 1, D: true, E: {secret: s, key: k}}')["Deployment/web"]
    )["containers"][0]["env"]
    assert env == [
        {"name": "A", "value": "http://store:9000"},
        {"name": "B", "value": "b"},
        {"name": "C", "value": "1"},
        {"name": "D", "value": "true"},
        {"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]


def test_every_container_is_restricted_where_the_system_asks_for_it() -> None:
    """The bucket job's as well as the workload's own."""
    restricted = [
        pod(objects(STORE)[name])["containers"][0] for name in ("Deployment/web", "Job/web-buckets")
    ]
    free = objects(STORE, System(kind="System", name="lab", pod_security="none"))
    assert all(container["securityContext"]["runAsNonRoot"] for container in restricted)
    assert "securityContext" not in pod(free["Deployment/web"])["containers"][0]
    assert "securityContext" not in pod(free["Job/web-buckets"])["containers"][0]


def test_the_bucket_job_waits_for_the_store_and_creates_each_bucket(tmp_path: Path) -> None:
    """The script is run here with a client that answers at the second attempt."""
    job = objects(STORE)["Job/web-buckets"]
    container = pod(job)["containers"][0]
    log = tmp_path / "log"
    scripts = {
        "mc": f'echo "$@" >> {log}; [ "$1" != alias ] || [ "$(grep -c alias {log})" -gt 1 ]',
        "sleep": f'echo "sleep $1" >> {log}',
    }
    for name, body in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    endpoint = next(item["value"] for item in container["env"] if item["name"] == "ENDPOINT")
    env = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "ENDPOINT": endpoint,
        "ACCESS_KEY": "user",
        "SECRET_KEY": "word",
    }
    subprocess.run(container["command"], env=env, check=True, capture_output=True, timeout=20)
    assert log.read_text().splitlines() == [
        "alias set store http://web:9000 user word",
        "sleep 5",
        "alias set store http://web:9000 user word",
        "mb --ignore-existing store/first",
        "mb --ignore-existing store/second",
    ]


def test_a_bucket_that_cannot_be_made_fails_the_job(tmp_path: Path) -> None:
    """Kubernetes tries a failed job again; that the last bucket was made does not hide the first."""
    container = pod(objects(STORE)["Job/web-buckets"])["containers"][0]
    client = tmp_path / "mc"
    client.write_text('#!/bin/sh\n[ "$3" != store/first ]\n')
    client.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ENDPOINT": "e", "ACCESS_KEY": "a", "SECRET_KEY": "s"}
    assert (
        subprocess.run(container["command"], env=env, check=False, capture_output=True, timeout=20).returncode
        != 0
    )


def test_the_bucket_jobs_file_is_its_own() -> None:
    """Files are named by `{short}`, and the job is not the workload."""
    document = read("specs/web.yaml", f"kind: Workload\nname: web\nshort: w\nimage: i\n{STORE}".encode())
    spec = decode(document.value, Workload, Layers((Layer(document),)))
    shorts = {manifest.identity: manifest.short for manifest in render(spec, Scope(LAB, None, {}))}
    assert shorts["web-buckets"] == "w-buckets"


def test_the_platforms_object_store_keeps_data_except_in_dev() -> None:
    """Dev has scratch space and no claim left behind; the others have the claim."""
    document, root = (read(name, (SPECS / name).read_bytes()) for name in ("minio.yaml", "system.yaml"))
    system = decode(root.value, System, Layers((Layer(root),)))
    found = variants(document, system, root)
    for environment in ("dev", "staging", "prod"):
        spec = found[environment].spec
        assert isinstance(spec, Workload)
        made = {f"{m.kind}/{m.name}": m.document for m in render(spec, Scope(system, environment, {}))}
        (volume,) = pod(made["Deployment/minio"])["volumes"]
        assert ("PersistentVolumeClaim/minio-storage" in made) == (environment != "dev")
        assert ("emptyDir" in volume) == (environment == "dev")
        assert spec.exports().buckets == ("zelda-episodes", "zelda-models")
