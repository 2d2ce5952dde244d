"""A small content folder for tests: valid as it is made, and easy to break in one place."""

from __future__ import annotations

import os
from pathlib import Path

from nlu.content.catalogue import Catalogue, load_catalogue
from nlu.content.errors import ContentError
from nlu.content.notices import NAMES
from nlu.content.status_texts import NAMES as STATUS_NAMES

FACTS = """\
facts:
  - id: in-besaran
    topic: incentives
    statement: Insentif Rp600.000 dibayarkan satu kali lewat dashboard.prakerja.go.id.
    source: Kompas.com (12 Januari) — Besaran insentif — https://kompas.com/a
    volatile: false
    as_of: 2023-10-05
  - id: in-jadwal
    topic: incentives
    statement: Insentif cair 7 hari kerja setelah survei.
    source: prakerja.go.id — Jadwal — https://prakerja.go.id/b
    volatile: true
    as_of: 2023-10-05
"""
PROGRAMME = """\
facts:
  status:
    title: Status
    text: Insentif dibayarkan satu kali.
    as_of: 2025-12-31
    review_by: 2026-03-31
    sources: [in-besaran]
"""
INSENTIF = """\
topic: insentif
title: Insentif
entries:
  - id: besaran-insentif
    title: Besaran insentif
    question: Berapa besar insentifnya?
    answer: |
      Insentifnya Rp600.000, Kak.

      1. Masuk ke dashboard.prakerja.go.id.
      2. Lihat menu insentif.
    sources: [in-besaran]
    as_of: 2023-10
    related: [jadwal-insentif]
    examples: [satu a, satu b, satu c, satu d, satu e, satu f, satu g, satu h]
  - id: jadwal-insentif
    title: Jadwal insentif
    question: Kapan insentif cair?
    answer: Cairnya 7 hari kerja setelah survei, Kak.
    sources: [in-jadwal, in-besaran]
    as_of: 2023-10-05
    review_by: 2026-01-31
    lead: status
    examples: [dua a, dua b, dua c, dua d, dua e, dua f, dua g, dua h]
"""
NOTICES = "notices:\n" + "".join(f"  {name}:\n    text: Pemberitahuan {name}.\n" for name in NAMES)

WAVES = """\
waves:
  71: {text: Insentif dibayarkan satu kali., sources: [in-besaran], as_of: 2023-10-05}
last: 71
not_yet: {text: "Insentif dibayarkan satu kali.", sources: [in-besaran], as_of: 2023-10-05}
"""
STATUS = "texts:\n" + "".join(f"  {name}: Teks {name}.\n" for name in STATUS_NAMES)


class ContentFolder:
    """The `data` folder below `root`, with facts, programme, two entries, and all notices and status texts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._saves = 0
        (root / "data" / "faq").mkdir(parents=True)
        self.write("facts.yml", FACTS)
        self.write("programme.yml", PROGRAMME)
        self.write("notices.yml", NOTICES)
        self.write("status.yml", STATUS)
        self.write("waves.yml", WAVES)
        self.write("faq/insentif.yml", INSENTIF)

    def path(self, name: str) -> Path:
        """The file of that name below `data`."""
        return self.root / "data" / name

    def write(self, name: str, text: str) -> None:
        """Save a file, as an editor does: each save is later than the one before."""
        file = self.path(name)
        file.write_text(text, encoding="utf-8")
        self._saves += 1
        os.utime(file, (self._saves, self._saves))

    def change(self, name: str, old: str, new: str) -> None:
        """Replace the first `old` in a file, which must be there."""
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new, 1))

    def load(self) -> Catalogue:
        """The catalogue. Raises ContentError."""
        return load_catalogue(self.root)

    def problems(self) -> list[str]:
        """What loading complains of, one line each."""
        try:
            self.load()
        except ContentError as error:
            return [str(problem) for problem in error.problems]
        return []
