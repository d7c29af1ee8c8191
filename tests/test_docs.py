"""The documentation is complete, leads somewhere, and says what the program does."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mintage.report.reference import reference
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode, merge
from mintage.spec.kinds import SPECS, spec_type
from mintage.tasks.rebuild import Run
from mintage.workspace.load import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
KIND_PAGES = {kind: DOCS / "kinds" / f"{module.replace('_', '-')}.md" for kind, module in SPECS.items()}
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)")
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Where each of these takes the id of an error: the position of the argument.
_TAKES_ID = {"Problem": 1, "fail": 1, "Complaint": 3, "_complain": 1}


@cache
def text(page: Path) -> str:
    """Return the text of a page."""
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return what links into a page may name, as GitHub makes it of the headings."""
    prose = re.sub(r"^```.*?^```$", "", text(page), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(page: Path) -> Iterator[str]:
    """Yield the YAML blocks of a page."""
    yield from _BLOCK.findall(text(page))


def error_ids() -> set[str]:
    """Return the ids of all errors that the source can give."""
    found: set[str] = set()
    for module in (ROOT / "src/mintage").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.update(_id_in(node))
            elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "id" and node.value:
                found.update(_words(node.value))
    return found


def _id_in(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    position = _TAKES_ID.get(name)
    if position is None:
        return
    if len(call.args) > position:
        yield from _words(call.args[position])
    for keyword in call.keywords:
        if keyword.arg == "id":
            yield from _words(keyword.value)


def _words(node: ast.expr) -> Iterator[str]:
    """Yield the ids an expression may stand for; a name or an attribute stands for one that was found elsewhere."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


@pytest.mark.parametrize("kind", SPECS)
def test_every_kind_has_a_page_with_an_example_and_its_limits(kind: str) -> None:
    """Whoever writes a spec finds what comes out, what the cluster needs, and the list of fields."""
    page = text(KIND_PAGES[kind])
    assert page.startswith(f"# {kind}\n")
    assert f"(../reference/{kind}.md)" in page
    assert f"kind: {kind}" in page
    assert "## What the cluster needs" in page


def test_every_command_and_task_has_a_page() -> None:
    """The page of `doit x` is docs/x.md, and the table of contents leads to it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    commands = set(project["project"]["entry-points"]["doit.COMMAND"])
    tasks = set(re.findall(r"^def task_(\w+)", (ROOT / "dodo.py").read_text(encoding="utf-8"), re.MULTILINE))
    for name in commands | tasks:
        assert text(DOCS / f"{name}.md").startswith(f"# doit {name}\n"), name
        assert f"({name}.md)" in text(DOCS / "index.md"), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository and, where it names a heading, to a heading of that file."""
    broken = []
    prose = re.sub(r"^```.*?^```$|`[^`\n]+`", "", text(page), flags=re.MULTILINE | re.DOTALL)
    for target, anchor in _LINK.findall(prose):
        file = page.parent / target if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target + anchor)
    assert broken == []


def test_every_page_is_in_the_table_of_contents() -> None:
    """A page that nothing leads to is not read; the pages of the reference have a contents of their own."""
    contents = text(DOCS / "index.md")
    for page in DOCS.rglob("*.md"):
        if page.name != "index.md" and page.parent.name != "reference":
            assert f"({page.relative_to(DOCS).as_posix()})" in contents
    for page in (DOCS / "reference").glob("*.md"):
        assert f"(reference/{page.name})" in text(DOCS / "reference.md")


def test_the_reference_is_what_the_types_give() -> None:
    """Run `doit reference` when this fails."""
    found = {path.name: path.read_bytes() for path in (DOCS / "reference").iterdir()}
    assert found == dict(reference().items())


@pytest.mark.parametrize("kind", SPECS)
def test_every_whole_spec_on_a_kinds_page_decodes(kind: str) -> None:
    """An example that is copied works; one that names its file may lean on the defaults of this workspace."""
    defaults = read("system.yaml", (ROOT / "specs/system.yaml").read_bytes()).value["defaults"]
    whole = [block for block in blocks(KIND_PAGES[kind]) if re.search(r"^kind:", block, re.MULTILINE)]
    assert whole
    for block in whole:
        document = read(KIND_PAGES[kind].name, block.encode())
        base: dict[str, Any] = defaults.get(kind, {}) if block.startswith("# specs/") else {}
        assert decode(merge(base, document.value), spec_type(kind), Layers((Layer(document),))).kind == kind


def test_blocks_that_name_a_file_show_what_is_in_it() -> None:
    """Examples of specs and of rendered files are not made up, and do not grow old."""
    rendered = [path.read_text(encoding="utf-8") for path in (ROOT / "gitops").rglob("*.yaml")]
    shown = 0
    for page in PAGES:
        for block in blocks(page):
            first, _, rest = block.partition("\n")
            if first.startswith("# specs/"):
                file = ROOT / first.removeprefix("# ")
                assert rest in file.read_text(encoding="utf-8"), f"{page.name}: {first}"
                shown += 1
            elif first.startswith("# Rendered by Mintage"):
                assert block in rendered, f"{page.name}: {first}"
                shown += 1
    assert shown


def test_every_error_is_explained_and_no_other() -> None:
    """The table tells for each id what it means and what to do."""
    tables = "".join(text(DOCS / page) for page in ("render.md", "schemas.md", "validate.md"))
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", tables, re.MULTILINE)
    explained = [name for name, _, _ in rows]
    assert sorted(explained) == sorted(set(explained))
    assert set(explained) == error_ids()


def objects(run: Run, environment: str) -> list[dict[str, Any]]:
    """Return the objects of an environment."""
    return [
        manifest.document
        for component in run.workspace.components
        for manifest in run.objects(component, environment).values()
    ]


def rows_of(documents: list[dict[str, Any]], environment: str) -> tuple[str, str]:
    """Return the two rows of an environment in the tables of the example system."""
    predictors = {
        document["metadata"]["name"]: document["spec"]["predictor"]
        for document in documents
        if document["kind"] == "InferenceService"
    }
    servers = [predictors[name] for name in ("qwen25-vl-32b", "qwen25-32b", "qwen25-7b")]
    containers = [server["containers"][0] for server in servers]
    pods = [server["minReplicas"] for server in servers]
    gpus = [int(container["resources"]["limits"]["nvidia.com/gpu"]) for container in containers]
    decode_pods = sum(
        document["spec"]["replicas"]
        for document in documents
        if document["kind"] == "Deployment" and document["metadata"]["name"] == "qwen25-7b-decode"
    )
    total = sum(count * each for count, each in zip(pods, gpus, strict=True)) + decode_pods
    parallel = [int(flag(container["args"], "--tensor-parallel-size", "1")) for container in containers]
    (context,) = {flag(container["args"], "--max-model-len", "") for container in containers}
    (ray,) = (document for document in documents if document["kind"] == "RayCluster")
    (job,) = (document for document in documents if document["kind"] == "RayJob")
    workers = ray["spec"]["workerGroupSpecs"][0]
    variables = dict(re.findall(r'(\w+): "(\d+)"', job["spec"]["runtimeEnvYAML"]))
    bounds = f"{workers['minReplicas']} to {workers['maxReplicas']}"
    numbers = [variables[name] for name in ("RAY_WORKERS", "ENVS_PER_WORKER", "EPISODE_LENGTH", "BATCH_SIZE")]
    lists = [", ".join(map(str, values)) for values in (pods, gpus, parallel)]
    return (
        f"| {' | '.join([environment, *lists, context, str(total)])} |",
        f"| {' | '.join([environment, str(workers['replicas']), bounds, *numbers])} |",
    )


def flag(args: list[str], name: str, default: str) -> str:
    """Return the value of a flag."""
    return next((word.partition("=")[2] for word in args if word.startswith(f"{name}=")), default)


def test_the_tables_of_the_example_system_are_what_is_rendered() -> None:
    """Replicas, parallelism, GPUs and Ray's numbers are read from the objects of each environment."""
    run = Run(Workspace(ROOT, "for this test"))
    page = text(DOCS / "zelda.md")
    for environment in run.workspace.environments:
        for row in rows_of(objects(run, environment), environment):
            assert row in page
