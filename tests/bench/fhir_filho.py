"""One tenant's whole pull in a process of its own, so that its memory can be watched: ``python -m tests.bench.fhir_filho DSN KEY TENANT``."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.config.store import Configuracoes
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.tokens import CacheTokens
from include.fusion.fhir.pull.pull import Busca


def main(dsn: str, chave: str, tenant: str) -> None:
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    cofre = Cofre([chave])
    config = Configuracoes(engine, cofre).obter(tenant).config
    with tempfile.TemporaryDirectory() as pasta:
        resultado = asyncio.run(Busca(engine, ClienteFhir(tenant, config, CacheTokens(cofre, Path(pasta)))).executar())
    print(json.dumps({"pacientes": resultado.pacientes, "novas": resultado.novas, "falhas": resultado.falhas}))


if __name__ == "__main__":
    main(*sys.argv[1:])
