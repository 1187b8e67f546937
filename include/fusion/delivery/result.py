"""Counts of a delivery."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from include.fusion.delivery.sender import Outgoing
from include.fusion.errors import FusionHubError


class TooManyErrors(FusionHubError):
    """Too many records of a run were refused: the fault is common (a changed layout, a wrong De/Para), not of single records."""


def check_share(refused: int, total: int, limit: float, minimum: int, what: str, advice: str, reasons: Counter[str] | None = None) -> None:
    """Raise :class:`TooManyErrors` when more than ``limit`` (0 to 1) of at least ``minimum`` records was refused. ``what`` names the records
    and ``advice`` says what to do, both in Portuguese for data ops."""
    if total >= minimum and refused > limit * total:
        common = f" Motivo mais comum: {reasons.most_common(1)[0][0]}." if reasons else ""
        raise TooManyErrors(f"{refused} de {total} {what} (limite {limit:.0%}).{common} {advice}")


@dataclass
class DeliveryResult:
    """Counts of one delivery. ``motivos``: reasons of refused records. ``sem_resposta``: tries that do not count, since nothing or little got
    through. ``reabertos``: rows that an outage had put into ``erro``, queued again at its end."""

    enviados: int = 0
    cancelados: int = 0
    inalterados: int = 0
    erros: int = 0
    adiados: int = 0
    descartados: int = 0
    enfileirados: int = 0
    sem_resposta: int = 0
    reabertos: int = 0
    motivos: Counter[str] = field(default_factory=Counter)

    @property
    def processed(self) -> int:
        return self.enviados + self.cancelados + self.inalterados + self.erros + self.descartados

    @property
    def saved_pct(self) -> int | None:
        """Percent of the correct records that were not sent because their content had not changed."""
        right = self.enviados + self.cancelados + self.inalterados
        return round(100 * self.inalterados / right) if right else None

    def contagens(self) -> dict[str, int]:
        """Counts for XCom: only numbers."""
        numbers = {k: v for k, v in vars(self).items() if isinstance(v, int)}
        return numbers if self.saved_pct is None else numbers | {"poupados_pct": self.saved_pct}

    def add(self, outgoing: Outgoing) -> None:
        """Count one record by its outcome. A record that was released untried does not count."""
        outcome = outgoing.outcome
        if outcome is None or outcome.situacao == "devolvido":
            self.sem_resposta += outgoing.failure is not None
            return
        if outcome.situacao == "erro":
            self.erros += 1
            self.motivos[outcome.motivo or ""] += 1
        elif outcome.situacao == "adiado":
            self.adiados += 1
        elif outcome.situacao == "descartado":
            self.descartados += 1
        elif not outgoing.chave:
            self.inalterados += 1
        elif outgoing.metodo == "DELETE":
            self.cancelados += 1
        else:
            self.enviados += 1

    def check(self, share_max: float, minimum: int) -> None:
        """Raise :class:`TooManyErrors` when more than ``share_max`` (0 to 1) of at least ``minimum`` records was refused."""
        advice = "Corrija a causa e limpe esta tarefa: os registros em erro serão reenviados."
        check_share(self.erros, self.processed, share_max, minimum, "registros recusados", advice, self.motivos)

    def digest(self) -> str:
        """One line in Portuguese for the log."""
        saved = "" if self.saved_pct is None else f"; poupados: {self.saved_pct} % (sem mudança)"
        outage = (
            f"; Fusion indisponível: {self.sem_resposta} envios sem resposta, que não contam como tentativa" if self.sem_resposta else ""
        )
        again = f"; {self.reabertos} com erro de indisponibilidade postos de novo na fila" if self.reabertos else ""
        return (
            f"{self.enviados} enviados, {self.cancelados} cancelados, {self.inalterados} sem mudança, {self.erros} com erro, "
            f"{self.adiados} adiados, {self.enfileirados} buscados durante a execução{saved}{outage}{again}"
        )
