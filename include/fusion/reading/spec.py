"""What a source system has to say about itself; everything else is shared.

Files of ``sql/`` are found by what they are for and by the name that they belong to: ``change_X`` and ``probe_X`` of an :class:`Origin` or a
:class:`Journal` (which has ``delete_X``, too), ``change_X`` and ``blocks_X`` of a :class:`Snapshot`, ``sweep_X`` of a :class:`Sweep`, ``read_X``
of a :class:`Detail`, ``keys`` and ``total`` of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from include.fusion.reading.form import FORM, Form

if TYPE_CHECKING:
    # Not at run time: the canonical model takes long to build, and a load of keys needs none of it.
    from include.fusion.model.content import Record
    from include.fusion.model.depara import DePara
    from include.fusion.settings.integration import Integracao
    from include.fusion.store.filas.types import Operation

Row = Mapping[str, Any]
"""One row of a source query, column names in lower case."""


@dataclass(frozen=True)
class MappingContext:
    """What a mapping may use besides the rows: codes, time zone of the source, rules of the installation."""

    depara: DePara
    zone: ZoneInfo
    omit_invalid_document: bool = False


def usual_context(entry: Integracao, codes: DePara) -> MappingContext:
    """Context of an entry whose mapping needs no setting of its own."""
    return MappingContext(codes, entry.zone, entry.documento_invalido == "omitir")


@dataclass(frozen=True)
class Replica:
    """The copy of a source's table that the integration database keeps: rows are compared with it, and only those that differ go on.

    ``table``, a name of ``store.tables``, has ``integracao_id``, the column ``key`` and others that rows are compared by, except ``ignored``.
    ``row`` makes of a row what the copy keeps; a ``prioridade`` that it adds goes before the origin's.
    """

    table: str
    key: str
    row: Callable[[Row], Row]
    ignored: frozenset[str] = frozenset()


class _Files:
    """Names of the SQL files of a way to see change."""

    nome: str
    sql = property(lambda self: f"change_{self.nome}.sql")
    sql_probe = property(lambda self: f"probe_{self.nome}.sql")
    sql_delete = property(lambda self: f"delete_{self.nome}.sql")
    sql_blocks = property(lambda self: f"blocks_{self.nome}.sql")
    sql_ronda = property(lambda self: f"sweep_{self.nome}.sql")


@dataclass(frozen=True)
class Origin(_Files):
    """One way to see change: ``change_X.sql`` yields marcador (timestamp), chave, chave_paciente, operacao ordered by (marcador, chave).

    Binds: ``:marcador``, ``:chave`` (last row seen) and ``:limite``. ``probe_X.sql`` yields one row (quantidade, marcador) of the
    changes after ``:marcador``. ``requires`` lists table.column pairs that must exist; an origin without them is left out, so that
    versions of a vendor's schema may differ.
    """

    nome: str
    requires: tuple[str, ...] = ()
    processo: str = ""
    """Queue process that its changes go to; the system's first where nothing is said."""
    step: str = ""
    """Search step that looks at it, in systems that have several."""
    prioridade: int = 5
    sobreposicao: timedelta | None = None
    """Least overlap window: a marker without a time of day needs a whole day, and one that people type as long as they take to type it."""
    only_new: bool = False
    """Only keys go on of which nothing was ever delivered, and which no row of the queue is about."""
    replica: Replica | None = None

    def window(self, overlap: timedelta) -> timedelta:
        """Overlap window where the installation's is ``overlap``."""
        return max(self.sobreposicao or overlap, overlap)


@dataclass(frozen=True)
class Snapshot(_Files):
    """A table whose rows keep a version and no moment of change: what changed is what differs from what was last seen of it.

    ``blocks_X.sql`` takes ``:tamanho`` and yields one row per block of that many whole-number keys: bloco (key divided by it), quantidade, soma
    (of the rows' parcelas, a bigint). ``change_X.sql`` takes ``:de`` and ``:ate`` (keys from, and below) and yields pk, parcela, versao, ativo, chave,
    chave_paciente. A row's ``share`` must move with its version, its ``ativo`` and its uuid, differ between neighbours, and stay below 2**54.
    Where ``sql_targets`` is given, ``chave`` stays NULL and it says whom a row reaches: it takes ``IN :pacientes`` and yields chave,
    chave_paciente of all their attendances.
    """

    nome: str
    table: str
    """``schema.table`` as the counters of ``SystemSpec.sql_changes`` call it."""
    sql_targets: str = ""
    principal: bool = False
    """Its rows are the records themselves: one that is inactive or gone is cancelled. The others' rows only change a record."""
    processo: str = ""
    step: str = ""


@dataclass(frozen=True)
class Journal(_Files):
    """A journal at the source: triggers append rows, the hub queues them in its own database and then deletes them.

    ``change_X.sql`` yields id, chave, chave_paciente and whatever ``route`` needs, ordered by id, at most ``:limite`` rows; ``delete_X.sql`` takes
    ``IN :ids``; ``probe_X.sql`` yields one row (quantidade). ``route`` says for one row which queue processes it goes to, each with its
    operation.
    """

    nome: str
    route: Callable[[Row], Sequence[tuple[str, Operation]]]
    step: str = ""


@dataclass(frozen=True)
class Sweep(_Files):
    """Records worth a look every so often, whether or not anything says that they changed: the ledger sends only what did.

    ``sweep_X.sql`` takes ``:desde`` (moment of the round before) and yields chave, chave_paciente.
    """

    nome: str
    processo: str
    step: str = ""


@dataclass(frozen=True)
class QueueProcess:
    """A queue of one system: its rows' process, the table that they are in, and what kind of record they name.

    ``build`` makes the record from its key and the installation's settings, where nothing is read for it: it only says that something
    happened, so it is sent every time. ``cancel_absent``: what the source no longer has is cancelled in Fusion instead of refused.
    """

    nome: str
    table: str = "ImportacaoAtendimento"
    entidade: str = "atendimento"
    build: Callable[[str, Any], Record] | None = None
    cancel_absent: bool = False
    prepares: bool = False
    """Its rows go nowhere by themselves: messages are made of them, which wait in the next queue."""
    messages: bool = False
    """Its rows are messages with their bytes: nothing is read for them."""
    body: str | None = ""
    """Name of the record in its request's body: empty for its entity's; ``None`` where the record, which names its integration itself, is all."""


@dataclass(frozen=True)
class Detail:
    """Rows of one data kind for a whole batch: ``read_X.sql`` takes ``IN :chaves`` and yields a column ``chave`` (the attendance's key).

    ``variants`` are (sql file, columns it needs) tried in order where the schema drifts between versions; when none fits, the error
    says which columns were looked for. An ``optional`` kind is left out instead; of those of one ``group`` at least one must be there, since
    a table that was not granted looks like one that does not exist. A site's own file needs none of our columns.
    """

    nome: str
    variants: tuple[tuple[str, tuple[str, ...]], ...] = ()
    optional: bool = False
    group: str = ""

    @property
    def files(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Its variants; the one file of its name where it has none."""
        return self.variants or ((f"read_{self.nome}.sql", ()),)


@dataclass(frozen=True)
class ReadSpec:
    """How one kind of record is read and mapped: ``map_record`` gets the rows of the first detail's one record and of the others, by kind."""

    details: tuple[Detail, ...]
    map_record: Callable[[Mapping[str, Sequence[Row]], MappingContext], Record]
    key_type: Callable[[str], Any] = str
    sql_cancelled: str = ""


@dataclass(frozen=True)
class SystemSpec:
    """A source system. ``map_record`` gets the record's row and its detail rows by kind, and returns the canonical record, mostly an attendance.

    Without ``map_record`` nothing is read: every process makes its records itself (``QueueProcess.build``).
    """

    nome: str
    origins: tuple[Origin, ...] = ()
    details: tuple[Detail, ...] = ()
    map_record: Callable[[Mapping[str, Sequence[Row]], MappingContext], Record] | None = None
    key_type: Callable[[str], Any] = field(default=str)
    """Turns the queue's text key into what the source's key column compares with (``int`` for a bigint)."""

    paciente_key_type: Callable[[str], Any] | None = None
    """The same for a patient's key, where it is of another type than the record's."""

    sql_keys: str = "keys.sql"
    """Statement of a form's replay: binds ``:atendimento``, ``:paciente``, ``:inicio``, ``:fim`` (each may be NULL), keyset ``:chave``,
    ``:limite``; yields chave, chave_paciente, operacao ordered by chave."""

    sql_total: str = "total.sql"
    """Statement of one row and one column: how many records the whole history has (progress of an initial load)."""

    sql_cancelled: str = ""
    """Statement that takes ``IN :chaves`` and yields the ``chave`` of those records that are at the source and cancelled there.

    Where it is given, only these are read as absent. A record that is nowhere is refused: the source may be filling its tables again, and
    whether a row is gone for good is for the comparison to say.
    """

    read_marker: Callable[[str], Any] = field(default=datetime.fromisoformat)
    """Turns a stored change marker (text) back into what the source's marker column compares with."""

    processos: tuple[QueueProcess, ...] = (QueueProcess("importacao"),)
    """Queues of live traffic, in the order in which they are served."""

    snapshots: tuple[Snapshot, ...] = ()
    sql_changes: str = ""
    """Statement of one row (esquema, tabela, contador) per table of the ``snapshots``: a counter that moves with every write to it.

    It only saves comparisons. Where a site cannot run it, a file without a statement takes its place."""
    journals: tuple[Journal, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    others: Mapping[str, ReadSpec] = field(default_factory=dict)
    """Readings of records beside the system's main kind (attendances, mostly), by entity."""
    requests: QueueProcess | None = None
    """Queue of the patients that Fusion asks for."""
    make_context: Callable[[Any, DePara], MappingContext] = usual_context
    """Makes the mapping's context of an entry's settings."""
    form: Form = field(default_factory=lambda: FORM)
    """What a person may ask of its DAG."""
    serves_pendencias: bool = False
    """Its work is what applications of Fusion have pending, not what changes at the source."""

    @property
    def entidade(self) -> str:
        """Main kind of record: that of the first process."""
        return self.processos[0].entidade

    def reading(self, entity: str) -> ReadSpec:
        """How records of this kind are read."""
        if entity != self.entidade:
            return self.others[entity]
        if self.map_record is None:
            raise ValueError(f"{self.nome} reads no {entity}")
        return ReadSpec(self.details, self.map_record, self.key_type, self.sql_cancelled)

    def tables(self, entity: str) -> tuple[str, ...]:
        """Queue tables of a kind of record."""
        return tuple(dict.fromkeys(p.table for p in self.processos if p.entidade == entity))

    def key_of(self, origin: Origin, key: str) -> Any:
        """A stored key as the key column of this origin compares with it: it may be that of another kind of record than the main one."""
        entity = self.processo(origin.processo).entidade if origin.processo else self.entidade
        return (self.key_type if entity == self.entidade else self.others[entity].key_type)(key)

    def processo(self, name: str) -> QueueProcess:
        """The queue process of this name."""
        return next(p for p in self.processos if p.nome == name)
