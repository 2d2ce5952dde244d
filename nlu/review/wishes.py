"""Questions that no entry answers yet, put down in a file for whoever writes entries."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from nlu.review.clusters import Cluster
from nlu.review.phrasing import alike, one_line
from nlu.review.surgery import scalar

FILE = Path(".kawan") / "data" / "wishes.yml"
MOST_PHRASINGS = 30
_HEAD = "# Pertanyaan yang belum punya entri, dari ./kawan review. Hapus yang sudah ditulis di data/faq/.\n"


def add_wish(root: Path, wish: Cluster, today: date) -> Path:
    """Append a group of messages; the file's path."""
    file = root / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    different = {alike(one_line(one.text)): one_line(one.text) for one in wish.messages}
    lines = [f"- added: {today.isoformat()}", f"  messages: {len(wish.messages)}", "  phrasings:"]
    lines += [f"    - {scalar(text)}" for text in list(different.values())[:MOST_PHRASINGS]]
    # Like everything that people wrote, it is for the owner of the folder only.
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as target:
        target.write(("" if target.tell() else _HEAD) + "\n".join(lines) + "\n")
    return file
