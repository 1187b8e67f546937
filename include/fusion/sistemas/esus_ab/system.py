"""e-SUS APS PEC (eSusAB): what changes, what is read and how a visit becomes the canonical attendance.

Real schema. A record is one ``tb_atend`` (key ``co_seq_atend``); everything clinical hangs on its
professional attendances (``co_atend_prof``), of which the cancelled ones are left out. Decisions:

- Only what was written down in the visit belongs to it (allergies and problem situations too), so an old visit does not change when
  a later one adds something.
- A vital sign that cannot be read, or that no LEDI range allows, refuses the record with the field and the row's key in the reason:
  a wrong number is dangerous, a dropped one silent. Corrected at the source, the visit comes again by itself.
- PEC ranks no diagnosis, so all stay PRINCIPAL. Obstetric and neonatal measures have no place in the canonical signs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, documents, numbers, sections, values
from include.fusion.model.atendimento import (
    Alergia,
    Atendimento,
    Contato,
    Diagnostico,
    Endereco,
    Equipe,
    Evolucao,
    Exame,
    Paciente,
    Prescricao,
    Procedimento,
    Profissional,
    SolicitacaoExame,
    Unidade,
    Vacina,
)
from include.fusion.reading.spec import Contexto, Detalhe, Linha, Origem, Sistema
from include.fusion.sistemas.esus_ab.vital_signs import sinais

_CIAP = re.compile(r"-?[A-Z]?[0-9]{2,3}")
_CONTATOS = (
    ("CELULAR", "nu_telefone_celular"),
    ("RESIDENCIAL", "nu_telefone_residencial"),
    ("CONTATO", "nu_telefone_contato"),
    ("EMAIL", "ds_email"),
)
Profissionais = Mapping[Any, Profissional | None]
"""Who did each professional attendance (``co_seq_atend_prof``)."""


@sections.memorizado(
    ("co_seq_prof", "no_profissional", "nu_cpf", "nu_cns", "co_cbo_2002", "sg_conselho_classe", "nu_conselho_classe"),
    opcionais=("uf_conselho",),
)
def _profissional(linha: Linha, ctx: Contexto) -> Profissional | None:
    return sections.se_houver(
        Profissional,
        codigo=values.codigo(linha["co_seq_prof"]),
        nome=values.texto(linha["no_profissional"]),
        cpf=documents.cpf(linha["nu_cpf"], ctx),
        cns=documents.cns(linha["nu_cns"], ctx),
        cbo=documents.cbo(linha["co_cbo_2002"]),
        conselho=values.texto(linha["sg_conselho_classe"]),
        numero_conselho=values.texto(linha["nu_conselho_classe"]),
        uf_conselho=documents.uf(linha["uf_conselho"]),
    )


def _paciente(v: Linha, ctx: Contexto) -> Paciente:
    if v["co_seq_cidadao"] is None:
        raise RegistroInvalido("paciente", "prontuário sem cidadão na origem")
    nome = values.texto(v["no_cidadao"])
    if nome is None:
        raise RegistroInvalido("paciente.nome", "não preenchido na origem")
    numero = values.texto(v["nu_numero"])
    return Paciente(
        codigo=str(v["co_seq_cidadao"]),
        nome=nome,
        nome_social=values.texto(v["no_social"]),
        nome_mae=values.texto(v["no_mae"]),
        nome_pai=values.texto(v["no_pai"]),
        data_nascimento=dates.data(v["dt_nascimento"], "paciente.dataNascimento"),
        data_obito=dates.data(v["dt_obito"], "paciente.dataObito"),
        sexo=ctx.depara.traduzir("sexo", v["no_sexo"]) or "IGNORADO",
        raca_cor=ctx.depara.traduzir("raca_cor", v["co_raca_cor"]),
        cpf=documents.cpf(v["nu_cpf"], ctx),
        cns=documents.cns(v["nu_cns"], ctx),
        endereco=sections.se_houver(
            Endereco,
            logradouro=values.texto(v["ds_logradouro"]),
            numero="S/N" if numero is None and v["st_sem_numero"] == 1 else numero,
            complemento=values.texto(v["ds_complemento"]),
            bairro=values.texto(v["no_bairro"]),
            cep=values.digitos_exatos(v["ds_cep"], 8),
            municipio=values.texto(v["no_localidade"]),
            codigo_ibge=values.digitos_exatos(v["co_ibge"], 6, 7),
            uf=documents.uf(v["sg_uf"]),
        ),
        contatos=tuple(Contato(tipo=t, valor=x) for t, coluna in _CONTATOS if (x := values.texto(v[coluna]))),
        ativo=values.booleano(v["st_ativo"], True),
        unificado_em=values.codigo(v["co_unificado_em"]),
    )


def _alergias(linhas: Sequence[Linha]) -> tuple[Alergia, ...]:
    # The last review of an allergy in this visit wins; rows come in the order they were written.
    ultimas = {linha["co_unico_alergia"]: linha for linha in linhas}
    return tuple(
        Alergia(
            codigo=str(chave),
            substancia=values.texto(x["substancia"]) or "Substância não informada",
            reacao="\n".join(t for t in (values.texto_clinico(x["no_manifestacoes"]), values.texto_clinico(x["no_evolucao"])) if t) or None,
            data_inicio=dates.data(x["dt_instalacao"], "alergias.dataInicio"),
        )
        for chave, x in ultimas.items()
    )


def _vacinas(linhas: Sequence[Linha], profs: Profissionais, ctx: Contexto) -> tuple[Vacina, ...]:
    itens = []
    for x in linhas:
        imunobiologico = values.codigo(x["co_imunobiologico"])
        if imunobiologico is None:
            raise RegistroInvalido("vacinas.imunobiologico", f"não preenchido na origem (registro {x['co_seq_registro_vacinacao']})")
        itens.append(
            Vacina(
                codigo=str(x["co_seq_registro_vacinacao"]),
                imunobiologico=imunobiologico,
                nome=values.texto(x["no_imunobiologico"]),
                dose=ctx.depara.traduzir("dose", x["co_dose_imunobiologico"]),
                estrategia=ctx.depara.traduzir("estrategia", x["co_estrategia_vacinacao"]),
                via=ctx.depara.traduzir("via", x["co_via_adm_vacina"]),
                local_aplicacao=values.texto(x["no_local_apl_vacina"]),
                lote=values.texto(x["ds_lote"]),
                validade_lote=dates.data(x["dt_validade"], "vacinas.validadeLote"),
                data_aplicacao=dates.data_hora(x["dt_aplicacao"], ctx.fuso, "vacinas.dataAplicacao"),
                aprazamento=dates.data(x["dt_aprazamento"], "vacinas.aprazamento"),
                registro_anterior=x["st_registro_anterior"] == 1,
                observacao=values.texto_clinico(x["ds_observacoes"]),
                profissional=None if x["st_registro_anterior"] == 1 else profs.get(x["co_seq_atend_prof"]),
            )
        )
    return tuple(itens)


def _diagnosticos(linhas: Sequence[Linha], profs: Profissionais, ctx: Contexto) -> tuple[Diagnostico, ...]:
    itens = []
    for x in linhas:
        ciap = (values.codigo(x["co_ciap"]) or "").upper()
        nome = values.texto(x["no_cid10"]) or values.texto(x["ds_ciap"])
        if ciap and not _CIAP.fullmatch(ciap):
            # The PEC's own problem codes (ABP…) are no CIAP-2: they stay readable in the description.
            nome, ciap = f"{ciap} {nome or ''}".strip(), ""
        itens.append(
            Diagnostico(
                codigo=str(x["co_seq_evolucao_aval_ciap_cid"]),
                cid10=documents.cid(x["nu_cid10"], "diagnosticos.cid10"),
                ciap2=ciap or None,
                descricao=nome,
                situacao=ctx.depara.traduzir("situacao_problema", x["co_situacao_problema"]),
                observacao=values.texto_clinico(x["ds_nota"]),
                profissional=profs.get(x["co_seq_atend_prof"]),
            )
        )
    return tuple(itens)


def _exames(linhas: Sequence[Linha], profs: Profissionais, ctx: Contexto) -> tuple[Exame, ...]:
    return tuple(
        Exame(
            codigo=str(x["co_seq_exame_requisitado"]),
            procedimento=values.codigo(x["co_proced"]),
            nome=values.texto(x["no_proced"]) or "Exame não identificado",
            solicitado_em=dates.data_hora(x["dt_solicitacao"], ctx.fuso, "exames.solicitadoEm"),
            realizado_em=dates.data_hora(x["dt_realizacao"], ctx.fuso, "exames.realizadoEm"),
            resultado_em=dates.data_hora(x["dt_resultado"], ctx.fuso, "exames.resultadoEm"),
            laudo=values.texto_clinico(x["ds_resultado"]),
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in linhas
    )


def _solicitacoes(linhas: Sequence[Linha], profs: Profissionais, ctx: Contexto) -> tuple[SolicitacaoExame, ...]:
    return tuple(
        SolicitacaoExame(
            codigo=str(x["co_seq_exame_requisitado"]),
            procedimento=values.codigo(x["co_proced"]),
            nome=values.texto(x["no_proced"]) or "Exame não identificado",
            tipo=ctx.depara.traduzir("tipo_exame", x["tp_exame"]) or "OUTRO",
            solicitado_em=dates.data_hora(x["dt_solicitacao"], ctx.fuso, "solicitacoesExame.solicitadoEm"),
            justificativa=values.texto_clinico(x["ds_justificativa_procedimento"]),
            observacao=values.texto_clinico(x["ds_observacao"]),
            cid10=documents.cid(x["nu_cid10"], "solicitacoesExame.cid10"),
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in linhas
    )


def _frequencia(x: Linha) -> str | None:
    if values.booleano(x["st_dose_unica"]):
        return "Dose única"
    valor = values.texto(x["ds_frequencia_dose"])
    tipo = (values.texto(x["tipo_frequencia"]) or "").upper()
    if valor is None or tipo.startswith("TURNO"):
        return valor
    if tipo.startswith("INTERVALO"):
        return f"a cada {valor} hora(s)"
    periodo, unidade = values.texto(x["qt_periodo_frequencia"]), values.texto(x["no_unidade_medida_tempo"])
    return f"{valor} vez(es) a cada {periodo} {unidade.lower()}(s)" if periodo and unidade else valor


def _prescricoes(linhas: Sequence[Linha], profs: Profissionais, inicios: Mapping[Any, Any], ctx: Contexto) -> tuple[Prescricao, ...]:
    return tuple(
        Prescricao(
            codigo=str(x["co_seq_receita_medicamento"]),
            medicamento=values.codigo(x["co_catmat"]),
            nome=values.texto(x["no_principio_ativo"]) or "Medicamento não identificado",
            concentracao=values.texto(x["ds_concentracao"]),
            dose=values.texto(x["ds_dose"]),
            unidade_dose=values.texto(x["ds_unidade_fornecimento"]),
            via=ctx.depara.traduzir("via", x["co_aplicacao_medicamento"]),
            frequencia=_frequencia(x),
            posologia=values.texto_clinico(x["no_posologia"]),
            quantidade=numbers.numero(x["qt_receitada"], "prescricoes.quantidade"),
            uso_continuo=values.booleano(x["st_uso_continuo"]),
            inicio=dates.data(x["dt_inicio_tratamento"], "prescricoes.inicio"),
            fim=dates.data(x["dt_fim_tratamento"], "prescricoes.fim"),
            # A prescription has no time of its own: that of the professional attendance it was written in.
            prescrito_em=dates.data_hora(inicios.get(x["co_seq_atend_prof"]), ctx.fuso, "prescricoes.prescritoEm"),
            suspenso=values.booleano(x["st_interrompido"]),
            recomendacao=values.texto_clinico(x["ds_recomendacao"]),
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in linhas
    )


def _evolucoes(linhas: Sequence[Linha], turnos: Mapping[Any, Linha], profs: Profissionais, ctx: Contexto) -> tuple[Evolucao, ...]:
    itens = []
    for x in linhas:
        soap = [values.texto_clinico(x[c]) for c in ("ds_subjetivo", "ds_objetivo", "ds_avaliacao", "ds_plano")]
        if not any(soap):
            continue
        turno = turnos.get(x["co_seq_atend_prof"], {})
        itens.append(
            Evolucao(
                codigo=str(x["co_seq_atend_prof"]),
                tipo=values.texto(turno.get("no_tipo_atend_prof")),
                data=dates.data_hora(turno.get("dt_inicio"), ctx.fuso, "evolucoes.data"),
                subjetivo=soap[0],
                objetivo=soap[1],
                avaliacao=soap[2],
                plano=soap[3],
                profissional=profs.get(x["co_seq_atend_prof"]),
            )
        )
    return tuple(itens)


def _procedimentos(linhas: Sequence[Linha], profs: Profissionais) -> tuple[Procedimento, ...]:
    return tuple(
        Procedimento(
            codigo=f"{x['co_seq_atend_prof']}-{x['co_seq_proced']}",
            procedimento=values.codigo(x["co_proced"]) or str(x["co_seq_proced"]),
            nome=values.texto(x["no_proced"]),
            quantidade=x["quantidade"],
            profissional=profs.get(x["co_seq_atend_prof"]),
        )
        for x in linhas
    )


def mapear(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Atendimento:
    """One visit with its detail rows → canonical attendance; ``RegistroInvalido`` or pydantic's error when it cannot be one."""
    visita = sections.unica(dados, "atendimento")
    turnos = {x["co_seq_atend_prof"]: x for x in sections.linhas(dados, "profissionais")}
    profs = {chave: sections.em("profissional", _profissional, x, ctx) for chave, x in turnos.items()}
    # The visit's own professional attendance may be a cancelled one: then the last that is not.
    ultimo = visita["co_atend_prof"] if visita["co_atend_prof"] in turnos else max(turnos, default=None)
    inicios = {chave: x["dt_inicio"] for chave, x in turnos.items()}
    responsavel = turnos.get(ultimo) or next(iter(sections.linhas(dados, "responsavel")), None)
    situacao = "CANCELADO" if visita["cancelado"] == 1 else ctx.depara.traduzir("situacao_atendimento", visita["st_atend"])
    inicio = dates.data_hora(visita["dt_inicio"], ctx.fuso, "dataInicio")
    assert inicio is not None and situacao is not None, "both columns are NOT NULL in every PEC"
    return Atendimento(
        codigo=str(visita["chave"]),
        paciente=sections.em("paciente", _paciente, visita, ctx),
        tipo="ATENCAO_BASICA",
        situacao=situacao,
        data_inicio=inicio,
        data_fim=dates.data_hora(visita["dt_fim"], ctx.fuso, "dataFim"),
        unidade=sections.repetido(
            Unidade,
            codigo=values.codigo(visita["co_seq_unidade_saude"]),
            cnes=values.digitos_exatos(visita["nu_cnes"], 7),
            nome=values.texto(visita["no_unidade_saude"]),
        ),
        equipe=sections.repetido(Equipe, ine=values.digitos_exatos(visita["nu_ine"], 10), nome=values.texto(visita["no_equipe"])),
        especialidade=responsavel and values.texto(responsavel["no_cbo"]),
        profissional=profs[ultimo] if ultimo in profs else responsavel and sections.em("profissional", _profissional, responsavel, ctx),
        alergias=sections.em("alergias", _alergias, sections.linhas(dados, "alergias")),
        vacinas=sections.em("vacinas", _vacinas, sections.linhas(dados, "vacinas"), profs, ctx),
        diagnosticos=sections.em("diagnosticos", _diagnosticos, sections.linhas(dados, "diagnosticos"), profs, ctx),
        exames=sections.em("exames", _exames, sections.linhas(dados, "exames"), profs, ctx),
        solicitacoes_exame=sections.em("solicitacoes_exame", _solicitacoes, sections.linhas(dados, "solicitacoes_exame"), profs, ctx),
        prescricoes=sections.em("prescricoes", _prescricoes, sections.linhas(dados, "prescricoes"), profs, inicios, ctx),
        evolucoes=sections.em("evolucoes", _evolucoes, sections.linhas(dados, "evolucoes"), turnos, profs, ctx),
        sinais_vitais=sections.em("sinais_vitais", sinais, sections.linhas(dados, "medicoes"), profs, ctx),
        procedimentos=sections.em("procedimentos", _procedimentos, sections.linhas(dados, "procedimentos"), profs),
        atualizado_em=dates.data_hora(visita["dt_ultima_alteracao_status"], ctx.fuso, "atualizadoEm"),
    )


def _origem(nome: str, *exige: str) -> Origem:
    return Origem(nome, exige)


def _detalhe(nome: str) -> Detalhe:
    return Detalhe(nome)


SISTEMA = Sistema(
    nome="esus_ab",
    origens=(
        _origem("status", "tb_atend.dt_ultima_alteracao_status"),
        _origem("cidadao", "tb_cidadao.dt_atualizado"),
        _origem("retificacao", "tb_retificacao_atend.dt_exclusao", "tb_retificacao_atend.co_unico_atend_prof"),
        _origem("unificacao", "tb_prontuario_grupo_historico.dt_unificacao", "tb_prontuario.co_prontuario_grupo"),
        _origem("auditoria_evolucao", *(f"ta_evolucao_{x}.dt_auditoria" for x in ("subjetivo", "objetivo", "avaliacao", "plano"))),
        _origem(
            "auditoria_itens",
            "ta_medicao.dt_auditoria",
            "ta_receita_medicamento.dt_auditoria",
            "ta_exame_requisitado.dt_auditoria",
            "ta_exame_requisitado.co_atend_prof_solicitacao",
        ),
        _origem("revisao", "tb_revisao.dt_revisao", "tl_atend_prof.co_revisao", "tl_medicao.co_revisao"),
    ),
    detalhes=(
        _detalhe("atendimento"),
        Detalhe(
            "profissionais",
            (("read_profissionais.sql", ("tb_prof.no_civil_profissional",)), ("read_profissionais_old.sql", ("tb_prof.no_profissional",))),
        ),
        Detalhe(
            "responsavel",
            (
                ("read_responsavel.sql", ("tb_atend.co_responsavel", "tb_prof.no_civil_profissional")),
                ("read_responsavel_mixed.sql", ("tb_atend.co_responsavel", "tb_prof.no_profissional")),
                ("read_responsavel_old.sql", ("tb_atend.co_lotacao", "tb_prof.no_profissional")),
            ),
            opcional=True,
        ),
        _detalhe("evolucoes"),
        _detalhe("diagnosticos"),
        _detalhe("medicoes"),
        _detalhe("vacinas"),
        Detalhe(
            "solicitacoes_exame",
            (
                ("read_solicitacoes_exame.sql", ("tb_exame_requisitado.co_atend_prof_solicitacao",)),
                ("read_solicitacoes_exame_old.sql", ("tb_exame_requisitado.co_atend_prof",)),
            ),
        ),
        _detalhe("exames"),
        Detalhe("prescricoes", (("read_prescricoes.sql", ("tb_receita_medicamento.st_interrompido",)), ("read_prescricoes_old.sql", ()))),
        _detalhe("procedimentos"),
        Detalhe(
            "alergias",
            (
                ("read_alergias.sql", ("tb_alergia.co_substancia_especifica", "tb_substancia_espec_alergia.no_substancia_espec_alergia")),
                ("read_alergias_old.sql", ("tb_alergia.no_substancia_especifica",)),
            ),
            opcional=True,
        ),
    ),
    mapear=mapear,
    tipo_chave=int,
)
