"""What came of a delivery, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from include.fusion.delivery.sender import Envio
from include.fusion.errors import FusionHubError


class MuitosErros(FusionHubError):
    """Too large a share of a run was refused: a systemic fault (a changed layout, a wrong code table), not single records."""


def check_share(refused: int, total: int, limit: float, minimum: int, what: str, advice: str, reasons: Counter[str] | None = None) -> None:
    """Raise :class:`MuitosErros` when more than ``limit`` (0 to 1) of at least ``minimum`` records was refused; the texts say of what, and
    what to do, in the words of data ops."""
    if total >= minimum and refused > limit * total:
        comum = f" Motivo mais comum: {reasons.most_common(1)[0][0]}." if reasons else ""
        raise MuitosErros(f"{refused} de {total} {what} (limite {limit:.0%}).{comum} {advice}")


@dataclass
class Resultado:
    """Counts of one delivery; ``motivos`` counts the reasons of refused records."""

    enviados: int = 0
    cancelados: int = 0
    inalterados: int = 0
    erros: int = 0
    adiados: int = 0
    descartados: int = 0
    enfileirados: int = 0
    motivos: Counter[str] = field(default_factory=Counter)

    @property
    def processados(self) -> int:
        return self.enviados + self.cancelados + self.inalterados + self.erros + self.descartados

    @property
    def poupados_pct(self) -> int | None:
        """Share (percent) of what was read and right that did not have to be sent: the last delivery said the same."""
        certos = self.enviados + self.cancelados + self.inalterados
        return round(100 * self.inalterados / certos) if certos else None

    def contagens(self) -> dict[str, int]:
        """What goes into XCom: numbers only."""
        numeros = {k: v for k, v in vars(self).items() if isinstance(v, int)}
        return numeros if self.poupados_pct is None else numeros | {"poupados_pct": self.poupados_pct}

    def somar(self, envio: Envio) -> None:
        """Count one record by what became of it; one that went back to the queue does not count."""
        desfecho = envio.desfecho
        if desfecho is None or desfecho.situacao == "devolvido":
            return
        if desfecho.situacao == "erro":
            self.erros += 1
            self.motivos[desfecho.motivo or ""] += 1
        elif desfecho.situacao == "adiado":
            self.adiados += 1
        elif desfecho.situacao == "descartado":
            self.descartados += 1
        elif not envio.chave:
            self.inalterados += 1
        elif envio.metodo == "DELETE":
            self.cancelados += 1
        else:
            self.enviados += 1

    def conferir(self, parcela_max: float, minimo: int) -> None:
        """Raise :class:`MuitosErros` when more than ``parcela_max`` (0 to 1) of at least ``minimo`` records was refused."""
        conselho = "Corrija a causa e limpe esta tarefa: os registros em erro serão reenviados."
        check_share(self.erros, self.processados, parcela_max, minimo, "registros recusados", conselho, self.motivos)

    def resumo(self) -> str:
        """One line in Portuguese for the log."""
        poupados = "" if self.poupados_pct is None else f"; poupados: {self.poupados_pct} % (sem mudança)"
        return (
            f"{self.enviados} enviados, {self.cancelados} cancelados, {self.inalterados} sem mudança, {self.erros} com erro, "
            f"{self.adiados} adiados, {self.enfileirados} buscados durante a execução{poupados}"
        )
