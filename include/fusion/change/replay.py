"""What a person asks of a run through the form: checked whole before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from include.fusion.errors import PedidoInvalido
from include.fusion.reading.spec import Sistema
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.filas import Desfecho, Fila, ItemFila
from include.fusion.store.ledger import Livro

if TYPE_CHECKING:
    from sqlalchemy import Engine

PERIODO_MAX = timedelta(days=366)


@dataclass(frozen=True)
class Pedido:
    """Form of one run. Keys are the source's own codes, never a name or a document."""

    atendimento: str | None = None
    paciente: str | None = None
    inicio: date | None = None
    fim: date | None = None
    reenviar_erros: bool = False
    comparar_tudo: bool = False
    simular: bool = False
    forcar: bool = False

    @property
    def filtra(self) -> bool:
        """Whether the run is about chosen records instead of what changed."""
        return any((self.atendimento, self.paciente, self.inicio, self.fim))

    @classmethod
    def de_params(cls, params: Mapping[str, Any], sistema: Sistema) -> Pedido:
        """Build from a run's params; raises :class:`PedidoInvalido` with all problems found."""
        problemas: list[str] = []

        def data(campo: str) -> date | None:
            valor = params.get(campo)
            try:
                return date.fromisoformat(str(valor)) if valor else None
            except ValueError:
                problemas.append(f"'{campo}' não é uma data (AAAA-MM-DD)")
                return None

        def chave(campo: str, tipo_chave: Callable[[str], Any]) -> str | None:
            valor = str(params.get(campo) or "").strip()
            if not valor:
                return None
            try:
                tipo_chave(valor)
            except ValueError:
                problemas.append(f"'{campo}' não tem o formato de um código deste sistema")
            return valor

        pedido = cls(
            atendimento=chave("atendimento", sistema.tipo_chave),
            paciente=chave("paciente", sistema.tipo_chave_paciente or sistema.tipo_chave),
            inicio=data("data_inicial"),
            fim=data("data_final"),
            reenviar_erros=bool(params.get("reenviar_erros")),
            comparar_tudo=bool(params.get("comparar_tudo")),
            simular=bool(params.get("simular")),
            forcar=bool(params.get("forcar")),
        )
        if (pedido.inicio is None) != (pedido.fim is None):
            problemas.append("informe 'data_inicial' e 'data_final' juntas")
        elif pedido.inicio and pedido.fim:
            if pedido.fim < pedido.inicio:
                problemas.append("'data_final' é anterior a 'data_inicial'")
            elif pedido.fim - pedido.inicio > PERIODO_MAX:
                problemas.append(f"o período passa de {PERIODO_MAX.days} dias; divida em pedidos menores")
        if pedido.forcar and not pedido.filtra:
            problemas.append("'forcar' exige um atendimento, um paciente ou um período")
        if pedido.simular and pedido.reenviar_erros:
            problemas.append("'simular' e 'reenviar_erros' não combinam: simular não muda nada")
        if problemas:
            raise PedidoInvalido("Pedido recusado, nada foi alterado: " + "; ".join(problemas) + ".")
        return pedido

    def filtros(self, sistema: Sistema) -> dict[str, Any]:
        """Binds of the system's keys statement; ``fim`` is exclusive (the day after the last)."""
        return {
            "atendimento": sistema.tipo_chave(self.atendimento) if self.atendimento else None,
            "paciente": (sistema.tipo_chave_paciente or sistema.tipo_chave)(self.paciente) if self.paciente else None,
            "inicio": datetime.combine(self.inicio, time()) if self.inicio else None,
            "fim": datetime.combine(self.fim + timedelta(days=1), time()) if self.fim else None,
        }


def atender_pedidos(
    consultas: ConsultasSistema, fusion: Engine, pedidos: Fila, destino: Fila, livro: Livro, dono: str, *, pagina: int, prazo: timedelta
) -> tuple[int, int]:
    """Rows of ``pedidos`` (a patient each, as Fusion asks for them) become the openings of all that patient's attendances.

    (patients looked up, attendances queued). A patient that the source does not have ends as ``erro``.
    """
    pacientes = enfileirados = 0
    while registros := pedidos.reservar(100, dono, prazo):
        desfechos = []
        for registro in registros:
            try:
                achados = enfileirar_pedido(consultas, fusion, destino, livro, Pedido(paciente=registro.chave), pagina=pagina)
            except ValueError:
                desfechos.append(Desfecho(registro, "erro", "código de paciente em formato inesperado"))
                continue
            enfileirados += achados
            desfechos.append(
                Desfecho(registro, "concluido") if achados else Desfecho(registro, "erro", "paciente sem atendimentos na origem")
            )
        with fusion.begin() as con:
            pedidos.registrar(con, dono, desfechos)
        pacientes += len(registros)
    return pacientes, enfileirados


def enfileirar_pedido(
    consultas: ConsultasSistema, fusion: Engine, fila: Fila, livro: Livro, pedido: Pedido, *, pagina: int, prioridade: int = 5
) -> int:
    """Queue what a form asks for (one attendance, one patient, a date range); returns how many.

    With ``pedido.forcar`` the ledger forgets what was delivered, so that unchanged content is sent again.
    """
    total, chave = 0, None
    with consultas.engine.connect() as origem_con:
        while True:
            linhas = consultas.linhas(
                origem_con, consultas.sistema.sql_chaves, chave=chave, limite=pagina, **pedido.filtros(consultas.sistema)
            )
            origem_con.rollback()
            if linhas:
                itens = [ItemFila(str(x["chave"]), str(x["chave_paciente"] or ""), x["operacao"], prioridade) for x in linhas]
                with fusion.begin() as con:
                    if pedido.forcar:
                        livro.esquecer(con, [item.chave for item in itens])
                    total += fila.enfileirar(con, itens)
            if len(linhas) < pagina:
                return total
            chave = linhas[-1]["chave"]
