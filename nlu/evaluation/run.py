"""Prints how well the model understands the phrasings of nlu/evaluation: `python -m nlu.evaluation.run`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nlu.content.strict_yaml import parse_yaml
from nlu.evaluation.calibration import reliability_table
from nlu.evaluation.compare import compare, digest_of_data
from nlu.evaluation.comparison import COMMAND, KEPT, keep, kept, shown
from nlu.evaluation.contestants import FULL_EPOCHS, SHORT_EPOCHS
from nlu.evaluation.figures import Pair, bins_of, by_topic, confusions, measure, read_cases, to_verdict
from nlu.evaluation.parsing import Parser
from nlu.evaluation.picture import reliability_diagram

FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parent.parent
THRESHOLDS = FOLDER / "thresholds.yml"
CONFUSIONS = 15
BATCH = 64

# A page of further figures of a model, and the limits that they break.
Section = Callable[[Path], tuple[str, list[str]]]

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
    "calibration_error": "probabilities off by (expected error)",
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


def evaluate(model: Path, folder: Path = FOLDER) -> list[Pair]:
    """Every phrasing of the folder with the model's verdict."""
    cases = read_cases(folder)
    return list(zip(cases, map(to_verdict, Parser(model).parse_all([case.text for case in cases], BATCH))))


def beyond_limits(figures: Mapping[str, float], thresholds: Path = THRESHOLDS, part: str = "") -> list[str]:
    """The figures that break a limit of thresholds.yml (or of a part of it), in words."""
    limits = parse_yaml(thresholds.read_text(encoding="utf-8"))
    limits = limits[part] if part else limits
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
    lines += ["", "how sure of the best guess", f"  {'probability':<12}{'mean':>11}{'right':>9}"]
    lines += reliability_table(bins_of(pairs))
    lines += ["", f"the {CONFUSIONS} worst confusions (right -> taken for, how often, example)"]
    lines += [
        f"  {one.count} x {one.right} -> {one.taken_for}   {one.example!r}" for one in confusions(pairs, CONFUSIONS)
    ]
    return "\n".join(lines)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says; also what the joining program is asked with."""
    parser = argparse.ArgumentParser(prog="kawan evaluate", description="Measure how questions are understood.")
    parser.add_argument("--model", type=Path, help="a model file (default: MODEL_PATH, else the content's own)")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the reliability diagram into this file")
    parser.add_argument(
        "--compare",
        action="store_true",
        help=f"train Rasa's default pipeline and variants of ours beside it (minutes), and keep {KEPT.name}",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        default=SHORT_EPOCHS,
        help=f"how long Rasa's networks learn (default: {SHORT_EPOCHS}; `rasa init` says {FULL_EPOCHS}, which takes "
        "much longer than ten minutes)",
    )
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None, sections: Sequence[Section] = ()) -> int:
    """Exit code 0; 1 when a figure breaks a limit of thresholds.yml. Sections are what nlu cannot measure alone."""
    chosen = arguments(words)
    model = chosen.model or obtain_model()
    pairs = evaluate(model)
    print(report(pairs))
    broken = beyond_limits(measure(pairs))
    for section in sections:
        page, more = section(model)
        print(f"\n{page}")
        broken += more
    if chosen.picture:
        chosen.picture.write_text(reliability_diagram(bins_of(pairs)), encoding="utf-8")
        print(f"\nreliability diagram: {chosen.picture}")
    if chosen.compare:
        keep(compare(chosen.epochs))
    last = kept()
    print("\n" + (shown(last, digest_of_data()) if last else f"not compared yet: `{COMMAND}`"))
    print("\n" + ("beyond the limits of nlu/evaluation/thresholds.yml:" if broken else "within the limits of "
          "nlu/evaluation/thresholds.yml"))  # fmt: skip
    for line in broken:
        print(f"  {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
