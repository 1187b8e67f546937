"""A FHIR server that makes its pages up as they are asked for: ``python -m tests.bench.fhir_paginas PORT_FILE PAGES PER_PAGE``.

For memory alone: a real server with as many patients would take longer to fill than to read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aiohttp import web

from sandbox.origens.plataforma.ehr import pulse


def application(pages: int, per_page: int) -> web.Application:
    """``/fhir/Observation?patient=…``, ``pages`` pages for everybody, newest version 1."""

    async def look_up(request: web.Request) -> web.Response:
        paciente, page = request.query["patient"], int(request.query.get("pagina", "0"))
        resource = pulse(paciente, 70) | {"meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"}}
        ids = (f"{paciente}-{page}-{n}" for n in range(per_page))
        package: dict[str, object] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": resource | {"id": i}} for i in ids],
        }
        if page + 1 < pages:
            package["link"] = [{"relation": "next", "url": f"Observation?patient={paciente}&pagina={page + 1}"}]
        return web.Response(text=json.dumps(package), content_type="application/fhir+json")

    app = web.Application()
    app.router.add_get("/fhir/Observation", look_up)
    return app


async def serve_forever(file: Path, app: web.Application) -> None:
    """Until it is ended."""
    import asyncio

    corredor = web.AppRunner(app, access_log=None)
    await corredor.setup()
    local = web.TCPSite(corredor, "127.0.0.1", 0)
    await local.start()
    file.with_suffix(".tmp").write_text(str(corredor.addresses[0][1]))
    file.with_suffix(".tmp").replace(file)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import asyncio

    asyncio.run(serve_forever(Path(sys.argv[1]), application(int(sys.argv[2]), int(sys.argv[3]))))
