"""Checks of what containers run from images that the repository builds: recipes, scripts, flags, variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.check.images import commands
from mintage.check.images.own import (
    Made,
    builds_of,
    by_image,
    is_first_party,
    known_contents,
    made,
    made_for,
    recipes_of,
)
from mintage.check.images.references import image_of
from mintage.check.interface import ERROR, INFO, Check, Hit, Other
from mintage.errors import Location, MintageError, did_you_mean
from mintage.tree.objects import items, mapping
from mintage.tree.recipes import repository
from mintage.tree.scripts import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.images.contents import Contents
    from mintage.tree.objects import Container, Object
    from mintage.tree.tree import Root, Tree

_FLAG = re.compile(r"--?[A-Za-z]")
_SOURCES = (
    ".py",
    ".sh",
    ".bash",
    ".js",
    ".mjs",
    ".ts",
    ".go",
    ".rs",
    ".java",
    ".rb",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".ini",
    ".cfg",
    ".conf",
)
# Variables that an interpreter, a library or the platform reads.
_OTHERS = (
    "PYTHON", "PATH", "HOME", "USER", "LD_", "NCCL_", "CUDA_", "NVIDIA_", "ROCR_", "HIP_", "HSA_", "VLLM_", "HF_", "HUGGING",
    "TRANSFORMERS_", "RAY_", "OMP_", "MKL_", "OPENBLAS_", "OTEL_", "AWS_", "GOOGLE_", "AZURE_", "UCX_", "GLOO_", "TORCH", "PYTORCH_",
    "TRITON_", "NUMBA_", "NUMEXPR_", "MPL", "XDG_", "TZ", "LANG", "LC_", "HTTP", "NO_PROXY", "ALL_PROXY", "KUBERNETES_", "SDL_",
    "DISPLAY", "TOKENIZERS_", "TENSORBOARD", "MLFLOW_", "WANDB_", "PIP_", "GIT_", "SSL_", "REQUESTS_", "CURL_", "POD_", "NODE_",
    "HOST", "MALLOC_", "GRPC_", "TF_", "KERAS_", "JAX_", "XLA_", "PROMETHEUS_", "UVICORN_", "GUNICORN_", "WEB_CONCURRENCY",
    "WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_", "TMP", "TEMP", "DEBUG", "LOG_LEVEL", "PORT", "S6_", "MINIO_", "JAVA_", "GO",
    "NODE_ENV", "NPM_", "DD_", "SENTRY_", "CLEARML_", "COMET_", "FLASK_", "DJANGO_", "CELERY_", "SQLALCHEMY_", "PG", "ACCELERATE_",
)  # fmt: skip
_ANY_VARIABLE = re.compile(
    r"BaseSettings|env_prefix|environ\.(?:items|keys|copy)|dict\(os\.environ|\*\*os\.environ|in os\.environ:|getenv\(\s*f[\"']|environ(?:\.get)?[\[(]\s*f[\"']|"
    r"environ(?:\.get)?[\[(]\s*[a-z_]+\s*[\]),]|getenv\(\s*[a-z_]+\s*[,)]|printenv|envsubst|decouple|dynaconf|environs|from_env|process\.env\["
)


# Folders of recipes whose names say nothing of an image.
_ANY_FOLDER = frozenset(
    {"", "docker", "dockerfiles", "build", "container", "containers", "deploy", "app", "src", "images", "image", "ci", "backend"}
)  # fmt: skip


def _unbuilt(tree: Tree) -> Iterator[Hit]:
    seen: set[str] = set()
    for item in tree.objects:
        for container in item.containers:
            image = image_of(container)
            name = repository(image)
            if not image or name in seen or not is_first_party(tree, image) or tree.files is None:
                continue
            seen.add(name)
            if not _is_perhaps_built(tree, image):
                yield Hit(
                    f"`{name}` is declared to be built here, but no recipe or workflow makes it",
                    "add its recipe, correct the name, or narrow `validation.firstParty`",
                    item,
                    (*container.path, "image"),
                )
    yield from _without_recipe(tree)


def _is_perhaps_built(tree: Tree, image: str) -> bool:
    name = repository(image)
    if made(tree, image) is not None or name in tree.once(by_image):
        return True
    words = set(re.split(r"[-_.]", name.rpartition("/")[2]))
    for recipe in tree.once(recipes_of):
        own = set(re.split(r"[-_.]", recipe.name))
        if "/" not in recipe.file or own <= words | _ANY_FOLDER or words <= own:
            return True
    return False


def _without_recipe(tree: Tree) -> Iterator[Hit]:
    """Find builds whose Dockerfile does not exist."""
    if tree.files is None:
        return
    for build in tree.once(builds_of):
        if build.recipe and build.recipe not in tree.files.present and not build.recipe.startswith(".."):
            yield Hit(
                f"it builds `{build.image}` from `{build.recipe}`, which does not exist",
                did_you_mean(build.recipe, (recipe.file for recipe in tree.once(recipes_of)))
                or "correct the path, or add the recipe",
                place=Location(build.file, build.line, 1),
            )


@dataclass(frozen=True, slots=True)
class _Run:
    """A script that a container of the repository's own image runs."""

    script: commands.Script
    contents: Contents
    made: Made
    path: str  # in the image, empty where nobody knows
    file: str  # in the repository, empty for none


def _runs(root: Root) -> tuple[tuple[Object, _Run, Container], ...]:
    found = []
    for item in root.objects:
        for container in item.containers:
            run = _run_of(container, root.tree)
            if run is not None:
                found.append((item, run, container))
        if item.kind == "RayJob" and (job := _entrypoint(root, item)):
            found.append((item, *job))
    return tuple(found)


def _run_of(container: Container, tree: Tree) -> _Run | None:
    own = made_for(container, tree)
    if own is None:
        return None
    inside = known_contents(tree, own)
    place = (*container.path, "image")
    words = container.argv
    if "command" not in container.document:
        if container.owner.group == "ray.io":
            return None  # KubeRay starts Ray itself
        words = [*((place, word) for word in inside.entrypoint or ()), *words]
        if "args" not in container.document:
            words = [*words, *((place, word) for word in inside.command or ())]
    return _resolved(commands.script(words), inside, own, str(container.document.get("workingDir") or ""))


def _entrypoint(root: Root, job: Object) -> tuple[_Run, Container] | None:
    """Return what a RayJob runs, on the head of its own cluster or of the one it selects."""
    text = job.spec.get("entrypoint")
    name = mapping(job.spec, "clusterSelector").get("ray.io/cluster")
    cluster = root.find("RayCluster", name, job.namespace) if isinstance(name, str) else job
    heads = [pod for pod in cluster.pods if pod.role == "head"] if cluster else []
    if not isinstance(text, str) or not heads or not heads[0].main_containers:
        return None
    container = heads[0].main_containers[0]
    own = made_for(container, root.tree)
    if own is None or "working_dir" in str(job.spec.get("runtimeEnvYAML")):
        return None
    found = _resolved(commands.of_text(("spec", "entrypoint"), text), known_contents(root.tree, own), own, "")
    return (found, container) if found else None


def _resolved(script: commands.Script | None, inside: Contents, own: Made, workdir: str) -> _Run | None:
    if script is None:
        return None
    names = [script.name]
    if script.module:
        stem = script.name.replace(".", "/")
        names = [f"{stem}.py", f"{stem}/__main__.py", f"src/{stem}.py", f"src/{stem}/__main__.py"]
    for name in names:
        path = inside.resolve(name, workdir)
        if path and path in inside.files:
            return _Run(script, inside, own, path, inside.files[path])
        if own.recipe.is_own and (
            ends := [file for known, file in inside.files.items() if known.endswith(f"/{name}")]
        ):
            return _Run(script, inside, own, path, ends[0])
    return _Run(script, inside, own, "" if script.module else inside.resolve(script.name, workdir), "")


def _script_missing(root: Root) -> Iterator[Hit]:
    for item, run, container in root.once(_runs):
        if run.file or not run.path or _is_mounted(container, run.path):
            continue
        base = run.path.rpartition("/")[2]
        made_by = (own.text for own in run.made.recipe.instructions if own.keyword == "RUN")
        if not run.contents.lacks(run.path) or any(base in text for text in made_by):
            continue
        near = did_you_mean(run.path, run.contents.files)
        yield Hit(
            f"`{run.script.name}` is not in the image: `{run.made.recipe.file}` copies no such file",
            near if near.startswith("did you mean") else "copy it into the image, or correct the path",
            item,
            run.script.place,
            others=(Other("the recipe", place=Location(run.made.recipe.file, 1, 1)),),
        )


def _is_mounted(container: Container, path: str) -> bool:
    return any(
        isinstance(place := mount.get("mountPath"), str) and f"{path}/".startswith(f"{place.rstrip('/')}/")
        for _, mount in items(container.document, "volumeMounts")
    )


def _flag_unknown(root: Root) -> Iterator[Hit]:
    for item, run, container in root.once(_runs):
        if not run.file.endswith(".py") or _is_mounted(container, run.path):
            continue
        accepted = command_line(_text(root.tree, run.file))
        if accepted is None:
            continue
        for path, word in run.script.arguments:
            flag = word.partition("=")[0]
            if word == "--" or any(sign in word for sign in ("$", "{{")):
                break
            if _FLAG.match(flag) and " " not in flag and not accepted.knows(flag):
                yield Hit(
                    f"`{run.file}` does not accept `{flag}`",
                    did_you_mean(flag, accepted.flags),
                    item,
                    path,
                    others=(Other("the script", place=Location(run.file, 1, 1)),),
                )


def _text(tree: Tree, file: str) -> str:
    assert tree.files is not None
    try:
        return tree.files.text(file, 2_000_000)
    except MintageError:
        return ""


def _env_unread(root: Root) -> Iterator[Hit]:
    for item, run, container in root.once(_runs):
        if not run.file or run.contents.open or "envFrom" in container.document or item.kind == "RayJob":
            continue
        source = _source(root.tree, run)
        if not source or _ANY_VARIABLE.search(source):
            continue
        line = " ".join(text for _, text in container.argv)
        for name, (path, _) in container.env.items():
            if name in source or name in line or name.startswith(_OTHERS) or _is_referred_to(container, name):
                continue
            yield Hit(
                f"no code in the image reads `{name}`",
                "remove it, or correct its name",
                item,
                (*path, "name"),
                others=(Other("the script", place=Location(run.file, 1, 1)),),
            )


def _is_referred_to(container: Container, name: str) -> bool:
    return any(f"$({name})" in str(entry.get("value")) for _, entry in container.env.values())


def _source(tree: Tree, run: _Run) -> str:
    """Return the text of all sources in an image; computed once for each recipe."""
    cache = tree.once(_texts)
    key = run.made.recipe.file
    if key not in cache:
        files = sorted({file for file in run.contents.files.values() if _is_source(file)})
        cache[key] = "\n".join((run.made.recipe.text, *(_text(tree, file) for file in files[:2000])))
    return cache[key]


def _is_source(file: str) -> bool:
    return file.endswith(_SOURCES) or "." not in file.rpartition("/")[2]


def _texts(_: Tree) -> dict[str, str]:
    return {}


CHECKS = (
    Check(
        "image-unbuilt",
        ERROR,
        "tree",
        _unbuilt,
        why="An image that nobody builds is pulled from an earlier life of the repository, or not at all.",
        fix="Add the recipe, or correct the name of the image or of the Dockerfile.",
    ),
    Check(
        "image-script-missing",
        ERROR,
        "root",
        _script_missing,
        why="A command that names a file which the recipe never copied ends with `No such file or directory` on the first start.",
        fix="Copy the file into the image, or correct the path.",
    ),
    Check(
        "image-cli-flag-unknown",
        ERROR,
        "root",
        _flag_unknown,
        why="A script ends with `unrecognized arguments` at a flag that its parser does not have.",
        fix="Use a flag of the script, or add the flag to its parser.",
    ),
    Check(
        "env-unread",
        INFO,
        "root",
        _env_unread,
        why="A variable that no code reads is a setting without effect: whoever changes it is misled.",
        fix="Remove it, or correct its name.",
    ),
)
