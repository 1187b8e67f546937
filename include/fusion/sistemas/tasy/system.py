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

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, sections, values
from include.fusion.model.atendimento import Atendimento, Unidade
from include.fusion.reading.spec import Contexto, Detalhe, Leitura, Linha, Origem, Processo, Sistema
from include.fusion.sistemas.tasy.beds import atual, movimentacoes
from include.fusion.sistemas.tasy.clinical import alergias, diagnosticos, evolucoes, nega_alergias, prescricoes, solicitacoes
from include.fusion.sistemas.tasy.patient import mapear_paciente, paciente, profissional
from include.fusion.sistemas.tasy.vital_signs import sinais

__all__ = ["SISTEMA", "mapear", "mapear_paciente"]


def _motivo_alta(a: Linha, ctx: Contexto) -> str | None:
    """A death where the reason is one; otherwise by the site's own code."""
    if a["dt_alta"] is None and a["dt_alta_medico"] is None:
        return None
    return "OBITO" if values.booleano(a["ie_obito"]) else ctx.depara.traduzir("motivo_alta", a["cd_motivo_alta"], a["ds_motivo_alta"])


def _convenio(linhas: Sequence[Linha], ctx: Contexto) -> str | None:
    return ctx.depara.traduzir("convenios", linhas[-1]["ds_convenio"], linhas[-1]["cd_convenio"]) if linhas else None


def mapear(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Atendimento:
    """One attendance with its detail rows → canonical; ``RegistroInvalido`` or pydantic's error when it cannot be one."""
    a = sections.unica(dados, "atendimento")
    inicio = dates.data_hora(a["dt_entrada"], ctx.fuso, "dataInicio")
    tipo = ctx.depara.traduzir("tipo_atendimento", a["ie_tipo_atendimento"])
    if inicio is None or tipo is None:
        raise RegistroInvalido("dataInicio" if inicio is None else "tipo", "não preenchido na origem")
    fim = dates.data_hora(a["dt_alta"], ctx.fuso, "dataFim")
    ditas = sections.linhas(dados, "alergias")
    estadas = sections.em("movimentacoesLeito", movimentacoes, sections.linhas(dados, "movimentacoes"), ctx)
    agora = atual(estadas)
    return Atendimento(
        codigo=str(a["chave"]),
        paciente=sections.em("paciente", paciente, a, sections.linhas(dados, "complementos"), ctx),
        tipo=tipo,
        situacao="EM_ATENDIMENTO" if fim is None else "FINALIZADO",
        carater=ctx.depara.traduzir("carater", a["ie_carater_inter_sus"]),
        data_inicio=inicio,
        data_fim=fim,
        data_alta_medica=dates.data_hora(a["dt_alta_medico"], ctx.fuso, "dataAltaMedica"),
        motivo_alta=_motivo_alta(a, ctx),
        unidade=sections.repetido(Unidade, codigo=values.codigo(a["cd_estabelecimento"])),
        setor=agora.setor if agora else None,
        leito=agora.leito if agora else None,
        especialidade=ctx.depara.traduzir("clinicas", a["ie_clinica"]),
        convenio=_convenio(sections.linhas(dados, "convenios"), ctx),
        profissional=sections.em("profissional", profissional, a, ctx),
        nega_alergias=nega_alergias(ditas),
        alergias=sections.em("alergias", alergias, ditas, ctx),
        diagnosticos=sections.em("diagnosticos", diagnosticos, sections.linhas(dados, "diagnosticos"), ctx),
        solicitacoes_exame=sections.em("solicitacoesExame", solicitacoes, sections.linhas(dados, "procedimentos"), ctx),
        prescricoes=sections.em("prescricoes", prescricoes, sections.linhas(dados, "prescricoes"), ctx),
        evolucoes=sections.em("evolucoes", evolucoes, sections.linhas(dados, "evolucoes"), ctx),
        sinais_vitais=sections.em("sinaisVitais", sinais, sections.linhas(dados, "sinais_vitais"), ctx),
        movimentacoes_leito=estadas,
    )


BUSCA, PACIENTES = "buscar_atendimentos", "gerar_pendencia_atualizacao_pacientes"
"""Search steps, under the seed's names."""
INFORMACOES, INTEGRAR = "buscar_informacoes_atendimentos", "integrar_pendencia_atualizacao_pacientes"
"""Queue processes, likewise."""


def _origem(nome: str, **opcoes: Any) -> Origem:
    return Origem(nome, **{"processo": INFORMACOES, "passo": BUSCA, **opcoes})


def _origem_paciente(nome: str) -> tuple[Origem, Origem]:
    """A patient's change is the patient's own, and shows on every attendance, which follows behind what is newer."""
    return (
        _origem(nome, processo=INTEGRAR, passo=PACIENTES),
        _origem(f"atendimentos_{nome}", prioridade=7, passo=PACIENTES),
    )


SISTEMA = Sistema(
    nome="tasy",
    origens=(
        _origem("atendimento"),
        _origem("sinal_vital"),
        _origem("evolucao"),
        _origem("prescricao"),
        _origem("prescricao_material"),
        _origem("prescricao_procedimento"),
        _origem("diagnostico"),
        _origem("alergia"),
        _origem("movimentacao"),
        _origem("convenio"),
        *_origem_paciente("paciente"),
        *_origem_paciente("complemento"),
        _origem("primeiro_atendimento", processo=INTEGRAR, passo=PACIENTES, ineditas=True),
    ),
    detalhes=(
        *map(
            Detalhe,
            (
                "atendimento", "complementos", "convenios", "movimentacoes", "diagnosticos", "alergias", "sinais_vitais", "prescricoes", "procedimentos",
                "evolucoes",
            ),
        ),
    ),
    mapear=mapear,
    tipo_chave=int,
    tipo_chave_paciente=str,
    processos=(
        # A cancelled attendance is read as one that is not there, and an attendance may be cancelled between queue and read.
        Processo(INFORMACOES, "ImportarAtendimento", cancelar_ausentes=True),
        Processo(INTEGRAR, "PendenciaIntegracao", "paciente"),
    ),
    outras={"paciente": Leitura((Detalhe("paciente"), Detalhe("complementos", (("read_complementos_paciente.sql", ()),))), mapear_paciente)},
)  # fmt: skip
