"""The parts of the engine that plugins use; ``FACE`` numbers this surface. Importing this loads the engine: plugins do it where they run."""

from __future__ import annotations

from include.fusion.change.reconcile.result import alarm
from include.fusion.change.replay import ReplayRequest, serve_requests
from include.fusion.change.watch_plan import Watch
from include.fusion.change.watcher import IntegracaoState, Target, states
from include.fusion.change.window import Peek
from include.fusion.checkup.page import as_html, as_lines
from include.fusion.delivery.dry_run import simulate
from include.fusion.delivery.progress import Progress
from include.fusion.delivery.result import TooManyErrors
from include.fusion.delivery.route import Route
from include.fusion.errors import FusionError, FusionHubError, FusionUnavailable, InvalidConfiguration, InvalidRecord, reason_of
from include.fusion.http.auth import OAuth2Client, basic, bearer
from include.fusion.http.fusion import FusionApi, FusionClient
from include.fusion.http.plain_text import leaves_unprotected
from include.fusion.wiring.check import check_installation, stored_report
from include.fusion.wiring.delivery import Runtime, destination_of
from include.fusion.wiring.look import Look, look_up, sentence
from include.fusion.wiring.reconcile import NOTICES, has_contents, reconcile
from include.fusion.wiring.runtime import CARGA_INICIAL
from include.fusion.wiring.systems import switched_on, system_of
from include.fusion.wiring.watch import watch_plan

__all__ = [
    "CARGA_INICIAL",
    "NOTICES",
    "FusionApi",
    "FusionClient",
    "FusionError",
    "FusionHubError",
    "FusionUnavailable",
    "IntegracaoState",
    "InvalidConfiguration",
    "InvalidRecord",
    "Look",
    "OAuth2Client",
    "Peek",
    "Progress",
    "ReplayRequest",
    "Route",
    "Runtime",
    "Target",
    "TooManyErrors",
    "Watch",
    "alarm",
    "as_html",
    "as_lines",
    "basic",
    "bearer",
    "check_installation",
    "destination_of",
    "has_contents",
    "leaves_unprotected",
    "look_up",
    "reason_of",
    "reconcile",
    "sentence",
    "serve_requests",
    "simulate",
    "states",
    "stored_report",
    "switched_on",
    "system_of",
    "watch_plan",
]
