"""How a bot is doing: whether Telegram lets it in, and whether updates can come the way the settings say."""

from __future__ import annotations

import time
from datetime import datetime

from telegram import Bot, WebhookInfo
from telegram.error import TelegramError

from bot.channels.platform import AccountState
from bot.channels.telegram.errors import outcome_of
from bot.channels.telegram.profile import BotProfile

RECENT_ERROR_SECONDS = 300.0


async def condition_of(bot: Bot, profile: BotProfile) -> AccountState:
    """Never raises. A webhook that is set wrongly does not take the account down: what is to be sent still can be."""
    try:
        await bot.get_me()
        info = await bot.get_webhook_info()
    except TelegramError as error:
        return AccountState(False, outcome_of(error).code)
    except Exception:
        return AccountState(False, "bad_answer")
    return AccountState(True, webhook_trouble(info, profile))


def webhook_trouble(info: WebhookInfo, profile: BotProfile, now: float | None = None) -> str:
    """The code of what keeps updates from coming, empty when nothing does. `now`: seconds UTC."""
    if profile.mode == "polling":
        return "webhook_set" if info.url else ""
    if not info.url:
        return "webhook_missing"
    if profile.webhook_url and info.url != profile.webhook_url:
        return "webhook_elsewhere"
    if info.pending_update_count and _recent(info.last_error_date, now):
        return "webhook_failing"
    return ""


def _recent(moment: datetime | None, now: float | None) -> bool:
    if moment is None:
        return False
    return (time.time() if now is None else now) - moment.timestamp() < RECENT_ERROR_SECONDS
