"""Sotech (Sistema IS, PostgreSQL, schemas ``sotech`` and ``pep``): what changes, what is read, how an attendance becomes the canonical one.

A record is one ``sotech.ate_atendimento`` (key ``pkatendimento``). Decisions:

- No column says when a row changed. Every row has ``version``, which a trigger counts up, and ``ativo`` (false: deleted). So the hub
  compares every row with what it saw last (``include/fusion/change/version_scan.py``). The content hash then tells what is new to Fusion:
  many rows make one record, so the version of one row cannot.
- An inactive attendance is not read: the queued record is cancelled in Fusion.
- Only ``datasaida`` says whether an attendance is over.
- Tables that are not public are our contract (``include/contracts/sotech``). A site's own SQL may add columns that only some sites have
  (race, CNES, CPF of a professional).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.atendimento import Atendimento, Contato, Endereco, Paciente, Unidade
from include.fusion.reading.keys import INTEGER
from include.fusion.reading.spec import Detail, MappingContext, QueueProcess, Row, Snapshot, SystemSpec
from include.fusion.sistemas.sotech import clinical

_CONTACTS = (("celular1", "CELULAR"), ("celular2", "CELULAR"), ("telefone", "RESIDENCIAL"), ("email", "EMAIL"))


def _contatos(rows: Sequence[Row]) -> Iterator[Contato]:
    for kind, value in dict.fromkeys((kind, values.to_text(x.get(column))) for x in rows for column, kind in _CONTACTS):
        if value is not None:
            yield Contato(tipo=kind, valor=value)


def paciente(p: Row, contatos: Sequence[Row], ctx: MappingContext) -> Paciente:
    """The patient of an attendance's row, with their contacts."""
    return Paciente(
        codigo=str(p["paciente_codigo"]),
        nome=values.required(values.to_text(p["paciente_nome"]), "paciente.nome"),
        nome_social=values.to_text(p.get("paciente_nome_social")),
        nome_mae=values.to_text(p["paciente_nome_mae"]),
        nome_pai=values.to_text(p["paciente_nome_pai"]),
        data_nascimento=dates.to_date(p["paciente_data_nascimento"], "paciente.dataNascimento"),
        data_obito=dates.to_date(p.get("paciente_data_obito"), "paciente.dataObito"),
        sexo=ctx.depara.translate("sexo", p["paciente_sexo_nome"], p["paciente_sexo_codigo"]) or "IGNORADO",
        raca_cor=ctx.depara.translate("raca_cor", p.get("paciente_raca_cor")),
        cpf=documents.cpf(p["paciente_cpf"], ctx),
        cns=documents.cns(p["paciente_cns"], ctx),
        endereco=sections.if_any(
            Endereco,
            logradouro=values.to_text(p["endereco_logradouro"]),
            numero=values.to_code(p["endereco_numero"]),
            complemento=values.to_text(p["endereco_complemento"]),
            bairro=values.to_text(p["endereco_bairro"]),
            cep=values.exact_digits(p.get("endereco_cep"), 8),
            municipio=values.to_text(p["endereco_municipio"]),
            codigo_ibge=values.exact_digits(p.get("endereco_codigo_ibge"), 6, 7),
            uf=documents.uf(p["endereco_uf"]),
        ),
        contatos=tuple(_contatos(contatos)),
        ativo=values.boolean(p["paciente_ativo"], True),
    )


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Atendimento:
    """One attendance with its detail rows → canonical attendance. Raises ``InvalidRecord`` or ``pydantic.ValidationError``."""
    a = sections.only_row(data, "atendimento")
    start = dates.date_time(a["data_inicio"], ctx.zone, "dataInicio")
    kind = ctx.depara.translate("tipo_atendimento", a["tipo_codigo"], a["tipo_nome"])
    start, kind = values.required(start, "dataInicio"), values.required(kind, "tipo")
    end = dates.date_time(a["data_fim"], ctx.zone, "dataFim")

    def rows(name: str) -> Sequence[Row]:
        return sections.rows(data, name)

    return Atendimento(
        codigo=str(a["chave"]),
        paciente=sections.within("paciente", paciente, a, rows("contatos"), ctx),
        tipo=kind,
        situacao="EM_ATENDIMENTO" if end is None else "FINALIZADO",
        data_inicio=start,
        data_fim=end,
        queixa_principal=values.clinical_text(a["queixa_principal"]),
        unidade=sections.repeated(
            Unidade,
            codigo=values.to_code(a["unidade_codigo"]),
            nome=values.to_text(a["unidade_nome"]),
            cnes=values.exact_digits(a.get("unidade_cnes"), 7),
        ),
        setor=values.to_text(a["setor"]),
        leito=ctx.depara.translate("leitos", a["leito"]),
        especialidade=values.to_text(a["especialidade"]),
        profissional=sections.within("profissional", clinical.profissional, a, ctx),
        diagnosticos=sections.within("diagnosticos", clinical.diagnosticos, a, rows("diagnosticos"), start, ctx),
        anamneses=sections.within("anamneses", clinical.anamneses, rows("anamneses"), ctx),
        evolucoes=sections.within("evolucoes", clinical.evolucoes, rows("evolucoes"), ctx),
        sinais_vitais=sections.within("sinaisVitais", clinical.sinais, rows("sinais_vitais"), ctx),
        prescricoes=sections.within("prescricoes", clinical.prescricoes, rows("prescricoes"), ctx),
        exames=sections.within("exames", clinical.exames, rows("exames"), rows("exames_resultados"), ctx),
        movimentacoes_leito=sections.within("movimentacoesLeito", clinical.movimentacoes, rows("movimentacoes"), ctx),
    )


_PEP = ("subjetivo", "diagnostico", "evolucao", "sinalvital", "prescricao", "prescricao_item", "exame", "exame_resultado")
_DETAILS = (
    "atendimento", "contatos", "movimentacoes", "diagnosticos", "anamneses", "evolucoes", "sinais_vitais", "prescricoes", "exames",
    "exames_resultados",
)  # fmt: skip

SYSTEM = SystemSpec(
    nome="sotech",
    origins=(),
    snapshots=(
        Snapshot("atendimento", "sotech.ate_atendimento", principal=True),
        Snapshot("movimentacao_leito", "sotech.ate_movimentacao_leito"),
        *(Snapshot(name, f"pep.ate_{name}") for name in _PEP),
        # A patient's change reaches all of their attendances.
        Snapshot("paciente", "sotech.cdg_paciente", sql_targets="targets.sql"),
        Snapshot("contato", "sotech.cdg_contato", sql_targets="targets.sql"),
    ),
    sql_changes="counters.sql",
    sql_cancelled="cancelled.sql",
    details=tuple(map(Detail, _DETAILS)),
    map_record=map_record,
    key_type=INTEGER,
    processos=(QueueProcess("integracao", "PendenciaIntegracao", cancel_absent=True),),
)
