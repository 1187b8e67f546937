"""The spec of a source system: what the system says of itself. All other code is shared.

The name of a file in ``sql/`` says its purpose and its owner: ``change_X`` and ``probe_X`` of an :class:`Origin`; ``change_X``, ``probe_X``,
``delete_X``, ``keep_X``, ``kept_X`` and ``forget_X`` of a :class:`Journal`; ``change_X`` and ``blocks_X`` of a :class:`Snapshot`; ``sweep_X`` of a :class:`Sweep`; ``read_X`` of a
:class:`Detail`. Every system has ``keys`` and ``total``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from include.fusion.reading.form import FORM, Form
from include.fusion.reading.keys import KeyType, strict

if TYPE_CHECKING:
    # Not at run time: these imports are slow, and a load of keys does not need them.
    from include.fusion.model.content import Record
    from include.fusion.model.depara import DePara
    from include.fusion.settings.integration import Integracao
    from include.fusion.store.filas.types import Operation

Row = Mapping[str, Any]
"""One row of a source query, column names in lower case."""


@dataclass(frozen=True)
class MappingContext:
    """What a mapping uses besides the rows: De/Para, time zone of the source, rules of the installation."""

    depara: DePara
    zone: ZoneInfo
    omit_invalid_document: bool = False


def usual_context(entry: Integracao, codes: DePara) -> MappingContext:
    """Context of an entry without mapping settings of its own."""
    return MappingContext(codes, entry.zone, entry.documento_invalido == "omitir")


@dataclass(frozen=True)
class Replica:
    """A copy of a source's table in the integration database: only rows that differ from the copy go on.

    ``table`` is a name in ``store.tables``; it has the columns ``integracao_id``, ``key`` and others. All but ``ignored`` are compared.
    ``row`` converts a source's row to the copy's columns; it may add a ``prioridade``, which replaces the origin's.
    """

    table: str
    key: str
    row: Callable[[Row], Row]
    ignored: frozenset[str] = frozenset()


class _Files:
    """Names of the SQL files that belong to ``nome``."""

    nome: str
    sql = property(lambda self: f"change_{self.nome}.sql")
    sql_probe = property(lambda self: f"probe_{self.nome}.sql")
    sql_delete = property(lambda self: f"delete_{self.nome}.sql")
    sql_keep = property(lambda self: f"keep_{self.nome}.sql")
    sql_kept = property(lambda self: f"kept_{self.nome}.sql")
    sql_forget = property(lambda self: f"forget_{self.nome}.sql")
    sql_blocks = property(lambda self: f"blocks_{self.nome}.sql")
    sql_ronda = property(lambda self: f"sweep_{self.nome}.sql")


@dataclass(frozen=True)
class Origin(_Files):
    """Change by a marker: ``change_X.sql`` yields marcador (timestamp), chave, chave_paciente, operacao ordered by (marcador, chave).

    Its binds are ``:marcador`` and ``:chave`` (of the last row seen) and ``:limite``. ``probe_X.sql`` yields one row (quantidade, marcador)
    for the changes after ``:marcador``. ``requires`` lists the table.column pairs that must exist; without them the origin is left out,
    because versions of a vendor's schema differ.
    """

    nome: str
    requires: tuple[str, ...] = ()
    processo: str = ""
    """Queue process for its changes; empty for the system's first."""
    step: str = ""
    """Search step that looks at it, in systems with several steps."""
    prioridade: int = 5
    sobreposicao: timedelta | None = None
    """Shortest overlap window. A marker without a time of day needs a whole day; one that people type needs the time of typing."""
    only_new: bool = False
    """Queue only keys that were never delivered and are not in the queue."""
    replica: Replica | None = None

    @property
    def item(self) -> str:
        """Its name in a baseline."""
        return f"mudanças {self.nome}"

    def window(self, overlap: timedelta) -> timedelta:
        """Overlap window of this origin; ``overlap`` is the installation's."""
        return max(self.sobreposicao or overlap, overlap)


@dataclass(frozen=True)
class Snapshot(_Files):
    """Change by comparison: the table's rows have a version but no time of change, so they are compared with what was last seen.

    ``blocks_X.sql`` takes ``:tamanho`` (keys per block) and yields one row per block: bloco (key // tamanho), quantidade (rows), soma (bigint,
    sum of parcela). ``change_X.sql`` takes ``:de`` and ``:ate`` (de <= key < ate) and yields pk, parcela, versao, ativo, chave, chave_paciente.
    A row's ``parcela`` must change with its version, its ``ativo`` and its uuid, differ between neighbours, and stay below 2**54.
    With ``sql_targets``, ``chave`` is NULL; that statement takes ``IN :pacientes`` and yields chave, chave_paciente of all their attendances.
    """

    nome: str
    table: str
    """``schema.table``, as in the counters of ``SystemSpec.sql_changes``."""
    sql_targets: str = ""
    principal: bool = False
    """True: its rows are the records, and an inactive or missing one is cancelled. False: its rows only change a record."""
    processo: str = ""
    step: str = ""


@dataclass(frozen=True)
class Journal(_Files):
    """A journal at the source: triggers append rows; the hub queues them in its own database and then moves them to a table beside it.

    ``change_X.sql`` yields id, chave, chave_paciente and the columns that ``route`` needs, ordered by id, at most ``:limite`` rows.
    ``keep_X.sql`` copies the rows ``IN :ids`` under the batch number ``:lote``, and ``delete_X.sql`` (``IN :ids``) deletes them.
    ``kept_X.sql`` yields what ``change_X`` does, and nr_lote, after ``(:lote, :id)``; ``forget_X.sql`` deletes batches before ``:antes``.
    ``probe_X.sql`` yields one row (quantidade). ``route`` returns a row's (queue process, operation) pairs.
    """

    nome: str
    route: Callable[[Row], Sequence[tuple[str, Operation]]]
    keeps: tuple[str, ...]
    """Columns (table.column) of the table beside it; an installation without them forgets rows once they are queued."""
    step: str = ""


@dataclass(frozen=True)
class Sweep(_Files):
    """Records that are queued every so often, changed or not: the ledger then sends only those that changed.

    ``sweep_X.sql`` takes ``:desde`` (time of the sweep before) and yields chave, chave_paciente.
    """

    nome: str
    processo: str
    step: str = ""


@dataclass(frozen=True)
class QueueProcess:
    """A queue of one system: the process of its rows, their table, and their kind of record.

    ``build`` makes a record from its key and the installation's settings; nothing is read. Such a record only says that something happened,
    so it is always sent. ``cancel_absent``: a record that the source no longer has is cancelled in Fusion, not refused.
    """

    nome: str
    table: str = "ImportacaoAtendimento"
    entidade: str = "atendimento"
    build: Callable[[str, Any], Record] | None = None
    cancel_absent: bool = False
    prepares: bool = False
    """Its rows are not sent: messages are made from them, and wait in the next queue."""
    messages: bool = False
    """Its rows are ready messages: nothing is read for them."""
    body: str | None = ""
    """Field of the record in the request's body; empty for the entity's name; ``None`` where the record is the whole body."""


@dataclass(frozen=True)
class Detail:
    """One kind of data for a whole batch: ``read_X.sql`` takes ``IN :chaves`` and yields rows with ``chave`` (the record's key).

    ``variants`` (SQL file, columns that it needs) are tried in order, where versions of the schema differ. When none fits, an ``optional``
    detail is left out; any other raises an error with the missing columns. At least one detail of a ``group`` must fit: a table without
    a grant looks like a table that does not exist. A site's own file always fits.
    """

    nome: str
    variants: tuple[tuple[str, tuple[str, ...]], ...] = ()
    optional: bool = False
    group: str = ""

    @property
    def files(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Its variants, or the one file of its name."""
        return self.variants or ((f"read_{self.nome}.sql", ()),)

    @property
    def item(self) -> str:
        """Its name in a baseline; ``nome`` may stand in the details of two kinds of record."""
        return "leitura " + self.files[0][0].removeprefix("read_").removesuffix(".sql")


@dataclass(frozen=True)
class ReadSpec:
    """How one kind of record is read: ``map_record`` gets the rows of one record, by detail. The first detail is the record itself."""

    details: tuple[Detail, ...]
    map_record: Callable[[Mapping[str, Sequence[Row]], MappingContext], Record]
    key_type: KeyType = str
    sql_cancelled: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_type", strict(self.key_type))


@dataclass(frozen=True)
class SystemSpec:
    """A source system. ``map_record`` gets the rows of one record, by detail, and returns the canonical record (mostly an attendance).

    Without ``map_record`` nothing is read: each process makes its records (``QueueProcess.build``).
    """

    nome: str
    origins: tuple[Origin, ...] = ()
    details: tuple[Detail, ...] = ()
    map_record: Callable[[Mapping[str, Sequence[Row]], MappingContext], Record] | None = None
    key_type: KeyType = str
    """Type of the source's key column: ``int`` (bigint), ``str``, or a reader of ``reading.keys``. It reads a queue's key, and a form's."""
    paciente_key_type: KeyType | None = None
    """The same for a patient's key; ``None`` where it has the type of the record's key."""
    sql_keys: str = "keys.sql"
    """Keys of the records that a form asks for. Binds ``:atendimento``, ``:paciente``, ``:inicio``, ``:fim`` (each may be NULL), ``:chave``
    (the last key of the page before), ``:limite``; yields chave, chave_paciente, operacao ordered by chave."""
    sql_total: str = "total.sql"
    """Number of records of the whole history: one row, one column. It shows the progress of an initial load."""
    sql_cancelled: str = ""
    """Takes ``IN :chaves``; yields the ``chave`` of each record that is at the source and cancelled there.

    With this statement, only those records count as absent. A record that is nowhere is refused: the source may be filling its tables
    again, and only the comparison (:class:`Snapshot`) can tell that a row is gone for good."""
    read_marker: Callable[[str], Any] = datetime.fromisoformat
    """Converts a stored marker (text) to the type of the source's marker column."""
    processos: tuple[QueueProcess, ...] = (QueueProcess("importacao"),)
    """Queues of live traffic, in the order in which they are served."""
    snapshots: tuple[Snapshot, ...] = ()
    sql_changes: str = ""
    """Yields one row (esquema, tabela, contador) per table of ``snapshots``; every write to the table moves its counter.

    It only saves comparisons. A site that cannot run it puts a file without a statement in its place."""
    journals: tuple[Journal, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    others: Mapping[str, ReadSpec] = field(default_factory=dict)
    """How records of other kinds than the main one are read, by entity."""
    requests: QueueProcess | None = None
    """Queue of patients that Fusion asks for."""
    make_context: Callable[[Any, DePara], MappingContext] = usual_context
    """Makes the mapping's context from an entry's settings and its De/Para."""
    form: Form = field(default_factory=lambda: FORM)
    """Form of its DAG."""
    serves_pendencias: bool = False
    """Its work comes from pendências of Fusion's applications, not from changes at the source."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_type", strict(self.key_type))
        if self.paciente_key_type is not None:
            object.__setattr__(self, "paciente_key_type", strict(self.paciente_key_type))

    @property
    def entidade(self) -> str:
        """Main kind of record: the first process's."""
        return self.processos[0].entidade

    def reading(self, entity: str) -> ReadSpec:
        """How records of this kind are read. Raises ``ValueError`` when the system reads none."""
        if entity != self.entidade:
            return self.others[entity]
        if self.map_record is None:
            raise ValueError(f"{self.nome} reads no {entity}")
        return ReadSpec(self.details, self.map_record, self.key_type, self.sql_cancelled)

    @property
    def readings(self) -> tuple[ReadSpec, ...]:
        """How every kind of record is read, the main one first."""
        return (*([self.reading(self.entidade)] if self.map_record is not None else []), *self.others.values())

    def tables(self, entity: str) -> tuple[str, ...]:
        """Queue tables of this kind of record."""
        return tuple(dict.fromkeys(p.table for p in self.processos if p.entidade == entity))

    def key_of(self, origin: Origin, key: str) -> Any:
        """A stored key in the type of this origin's key column; the origin may be of another kind of record than the main one."""
        entity = self.processo(origin.processo).entidade if origin.processo else self.entidade
        return (self.key_type if entity == self.entidade else self.others[entity].key_type)(key)

    def processo(self, name: str) -> QueueProcess:
        """The queue process of this name."""
        return next(p for p in self.processos if p.nome == name)
