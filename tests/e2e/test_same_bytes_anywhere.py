"""The same specs give the same bytes, wherever and by whomever they are rendered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab import open_to_others
from mintage.testing import Space

REPOSITORY = Path(__file__).parents[2]
PLACES = {
    "another path": {},
    "another time zone": {"TZ": "Pacific/Kiritimati"},
    "another locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "no locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "another hash seed": {"PYTHONHASHSEED": "1"},
    "yet another hash seed": {"PYTHONHASHSEED": "4711"},
    "optimised": {"PYTHONOPTIMIZE": "1"},
}


def _clone(folder: Path, *, backwards: bool = False) -> Space:
    """Copy the specs of this repository; `backwards` writes the files in reverse order."""
    space = Space(folder)
    paths = sorted(path for path in (REPOSITORY / "specs").rglob("*") if path.is_file())
    for path in reversed(paths) if backwards else paths:
        space.write(path.relative_to(REPOSITORY).as_posix(), path.read_text(encoding="utf-8"))
    return space


def _committed() -> dict[str, bytes]:
    tree = REPOSITORY / "gitops"
    return {
        path.relative_to(tree).as_posix(): path.read_bytes() for path in tree.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("place", PLACES)
def test_surroundings_do_not_show(tmp_path: Path, place: str) -> None:
    """Every clone renders what is committed."""
    space = _clone(tmp_path / "a folder: with %s odd ☃ name")
    outcome = space.run("render", env=PLACES[place])
    assert outcome.code == 0, outcome.stderr
    assert space.files() == _committed()


@pytest.mark.parametrize("umask", ["000", "077"])
def test_the_umask_does_not_show(tmp_path: Path, umask: str) -> None:
    """Neither in names nor in bytes."""
    space = _clone(tmp_path / "clone")
    outcome = space.run("render", prefix=("sh", "-c", f'umask {umask}; exec "$@"', "sh"))
    assert outcome.code == 0, outcome.stderr
    assert space.files() == _committed()


def test_the_order_of_a_folder_does_not_show(tmp_path: Path) -> None:
    """Files are read in the order of their names, not of their making."""
    space = _clone(tmp_path / "clone", backwards=True)
    assert space.run("render").code == 0
    assert space.files() == _committed()


def test_another_user_renders_the_same(tmp_path: Path) -> None:
    """Without a home, and without a name."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become someone else")
    space = _clone(tmp_path / "clone")
    open_to_others(tmp_path)
    subprocess.run(["chown", "-R", "4321", space.root], check=True)
    prefix = ("setpriv", "--reuid=4321", "--regid=4321", "--clear-groups")
    outcome = space.run("render", prefix=prefix, env={"HOME": "/nowhere", "USER": ""})
    assert outcome.code == 0, outcome.stderr
    assert space.files() == _committed()


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_other_pythons_render_the_same(tmp_path: Path, version: str) -> None:
    """Every Python that is supported, where it is installed with what Mintage needs."""
    python = shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"python{version} is not on PATH")
    needed = "import doit, jsonpatch, msgspec, yaml"
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        python = sys.executable
    elif subprocess.run([python, "-c", needed], check=False, capture_output=True).returncode:
        pytest.skip(f"python{version} has not got what Mintage needs")
    space = _clone(tmp_path / "clone")
    done = subprocess.run(
        [python, "-m", "doit", "render"],
        cwd=space.root,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert space.files() == _committed()
