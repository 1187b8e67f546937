"""Philips Tasy (Oracle, owner TASY): what changes, what is read and how an attendance becomes the canonical one.

Real schema. A record is one ``ATENDIMENTO_PACIENTE`` (key ``NR_ATENDIMENTO``). Decisions:

- DT_ATUALIZACAO of every table is the marker. Administrative edits move it, too: what they leave as it was is not sent again.
- Only released rows that are in force leave the hospital. A draft's change is looked at all the same, since a release may be taken back.
- A cancelled attendance (DT_CANCELAMENTO) is cancelled in Fusion; taken back, it comes again.
- Allergies are the patient's: every attendance carries them, or the statement that there are none.
- Of all persons only those with an attendance are patients: staff and relatives stay in the hospital. Who was a person only becomes a
  patient by the first attendance, whenever registered and even where that one was another person's before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, sections, values
from include.fusion.model.atendimento import Atendimento, Unidade
from include.fusion.reading.spec import Detail, MappingContext, Origin, QueueProcess, ReadSpec, Row, SystemSpec
from include.fusion.sistemas.tasy.beds import current, movimentacoes
from include.fusion.sistemas.tasy.clinical import alergias, diagnosticos, evolucoes, nega_alergias, prescricoes, solicitacoes
from include.fusion.sistemas.tasy.patient import map_paciente, paciente, profissional
from include.fusion.sistemas.tasy.vital_signs import sinais

__all__ = ["SYSTEM", "map_paciente", "map_record"]


def _motivo_alta(a: Row, ctx: MappingContext) -> str | None:
    """A death where the reason is one; otherwise by the site's own code."""
    if a["dt_alta"] is None and a["dt_alta_medico"] is None:
        return None
    return "OBITO" if values.boolean(a["ie_obito"]) else ctx.depara.translate("motivo_alta", a["cd_motivo_alta"], a["ds_motivo_alta"])


def _convenio(rows: Sequence[Row], ctx: MappingContext) -> str | None:
    return ctx.depara.translate("convenios", rows[-1]["ds_convenio"], rows[-1]["cd_convenio"]) if rows else None


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Atendimento:
    """One attendance with its detail rows → canonical; ``InvalidRecord`` or pydantic's error when it cannot be one."""
    a = sections.only_row(data, "atendimento")
    start = dates.date_time(a["dt_entrada"], ctx.zone, "dataInicio")
    kind = ctx.depara.translate("tipo_atendimento", a["ie_tipo_atendimento"])
    if start is None or kind is None:
        raise InvalidRecord("dataInicio" if start is None else "tipo", "não preenchido na origem")
    end = dates.date_time(a["dt_alta"], ctx.zone, "dataFim")
    said = sections.rows(data, "alergias")
    stays = sections.within("movimentacoesLeito", movimentacoes, sections.rows(data, "movimentacoes"), ctx)
    now = current(stays)
    return Atendimento(
        codigo=str(a["chave"]),
        paciente=sections.within("paciente", paciente, a, sections.rows(data, "complementos"), ctx),
        tipo=kind,
        situacao="EM_ATENDIMENTO" if end is None else "FINALIZADO",
        carater=ctx.depara.translate("carater", a["ie_carater_inter_sus"]),
        data_inicio=start,
        data_fim=end,
        data_alta_medica=dates.date_time(a["dt_alta_medico"], ctx.zone, "dataAltaMedica"),
        motivo_alta=_motivo_alta(a, ctx),
        unidade=sections.repeated(Unidade, codigo=values.to_code(a["cd_estabelecimento"])),
        setor=now.setor if now else None,
        leito=now.leito if now else None,
        especialidade=ctx.depara.translate("clinicas", a["ie_clinica"]),
        convenio=_convenio(sections.rows(data, "convenios"), ctx),
        profissional=sections.within("profissional", profissional, a, ctx),
        nega_alergias=nega_alergias(said),
        alergias=sections.within("alergias", alergias, said, ctx),
        diagnosticos=sections.within("diagnosticos", diagnosticos, sections.rows(data, "diagnosticos"), ctx),
        solicitacoes_exame=sections.within("solicitacoesExame", solicitacoes, sections.rows(data, "procedimentos"), ctx),
        prescricoes=sections.within("prescricoes", prescricoes, sections.rows(data, "prescricoes"), ctx),
        evolucoes=sections.within("evolucoes", evolucoes, sections.rows(data, "evolucoes"), ctx),
        sinais_vitais=sections.within("sinaisVitais", sinais, sections.rows(data, "sinais_vitais"), ctx),
        movimentacoes_leito=stays,
    )


SEARCH, PACIENTES = "buscar_atendimentos", "gerar_pendencia_atualizacao_pacientes"
"""Search steps, under the seed's names."""
INFORMATION, INTEGRATE = "buscar_informacoes_atendimentos", "integrar_pendencia_atualizacao_pacientes"
"""Queue processes, likewise."""


def _origin(name: str, **options: Any) -> Origin:
    return Origin(name, **{"processo": INFORMATION, "step": SEARCH, **options})


def _origem_paciente(name: str) -> tuple[Origin, Origin]:
    """A patient's change is the patient's own, and shows on every attendance, which follows behind what is newer."""
    return (
        _origin(name, processo=INTEGRATE, step=PACIENTES),
        _origin(f"atendimentos_{name}", prioridade=7, step=PACIENTES),
    )


SYSTEM = SystemSpec(
    nome="tasy",
    origins=(
        _origin("atendimento"),
        _origin("sinal_vital"),
        _origin("evolucao"),
        _origin("prescricao"),
        _origin("prescricao_material"),
        _origin("prescricao_procedimento"),
        _origin("diagnostico"),
        _origin("alergia"),
        _origin("movimentacao"),
        _origin("convenio"),
        *_origem_paciente("paciente"),
        *_origem_paciente("complemento"),
        _origin("primeiro_atendimento", processo=INTEGRATE, step=PACIENTES, only_new=True),
    ),
    details=(
        *map(
            Detail,
            (
                "atendimento", "complementos", "convenios", "movimentacoes", "diagnosticos", "alergias", "sinais_vitais", "prescricoes", "procedimentos",
                "evolucoes",
            ),
        ),
    ),
    map_record=map_record,
    key_type=int,
    paciente_key_type=str,
    processos=(
        # A cancelled attendance is read as one that is not there, and an attendance may be cancelled between queue and read.
        QueueProcess(INFORMATION, "ImportarAtendimento", cancel_absent=True),
        QueueProcess(INTEGRATE, "PendenciaIntegracao", "paciente"),
    ),
    others={"paciente": ReadSpec((Detail("paciente"), Detail("complementos", (("read_complementos_paciente.sql", ()),))), map_paciente)},
)  # fmt: skip
