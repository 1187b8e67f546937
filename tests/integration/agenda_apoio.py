"""The surgical chain without Airflow: journal → pendency in Fusion → queue → booking in Fusion."""

from __future__ import annotations

import asyncio
import json
import secrets
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2

from include.fusion.change.result import ResultadoCarga
from include.fusion.change.watcher import situacoes
from include.fusion.delivery.loop import Entrega
from include.fusion.delivery.result import Resultado
from include.fusion.model.content import Registro, pacote
from include.fusion.wiring import Montagem
from sandbox.origens.base import Mudanca
from sandbox.origens.mv.agenda import MUDANCAS, marcada
from sandbox.origens.mv.hospital import Hospital
from sandbox.postgres import Postgres
from tests.bancada import Bancada

DONO = "teste/run/processar#1|"


class Cadeia(Bancada):
    """``montagem`` is Skymed's, ``servico`` the Fusion Service's."""

    def __init__(self, postgres: Postgres, pasta: Path) -> None:
        super().__init__(postgres, pasta, "skymed", atendimentos=20)
        self.servico = self.montar("fusion_service")

    def novo_servico(self) -> Montagem:
        """As after a task that was killed."""
        self.servico = self.montar("fusion_service")
        return self.servico

    def marcar(self) -> str:
        """A new booking at the source; its key."""
        return self._agenda(marcada).chave

    def agenda(self, tipo: str) -> str:
        """A change of some booking that is open: remarcada, cancelada, realizada or internada."""
        return self._agenda(next(f for f in MUDANCAS if f.__name__ == f"_{tipo}")).chave

    def _agenda(self, fazer: Any) -> Mudanca:
        con = psycopg2.connect(self.dsn["origem"])
        try:
            feita: Mudanca = fazer(Hospital(con, self.rng))
            con.commit()
        finally:
            con.close()
        return feita

    def anunciar(self) -> Resultado:
        """One run of Skymed."""
        self.carregar()
        return self.entregar("teste/run/importar_pendencias#1|")

    def ve_trabalho(self) -> bool:
        """Whether Skymed's watcher would wake its DAG for what is at the source."""
        m = self.montagem
        return m.vigia().ha_trabalho(situacoes(m.fusion, [m.alvo])[m.alvo].marcas)

    def buscar(self) -> ResultadoCarga:
        """One look of the service at Fusion."""
        return self.servico.busca().executar()

    def processamento(self, olhar: bool = False, **opcoes: Any) -> Entrega:
        """The service's delivery; with ``olhar`` it looks at Fusion again before it ends."""
        ajustes = self.servico.integracao.entrega.model_copy(update={"permanencia": timedelta(0)})
        realimentar = (lambda _: self.buscar().enfileirados) if olhar else None
        return self.servico.entrega(ajustes, self.cliente(), DONO, self.servico.vias(), realimentar=realimentar, **opcoes)

    def processar(self) -> Resultado:
        """One run of the service: look, deliver, conclude."""
        self.buscar()
        return self.processamento(olhar=True).executar()

    def postar(self, pendencia: Registro) -> None:
        """Register a pendency as somebody else would."""

        async def enviar() -> None:
            async with self.cliente() as cliente:
                await cliente.enviar("POST", "/api/AplicacaoPendencia", pacote(pendencia)[0], chave=secrets.token_hex(8))

        asyncio.run(enviar())

    def pendencias(self) -> list[dict[str, Any]]:
        """All pendencies that Fusion has, in the order in which they came."""
        return [corpo for (corpo,) in self.fusion("select corpo from registro where entidade = 'AplicacaoPendencia' order by id")]

    def abertas(self) -> list[str]:
        return [p["idEntidade"] for p in self.pendencias() if "dataProcessamento" not in p]

    def agendamento(self, chave: str) -> dict[str, Any]:
        """The booking as Fusion's API gives it."""
        pedido = urllib.request.Request(
            f"{self.servidor.url}/api/AgendaCirurgica/45/{chave}", headers={"Authorization": f"Bearer {self.servidor.token}"}
        )
        with urllib.request.urlopen(pedido) as resposta:
            return dict(json.load(resposta))

    def aplicacoes(self, chave: str) -> int:
        """How often Fusion applied this booking."""
        return len(self.fusion("select 1 from aplicacao where entidade = 'agenda_cirurgica' and codigo = %s", chave))

    def diario(self) -> int:
        return int(self.origem("select count(*) from fusion_integracao.atualizacaoagendacirurgia")[0][0])
