"""Fetching brings the very bytes that the lock pins, or nothing, and asks for no more than is missing."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mintage.errors import MintageError
from mintage.schemas.fetching import BASE, fetch, url_of
from mintage.schemas.lock import read_lock
from mintage.schemas.store import Schemas, Sources
from schemas.test_convert import BOX

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMIT = "abcdef7890" * 4


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and counts the requests."""

    asked: list[str]

    def __init__(self, *args: Any, asked: list[str], **more: Any) -> None:
        self.asked = asked
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        """Note what is asked for."""
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class Mirror:
    """A mirror of raw files, and a workspace with a lock."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root
        self.asked: list[str] = []
        self.pins: list[str] = []
        handler = partial(Quiet, directory=str(folder), asked=self.asked)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}/raw"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, name: str, text: str, *, digest: str = "", profiles: str = "") -> None:
        """Put a file on the mirror and its pin into the lock."""
        file = self.folder / "raw/example/crds" / COMMIT / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        digest = digest or hashlib.sha256(text.encode()).hexdigest()
        self.pin(name, digest, profiles)

    def pin(self, name: str, digest: str, profiles: str = "") -> None:
        """Add a pin to the lock."""
        lines = [
            f"- name: {name.removesuffix('.yaml')}",
            "  repository: example/crds",
            f"  commit: {COMMIT}",
            f"  path: {name}",
            f"  sha256: {digest}",
            *([f"  profiles: [{profiles}]"] if profiles else []),
        ]
        self.pins += lines
        self.root.mkdir(exist_ok=True)
        (self.root / "schemas.lock").write_text("\n".join(["schemas:", *self.pins]) + "\n")

    def files(self) -> list[str]:
        """Return what stands in the workspace beside the lock."""
        return sorted(
            path.name for path in self.root.rglob("*") if path.is_file() and path.name != "schemas.lock"
        )


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """Return a mirror that runs."""
    served = Mirror(tmp_path / "mirror", tmp_path / "work")
    yield served
    served.server.shutdown()
    served.server.server_close()


def refused(mirror: Mirror) -> list[tuple[int, str, str]]:
    """Return line, id and message of every problem of a fetch that must fail and leave nothing behind."""
    with pytest.raises(MintageError) as raised:
        fetch(mirror.root, mirror.base)
    assert mirror.files() == []
    return [(problem.location.line, problem.id, problem.message) for problem in raised.value.problems]


def test_what_is_pinned_is_fetched_and_judges(mirror: Mirror) -> None:
    """From repository, commit and path."""
    mirror.serve("box.yaml", BOX)
    done = fetch(mirror.root, mirror.base)
    assert (done.fetched, done.present) == (("box",), ())
    assert mirror.asked == [f"/raw/example/crds/{COMMIT}/box.yaml"]
    judge = Schemas("1.32", Sources.of(mirror.root)).judge("example.io/v1", "Box")
    assert judge
    assert judge.source.startswith(
        f"Box example.io/v1 fetched from example/crds@{COMMIT[:12]} box.yaml (sha256:"
    )


def test_what_is_there_is_not_asked_for_again(mirror: Mirror) -> None:
    """And a second run changes nothing."""
    mirror.serve("box.yaml", BOX)
    fetch(mirror.root, mirror.base)
    mirror.serve("case.yaml", BOX.replace("Box", "Case"))
    done = fetch(mirror.root, mirror.base)
    assert (done.fetched, done.present) == (("case",), ("box",))
    assert len(mirror.asked) == 2


def test_other_bytes_are_refused_and_nothing_is_written(mirror: Mirror) -> None:
    """Not even the files that are right."""
    mirror.serve("case.yaml", BOX.replace("Box", "Case"))
    wrong = "0f" * 32
    mirror.serve("box.yaml", BOX, digest=wrong)
    got = hashlib.sha256(BOX.encode()).hexdigest()
    url = f"{mirror.base}/example/crds/{COMMIT}/box.yaml"
    assert refused(mirror) == [
        (7, "digest-mismatch", f"box: expected sha256 {wrong}, got {got} from {url}; nothing was written")
    ]


def test_every_problem_is_told_at_once(mirror: Mirror) -> None:
    """A file that is not there, and one that is no definition."""
    mirror.pin("gone.yaml", "0f" * 32)
    mirror.serve("text.yaml", "kind: Pod\n")
    assert refused(mirror) == [
        (2, "fetch-failed", f"{mirror.base}/example/crds/{COMMIT}/gone.yaml answers 404 File not found"),
        (7, "crd-none", "text: text.yaml holds no schema"),
    ]


def test_one_kind_from_two_files(mirror: Mirror) -> None:
    """Which one judges must be said, by profiles."""
    mirror.serve("box.yaml", BOX)
    mirror.serve("old-box.yaml", BOX.replace("size", "width"))
    assert refused(mirror) == [(7, "crd-twice", "old-box and box both define Box example.io/v1")]
    mirror.pins.clear()
    mirror.serve("box.yaml", BOX, profiles="new")
    mirror.serve("old-box.yaml", BOX.replace("size", "width"), profiles="old")
    lock = mirror.root / "schemas.lock"
    lock.write_text("profile: old\n" + lock.read_text())
    assert fetch(mirror.root, mirror.base).fetched == ("old-box",)


def test_without_a_network(mirror: Mirror) -> None:
    """The address is named, and the other way to get schemas."""
    mirror.serve("box.yaml", BOX)
    mirror.server.shutdown()
    mirror.server.server_close()
    (problem,) = refused(mirror)
    assert problem[1] == "fetch-failed"
    assert problem[2].startswith(f"{mirror.base}/example/crds/{COMMIT}/box.yaml cannot be had: ")
    assert "refused" in problem[2]


@pytest.mark.parametrize("base", ["nonsense", "ftp://", "http://[", "file:///nowhere"])
def test_a_mirror_that_is_none(mirror: Mirror, base: str) -> None:
    """An error in words."""
    mirror.serve("box.yaml", BOX)
    mirror.base = base
    assert [problem[1] for problem in refused(mirror)] == ["fetch-failed"]


def test_a_mirror_may_be_a_folder(mirror: Mirror) -> None:
    """Behind an air gap."""
    mirror.serve("box.yaml", BOX)
    assert fetch(mirror.root, f"file://{mirror.folder}/raw").fetched == ("box",)


def test_without_a_lock(tmp_path: Path) -> None:
    """There is nothing to fetch, and that is an error."""
    with pytest.raises(MintageError) as raised:
        fetch(tmp_path)
    assert [problem.id for problem in raised.value.problems] == ["lock-missing"]


def test_the_address_of_a_pin() -> None:
    """The commit, never a branch; the one that a web browser shows as raw."""
    lock = read_lock(Path(__file__).parents[2])
    assert lock
    pin = next(pin for pin in lock.pins if pin.name == "rayclusters.ray.io")
    assert (
        url_of(pin)
        == f"{BASE}/ray-project/kuberay/{pin.commit}/ray-operator/config/crd/bases/ray.io_rayclusters.yaml"
    )
