"""Philips Tasy (Oracle, owner TASY): what changes, what is read and how an attendance becomes the canonical one.

A record is one ``ATENDIMENTO_PACIENTE`` (key ``NR_ATENDIMENTO``). Decisions:

- DT_ATUALIZACAO of every table is the marker. Administrative edits move it, too; the content hash keeps unchanged records from being sent.
- Only released rows in force leave the hospital. The hub also looks at changed drafts, because somebody may take back a release.
- A cancelled attendance (DT_CANCELAMENTO) is cancelled in Fusion. If the hospital takes that back, it is sent again.
- Allergies are the patient's: every attendance carries them, or the statement that there are none.
- Only persons with an attendance are patients; staff and relatives stay in the hospital. The first attendance makes a person a patient,
  whenever the person was registered, and even if the attendance was another person's before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.mapping import dates, sections, values
from include.fusion.model.atendimento import Atendimento, Unidade
from include.fusion.reading.spec import Detail, MappingContext, Origin, QueueProcess, ReadSpec, Row, SystemSpec
from include.fusion.sistemas.tasy import clinical
from include.fusion.sistemas.tasy.patient import map_paciente, paciente, profissional

__all__ = ["SYSTEM", "map_paciente", "map_record"]


def _motivo_alta(a: Row, ctx: MappingContext) -> str | None:
    """OBITO if the reason is a death, else De/Para of the site's own code."""
    if a["dt_alta"] is None and a["dt_alta_medico"] is None:
        return None
    return "OBITO" if values.boolean(a["ie_obito"]) else ctx.depara.translate("motivo_alta", a["cd_motivo_alta"], a["ds_motivo_alta"])


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Atendimento:
    """One attendance with its detail rows → canonical attendance. Raises ``InvalidRecord`` or ``pydantic.ValidationError``."""

    def rows(name: str) -> Sequence[Row]:
        return sections.rows(data, name)

    a = sections.only_row(data, "atendimento")
    start = dates.date_time(a["dt_entrada"], ctx.zone, "dataInicio")
    kind = ctx.depara.translate("tipo_atendimento", a["ie_tipo_atendimento"])
    start, kind = values.required(start, "dataInicio"), values.required(kind, "tipo")
    end = dates.date_time(a["dt_alta"], ctx.zone, "dataFim")
    allergies = rows("alergias")
    stays = sections.within("movimentacoesLeito", clinical.movimentacoes, rows("movimentacoes"), ctx)
    now, payers = clinical.current(stays), rows("convenios")
    return Atendimento(
        codigo=str(a["chave"]),
        paciente=sections.within("paciente", paciente, a, rows("complementos"), ctx),
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
        convenio=ctx.depara.translate("convenios", payers[-1]["ds_convenio"], payers[-1]["cd_convenio"]) if payers else None,
        profissional=sections.within("profissional", profissional, a, ctx),
        nega_alergias=clinical.nega_alergias(allergies),
        alergias=sections.within("alergias", clinical.alergias, allergies, ctx),
        diagnosticos=sections.within("diagnosticos", clinical.diagnosticos, rows("diagnosticos"), ctx),
        solicitacoes_exame=sections.within("solicitacoesExame", clinical.solicitacoes, rows("procedimentos"), ctx),
        prescricoes=sections.within("prescricoes", clinical.prescricoes, rows("prescricoes"), ctx),
        evolucoes=sections.within("evolucoes", clinical.evolucoes, rows("evolucoes"), ctx),
        sinais_vitais=sections.within("sinaisVitais", clinical.sinais, rows("sinais_vitais"), ctx),
        movimentacoes_leito=stays,
    )


SEARCH, PACIENTES = "buscar_atendimentos", "gerar_pendencia_atualizacao_pacientes"
"""Search steps, as the old service called them."""
INFORMATION, INTEGRATE = "buscar_informacoes_atendimentos", "integrar_pendencia_atualizacao_pacientes"
"""Queue processes, likewise."""


def _origin(name: str, **options: Any) -> Origin:
    return Origin(name, **{"processo": INFORMATION, "step": SEARCH, **options})


def _of_patients(name: str) -> tuple[Origin, Origin]:
    """A changed patient is sent, and so is every attendance of theirs, but after newer work."""
    patient = _origin(name, processo=INTEGRATE, step=PACIENTES)
    return patient, _origin(f"atendimentos_{name}", prioridade=7, step=PACIENTES)


_ORIGINS = (
    "atendimento", "sinal_vital", "evolucao", "prescricao", "prescricao_material", "prescricao_procedimento", "diagnostico", "alergia",
    "movimentacao", "convenio",
)  # fmt: skip
_DETAILS = (
    "atendimento", "complementos", "convenios", "movimentacoes", "diagnosticos", "alergias", "sinais_vitais", "prescricoes", "procedimentos",
    "evolucoes",
)  # fmt: skip

SYSTEM = SystemSpec(
    nome="tasy",
    origins=(
        *map(_origin, _ORIGINS),
        *_of_patients("paciente"),
        *_of_patients("complemento"),
        _origin("primeiro_atendimento", processo=INTEGRATE, step=PACIENTES, only_new=True),
    ),
    details=tuple(map(Detail, _DETAILS)),
    map_record=map_record,
    key_type=int,
    paciente_key_type=str,
    processos=(
        # The SQL does not read a cancelled attendance, and an attendance may be cancelled between queue and reading.
        QueueProcess(INFORMATION, "ImportarAtendimento", cancel_absent=True),
        QueueProcess(INTEGRATE, "PendenciaIntegracao", "paciente"),
    ),
    others={"paciente": ReadSpec((Detail("paciente"), Detail("complementos", (("read_complementos_paciente.sql", ()),))), map_paciente)},
)
