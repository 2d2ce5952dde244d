"""One contestant's training or test in a process of its own.

`python -m nlu.evaluation.trial train|test NAME FOLDER EPOCHS`. A process of its own, because only so its threads can be
bound to one core before any library starts them, and because what one contestant keeps in memory shall not slow down
the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from nlu.evaluation import embeddings
from nlu.evaluation.contestants import CONTESTANTS, FOLDER, OUR_PIPELINE, PROJECT, Contestant, config_with_epochs
from nlu.evaluation.figures import read_cases

BATCH = 16


def train(contestant: Contestant, folder: Path, epochs: int) -> None:
    """Leave a trained model in the folder."""
    if contestant.pipeline:
        config = folder / "config.yml"
        config.write_text(config_with_epochs(contestant.pipeline.read_text(encoding="utf-8"), epochs), encoding="utf-8")
        _train_pipeline(config, folder)
        return
    from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT  # noqa: PLC0415

    from nlu.components.linear import LinearModel  # noqa: PLC0415
    from nlu.importer import ContentImporter  # noqa: PLC0415

    prepare = contestant.prepare()
    data = ContentImporter(str(OUR_PIPELINE), str(PROJECT / "domain.yml")).get_nlu_data()
    examples = [one for one in data.intent_examples if one.get(TEXT)]
    texts = [prepare(one.get(TEXT)) or one.get(TEXT) for one in examples]
    labels = [one.get(INTENT_RESPONSE_KEY) or one.get(INTENT) for one in examples]
    LinearModel.train(texts, labels).save(folder)
    if contestant.embeddings:
        embeddings.train([one.get(TEXT) for one in examples], labels, folder)


def _train_pipeline(config: Path, folder: Path) -> None:
    command = [
        *(sys.executable, "-W", "ignore", "-m", "rasa", "train", "nlu", "--config", str(config)),
        *("--domain", "domain.yml", "--nlu", "nlu/data", "--out", str(folder), "--fixed-model-name", "model"),
    ]
    # A cache of its own: what an earlier training has left would make this one look fast.
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "cache"), "RASA_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0 or not (folder / "model.tar.gz").exists():
        sys.stderr.write(done.stdout[-4000:])
        sys.exit(1)


def test(contestant: Contestant, folder: Path) -> None:
    """Write what it makes of every phrasing, and the milliseconds that one took on average, into the folder."""
    if hasattr(os, "sched_setaffinity"):  # not on macOS, where only the libraries' own thread counts hold
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = [case.text for case in read_cases(FOLDER)]
    model = contestant.load(folder)
    model.verdicts(texts[:BATCH])  # the first call builds what later ones use
    started = time.perf_counter()
    verdicts = [one for start in range(0, len(texts), BATCH) for one in model.verdicts(texts[start : start + BATCH])]
    spent = (time.perf_counter() - started) * 1000 / len(texts)
    body = {"milliseconds": spent, "verdicts": [asdict(one) for one in verdicts]}
    (folder / "verdicts.json").write_text(json.dumps(body), encoding="utf-8")


def main(words: Sequence[str]) -> int:
    """Exit code 0; 1 with Rasa's own words when a training fails."""
    part, name, folder, epochs = words
    contestant = next(one for one in CONTESTANTS if one.name == name)
    if part == "train":
        train(contestant, Path(folder), int(epochs))
    else:
        test(contestant, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
