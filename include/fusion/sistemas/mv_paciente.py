"""MV: people. The columns of a patient are the same in an attendance and alone; those of a professional come with what they signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from include.fusion.erros import RegistroInvalido
from include.fusion.modelo import Contato, Endereco, Paciente, Profissional
from include.fusion.sistemas import comum
from include.fusion.sistemas.base import Contexto, Linha

_CNPJ = 14


def _contatos(p: Linha) -> tuple[Contato, ...]:
    achados = (
        ("CELULAR", comum.telefone(p["nr_ddd_celular"], p["nr_celular"])),
        ("RESIDENCIAL", comum.telefone(p["nr_ddd_fone"], p["nr_fone"])),
        ("EMAIL", comum.texto(p["email"])),
    )
    return tuple(Contato(tipo=tipo, valor=valor) for tipo, valor in achados if valor)


def paciente(p: Linha, ctx: Contexto) -> Paciente:
    """Patient of a row; empty texts are the NULL that Oracle makes of them."""
    nome = comum.texto(p["nm_paciente"])
    if nome is None:
        raise RegistroInvalido("paciente.nome", "não preenchido na origem")
    return Paciente(
        codigo=str(p["cd_paciente"]),
        nome=nome,
        # A social name that the patient no longer uses stays in its column.
        nome_social=comum.texto(p["nm_social_paciente"]) if comum.booleano(p["sn_utiliza_nome_social"]) else None,
        nome_mae=comum.texto(p["nm_mae"]),
        nome_pai=comum.texto(p["nm_pai"]),
        data_nascimento=comum.data(p["dt_nascimento"], "paciente.dataNascimento"),
        sexo=ctx.depara.traduzir("sexo", p["tp_sexo"]) or "IGNORADO",
        raca_cor=ctx.depara.traduzir("raca_cor", p["tp_cor"]),
        cpf=comum.cpf(p["nr_cpf"], ctx),
        cns=comum.cns(comum.codigo(p["nr_cns"]) or p["cd_cns"], ctx),
        endereco=comum.se_houver(
            Endereco,
            logradouro=comum.texto(p["ds_endereco"]),
            numero=comum.codigo(p["nr_endereco"]),
            complemento=comum.texto(p["ds_complemento"]),
            bairro=comum.texto(p["nm_bairro"]),
            cep=comum.digitos_exatos(p["nr_cep"], 8),
            municipio=comum.texto(p["nm_cidade"]),
            codigo_ibge=comum.digitos_exatos(p["cd_ibge"], 6, 7),
            uf=comum.uf(p["cd_uf"]),
        ),
        contatos=_contatos(p),
        ativo=comum.booleano(p["sn_ativo"], True),
    )


@comum.memorizado([f"prestador_{c}" for c in ("codigo", "nome", "cpf", "cns", "cbo", "conselho", "registro")])
def profissional(x: Linha, ctx: Contexto) -> Profissional | None:
    """Who attended or signed (columns ``prestador_*``)."""
    documento = comum.digitos(x["prestador_cpf"])
    return comum.se_houver(
        Profissional,
        codigo=comum.codigo(x["prestador_codigo"]),
        nome=comum.texto(x["prestador_nome"]),
        # NR_CPF_CGC is a company's number where the provider is one.
        cpf=None if documento is not None and len(documento) == _CNPJ else comum.cpf(x["prestador_cpf"], ctx),
        cns=comum.cns(x["prestador_cns"], ctx),
        cbo=comum.cbo(x["prestador_cbo"]),
        conselho=ctx.depara.traduzir("conselhos", x["prestador_conselho"]),
        numero_conselho=comum.texto(x["prestador_registro"]),
    )


def mapear_paciente(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Paciente:
    """One patient without any attendance (``paciente.sql``)."""
    return comum.em("paciente", paciente, comum.unica(dados, "paciente"), ctx)
