"""Invariant: whatever a folder holds, it is loaded or it is said what was not: never a traceback, never silence."""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from mintage.tree.build import build
from mintage.tree.load import load
from tree.planted import DEPLOYMENT, plant, planted, root_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n"
PLAIN = {"kustomization.yaml": "resources:\n- server.yaml\n", "server.yaml": DEPLOYMENT}
PATCHED = {"kustomization.yaml": "namespace: serving\nresources:\n- server.yaml\n", "server.yaml": DEPLOYMENT}


def problems(folder: Path, files: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return place, id and message of what keeps the roots of a tree from being built."""
    tree = planted(folder, files)
    return [(str(p.location), p.id, p.message) for root in tree.roots for p in root.problems]


def test_a_sum_of_files_is_built_without_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what patches or renames needs Kustomize; what was not built is named."""
    monkeypatch.setenv("PATH", "")
    files = {f"plain/{name}": text for name, text in PLAIN.items()}
    files |= {f"patched/{name}": text for name, text in PATCHED.items()}
    tree = planted(tmp_path, files)
    assert [item.label for item in root_of(tree, "plain").objects] == ["Deployment server"]
    assert [problem.id for problem in root_of(tree, "patched").problems] == ["kustomize-missing"]
    assert tree.notes == ("neither kubectl nor kustomize is on PATH: 1 kustomization was not built",)


@pytest.mark.kustomize
@pytest.mark.parametrize(
    ("files", "place", "words"),
    [
        (
            {**PLAIN, "kustomization.yaml": "resources:\n- server.yaml\nresource:\n- x\n"},
            "kustomization.yaml:5:1",
            'invalid Kustomization: json: unknown field "resource"',
        ),
        (
            {**PATCHED, "kustomization.yaml": "resources:\n- server.yaml\npatches:\n- path: p.yaml\n", "p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: sever\n"},
            "p.yaml:4:9",
            "no matches for Id Deployment.v1.apps/sever.[noNs]",
        ),
        (
            {"kustomization.yaml": "resources:\n- base\n", "base/kustomization.yaml": "resources:\n- a.yaml\n", "base/a.yaml": "a: [\n"},
            "base/a.yaml:1:1",
            "MalformedYAMLError",
        ),
        (
            {**PATCHED, "kustomization.yaml": "resources:\n- server.yaml\npatches:\n- path: p.yaml\n  target: {kind: Deployment}\n", "p.yaml": "- op: test\n  path: /spec/replicas\n  value: 9\n"},
            "p.yaml:2:9",
            "testing value /spec/replicas failed",
        ),
        (
            {**PATCHED, "kustomization.yaml": "resources:\n- server.yaml\npatches:\n- path: p.yaml\n", "p.yaml": "- op: add\n  path: /spec/paused\n  value: true\n"},
            "kustomization.yaml:6:3",
            "must specify a target for JSON patch",
        ),
        (
            {**PATCHED, "kustomization.yaml": "resources:\n- server.yaml\npatches:\n- path: gone.yaml\n"},
            "kustomization.yaml:6:9",
            "gone.yaml: no such file or directory",
        ),
        (
            {"a/kustomization.yaml": "resources:\n- ../b\n", "b/kustomization.yaml": "resources:\n- ../a\n"},
            "b/kustomization.yaml:4:3",
            "cycle detected",
        ),
        ({"a/kustomization.yaml": "resources:\n- .\n"}, "a/kustomization.yaml:4:3", "cycle detected"),
        (
            {"server.yaml": DEPLOYMENT, "a/kustomization.yaml": "resources:\n- ../server.yaml\n"},
            "a/kustomization.yaml:4:3",
            "security; file 'server.yaml' is not in or below 'a'",
        ),
        ({**PLAIN, "kustomization.yml": "resources:\n- server.yaml\n"}, "kustomization.yaml:1:1", "Found multiple kustomization files"),
        ({"kustomization.yaml": "resources: [\n"}, "kustomization.yaml:1:1", "invalid Kustomization"),
        ({"kustomization.yaml": "# nothing\n"}, "kustomization.yaml:1:1", "is empty"),
    ],
)  # fmt: skip
def test_a_build_that_fails_is_laid_at_its_line(
    tmp_path: Path, files: dict[str, str], place: str, words: str
) -> None:
    """With Kustomize's own words, in which the tree's folder does not stand."""
    [(found, id_, message)] = problems(tmp_path, files)
    assert (found, id_) == (place, "kustomize-build")
    assert words in message
    assert str(tmp_path) not in message


@pytest.mark.kustomize
def test_what_kustomize_would_refuse_is_not_summed_up_here(tmp_path: Path) -> None:
    """An object twice, and objects without a name."""
    twice = {
        "kustomization.yaml": "resources:\n- a.yaml\n- b.yaml\n",
        "a.yaml": DEPLOYMENT,
        "b.yaml": DEPLOYMENT,
    }
    assert "already registered id" in problems(tmp_path / "twice", twice)[0][2]
    nameless = {"kustomization.yaml": "resources:\n- a.yaml\n", "a.yaml": "apiVersion: v1\nkind: ConfigMap\n"}
    assert "missing metadata.name" in problems(tmp_path / "nameless", nameless)[0][2]


@pytest.mark.kustomize
def test_an_object_for_local_use_is_left_out_as_kustomize_does(tmp_path: Path) -> None:
    """The annotation `config.kubernetes.io/local-config` keeps it out of the build."""
    local = CONFIG.format("a") + "  annotations:\n    config.kubernetes.io/local-config: 'true'\n"
    tree = planted(
        tmp_path,
        {
            "kustomization.yaml": "resources:\n- a.yaml\n- b.yaml\n",
            "a.yaml": local,
            "b.yaml": CONFIG.format("b"),
        },
    )
    assert [item.name for item in tree.roots[0].objects] == ["b"]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("resources:\n- https://example.com/a.yaml\n", "`https://example.com/a.yaml` lies on another machine: what uses it was not built"),
        ("components:\n- github.com/acme/parts//ha?ref=v1\n", "`github.com/acme/parts//ha?ref=v1` lies on another machine: what uses it was not built"),
        ("patches:\n- path: https://example.com/p.yaml\n", "`https://example.com/p.yaml` lies on another machine: what uses it was not built"),
        ("helmCharts:\n- name: kuberay\n", "it inflates a Helm chart: what uses it was not built"),
    ],
)  # fmt: skip
def test_nothing_is_fetched(tmp_path: Path, field: str, message: str) -> None:
    """What needs a network or Helm is left out visibly, in whichever kustomization below a root it stands."""
    files = {"over/kustomization.yaml": "resources:\n- ../base\n", "base/kustomization.yaml": field}
    [(place, id_, found)] = problems(tmp_path, files)
    assert (id_, found) == ("kust-offline", message)
    assert place.startswith("base/kustomization.yaml:")


@pytest.mark.kustomize
def test_a_folder_whose_name_looks_like_a_host_is_no_host(tmp_path: Path) -> None:
    """`my.base/` is a folder, there or not."""
    tree = planted(tmp_path, {"kustomization.yaml": "resources:\n- my.base/x.yaml\n"})
    assert [problem.id for problem in tree.roots[0].problems] == ["kustomize-build"]


def test_a_program_that_hangs_or_cannot_run_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time limit, and where the program is none."""
    programs = tmp_path / "bin"
    plant(programs, {"kubectl": f"#!{sys.executable}\nimport time\ntime.sleep(60)\n"})
    (programs / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr("mintage.tree.build._TIMEOUT", 0.2)
    [(place, _, message)] = problems(tmp_path / "tree", PATCHED)
    assert (place, message) == ("kustomization.yaml:1:1", "Kustomize did not end within 0.2 s")
    (programs / "kubectl").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    [(_, _, message)] = problems(tmp_path / "tree", PATCHED)
    assert message == f"`{programs}/kubectl` cannot be run: No such file or directory"


def test_output_that_is_no_yaml_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no UTF-8, and nesting that would exhaust a stack."""
    programs = tmp_path / "bin"
    for code in ("sys.stdout.buffer.write(bytes([255, 254, 0]))", "print('[' * 100000)"):
        plant(programs, {"kubectl": f"#!{sys.executable}\nimport sys\n{code}\n"})
        (programs / "kubectl").chmod(0o755)
        monkeypatch.setenv("PATH", str(programs))
        [(_, id_, _)] = problems(tmp_path / "tree", PATCHED)
        assert id_.startswith("yaml-")


def test_links_in_a_circle_are_passed_by(tmp_path: Path) -> None:
    """A link to itself, to a folder above, and to nothing."""
    plant(tmp_path, PLAIN)
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "up").symlink_to("..", target_is_directory=True)
    (tmp_path / "dead.yaml").symlink_to("nowhere.yaml")
    tree = load(tmp_path)
    assert [root.folder for root in tree.roots] == ["."]
    assert [item.name for item in tree.roots[0].objects] == ["server"]


@pytest.mark.kustomize
def test_a_link_to_a_folder_is_followed_where_a_kustomization_names_it(tmp_path: Path) -> None:
    """Its objects are traced to the real files."""
    files = {f"base/{name}": text for name, text in PLAIN.items()}
    plant(tmp_path, {**files, "over/kustomization.yaml": "namespace: x\nresources:\n- linked\n"})
    (tmp_path / "over/linked").symlink_to("../base", target_is_directory=True)
    tree = load(tmp_path)
    assert [root.folder for root in tree.roots] == ["over"]
    assert str(tree.roots[0].objects[0].locate(("spec", "replicas"))[0]) == "base/server.yaml:8:13"


def test_a_file_of_a_hundred_megabytes_is_not_read(tmp_path: Path) -> None:
    """Neither here nor by Kustomize: the root says why it was not built."""
    plant(tmp_path, {"kustomization.yaml": "namespace: x\nresources:\n- big.yaml\n"})
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(100_000_000)
    [problem] = load(tmp_path).roots[0].problems
    assert (str(problem.location), problem.id) == ("big.yaml", "kustomize-build")
    assert problem.message == "`big.yaml` is too large to be read: what uses it was not built"


def test_binary_files_are_problems_of_their_own(tmp_path: Path) -> None:
    """A file that is no text does not keep the others from being read."""
    plant(tmp_path, {"a.yaml": CONFIG.format("a")})
    (tmp_path / "b.yaml").write_bytes(os.urandom(2000) + b"\xff")
    (tmp_path / "kustomization.json").write_bytes(b"\x00\xff")
    tree = load(tmp_path)
    assert [item.name for item in tree.roots[0].objects] == ["a"]
    assert {problem.location.file for problem in tree.problems} == {"b.yaml"}


@pytest.mark.kustomize
def test_folders_that_applications_deliver_are_roots(tmp_path: Path) -> None:
    """Also without any kustomization; with files of folders below only if the application says so."""
    application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {0}\nspec:\n  source:\n    path: {0}\n    {1}\n  destination:\n    namespace: ns-{0}\n"
    files = {
        "argo/flat.yaml": application.format("flat", "repoURL: x"),
        "argo/deep.yaml": application.format("deep", "directory: {recurse: true}"),
        **{
            f"{folder}/{name}.yaml": CONFIG.format(name.replace("/", "-"))
            for folder in ("flat", "deep")
            for name in ("a", "b/c")
        },
    }
    tree = planted(tmp_path, files)
    found = {root.folder: [item.label for item in root.objects] for root in tree.roots}
    assert found["flat"] == ["ConfigMap ns-flat/a"]
    assert found["deep"] == ["ConfigMap ns-deep/a", "ConfigMap ns-deep/b-c"]
    assert "ConfigMap b-c" in found["."]


@pytest.mark.kustomize
def test_a_patch_that_nobody_applies_is_no_object(tmp_path: Path) -> None:
    """Files that no root reaches are judged as objects, but not what repeats the name of a built one."""
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: server}\nspec: {replicas: 2}\n"
    tree = planted(tmp_path, {**PLAIN, "patches/server.yaml": patch, "more.yaml": CONFIG.format("more")})
    assert [item.label for item in tree.loose] == ["ConfigMap more"]


def test_only_the_asked_folder_is_judged(tmp_path: Path) -> None:
    """A kustomization that others use is a root when it is asked for; a single file is one, too."""
    files = {f"base/{name}": text for name, text in PLAIN.items()}
    plant(tmp_path, {**files, "over/kustomization.yaml": "resources:\n- ../base\n"})
    assert [root.folder for root in load(tmp_path).roots] == ["over"]
    assert [root.folder for root in load(tmp_path, "base").roots] == ["base"]
    assert [root.folder for root in load(tmp_path, "base/server.yaml").roots] == ["base/server.yaml"]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
)


@pytest.mark.parametrize(
    ("files", "file"),
    [
        ({"kustomization.yaml": "namespace: x\nresources: [b.yaml]\n", "b.yaml": CONFIG.format("b") + BOMB}, "b.yaml"),
        ({"kustomization.yaml": "transformers: [b.yaml]\n", "b.yaml": BOMB}, "b.yaml"),
        ({"kustomization.yaml": "resources: [.hid]\n", ".hid/kustomization.yaml": "resources: [b.yaml]\n", ".hid/b.yaml": BOMB}, ".hid/b.yaml"),
        ({"kustomization.yaml": "namespace: x\nresources: [b.yaml]\n", "b.yaml": CONFIG.format("b") + "data: &d\n  k: *d\n"}, "b.yaml"),
        ({"kustomization.yaml": "namespace: x\nresources: [b.yaml]\n", "b.yaml": "a: " + "[" * 5000 + "]" * 5000}, "b.yaml"),
        ({"kustomization.yaml": "patches:\n- patch: |\n" + "".join(f"    {line}\n" for line in BOMB.splitlines())}, "kustomization.yaml"),
    ],
)  # fmt: skip
def test_what_would_fill_the_memory_is_not_given_to_kustomize(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], file: str
) -> None:
    """Aliases that multiply or hold themselves, and nesting: wherever the file lies."""
    monkeypatch.setattr("mintage.tree.load.build", lambda *_: pytest.fail("it was built"))
    monkeypatch.setattr("mintage.tree.load.command", lambda: ["kubectl"])
    [(_, id_, message)] = problems(tmp_path, files)
    assert id_ == "kustomize-build"
    assert message.startswith(f"`{file}` cannot be read (")
    assert message.endswith(": what uses it was not built")


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server of this machine, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}", asked
        found.shutdown()


@pytest.mark.parametrize(
    ("base", "inside"),
    [
        (".hid", "resources: ['{}/x.yaml']\n"),
        ("node_modules/a", "resources: ['{}/x.yaml']\n"),
        ("../out", "components: ['{}/x']\n"),
        (".hid", "resources: [../.more]\n"),
        (".hid", "resources: [../.hid, ../.more]\n"),
        (".hid", "resources: ['{}/x.yaml']\nresources: ['{}/x.yaml']\n"),
    ],
)
def test_nothing_is_fetched_by_folders_that_the_walk_leaves_out(
    tmp_path: Path, server: tuple[str, list[str]], base: str, inside: str
) -> None:
    """Kustomize would read them: hidden ones, those of tools, and those outside the repository."""
    address, asked = server
    files = {
        "kustomization.yaml": f"resources:\n- {base}\n",
        f"{base}/kustomization.yaml": inside.replace("{}", address),
        ".more/kustomization.yaml": f"resources: ['{address}/y.yaml']\n",
    }
    [(place, id_, _)] = problems(tmp_path / "tree", files)
    assert (place, id_) == ("kustomization.yaml:4:3", "kust-offline")
    assert asked == []


@pytest.mark.kustomize
def test_a_hidden_base_is_built_if_nothing_is_fetched(tmp_path: Path) -> None:
    """It is only followed, not refused."""
    files = {"kustomization.yaml": "resources: [.hid]\n"}
    files |= {f".hid/{name}": text for name, text in PLAIN.items()}
    assert [item.name for item in planted(tmp_path, files).roots[0].objects] == ["server"]


def test_the_builder_finds_no_program_and_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else an entry may lead to: `git` is not there, and a proxy that does not answer is."""
    code = "import json, os, shutil\nprint(json.dumps({**os.environ, 'git': str(shutil.which('git'))}))\n"
    plant(tmp_path / "bin", {"kubectl": f"#!{sys.executable}\n{code}"})
    (tmp_path / "bin/kubectl").chmod(0o755)
    monkeypatch.setenv("HOME", "/some/home")
    [seen] = build([str(tmp_path / "bin/kubectl"), "kustomize"], tmp_path, "")
    assert (seen["git"], seen["HOME"], seen["NO_PROXY"]) == ("None", "/some/home", "")
    assert {seen[f"{name}_PROXY"] for name in ("HTTP", "HTTPS")} == {"http://127.0.0.1:9"}
    assert (seen["GIT_ALLOW_PROTOCOL"], seen["GIT_TERMINAL_PROMPT"]) == ("none", "0")
