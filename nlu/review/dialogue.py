"""The talk with an editor: one group of messages after the other, and what is to become of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from nlu.content.catalogue import Entry
from nlu.content.errors import ContentError
from nlu.review.clusters import Cluster, Guess
from nlu.review.examples import Examples
from nlu.review.noted import Store
from nlu.review.search import find_entries
from nlu.review.surgery import CannotAdd
from nlu.review.wishes import add_wish

KEYS = (
    "nomor = masuk ke pertanyaan itu, /kata = cari pertanyaan, b = belum ada entri, l = lewati, h = hapus, q = selesai"
)
_KINDS = {
    "unanswered": "belum dipahami",
    "picked": "dipilih dari tebakan",
    "none_fits": "tidak ada tebakan yang cocok",
    "downvoted": "jawabannya tidak membantu",
}
_ALL = ("semua", "s", "a")
_NUMBERS = re.compile(r"\d+(?:[\s,]+\d+)*")

Ask = Callable[[str], str | None]
Say = Callable[[str], None]


class Finished(Exception):
    """The editor has had enough."""


class Dialogue:
    """One sitting. `ask` shows a prompt and returns what was typed, None when nobody is there any more."""

    def __init__(self, root: Path, store: Store, examples: Examples, ask: Ask, say: Say, today: date) -> None:
        self._root = root
        self._store = store
        self._examples = examples
        self._ask_person = ask
        self._say = say
        self._today = today
        self.added: Counter[str] = Counter()  # how many examples each entry got

    def run(self, groups: Sequence[Cluster]) -> None:
        """All groups, until the end or until the editor stops."""
        try:
            for number, group in enumerate(groups, start=1):
                self._say(f"\nKelompok {number} dari {len(groups)}: {_described(group)}")
                self._settle(group)
        except Finished:
            pass

    def _settle(self, group: Cluster) -> None:
        """Ask until it is clear what becomes of one group."""
        for number, sample in enumerate(group.samples, start=1):
            self._say(f"  {number}) {sample}")
        self._say_what_it_got(group)
        offered = [one.entry for one in group.guesses() if one.entry in self._entries]
        self._offer(offered, group.guesses())
        while True:
            typed = self._ask(f"[{KEYS}]\n> ")
            if typed.startswith("/") and typed[1:].strip():
                offered = [entry.id for entry in find_entries(self._entries, typed[1:])]
                self._offer(offered)
            elif typed.isdecimal() and 1 <= int(typed) <= len(offered):
                if self._add_to(self._entries[offered[int(typed) - 1]], group):
                    return
            elif typed in ("b", "h"):
                if typed == "b":
                    file = add_wish(self._root, group, self._today)
                    self._say(f"Dicatat di {file.relative_to(self._root)}.")
                self._store.remove(group.ids)
                return
            elif typed == "l":
                return
            elif typed == "q":
                raise Finished
            else:
                self._say("Pilihan itu tidak dikenal.")

    def _add_to(self, entry: Entry, group: Cluster) -> bool:
        """Add examples to an entry; whether the group is settled by it."""
        self._say(f"{entry.question} ({entry.id})")
        chosen = self._choose(group.samples)
        fit: list[str] = []
        for phrasing in chosen:
            fault = self._examples.fault(phrasing)
            if fault:
                self._say(f"  ditolak: {phrasing!r} {fault}.")
            else:
                fit.append(phrasing)
        if not fit:
            self._say("Tidak ada yang ditambahkan.")
            return False
        try:
            self._examples.add(entry.id, fit)
        except (CannotAdd, ContentError, OSError) as error:
            self._say(f"Tidak jadi ditambahkan; berkasnya tetap seperti semula. {error}")
            return False
        self.added[entry.id] += len(fit)
        self._store.remove(group.ids)
        self._say(f"{len(fit)} contoh ditambahkan ke data/faq/{entry.topic}.yml.")
        return True

    def _choose(self, samples: Sequence[str]) -> list[str]:
        while True:
            typed = self._ask("Contoh mana yang ditambahkan? (semua, atau nomor: 1 3; kosong = batal)\n> ")
            if not typed:
                return []
            if typed in _ALL:
                return list(samples)
            numbers = [int(one) for one in re.split(r"[\s,]+", typed)] if _NUMBERS.fullmatch(typed) else []
            if numbers and all(1 <= one <= len(samples) for one in numbers):
                return [samples[one - 1] for one in dict.fromkeys(numbers)]
            self._say(f"Tulis nomor 1 sampai {len(samples)}, atau semua.")

    def _ask(self, prompt: str) -> str:
        typed = self._ask_person(prompt)
        if typed is None:
            raise Finished
        return typed.strip().lower()

    @property
    def _entries(self) -> dict[str, Entry]:
        return self._examples.catalogue.entries

    def _offer(self, names: Sequence[str], guesses: Sequence[Guess] = ()) -> None:
        why = {one.entry: _why(one) for one in guesses}
        if not names:
            self._say("Tidak ada pertanyaan yang cocok; cari dengan /kata.")
        for number, name in enumerate(names, start=1):
            self._say(f"  {number}. {self._entries[name].question} ({name}){why.get(name, '')}")

    def _say_what_it_got(self, group: Cluster) -> None:
        got = Counter(name for one in group.messages if one.kind == "downvoted" for name in one.answered)
        for name, count in got.most_common(3):
            self._say(f"  tidak membantu: jawaban {name} ({count} kali)")


def _described(group: Cluster) -> str:
    kinds = Counter(one.kind for one in group.messages)
    parts = [f"{count} {_KINDS.get(kind, kind)}" for kind, count in kinds.most_common()]
    return f"{len(group.messages)} pesan ({', '.join(parts)})"


def _why(guess: Guess) -> str:
    picked = f", dipilih {guess.picked} orang" if guess.picked else ""
    return f" — {guess.share:.0%}{picked}"
