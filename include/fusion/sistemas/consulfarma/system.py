"""Consulfarma (SQL Server): rows of the contract in ``include/contracts/consulfarma`` → canonical attendance.

Kinds of change: the attendance itself; its patient with allergies and vaccines (every attendance carries them); its clinical items.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping.dates import data, data_hora
from include.fusion.mapping.documents import cid, cns, cpf
from include.fusion.mapping.numbers import numero, numero_se_houver
from include.fusion.mapping.sections import linhas, memorizado, unica
from include.fusion.mapping.values import booleano, codigo, digitos, texto, texto_clinico
from include.fusion.model.atendimento import Atendimento, Profissional
from include.fusion.reading.spec import Contexto, Detalhe, Linha, Origem, Sistema

_CARATER = {"E": "ELETIVO", "U": "URGENCIA"}
_CONTATOS = {"contato_celular": "CELULAR", "contato_residencial": "RESIDENCIAL", "contato_contato": "CONTATO", "contato_email": "EMAIL"}
_BIGINT_MAX = 2**63 - 1


def _chave(valor: str) -> int:
    """A bigint key; stricter than ``int``, which also takes blanks, underscores and foreign digits."""
    if not (valor.isascii() and valor.isdigit()) or int(valor) > _BIGINT_MAX:
        raise ValueError("not a key of this system")
    return int(valor)


def _cheios(**campos: Any) -> dict[str, Any]:
    """Only what has a value: defaults apply, and what must be there is reported as absent."""
    return {nome: valor for nome, valor in campos.items() if valor is not None}


@memorizado([f"profissional_{c}" for c in ("codigo", "nome", "cpf", "cns", "cbo", "conselho", "numero_conselho", "uf_conselho")])
def _profissional(linha: Linha, ctx: Contexto) -> Profissional | dict[str, Any] | None:
    campos = _cheios(
        codigo=codigo(linha["profissional_codigo"]),
        nome=texto(linha["profissional_nome"]),
        cpf=cpf(linha["profissional_cpf"], ctx),
        cns=cns(linha["profissional_cns"], ctx),
        cbo=texto(linha["profissional_cbo"]),
        conselho=texto(linha["profissional_conselho"]),
        numero_conselho=texto(linha["profissional_numero_conselho"]),
        uf_conselho=texto(linha["profissional_uf_conselho"]),
    )
    try:
        return Profissional(**campos) if campos else None
    except ValidationError:
        return campos  # The validation of the whole record says where it is wrong.


def _paciente(linha: Linha, ctx: Contexto) -> dict[str, Any]:
    contatos = [(tipo, texto(linha[coluna])) for coluna, tipo in _CONTATOS.items()]
    return _cheios(
        codigo=codigo(linha["paciente_codigo"]),
        nome=texto(linha["paciente_nome"]),
        nome_social=texto(linha["paciente_nome_social"]),
        nome_mae=texto(linha["paciente_nome_mae"]),
        nome_pai=texto(linha["paciente_nome_pai"]),
        data_nascimento=data(linha["paciente_data_nascimento"], "paciente.data_nascimento"),
        data_obito=data(linha["paciente_data_obito"], "paciente.data_obito"),
        sexo=ctx.depara.traduzir("sexo", linha["paciente_sexo"]),
        raca_cor=ctx.depara.traduzir("raca_cor", linha["paciente_raca_cor"]),
        cpf=cpf(linha["paciente_cpf"], ctx),
        cns=cns(linha["paciente_cns"], ctx),
        endereco=_cheios(
            logradouro=texto(linha["endereco_logradouro"]),
            numero=texto(linha["endereco_numero"]),
            complemento=texto(linha["endereco_complemento"]),
            bairro=texto(linha["endereco_bairro"]),
            cep=digitos(linha["endereco_cep"], 8),
            municipio=texto(linha["endereco_municipio"]),
            codigo_ibge=digitos(linha["endereco_codigo_ibge"]),
            uf=texto(linha["endereco_uf"]),
        )
        or None,
        contatos=[{"tipo": tipo, "valor": valor} for tipo, valor in contatos if valor],
        ativo=booleano(linha["paciente_ativo"], True),
        unificado_em=codigo(linha["paciente_unificado_em"]),
    )


def _alergia(linha: Linha, ctx: Contexto) -> dict[str, Any]:
    return _cheios(
        codigo=codigo(linha["codigo"]),
        substancia=texto(linha["substancia"]),
        categoria=ctx.depara.traduzir("categoria_alergia", linha["categoria"]),
        gravidade=ctx.depara.traduzir("gravidade_alergia", linha["gravidade"]),
        nega=booleano(linha["nega"]),
        reacao=texto_clinico(linha["reacao"]),
        data_inicio=data(linha["data_inicio"], "alergias.data_inicio"),
        ativa=booleano(linha["ativa"], True),
    )


def _vacina(linha: Linha, ctx: Contexto) -> dict[str, Any]:
    return _cheios(
        codigo=codigo(linha["codigo"]),
        imunobiologico=ctx.depara.traduzir("vacinas", linha["imunobiologico"]),
        nome=texto(linha["nome"]),
        dose=codigo(linha["dose"]),
        estrategia=codigo(linha["estrategia"]),
        via=ctx.depara.traduzir("vias", linha["via"]),
        local_aplicacao=codigo(linha["local_aplicacao"]),
        lote=texto(linha["lote"]),
        fabricante=texto(linha["fabricante"]),
        validade_lote=data(linha["validade_lote"], "vacinas.validade_lote"),
        data_aplicacao=data_hora(linha["aplicada_em"], ctx.fuso, "vacinas.data_aplicacao"),
        aprazamento=data(linha["aprazamento"], "vacinas.aprazamento"),
        registro_anterior=booleano(linha["registro_anterior"]),
        observacao=texto_clinico(linha["observacao"]),
        profissional=_profissional(linha, ctx),
    )


def _cirurgia(linha: Linha, ctx: Contexto) -> dict[str, Any]:
    return _cheios(
        codigo=codigo(linha["codigo"]),
        procedimento=codigo(linha["procedimento"]),
        descricao=texto(linha["descricao"]),
        situacao=ctx.depara.traduzir("situacao_cirurgia", linha["situacao"]),
        inicio=data_hora(linha["inicio"], ctx.fuso, "cirurgias.inicio"),
        fim=data_hora(linha["fim"], ctx.fuso, "cirurgias.fim"),
        principal=booleano(linha["principal"], True),
        lateralidade=texto(linha["lateralidade"]),
        sala=texto(linha["sala"]),
        observacao=texto_clinico(linha["observacao"]),
        profissional=_profissional(linha, ctx),
    )


def _diagnostico(linha: Linha, ctx: Contexto) -> dict[str, Any]:
    return _cheios(
        codigo=codigo(linha["codigo"]),
        cid10=cid(linha["cid10"], "diagnosticos.cid10"),
        descricao=texto(linha["descricao"]),
        tipo=ctx.depara.traduzir("tipo_diagnostico", linha["tipo"]),
        data=data_hora(linha["registrado_em"], ctx.fuso, "diagnosticos.data"),
        observacao=texto_clinico(linha["observacao"]),
        profissional=_profissional(linha, ctx),
    )


def _resultado(linha: Linha) -> dict[str, Any]:
    valor = numero(linha["valor_numerico"], "exames.resultados.valor_numerico")
    return _cheios(
        nome=texto(linha["nome"]),
        valor=texto_clinico(linha["valor"]),
        valor_numerico=numero_se_houver(linha["valor"]) if valor is None else valor,
        unidade=texto(linha["unidade"]),
        referencia=texto(linha["referencia"]),
    )


def _exame(linha: Linha, resultados: Sequence[Linha], ctx: Contexto) -> dict[str, Any]:
    return _cheios(
        codigo=codigo(linha["codigo"]),
        procedimento=codigo(linha["procedimento"]),
        nome=texto(linha["nome"]),
        solicitado_em=data_hora(linha["solicitado_em"], ctx.fuso, "exames.solicitado_em"),
        realizado_em=data_hora(linha["realizado_em"], ctx.fuso, "exames.realizado_em"),
        resultado_em=data_hora(linha["resultado_em"], ctx.fuso, "exames.resultado_em"),
        laudo=texto_clinico(linha["laudo"]),
        resultados=[_resultado(r) for r in resultados],
        profissional=_profissional(linha, ctx),
    )


def _prescricao(linha: Linha, ctx: Contexto) -> dict[str, Any]:
    return _cheios(
        codigo=codigo(linha["codigo"]),
        medicamento=codigo(linha["medicamento"]),
        nome=texto(linha["nome"]),
        concentracao=texto(linha["concentracao"]),
        dose=texto(linha["dose"]),
        unidade_dose=texto(linha["unidade_dose"]),
        via=ctx.depara.traduzir("vias", linha["via"]),
        frequencia=texto(linha["frequencia"]),
        posologia=texto_clinico(linha["posologia"]),
        quantidade=numero(linha["quantidade"], "prescricoes.quantidade"),
        uso_continuo=booleano(linha["uso_continuo"]),
        inicio=data(linha["inicio"], "prescricoes.inicio"),
        fim=data(linha["fim"], "prescricoes.fim"),
        prescrito_em=data_hora(linha["prescrito_em"], ctx.fuso, "prescricoes.prescrito_em"),
        suspenso=booleano(linha["suspenso"]),
        recomendacao=texto_clinico(linha["recomendacao"]),
        profissional=_profissional(linha, ctx),
    )


def _carater(valor: Any) -> str | None:
    sigla = texto(valor)
    if sigla is not None and sigla.upper() not in _CARATER:
        raise RegistroInvalido("carater", "valor fora da lista aceita")
    return sigla and _CARATER[sigla.upper()]


def mapear(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Atendimento:
    """One attendance with everything it carries. Raises ``RegistroInvalido`` or ``pydantic.ValidationError``, never a driver's error."""
    a = unica(dados, "atendimento")
    resultados: defaultdict[Any, list[Linha]] = defaultdict(list)
    for linha in linhas(dados, "exames_resultados"):
        resultados[codigo(linha["exame"])].append(linha)
    return Atendimento.model_validate(
        _cheios(
            codigo=codigo(a["chave"]),
            paciente=_paciente(a, ctx),
            tipo=ctx.depara.traduzir("tipo_atendimento", a["tipo"]),
            situacao=ctx.depara.traduzir("situacao_atendimento", a["situacao"]),
            carater=_carater(a["carater"]),
            data_inicio=data_hora(a["data_inicio"], ctx.fuso, "data_inicio"),
            data_fim=data_hora(a["data_fim"], ctx.fuso, "data_fim"),
            data_alta_medica=data_hora(a["data_alta_medica"], ctx.fuso, "data_alta_medica"),
            motivo_alta=codigo(a["motivo_alta"]),
            queixa_principal=texto_clinico(a["queixa_principal"]),
            unidade=_cheios(codigo=codigo(a["unidade_codigo"]), cnes=digitos(a["unidade_cnes"], 7), nome=texto(a["unidade_nome"])) or None,
            setor=texto(a["setor"]),
            leito=codigo(a["leito"]),
            especialidade=texto(a["especialidade"]),
            convenio=texto(a["convenio"]),
            profissional=_profissional(a, ctx),
            alergias=[_alergia(x, ctx) for x in linhas(dados, "alergias")],
            vacinas=[_vacina(x, ctx) for x in linhas(dados, "vacinas")],
            cirurgias=[_cirurgia(x, ctx) for x in linhas(dados, "cirurgias")],
            diagnosticos=[_diagnostico(x, ctx) for x in linhas(dados, "diagnosticos")],
            exames=[_exame(x, resultados[codigo(x["codigo"])], ctx) for x in linhas(dados, "exames")],
            prescricoes=[_prescricao(x, ctx) for x in linhas(dados, "prescricoes")],
            atualizado_em=data_hora(a["atualizado_em"], ctx.fuso, "atualizado_em"),
        )
    )


_DETALHES = ("atendimento", "alergias", "vacinas", "cirurgias", "diagnosticos", "exames", "exames_resultados", "prescricoes")

SISTEMA = Sistema(
    nome="consulfarma",
    origens=(Origem("atendimento"), Origem("paciente"), Origem("clinico")),
    detalhes=tuple(map(Detalhe, _DETALHES)),
    mapear=mapear,
    tipo_chave=_chave,
)
