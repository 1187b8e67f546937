"""MV: people. A patient has the same columns in an attendance and alone; a professional comes with each row that they signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.atendimento import Contato, Endereco, Paciente, Profissional
from include.fusion.reading.spec import MappingContext, Row

_CNPJ = 14


def _contatos(p: Row) -> tuple[Contato, ...]:
    found = (
        ("CELULAR", documents.phone(p["nr_ddd_celular"], p["nr_celular"])),
        ("RESIDENCIAL", documents.phone(p["nr_ddd_fone"], p["nr_fone"])),
        ("EMAIL", values.to_text(p["email"])),
    )
    return tuple(Contato(tipo=kind, valor=value) for kind, value in found if value)


def paciente(p: Row, ctx: MappingContext) -> Paciente:
    """Patient of a row. Raises ``InvalidRecord`` when the name is missing."""
    return Paciente(
        codigo=str(p["cd_paciente"]),
        nome=values.required(values.to_text(p["nm_paciente"]), "paciente.nome"),
        # MV keeps a social name that the patient no longer uses.
        nome_social=values.to_text(p["nm_social_paciente"]) if values.boolean(p["sn_utiliza_nome_social"]) else None,
        nome_mae=values.to_text(p["nm_mae"]),
        nome_pai=values.to_text(p["nm_pai"]),
        data_nascimento=dates.to_date(p["dt_nascimento"], "paciente.dataNascimento"),
        sexo=ctx.depara.translate("sexo", p["tp_sexo"]) or "IGNORADO",
        raca_cor=ctx.depara.translate("raca_cor", p["tp_cor"]),
        cpf=documents.cpf(p["nr_cpf"], ctx),
        cns=documents.cns(values.to_code(p["nr_cns"]) or p["cd_cns"], ctx),
        endereco=sections.if_any(
            Endereco,
            logradouro=values.to_text(p["ds_endereco"]),
            numero=values.to_code(p["nr_endereco"]),
            complemento=values.to_text(p["ds_complemento"]),
            bairro=values.to_text(p["nm_bairro"]),
            cep=values.exact_digits(p["nr_cep"], 8),
            municipio=values.to_text(p["nm_cidade"]),
            codigo_ibge=values.exact_digits(p["cd_ibge"], 6, 7),
            uf=documents.uf(p["cd_uf"]),
        ),
        contatos=_contatos(p),
        ativo=values.boolean(p["sn_ativo"], True),
    )


@sections.memoised([f"prestador_{c}" for c in ("codigo", "nome", "cpf", "cns", "cbo", "conselho", "registro")])
def profissional(x: Row, ctx: MappingContext) -> Profissional | None:
    """Who attended or signed (columns ``prestador_*``)."""
    document = values.digits(x["prestador_cpf"])
    return sections.if_any(
        Profissional,
        codigo=values.to_code(x["prestador_codigo"]),
        nome=values.to_text(x["prestador_nome"]),
        # NR_CPF_CGC holds a CNPJ when the provider is a company.
        cpf=None if document is not None and len(document) == _CNPJ else documents.cpf(x["prestador_cpf"], ctx),
        cns=documents.cns(x["prestador_cns"], ctx),
        cbo=documents.cbo(x["prestador_cbo"]),
        conselho=ctx.depara.translate("conselhos", x["prestador_conselho"]),
        numero_conselho=values.to_text(x["prestador_registro"]),
    )


def map_paciente(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Paciente:
    """One row of ``read_paciente.sql`` → canonical patient."""
    return sections.within("paciente", paciente, sections.only_row(data, "paciente"), ctx)
