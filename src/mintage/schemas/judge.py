"""A judge: one schema, compiled when first needed, and what it says of an object of its kind.

It does not know where its schema comes from beyond the sentence it was given.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mintage.errors import fail
from mintage.schemas import server
from mintage.schemas.explain import SchemaError, explained
from mintage.schemas.plan import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jsonschema_rs

    from mintage.schemas.cel import Rules, Verdict
    from mintage.schemas.nodes import Schema

__all__ = ["Judge", "SchemaError"]


def compiled(schema: Schema) -> jsonschema_rs.Validator:
    """Return a schema as a validator; `ValueError` where it is no schema."""
    import jsonschema_rs  # noqa: PLC0415 - a binary, of which a run that judges nothing has no need

    # Matching in linear time, as the server's RE2 does; patterns were translated when the schema was stored.
    engine = jsonschema_rs.RegexOptions()
    return jsonschema_rs.Draft202012Validator(schema, pattern_options=engine, validate_formats=False)


class Judge:
    """Judges objects of one kind. `source` is a sentence that says which schema of which version judges."""

    def __init__(
        self, schema: Schema, source: str, *, custom: bool, scope: str = "", deprecated: str = ""
    ) -> None:
        self.schema = schema
        self.source = source
        self.custom = custom
        self.scope = scope  # of custom kinds: `Namespaced` or `Cluster`
        self.deprecated = deprecated  # the warning of a deprecated version, or empty

    @cached_property
    def validator(self) -> jsonschema_rs.Validator:
        """The compiled schema; `MintageError` where it is no schema."""
        try:
            return compiled(self.schema)
        except ValueError as error:
            message = f"the schema does not compile: {error}"
            raise fail(self.source, "schema-file-invalid", message, "import or fetch it again") from None

    @cached_property
    def _defaults(self) -> Plan[server.Defaults] | None:
        return plan(self.schema, server.defaults_of) if self.custom else None

    @cached_property
    def _keys(self) -> Plan[server.Keys] | None:
        return plan(self.schema, server.keys_of if self.custom else server.core_keys_of)

    @cached_property
    def _rules(self) -> Plan[Rules] | None:
        return plan(self.schema, _validations) if self.custom else None

    def as_validated(self, document: dict[str, Any]) -> Any:
        """Return a document as the server validates it: with defaults, without nulls that mean nothing."""
        if not self.custom:
            return document
        if server.holds_null(document):
            document = server.without_nulls(document, self.schema, self.schema.get("$defs", {}))
        return server.completed(document, self._defaults)

    def errors(self, document: dict[str, Any]) -> list[SchemaError]:
        """Return everything that is wrong with a document, sorted by path; empty where it is valid."""
        value, validator = self.as_validated(document), self.validator
        try:
            valid = validator.is_valid(value)
            found = [] if valid else explained(validator.iter_errors(value), self.schema, custom=self.custom)
        except ValueError as error:  # a key that is no string
            return [SchemaError((), f"the document is not JSON: {error}", custom=self.custom)]
        if more := [replace(each, custom=self.custom) for each in self._beyond(value)]:
            found = sorted(found + more, key=lambda error: error.key)
        return found

    def _beyond(self, value: Any) -> Iterator[SchemaError]:
        """Yield what a server refuses and no schema can say."""
        if self.custom:
            yield from server.unnamed(value)
        if self._keys is not None:
            yield from server.repeated(value, self._keys)

    @property
    def has_rules(self) -> bool:
        """Whether the schema holds CEL rules."""
        return self._rules is not None

    def cel(self, document: dict[str, Any]) -> Verdict:
        """Return what the CEL rules of the schema say of a document that is otherwise valid."""
        from mintage.schemas import cel  # noqa: PLC0415 - only where there are rules

        if self._rules is None:
            return cel.NOTHING
        return cel.judged(self.as_validated(document), self._rules)

    def cel_errors(self, document: dict[str, Any]) -> list[SchemaError]:
        """Return the CEL rules that a document breaks; what could not be evaluated is told by `cel`."""
        return list(self.cel(document).errors) if self.has_rules else []


def _validations(node: Schema) -> Rules | None:
    rules = node.get("x-kubernetes-validations")
    return (node, rules) if rules else None
