"""Promises of the checks of what Argo CD delivers where their logic is subtle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mintage.check import gitops
from mintage.check.gitops.applications import normal
from mintage.check.run import findings
from mintage.spec.validation import Externals
from mintage.tree.tree import of_documents
from tree.planted import DEPLOYMENT, planted

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.tree.tree import Tree

URL = "https://github.com/acme/serving.git"


def application(name: str = "serving", path: str = "deploy", **spec: Any) -> dict[str, Any]:
    """Return an Application of Argo CD."""
    source = {"repoURL": URL, "path": path, **spec.pop("source", {})}
    destination = {
        "server": "https://kubernetes.default.svc",
        "namespace": "serving",
        **spec.pop("destination", {}),
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"project": "serving", "source": source, "destination": destination, **spec},
    }


def project(**spec: Any) -> dict[str, Any]:
    """Return an AppProject that allows nothing but what is said."""
    defaults = {"sourceRepos": [URL], "destinations": [{"server": "*", "namespace": "serving"}]}
    metadata = {"name": "serving", "namespace": "argocd"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": metadata,
        "spec": {**defaults, **spec},
    }


def thing(kind: str, version: str = "v1", name: str = "a", **more: Any) -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **more}}


def ids(tree: Tree) -> list[str]:
    """Return the ids of what is found."""
    return [hit.id for hit in findings(tree, gitops.CHECKS)]


@pytest.mark.parametrize(
    ("item", "spec", "denied"),
    [
        (thing("ConfigMap"), {}, False),  # without a list every kind with a namespace is allowed
        (thing("ConfigMap"), {"namespaceResourceWhitelist": []}, True),
        (thing("ConfigMap"), {"namespaceResourceWhitelist": [{"group": "", "kind": "Config*"}]}, False),
        (thing("ConfigMap"), {"namespaceResourceBlacklist": [{"group": "*", "kind": "*"}]}, True),
        (thing("Namespace"), {}, True),  # without a list no kind without a namespace is
        (thing("Namespace"), {"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, False),
        (thing("Namespace"), {"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "b"}]}, True),
        (thing("Thing", "acme.com/v1"), {"namespaceResourceWhitelist": []}, True),
        (thing("Thing", "acme.com/v1"), {}, False),  # if it has a namespace it is allowed
    ],
)  # fmt: skip
def test_kinds_are_allowed_as_argo_cd_allows_them(
    item: dict[str, Any], spec: dict[str, Any], denied: bool
) -> None:
    """A custom kind whose scope is not known is denied only if it is either way."""
    tree = of_documents({"argo": [application(), project(**spec)], "deploy": [item]})
    assert ids(tree) == (["argo-project-kind-denied"] if denied else [])


@pytest.mark.parametrize(
    ("destinations", "target", "denied"),
    [
        ([{"server": "*", "namespace": "*"}], {}, False),
        ([{"name": "in-cluster", "namespace": "serving"}], {}, False),
        ([{"server": "https://kubernetes.default.svc", "namespace": "serving"}], {"server": None, "name": "in-cluster"}, False),
        ([{"server": "https://other", "namespace": "serving"}], {}, True),
        ([{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!serving"}], {}, True),
        ([{"server": "*", "namespace": "!kube-system"}], {}, False),
        ([{"server": "*", "namespace": "other"}], {"namespace": "{{ns}}"}, False),
        ([{"server": "*", "namespace": "{serving,prod}"}], {}, False),
        ([{"server": "*", "namespace": "{dev,prod}-*"}], {"namespace": "prod-a"}, False),
        ([{"server": "*", "namespace": "{dev,prod}-*"}], {}, True),
        ([{"server": "*", "namespace": "{dev,{a,b}}"}], {}, False),  # nested: not translated
        ([{"name": "prod", "namespace": "*"}], {"server": "https://prod"}, False),  # may be one cluster
        ([{"server": "https://prod", "namespace": "*"}], {"server": None, "name": "prod"}, False),
        ([{"name": "prod", "namespace": "other"}], {"server": "https://prod"}, True),
        ([{"name": "prod", "namespace": "*"}], {}, True),  # the own cluster has both names
        ([{"server": "*", "namespace": "*"}, {"server": "https://other", "namespace": "!serving"}], {}, False),
        ([{"server": "*", "namespace": "*"}, {"server": "!https://kubernetes.default.svc", "namespace": "other"}], {}, False),
        ([{"server": "*", "namespace": "*"}, {"server": "!https://kubernetes.default.svc", "namespace": "*"}], {}, True),
    ],
)  # fmt: skip
def test_destinations_are_allowed_as_argo_cd_allows_them(
    destinations: list[dict[str, str]], target: dict[str, Any], denied: bool
) -> None:
    """Wildcards, denials, and both names of the own cluster; a template is not judged."""
    tree = of_documents({"argo": [application(destination=target), project(destinations=destinations)]})
    assert ids(tree) == (["argo-project-destination-denied"] if denied else [])


def test_an_object_in_another_namespace_is_judged_by_its_own() -> None:
    """The project must allow that one, too."""
    tree = of_documents(
        {"argo": [application(), project()], "deploy": [thing("ConfigMap", namespace="other")]}
    )
    assert ids(tree) == ["argo-project-destination-denied"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://github.com/Acme/serving.git", "git@github.com:acme/serving"),
        ("ssh://git@github.com/acme/serving.git", "https://token@github.com/acme/serving/"),
    ],
)
def test_an_address_is_the_same_in_every_spelling(one: str, other: str) -> None:
    """HTTPS or SSH, with a user or without, with `.git` or without."""
    assert normal(one) == normal(other) == "github.com/acme/serving"


def test_the_same_objects_on_two_clusters_do_not_overlap() -> None:
    """Nor in two namespaces of one cluster."""
    elsewhere = application("b", destination={"server": "https://other"})
    aside = application("c", destination={"namespace": "aside"})
    assert (
        ids(of_documents({"argo": [application("a"), elsewhere, aside], "deploy": [thing("ConfigMap")]}))
        == []
    )
    both = of_documents({"argo": [application("a"), application("b")], "deploy": [thing("ConfigMap")]})
    assert ids(both) == ["argo-app-overlap"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ["argo-job-ttl-selfheal"]),
        ({"metadata": {"name": "a-1.2.0", "annotations": {"helm.sh/hook": "pre-install"}}}, []),
        ({"spec": {}}, []),
        ({"spec": {"ttlSecondsAfterFinished": "600"}}, []),
    ],
)
def test_a_job_that_vanishes_is_made_again(change: dict[str, Any], found: list[str]) -> None:
    """Unless it is a hook; a malformed time is the schema's business."""
    job = {**thing("Job", "batch/v1", "a-1.2.0"), "spec": {"ttlSecondsAfterFinished": 60}, **change}
    heals = application(syncPolicy={"automated": {"selfHeal": True}})
    assert ids(of_documents({"argo": [heals], "deploy": [job]})) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ({"targetRevision": "v1"}, False),
        ({"targetRevision": "main"}, True),
        ({"chart": "x", "targetRevision": "1.2.3-next"}, False),
        ({"chart": "x", "targetRevision": "1.x"}, True),
        ({"chart": "x", "targetRevision": "^1.2"}, True),
    ],
)
def test_production_follows_no_moving_revision(source: dict[str, str], found: bool) -> None:
    """A branch, or a range of chart versions, with automatic sync."""
    tree = of_documents({"argo": [application("serving-prod", source=source, syncPolicy={"automated": {}})]})
    assert ids(tree) == (["argo-targetrevision-head"] if found else [])


def test_deliveries_by_templates_and_by_flux_count(tmp_path: Path) -> None:
    """An ApplicationSet's parameters stand for any text; what nothing delivers is worth knowing."""
    files = {f"deploy/{name}/kustomization.yaml": "resources: [a.yaml]\n" for name in ("a", "b")}
    files |= {f"deploy/{name}/a.yaml": DEPLOYMENT for name in ("a", "b")}
    appset = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: x}\nspec:\n  generators:\n  - git: {directories: [{path: 'deploy/{}'}]}\n"
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\nspec: {path: ./deploy/a}\n"
    assert "gitops-root-undeployed" not in ids(
        planted(tmp_path / "x", {**files, "argo/x.yaml": appset.replace("{}", "*")})
    )
    assert ids(planted(tmp_path / "y", {**files, "argo/x.yaml": flux})) == ["gitops-root-undeployed"]


@pytest.mark.parametrize(
    ("name", "model", "found"),
    [
        ("qwen25-7b", "Qwen/Qwen2.5-7B-Instruct", False),
        ("qwen25-7b", "meta-llama/Llama-3.1-8B", True),
        ("llama-70b", "meta-llama/Llama-3.1-8B", True),
        ("qwen-0-5b", "Qwen/Qwen2.5-0.5B", False),
        ("deepseek-qwen-7b", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", False),
        ("mixtral-8x7b", "mistralai/Mixtral-8x7B-v0.1", False),
        ("chat", "Qwen/Qwen2.5-7B-Instruct", False),
        ("qwen-7b", "/models/llama", False),
        ("qwen-7b", "$(MODEL)", False),
        ("graphite-proxy", "Qwen/Qwen2.5-7B-Instruct", False),
    ],
)
def test_a_name_is_compared_with_the_model(name: str, model: str, found: bool) -> None:
    """Family and size; what does not say is not judged."""
    container = {"name": "c", "args": ["--model", model]}
    server = {
        **thing("InferenceService", "serving.kserve.io/v1beta1", name),
        "spec": {"predictor": {"containers": [container]}},
    }
    assert ids(of_documents({"a": [server]})) == (["name-model-mismatch"] if found else [])


def test_a_smaller_model_may_stand_in_for_one_environment() -> None:
    """Where another environment loads what the name says."""

    def server(model: str) -> dict[str, Any]:
        spec = {"predictor": {"containers": [{"name": "c", "args": [f"--model={model}"]}]}}
        return {**thing("InferenceService", "serving.kserve.io/v1beta1", "qwen-32b"), "spec": spec}

    tree = of_documents({"dev": [server("Qwen/Qwen2.5-7B")], "prod": [server("Qwen/Qwen2.5-32B")]})
    assert ids(tree) == []


def test_definitions_are_missed_only_where_a_tree_installs_others() -> None:
    """A tree that says nothing of operators counts on its cluster for all."""
    queue = thing("LocalQueue", "kueue.x-k8s.io/v1beta1")
    assert ids(of_documents({"a": [queue]})) == []
    assert ids(of_documents({"a": [queue]}, externals=Externals(operators=("kuberay",)))) == [
        "crd-provider-missing"
    ]
    assert ids(of_documents({"a": [queue]}, externals=Externals(operators=("kueue-operator",)))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("kubectl apply -k deploy/prod\n", True),
        ("kubectl apply -n x -f deploy/prod.yaml | tail\n", True),
        ("kustomize build deploy/prod | kubectl apply -f -\n", True),
        ("kubectl apply -k overlays/dev\n", False),  # from inside `deploy`
        ("kubectl apply -f https://example.com/a/b.yaml\n", False),
        ("kubectl apply -k $DIR/prod\n", False),
        (
            "git clone https://example.com/x/other\nkubectl apply -k other/deploy\n",
            False,
        ),
        ("mkdir -p out/prod\nkubectl apply -k out/prod\n", False),
    ],
)
def test_commands_in_pages_lead_somewhere(tmp_path: Path, text: str, found: bool) -> None:
    """In code only; from the top, the page's folder, or a folder that a reader may stand in."""
    files = {"deploy/overlays/dev/a.yaml": DEPLOYMENT, "README.md": f"# A\n\n```sh\n{text}```\n"}
    assert ids(planted(tmp_path / "x", files)) == (["docs-path-missing"] if found else [])
    assert ids(planted(tmp_path / "y", {**files, "README.md": f"# A\n\n{text}"})) == []


@pytest.mark.parametrize(
    ("name", "model"), [("qwen3-06b", "Qwen/Qwen3-0.6B"), ("qwen2-15b", "Qwen/Qwen2-1.5B")]
)
def test_a_size_without_its_dot_is_the_same_size(name: str, model: str) -> None:
    """Names of objects have no dots in such names."""
    spec = {"model": {"uri": f"hf://{model}"}}
    item = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LLMInferenceService",
        "metadata": {"name": name},
        "spec": spec,
    }
    hits = findings(of_documents({"a": [item]}), gitops.CHECKS)
    assert [hit for hit in hits if hit.id == "name-model-mismatch"] == []


@pytest.mark.parametrize(
    ("path", "generator", "known"),
    [
        ("{{path}}", "git: {directories: [{path: 'deploy/a'}]}", True),
        ("{{ .path.path }}", "git: {directories: [{path: 'deploy/a'}]}", True),
        ("{{path}}", "git: {files: [{path: 'clusters/*.json'}]}", False),
        ("{{path}}", "git: {directories: [{path: '*'}]}", False),
        ("{{folder}}", "list: {elements: [{folder: deploy/a}]}", True),
        ("{{folder}}", "list: {elements: [{folder: deploy/a}, {name: b}]}", False),
        ("{{folder}}", "clusters: {}", False),
        ("deploy/a", "clusters: {}", True),
        ("{{folder}}", "matrix: {generators: [{clusters: {}}, {list: {elements: [{folder: deploy/a}]}}]}", True),
    ],
)  # fmt: skip
def test_a_path_that_nobody_knows_may_deliver_any_root(
    tmp_path: Path, path: str, generator: str, known: bool
) -> None:
    """Then no root is said to be forgotten, whatever else is delivered."""
    files = {f"deploy/{name}/kustomization.yaml": "resources: [a.yaml]\n" for name in ("a", "b")}
    files |= {f"deploy/{name}/a.yaml": DEPLOYMENT for name in ("a", "b")}
    files["argo/x.yaml"] = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: x}\nspec:\n"
        f"  generators:\n  - {generator}\n  template: {{spec: {{source: {{path: '{path}'}}}}}}\n"
    )
    files["argo/y.yaml"] = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: y}\nspec: {path: ./deploy/a}\n"
    )
    found = [hit for hit in ids(planted(tmp_path, files)) if hit == "gitops-root-undeployed"]
    assert found == (["gitops-root-undeployed"] if known else [])


def test_argo_cd_makes_no_namespace_that_the_application_delivers() -> None:
    """`CreateNamespace=true` leaves a delivered Namespace to its wave (gitops-engine, `autoCreateNamespace`)."""
    late = thing("Namespace", name="serving", annotations={"argocd.argoproj.io/sync-wave": "1"})
    makes = application(syncPolicy={"syncOptions": ["CreateNamespace=true"]})
    item = thing("ConfigMap", namespace="serving")
    assert ids(of_documents({"argo": [makes], "deploy": [late, item]})) == ["argo-wave-order"]
    assert ids(of_documents({"argo": [makes], "deploy": [item]})) == []
