"""Prints the questions of nlu/evaluation as JSON, by kind. Runs in the assistant's environment, which reads YAML."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "nlu" / "evaluation"
HUMAN = "ask_human"  # the intent whose answer comes from a custom action
PREFIX = "- "


def read_questions(folder: Path = FOLDER) -> dict[str, list[str]]:
    """`faq`, `human` (a custom action answers) and `talk` (greetings, thanks, out of scope ...)."""
    kinds: dict[str, list[str]] = {"faq": [], "human": [], "talk": []}
    for file in sorted(folder.glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu", []):
            intent = group["intent"]
            kind = "faq" if intent.startswith("faq/") else "human" if intent == HUMAN else "talk"
            kinds[kind] += [line.removeprefix(PREFIX).strip() for line in group["examples"].splitlines() if line]
    return kinds


if __name__ == "__main__":
    print(json.dumps(read_questions(), ensure_ascii=False))
