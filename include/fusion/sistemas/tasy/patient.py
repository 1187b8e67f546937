"""Tasy: people. A patient is ``PESSOA_FISICA`` with rows of ``COMPL_PESSOA_FISICA``; a professional comes with each row that they signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.atendimento import Contato, Endereco, Paciente, Profissional
from include.fusion.reading.spec import MappingContext, Row

_EMPTY: Row = dict.fromkeys((
    "nm_contato", "ds_endereco", "nr_endereco", "ds_complemento", "ds_bairro", "ds_municipio", "sg_estado", "cd_cep", "ds_email", "nr_telefone",
))  # fmt: skip


def _contatos(p: Row, home: Row) -> tuple[Contato, ...]:
    found = (
        ("CELULAR", documents.phone(p["nr_ddd_celular"], p["nr_telefone_celular"])),
        ("RESIDENCIAL", values.digits(home["nr_telefone"])),
        ("EMAIL", values.to_text(home["ds_email"])),
    )
    return tuple(Contato(tipo=kind, valor=value) for kind, value in found if value)


def paciente(p: Row, complements: Sequence[Row], ctx: MappingContext) -> Paciente:
    """Patient of a row, with the rows of home, mother and father. Raises ``InvalidRecord`` when the name is missing."""
    name = values.required(values.to_text(p["nm_pessoa_fisica"]), "paciente.nome")
    # Rows come in the order they were written: the newest of each kind wins.
    by_kind = {ctx.depara.translate("tipo_complemento", x["ie_tipo_complemento"]): x for x in complements}
    home, mother, father = (by_kind.get(kind, _EMPTY) for kind in ("RESIDENCIAL", "MAE", "PAI"))
    return Paciente(
        codigo=str(p["cd_pessoa_fisica"]),
        nome=name,
        nome_social=values.to_text(p["nm_social"]),
        nome_mae=values.to_text(mother["nm_contato"]),
        nome_pai=values.to_text(father["nm_contato"]),
        data_nascimento=dates.to_date(p["dt_nascimento"], "paciente.dataNascimento"),
        data_obito=dates.to_date(p["dt_obito"], "paciente.dataObito"),
        sexo=ctx.depara.translate("sexo", p["ie_sexo"]) or "IGNORADO",
        raca_cor=ctx.depara.translate("raca_cor", p["nr_seq_cor_pele"], p["ds_cor_pele"]),
        cpf=documents.cpf(p["nr_cpf"], ctx),
        cns=documents.cns(p["nr_cartao_nac_sus"], ctx),
        endereco=sections.if_any(
            Endereco,
            logradouro=values.to_text(home["ds_endereco"]),
            numero=values.to_code(home["nr_endereco"]),
            complemento=values.to_text(home["ds_complemento"]),
            bairro=values.to_text(home["ds_bairro"]),
            cep=values.exact_digits(home["cd_cep"], 8),
            municipio=values.to_text(home["ds_municipio"]),
            uf=documents.uf(home["sg_estado"]),
        ),
        contatos=_contatos(p, home),
    )


@sections.memoised([f"profissional_{c}" for c in ("codigo", "nome", "cpf", "cns", "crm", "uf")])
def profissional(x: Row, ctx: MappingContext) -> Profissional | None:
    """Who attended or signed (columns ``profissional_*``). Only physicians have a council in Tasy."""
    crm = values.to_code(x["profissional_crm"])
    return sections.if_any(
        Profissional,
        codigo=values.to_code(x["profissional_codigo"]),
        nome=values.to_text(x["profissional_nome"]),
        cpf=documents.cpf(x["profissional_cpf"], ctx),
        cns=documents.cns(x["profissional_cns"], ctx),
        conselho="CRM" if crm else None,
        numero_conselho=crm,
        uf_conselho=documents.uf(x["profissional_uf"]) if crm else None,
    )


def map_paciente(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Paciente:
    """One row of ``read_paciente.sql`` → canonical patient."""
    return sections.within("paciente", paciente, sections.only_row(data, "paciente"), sections.rows(data, "complementos"), ctx)
