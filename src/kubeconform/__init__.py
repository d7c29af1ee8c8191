"""Validates Kubernetes manifests against JSON schemas, with the command line and the texts of kubeconform.

from kubeconform import Options, Validator

validator = Validator(Options(schema_locations=["schemas/{{ .ResourceKind }}{{ .KindSuffix }}.json"]))
for result in validator.validate("stdin", b"kind: Pod..."):
print(result.status, result.message)
"""

from __future__ import annotations

from kubeconform.resources import Resource, Signature
from kubeconform.validator import Options, Result, SetupError, Status, ValidationError, Validator

__version__ = "0.1.0"
__all__ = [
    "Options",
    "Resource",
    "Result",
    "SetupError",
    "Signature",
    "Status",
    "ValidationError",
    "Validator",
    "__version__",
]
