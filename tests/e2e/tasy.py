"""What makes each step of Tasy's DAG do something: one touched row at the source."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.hub import Hub

NOW = "date_trunc('second', clock_timestamp() at time zone 'America/Bahia')"
ONE = "(select max(nr_atendimento) from tasy.atendimento_paciente where dt_cancelamento is null)"
INFORMATION = "integracao.buscar_informacoes_atendimentos"


def _atendimento(hub: Hub) -> None:
    hub.sql(
        "tasy",
        f"update tasy.atendimento_paciente set ie_clinica = coalesce(ie_clinica, 0) % 6 + 1, dt_atualizacao = {NOW}"
        f" where nr_atendimento = {ONE}",
    )


def _sinal(hub: Hub) -> None:
    hub.sql(
        "tasy",
        "insert into tasy.atendimento_sinal_vital (nr_sequencia, nr_atendimento, dt_sinal_vital, qt_temp, dt_liberacao, dt_atualizacao)"
        f" select nextval('tasy.seq_atendimento_sinal_vital'), {ONE}, {NOW}, 36.5, {NOW}, {NOW}",
    )


def _paciente(hub: Hub) -> None:
    hub.sql(
        "tasy",
        f"update tasy.pessoa_fisica set nm_social = 'Nome ' || clock_timestamp(), dt_atualizacao = {NOW} where cd_pessoa_fisica ="
        f" (select cd_pessoa_fisica from tasy.atendimento_paciente where nr_atendimento = {ONE})",
    )


CAUSAS: dict[str, tuple[Callable[[Hub], None], set[str]]] = {
    "atendimento": (_atendimento, {INFORMATION}),
    "sinal vital": (_sinal, {INFORMATION}),
    "paciente": (
        _paciente,
        {"filas.gerar_pendencia_atualizacao_pacientes", "integracao.integrar_pendencia_atualizacao_pacientes", INFORMATION},
    ),
}
"""What happens, and the tasks that have something to do then, besides the first and the last of the run."""
ALWAYS = {"filas.buscar_atendimentos", "acompanhamento"}
TASKS = ALWAYS | set().union(*(tasks for _, tasks in CAUSAS.values()))
