"""Rights in the FHIR API, by Airflow's tokens and roles.

Synchronisation needs the right to run the DAG; the configuration needs an administrator. The tenants of a caller are their Airflow teams
(multi-team) or, with FAB, their roles ``tenant:<id>``; an administrator has all tenants.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails, DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, bearer_scheme, get_user, requires_access_dag
from fastapi import HTTPException, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from fusion_airflow.hooks.platform import PLATFORM_CONN_ID

_TENANT_ROLE = "tenant:"
BODY_MAX = 1_048_576
"""Longest body of a request, in bytes."""


class Route(APIRoute):
    """A route whose body is read only for somebody who is logged in, and only up to ``BODY_MAX``; FastAPI by itself reads it first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_known(request: Request) -> Response:
            await get_user(request, None, await bearer_scheme(request))
            return await handle(_limited(request))

        return handle_known


def _limited(request: Request) -> Request:
    size = 0

    async def receive() -> Message:
        nonlocal size
        message = await request.receive()
        size += len(message.get("body", b""))
        if size > BODY_MAX:
            raise HTTPException(413, f"o corpo passa de {BODY_MAX} bytes")
        return message

    return Request(request.scope, receive)


@dataclass(frozen=True)
class Caller:
    """Caller of one request. ``tenants``: their tenants (an administrator has all). ``request``: the tenant in the request."""

    nome: str
    admin: bool
    tenants: frozenset[str]
    request: str | None

    def tenant(self) -> str:
        """The tenant in the request, or the caller's only one; 403 or 422 otherwise."""
        if self.request is not None:
            if not self.admin and self.request not in self.tenants:
                raise HTTPException(403, "sem direito a este tenant")
            return self.request
        if len(self.tenants) == 1 and not self.admin:
            return next(iter(self.tenants))
        if not self.admin and not self.tenants:
            raise HTTPException(403, "sem direito a tenant algum")
        raise HTTPException(422, "informe o parâmetro tenant")


def roles(user: Any) -> frozenset[str]:
    """Role names of the simple auth manager (one) and of FAB (several); empty for other auth managers."""
    several = [str(getattr(role, "name", role)) for role in getattr(user, "roles", None) or []]
    one = getattr(user, "role", None)
    return frozenset([*several, *([str(one)] if one else [])])


def _is_admin(user: Any) -> bool:
    """A role in ``FUSION_FHIR_ADMINS``, and the right to change the platform's connection in Airflow."""
    names = {n.strip().lower() for n in os.environ.get("FUSION_FHIR_ADMINS", "admin").split(",")}
    if not names & {p.lower() for p in roles(user)}:
        return False
    return bool(get_auth_manager().is_authorized_connection(method="PUT", details=ConnectionDetails(conn_id=PLATFORM_CONN_ID), user=user))


def _caller(user: Any, tenant: str | None) -> Caller:
    reach = {p.removeprefix(_TENANT_ROLE) for p in roles(user) if p.startswith(_TENANT_ROLE)}
    reach.update(getattr(user, "teams", None) or [])
    return Caller(str(user.get_name()), _is_admin(user), frozenset(reach), tenant)


NO_NUL = r"^[^\x00]*$"
"""PostgreSQL takes no NUL in a text."""
Tenant = Annotated[str | None, Query(min_length=1, max_length=60, pattern=NO_NUL, description="Tenant; vazio: o único do chamador")]


def caller(request: Request, user: GetUserDep, tenant: Tenant = None) -> Caller:
    """A caller who may run the FHIR DAG: 401 without a valid token, 403 without the right."""
    dag_id = "fhir_pull" if request.url.path.endswith("/pull") else "fhir_push"
    requires_access_dag("POST", DagAccessEntity.RUN, dag_id)(request, user)
    return _caller(user, tenant)


def admin(user: GetUserDep, tenant: Tenant = None) -> Caller:
    """Administrators only."""
    who = _caller(user, tenant)
    if not who.admin:
        raise HTTPException(403, "só administradores")
    return who
