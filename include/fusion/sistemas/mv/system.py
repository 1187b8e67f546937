"""MV (Oracle, owner DBAMV): what changes, what is read and how an attendance becomes the canonical one.

A record is one ``ATENDIME`` (key ``CD_ATENDIMENTO``). Decisions:

- A moment is two columns, DT_ and HR_; HR_ gives only the clock. DATE has no zone: it is local time of the installation.
- Only DT_ALTA says whether an attendance is over. A cancelled alta leaves a time and a reason in other columns: they are ignored.
- Open prescriptions are drafts. They, and open or confidential documents, never leave the hospital.
- Allergies are the patient's: every attendance carries them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from include.fusion.mapping import dates, sections, values
from include.fusion.model.atendimento import Atendimento
from include.fusion.reading.spec import Detail, Journal, MappingContext, Origin, QueueProcess, ReadSpec, Row, Sweep, SystemSpec
from include.fusion.sistemas.mv.beds import leito, make_context, movimentacoes
from include.fusion.sistemas.mv.clinical import alergias, diagnosticos, evolucoes, prescricoes, solicitacoes
from include.fusion.sistemas.mv.patient import map_paciente, paciente, profissional
from include.fusion.sistemas.mv.vital_signs import sinais

if TYPE_CHECKING:
    from include.fusion.store.filas import Operation

__all__ = ["SYSTEM", "map_paciente", "map_record", "route"]


def _motivo_alta(a: Row, ctx: MappingContext) -> str | None:
    """De/Para of the site's own code; where it has no word, that of the kind of reason."""
    if a["dt_alta"] is None and a["dt_alta_medica"] is None:
        return None
    death = "O" if values.boolean(a["sn_obito"]) else None
    return ctx.depara.translate("motivo_alta", a["cd_mot_alt"], a["tp_mot_alta"], death)


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Atendimento:
    """One attendance with its detail rows → canonical attendance. Raises ``InvalidRecord`` or ``pydantic.ValidationError``."""

    def rows(name: str) -> Sequence[Row]:
        return sections.rows(data, name)

    a = sections.only_row(data, "atendimento")
    start = dates.date_and_time(a["dt_atendimento"], a["hr_atendimento"], ctx.zone, "dataInicio")
    kind = ctx.depara.translate("tipo_atendimento", a["tp_atendimento"])
    start, kind = values.required(start, "dataInicio"), values.required(kind, "tipo")
    end = dates.date_and_time(a["dt_alta"], a["hr_alta"], ctx.zone, "dataFim")
    items = rows("prescricoes")
    denied, allergic = sections.within("alergias", alergias, rows("alergias"), rows("alergias_antigas"), ctx)
    return Atendimento(
        codigo=str(a["chave"]),
        paciente=sections.within("paciente", paciente, a, ctx),
        tipo=kind,
        situacao="EM_ATENDIMENTO" if end is None else "FINALIZADO",
        carater=ctx.depara.translate("carater", a["tp_carater_internacao"]),
        data_inicio=start,
        data_fim=end,
        data_alta_medica=dates.date_and_time(a["dt_alta_medica"], a["hr_alta_medica"], ctx.zone, "dataAltaMedica"),
        motivo_alta=_motivo_alta(a, ctx),
        setor=values.to_text(a["ds_unid_int"]) or values.to_text(a["ds_ori_ate"]),
        leito=leito(a["cd_leito"], ctx),
        especialidade=values.to_text(a["ds_especialid"]),
        convenio=ctx.depara.translate("convenios", a["nm_convenio"], a["cd_convenio"]),
        profissional=sections.within("profissional", profissional, a, ctx),
        nega_alergias=denied,
        alergias=allergic,
        diagnosticos=sections.within("diagnosticos", diagnosticos, a, rows("diagnosticos"), ctx),
        solicitacoes_exame=sections.within("solicitacoesExame", solicitacoes, items, ctx),
        prescricoes=sections.within("prescricoes", prescricoes, items, ctx),
        evolucoes=sections.within("evolucoes", evolucoes, rows("evolucoes"), rows("evolucoes_prescricao"), ctx),
        sinais_vitais=sections.within("sinaisVitais", sinais, rows("sinais_vitais"), ctx),
        movimentacoes_leito=sections.within("movimentacoesLeito", movimentacoes, rows("movimentacoes"), ctx),
    )


FILA, PACIENTES = "atualizacao_fila_pendencias", "busca_atualizacoes_paciente"
"""Search steps, as the old service called them."""


def route(row: Row) -> list[tuple[str, Operation]]:
    """Queue processes of one journal row: opening (or edit), alta and bed transfer. A deletion goes to the first."""
    if row["tp_operacao"] == "D":
        return [("abertura", "exclusao")]
    operation: Operation = "inclusao" if row["tp_operacao"] == "I" else "alteracao"
    destinations = (("abertura", row["sn_abertura"]), ("alta", row["sn_alta"]), ("troca_leito", row["sn_troca_leito"]))
    return [(processo, operation) for processo, pending in destinations if pending == "S"]


def _origin(name: str, **options: Any) -> Origin:
    return Origin(name, **{"processo": "abertura", "step": FILA, **options})


def _of_patients(name: str, **options: Any) -> tuple[Origin, Origin]:
    """A changed patient is sent, and so is every attendance of theirs, but after newer work."""
    patient = _origin(f"paciente_{name}", processo="atualizacao_paciente", step=PACIENTES, **options)
    return patient, _origin(f"atendimentos_paciente_{name}", step=PACIENTES, prioridade=7, **options)


def _allergies(name: str, *requires: str) -> Detail:
    """A site has one record of allergies, the other or both, never none."""
    return Detail(name, ((f"read_{name}.sql", requires),), optional=True, group="alergias")


SYSTEM = SystemSpec(
    nome="mv",
    origins=(
        _origin("documento"),
        # DATA_COLETA is when somebody took the signs; they type them later.
        _origin("sinal_vital", sobreposicao=timedelta(hours=2)),
        _origin("prescricao"),
        _origin("prescricao_cancelada"),
        _origin("prescricao_impressa"),
        *_of_patients("alterado"),
        # DT_CADASTRO has no time of day, so the window is a whole day.
        *_of_patients("novo", sobreposicao=timedelta(days=1)),
    ),
    details=(
        Detail("atendimento"),
        Detail("movimentacoes"),
        Detail("diagnosticos"),
        _allergies("alergias", "pw_alergia_pac.cd_problema", "pw_problema.cd_paciente"),
        _allergies("alergias_antigas", "hist_subs_pac.cd_substancia"),
        Detail("evolucoes"),
        Detail("evolucoes_prescricao"),
        Detail("prescricoes"),
        Detail("sinais_vitais"),
    ),
    map_record=map_record,
    key_type=int,
    processos=(
        *map(QueueProcess, ("abertura", "alta", "troca_leito", "uti")),
        QueueProcess("atualizacao_paciente", "PendenciaIntegracao", "paciente"),
    ),
    journals=(Journal("diario_atendimento", route, ("importacaoatendimento_lido.nr_lote",), FILA),),
    sweeps=(Sweep("uti_pendentes", "uti", FILA),),
    requests=QueueProcess("busca_atendimentos_paciente", "PendenciaBuscaAtendimentos", "paciente"),
    make_context=make_context,
    others={"paciente": ReadSpec((Detail("paciente"),), map_paciente, int)},
)
