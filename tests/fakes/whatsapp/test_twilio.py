"""Fake Twilio: signed forms, the REST API's refusals, reports to the address that a message named."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.faults import NoPhoneNumber, RateLimited, Rule, ServerError
from tests.fakes.whatsapp.hook import Hook, Request
from tests.fakes.whatsapp.people import Option
from tests.fakes.whatsapp.twilio import CONTENT_SID, OWN, PATH, SID, TOKEN, Content, TwilioFake

SITI, BUDI = "6281234567890", "6281234567891"
DAY = 24 * 3600.0


@pytest_asyncio.fixture
async def fake(hook: Hook) -> AsyncIterator[TwilioFake]:
    async with TwilioFake(webhook=hook.url, second=0.01) as fake:
        fake.person(SITI, "Siti").heard_at = fake.clock()
        yield fake


async def send(
    fake: TwilioFake, http: aiohttp.ClientSession, *, user: str = SID, token: str = TOKEN, **more: str
) -> tuple[int, Any, Any]:
    """Sends a form: status, answer, headers."""
    form = {"To": f"whatsapp:+{SITI}", "From": OWN, "Body": "Halo", **more}
    url = f"{fake.url}/2010-04-01/Accounts/{SID}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(user, token)}
    async with http.post(url, headers=headers, data={k: v for k, v in form.items() if v}) as response:
        return response.status, await response.json(), response.headers


def signature(url: str, request: Request) -> str:
    text = url + "".join(name + value for name, value in sorted(request.form.items()))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


class TestWebhooks:
    async def test_form_is_signed_for_the_public_address(self, fake: TwilioFake, hook: Hook) -> None:
        fake.public_url = "https://bot.example.id"
        sent = fake.person(SITI).write("Halo 🙏")
        (request,) = await hook.take(1)
        assert request.path == PATH
        assert request.headers["X-Twilio-Signature"] == signature(f"https://bot.example.id{PATH}", request)
        form = request.form
        assert (form["MessageSid"], form["SmsMessageSid"], form["AccountSid"]) == (sent, sent, SID)
        assert (form["From"], form["To"], form["WaId"]) == (f"whatsapp:+{SITI}", OWN, SITI)
        assert (form["Body"], form["ProfileName"], form["NumMedia"]) == ("Halo 🙏", "Siti", "0")

    async def test_person_without_a_number(self, fake: TwilioFake, hook: Hook, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(NoPhoneNumber()))
        siti = fake.person(SITI)
        siti.write("Halo")
        (request,) = await hook.take(1)
        assert request.form["From"] == f"whatsapp:{siti.identity.bsuid}"
        assert "WaId" not in request.form
        status, _, _ = await send(fake, http, To=request.form["From"], StatusCallback=f"{hook.url}{PATH}")
        assert status == 201
        await fake.settled()
        assert {request.form["To"] for request in hook.got[1:]} == {f"whatsapp:{siti.identity.bsuid}"}

    async def test_kinds(self, fake: TwilioFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        for act in (siti.send_image, siti.voice, siti.sticker, siti.contact, siti.location):
            act()
        siti.react("SM1")
        await fake.settled()
        mimes = {request.form.get("MediaContentType0", "") for request in hook.got}
        assert mimes == {"", "image/jpeg", "audio/ogg", "image/webp", "text/vcard"}
        assert [one.form["Latitude"] for one in hook.got if one.form["MessageType"] == "location"] == ["-6.2"]
        assert [one.form["Body"] for one in hook.got if one.form["MessageType"] == "reaction"] == ["👍"]

    async def test_what_twilio_has_no_word_for_is_not_told(self, fake: TwilioFake, hook: Hook) -> None:
        siti = fake.person(SITI)
        sent = siti.write("Halo")
        siti.edit(sent, "Halo!")
        siti.revoke(sent)
        siti.group_message()
        siti.change_number(BUDI)
        await fake.settled()
        assert len(hook.got) == 1

    async def test_it_is_given_up_after_three_more_tries(self, fake: TwilioFake, hook: Hook) -> None:
        hook.answers = [500] * 9
        fake.person(SITI).write("Halo")
        await fake.settled()
        assert len(hook.got) == 4
        assert fake.delivering.given_up

    async def test_button_of_a_template_comes_back(
        self, fake: TwilioFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        fake.content["HX9"] = Content("Lanjut, Kak?", (Option("lanjut:1", "Lanjut"),))
        await send(fake, http, ContentSid="HX9", Body="")
        siti = fake.person(SITI)
        assert (siti.seen[0].kind, siti.seen[0].text, siti.seen[0].titles) == ("template", "Lanjut, Kak?", ["Lanjut"])
        siti.press("Lanjut")
        (request,) = await hook.take(1)
        assert (request.form["ButtonPayload"], request.form["ButtonText"]) == ("lanjut:1", "Lanjut")
        assert request.form["OriginalRepliedMessageSid"] == siti.seen[0].id


class TestReports:
    async def test_they_go_to_the_address_that_the_message_named(
        self, fake: TwilioFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        callback = f"{hook.url}{PATH}?outbound=o1"
        _, answer, _ = await send(fake, http, StatusCallback=f"{callback}#rc=3")
        await fake.settled()
        assert {request.path for request in hook.got} == {f"{PATH}?outbound=o1"}
        assert {request.headers["X-Twilio-Signature"] == signature(callback, request) for request in hook.got} == {True}
        assert {request.form["MessageStatus"] for request in hook.got} == {"sent", "delivered", "read"}
        assert {request.form["MessageSid"] for request in hook.got} == {answer["sid"]}

    async def test_there_are_none_where_none_were_asked_for(
        self, fake: TwilioFake, hook: Hook, http: aiohttp.ClientSession
    ) -> None:
        await send(fake, http)
        await fake.settled()
        assert hook.got == []

    async def test_window_may_close_on_the_way(self, hook: Hook, http: aiohttp.ClientSession) -> None:
        async with TwilioFake(webhook=hook.url, late=True, second=0.01) as fake:
            fake.person(SITI)
            assert (await send(fake, http, StatusCallback=f"{hook.url}{PATH}"))[0] == 201
            await fake.settled()
            failed = next(one.form for one in hook.got if one.form["MessageStatus"] == "undelivered")
            assert failed["ErrorCode"] == "63016"


class TestCalls:
    @pytest.mark.parametrize(
        ("wrong", "status", "code"),
        [
            ({"token": "lain"}, 401, 20003),
            ({"Body": ""}, 400, 21602),
            ({"Body": " "}, 400, 21602),
            ({"Body": "x" * 1601}, 400, 21617),
            ({"From": "whatsapp:+62999"}, 400, 63007),
            ({"To": ""}, 400, 21604),
            ({"To": f"+{SITI}"}, 400, 21211),
            ({"To": f"whatsapp:+{BUDI}"}, 400, 63024),
            ({"To": "whatsapp:ID.1"}, 400, 63024),
            ({"ContentSid": "HX404", "Body": ""}, 400, 63027),
        ],
    )
    async def test_what_is_wrong_is_refused(
        self, fake: TwilioFake, http: aiohttp.ClientSession, wrong: dict[str, str], status: int, code: int
    ) -> None:
        found, answer, _ = await send(fake, http, **wrong)
        assert (found, answer["code"], answer["status"]) == (status, code, status)
        assert fake.person(SITI).seen == []

    async def test_longest_text_is_taken(self, fake: TwilioFake, http: aiohttp.ClientSession) -> None:
        status, answer, _ = await send(fake, http, Body="x" * 1600)
        assert (status, answer["status"], answer["error_code"]) == (201, "queued", None)
        assert fake.person(SITI).seen[0].id == answer["sid"]

    async def test_outside_the_window_only_a_template_is_taken(
        self, fake: TwilioFake, http: aiohttp.ClientSession
    ) -> None:
        fake.person(SITI).heard_at -= DAY + 1
        assert (await send(fake, http))[1]["code"] == 63016
        assert (await send(fake, http, ContentSid=CONTENT_SID, Body=""))[0] == 201

    async def test_throttling_says_how_long(self, fake: TwilioFake, http: aiohttp.ClientSession) -> None:
        fake.faults.add(Rule(RateLimited(3)))
        status, answer, headers = await send(fake, http)
        assert (status, answer["code"], headers["Retry-After"]) == (429, 63018, "3")

    async def test_account_tells_whether_it_is_active(self, fake: TwilioFake, http: aiohttp.ClientSession) -> None:
        headers = {"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}
        async with http.get(f"{fake.url}/2010-04-01/Accounts/{SID}.json", headers=headers) as response:
            assert (await response.json())["status"] == "active"
        async with http.get(f"{fake.url}/2010-04-01/Accounts/AC404.json", headers=headers) as response:
            assert response.status == 404
        fake.faults.add(Rule(ServerError(500), method="Account"))
        async with http.get(f"{fake.url}/2010-04-01/Accounts/{SID}.json", headers=headers) as response:
            assert response.status == 500

    async def test_typing_is_for_a_message_that_is_there(self, fake: TwilioFake, http: aiohttp.ClientSession) -> None:
        siti = fake.person(SITI)
        url = f"{fake.url}/v3/Indicators/Typing.json"
        headers = {"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}
        for body in ({"channel": "WHATSAPP", "messageId": "SM404"}, {"messageId": siti.write("Halo")}, {}):
            async with http.post(url, headers=headers, json=body) as response:
                assert response.status == 400
        body = {"channel": "WHATSAPP", "messageId": siti.chat[-1].id}
        async with http.post(url, headers=headers, json=body) as response:
            assert await response.json() == {"success": True}
        assert siti.typing_until > fake.clock()
