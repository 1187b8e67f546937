"""What Fusion has, as the suite asks it: records of one kind, or HL7 messages. Keys are the source's."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from include.fusion.model.content import body, content_version

if TYPE_CHECKING:
    from tests.conformance.site import Site


class Seen(Protocol):
    """``mark`` is a moment; ``since`` counts by key what Fusion took after it."""

    whole: bool
    """A record that cannot be mapped in one part is refused in whole: Fusion then has nothing of it."""

    def mark(self) -> int: ...
    def since(self, mark: int) -> Counter[str]: ...
    def doubled(self, mark: int) -> list[str]:
        """Keys of what Fusion took twice in a row after ``mark``."""

    def living(self) -> set[str]:
        """Keys of what Fusion has and nobody has cancelled."""

    def starts(self) -> dict[str, date]:
        """Key → day on which the record starts, where records have one."""

    def differing(self) -> list[str]:
        """Keys of what Fusion does not have as the source has it now. Records that are refused are left out."""


class Records:
    """Records that were sent as JSON; the sandbox's Fusion keeps the state of each and every application."""

    whole = True
    # The sandbox writes "AgendaCirurgica" or "agenda_cirurgica"; a pendência's own key is in its body.
    _OF = "replace(lower({0}.entidade), '_', '') = replace(%s, '_', '') and {0}.integracao_id = %s"
    _KEY = "coalesce(r.corpo ->> 'idEntidade', r.codigo)"

    def __init__(self, site: Site) -> None:
        self._site = site
        first = site.runtime.sistema.processos[0]
        self._binds = (first.entidade, site.runtime.numero(first.nome))

    def mark(self) -> int:
        return int(self._site.fusion("select coalesce(max(id), 0) from aplicacao")[0][0])

    def _applied(self, mark: int) -> list[tuple[Any, ...]]:
        join = "join registro r using (entidade, integracao_id, codigo)"
        rows = f"select {self._KEY}, a.operacao, a.hash_conteudo from aplicacao a {join}"
        return self._site.fusion(f"{rows} where a.id > %s and {self._OF.format('a')} order by a.id", mark, *self._binds)

    def since(self, mark: int) -> Counter[str]:
        return Counter(key for key, *_ in self._applied(mark))

    def doubled(self, mark: int) -> list[str]:
        last: dict[str, tuple[Any, ...]] = {}
        found = []
        for key, *content in self._applied(mark):
            if last.get(key) == tuple(content):
                found.append(key)
            last[key] = tuple(content)
        return found

    def living(self) -> set[str]:
        rows = self._site.fusion(f"select {self._KEY} from registro r where {self._OF.format('r')} and not cancelado", *self._binds)
        return {key for (key,) in rows}

    def starts(self) -> dict[str, date]:
        sql = f"select {self._KEY}, coalesce(corpo ->> 'dataInicio', corpo ->> 'inicio') from registro r where {self._OF.format('r')}"
        return {key: date.fromisoformat(start[:10]) for key, start in self._site.fusion(f"{sql} and not cancelado", *self._binds) if start}

    def differing(self) -> list[str]:
        sql = f"select codigo, hash_conteudo, cancelado from registro r where {self._OF.format('r')}"
        there = {key: (content, cancelled) for key, content, cancelled in self._site.fusion(sql, *self._binds)}
        if self._site.facts.notices:
            return []
        expected = {e.chave: e.operacao for e in self._site.expected()}
        gone = [key for key, operation in expected.items() if operation == "exclusao" and not there.get(key, ("", True))[1]]
        read = self._site.runtime.reader.read([key for key, operation in expected.items() if operation != "exclusao"])
        mapped = {key: record for key, record in read.items() if not isinstance(record, Exception)}
        unlike = [k for k, record in mapped.items() if record is None or there.get(k) != (content_version(body(record)), False)]
        return gone + unlike


class Messages:
    """HL7 messages. Each is about one patient, whose key its row in the outbox has."""

    whole = False
    TAKE_BACK = ("A11", "A23", "A40")
    """Trigger events that end what a patient's earlier messages began: a visit, or the patient."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._table = next(p.table for p in site.runtime.sistema.processos if p.messages)

    def mark(self) -> int:
        return int(self._site.fusion("select coalesce(max(id), 0) from mensagem_hl7")[0][0])

    def _arrived(self, mark: int) -> list[tuple[str, str, str]]:
        """(patient's key, trigger event, content) of each message, in order of arrival."""
        owners = dict(self._site.fila(f"select chave, chave_paciente from {self._table}"))
        rows = self._site.fusion("select controle, codigo_paciente, tipo, corpo from mensagem_hl7 where id > %s order by id", mark)
        # The outbox may have been restored to a time before the message; then the message itself says whose it is.
        return [(owners.get(control_id, paciente), kind.split("^")[1], _content(text)) for control_id, paciente, kind, text in rows]

    def since(self, mark: int) -> Counter[str]:
        return Counter(key for key, *_ in self._arrived(mark))

    def doubled(self, mark: int) -> list[str]:
        last: dict[tuple[str, str], str] = {}
        found = []
        for key, event, content in self._arrived(mark):
            if last.get((key, event)) == content:
                found.append(key)
            last[key, event] = content
        return found

    def living(self) -> set[str]:
        arrived = self._arrived(0)
        return {key for key, *_ in arrived} - {key for key, event, _ in arrived if event in self.TAKE_BACK}

    def starts(self) -> dict[str, date]:
        return {}

    def differing(self) -> list[str]:
        """Patients without a message, or with one that waits: what a message says is the system's own test's matter."""
        waiting = self._site.fila(f"select distinct chave_paciente from {self._table} where situacao in ('pendente', 'reservado')")
        silent = {e.chave for e in self._site.expected() if e.operacao != "exclusao"} - self.since(0).keys() - self._site.reasons().keys()
        return sorted({key for (key,) in waiting} | silent)


def _content(text: str) -> str:
    """A message without what names the message itself: its header and the event's moment."""
    segments = text.replace("\n", "\r").split("\r")
    return "\r".join(s for s in segments if not s.startswith(("MSH", "EVN")))
