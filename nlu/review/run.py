"""`./kawan review` without its store: arguments, the lists for other programs, and the sitting with an editor."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from nlu.content.dates import today
from nlu.content.errors import ContentError
from nlu.review.clusters import cluster
from nlu.review.dialogue import Dialogue
from nlu.review.examples import Examples
from nlu.review.noted import Noted, Store
from nlu.review.phrasing import one_line


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="./kawan review", description="Shows what was not understood, and adds chosen phrasings to data/faq/."
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--list", action="store_true", help="one JSON object a line for each message, then end")
    kind.add_argument("--count", action="store_true", help="how many messages wait, then end")
    return parser.parse_args(words)


def run(root: Path, store: Store, chosen: argparse.Namespace, typed: TextIO, shown: TextIO) -> int:
    """0; 2 when the content cannot be read."""
    messages = store.all()
    if chosen.count:
        shown.write(f"{len(messages)}\n")
        return 0
    if chosen.list:
        for one in messages:
            shown.write(json.dumps(_as_json(one), ensure_ascii=False) + "\n")
        return 0
    return _sit(root, store, messages, typed, shown)


def _sit(root: Path, store: Store, messages: Sequence[Noted], typed: TextIO, shown: TextIO) -> int:
    def say(text: str) -> None:
        shown.write(text + "\n")
        shown.flush()

    def ask(prompt: str) -> str | None:
        shown.write(prompt)
        shown.flush()
        return typed.readline() or None

    opinions = _opinions(store.totals())
    if opinions:
        say(opinions)
    if not messages:
        say("Tidak ada pesan yang menunggu ditinjau.")
        return 0
    try:
        examples = Examples(root)
    except ContentError as error:
        say(f"Perbaiki dulu isi data/, baru tinjau pesan. {error}")
        return 2
    say(f"{len(messages)} pesan menunggu ditinjau. Jangan pilih contoh yang memuat nama atau data orang.")
    dialogue = Dialogue(root, store, examples, ask, say, today())
    dialogue.run(cluster(messages))
    say("")
    for name, count in dialogue.added.items():
        say(f"{count} contoh baru untuk {name}.")
    if dialogue.added:
        say("Supaya dipelajari: ./kawan train, lalu jalankan ulang ./kawan up. Cek hasilnya dengan ./kawan evaluate.")
    say(f"Sisa {len(store.all())} pesan.")
    return 0


def _opinions(totals: Mapping[str, int]) -> str:
    """How answers were liked lately, and which ones were not."""
    up, down = totals.get("upvoted", 0), totals.get("downvoted", 0)
    if not up and not down:
        return ""
    worst = sorted(
        ((count, name.partition(":")[2]) for name, count in totals.items() if name.startswith("downvoted:")),
        key=lambda one: (-one[0], one[1]),
    )[:3]
    named = ", ".join(f"{name} ({count})" for count, name in worst)
    return f"Pendapat belakangan ini: 👍 {up}, 👎 {down}." + (f" Paling sering 👎: {named}." if named else "")


def _as_json(one: Noted) -> dict[str, object]:
    return {
        "id": one.id,
        "kind": one.kind,
        "at": datetime.fromtimestamp(one.at, timezone.utc).isoformat(),
        "text": one_line(one.text),
        "ranking": [list(row) for row in one.ranking],
        "answered": list(one.answered),
    }
