"""MV: people. The columns of a patient are the same in an attendance and alone; those of a professional come with what they signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.atendimento import Contato, Endereco, Paciente, Profissional
from include.fusion.reading.spec import Contexto, Linha

_CNPJ = 14


def _contatos(p: Linha) -> tuple[Contato, ...]:
    achados = (
        ("CELULAR", documents.telefone(p["nr_ddd_celular"], p["nr_celular"])),
        ("RESIDENCIAL", documents.telefone(p["nr_ddd_fone"], p["nr_fone"])),
        ("EMAIL", values.texto(p["email"])),
    )
    return tuple(Contato(tipo=tipo, valor=valor) for tipo, valor in achados if valor)


def paciente(p: Linha, ctx: Contexto) -> Paciente:
    """Patient of a row; empty texts are the NULL that Oracle makes of them."""
    nome = values.texto(p["nm_paciente"])
    if nome is None:
        raise RegistroInvalido("paciente.nome", "não preenchido na origem")
    return Paciente(
        codigo=str(p["cd_paciente"]),
        nome=nome,
        # A social name that the patient no longer uses stays in its column.
        nome_social=values.texto(p["nm_social_paciente"]) if values.booleano(p["sn_utiliza_nome_social"]) else None,
        nome_mae=values.texto(p["nm_mae"]),
        nome_pai=values.texto(p["nm_pai"]),
        data_nascimento=dates.data(p["dt_nascimento"], "paciente.dataNascimento"),
        sexo=ctx.depara.traduzir("sexo", p["tp_sexo"]) or "IGNORADO",
        raca_cor=ctx.depara.traduzir("raca_cor", p["tp_cor"]),
        cpf=documents.cpf(p["nr_cpf"], ctx),
        cns=documents.cns(values.codigo(p["nr_cns"]) or p["cd_cns"], ctx),
        endereco=sections.se_houver(
            Endereco,
            logradouro=values.texto(p["ds_endereco"]),
            numero=values.codigo(p["nr_endereco"]),
            complemento=values.texto(p["ds_complemento"]),
            bairro=values.texto(p["nm_bairro"]),
            cep=values.digitos_exatos(p["nr_cep"], 8),
            municipio=values.texto(p["nm_cidade"]),
            codigo_ibge=values.digitos_exatos(p["cd_ibge"], 6, 7),
            uf=documents.uf(p["cd_uf"]),
        ),
        contatos=_contatos(p),
        ativo=values.booleano(p["sn_ativo"], True),
    )


@sections.memorizado([f"prestador_{c}" for c in ("codigo", "nome", "cpf", "cns", "cbo", "conselho", "registro")])
def profissional(x: Linha, ctx: Contexto) -> Profissional | None:
    """Who attended or signed (columns ``prestador_*``)."""
    documento = values.digitos(x["prestador_cpf"])
    return sections.se_houver(
        Profissional,
        codigo=values.codigo(x["prestador_codigo"]),
        nome=values.texto(x["prestador_nome"]),
        # NR_CPF_CGC is a company's number where the provider is one.
        cpf=None if documento is not None and len(documento) == _CNPJ else documents.cpf(x["prestador_cpf"], ctx),
        cns=documents.cns(x["prestador_cns"], ctx),
        cbo=documents.cbo(x["prestador_cbo"]),
        conselho=ctx.depara.traduzir("conselhos", x["prestador_conselho"]),
        numero_conselho=values.texto(x["prestador_registro"]),
    )


def mapear_paciente(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Paciente:
    """One patient without any attendance (``read_paciente.sql``)."""
    return sections.em("paciente", paciente, sections.unica(dados, "paciente"), ctx)
