"""All platforms that the conformance suite is run on; a new one joins with one line here."""

from __future__ import annotations

from tests.channels.fonnte.harness import FonnteHarness
from tests.channels.harness import Harness
from tests.channels.meta.harness import MetaHarness
from tests.channels.telegram.harness import TelegramHarness
from tests.channels.twilio.harness import TwilioHarness
from tests.channels.waha.harness import WahaHarness

HARNESSES: tuple[type[Harness], ...] = (TelegramHarness, MetaHarness, WahaHarness, TwilioHarness, FonnteHarness)
