"""Sotech (Sistema IS, PostgreSQL, schemas ``sotech`` and ``pep``): what changes, what is read, how an attendance becomes the canonical one.

A record is one ``sotech.ate_atendimento`` (key ``pkatendimento``). Decisions:

- Nothing says when a row changed; every row has ``version``, which a trigger counts up, and ``ativo`` (false: deleted). So change is what
  differs from what was last seen (``include/fusion/change/version_scan.py``), and the content that is sent is told apart by its hash, as everywhere:
  a record is made of many rows, so no one row's uuid and version could tell it.
- An inactive attendance is not read, so whatever is queued for it is cancelled in Fusion.
- ``datasaida`` alone says whether an attendance is over.
- Tables that are not public are our contract (``include/contracts/sotech``). Columns that only some sites have (race, CNES, a
  professional's CPF) may be added by a site's own SQL: they are taken where they come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.atendimento import Atendimento, Contato, Endereco, Paciente, Unidade
from include.fusion.reading.spec import Contexto, Detalhe, Linha, Processo, Retrato, Sistema
from include.fusion.sistemas.sotech.clinical import (
    anamneses,
    diagnosticos,
    evolucoes,
    exames,
    movimentacoes,
    prescricoes,
    profissional,
    sinais,
)

_CONTATOS = (("celular1", "CELULAR"), ("celular2", "CELULAR"), ("telefone", "RESIDENCIAL"), ("email", "EMAIL"))
_INTEIRO_MAX = 2**31 - 1


def _chave(valor: str) -> int:
    """An ``integer`` key; stricter than ``int``, which also takes blanks, underscores and foreign digits."""
    if not (valor.isascii() and valor.isdigit()) or int(valor) > _INTEIRO_MAX:
        raise ValueError("not a key of this system")
    return int(valor)


def _contatos(linhas: Sequence[Linha]) -> Iterator[Contato]:
    for tipo, valor in dict.fromkeys((tipo, values.texto(x.get(coluna))) for x in linhas for coluna, tipo in _CONTATOS):
        if valor is not None:
            yield Contato(tipo=tipo, valor=valor)


def paciente(p: Linha, contatos: Sequence[Linha], ctx: Contexto) -> Paciente:
    """The patient of an attendance's row, with all contacts."""
    nome = values.texto(p["paciente_nome"])
    if nome is None:
        raise RegistroInvalido("paciente.nome", "não preenchido na origem")
    return Paciente(
        codigo=str(p["paciente_codigo"]),
        nome=nome,
        nome_social=values.texto(p.get("paciente_nome_social")),
        nome_mae=values.texto(p["paciente_nome_mae"]),
        nome_pai=values.texto(p["paciente_nome_pai"]),
        data_nascimento=dates.data(p["paciente_data_nascimento"], "paciente.dataNascimento"),
        data_obito=dates.data(p.get("paciente_data_obito"), "paciente.dataObito"),
        sexo=ctx.depara.traduzir("sexo", p["paciente_sexo_nome"], p["paciente_sexo_codigo"]) or "IGNORADO",
        raca_cor=ctx.depara.traduzir("raca_cor", p.get("paciente_raca_cor")),
        cpf=documents.cpf(p["paciente_cpf"], ctx),
        cns=documents.cns(p["paciente_cns"], ctx),
        endereco=sections.se_houver(
            Endereco,
            logradouro=values.texto(p["endereco_logradouro"]),
            numero=values.codigo(p["endereco_numero"]),
            complemento=values.texto(p["endereco_complemento"]),
            bairro=values.texto(p["endereco_bairro"]),
            cep=values.digitos_exatos(p.get("endereco_cep"), 8),
            municipio=values.texto(p["endereco_municipio"]),
            codigo_ibge=values.digitos_exatos(p.get("endereco_codigo_ibge"), 6, 7),
            uf=documents.uf(p["endereco_uf"]),
        ),
        contatos=tuple(_contatos(contatos)),
        ativo=values.booleano(p["paciente_ativo"], True),
    )


def mapear(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Atendimento:
    """One attendance with its detail rows → canonical; ``RegistroInvalido`` or pydantic's error when it cannot be one."""
    a = sections.unica(dados, "atendimento")
    inicio = dates.data_hora(a["data_inicio"], ctx.fuso, "dataInicio")
    tipo = ctx.depara.traduzir("tipo_atendimento", a["tipo_codigo"], a["tipo_nome"])
    if inicio is None or tipo is None:
        raise RegistroInvalido("dataInicio" if inicio is None else "tipo", "não preenchido na origem")
    fim = dates.data_hora(a["data_fim"], ctx.fuso, "dataFim")

    def linhas(nome: str) -> Sequence[Linha]:
        return sections.linhas(dados, nome)

    return Atendimento(
        codigo=str(a["chave"]),
        paciente=sections.em("paciente", paciente, a, linhas("contatos"), ctx),
        tipo=tipo,
        situacao="EM_ATENDIMENTO" if fim is None else "FINALIZADO",
        data_inicio=inicio,
        data_fim=fim,
        queixa_principal=values.texto_clinico(a["queixa_principal"]),
        unidade=sections.repetido(
            Unidade,
            codigo=values.codigo(a["unidade_codigo"]),
            nome=values.texto(a["unidade_nome"]),
            cnes=values.digitos_exatos(a.get("unidade_cnes"), 7),
        ),
        setor=values.texto(a["setor"]),
        leito=ctx.depara.traduzir("leitos", a["leito"]),
        especialidade=values.texto(a["especialidade"]),
        profissional=sections.em("profissional", profissional, a, ctx),
        diagnosticos=sections.em("diagnosticos", diagnosticos, a, linhas("diagnosticos"), inicio, ctx),
        anamneses=sections.em("anamneses", anamneses, linhas("anamneses"), ctx),
        evolucoes=sections.em("evolucoes", evolucoes, linhas("evolucoes"), ctx),
        sinais_vitais=sections.em("sinaisVitais", sinais, linhas("sinais_vitais"), ctx),
        prescricoes=sections.em("prescricoes", prescricoes, linhas("prescricoes"), ctx),
        exames=sections.em("exames", exames, linhas("exames"), linhas("exames_resultados"), ctx),
        movimentacoes_leito=sections.em("movimentacoesLeito", movimentacoes, linhas("movimentacoes"), ctx),
    )


_PEP = ("subjetivo", "diagnostico", "evolucao", "sinalvital", "prescricao", "prescricao_item", "exame", "exame_resultado")
_DETALHES = (
    "atendimento", "contatos", "movimentacoes", "diagnosticos", "anamneses", "evolucoes", "sinais_vitais", "prescricoes", "exames",
    "exames_resultados",
)  # fmt: skip

SISTEMA = Sistema(
    nome="sotech",
    origens=(),
    retratos=(
        Retrato("atendimento", "sotech.ate_atendimento", principal=True),
        Retrato("movimentacao_leito", "sotech.ate_movimentacao_leito"),
        *(Retrato(nome, f"pep.ate_{nome}") for nome in _PEP),
        # Every attendance carries its patient.
        Retrato("paciente", "sotech.cdg_paciente", sql_alvos="targets.sql"),
        Retrato("contato", "sotech.cdg_contato", sql_alvos="targets.sql"),
    ),
    sql_mudancas="counters.sql",
    sql_cancelados="cancelled.sql",
    detalhes=tuple(map(Detalhe, _DETALHES)),
    mapear=mapear,
    tipo_chave=_chave,
    processos=(Processo("integracao", "PendenciaIntegracao", cancelar_ausentes=True),),
)
