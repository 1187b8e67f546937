"""A FHIR server that makes its pages up as they are asked for: ``python -m tests.bench.fhir_paginas PORT_FILE PAGES PER_PAGE``.

For memory alone: a real server with as many patients would take longer to fill than to read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aiohttp import web

from sandbox.origens.plataforma.ehr import pulso


def aplicacao(paginas: int, por_pagina: int) -> web.Application:
    """``/fhir/Observation?patient=…``, ``paginas`` pages for everybody, newest version 1."""

    async def buscar(pedido: web.Request) -> web.Response:
        paciente, pagina = pedido.query["patient"], int(pedido.query.get("pagina", "0"))
        recurso = pulso(paciente, 70) | {"meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"}}
        ids = (f"{paciente}-{pagina}-{n}" for n in range(por_pagina))
        pacote: dict[str, object] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": recurso | {"id": i}} for i in ids],
        }
        if pagina + 1 < paginas:
            pacote["link"] = [{"relation": "next", "url": f"Observation?patient={paciente}&pagina={pagina + 1}"}]
        return web.Response(text=json.dumps(pacote), content_type="application/fhir+json")

    app = web.Application()
    app.router.add_get("/fhir/Observation", buscar)
    return app


async def servir(arquivo: Path, app: web.Application) -> None:
    """Until it is ended."""
    import asyncio

    corredor = web.AppRunner(app, access_log=None)
    await corredor.setup()
    local = web.TCPSite(corredor, "127.0.0.1", 0)
    await local.start()
    arquivo.with_suffix(".tmp").write_text(str(corredor.addresses[0][1]))
    arquivo.with_suffix(".tmp").replace(arquivo)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import asyncio

    asyncio.run(servir(Path(sys.argv[1]), aplicacao(int(sys.argv[2]), int(sys.argv[3]))))
