"""The webhook's proof of origin: HMAC-SHA1 over the address that Twilio called and every field that it sent."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from multidict import MultiDict, MultiDictProxy
from yarl import URL

from bot.channels.platform import RawRequest, Verified
from bot.channels.whatsapp.twilio import TwilioAccount
from bot.channels.whatsapp.twilio import signature as twilio_signature
from tests.channels.harness import request
from tests.channels.twilio.harness import TOKEN, settings

SID = "AC00000000000000000000000000000001"
FORM = "application/x-www-form-urlencoded"
SDK_FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
FIELDS = {
    "MessageSid": "SM00000000000000000000000000000001",
    "SmsMessageSid": "SM00000000000000000000000000000001",
    "AccountSid": SID,
    "From": "whatsapp:+6281234567890",
    "To": "whatsapp:+622150000000",
    "WaId": "6281234567890",
    "ProfileName": "Siti é",
    "Body": "Halo 🙏",
    "NumMedia": "0",
    "ButtonPayload": "",
}
ADDRESS = "https://bot.example.id/wa/twilio"
DIGEST = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
WITHOUT_PORT, WITH_PORT = "suoDsRUrDoLgXqUbDbThiK79MSk=", "kYGDXsrc7+a08wJz/QjODfa0Dug="
OF_JSON = "lFYZyv/0zSPRKW3PMe+k2c0fMbI="


def call(url: str, body: bytes, proof: str | None, content_type: str = FORM) -> RawRequest:
    headers = {"Content-Type": content_type} | ({} if proof is None else {"X-Twilio-Signature": proof})
    query = MultiDictProxy(MultiDict(URL(url).query))
    return replace(request("/", body, headers), url=url, query=query)


def verdict(raw: RawRequest, *tokens: str, webhook_url: str = "") -> Verified:
    return TwilioAccount("default", settings(tokens=tokens, webhook_url=webhook_url)).verify(raw)


class TestVectors:
    def test_example_of_the_sdk(self) -> None:
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        raw = call(url, urlencode(SDK_FIELDS).encode(), "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
        assert verdict(raw, "12345") is Verified.OK
        assert verdict(raw, "12346") is Verified.BAD

    @pytest.mark.parametrize("proof", [WITHOUT_PORT, WITH_PORT])
    @pytest.mark.parametrize("url", [f"{ADDRESS}?kanal=1", f"{ADDRESS}?kanal=1".replace(".id/", ".id:443/")])
    def test_message_signed_with_and_without_the_port(self, url: str, proof: str) -> None:
        assert verdict(call(url, urlencode(FIELDS).encode(), proof), "token-uji") is Verified.OK

    @pytest.mark.parametrize("content_type", ["application/json", FORM, ""])
    def test_json_is_signed_by_its_digest_in_the_address(self, content_type: str) -> None:
        url = f"{ADDRESS}?bodySHA256={DIGEST}"
        assert verdict(call(url, b'{"a":1}', OF_JSON, content_type), "token-uji") is Verified.OK
        assert verdict(call(url, b'{"a":2}', OF_JSON, content_type), "token-uji") is Verified.BAD
        assert verdict(call(url, b"", OF_JSON, content_type), "token-uji") is Verified.BAD


class TestFields:
    def test_order_of_fields_does_not_matter(self) -> None:
        body = urlencode(list(FIELDS.items())[::-1]).encode()
        assert verdict(call(f"{ADDRESS}?kanal=1", body, WITHOUT_PORT), "token-uji") is Verified.OK

    @pytest.mark.parametrize(
        "change",
        [{"Body": "Halo"}, {"Body": "Halo 🙏 "}, {"ButtonPayload": "x"}, {"Baru": ""}, {"From": "whatsapp:+6281"}],
    )
    def test_any_other_field_or_value_is_forged(self, change: dict[str, str]) -> None:
        body = urlencode({**FIELDS, **change}).encode()
        assert verdict(call(f"{ADDRESS}?kanal=1", body, WITHOUT_PORT), "token-uji") is Verified.BAD

    def test_missing_empty_field_is_forged(self) -> None:
        """An empty value adds the name alone, and that is signed too."""
        body = urlencode({name: value for name, value in FIELDS.items() if value}).encode()
        assert verdict(call(f"{ADDRESS}?kanal=1", body, WITHOUT_PORT), "token-uji") is Verified.BAD

    @pytest.mark.parametrize("body", [b"A=2&A=1&B=3", b"B=3&A=1&A=2", b"A=1&A=1&A=2&B=3"])
    def test_values_of_a_repeated_field_are_sorted_and_taken_once(self, body: bytes) -> None:
        proof = twilio_signature.sign("token-uji", f"{ADDRESS}A1A2B3").decode()
        assert verdict(call(ADDRESS, body, proof), "token-uji") is Verified.OK

    def test_far_too_many_fields_are_not_even_read(self) -> None:
        body = b"&".join(b"f%d=1" % number for number in range(5000))
        proof = twilio_signature.sign("token-uji", ADDRESS).decode()
        assert verdict(call(ADDRESS, body, proof), "token-uji") is Verified.BAD

    @pytest.mark.parametrize("body", [b"\xff\xfe=\x80", b"Body=%ff%fe", b"%", b"&&&", b"=", bytes(range(256))])
    def test_broken_forms_raise_nothing(self, body: bytes) -> None:
        assert verdict(call(ADDRESS, body, "x"), "token-uji") is Verified.BAD


class TestAddress:
    @pytest.mark.parametrize("seen", ["http://10.0.0.5:8080/webhooks/whatsapp/twilio?kanal=1", f"{ADDRESS}?kanal=1"])
    def test_signed_address_is_the_configured_one_with_the_requests_query(self, seen: str) -> None:
        raw = call(seen, urlencode(FIELDS).encode(), WITHOUT_PORT)
        assert verdict(raw, "token-uji", webhook_url=ADDRESS) is Verified.OK
        assert verdict(raw, "token-uji", webhook_url="https://lain.example.id/wa/twilio") is Verified.BAD

    def test_query_is_signed(self) -> None:
        for url in (ADDRESS, f"{ADDRESS}?kanal=2", f"{ADDRESS}?kanal=1&x=1"):
            assert verdict(call(url, urlencode(FIELDS).encode(), WITHOUT_PORT), "token-uji") is Verified.BAD

    def test_port_that_is_not_the_usual_one_stays(self) -> None:
        url = "https://bot.example.id:8443/wa/twilio"
        proof = twilio_signature.sign("token-uji", f"{url}A1").decode()
        assert verdict(call(url, b"A=1", proof), "token-uji") is Verified.OK


class TestTokens:
    def test_token_that_is_being_changed_is_accepted_too(self) -> None:
        raw = call(f"{ADDRESS}?kanal=1", urlencode(FIELDS).encode(), WITHOUT_PORT)
        assert verdict(raw, "baru", "token-uji") is Verified.OK
        assert verdict(raw, "token-uji", "lama") is Verified.OK
        assert verdict(raw, "baru", "lama") is Verified.BAD
        assert verdict(raw) is Verified.BAD

    @pytest.mark.parametrize(
        "proof", ["", "é", "\udcff", "\x00", WITHOUT_PORT[:-1], WITHOUT_PORT.lower(), "A" * 10_000]
    )
    def test_wrong_proof_is_bad(self, proof: str) -> None:
        assert verdict(call(f"{ADDRESS}?kanal=1", urlencode(FIELDS).encode(), proof), "token-uji") is Verified.BAD

    def test_unsigned_request_is_told_apart(self) -> None:
        assert verdict(call(ADDRESS, b"A=1", None), "token-uji") is Verified.MISSING


def test_neither_account_nor_settings_show_secrets() -> None:
    shown = repr(settings()) + repr(TwilioAccount("default", settings()))
    for secret in (TOKEN, "622150000000"):
        assert secret not in shown
