"""Pod Security Standards, and what is taken for a secret."""

from __future__ import annotations

import pytest

from mintage.check import tables


def test_controls_of_the_pod_security_standards() -> None:
    """Restricted adds to baseline; what may be left out and what not is part of a control."""
    baseline, restricted = tables.pod_security("baseline"), tables.pod_security("restricted")
    required = {control.field for control in restricted if not control.absent}
    assert required == {
        "securityContext.allowPrivilegeEscalation",
        "securityContext.runAsNonRoot",
        "securityContext.seccompProfile.type",
        "securityContext.capabilities.drop",
    }
    assert all(control.absent for control in baseline)
    for control in (*baseline, *restricted):
        rules = (control.allowed, control.refused, control.subset, control.includes)
        assert sum(rule is not None for rule in rules) == 1, control


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("DB_PASSWORD", True),
        ("apiKey", True),
        ("HF_TOKEN", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("client-secret", True),
        ("MINIO_ROOT_PASSWORD", True),
        ("secretName", False),
        ("PASSWORD_FILE", False),
        ("AWS_ACCESS_KEY_ID", False),
        ("max_tokens", False),
        ("MAX_OUTPUT_TOKEN", False),
        ("tokens", False),
        ("TOKENIZERS_PARALLELISM", False),
    ],
)
def test_keys_of_secrets(key: str, secret: bool) -> None:
    """Names, files and counts of tokens are no secrets."""
    assert tables.secret_key(key) is secret


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("hunter2", True),
        ("${DB_PASSWORD}", False),
        ("$(DB_PASSWORD)", False),
        ("{{ .Values.password }}", False),
        ("<your-token>", False),
        ("changeme", False),
        ("patch-me", False),
        ("/run/secrets/token", False),
        ("vault:secret/data/db#password", False),
        ("", False),
        ("true", False),
        ("42", False),
    ],
)
def test_values_that_are_no_secrets(value: str, secret: bool) -> None:
    """References and placeholders are what should stand there."""
    assert tables.secret_value(value) is secret


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("AKIA" + "Q" * 16, "AWS access key"),
        ("ghp_" + "a1" * 18, "GitHub token"),
        ("token: hf_" + "a" * 34, "Hugging Face token"),
        ("sk-" + "a1" * 20, "OpenAI key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII", "private key"),
        ("postgres://app:hunter2@db:5432/app", "password in a URL"),
        ("postgres://app:$(PASSWORD)@db:5432/app", None),
        ("http://llm-gateway.zelda:8080/v1", None),
        ("sk-learn-pipeline", None),
        ("hf_transfer", None),
        ("-----BEGIN CERTIFICATE-----", None),
    ],
)
def test_values_that_are_secrets_whatever_their_key(value: str, kind: str | None) -> None:
    """The form of a token tells its issuer; URLs, package names and certificates are left alone."""
    assert tables.secret_token(value) == kind
