"""The program as people start it: its settings, its one line, its logs, its end, and what a kill leaves."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.account_api.people import PEOPLE
from bot.account_api.settings import read_settings
from bot.contract.errors import SettingsError
from tests.account_api.serving import PROJECT, SECRET, ProcessServer, chat, command, environment

HEADERS = {"Authorization": f"Bearer {SECRET}"}


def _run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env=environment(**variables),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def _link(session: aiohttp.ClientSession, url: str, person: str) -> str:
    async with session.post(f"{url}/dashboard/people/{person}/links", json={"channel": "telegram"}) as response:
        return str((await response.json())["token"])


async def _redeem(session: aiohttp.ClientSession, url: str, token: str, who: str) -> tuple[int, Any]:
    body = {"token": token, "chat": who, "channel": "telegram"}
    async with session.post(f"{url}/v1/links/redeem", json=body, headers=HEADERS) as response:
        return response.status, await response.json(content_type=None)


def test_a_missing_secret_stops_the_start(tmp_path: Path) -> None:
    ended = _run("--port", "0", "--database", str(tmp_path / "db"))
    assert ended.returncode == 2
    assert "ACCOUNT_API_TOKEN is missing; set a random text" in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "db").exists()


def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = _run("--port", "0", "--database", str(tmp_path / "file" / "db"), ACCOUNT_API_TOKEN=SECRET)
    assert ended.returncode == 2
    assert "make it readable, or choose another --database" in ended.stderr


@pytest.mark.parametrize(
    ("options", "variables", "names"),
    [
        ({}, {"ACCOUNT_API_TOKEN": "pendek"}, ["ACCOUNT_API_TOKEN"]),
        ({}, {"ACCOUNT_API_TOKEN": "rahasia yang panjang sekali"}, ["ACCOUNT_API_TOKEN"]),
        ({"--port": "70000"}, {}, ["--port"]),
        ({}, {"ACCOUNT_API_PORT": "delapan"}, ["ACCOUNT_API_PORT"]),
        ({"--telegram-bot": "t.me/x"}, {}, ["--telegram-bot"]),
        ({"--whatsapp-number": "0812"}, {}, ["--whatsapp-number"]),
        ({"--web-url": "javascript:alert(1)"}, {}, ["--web-url"]),
        ({"--port": "x", "--telegram-bot": "?"}, {"LOG_LEVEL": "loud"}, ["--port", "--telegram-bot", "LOG_LEVEL"]),
    ],
)
def test_wrong_settings_are_all_named(options: dict[str, str], variables: dict[str, str], names: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(options, {"ACCOUNT_API_TOKEN": SECRET} | variables)
    assert [problem.split()[0] for problem in caught.value.problems] == sorted(names, key=str(caught.value).index)
    assert len(caught.value.problems) == len(names)
    assert variables.get("ACCOUNT_API_TOKEN", "-nothing-") not in str(caught.value)


def test_settings(tmp_path: Path) -> None:
    variables = {"ACCOUNT_API_TOKEN": SECRET, "KAWAN_ROOT": str(tmp_path), "ACCOUNT_API_PORT": "8123"}
    settings = read_settings({}, variables)
    assert (settings.host, settings.port) == ("127.0.0.1", 8123)
    assert settings.database == tmp_path / ".kawan" / "data" / "account-api.sqlite3"
    assert settings.key_file.parent == settings.database.parent
    assert settings.addresses.web_url == "http://127.0.0.1:8080"
    assert SECRET not in repr(settings)
    assert read_settings({"--port": "0"}, variables).port == 0
    assert read_settings({}, {"ACCOUNT_API_TOKEN": SECRET}).port == 8090
    named = read_settings({"--telegram-bot": "@KawanBot", "--whatsapp-number": "+6281100000000"}, variables)
    assert (named.addresses.telegram_bot, named.addresses.whatsapp_number) == ("KawanBot", "6281100000000")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    server = ProcessServer(tmp_path)
    assert server.greeting == f"account-api ready {server.url}"
    assert server.url.startswith("http://127.0.0.1:")
    server.send(number)
    assert server.wait() == (0, "")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    server = ProcessServer(tmp_path)
    port = server.url.rpartition(":")[2]
    ended = _run("--port", port, "--database", str(tmp_path / "other"), ACCOUNT_API_TOKEN=SECRET)
    server.kill()
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in ended.stderr


def test_commands(tmp_path: Path) -> None:
    people = _run("people")
    assert people.returncode == 0
    assert [line.split()[0] for line in people.stdout.splitlines()] == [person.id for person in PEOPLE]
    server = ProcessServer(tmp_path, "--telegram-bot", "KawanBot")
    try:
        for channel, beginning in (
            ("telegram", "https://t.me/KawanBot?start=kp1_"),
            ("whatsapp", "HUBUNGKAN kp1_"),
            ("web", "http://127.0.0.1:8080/#hubungkan=kp1_"),
            ("rest", "HUBUNGKAN kp1_"),
        ):
            made = _run("link", "--person", "siti", "--to", channel, "--url", server.url)
            assert made.returncode == 0, made.stderr
            assert made.stdout.startswith(beginning)
            assert made.stdout.count("\n") == 1
        nobody = _run("link", "--person", "nobody", "--to", "web", "--url", server.url)
        assert (nobody.returncode, nobody.stdout) == (1, "")
        assert "made no link" in nobody.stderr
    finally:
        server.kill()
    gone = _run("link", "--person", "siti", "--to", "web", "--url", server.url)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "no answer from the account API" in gone.stderr


async def test_logs_name_nobody_and_hold_no_secret(tmp_path: Path) -> None:
    server = ProcessServer(tmp_path)
    siti = PEOPLE[0]
    try:
        async with aiohttp.ClientSession(server.url, headers=HEADERS) as session:
            token = await _link(session, "", siti.id)
            _, grant = await _redeem(session, "", token, chat(11))
            await _redeem(session, "", token, chat(12))
            reference = grant["reference"]
            find = {"phone": siti.phone, "chat": chat(13), "channel": "whatsapp"}
            for method, path, body in (
                ("GET", f"/v1/accounts/{reference}/status", None),
                ("GET", f"/v1/accounts/{reference}", None),
                ("PUT", f"/v1/accounts/{reference}/status", None),
                ("GET", f"/v1/accounts/{siti.phone}/status", None),
                ("POST", "/v1/accounts/find", find),
                ("POST", "/v1/accounts/find", {**find, "name": siti.name}),
                ("POST", f"/v1/accounts/{reference}/dispute", None),
                ("DELETE", f"/v1/accounts/{reference}/link", None),
                ("GET", f"/dashboard/people/{siti.id}?token={token}", None),
            ):
                async with session.request(method, path, json=body) as response:
                    assert response.status < 500
        server.send(signal.SIGTERM)
        assert server.wait()[0] == 0
    finally:
        server.kill()
    log = server.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["event"] for line in lines} == {"account API starts", "call", "account API stopped"}
    assert len([line for line in lines if line["event"] == "call"]) == 12
    secrets = [token, reference, siti.phone, siti.phone[1:], SECRET, chat(11), chat(12), chat(13), *siti.name.split()]
    for secret in (*secrets, grant["label"], f"people/{siti.id}", token[4:30], reference[:20]):
        assert secret not in log


async def test_a_kill_in_the_middle_of_a_crowd_loses_no_redeemed_token(tmp_path: Path) -> None:
    server = ProcessServer(tmp_path)
    tokens: dict[str, str] = {}
    told: dict[str, Any] = {}

    async with aiohttp.ClientSession() as session:
        for number, person in enumerate(PEOPLE):
            tokens[chat(number)] = await _link(session, server.url, person.id)

        # So that at the kill some have been told, some are on their way, and some have not asked.
        few = asyncio.Semaphore(4)

        async def redeem(who: str) -> None:
            try:
                async with few:
                    status, grant = await _redeem(session, server.url, tokens[who], who)
            except aiohttp.ClientError:
                return
            assert status == 200
            told[who] = grant
            if len(told) == 10:
                server.send(signal.SIGKILL)

        await asyncio.gather(*(redeem(who) for who in tokens))
    server.wait()
    assert 10 <= len(told) < len(tokens)

    server = ProcessServer(tmp_path)
    try:
        async with aiohttp.ClientSession() as session:
            for who, token in tokens.items():
                if who in told:
                    assert (await _redeem(session, server.url, token, chat(999)))[0] == 409
                    assert await _redeem(session, server.url, token, who) == (200, told[who])
                    path = f"{server.url}/v1/accounts/{told[who]['reference']}/status"
                    async with session.get(path, headers=HEADERS) as response:
                        assert response.status == 200
                else:
                    # Decided before the kill or not: whoever asked gets their grant now.
                    assert (await _redeem(session, server.url, token, who))[0] == 200
    finally:
        server.kill()
