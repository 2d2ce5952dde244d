"""Links a chat to an account: the form's questions, its checks, and what happens when it is filled in."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.account_action import (
    CONNECT,
    HELD_SLOTS,
    HUMAN,
    LINK_SLOTS,
    NUMBER,
    AccountAction,
    Events,
    Speaker,
    about,
    channel_name,
    cleared,
    entity,
)
from actions.account_status import limited, tell_status
from actions.accounts.links import Link
from actions.accounts.outcomes import Refused, Trouble
from actions.accounts.service import Accounts, Linked, channel_of
from actions.accounts.status import FULL
from actions.accounts.wording import when
from nlu.content.checks import EVERYTHING

YES, NO, NOT_ASKED = "yes", "no", "not_asked"
CANCEL = ("Batal", "cancel", "no")
NOT_YET = ("Belum berhasil", "link_help", "yes")
REMINDERS = 1  # a form that is interrupted again and again stops asking; the link still works when it comes
# A link that came while the backend was down is tried again for as long as it lives.
RETRY_SECONDS = (15, 30, 60, 120, 180, 180)
_TEXTS = {
    Trouble.LINK_UNKNOWN: "link_unknown",
    Trouble.LINK_USED: "link_used",
    Trouble.LINK_EXPIRED: "link_expired",
    Trouble.TOO_MANY_FAILURES: "link_refused",
    Trouble.NOT_FOUND: "number_unknown",
    Trouble.ENDED: "link_unknown",
    Trouble.NOT_LINKED: "link_unknown",
}


class ActionAskLinkProof(AccountAction):
    """Explains how to link; when asked again after an interruption, reminds once."""

    def name(self) -> str:
        """The name that Rasa looks for when the form needs the slot."""
        return "action_ask_link_proof"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Ask for the link, or the number where the platform vouches for it."""
        channel = channel_name(channel_of(tracker.sender_id))
        asked = int(tracker.get_slot("link_asked") or 0)
        if asked and _intent(tracker) != "link_words":
            if asked <= REMINDERS:
                say.say(self.texts["ask_link_again"].format(channel=channel))
            return [SlotSet("link_asked", asked + 1)]
        text = self.texts["ask_link"].format(site=self.tools.dashboard, channel=channel)
        known = about(tracker)
        if known.phone or known.can_share:
            text = f"{text}\n\n{self.texts['ask_link_or_number']}"
        if known.can_share and not known.phone:
            # A chat has one keyboard: the one that shares the number takes the place of buttons.
            say.say(text)
            say.ask_for_number()
        else:
            number = (("Pakai nomor ini", "use_number"),) if known.phone else ()
            say.say(text, (*number, NOT_YET, CANCEL))
        return [SlotSet("link_asked", 1)]


class ActionAskReplaceConsent(AccountAction):
    """Asks before another account takes the place of the linked one."""

    def name(self) -> str:
        """The name that Rasa looks for when the form needs the slot."""
        return "action_ask_replace_consent"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Ask, naming the account that is linked now."""
        link = await self.tools.accounts.link_of(tracker.sender_id) if self.tools.accounts else None
        say.say(
            self.texts["ask_replace"].format(name=link.label if link else ""),
            (("Ya, ganti", "replace_yes", "yes"), ("Tidak", "replace_no", "no")),
        )
        return []


class ValidateLinkForm(AccountAction):
    """Decides what the form still needs: nothing when there is nothing to link, consent when there is to replace."""

    def name(self) -> str:
        """The name that Rasa looks for."""
        return "validate_link_form"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Slots that need no question."""
        accounts = self.tools.accounts
        if accounts is None:
            return [SlotSet("requested_slot", None)]
        proof = tracker.get_slot("link_proof")
        link = await accounts.link_of(tracker.sender_id)
        replaces = link is not None and link.level == FULL
        if proof is None:
            # Who is linked already has nothing to fill in.
            return [SlotSet("requested_slot", None)] if replaces else []
        if tracker.get_slot("requested_slot") == "replace_consent" and not replaces:
            # The account that was to be replaced is gone, and with it the question: nobody has said yes to the other.
            return [SlotSet("link_proof", None), SlotSet("requested_slot", None)]
        asks = replaces and link is not None and proof != NUMBER and not accounts.is_of(link, proof)
        if not asks and tracker.get_slot("replace_consent") is None:
            return [SlotSet("replace_consent", NOT_ASKED)]
        return []


class ActionLinkAccount(AccountAction):
    """Redeems the link, or finds the account of the number, and answers what was asked before."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_link_account"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Link, say so, and tell the chats that it concerns."""
        accounts, texts = self.tools.accounts, self.texts
        done = cleared(*LINK_SLOTS)
        if accounts is None:
            say.say(texts["no_service"])
            return done
        conversation = tracker.sender_id
        proof, link = tracker.get_slot("link_proof"), await accounts.link_of(conversation)
        if link and _changes_nothing(accounts, link, proof):
            return [*await self._again(say, tracker, link), *done]
        if proof is None or (link and tracker.get_slot("replace_consent") == NO):
            if link:
                say.say(texts["kept"].format(name=link.label))
            else:
                say.nothing()
            return done
        phone = about(tracker).phone
        if proof == NUMBER and not phone:
            say.say(texts["number_impossible"], (CONNECT,))
            return done
        answer = await (
            accounts.use_number(conversation, phone) if proof == NUMBER else accounts.redeem(conversation, str(proof))
        )
        if not isinstance(answer, Refused):
            return [*await self._linked(say, tracker, answer), *done]
        self._refused(say, tracker, answer, str(proof))
        return done

    async def _linked(self, say: Speaker, tracker: Tracker, linked: Linked) -> Events:
        now = datetime.fromtimestamp(self.tools.clock(), timezone.utc)
        for other in linked.others:
            news = {
                "ended": YES if other.ended else NO,
                "link": other.link,
                "channel": channel_of(tracker.sender_id),
                "when": when(now),
            }
            say.wake("linked_elsewhere", news, conversation=other.conversation)
        text = self.texts["linked" if linked.link.level == FULL else "linked_number"]
        say.say(text.format(name=linked.link.label))
        return await self._held(say, tracker)

    async def _again(self, say: Speaker, tracker: Tracker, link: Link) -> Events:
        text = self.texts["already_linked" if link.level == FULL else "already_linked_number"]
        if tracker.get_slot("held_topic"):
            say.say(text.format(name=link.label))
            return await self._held(say, tracker)
        say.say(text.format(name=link.label), (("Cek status saya", "check_status"),))
        return []

    async def _held(self, say: Speaker, tracker: Tracker) -> Events:
        topic = str(tracker.get_slot("held_topic") or EVERYTHING)
        question = str(tracker.get_slot("held_question") or "")
        return await tell_status(self.tools, say, tracker, topic, question, named=False)

    def _refused(self, say: Speaker, tracker: Tracker, refused: Refused, proof: str) -> None:
        texts = self.texts
        if refused.trouble is Trouble.LIMITED:
            say.say(limited(texts, refused))
            return
        if refused.trouble is not Trouble.DOWN:
            again = () if refused.trouble is Trouble.TOO_MANY_FAILURES else (CONNECT,)
            say.say(texts[_TEXTS[refused.trouble]], again)
            return
        attempt = int(entity(tracker, "attempt") or 0)
        if proof == NUMBER or attempt >= len(RETRY_SECONDS):
            say.say(texts["gave_up" if attempt else "down"], (CONNECT,))
            return
        if attempt:
            say.nothing()
        else:
            say.say(texts["down_link"])
        say.wake("link_account", {"link_token": proof, "attempt": str(attempt + 1)}, seconds=RETRY_SECONDS[attempt])


class ActionLinkHelp(AccountAction):
    """Helps along who waits for a link, or says "ok" to the explanation."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_link_help"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Where the button is, and what to do without it."""
        channel = channel_name(channel_of(tracker.sender_id))
        if _intent(tracker) == "link_words":
            return []  # the form explains itself again
        if tracker.get_slot("link_proof") is None:
            say.say(self.texts["link_help"].format(site=self.tools.dashboard, channel=channel), (CANCEL, HUMAN))
        else:
            say.nothing()  # the form asks its question again
        return []


class ActionStopLinking(AccountAction):
    """Ends the form when the person does not want to any more."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_stop_linking"

    async def act(self, say: Speaker, tracker: Tracker) -> Events:
        """Say so and forget what was asked."""
        say.say(self.texts["cancelled"])
        return cleared(*LINK_SLOTS, *HELD_SLOTS)


def _intent(tracker: Tracker) -> str:
    return str((tracker.latest_message or {}).get("intent", {}).get("name", ""))


def _changes_nothing(accounts: Accounts, link: Link, proof: Any) -> bool:
    """Whether the chat sees already what the proof would open."""
    if proof is None:
        return True
    return link.level == FULL if proof == NUMBER else accounts.is_of(link, str(proof))
