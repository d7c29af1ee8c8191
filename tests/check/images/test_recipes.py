"""Recipes and references are judged by what they say, not by what they might mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from check.images.test_programs import found, messages, pod, tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "image",
    [
        "python",
        "python:3.12",
        "localhost:5000/a/b:1",
        "ghcr.io/acme/a_b-c.d__e:v1.0-rc.1",
        f"quay.io/a/b@sha256:{'0' * 64}",
        f"quay.io/a/b:1@sha256:{'0' * 64}",
        "$(IMAGE)",
        "{{ image }}",
        "<your-image>",
        " ",
    ],
)
def test_references_that_can_be_pulled_are_accepted(tmp_path: Path, image: str) -> None:
    """And those that something fills in."""
    assert messages("image-ref-invalid", tree(tmp_path, {}, pod(image))) == []


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("https://quay.io/a", "it begins with a scheme"),
        ("quay.io/Acme/a:1", "a repository is written in lower case"),
        ("quay.io/a:1:2", "it has two tags"),
        ("quay.io/a: 1", "there is white space in it"),
        ("quay.io/a@sha256:abc", "a sha256 digest has 64 hexadecimal digits in lower case"),
        ("quay.io//a", "it does not follow `registry/repository:tag`"),
        ("quay.io/a:", "it does not follow `registry/repository:tag`"),
    ],
)
def test_references_that_cannot_be_pulled_are_explained(tmp_path: Path, image: str, reason: str) -> None:
    """With what is wrong in them."""
    assert messages("image-ref-invalid", tree(tmp_path, {}, pod(image))) == [
        f"`{image}` is no image reference: {reason}"
    ]


@pytest.mark.parametrize(
    ("image", "hits"),
    [("a", 1), ("r:5000/a", 1), ("a:latest", 1), ("a:1", 0), (f"a:latest@sha256:{'0' * 64}", 0)],
)
def test_latest_is_said_or_meant(tmp_path: Path, image: str, hits: int) -> None:
    """A port is no tag, and a digest is better than any."""
    assert len(messages("image-latest", tree(tmp_path, {}, pod(image)))) == hits


def test_openshift_may_replace_an_image(tmp_path: Path) -> None:
    """A trigger writes another reference into the object."""
    item = pod("server:latest")
    item["metadata"]["annotations"] = {"image.openshift.io/triggers": "[]"}
    assert messages("image-latest", tree(tmp_path, {}, item)) == []


@pytest.mark.parametrize(
    ("container", "hits"),
    [
        ({"args": ["--port 8000"]}, 1),
        ({"args": ["-t 10"]}, 1),
        ({"args": ["--message=two words"]}, 0),
        ({"args": ["two words"]}, 0),
        ({"args": ["--a --b"]}, 0),
        ({"command": ["sh", "-c"], "args": ["-e true"]}, 0),
    ],
)
def test_only_a_flag_with_its_value_is_an_embedded_space(
    tmp_path: Path, container: dict[str, Any], hits: int
) -> None:
    """Texts and scripts may have spaces."""
    assert len(messages("arg-embedded-space", tree(tmp_path, {}, pod(**container)))) == hits


def copies(folder: Path, recipe: str, **files: str) -> list[str]:
    """Return what is said of the copies of a recipe in `images/a`, beside other files."""
    named = {name.replace("__", "/"): text for name, text in files.items()}
    return messages(
        "image-copy-source-missing", tree(folder, {"images/a/Dockerfile": f"FROM x\n{recipe}\n", **named})
    )


@pytest.mark.parametrize(
    "recipe",
    [
        "COPY main /app/",
        "COPY src /app/",
        "COPY images/a/main lib/ /app/",
        "COPY ma* s?c/ /app/",
        "COPY . /app/",
        "COPY --from=build gone /app/",
        "COPY $GONE /app/",
        "ADD https://acme.io/gone /app/",
        "COPY dist/ target/app.jar /app/",
        "COPY <<EOF /app/gone\nx\nEOF",
    ],
)
def test_sources_in_any_likely_context_are_there(tmp_path: Path, recipe: str) -> None:
    """The folder of the recipe or one above it; other stages, variables and products of a build are not asked."""
    assert copies(tmp_path, recipe, images__a__main="", images__a__src__x="", lib__y="") == []


def test_a_named_context_is_the_only_one(tmp_path: Path) -> None:
    """What a workflow says beats what might be."""
    workflow = (
        "jobs: {b: {steps: [{run: 'docker build -t ghcr.io/acme/a -f images/a/Dockerfile images/a'}]}}\n"
    )
    said = ["`COPY lib/`: `lib/` is not in the repository"]
    assert copies(tmp_path, "COPY lib/ /app/", lib__y="") == []
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/ci.yaml").write_text(workflow, encoding="utf-8")
    assert copies(tmp_path, "COPY lib/ /app/", lib__y="") == said


def test_an_ignored_source_is_missed(tmp_path: Path) -> None:
    """The build sees an empty folder."""
    (tmp_path / "images/a").mkdir(parents=True)
    (tmp_path / "images/a/.dockerignore").write_text("**/*.onnx\ndata\n", encoding="utf-8")
    said = copies(tmp_path, "COPY data/ model/ /app/", images__a__data__x="", images__a__model__y="")
    assert said == ["`COPY data/`: `data/` is left out by `.dockerignore`"]


@pytest.mark.parametrize(
    ("command", "loose"),
    [
        ("pip install a==1 'b>=2' c", ["b>=2", "c"]),
        ("python -m pip install -U pip", ["pip"]),
        ("uv pip install --system torch", ["torch"]),
        ("pip install -r requirements.txt", ["beta"]),
        ("pip install --no-cache-dir --index-url https://x/simple a==1", []),
        ("pip install . ./wheels/a.whl git+https://x/y@v1 'a @ https://x/a.whl'", []),
        ("pip install -e . && pip install $EXTRA", []),
        ("apt-get install -y python3", []),
    ],
)
def test_packages_without_a_version_are_found(tmp_path: Path, command: str, loose: list[str]) -> None:
    """On the command line and in files of requirements."""
    files = {"Dockerfile": f"FROM x\nCOPY requirements.txt /\nRUN true && {command}\n"}
    lock = "alpha==1.0 ; python_version > '3'\nbeta\n# gamma\n--extra-index-url x\ndelta @ file:///x\n"
    said = messages("image-unpinned-deps", tree(tmp_path, {**files, "requirements.txt": lock}))
    expected = ", ".join(f"`{name}`" for name in loose)
    assert said == ([f"`pip install` without a version: {expected}"] if loose else [])


@pytest.mark.parametrize(
    "command",
    [
        "apt-get install --allow-unauthenticated x",
        "echo 'deb [trusted=yes] http://x ./' > /etc/apt/sources.list.d/x.list",
        "apk add --allow-untrusted x.apk",
        "dnf install -y --nogpgcheck x",
    ],
)
def test_packages_without_signatures_are_found(tmp_path: Path, command: str) -> None:
    """Of every distribution, at the line of the instruction."""
    made = tree(tmp_path, {"Dockerfile": f"FROM x\n\nRUN {command}\n"})
    assert [str(hit.location) for hit in found("image-apt-unauthenticated", made)] == ["Dockerfile:3:1"]


def test_other_yaml_below_github_folders_is_no_workflow(tmp_path: Path) -> None:
    """Only what has a trigger and jobs is."""
    files = {"a/.github/dependabot.yml": "version: 2\n", ".github/workflows/x.yaml": "on: push\njobs: {}\n"}
    assert messages("ci-workflow-misplaced", tree(tmp_path, files)) == []
    files = {"a/.github/workflows/x.yaml": "'on': push\njobs: {}\n"}
    assert len(messages("ci-workflow-misplaced", tree(tmp_path, files))) == 1


def test_a_catalog_that_is_mirrored_whole_has_every_channel(tmp_path: Path) -> None:
    """And a package without channels is not judged."""
    subscription = {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": {"name": "s"},
        "spec": {"name": "kueue-operator", "channel": "fast"},
    }
    head = "apiVersion: mirror.openshift.io/v2alpha1\nkind: ImageSetConfiguration\nmirror:\n  operators:\n"
    for catalog, said in (
        ("  - catalog: x\n", []),
        ("  - packages: [{name: kueue-operator}]\n", []),
        ("  - packages: [{name: other}]\n", ["package `kueue-operator` is not mirrored"]),
    ):
        made = tree(tmp_path, {"mirror/imageset-config.yaml": head + catalog}, subscription)
        assert messages("olm-channel-not-mirrored", made) == said


def test_a_mirror_and_the_clusters_own_registry_need_no_mirroring(tmp_path: Path) -> None:
    """What is pulled from them is there."""
    head = "apiVersion: mirror.openshift.io/v2alpha1\nkind: ImageSetConfiguration\nmirror:\n"
    files = {"imageset.yaml": head + "  additionalImages:\n  - name: docker://quay.io/acme/listed:1\n"}
    mirrors = {
        "apiVersion": "config.openshift.io/v1",
        "kind": "ImageDigestMirrorSet",
        "metadata": {"name": "m"},
        "spec": {"imageDigestMirrors": [{"source": "quay.io/acme", "mirrors": ["mirror.corp:5000/acme"]}]},
    }
    there = (
        "quay.io/acme/listed:1",
        "mirror.corp:5000/acme/x:1",
        "image-registry.openshift-image-registry.svc:5000/a/b:1",
    )
    assert (
        messages("image-not-mirrored", tree(tmp_path, files, mirrors, *(pod(image) for image in there))) == []
    )
    assert messages("image-not-mirrored", tree(tmp_path, files, mirrors, pod("quay.io/acme/other:1"))) == [
        "image `quay.io/acme/other` is not mirrored"
    ]
    assert messages("image-not-mirrored", tree(tmp_path / "empty", {}, pod("quay.io/acme/other:1"))) == []
