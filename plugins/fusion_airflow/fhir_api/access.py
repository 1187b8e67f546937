"""Who may do what in the FHIR API: Airflow's own tokens and rights, and the tenants that come from them.

Synchronising needs the right to run the DAG; the configuration is for administrators. A caller reaches the tenants whose ids are their
Airflow teams (multi-team) or, with FAB, roles named ``tenant:<id>``; an administrator reaches all.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails, DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import HTTPException, Query, Request

from fusion_airflow.hooks.platform import CONEXAO

_PAPEL_TENANT = "tenant:"


@dataclass(frozen=True)
class Chamador:
    """Caller of one request. ``tenants`` are those within reach (an administrator: all), ``pedido`` the one asked for."""

    nome: str
    admin: bool
    tenants: frozenset[str]
    pedido: str | None

    def tenant(self) -> str:
        """The request's tenant: asked for and within reach, or the only one within reach; 403 or 422 otherwise."""
        if self.pedido is not None:
            if not self.admin and self.pedido not in self.tenants:
                raise HTTPException(403, "sem direito a este tenant")
            return self.pedido
        if len(self.tenants) == 1 and not self.admin:
            return next(iter(self.tenants))
        if not self.admin and not self.tenants:
            raise HTTPException(403, "sem direito a tenant algum")
        raise HTTPException(422, "informe o parâmetro tenant")


def papeis(usuario: Any) -> frozenset[str]:
    """Role names, as the simple auth manager (one) and FAB (several) keep them; none where the auth manager keeps them elsewhere."""
    varios = [str(getattr(papel, "name", papel)) for papel in getattr(usuario, "roles", None) or []]
    um = getattr(usuario, "role", None)
    return frozenset([*varios, *([str(um)] if um else [])])


def _e_admin(usuario: Any) -> bool:
    """An administrator's role by name (``FUSION_FHIR_ADMINS``), and Airflow's own right to change the platform's connection."""
    nomes = {n.strip().lower() for n in os.environ.get("FUSION_FHIR_ADMINS", "admin").split(",")}
    if not nomes & {p.lower() for p in papeis(usuario)}:
        return False
    return bool(get_auth_manager().is_authorized_connection(method="PUT", details=ConnectionDetails(conn_id=CONEXAO), user=usuario))


def _chamador(usuario: Any, tenant: str | None) -> Chamador:
    alcance = {p.removeprefix(_PAPEL_TENANT) for p in papeis(usuario) if p.startswith(_PAPEL_TENANT)}
    alcance.update(getattr(usuario, "teams", None) or [])
    return Chamador(str(usuario.get_name()), _e_admin(usuario), frozenset(alcance), tenant)


SEM_NULO = r"^[^\x00]*$"
"""PostgreSQL has no text with a NUL in it: asking for one is the caller's mistake."""
Tenant = Annotated[str | None, Query(min_length=1, max_length=60, pattern=SEM_NULO, description="Tenant; vazio: o único do chamador")]


def chamador(request: Request, usuario: GetUserDep, tenant: Tenant = None) -> Chamador:
    """Whoever may run the FHIR DAGs: 401 without a valid token, 403 without the right."""
    dag_id = "fhir_pull" if request.url.path.endswith("/pull") else "fhir_push"
    requires_access_dag("POST", DagAccessEntity.RUN, dag_id)(request, usuario)
    return _chamador(usuario, tenant)


def admin(usuario: GetUserDep, tenant: Tenant = None) -> Chamador:
    """Administrators only."""
    quem = _chamador(usuario, tenant)
    if not quem.admin:
        raise HTTPException(403, "só administradores")
    return quem
