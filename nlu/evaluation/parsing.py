"""Runs a trained model's understanding as in a conversation, without the rest of the bot."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Parser:
    """One loaded model of any Rasa pipeline."""

    def __init__(self, model: Path) -> None:
        logging.disable(logging.WARNING)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        # Rasa's pinned dependencies announce their deprecations at every import, whatever the filters say.
        with warnings.catch_warnings(record=True), tempfile.TemporaryDirectory() as folder:
            from rasa.engine import loader  # noqa: PLC0415
            from rasa.engine.runner.dask import DaskGraphRunner  # noqa: PLC0415
            from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: PLC0415

            self._about, self._runner = loader.load_predict_graph_runner(
                Path(folder), model, LocalModelStorage, DaskGraphRunner
            )

    def parse(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """What the model says of each text; all of them in one run."""
        from rasa.core.channels.channel import UserMessage  # noqa: PLC0415
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER  # noqa: PLC0415
        from rasa.shared.core.trackers import DialogueStateTracker  # noqa: PLC0415

        inputs = {
            PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts],
            PLACEHOLDER_TRACKER: DialogueStateTracker("", []),
        }
        target = self._about.nlu_target
        with warnings.catch_warnings(record=True):
            results = self._runner.run(inputs=inputs, targets=[target])[target]
        return [message.as_dict(only_output_properties=True) for message in results]

    def parse_all(self, texts: Sequence[str], batch: int) -> list[dict[str, Any]]:
        """The same in batches."""
        return [one for start in range(0, len(texts), batch) for one in self.parse(texts[start : start + batch])]
