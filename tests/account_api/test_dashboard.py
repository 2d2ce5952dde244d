"""The dashboard: its links redeem, its lists are true, it escapes what it shows, and other sites cannot use it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.account_api.addresses import Addresses
from bot.account_api.app import build_app
from bot.account_api.dashboard import STATIC
from bot.account_api.pages import NOTE
from bot.account_api.people import PEOPLE
from bot.account_api.situations import Person
from tests.account_api.contract import Contract
from tests.account_api.serving import NOW, Caller, chat, server_settings

SITI = chat(1)
TOKEN = "kp1_abc-_"


async def _page(api: Caller, path: str) -> str:
    async with api.client.get(path) as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
        return await response.text()


async def _post(api: Caller, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    async with api.client.post(path, json=body if body is not None else {}, headers=headers) as response:
        return response.status, await response.json(content_type=None) if response.status != 204 else None


async def test_everybody_is_listed_and_has_a_page(api: Caller) -> None:
    home = await _page(api, "/")
    assert NOTE == "Server contoh untuk mencoba - orang-orang ini rekaan"
    assert NOTE in home
    for person in PEOPLE:
        assert person.name in home
        assert person.about in home
        page = await _page(api, f"/dashboard/people/{person.id}")
        assert f"<h1>{person.name}</h1>" in page
        assert NOTE in page
        for button in ("Hubungkan Telegram", "Hubungkan WhatsApp", "Hubungkan chat web"):
            assert button in page


async def test_pages_hold_no_script_and_no_style_of_their_own(api: Caller) -> None:
    for path in ("/", "/dashboard/people/siti"):
        page = await _page(api, path)
        assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
        assert "<style" not in page
        assert not re.search(r"\s(style|on\w+)=", page)
        for file in re.findall(r'(?:src|href)="(/dashboard/static/[^"]+)"', page):
            async with api.client.get(file) as response:
                assert response.status == 200
    assert "innerHTML" not in (STATIC / "dashboard.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "web", "rest"])
async def test_a_link_redeems(api: Caller, channel: str) -> None:
    status, lead = await _post(api, "/dashboard/people/siti/links", {"channel": channel})
    assert status == 200
    assert lead["seconds"] == 600
    assert lead["token"] in lead["text"]
    assert (await api.redeem(lead["token"], SITI, channel)).status == 200


def test_links_lead_where_the_contract_says() -> None:
    known = Addresses("KawanBot", "6281100000000", "https://kawan.example")
    assert known.lead("telegram", TOKEN).url == f"https://t.me/KawanBot?start={TOKEN}"
    assert known.lead("whatsapp", TOKEN).url == f"https://wa.me/6281100000000?text=HUBUNGKAN%20{TOKEN}"
    assert known.lead("web", TOKEN).url == f"https://kawan.example/#hubungkan={TOKEN}"
    assert (known.lead("rest", TOKEN).url, known.lead("rest", TOKEN).text) == ("", f"HUBUNGKAN {TOKEN}")
    unknown = Addresses("", "", "https://kawan.example")
    assert (unknown.lead("telegram", TOKEN).url, unknown.lead("telegram", TOKEN).text) == ("", f"/start {TOKEN}")
    assert (unknown.lead("whatsapp", TOKEN).url, unknown.lead("whatsapp", TOKEN).text) == ("", f"HUBUNGKAN {TOKEN}")


async def test_connected_chats_are_listed_and_ended(api: Caller) -> None:
    path = "/dashboard/people/siti"
    assert "Belum ada chat yang terhubung." in await _page(api, path)
    telegram = await api.grant("siti", SITI, "telegram")
    web = await api.grant("siti", chat(2), "web")
    stage = (await api.find("+6281200000001", chat(3))).json["reference"]
    budi = await api.grant("budi", chat(4))
    page = await _page(api, path)
    for words in ("<b>Telegram</b>, status lengkap, sejak", "<b>WhatsApp</b>, tahap saja, sejak", "Putuskan semua"):
        assert words in page
    for secret in (telegram, web, stage, SITI):
        assert secret not in page
    ends = re.findall(r'data-end="([^"]+/grants/\d+/end)"', page)
    assert len(ends) == 3
    # The newest first.
    assert await _post(api, ends[2]) == (204, None)
    assert await _post(api, ends[2]) == (204, None)
    assert [(await api.status(each)).status for each in (telegram, web, stage, budi)] == [410, 200, 200, 200]
    token = await api.link("siti")
    assert await _post(api, f"{path}/grants/end") == (200, {"ended": 2})
    assert [(await api.status(each)).status for each in (web, stage, budi)] == [410, 410, 200]
    assert (await api.redeem(token, SITI)).problem == "link-unknown"


async def test_a_grant_is_ended_from_its_own_page_only(api: Caller) -> None:
    reference = await api.grant("siti", SITI)
    (end,) = re.findall(r'data-end="([^"]+/grants/\d+/end)"', await _page(api, "/dashboard/people/siti"))
    assert (await _post(api, end.replace("siti", "budi")))[0] == 204
    assert (await api.status(reference)).status == 200


async def test_a_person_can_be_moved_into_anothers_situation(api: Caller) -> None:
    reference = await api.grant("hendra", SITI)
    assert (await api.status(reference)).json["stage"] == "awaiting_incentive"
    assert await _post(api, "/dashboard/people/hendra/like/tono") == (204, None)
    seen = (await api.status(reference)).json
    assert seen["stage"] == "incentive_failed"
    assert seen["name"] == "He**** G******"
    assert "Hendra Gunawan" in await _page(api, "/dashboard/people/hendra")


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/people/nobody/links",
        "/dashboard/people/nobody/grants/end",
        "/dashboard/people/nobody/grants/1/end",
        "/dashboard/people/nobody/like/siti",
        "/dashboard/people/siti/like/nobody",
    ],
)
async def test_people_who_are_not_there(api: Caller, path: str) -> None:
    status, problem = await _post(api, path, {"channel": "web"} if path.endswith("links") else {})
    assert (status, problem["type"]) == (404, "urn:prakerja:problem:not-found")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://jahat.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1.jahat.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        # A foreign name that was made to point here.
        {"Host": "jahat.example"},
        {"Host": "jahat.example", "Origin": "http://jahat.example"},
        {"Host": "[zz"},
        {"Host": ""},
    ],
)
async def test_other_sites_are_refused(api: Caller, headers: dict[str, str]) -> None:
    for path, body in (
        ("/dashboard/people/siti/links", {"channel": "web"}),
        ("/dashboard/people/siti/grants/end", {}),
        ("/dashboard/people/siti/grants/1/end", {}),
        ("/dashboard/people/siti/like/budi", {}),
        ("/dashboard/fault", {"mode": "down"}),
        ("/dashboard/waves", {"mode": "open"}),
    ):
        status, problem = await _post(api, path, body, **headers)
        assert (status, problem["type"]) == (403, "urn:prakerja:problem:forbidden")
    assert (await api.call("GET", "/v1/waves/current")).json["waves"] == []


async def test_a_foreign_name_shows_no_page(api: Caller) -> None:
    for path in ("/", "/dashboard/people/siti"):
        async with api.client.get(path, headers={"Host": "jahat.example"}) as response:
            assert response.status == 403


async def test_its_own_pages_are_let_in(api: Caller) -> None:
    host = f"127.0.0.1:{api.client.port}"
    headers = {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert (await _post(api, "/dashboard/people/siti/links", {"channel": "web"}, **headers))[0] == 200
    local = {"Host": "localhost:1", "Origin": "http://localhost:1"}
    assert (await _post(api, "/dashboard/people/siti/links", {"channel": "web"}, **local))[0] == 200


async def test_forms_of_other_sites_carry_no_json(api: Caller) -> None:
    async with api.client.post("/dashboard/fault", data={"mode": "down"}) as response:
        assert response.status == 415
    for form in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain;charset=utf-8"):
        headers = {"Content-Type": form}
        async with api.client.post("/dashboard/people/siti/grants/end", headers=headers) as response:
            assert response.status == 415
    async with api.client.post("/dashboard/people/siti/grants/end") as response:
        assert response.status == 200


async def test_names_are_escaped(tmp_path: Path, contract: Contract) -> None:
    nasty = "<script>alert(1)</script> & \"Siti'"
    siti = replace(PEOPLE[0], name=nasty, about=f"tentang {nasty}")
    people: list[Person] = [siti, PEOPLE[1]]
    app = build_app(server_settings(tmp_path), clock=lambda: NOW, people=people)
    async with TestClient(TestServer(app)) as client:
        api = Caller(client, contract)
        for path in ("/", "/dashboard/people/siti", "/dashboard/people/budi"):
            page = await _page(api, path)
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Siti&#x27;" in page


async def test_it_can_be_left_out(tmp_path: Path, contract: Contract) -> None:
    settings = replace(server_settings(tmp_path), dashboard=False)
    async with TestClient(TestServer(build_app(settings))) as client:
        for path in ("/", "/dashboard/people/siti", "/dashboard/static/dashboard.js"):
            async with client.get(path) as response:
                assert response.status == 404
        async with client.post("/dashboard/fault", json={"mode": "down"}) as response:
            assert response.status == 404
        assert (await Caller(client, contract).call("GET", "/v1/waves/current")).status == 200
