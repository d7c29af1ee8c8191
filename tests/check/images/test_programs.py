"""What an image holds is followed through its recipe; nothing is said of what may be there after all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mintage.check import images
from mintage.check.images.commands import script
from mintage.check.run import findings
from mintage.spec.validation import Rules
from mintage.tree.files import Files
from mintage.tree.objects import Object
from mintage.tree.tree import Root, Tree

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.finding import Finding

MAIN = "import argparse\nimport os\np = argparse.ArgumentParser()\np.add_argument('--port')\nos.environ['MODEL']\n"
RECIPE = "FROM docker.io/library/python:3.12-slim\nWORKDIR /app\nCOPY src/ ./\n"


def pod(image: str = "ghcr.io/acme/server:1.0", **container: Any) -> dict[str, Any]:
    """Return a pod with one container."""
    main = {"name": "main", "image": image, **container}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [main]}}


def tree(folder: Path, files: dict[str, str], *documents: dict[str, Any], **rules: Any) -> Tree:
    """Return a tree of one root beside files; the images of `ghcr.io/acme` are built there."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    root = Root("root", [Object(document) for document in documents])
    return Tree((root,), files=Files(folder), rules=Rules(first_party=("ghcr.io/acme/*",), **rules))


def found(id: str, made: Tree) -> list[Finding]:  # noqa: A002 - the field's name
    """Return what a check finds."""
    return findings(made, [check for check in images.CHECKS if check.id == id])


def messages(id: str, made: Tree) -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says."""
    return [finding.message for finding in found(id, made)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("python main.py --x", ("main.py", ["--x"])),
        ("python3.11 -u -X dev main.py a", ("main.py", ["a"])),
        ("/usr/bin/env python scripts/a.py", ("scripts/a.py", [])),
        ("tini -- python a.py", ("a.py", [])),
        ("env A=b python a.py", ("a.py", [])),
        ("bash run.sh 1", ("run.sh", ["1"])),
        ("/app/run.sh 1", ("/app/run.sh", ["1"])),
        ("python -m server.main --x", ("server.main", ["--x"])),
    ],
)
def test_the_script_of_a_command_line_is_found(words: str, expected: tuple[str, list[str]]) -> None:
    """Behind interpreters and wrappers, with the arguments that are its own."""
    run = script([((index,), word) for index, word in enumerate(words.split())])
    assert run is not None
    assert (run.name, [word for _, word in run.arguments]) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["sh", "-c", "python a.py && python b.py"],
        ["sh", "-c", "python a.py > log"],
        ["python", "-c", "print(1)"],
        ["vllm", "serve", "model"],
        ["python"],
        ["sh", "-c"],
        ["run.py"],
        [],
    ],
)
def test_more_than_a_simple_command_is_not_judged(words: list[str]) -> None:
    """Nor is a program that is no script."""
    assert script([((), word) for word in words]) is None


def test_a_shell_with_one_simple_command_is_judged() -> None:
    """As if there were no shell."""
    run = script([((0,), "sh"), ((1,), "-c"), ((2,), "exec python 'a.py' --x")])
    assert run is not None
    assert (run.name, run.place) == ("a.py", (2,))


def missing(folder: Path, recipe: str, **container: Any) -> list[str]:
    """Return what is said of a container of an image with `src/main.py`."""
    files = {"images/server/Dockerfile": recipe, "images/server/src/main.py": MAIN}
    return messages("image-script-missing", tree(folder, files, pod(**container)))


def test_a_script_that_was_not_copied_is_missed(tmp_path: Path) -> None:
    """With its path, wherever it comes from: the command or the recipe's entry point."""
    said = ["`serve.py` is not in the image: `images/server/Dockerfile` copies no such file"]
    assert missing(tmp_path, RECIPE, command=["python", "serve.py"]) == said
    assert missing(tmp_path, RECIPE + 'ENTRYPOINT ["python"]\nCMD ["serve.py"]\n') == said
    assert missing(tmp_path, RECIPE, command=["python", "main.py"]) == []


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE + "RUN git clone https://github.com/acme/x .\n",
        RECIPE + "RUN python -c 'make serve.py'\n",
        RECIPE + "COPY --from=ghcr.io/other/image /app /app\n",
        RECIPE + "COPY $EXTRA ./\n",
        RECIPE + "ADD https://acme.io/serve.py ./\n",
        "FROM ghcr.io/other/base:1\nCOPY src/main.py /app/main.py\nWORKDIR /app\n",
        "FROM ghcr.io/other/base:1\nCOPY src/ src/\n",
    ],
)
def test_an_image_that_may_hold_more_is_not_asked(tmp_path: Path, recipe: str) -> None:
    """Commands that fetch, other images, variables, and folders of the base image."""
    assert missing(tmp_path, recipe, command=["python", "serve.py"]) == []


def test_a_mounted_script_is_not_missed(tmp_path: Path) -> None:
    """A ConfigMap over the folder brings it."""
    mounts = [{"name": "scripts", "mountPath": "/app"}]
    assert missing(tmp_path, RECIPE, command=["python", "serve.py"], volumeMounts=mounts) == []


def test_files_are_followed_through_stages(tmp_path: Path) -> None:
    """`COPY --from` of a stage, and a stage as a base."""
    staged = "FROM a AS build\nWORKDIR /src\nCOPY src/ ./\nFROM b AS base\nWORKDIR /app\nFROM base\nCOPY --from=build /src /app\n"
    assert missing(tmp_path, staged, command=["python", "main.py"]) == []
    assert missing(tmp_path, staged, command=["python", "/app/gone.py"]) == [
        "`/app/gone.py` is not in the image: `images/server/Dockerfile` copies no such file"
    ]


def test_an_ignored_file_is_not_in_the_image(tmp_path: Path) -> None:
    """`.dockerignore` of the context, with exceptions."""
    (tmp_path / "images/server").mkdir(parents=True)
    ignore = tmp_path / "images/server/.dockerignore"
    ignore.write_text("src/*.py\n", encoding="utf-8")
    assert len(missing(tmp_path, RECIPE, command=["python", "main.py"])) == 1
    ignore.write_text("src/*.py\n!src/main.py\n", encoding="utf-8")
    assert missing(tmp_path, RECIPE, command=["python", "main.py"]) == []


def test_other_peoples_images_are_not_asked(tmp_path: Path) -> None:
    """A folder called like a public image is not its recipe."""
    files = {"images/minio/Dockerfile": RECIPE, "images/minio/src/a.py": ""}
    made = tree(tmp_path, files, pod("quay.io/minio/minio:1", command=["python", "gone.py"]))
    assert messages("image-script-missing", made) == messages("image-unbuilt", made) == []


def test_the_own_format_names_its_files(tmp_path: Path) -> None:
    """Those beside `image.yaml`, and in the folders that it names."""
    files = {"images/worker/image.yaml": "source: ../../scripts\n", "scripts/run.py": MAIN}
    good, bad = (
        pod("ghcr.io/acme/worker:1", command=["python", f"scripts/{name}.py"]) for name in ("run", "gone")
    )
    assert messages("image-script-missing", tree(tmp_path, files, good)) == []
    assert messages("image-script-missing", tree(tmp_path, files, bad)) == [
        "`scripts/gone.py` is not in the image: `images/worker/image.yaml` copies no such file"
    ]


def test_the_entry_point_of_a_ray_job_runs_on_its_cluster(tmp_path: Path) -> None:
    """Its flags are those of the script in the head's image."""
    files = {"images/server/Dockerfile": RECIPE, "images/server/src/main.py": MAIN}
    head = {"template": pod()}
    cluster = {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": "c"},
        "spec": {"headGroupSpec": head},
    }
    job = {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {"name": "j"},
        "spec": {"clusterSelector": {"ray.io/cluster": "c"}, "entrypoint": "python main.py --prot 1"},
    }
    assert messages("image-cli-flag-unknown", tree(tmp_path, files, cluster, job)) == [
        "`images/server/src/main.py` does not accept `--prot`"
    ]


def test_kuberay_starts_its_containers_itself(tmp_path: Path) -> None:
    """The entry point of a recipe does not run in a cluster's pods."""
    files = {
        "images/server/Dockerfile": RECIPE + 'ENTRYPOINT ["python", "gone.py"]\n',
        "images/server/src/main.py": MAIN,
    }
    spec = {"headGroupSpec": {"template": pod()}}
    cluster = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": "c"}, "spec": spec}
    assert messages("image-script-missing", tree(tmp_path, files, cluster)) == []
    assert len(messages("image-script-missing", tree(tmp_path, files, pod()))) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("MODEL", ""),
        ("PYTHONUNBUFFERED", ""),
        ("ANY", "class S(BaseSettings): pass"),
        ("ANY", "x = dict(os.environ)"),
    ],
)
def test_a_variable_that_may_be_read_is_not_reported(tmp_path: Path, name: str, source: str) -> None:
    """By name, by a library, or all at once."""
    files = {"images/server/Dockerfile": RECIPE, "images/server/src/main.py": MAIN + source}
    env = [{"name": name, "value": "1"}]
    assert messages("env-unread", tree(tmp_path, files, pod(command=["python", "main.py"], env=env))) == []


def test_an_image_without_recipe_is_found_where_it_is_named(tmp_path: Path) -> None:
    """Unless a recipe might be meant for it."""
    assert messages("image-unbuilt", tree(tmp_path, {"images/gym/Dockerfile": "FROM a\n"}, pod())) == [
        "`ghcr.io/acme/server` is declared to be built here, but no recipe or workflow makes it"
    ]
    assert messages("image-unbuilt", tree(tmp_path, {"images/my-server/Dockerfile": "FROM a\n"}, pod())) == []
    assert messages("image-unbuilt", tree(tmp_path / "b", {"docker/Dockerfile": "FROM a\n"}, pod())) == []
