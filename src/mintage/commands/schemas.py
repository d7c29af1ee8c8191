"""`doit schemas`: import, fetch and list the schemas that objects are judged by.

Needs no dodo.py and no specs, so that it works beside any repository of manifests.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.cmd_base import Command

from mintage.errors import MintageError
from mintage.report.text import problems_text
from mintage.schemas import fetching, importing
from mintage.schemas.core import package
from mintage.schemas.lock import LOCK
from mintage.schemas.store import IMPORTED, Sources
from mintage.schemas.store import Schemas as Store
from mintage.source import read
from mintage.workspace.files import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MIRROR = "MINTAGE_SCHEMAS_URL"
_DEFAULT_VERSION = "1.32"


class Schemas(Command):  # type: ignore[misc]
    """The command as doit runs it; what follows the verb is parsed here, because doit's options come first."""

    name = "schemas"
    doc_purpose = "import, fetch and list the schemas that objects are judged by"
    doc_usage = "import DIR|FILE|-... | import --cluster | fetch [--base-url URL] | list [--all]"
    doc_description = (
        f"import writes the CRDs it is given to {IMPORTED}/, fetch downloads what {LOCK} pins (from "
        f"--base-url or ${MIRROR}, if given), list shows which schema judges which kind."
    )
    cmd_options = ()

    def execute(self, opt_values: Mapping[str, Any], pos_args: Sequence[str]) -> int:  # noqa: ARG002 - no options
        """Run the verb; return 0, 1 where something is wrong, 2 for a wrong command line."""
        try:
            options = _parser().parse_args(list(pos_args))
        except SystemExit as error:
            return int(error.code or 0)
        try:
            return int(options.run(options))
        except MintageError as error:
            sys.stderr.write(problems_text(error.problems, Path()))
            return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="doit schemas", description=Schemas.doc_purpose)
    verbs = parser.add_subparsers(required=True, metavar="import|fetch|list")
    importer = verbs.add_parser("import", help=f"convert CRDs into {IMPORTED}/, to be committed")
    importer.add_argument("operands", nargs="*", metavar="DIR|FILE|-", help="folders, files, or - for stdin")
    importer.add_argument(
        "--cluster", action="store_true", help="all CRDs of the cluster that kubectl reaches"
    )
    importer.set_defaults(run=lambda options: _import(importer, options))
    verb = verbs.add_parser("fetch", help=f"download what {LOCK} pins, by commit and SHA-256")
    verb.add_argument("--base-url", metavar="URL", help=f"a mirror of {fetching.BASE}; also ${MIRROR}")
    verb.set_defaults(run=_fetch)
    verb = verbs.add_parser("list", help="show which schema judges which kind")
    verb.add_argument("--all", action="store_true", help="the kinds of Kubernetes itself as well")
    verb.add_argument(
        "--kubernetes-version", metavar="1.N", help=f"that of {SYSTEM} by default, or {_DEFAULT_VERSION}"
    )
    verb.set_defaults(run=_list)
    return parser


def _import(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if bool(options.operands) == options.cluster:
        parser.print_usage(sys.stderr)
        sys.stderr.write("doit schemas import: error: expected either files and folders, or --cluster\n")
        return 2
    root = Path()
    if options.cluster:
        batch = importing.from_cluster()
    else:
        stream = sys.stdin.buffer.read() if "-" in options.operands else b""
        batch = importing.from_operands(root, options.operands, stream)
    changed = importing.write(root / IMPORTED, batch.files)
    for name in changed:
        sys.stdout.write(f"{IMPORTED}/{name}\n")
    _remark(batch.remarks)
    sys.stdout.write(f"{IMPORTED}/ {len(changed)} of {len(batch.files)} schemas changed\n")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    base = options.base_url or os.environ.get(MIRROR) or fetching.BASE
    done = fetching.fetch(Path(), base)
    for name in done.fetched:
        sys.stdout.write(f"fetched {name}\n")
    _remark(done.remarks)
    total = len(done.fetched) + len(done.present)
    sys.stdout.write(f"{len(done.fetched)} of {total} fetched, {len(done.present)} were there\n")
    return 0


def _remark(remarks: Sequence[str]) -> None:
    for remark in remarks:
        sys.stdout.write(f"passed over: {remark}\n")


def _list(options: argparse.Namespace) -> int:
    store = Store(options.kubernetes_version or _version(), Sources.of(Path()))
    known = store.known()
    rows = [("KIND", "API VERSION", "JUDGED BY")]
    for each in known:
        if options.all or each.origin != "core":
            judge = store.judge(each.api_version, each.kind)
            assert judge is not None  # it is known
            rows.append(
                (each.kind, each.api_version, judge.source.removeprefix(f"{each.kind} {each.api_version} "))
            )
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for kind, version, source in rows:
        sys.stdout.write(f"{kind:<{widths[0]}}  {version:<{widths[1]}}  {source}\n")
    core = sum(each.origin == "core" for each in known)
    sys.stdout.write(f"{core} kinds of Kubernetes {store.kubernetes_version} ({package()})\n")
    if missing := store.not_fetched:
        sys.stdout.write(
            f"{LOCK}: {len(missing)} not fetched ({', '.join(missing)}): run `doit schemas fetch`\n"
        )
    return 0


def _version() -> str:
    """Return the version of the workspace, where there is one that says it."""
    path = Path(SYSTEM)
    value = read(SYSTEM, path.read_bytes()).value if path.is_file() else None
    return (
        str(value.get("kubernetesVersion", _DEFAULT_VERSION)) if isinstance(value, dict) else _DEFAULT_VERSION
    )
