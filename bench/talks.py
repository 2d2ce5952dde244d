"""Makes the conversations of a run: the same for both sides, the same for the same seed."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Mapping, Sequence

from bench.options import PROJECT, BenchProblem, Tools

FAQ_FOR_EACH_TALK = 5  # questions about the programme for each greeting, thanks, complaint ...

Talk = list[str]


def ask_questions(tools: Tools, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """The evaluation's questions by kind, read by the assistant's Python. Raises BenchProblem."""
    done = subprocess.run(
        [tools.assistant_python, "-m", "bench.questions"],
        cwd=PROJECT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchProblem(f"nlu/evaluation cannot be read:\n{done.stderr[-2000:]}")
    kinds: dict[str, list[str]] = json.loads(done.stdout)
    return kinds


def make_talks(
    questions: Mapping[str, Sequence[str]], *, count: int, turns: int, actions: float, seed: int
) -> list[Talk]:
    """`count` conversations of `turns` messages each; the share `actions` of all messages runs a custom action."""
    chance = random.Random(seed)
    talk = (1 - actions) / (FAQ_FOR_EACH_TALK + 1)
    shares = {"faq": FAQ_FOR_EACH_TALK * talk, "talk": talk, "human": actions}
    kinds, weights = list(shares), list(shares.values())
    return [[chance.choice(questions[kind]) for kind in chance.choices(kinds, weights, k=turns)] for _ in range(count)]
