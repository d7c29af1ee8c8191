"""Secrets: what is one, what only looks like one, and what is never read."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mintage.check import security
from mintage.check.run import findings
from mintage.tree.tree import of_documents

SECRET = {"secret-plaintext", "secret-in-configmap", "secret-empty"}


def told(document: dict[str, Any]) -> dict[str, str]:
    """Return the messages about secrets by id."""
    found = findings(of_documents({"a": [document]}), security.CHECKS)
    return {finding.id: finding.message for finding in found if finding.id in SECRET}


def with_env(name: str, value: str) -> dict[str, Any]:
    """Return a pod with one variable."""
    container = {"name": "c", "image": "x:1", "env": [{"name": name, "value": value}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}}


def secret(**fields: Any) -> dict[str, Any]:
    """Return a Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "tr0ub4dor&3"),
        ("MINIO_ROOT_PASSWORD", "minioadmin"),
        ("SETTINGS", "hf_" + "a" * 34),
        ("DATABASE_URL", "postgresql://user:tr0ub4dor@db/x"),
    ],
)
def test_a_secret_in_a_variable_is_told(name: str, value: str) -> None:
    """By its name, or by its form."""
    assert "secret-plaintext" in told(with_env(name, value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "EMPTY"),
        ("DB_PASSWORD", "$(PASSWORD)"),
        ("DB_PASSWORD", "${PASSWORD}"),
        ("DB_PASSWORD", "{{ .Values.password }}"),
        ("DB_PASSWORD", "<your-password>"),
        ("DB_PASSWORD", ""),
        ("DB_SECRET", "database-credentials"),
        ("HF_TOKEN_PATH", "/var/run/token"),
        ("MAX_TOKENS", "4096"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("SECRET_NAME", "minio"),
        ("API_TOKEN", "vault:secret/data/x#token"),
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(name: str, value: str) -> None:
    """References, placeholders, names, paths and numbers."""
    assert told(with_env(name, value)) == {}


def test_arguments_are_read_too() -> None:
    """With the flag as the key."""
    pod = with_env("A", "b")
    pod["spec"]["containers"][0]["args"] = ["--api-key=tr0ub4dor-and-3", "--max-tokens=12"]
    assert told(pod) == {"secret-plaintext": "an argument of container `c` holds a secret: `--api-key`"}


def test_a_secret_in_base64_is_a_secret() -> None:
    """Its value is judged as it is meant."""
    data = {
        "password": base64.b64encode(b"tr0ub4dor&3").decode(),
        "username": base64.b64encode(b"admin").decode(),
    }
    assert told(secret(data=data)) == {
        "secret-plaintext": "the value of `password` stands in the repository, readable for everyone who can read it"
    }


def test_what_is_encrypted_is_not_read() -> None:
    """A file of SOPS, or a value of it."""
    assert told(secret(stringData={"password": "ENC[AES256_GCM,data:x]"})) == {}
    assert told(secret(stringData={"password": "tr0ub4dor&3"}, sops={"version": "3.9.0"})) == {}


def test_a_registry_login_is_a_secret() -> None:
    """The whole of a Docker configuration."""
    config = base64.b64encode(b'{"auths":{"quay.io":{"auth":"dTpw"}}}').decode()
    document = secret(type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": config})
    assert set(told(document)) == {"secret-plaintext"}


def test_an_empty_value_wipes_the_real_one() -> None:
    """So does a placeholder in base64; a Secret without data, or one that a controller fills, does not."""
    assert told(secret(stringData={"token": ""})) == {
        "secret-empty": "`token` is empty: every sync puts this over the real value"
    }
    changeme = base64.b64encode(b"changeme").decode()
    assert told(secret(data={"token": changeme})) == {
        "secret-empty": "`token` holds the placeholder `changeme` in base64: every sync puts this over the real value"
    }
    assert told(secret()) == {}
    filled = secret(data={"token": ""})
    filled["metadata"]["annotations"] = {"replicator.v1.mittwald.de/replicate-from": "a/b"}
    assert told(filled) == {}


def test_a_configmap_holds_no_secrets() -> None:
    """Neither under a telling key, nor inside a text; a password that is asked for elsewhere is none."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    assert set(told({**config, "data": {"api-key": "tr0ub4dor&3"}})) == {"secret-in-configmap"}
    key = "log: info\ntoken: ghp_" + "a" * 36 + "\n"
    assert told({**config, "data": {"app.yaml": key}}) == {
        "secret-in-configmap": "the GitHub token of `app.yaml` stands in a ConfigMap, which everyone who may list ConfigMaps can read"
    }
    assert told({**config, "data": {"app.yaml": "password: ${DB_PASSWORD}\n"}}) == {}
