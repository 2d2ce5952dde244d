"""docs/account-api.yml as the tests use it: its operations, its enums, and a strict check of every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

PATH = Path(__file__).resolve().parents[2] / "docs" / "account-api.yml"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One line of the contract's `paths`."""

    name: str
    method: str
    path: str


class Contract:
    """The file, read once."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
        # Answers may not hold what the contract does not name; that clients ignore it is no reason to send it.
        self._strict = _closed(deepcopy(self._document["components"]))

    def operations(self) -> list[Operation]:
        """All operations."""
        return [
            Operation(operation["operationId"], method.upper(), path)
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        ]

    def enum(self, schema: str, *path: str) -> set[str]:
        """The members of an enum, found by the names of properties."""
        found = self._document["components"]["schemas"][schema]
        for name in path:
            found = found["properties"][name]
        return set(found["enum"])

    def check(self, schema: str, value: Any) -> None:
        """Raises when the value is not what a schema of the contract says."""
        self._validate({"$ref": f"#/components/schemas/{schema}"}, value)

    def check_answer(
        self, method: str, path: str, status: int, content_type: str, headers: Mapping[str, str], body: str
    ) -> None:
        """Raises when an answer to an operation is none that the contract allows."""
        answers = self._document["paths"][path][method.lower()]["responses"]
        answer = self._resolved(answers.get(str(status), answers["default"]))
        for name, header in answer.get("headers", {}).items():
            assert name in headers, f"{status} without {name}"
            wanted = header["schema"]
            value = int(headers[name]) if wanted.get("type") == "integer" else headers[name]
            self._validate(wanted, value)
        if "content" not in answer:
            assert body == ""
            return
        assert content_type in answer["content"], f"{status} as {content_type}"
        value = json.loads(body)
        self._validate(answer["content"][content_type]["schema"], value)
        if status >= 400:
            assert value["status"] == status

    def _resolved(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in answer:
            return answer
        found: dict[str, Any] = self._document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        return found

    def _validate(self, schema: Mapping[str, Any], value: Any) -> None:
        whole = {**schema, "components": self._strict}
        jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(value)


def _closed(node: Any) -> Any:
    for inner in _children(node):
        _closed(inner)
    if isinstance(node, dict) and node.get("type") == "object" and "properties" in node:
        node.setdefault("additionalProperties", False)
    return node


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node
