"""What could have been judged and was not is said in a sentence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from mintage.check.schema.judged import remarks
from mintage.schemas.store import Schemas, Sources
from mintage.tree.tree import of_documents

ROOT = Path(__file__).parents[3]
WITH_RULES = """
import sys
sys.modules["celpy"] = None
from mintage.check.schema import judged
from mintage.schemas.judge import Judge
from mintage.tree.tree import of_documents


class Rules:
    not_fetched = ()

    def judge(self, api_version, kind):
        return Judge({"x-kubernetes-validations": [{"rule": "false"}]}, "a schema with a rule", custom=True)


tree = of_documents({"a": [{"apiVersion": "acme/v1", "kind": "Box", "metadata": {"name": "b"}}]}, schemas=Rules())
print(*judged.remarks(tree), sep="\\n")
"""


def test_schemas_that_were_not_fetched_are_named(tmp_path: Path) -> None:
    """A lock alone judges nothing."""
    shutil.copy(ROOT / "schemas.lock", tmp_path)
    tree = of_documents({"a": []}, schemas=Schemas("1.32", Sources.of(tmp_path)))
    assert remarks(tree) == ["12 schemas that `schemas.lock` pins were not fetched: run `doit schemas fetch`"]


def test_where_all_was_judged_nothing_is_said() -> None:
    """Nor where no schema was asked for."""
    documents = {"a": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}]}
    assert remarks(of_documents(documents, schemas=Schemas("1.32"))) == []
    assert remarks(of_documents(documents)) == []


def test_rules_that_nothing_can_evaluate_are_told() -> None:
    """They are neither passed nor broken."""
    done = subprocess.run([sys.executable, "-c", WITH_RULES], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "CEL rules were not evaluated: the package cel-python is not installed: pip install 'mintage[cel]'\n"
    )
