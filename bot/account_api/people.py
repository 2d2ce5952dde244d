"""The invented people: together they are in every state, and for every reason, that docs/account-api.yml knows."""

from __future__ import annotations

from bot.account_api.applicants import APPLICANTS
from bot.account_api.members import MEMBERS
from bot.account_api.situations import Person

PEOPLE: tuple[Person, ...] = MEMBERS + APPLICANTS
