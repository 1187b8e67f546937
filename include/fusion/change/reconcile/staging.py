"""What the sides of a comparison have, in a temporary database of the task: a million keys cost disk, not memory.

SQLite removes the file by itself. It holds keys, content hashes and states, nothing else of a record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from include.fusion.http.fusion import FusionKey
from include.fusion.store.ledger import LedgerEntry

MISSING, STALE, GHOST, DOUBLED = "ausente", "defasado", "fantasma", "duplicado"
KINDS = (MISSING, STALE, GHOST, DOUBLED)
"""Kinds of difference, as reports name them."""
BY_KEY, BY_CONTENT = 0, 1
"""How a difference was seen: by what ledger and Fusion say, or by what the source says now."""

_SCHEMA = """
create table origem (chave text primary key, paciente text, viva int, esperada int) without rowid;
create table livro (chave text primary key, versao text, estado text) without rowid;
create table fusion (chave text primary key, versao text, vivas int) without rowid;
create table outra (chave text primary key) without rowid;
create table diferenca (chave text primary key, paciente text, tipo text, visto int) without rowid;
"""
# The ledger's states: V alive, C cancelled, D in doubt (announced and not confirmed, or forgotten).
# A record that the source has and Fusion does not is only missing where it must be there: it was once, or it is expected.
_DIFFERENCES = """
insert or replace into diferenca
select chave, paciente, tipo, 0 from (
    select t.chave, coalesce(o.paciente, '') as paciente, case
        when f.vivas > 1 then 'duplicado'
        when o.viva is not 1 then case when f.vivas > 0 or l.estado in ('V', 'D') then 'fantasma' end
        when case when :lista then coalesce(f.vivas, 0) = 0 else coalesce(l.estado, 'C') = 'C' end then
            case when l.chave is not null or f.chave is not null or (o.esperada = 1 and x.chave is null) then 'ausente' end
        when l.estado = 'D' then 'defasado'
        when :lista and (coalesce(l.estado, 'C') = 'C' or l.versao is not f.versao) then 'defasado'
        end as tipo
    from (select chave from origem union select chave from livro union select chave from fusion) t
    left join origem o on o.chave = t.chave left join livro l on l.chave = t.chave
    left join fusion f on f.chave = t.chave left join outra x on x.chave = t.chave
) where tipo is not null
"""
# Without a list, the ledger says what Fusion has.
_AGREED = """
select o.chave, l.versao from origem o join livro l on l.chave = o.chave
where o.viva = 1 and l.estado = 'V' and o.chave > ? and o.chave not in (select chave from diferenca) order by o.chave limit ?
"""


class Difference(NamedTuple):
    """One key that differs. ``paciente``: key of its patient, where known. ``visto``: ``BY_KEY`` or ``BY_CONTENT``."""

    chave: str
    paciente: str
    tipo: str
    visto: int


class Staging:
    """Not thread-safe; ``close`` removes it. Iterators must be at their end before anything else is asked."""

    def __init__(self) -> None:
        self._con = sqlite3.connect("", isolation_level=None)
        self._con.executescript("pragma journal_mode = off; pragma synchronous = off;" + _SCHEMA)
        self.has_list = True
        """Whether Fusion tells what it has."""

    def close(self) -> None:
        self._con.close()

    def _many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        self._con.execute("begin")
        self._con.executemany(statement, rows)
        self._con.execute("commit")

    def add_source(self, rows: Iterable[tuple[str, str, bool, bool]]) -> None:
        """(key, patient's key, alive, expected in Fusion)."""
        self._many("insert or replace into origem values (?, ?, ?, ?)", rows)

    def add_ledger(self, rows: Iterable[tuple[str, LedgerEntry]]) -> None:
        states = ((key, e.versao, "C" if e.cancelled else "D" if e.attempted or e.versao is None else "V") for key, e in rows)
        self._many("insert or replace into livro values (?, ?, ?)", states)

    def add_elsewhere(self, keys: Iterable[str]) -> None:
        """Keys that another number of this integration brought to Fusion."""
        self._many("insert or ignore into outra values (?)", ((key,) for key in keys))

    def add_fusion(self, rows: Iterable[FusionKey]) -> None:
        """(key, content hash, cancelled); a key that comes twice alive is there twice."""
        on_conflict = "on conflict (chave) do update set vivas = vivas + excluded.vivas, versao = excluded.versao"
        self._many(f"insert into fusion values (?, ?, ?) {on_conflict}", ((key, version, int(not ended)) for key, version, ended in rows))

    def forget(self, *sides: str) -> None:
        """Empty these tables: the side is asked anew."""
        for side in sides:
            self._con.execute(f"delete from {side}")

    def count(self, side: str) -> int:
        return int(self._con.execute(f"select count(*) from {side}").fetchone()[0])

    def alive(self) -> int:
        """How many records Fusion has, as the ledger says."""
        return int(self._con.execute("select count(*) from livro where estado <> 'C'").fetchone()[0])

    def known(self) -> Iterator[list[str]]:
        """Keys that are alive in ledger or Fusion, in parts; what the ledger cancelled is to be dead in Fusion, too."""
        living = (
            "select chave from livro where estado <> 'C' union"
            " select chave from fusion where vivas > 0 and chave not in (select chave from livro where estado = 'C')"
        )
        return self._parts(f"select chave from ({living}) where chave > ? order by 1 limit 500")

    def keys(self, side: str) -> Iterator[list[str]]:
        return self._parts(f"select chave from {side} where chave > ? order by 1 limit 500")

    def _parts(self, query: str) -> Iterator[list[str]]:
        last = ""
        while part := [key for (key,) in self._con.execute(query, (last,))]:
            yield part
            last = part[-1]

    def compare(self) -> None:
        """Write the differences that keys and hashes show."""
        self._con.execute(_DIFFERENCES, {"lista": self.has_list})

    def agreed(self, size: int, share: int, turn: int) -> Iterator[list[tuple[str, str]]]:
        """(key, content hash) of records on which ledger and Fusion agree, in parts: those of one turn of ``share``."""
        last = ""
        while rows := self._con.execute(_AGREED, (last, size * share)).fetchall():
            last = rows[-1][0]
            chosen = iter([row for row in rows if crc32(row[0].encode()) % share == turn])
            while part := list(islice(chosen, size)):
                yield part

    def differs(self, rows: Iterable[tuple[str, str]]) -> None:
        """Note (key, kind) of records whose content at the source is another one."""
        patient = "coalesce((select paciente from origem where chave = ?1), '')"
        self._many(f"insert or replace into diferenca values (?1, {patient}, ?2, {BY_CONTENT})", rows)

    def drop(self, keys: Iterable[str]) -> None:
        """These keys do not differ after all."""
        self._many("delete from diferenca where chave = ?", ((key,) for key in keys))

    def take_differences(self) -> None:
        """Put the differences aside as ``antes``, for a second look."""
        self._con.executescript(
            """
            create table antes (chave text primary key, paciente text, tipo text, visto int) without rowid;
            insert into antes select * from diferenca;
            delete from diferenca;
            """
        )

    def keep_seen_twice(self) -> None:
        """Only keys that differed in the first look, too, and contents that still do."""
        self._con.execute("delete from diferenca where chave not in (select chave from antes)")
        contents = "select * from antes where visto = ? and chave not in (select chave from diferenca)"
        self._con.execute(f"insert into diferenca {contents}", (BY_CONTENT,))

    def only_before(self) -> None:
        """Of the source, only the keys that differed in the first look."""
        self._con.execute("delete from origem where chave not in (select chave from antes)")

    def versions(self, keys: Sequence[str]) -> dict[str, str]:
        """Content hash by key, as the ledger has it."""
        marks = ", ".join("?" * len(keys))
        return dict(self._con.execute(f"select chave, versao from livro where chave in ({marks})", list(keys)))

    def differences(self, kind: str = "", seen: int | None = None, after: str = "", limit: int = 500) -> list[Difference]:
        """A page of the differences in key order."""
        where = "chave > ? and (? = '' or tipo = ?) and (? is null or visto = ?)"
        rows = self._con.execute(
            f"select chave, paciente, tipo, visto from diferenca where {where} order by chave limit ?",
            (after, kind, kind, seen, seen, limit),
        )
        return [Difference(*row) for row in rows]

    def pages(self, kind: str = "", seen: int | None = None, size: int = 500) -> Iterator[list[Difference]]:
        after = ""
        while page := self.differences(kind, seen, after, size):
            yield page
            after = page[-1].chave

    def tally(self) -> dict[str, int]:
        """Differences by kind."""
        found = dict(self._con.execute("select tipo, count(*) from diferenca group by tipo"))
        return {kind: int(found.get(kind, 0)) for kind in KINDS}
