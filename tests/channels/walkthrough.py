"""The code of the walk-through in docs/channels.md, loaded from the page itself."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

from tests.channels.harness import Harness

PAGE = Path(__file__).resolve().parents[2] / "docs" / "channels.md"


def _load(mark: str, name: str) -> ModuleType:
    code = re.search(rf"<!-- {mark} -->\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code, f"the page has no block marked {mark}"
    module = ModuleType(name)
    sys.modules[name] = module  # the second block imports the first, as files would
    exec(compile(code[1], f"{PAGE.name}#{mark}", "exec"), module.__dict__)  # noqa: S102
    return module


kurir = _load("module", "bot.channels.whatsapp.kurir")
KurirHarness: type[Harness] = _load("table", "tests.channels.kurir.harness").KurirHarness
