"""Latency from a source's commit to Fusion's acceptance on the real stack: one change a second, a quiet hospital, a storm."""

from __future__ import annotations

from typing import Any

from include.fusion.settings import carregar
from sandbox.origens.base import SEM_EFEITO
from sandbox.report.base import latencias, percentil
from sandbox.report.query import consultar
from sandbox.report.report import fila_de, montar
from sandbox.simulador import criar_registro
from sandbox.sources import with_attendances
from sandbox.stack import airflow_api, componentes
from tests.bench.apoio import Medida, maquina, medida
from tests.bench.hub import Hub, agora, gasto, hub

_MUDANCAS = "select chave, operacao, marcador, committed_at from mudanca where origem = %s and committed_at >= %s and not tipo = any(%s) order by id"
_APLICACOES = """select codigo, operacao, hash_conteudo, atualizado_em, aceito_em from aplicacao
where integracao_id = %s and entidade = 'atendimento' order by id"""

# Content alone tells versions apart in Fusion: of a record that changes again and again, a change without new content is counted with the
# next version, however long that takes. What the queue says does not depend on content.
_NA_FILA = """select integracao_id, count(*), extract(epoch from percentile_disc(0.95) within group (order by concluido_em - criado_em))
from ({fila}) f where criado_em >= %s and situacao = 'concluido' group by 1 order by 1"""


def _fila() -> str:
    return fila_de(*(i for i in carregar() if i.habilitada and i.sistema in with_attendances()))


class Fase:
    """One rate of changes for some time, and what came of it."""

    def __init__(self, h: Hub, taxa: float, duracao: float) -> None:
        self._h = h
        self.comeco, cpu = agora(), h.cpu()
        simulador = h.pilha.iniciar(componentes.simulador(h.estado, str(taxa), duracao))
        h.esperar(lambda: simulador.poll() is not None, duracao + 120, "the simulator's work")
        self.carga = maquina()
        # What is due within hours is started now, or it would count as lost.
        agendadas = airflow_api.disparar(h.estado, airflow_api.AGENDADAS_FHIR)
        h.esperar(lambda: airflow_api.terminaram(h.estado, agendadas), 180, "FHIR's push and pull")
        self.relatorio = montar(h.urls)
        limite = agora()
        while self.relatorio.atrasado and (agora() - limite).total_seconds() < 90:
            h.passar(2)
            self.relatorio = montar(h.urls)
        self.partidas, self.gasto = h.partidas(self.comeco), gasto(cpu, h.cpu())
        self.na_fila = consultar(h.urls["fusion_integracao"], _NA_FILA.format(fila=_fila()), self.comeco)
        self.tempos: dict[str, list[float]] = {}
        self.mudancas: dict[str, list[tuple[Any, ...]]] = {}
        for integracao in carregar():
            if integracao.habilitada and integracao.sistema in with_attendances():
                mudancas = consultar(h.urls["simulador"], _MUDANCAS, integracao.sistema, self.comeco, list(SEM_EFEITO))
                aplicacoes = consultar(h.urls["fusion"], _APLICACOES, integracao.integracao_id)
                self.mudancas[integracao.id], self.tempos[integracao.id] = mudancas, latencias(mudancas, aplicacoes)

    def pior(self, p: float) -> float | None:
        """Percentile of the slowest integration."""
        valores = [percentil(tempos, p) for tempos in self.tempos.values()]
        return None if None in valores else max(v for v in valores if v is not None)

    @property
    def escoamento(self) -> float:
        """Seconds from the last change's commit until the last queue row was done."""
        ultimo = max(m[-1] for mudancas in self.mudancas.values() for m in mudancas)
        fim = consultar(self._h.urls["fusion_integracao"], f"select max(concluido_em) from ({_fila()}) f")[0][0]
        return max(0.0, (fim - ultimo).total_seconds())

    @property
    def condicoes(self) -> str:
        detalhe = ", ".join(
            f"{nome} p50 {percentil(tempos, 0.5)} p95 {percentil(tempos, 0.95)} max {max(tempos, default=0):.2f} s "
            f"({len(self.mudancas[nome])} changes, {len(tempos)} with new content)"
            for nome, tempos in self.tempos.items()
        )
        fila = ", ".join(f"{numero}: {linhas} rows, p95 {p95:.2f} s" for numero, linhas, p95 in self.na_fila)
        outras = ", ".join(
            f"{nome} p50 {linha.p50_s} p95 {linha.p95_s} s"
            for nome, linha in self.relatorio.integrations.items()
            if nome not in self.tempos and linha.p50_s is not None
        )
        return f"real stack, worst integration; {detalhe}; since the stack started: {outras}; from queued to done {fila}; {self.partidas} task starts, {self.gasto}; verdict {self.relatorio.verdict}; {self.carga}"


def run(rapido: bool = False) -> list[Medida]:
    """One stack for all three rates, the storm last."""
    fases = [("1 change/s on each integration", 1.0, 40 if rapido else 180, 3.0, 6.0),
             ("a change every 20 s on each, idle otherwise", 0.05, 100 if rapido else 600, 2.5, 5.0)]  # fmt: skip
    medidas = []
    with hub() as h:
        criar_registro(h.urls["simulador"])
        h.trazer_historico()
        for nome, taxa, duracao, p50, p95 in fases:
            h.ociosa()
            fase = Fase(h, taxa, duracao)
            como = f"{duracao} s; {fase.condicoes}"
            medidas += [
                medida(f"latency p50: {nome}", fase.pior(0.5), "s", como, maximo=p50),
                medida(f"latency p95: {nome}", fase.pior(0.95), "s", como, maximo=p95),
            ]
        duracao = 30 if rapido else 120
        fase = Fase(h, 20.0, duracao)
        linhas = fase.relatorio.integrations.values()
        como = f"{duracao} s; {fase.condicoes}"
        medidas += [
            medida("stress 20 changes/s on each: lost", sum(x.missing + x.pending for x in linhas), "records", como, maximo=0),
            medida("stress 20 changes/s on each: applied twice", sum(x.doubled for x in linhas), "records", como, maximo=0),
            medida("stress 20 changes/s on each: queue empty after the last change", fase.escoamento, "s", como, maximo=30),
            medida("stress 20 changes/s on each: latency p50", fase.pior(0.5), "s", como),
            medida("stress 20 changes/s on each: latency p95", fase.pior(0.95), "s", como),
        ]
    return medidas
