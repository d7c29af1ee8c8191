"""Schemas by kind of resource: locations are asked in order, the first schema that compiles judges.

A schema is compiled by jsonschema-rs, as draft 4 unless it says otherwise, with formats asserted up to draft 7. It
does not know resources.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from kubeconform import formats, patterns, template
from kubeconform.explain import Explainer, Problem
from kubeconform.fetch import Fetcher, FetchError, NotHereError, file_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CLASSES = {
    4: jsonschema_rs.Draft4Validator,
    6: jsonschema_rs.Draft6Validator,
    7: jsonschema_rs.Draft7Validator,
    2019: jsonschema_rs.Draft201909Validator,
    2020: jsonschema_rs.Draft202012Validator,
}
_CODES = {
    4: jsonschema_rs.Draft4,
    6: jsonschema_rs.Draft6,
    7: jsonschema_rs.Draft7,
    2019: jsonschema_rs.Draft201909,
    2020: jsonschema_rs.Draft202012,
}
_DRAFTS = {
    "json-schema.org/schema": 2020,
    "json-schema.org/draft-04/schema": 4,
    "json-schema.org/draft-06/schema": 6,
    "json-schema.org/draft-07/schema": 7,
    "json-schema.org/draft/2019-09/schema": 2019,
    "json-schema.org/draft/2020-12/schema": 2020,
}


# Values nested too deep for Python, references by names that only the engine resolves, odd documents referred to.
_NOT_EXPLAINED = (jsonschema_rs.ReferencingError, RecursionError, ValueError, TypeError, AttributeError)


class SchemaError(Exception):
    """A document is not a schema that compiles."""


@dataclass(slots=True)
class Schema:
    """A compiled schema, under the URL it was found at."""

    url: str
    validator: jsonschema_rs.Validator
    document: Any
    draft: int
    loaded: dict[str, Any]
    _explainer: Explainer | None = field(default=None, repr=False)

    def problems(self, value: Any) -> tuple[Problem, ...]:
        """Return what is wrong with a value; empty when it is valid."""
        if self.validator.is_valid(value):
            return ()
        try:
            explained = self.explainer().problems(value)
        except _NOT_EXPLAINED:
            explained = ()
        return explained or tuple(
            Problem(tuple(error.instance_path), error.message) for error in self.validator.iter_errors(value)
        )

    def explainer(self) -> Explainer:
        """Return what finds words for values that this schema refuses."""
        if self._explainer is None:
            documents = {**self.loaded, self.url: self.document}
            registry = jsonschema_rs.Registry(list(documents.items()), draft=_CODES[self.draft])
            self._explainer = Explainer(self.document, registry.resolver(self.url), self.draft)
        return self._explainer


def compile_schema(url: str, document: Any, load: Callable[[str], Any]) -> Schema:
    """Compile a document found at a URL; references are loaded with `load`."""
    draft = _draft(document)
    loaded: dict[str, Any] = {}

    def retrieve(reference: str) -> Any:
        loaded[reference] = load(reference)
        return patterns.translated(loaded[reference])

    try:
        validator = _CLASSES[draft](
            patterns.translated(document),
            base_uri=url,
            retriever=retrieve,
            formats=formats.PREDICATES,
            validate_formats=draft <= 7,
            pattern_options=patterns.OPTIONS,
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise SchemaError(str(error)) from None
    return Schema(url, validator, document, draft, loaded)


def _draft(document: Any) -> int:
    if isinstance(document, bool):
        return 6
    if not isinstance(document, dict):
        raise SchemaError("a schema is an object")
    named = document.get("$schema")
    if named is None:
        return 4
    url = str(named).removesuffix("#").removeprefix("http://").removeprefix("https://")
    if url not in _DRAFTS:
        raise SchemaError(f"unknown $schema {named}")
    return _DRAFTS[url]


class Schemas:
    """Finds the schema of each kind once; safe to ask from several threads."""

    def __init__(
        self,
        locations: Sequence[str],
        fetcher: Fetcher,
        *,
        kubernetes_version: str = "master",
        strict: bool = False,
        log: Callable[[str], None] = lambda _message: None,
    ) -> None:
        self._templates = [template.complete(location) for location in locations or ["default"]]
        self._fetcher = fetcher
        self._version = kubernetes_version
        self._strict = strict
        self._log = log
        self._found: dict[tuple[str, str], Schema | FetchError | None] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._guard = threading.Lock()

    def known(self, kind: str, version: str) -> bool:
        """Return whether the answer for a kind is there already."""
        return (kind, version) in self._found

    def find(self, kind: str, version: str) -> Schema | None:
        """Return the schema of a kind, None where no location has one; `FetchError` where asking failed."""
        key = kind, version
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._found:
                try:
                    self._found[key] = self._search(kind, version)
                except FetchError as error:
                    self._found[key] = error
        found = self._found[key]
        if isinstance(found, FetchError):
            raise found
        return found

    def _search(self, kind: str, version: str) -> Schema | None:
        fields = template.values(kind, version, self._version, strict=self._strict)
        for location in self._templates:
            path = template.fill(location, fields)
            url = path if path.startswith("http") else file_url(path)
            try:
                schema = compile_schema(url, self._fetcher.load(url), self._fetcher.load)
            except (NotHereError, SchemaError) as error:
                self._log(" ".join(str(error).split()))
            else:
                self._log(f"using schema found at {path}")
                return schema
        return None
