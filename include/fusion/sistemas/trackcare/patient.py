"""TrackCare: the person and the allergies, which belong to the person."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from include.fusion.errors import RegistroInvalido, motivo_de
from include.fusion.hl7.build import values as hl7_values
from include.fusion.mapping import documents, values
from include.fusion.model.types import Cns, Cpf
from include.fusion.reading.spec import Linha
from include.fusion.sistemas.trackcare.context import Coleta, ContextoTrackCare, chave, dia, momento, primeiro

_CPF: TypeAdapter[str] = TypeAdapter(Cpf)
_CNS: TypeAdapter[str] = TypeAdapter(Cns)


def nome(p: Linha, ctx: ContextoTrackCare) -> str:
    """The name's columns in reading order."""
    inteiro = " ".join(parte for c in ctx.nome_em if (parte := values.texto(p[c])))
    if not inteiro:
        raise RegistroInvalido("paciente.nome", "não preenchido na origem")
    return inteiro


def paciente(p: Linha, ctx: ContextoTrackCare) -> hl7_values.PacienteHl7:
    """The person; ``RegistroInvalido`` when nothing of this patient can travel."""
    obito = values.booleano(p["paper_deceased"], campo="paciente.obito")
    return hl7_values.PacienteHl7(
        codigo=chave(p["chave"]),
        nome=nome(p, ctx),
        nome_social=values.texto(p[ctx.nome_social_em]),
        nome_mae=values.texto(p["paper_mothername"]),
        nascimento=dia(p["paper_dob"], "paciente.dataNascimento"),
        sexo=ctx.depara.traduzir("sexo", p["ctsex_code"], p["ctsex_hl7code"]),
        cpf=_documento("paciente.cpf", documents.cpf(primeiro(p, ctx.cpf_em), ctx), _CPF),
        cns=_documento("paciente.cns", documents.cns(primeiro(p, ctx.cns_em), ctx), _CNS),
        outros=((prontuario, ctx.hl7.autoridade, "MR"),) if (prontuario := values.codigo(p["papmi_no"])) else (),
        endereco=_endereco(p),
        celular=values.texto(p["paper_mobphone"]),
        telefone=values.texto(p["paper_telh"]),
        email=values.texto(p["paper_email"]),
        obito=obito,
        obito_em=dia(p["paper_deceased_date"], "paciente.dataObito") if obito else None,
    )


def _documento(campo: str, numero: str | None, regra: TypeAdapter[str]) -> str | None:
    try:
        return None if numero is None else regra.validate_python(numero)
    except ValidationError as erro:
        raise RegistroInvalido(campo, motivo_de(erro).partition(": ")[2]) from None


def _endereco(p: Linha) -> hl7_values.Endereco | None:
    rua, cep = values.texto(p["paper_stname"]), values.digitos_exatos(p["ctzip_code"], 8)
    ibge, cidade = values.digitos_exatos(p["ctcit_code"], 6, 7), values.texto(p["ctcit_desc"])
    return hl7_values.Endereco(logradouro=rua, municipio=cidade, cep=cep, codigo_ibge=ibge) if rua or cep or ibge or cidade else None


def alergias(linhas: Sequence[Linha], ctx: ContextoTrackCare, coleta: Coleta) -> list[hl7_values.Alergia]:
    """Every allergy that can be read; those entered in error as deletions."""
    lidas: list[hl7_values.Alergia] = []
    for x in linhas:
        em_erro = False
        try:
            em_erro = ctx.depara.traduzir("situacao_registro", x["alg_entrystatus"]) == "ERRO"
            lidas.append(_alergia(x, ctx, "D" if em_erro else "A"))
        except RegistroInvalido as erro:
            if em_erro:
                # Its number says which one to delete; IAM-3 must not be empty.
                lidas.append(hl7_values.Alergia(chave(x["alg_rowid"]), hl7_values.Codigo(None, "não informada"), acao="D", situacao="E"))
            else:
                coleta.recusar(f"PA_Allergy {chave(x['alg_rowid'])}", erro)
    return lidas


def _alergia(x: Linha, ctx: ContextoTrackCare, acao: str) -> hl7_values.Alergia:
    texto = values.texto(x["tipo_descricao"]) or values.texto(x["alg_desc"]) or values.texto(x["alg_freetextallergy"])
    codigo = values.codigo(x["tipo_codigo"])
    if texto is None and codigo is None:
        raise RegistroInvalido("alergias.substancia", "não preenchida na origem")
    inativa = values.texto(x["alg_inactivedate"]) is not None
    reacao = values.texto_clinico(x["alg_reaction"])
    return hl7_values.Alergia(
        codigo=chave(x["alg_rowid"]),
        substancia=hl7_values.Codigo(codigo, texto),
        tipo=ctx.depara.traduzir("tipo_alergia", x["alg_category_dr"]),
        gravidade=ctx.depara.traduzir("gravidade_alergia", x["alg_severity_dr"]),
        reacoes=(reacao,) if reacao else (),
        inicio=dia(x["alg_onsetdate"], "alergias.dataInicio"),
        acao=acao,
        situacao="E" if acao == "D" else "I" if inativa else ctx.depara.traduzir("situacao_alergia", x["alg_status"]),
        registrada_em=momento(x["alg_date"], x["alg_time"], ctx.fuso, "alergias.data"),
    )
