"""Tasy: people. A patient is ``PESSOA_FISICA`` with the rows of ``COMPL_PESSOA_FISICA``; professionals come with what they signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.atendimento import Contato, Endereco, Paciente, Profissional
from include.fusion.reading.spec import Contexto, Linha

_VAZIO: Linha = dict.fromkeys((
    "nm_contato", "ds_endereco", "nr_endereco", "ds_complemento", "ds_bairro", "ds_municipio", "sg_estado", "cd_cep", "ds_email", "nr_telefone",
))  # fmt: skip


def _por_tipo(linhas: Sequence[Linha], ctx: Contexto) -> dict[str, Linha]:
    """The newest complement of each kind (rows come in the order in which they were written)."""
    return {ctx.depara.traduzir("tipo_complemento", x["ie_tipo_complemento"]) or "OUTRO": x for x in linhas}


def _contatos(p: Linha, casa: Linha) -> tuple[Contato, ...]:
    achados = (
        ("CELULAR", documents.telefone(p["nr_ddd_celular"], p["nr_telefone_celular"])),
        ("RESIDENCIAL", values.digitos(casa["nr_telefone"])),
        ("EMAIL", values.texto(casa["ds_email"])),
    )
    return tuple(Contato(tipo=tipo, valor=valor) for tipo, valor in achados if valor)


def paciente(p: Linha, complementos: Sequence[Linha], ctx: Contexto) -> Paciente:
    """Patient of a row with the rows of home, mother and father; empty texts are the NULL that Oracle makes of them."""
    nome = values.texto(p["nm_pessoa_fisica"])
    if nome is None:
        raise RegistroInvalido("paciente.nome", "não preenchido na origem")
    por_tipo = _por_tipo(complementos, ctx)
    casa, mae, pai = (por_tipo.get(tipo, _VAZIO) for tipo in ("RESIDENCIAL", "MAE", "PAI"))
    return Paciente(
        codigo=str(p["cd_pessoa_fisica"]),
        nome=nome,
        nome_social=values.texto(p["nm_social"]),
        nome_mae=values.texto(mae["nm_contato"]),
        nome_pai=values.texto(pai["nm_contato"]),
        data_nascimento=dates.data(p["dt_nascimento"], "paciente.dataNascimento"),
        data_obito=dates.data(p["dt_obito"], "paciente.dataObito"),
        sexo=ctx.depara.traduzir("sexo", p["ie_sexo"]) or "IGNORADO",
        raca_cor=ctx.depara.traduzir("raca_cor", p["nr_seq_cor_pele"], p["ds_cor_pele"]),
        cpf=documents.cpf(p["nr_cpf"], ctx),
        cns=documents.cns(p["nr_cartao_nac_sus"], ctx),
        endereco=sections.se_houver(
            Endereco,
            logradouro=values.texto(casa["ds_endereco"]),
            numero=values.codigo(casa["nr_endereco"]),
            complemento=values.texto(casa["ds_complemento"]),
            bairro=values.texto(casa["ds_bairro"]),
            cep=values.digitos_exatos(casa["cd_cep"], 8),
            municipio=values.texto(casa["ds_municipio"]),
            uf=documents.uf(casa["sg_estado"]),
        ),
        contatos=_contatos(p, casa),
    )


@sections.memorizado([f"profissional_{c}" for c in ("codigo", "nome", "cpf", "cns", "crm", "uf")])
def profissional(x: Linha, ctx: Contexto) -> Profissional | None:
    """Who attended or signed (columns ``profissional_*``); only physicians have a council here."""
    registro: Any = values.codigo(x["profissional_crm"])
    return sections.se_houver(
        Profissional,
        codigo=values.codigo(x["profissional_codigo"]),
        nome=values.texto(x["profissional_nome"]),
        cpf=documents.cpf(x["profissional_cpf"], ctx),
        cns=documents.cns(x["profissional_cns"], ctx),
        conselho="CRM" if registro else None,
        numero_conselho=registro,
        uf_conselho=documents.uf(x["profissional_uf"]) if registro else None,
    )


def mapear_paciente(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Paciente:
    """One patient without any attendance (``read_paciente.sql``)."""
    return sections.em("paciente", paciente, sections.unica(dados, "paciente"), sections.linhas(dados, "complementos"), ctx)
