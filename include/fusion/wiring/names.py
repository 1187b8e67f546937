"""The parts of the engine that plugins use: its surface, as ``FACE`` numbers it. Importing this loads the engine, so plugins do it where they run."""

from __future__ import annotations

from include.fusion.change.replay import Pedido, atender_pedidos
from include.fusion.change.watch_plan import Watch
from include.fusion.change.watcher import Alvo, Situacao, situacoes
from include.fusion.change.window import Espreita
from include.fusion.delivery.dry_run import simular
from include.fusion.delivery.progress import Progresso
from include.fusion.delivery.result import MuitosErros
from include.fusion.delivery.route import Via
from include.fusion.errors import ConfiguracaoInvalida, FusionError, FusionHubError, FusionIndisponivel, RegistroInvalido, motivo_de
from include.fusion.http.auth import OAuth2Client, basic, bearer
from include.fusion.http.fusion import ApiFusion, ClienteFusion
from include.fusion.wiring.delivery import destino_de
from include.fusion.wiring.look import Olhar, buscar, frase
from include.fusion.wiring.parts import Montagem
from include.fusion.wiring.runtime import CARGA_INICIAL
from include.fusion.wiring.systems import sistema_de, steps, switched_on, system_named
from include.fusion.wiring.watch import watch_plan

__all__ = [
    "CARGA_INICIAL", "Alvo", "ApiFusion", "ClienteFusion", "ConfiguracaoInvalida", "Espreita", "FusionError", "FusionHubError",
    "FusionIndisponivel", "Montagem", "MuitosErros", "OAuth2Client", "Olhar", "Pedido", "Progresso", "RegistroInvalido", "Situacao", "Via", "Watch",
    "atender_pedidos", "basic", "bearer", "buscar", "destino_de", "frase", "motivo_de", "simular", "sistema_de", "situacoes", "steps", "switched_on", "system_named",
    "watch_plan",
]  # fmt: skip
