"""Prints how well the model understands the phrasings of nlu/evaluation: `python -m nlu.evaluation.run`."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlu.content.strict_yaml import parse_yaml
from nlu.evaluation.figures import Pair, by_topic, confusions, measure, read_cases, to_verdict

FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parent.parent
THRESHOLDS = FOLDER / "thresholds.yml"
CONFUSIONS = 15
BATCH = 64

_MEANING = {
    "accuracy": "best guess right, all phrasings",
    "question_accuracy": "best guess right, questions of the FAQ",
    "top3": "right question among the best three",
    "answered": "questions answered directly",
    "right_when_answered": "  of these right",
    "offered_when_unsure": "when not sure, the right one is offered",
    "out_of_scope_recall": "out of scope said so",
    "out_of_scope_answered": "out of scope answered as ours",
    "in_scope_rejected": "ours taken for out of scope",
}


def obtain_model() -> Path:
    """The model that MODEL_PATH names, else one that fits the content, trained now if need be."""
    named = os.environ.get("MODEL_PATH")
    if named:
        return Path(named)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bot.assistant.training"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(done.returncode)
    return Path(done.stdout.splitlines()[-1])


def parse_all(model: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What the model's own pipeline says of each text, as in a conversation."""
    logging.disable(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Rasa's pinned dependencies announce their deprecations at every import, whatever the filters say.
    with warnings.catch_warnings(record=True), tempfile.TemporaryDirectory() as folder:
        from rasa.core.channels.channel import UserMessage  # noqa: PLC0415
        from rasa.engine import loader  # noqa: PLC0415
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER  # noqa: PLC0415
        from rasa.engine.runner.dask import DaskGraphRunner  # noqa: PLC0415
        from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: PLC0415
        from rasa.shared.core.trackers import DialogueStateTracker  # noqa: PLC0415

        about, runner = loader.load_predict_graph_runner(Path(folder), model, LocalModelStorage, DaskGraphRunner)
        parses = []
        for start in range(0, len(texts), BATCH):
            inputs = {
                PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts[start : start + BATCH]],
                PLACEHOLDER_TRACKER: DialogueStateTracker("", []),
            }
            results = runner.run(inputs=inputs, targets=[about.nlu_target])[about.nlu_target]
            parses += [message.as_dict(only_output_properties=True) for message in results]
    return parses


def evaluate(model: Path, folder: Path = FOLDER) -> list[Pair]:
    """Every phrasing of the folder with the model's verdict."""
    cases = read_cases(folder)
    return list(zip(cases, map(to_verdict, parse_all(model, [case.text for case in cases]))))


def beyond_limits(figures: dict[str, float], thresholds: Path = THRESHOLDS) -> list[str]:
    """The figures that break a limit of thresholds.yml, in words."""
    limits = parse_yaml(thresholds.read_text(encoding="utf-8"))
    low = [f"{name} is {figures[name]:.3f}, below {limit}" for name, limit in limits["at_least"].items()
           if figures[name] < limit]  # fmt: skip
    high = [f"{name} is {figures[name]:.3f}, above {limit}" for name, limit in limits["at_most"].items()
            if figures[name] > limit]  # fmt: skip
    return low + high


def report(pairs: Sequence[Pair]) -> str:
    """All figures as a page of text."""
    figures = measure(pairs)
    lines = [f"{len(pairs)} phrasings that are in no training data", ""]
    lines += [f"  {_MEANING[name]:<42} {share:6.1%}" for name, share in figures.items()]
    lines += ["", "best guess right, by topic"]
    lines += [f"  {topic:<42} {share:6.1%}   of {count}" for topic, (count, share) in sorted(by_topic(pairs).items())]
    lines += ["", f"the {CONFUSIONS} worst confusions (right -> taken for, how often, example)"]
    lines += [
        f"  {one.count} x {one.right} -> {one.taken_for}   {one.example!r}" for one in confusions(pairs, CONFUSIONS)
    ]
    return "\n".join(lines)


def main() -> int:
    """Exit code 0; 1 when a figure breaks a limit of thresholds.yml."""
    parser = argparse.ArgumentParser(prog="nlu.evaluation.run", description="Measure how questions are understood.")
    parser.add_argument("--model", type=Path, help="a model file (default: MODEL_PATH, else the content's own)")
    pairs = evaluate(parser.parse_args().model or obtain_model())
    print(report(pairs))
    broken = beyond_limits(measure(pairs))
    print("\n" + ("beyond the limits of nlu/evaluation/thresholds.yml:" if broken else "within the limits of "
          "nlu/evaluation/thresholds.yml"))  # fmt: skip
    for line in broken:
        print(f"  {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
