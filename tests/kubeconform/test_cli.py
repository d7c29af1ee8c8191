"""The program from end to end: the promises of kubeconform's own acceptance tests, without a network."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import kubeconform
from kubeconform import flags

USAGE = flags.usage("kubeconform")
VERSION = (
    'invalid value "1.25" for flag -kubernetes-version: 1.25 is not a valid version. '
    'Valid values are "master" (default) or full version x.y.z (e.g. "1.27.2")'
)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(kubeconform.__file__).parents[1])}
ROOT = "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master"
VALID = """\
apiVersion: v1
kind: ReplicationController
metadata:
  name: bob
spec:
  replicas: 2
  selector: {app: nginx}
"""
CUSTOM = "apiVersion: sagemaker.aws.amazon.com/v1\nkind: TrainingJob\nmetadata: {name: xgboost}\nspec: {region: us}\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """Write the manifests that most tests read."""
    (tmp_path / "valid.yaml").write_text(VALID)
    (tmp_path / "invalid.yaml").write_text(VALID.replace("2", '"two"'))
    (tmp_path / "custom.yaml").write_text(CUSTOM)


def cached(folder: Path, url: str, schema: Any) -> None:
    """Put a schema into a cache, as a download would."""
    folder.mkdir(exist_ok=True)
    (folder / hashlib.sha256(url.encode()).hexdigest()).write_text(json.dumps(schema))


# --- without a network ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_a_network_and_a_cache_nothing_is_valid(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No schema comes from anywhere else; the proxy of the environment is tried and named."""
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:9")
    code, out, _err = run("valid.yaml")
    assert code == 1
    assert "proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused" in out


def test_a_cache_serves_without_a_network(run: Any, tmp_path: Path) -> None:
    """The default location, by the hashes of its URLs."""
    schema = {"properties": {"spec": {"properties": {"replicas": {"type": ["integer", "null"]}}}}}
    url = f"{ROOT}/master-standalone/replicationcontroller-v1.json"
    cached(tmp_path / "cache", url, schema)
    assert run("-cache", "cache/", "valid.yaml") == (0, "", "")
    code, out, _err = run("-cache", "cache", "invalid.yaml")
    assert code == 1
    assert out == (
        "invalid.yaml - ReplicationController bob is invalid: problem validating schema. Check JSON formatting: "
        f"jsonschema validation failed with '{url}#' - at '/spec/replicas': got string, want null or integer\n"
    )


def test_a_local_location_judges_custom_resources(run: Any, tmp_path: Path) -> None:
    """By a template with kind and suffix."""
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "trainingjob-sagemaker-v1.json").write_text('{"required": ["spec"]}')
    location = "./registry/{{ .ResourceKind }}{{ .KindSuffix }}.json"
    assert run("-schema-location", location, "custom.yaml") == (0, "", "")
    assert (
        run("-schema-location", "{{ .ResourceKind }}.json", "-schema-location", location, "custom.yaml")[0]
        == 0
    )


def test_a_cached_schema_may_refer_to_another(run: Any, tmp_path: Path) -> None:
    """Which is cached under its own URL."""
    definitions = f"{ROOT}/master/_definitions.json"
    cached(
        tmp_path / "c",
        f"{ROOT}/master/replicationcontroller-v1.json",
        {"$ref": f"{definitions}#/definitions/x"},
    )
    cached(tmp_path / "c", definitions, {"definitions": {"x": {"required": ["spec"]}}})
    location = f"{ROOT}/{{{{ .NormalizedKubernetesVersion }}}}{{{{ .StrictSuffix }}}}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    code, out, _err = run("-cache", "c", "-summary", "-schema-location", location, "valid.yaml")
    assert (code, out) == (
        0,
        "Summary: 1 resource found in 1 file - Valid: 1, Invalid: 0, Errors: 0, Skipped: 0\n",
    )


# --- the command line -----------------------------------------------------------------------------------------


def test_help_goes_to_stdout(run: Any) -> None:
    """And is no failure."""
    assert run("-h") == (0, f"{USAGE}\n", "")


def test_flags_that_do_not_exist_are_errors(run: Any) -> None:
    """With the help after them, on stderr."""
    assert run("-xyz") == (1, "", f"flag provided but not defined: -xyz\n{USAGE}\n")
    assert run("-kubernetes-version", "1.25", "valid.yaml") == (1, "", f"{VERSION}\n{USAGE}\n")
    assert run("-help") == (1, "", f"{USAGE}\n")


def test_the_version_is_told(run: Any) -> None:
    """That of this package."""
    assert run("-v") == (0, f"{kubeconform.__version__}\n", "")


def test_what_cannot_work_is_one_line_on_stderr(run: Any) -> None:
    """Before anything is read."""
    code, out, err = run("-schema-location", "foo {{ .Foo }}", "valid.yaml")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("failed initialising schema location registry: template: ")
    missing = "failed opening cache folder gone: stat gone: no such file or directory\n"
    assert run("-cache", "gone", "valid.yaml") == (1, "", missing)
    formats = "'outputFormat' must be 'json', 'junit', 'pretty', 'tap' or 'text'\n"
    assert run("-output", "yaml", "valid.yaml") == (1, "", formats)
    code, _out, err = run("-ignore-filename-pattern", "[", "valid.yaml")
    assert code == 1
    assert err.startswith("error parsing regexp: ")


def test_missing_files_are_errors(run: Any, core: str) -> None:
    """The others are still judged."""
    code, out, _err = run("-summary", "-schema-location", core, "not-here", "valid.yaml")
    assert code == 1
    assert out == (
        "not-here - failed validation: lstat not-here: no such file or directory\n"
        "Summary: 2 resources found in 2 files - Valid: 1, Invalid: 0, Errors: 1, Skipped: 0\n"
    )


@pytest.mark.parametrize("words", [(), ("-",)])
def test_stdin_is_read_where_no_file_is_named(run: Any, core: str, words: tuple[str, ...]) -> None:
    """A hyphen means the same."""
    text = f"{VALID}---\n{VALID}".encode()
    code, out, _err = run("-summary", "-schema-location", core, *words, stdin=text)
    expected = "Summary: 2 resources found parsing stdin - Valid: 2, Invalid: 0, Errors: 0, Skipped: 0\n"
    assert (code, out) == (0, expected)


def test_a_terminal_on_stdin_is_refused() -> None:
    """Nobody waits for input that nobody types."""
    with Path(os.devnull).open("rb") as device:
        done = subprocess.run(
            [sys.executable, "-m", "kubeconform"],
            stdin=device,
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
    assert done.returncode == 1
    assert done.stderr.endswith(" failing to read data from stdin\n")


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path, core: str) -> None:
    """`| head` is a common end of a pipe."""
    (tmp_path / "many.yaml").write_text(f"{VALID}---\n" * 3000)
    command = [sys.executable, "-m", "kubeconform", "-verbose", "-schema-location", core, "many.yaml"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


# --- what is judged -------------------------------------------------------------------------------------------


def test_folders_files_and_patterns(run: Any, core: str, tmp_path: Path) -> None:
    """Patterns take files away from folders and from the command line."""
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    (tmp_path / "folder" / "sub" / "a.yml").write_text(VALID)
    (tmp_path / "folder" / "b.json").write_text(json.dumps({"apiVersion": "v1", "kind": "ConfigMap"}))
    (tmp_path / "folder" / "blank.yaml").write_text("")
    code, out, _err = run("-summary", "-schema-location", core, "folder")
    expected = "Summary: 2 resources found in 3 files - Valid: 2, Invalid: 0, Errors: 0, Skipped: 0\n"
    assert (code, out) == (0, expected)
    words = (
        "--ignore-filename-pattern",
        "inv",
        "--ignore-filename-pattern",
        r"\.yml$",
        "invalid.yaml",
        "folder",
    )
    code, out, _err = run("-summary", "-schema-location", core, *words)
    expected = "Summary: 1 resource found in 2 files - Valid: 1, Invalid: 0, Errors: 0, Skipped: 0\n"
    assert (code, out) == (0, expected)


def test_skipped_and_rejected_kinds(run: Any) -> None:
    """The kind alone, or with its version."""
    for name in ("ReplicationController", "Pod,v1/ReplicationController"):
        line = "valid.yaml - bob ReplicationController skipped\n"
        assert run("-verbose", "-skip", name, "valid.yaml") == (0, line, "")
    code, out, _err = run("-reject", "ReplicationController", "valid.yaml")
    prohibited = "failed validation: prohibited resource kind ReplicationController\n"
    assert (code, out) == (1, f"valid.yaml - ReplicationController bob {prohibited}")


def test_missing_schemas_are_errors_unless_they_are_ignored(run: Any, core: str) -> None:
    """Ignored ones are skipped."""
    code, out, _err = run("-schema-location", core, "custom.yaml")
    missing = "custom.yaml - TrainingJob xgboost failed validation: could not find schema for TrainingJob\n"
    assert (code, out) == (1, missing)
    words = ("-ignore-missing-schemas", "-summary", "custom.yaml")
    code, out, _err = run("-schema-location", core, *words)
    expected = "Summary: 1 resource found in 1 file - Valid: 0, Invalid: 0, Errors: 0, Skipped: 1\n"
    assert (code, out) == (0, expected)


def test_repeated_keys_are_errors_under_strict(run: Any, core: str, tmp_path: Path) -> None:
    """And nothing otherwise."""
    (tmp_path / "twice.yaml").write_text(VALID + "kind: ReplicationController\n")
    assert run("-schema-location", core, "twice.yaml")[0] == 0
    code, out, _err = run("-strict", "-schema-location", core, "twice.yaml")
    assert code == 1
    assert out == (
        "twice.yaml - failed validation: error unmarshalling resource: error converting YAML to JSON: "
        'yaml: unmarshal errors:\n  line 8: key "kind" already set in map\n'
    )


def test_exit_on_error_stops_at_the_first(run: Any, core: str) -> None:
    """What comes later is not even counted."""
    words = ("-exit-on-error", "-summary", "-verbose", "valid.yaml", "invalid.yaml", "custom.yaml")
    code, out, _err = run("-schema-location", core, *words)
    assert code == 1
    assert (
        out.splitlines()[-1]
        == "Summary: 2 resources found in 2 files - Valid: 1, Invalid: 1, Errors: 0, Skipped: 0"
    )


def test_debug_tells_which_schema_judged(run: Any, core: str) -> None:
    """On stderr, with the time."""
    _code, out, err = run("-debug", "-schema-location", core, "valid.yaml")
    assert out == ""
    assert "using schema found at" in err


@pytest.mark.parametrize("format_name", ["text", "json", "junit", "pretty", "tap"])
def test_every_output_fails_where_a_resource_does(run: Any, core: str, format_name: str) -> None:
    """And succeeds where none does."""
    assert run("-output", format_name, "-schema-location", core, "valid.yaml")[0] == 0
    code, out, _err = run("-output", format_name, "-schema-location", core, "invalid.yaml")
    assert code == 1
    assert "got string, want null or integer" in out


@pytest.mark.parametrize("workers", ["1", "0", "16"])
def test_the_number_of_workers_changes_nothing(run: Any, core: str, workers: str) -> None:
    """Not even none of them."""
    code, out, _err = run("-n", workers, "-verbose", "-schema-location", core, "valid.yaml", "invalid.yaml")
    assert code == 1
    assert [line.split(" - ")[0] for line in out.splitlines()] == ["valid.yaml", "invalid.yaml"]


# --- bad input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [b"a: [", b"\x00\x01\x02" * 100, b"\xff" * 10, b"PK\x03\x04" + bytes(range(256)), b"{", b"- - -\n\t- x"],
)
def test_files_that_are_no_yaml_are_errors(run: Any, core: str, tmp_path: Path, data: bytes) -> None:
    """One line each; the next file is judged."""
    (tmp_path / "bad.yaml").write_bytes(data)
    code, out, err = run("-verbose", "-schema-location", core, "bad.yaml", "valid.yaml")
    assert (code, err) == (1, "")
    first, *_rest, last = out.splitlines()
    assert first.startswith("bad.yaml - failed validation: error unmarshalling resource: ")
    assert last == "valid.yaml - ReplicationController bob is valid"


def test_a_file_of_ten_megabytes_is_judged(run: Any, core: str, tmp_path: Path) -> None:
    """There is no limit of size."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n  x: |\n"
    (tmp_path / "big.yaml").write_text(text + "    0123456789\n" * 700_000)
    code, out, _err = run("-verbose", "-schema-location", core, "big.yaml")
    assert (code, out) == (0, "big.yaml - ConfigMap big is valid\n")


def test_links_that_lead_in_circles_end(run: Any, core: str, tmp_path: Path) -> None:
    """And links that lead nowhere are errors."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "loop").symlink_to(tmp_path / "tree")
    (tmp_path / "tree" / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "tree" / "folder.yaml").symlink_to(tmp_path / "tree")
    code, out, _err = run("-schema-location", core, "tree")
    assert code == 1
    assert out.splitlines() == [
        "tree/folder.yaml - failed validation: read tree/folder.yaml: is a directory",
        "tree/gone.yaml - failed validation: open tree/gone.yaml: no such file or directory",
    ]


def test_file_names_need_not_be_text(core: str, tmp_path: Path) -> None:
    """They are shown as well as can be."""
    name = os.path.join(os.fsencode(tmp_path), b"\xff.yaml")  # noqa: PTH118 - bytes
    with open(name, "w") as file:  # noqa: PTH123 - bytes
        file.write(VALID)
    command = [sys.executable, "-m", "kubeconform", "-verbose", "-schema-location", core, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False, env=ENVIRONMENT)
    assert done.stderr == b""
    assert b"\\udcff.yaml - ReplicationController bob is valid\n" in done.stdout


# --- size -----------------------------------------------------------------------------------------------------

_MEASURED = """
import re, sys
from pathlib import Path
from kubeconform.cli import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux tells it")
def test_a_stream_of_a_hundred_thousand_resources_takes_little_memory(core: str) -> None:
    """They are made as they are read; memory stays that of a few."""
    command = [sys.executable, "-c", _MEASURED, "-summary", "-schema-location", core]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdin is not None
        for _number in range(100_000):
            process.stdin.write(f"---\n{VALID}")
        out, err = process.communicate()
    assert (
        out
        == "Summary: 100000 resources found parsing stdin - Valid: 100000, Invalid: 0, Errors: 0, Skipped: 0\n"
    )
    assert process.returncode == 0
    assert int(err) < 100_000  # KiB
