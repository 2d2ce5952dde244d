"""Schemathesis: whatever the contract allows or forbids to be sent is answered as the contract says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from tests.account_api.contract import PATH
from tests.account_api.serving import SECRET, server_settings, thread_server

schema = schemathesis.openapi.from_path(PATH)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with thread_server(server_settings(tmp_path_factory.mktemp("schema"))) as address:
        yield address


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        # Nobody's proxy shall stand between.
        made.trust_env = False
        yield made


@schema.parametrize()
@settings(max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation(case: Case, url: str, session: requests.Session) -> None:
    case.call_and_validate(base_url=url, session=session, headers={"Authorization": f"Bearer {SECRET}"})
