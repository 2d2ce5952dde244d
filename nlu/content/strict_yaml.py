"""Reads YAML as editors mean it: a name that stands twice, or a day that is in no calendar, is a mistake."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.CSafeLoader):
    """Plain YAML, except that nothing is overwritten in silence and every fault has a line."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuses a repeated name: a forgotten `- id:` would otherwise swallow the entry before it."""
        seen: set[str] = set()
        for name, _ in node.value:
            if isinstance(name, yaml.ScalarNode):
                if name.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the name {name.value!r} stands twice", name.start_mark
                    )
                seen.add(name.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def date(self, node: yaml.ScalarNode) -> Any:
        """A day or a time; PyYAML's own complaint about 2023-02-31 would not say where it is."""
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value!r} is not in the calendar", node.start_mark
            ) from error


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.date)


def parse_yaml(text: str) -> Any:
    """The text's one document. Raises yaml.YAMLError for everything that is wrong with it."""
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
