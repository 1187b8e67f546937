"""The FHIR API under the FAB auth manager, which the server's compose file uses: tenants come from roles ``tenant:<id>``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.postgres import Postgres
from tests.integration.plugins.fhir_api.helpers import API, configure, observe, open_api, sql


@pytest.fixture(scope="module")
def fab(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with open_api(postgres, tmp_path_factory.mktemp("fab"), fab=True) as done:
        configure(done)
        yield done


def test_a_role_opens_its_own_tenant(fab: Any) -> None:
    obs_id = observe(fab, fab.a)
    assert fab.ask("POST", f"{API}/observations/{obs_id}/sync?wait=true", who="ana")[0] == 200
    assert fab.ask("POST", f"{API}/observations/{obs_id}/sync?tenant={fab.a}", who="ana")[0] == 202
    assert sql(fab, 'select "syncedToEHR" from observations where id = %s', obs_id) == [(True,)]


def test_another_tenant_is_a_403_whatever_is_asked_for(fab: Any) -> None:
    obs_id = observe(fab, fab.b)
    routes = (("POST", f"observations/{obs_id}/sync"), ("POST", "observations/sync-all"), ("POST", f"patients/{obs_id}/pull"))
    for method, path in (*routes, ("GET", "dead-letters"), ("POST", "dead-letters/resend"), ("GET", "metrics")):
        assert fab.ask(method, f"{API}/{path}?tenant={fab.b}", who="ana")[0] == 403, path
    assert fab.ask("POST", f"{API}/observations/{obs_id}/sync", who="ana")[0] == 404  # In her own tenant there is none.


def test_no_tenant_role_is_a_403_and_two_have_to_say_which(fab: Any) -> None:
    assert fab.ask("POST", f"{API}/observations/sync-all", who="sem")[0] == 403
    assert fab.ask("POST", f"{API}/observations/sync-all", who="duas")[0] == 422
    for tenant in (fab.a, fab.b):
        assert fab.ask("POST", f"{API}/observations/sync-all?tenant={tenant}", who="duas")[0] == 202


def test_a_tenant_role_alone_gives_no_right_to_run_the_dag(fab: Any) -> None:
    obs_id = observe(fab, fab.a)
    assert fab.ask("POST", f"{API}/observations/{obs_id}/sync", who="leitor")[0] == 403


@pytest.mark.parametrize("who", ["op", "ana", "leitor"])
def test_the_configuration_is_for_fabs_administrators(fab: Any, who: str) -> None:
    assert fab.ask("GET", f"{API}/config?tenant={fab.a}", who=who)[0] == 403
    assert fab.ask("GET", f"{API}/config?tenant={fab.a}", who="chefe")[0] == 200


def test_without_a_valid_token_there_is_no_answer(fab: Any) -> None:
    for method, path in (("POST", "observations/sync-all"), ("GET", "config"), ("GET", "page"), ("GET", "metrics")):
        assert fab.ask(method, f"{API}/{path}")[0] == 401, path
        assert fab.ask(method, f"{API}/{path}", token="x.y.z")[0] in (401, 403), path
