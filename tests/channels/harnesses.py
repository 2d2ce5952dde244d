"""All platforms that the conformance suite is run on; a new one joins with one line here."""

from __future__ import annotations

from tests.channels.fonnte_harness import FonnteHarness
from tests.channels.harness import Harness
from tests.channels.meta_harness import MetaHarness
from tests.channels.telegram.harness import TelegramHarness
from tests.channels.twilio_harness import TwilioHarness

HARNESSES: tuple[type[Harness], ...] = (TelegramHarness, MetaHarness, TwilioHarness, FonnteHarness)
