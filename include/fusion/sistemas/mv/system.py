"""MV (Oracle, owner DBAMV): what changes, what is read and how an attendance becomes the canonical one.

Real schema. A record is one ``ATENDIME`` (key ``CD_ATENDIMENTO``). Decisions:

- A moment is two columns, DT_ and HR_; of HR_ only the clock counts. DATE has no zone: it is local time of the installation.
- DT_ALTA alone says whether an attendance is over. What a cancelled discharge leaves in the other columns (time, reason) is ignored.
- Open and confidential documents, and open prescriptions, which are drafts, never leave the hospital.
- Allergies are the patient's: every attendance carries them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, sections, values
from include.fusion.model.atendimento import Atendimento
from include.fusion.reading.spec import Contexto, Detalhe, Diario, Leitura, Linha, Origem, Processo, Ronda, Sistema
from include.fusion.sistemas.mv.beds import leito, make_context, movimentacoes
from include.fusion.sistemas.mv.clinical import alergias, diagnosticos, evolucoes, prescricoes, solicitacoes
from include.fusion.sistemas.mv.patient import mapear_paciente, paciente, profissional
from include.fusion.sistemas.mv.vital_signs import sinais

if TYPE_CHECKING:
    from include.fusion.store.filas import Operacao

__all__ = ["SISTEMA", "mapear", "mapear_paciente", "rotear"]


def _motivo_alta(a: Linha, ctx: Contexto) -> str | None:
    """By the site's own code or, where that has no word, by the kind of reason."""
    if a["dt_alta"] is None and a["dt_alta_medica"] is None:
        return None
    obito = "O" if values.booleano(a["sn_obito"]) else None
    return ctx.depara.traduzir("motivo_alta", a["cd_mot_alt"], a["tp_mot_alta"], obito)


def mapear(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Atendimento:
    """One attendance with its detail rows → canonical; ``RegistroInvalido`` or pydantic's error when it cannot be one."""
    a = sections.unica(dados, "atendimento")
    inicio = dates.data_e_hora(a["dt_atendimento"], a["hr_atendimento"], ctx.fuso, "dataInicio")
    tipo = ctx.depara.traduzir("tipo_atendimento", a["tp_atendimento"])
    if inicio is None or tipo is None:
        raise RegistroInvalido("dataInicio" if inicio is None else "tipo", "não preenchido na origem")
    fim = dates.data_e_hora(a["dt_alta"], a["hr_alta"], ctx.fuso, "dataFim")
    itens = sections.linhas(dados, "prescricoes")
    negadas, alergicas = sections.em(
        "alergias", alergias, sections.linhas(dados, "alergias"), sections.linhas(dados, "alergias_antigas"), ctx
    )
    return Atendimento(
        codigo=str(a["chave"]),
        paciente=sections.em("paciente", paciente, a, ctx),
        tipo=tipo,
        situacao="EM_ATENDIMENTO" if fim is None else "FINALIZADO",
        carater=ctx.depara.traduzir("carater", a["tp_carater_internacao"]),
        data_inicio=inicio,
        data_fim=fim,
        data_alta_medica=dates.data_e_hora(a["dt_alta_medica"], a["hr_alta_medica"], ctx.fuso, "dataAltaMedica"),
        motivo_alta=_motivo_alta(a, ctx),
        setor=values.texto(a["ds_unid_int"]) or values.texto(a["ds_ori_ate"]),
        leito=leito(a["cd_leito"], ctx),
        especialidade=values.texto(a["ds_especialid"]),
        convenio=ctx.depara.traduzir("convenios", a["nm_convenio"], a["cd_convenio"]),
        profissional=sections.em("profissional", profissional, a, ctx),
        nega_alergias=negadas,
        alergias=alergicas,
        diagnosticos=sections.em("diagnosticos", diagnosticos, a, sections.linhas(dados, "diagnosticos"), ctx),
        solicitacoes_exame=sections.em("solicitacoesExame", solicitacoes, itens, ctx),
        prescricoes=sections.em("prescricoes", prescricoes, itens, ctx),
        evolucoes=sections.em(
            "evolucoes", evolucoes, sections.linhas(dados, "evolucoes"), sections.linhas(dados, "evolucoes_prescricao"), ctx
        ),
        sinais_vitais=sections.em("sinaisVitais", sinais, sections.linhas(dados, "sinais_vitais"), ctx),
        movimentacoes_leito=sections.em("movimentacoesLeito", movimentacoes, sections.linhas(dados, "movimentacoes"), ctx),
    )


FILA, PACIENTES = "atualizacao_fila_pendencias", "busca_atualizacoes_paciente"
"""Search steps, under the seed's names."""


def rotear(linha: Linha) -> list[tuple[str, Operacao]]:
    """Queue processes of one journal row: a discharge, a bed move, an opening (or an edit), or the end of an attendance."""
    if linha["tp_operacao"] == "D":
        return [("abertura", "exclusao")]
    operacao: Operacao = "inclusao" if linha["tp_operacao"] == "I" else "alteracao"
    destinos = (("abertura", linha["sn_abertura"]), ("alta", linha["sn_alta"]), ("troca_leito", linha["sn_troca_leito"]))
    return [(processo, operacao) for processo, pendente in destinos if pendente == "S"]


def _origem(nome: str, **opcoes: Any) -> Origem:
    return Origem(nome, **{"processo": "abertura", "passo": FILA, **opcoes})


def _origem_paciente(nome: str, **opcoes: Any) -> tuple[Origem, Origem]:
    """A patient's change is the patient's own, and shows on every attendance, which follows behind what is newer."""
    passo = {"passo": PACIENTES, **opcoes}
    return (
        _origem(f"paciente_{nome}", processo="atualizacao_paciente", **passo),
        _origem(f"atendimentos_paciente_{nome}", prioridade=7, **passo),
    )


def _detalhe(nome: str, *exige: str) -> Detalhe:
    return Detalhe(nome, ((f"read_{nome}.sql", exige),), opcional=bool(exige), grupo="alergias" if exige else "")


SISTEMA = Sistema(
    nome="mv",
    origens=(
        _origem("documento"),
        # DATA_COLETA is when the signs were taken: they are typed afterwards.
        _origem("sinal_vital", sobreposicao=timedelta(hours=2)),
        _origem("prescricao"),
        _origem("prescricao_cancelada"),
        _origem("prescricao_impressa"),
        *_origem_paciente("alterado"),
        # DT_CADASTRO has no time of day: the window is that day.
        *_origem_paciente("novo", sobreposicao=timedelta(days=1)),
    ),
    detalhes=(
        _detalhe("atendimento"),
        _detalhe("movimentacoes"),
        _detalhe("diagnosticos"),
        # A site has one record of allergies, the other or both, never none.
        _detalhe("alergias", "pw_alergia_pac.cd_problema", "pw_problema.cd_paciente"),
        _detalhe("alergias_antigas", "hist_subs_pac.cd_substancia"),
        _detalhe("evolucoes"),
        _detalhe("evolucoes_prescricao"),
        _detalhe("prescricoes"),
        _detalhe("sinais_vitais"),
    ),
    mapear=mapear,
    tipo_chave=int,
    processos=(
        Processo("abertura"),
        Processo("alta"),
        Processo("troca_leito"),
        Processo("uti"),
        Processo("atualizacao_paciente", "PendenciaIntegracao", "paciente"),
    ),
    diarios=(Diario("diario_atendimento", rotear, FILA),),
    rondas=(Ronda("uti_pendentes", "uti", FILA),),
    requests=Processo("busca_atendimentos_paciente", "PendenciaBuscaAtendimentos", "paciente"),
    make_context=make_context,
    outras={"paciente": Leitura((_detalhe("paciente"),), mapear_paciente, int)},
)
