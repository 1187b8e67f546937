"""What the TrackCare tests do to a hospital and read from it, with a ledger of their own."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from sqlalchemy import create_engine

from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Leitor
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.sistemas.trackcare.context import ContextoTrackCare
from include.fusion.sistemas.trackcare.system import SISTEMA, Plano, a_enviar, estado
from include.fusion.store.ledger import Entrega
from sandbox.origens import trackcare as origem
from sandbox.origens.trackcare.hospital import Hospital

FUSO = ZoneInfo(origem.FUSO)
QUANTOS = 500
"""Episodes of the shared history."""
nos_dois = pytest.mark.parametrize("casa", [False, True], indirect=True, ids=["iso", "horolog"])
AGORA = datetime(2026, 3, 1, 12, tzinfo=FUSO)


def contexto(hl7: dict[str, Any] | None = None, **opcoes: Any) -> ContextoTrackCare:
    ajustes = AjustesHl7(integracao=2, fuso=FUSO, **(hl7 or {}))
    return ContextoTrackCare(depara=DePara.carregar("trackcare", "trackcare"), fuso=FUSO, hl7=ajustes, **opcoes)


class Casa:
    """One TrakCare database, a reader over it, and what Fusion was told so far."""

    def __init__(self, dsn: str, **opcoes: Any) -> None:
        self.engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
        self.ctx = contexto(**opcoes)
        self.leitor = Leitor(ConsultasSistema(self.engine, SISTEMA), self.ctx)
        self.con = psycopg2.connect(dsn)
        self.rng = random.Random(11)
        self.livro: dict[str, Entrega] = {}

    @property
    def hospital(self) -> Hospital:
        return Hospital(self.con, self.rng)

    def sql(self, comando: str, *valores: Any) -> list[tuple[Any, ...]]:
        with self.con.cursor() as cur:
            cur.execute(comando, valores or None)
            linhas = cur.fetchall() if cur.description else []
        self.con.commit()
        return linhas

    def planos(self, chaves: Iterable[Any]) -> dict[str, Any]:
        self.con.commit()
        return self.leitor.ler(list(map(str, chaves)))

    def plano(self, paciente: int) -> Plano:
        lido = self.planos([paciente])[str(paciente)]
        assert isinstance(lido, Plano), lido
        return lido

    def mandar(self, paciente: int) -> list[MensagemHl7]:
        """Build what is missing, as the queue would, and take it as delivered."""
        return self.mandar_plano(self.plano(paciente))

    def mandar_plano(self, plano: Plano) -> list[MensagemHl7]:
        feitas = []
        for item in a_enviar(plano, self.livro):
            sequencia = self.livro[item.entidade].sequencia + 1 if item.entidade in self.livro else 1
            feitas.append(item.montar(estado(item, self.livro, sequencia, AGORA)))
            self.livro[item.entidade] = Entrega(item.versao, sequencia, "alteracao" if item.ativo else "exclusao")
        return feitas

    def internado(self, tipo: str = "I") -> tuple[int, int]:
        """(patient, episode), both new."""
        paciente = self.hospital.novo_paciente()
        return paciente, self.hospital.novo_episodio(paciente, tipo)

    def fechar(self) -> None:
        self.con.close()
        self.engine.dispose()


def eventos(mensagens: Iterable[MensagemHl7]) -> list[str]:
    return [m.evento for m in mensagens]
