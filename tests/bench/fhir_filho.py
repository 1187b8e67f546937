"""One tenant's whole pull in a process of its own, so that its memory can be watched: ``python -m tests.bench.fhir_filho DSN KEY TENANT``."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.config.store import ConfigStore
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.tokens import TokenCache
from include.fusion.fhir.pull.pull import Pull


def main(dsn: str, key: str, tenant: str) -> None:
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    secrets = Secrets([key])
    config = ConfigStore(engine, secrets).obtain(tenant).config
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(Pull(engine, FhirClient(tenant, config, TokenCache(secrets, Path(folder)))).run())
    print(json.dumps({"pacientes": result.pacientes, "novas": result.novas, "falhas": result.falhas}))


if __name__ == "__main__":
    main(*sys.argv[1:])
