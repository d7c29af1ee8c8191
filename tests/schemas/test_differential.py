"""Our verdicts are those of others: of the `jsonschema` library on the same schemas, and of the upstream definitions."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
import pytest

from mintage.schemas.own import files
from mintage.schemas.store import Judge, Schemas
from schemas.corpus import corpus
from schemas.mutants import mutant, seeded
from schemas.rendered import rendered, upstream

CUSTOM = {
    ("kueue.x-k8s.io/v1beta2", "LocalQueue"): {
        "clusterQueue": "gpu",
        "stopPolicy": "Hold",
        "fairSharing": {"weight": 1},
    },
    ("monitoring.coreos.com/v1", "PrometheusRule"): {
        "groups": [
            {
                "name": "a",
                "interval": "30s",
                "rules": [{"alert": "A", "expr": "up == 0", "for": "1m", "labels": {"a": "b"}}],
            }
        ]
    },
}


def custom() -> list[dict[str, Any]]:
    """Return custom resources that do not depend on what the workspace renders, with those that it does."""
    own = [
        {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
        for (api_version, kind), spec in CUSTOM.items()
    ]
    return own + rendered()


@cache
def oracle(judge: Judge) -> jsonschema.Draft202012Validator:
    """Return the same schema under the other library."""
    return jsonschema.Draft202012Validator(judge.schema)


@pytest.mark.slow
def test_ten_thousand_mutants_and_no_disagreement() -> None:
    """Our engine, with the defaults and nulls of custom kinds treated first, judges as `jsonschema` does."""
    schemas = Schemas("1.32")
    documents, chance = corpus() + custom(), seeded(20261121)
    assert len({(each["apiVersion"], each["kind"]) for each in documents}) >= 30
    disagreements, invalid = [], 0
    for number in range(10_000):
        document = mutant(documents[number % len(documents)], chance, most=3)
        judge = schemas.judge(document["apiVersion"], document["kind"])
        assert judge is not None
        value = judge.as_validated(document)
        verdict = judge.validator.is_valid(value)
        invalid += not verdict
        if verdict != oracle(judge).is_valid(value):
            disagreements.append(document)
    assert disagreements == []
    assert 5_000 < invalid < 9_000  # the mutations hit, and do not always


@pytest.mark.slow
def test_every_invalid_mutant_has_a_reason_and_no_valid_one() -> None:
    """The sentences and the engine's verdict come from two walks, which must agree."""
    schemas = Schemas("1.32")
    documents, chance = corpus() + custom(), seeded(7)
    for number in range(3_000):
        document = mutant(documents[number % len(documents)], chance, most=3)
        judge = schemas.judge(document["apiVersion"], document["kind"])
        assert judge is not None
        errors = judge.errors(document)
        if not judge.validator.is_valid(judge.as_validated(document)):
            assert errors
        elif errors:
            beyond = ("stands already at index", "want a `name` (or a `generateName`)")
            assert all(any(words in error.message for words in beyond) for error in errors)


def test_the_corpus_is_valid() -> None:
    """Else its mutants would show nothing."""
    schemas = Schemas("1.32")
    for document in corpus() + custom():
        judge = schemas.judge(document["apiVersion"], document["kind"])
        assert judge is not None
        assert judge.errors(document) == [], (document["kind"], judge.errors(document))


@pytest.mark.crds
def test_own_schemas_take_what_upstream_takes() -> None:
    """Every custom resource that is rendered is valid under both."""
    schemas = Schemas("1.32")
    seen = set()
    for document in rendered():
        kind = document["apiVersion"], document["kind"]
        own = schemas.judge(*kind)
        assert own is not None
        assert (own.errors(document), upstream()[kind].errors(document)) == ([], [])
        seen.add(kind)
    assert seen == files().keys()


@pytest.mark.crds
@pytest.mark.slow
def test_own_schemas_refuse_what_upstream_refuses() -> None:
    """1 000 mutations of what is rendered, in the same order every time."""
    schemas = Schemas("1.32")
    documents, chance = rendered(), seeded(42)
    disagreements, invalid = [], 0
    for number in range(1_000):
        document = mutant(documents[number % len(documents)], chance, most=2)
        kind = document["apiVersion"], document["kind"]
        own = schemas.judge(*kind)
        assert own is not None
        ours, theirs = own.errors(document), upstream()[kind].errors(document)
        invalid += bool(theirs)
        if bool(ours) != bool(theirs):
            disagreements.append((kind, ours, theirs))
    assert disagreements == []
    assert 400 < invalid < 950
