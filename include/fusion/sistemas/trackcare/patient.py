"""TrackCare: the person and their allergies."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.hl7.build import values as hl7_values
from include.fusion.mapping import documents, values
from include.fusion.model.types import Cns, Cpf
from include.fusion.reading.spec import Row
from include.fusion.sistemas.trackcare.context import NOT_FILLED, Collector, TrackCareContext, day, first, key, moment

_CPF: TypeAdapter[str] = TypeAdapter(Cpf)
_CNS: TypeAdapter[str] = TypeAdapter(Cns)


def name(p: Row, ctx: TrackCareContext) -> str:
    """The columns of the name, joined. Raises ``InvalidRecord`` when all are empty."""
    full_name = " ".join(part for c in ctx.nome_em if (part := values.to_text(p[c])))
    return values.required(full_name or None, "paciente.nome")


def paciente(p: Row, ctx: TrackCareContext) -> hl7_values.PacienteHl7:
    """The person. Raises ``InvalidRecord``: then nothing of this patient can be sent."""
    deceased = values.boolean(p["paper_deceased"], field="paciente.obito")
    return hl7_values.PacienteHl7(
        codigo=key(p["chave"]),
        nome=name(p, ctx),
        nome_social=values.to_text(p[ctx.nome_social_em]),
        nome_mae=values.to_text(p["paper_mothername"]),
        nascimento=day(p["paper_dob"], "paciente.dataNascimento"),
        sexo=ctx.depara.translate("sexo", p["ctsex_code"], p["ctsex_hl7code"]),
        cpf=_document("paciente.cpf", documents.cpf(first(p, ctx.cpf_em), ctx), _CPF),
        cns=_document("paciente.cns", documents.cns(first(p, ctx.cns_em), ctx), _CNS),
        outros=((medical_record, ctx.hl7.autoridade, "MR"),) if (medical_record := values.to_code(p["papmi_no"])) else (),
        endereco=_address(p),
        celular=values.to_text(p["paper_mobphone"]),
        telefone=values.to_text(p["paper_telh"]),
        email=values.to_text(p["paper_email"]),
        obito=deceased,
        obito_em=day(p["paper_deceased_date"], "paciente.dataObito") if deceased else None,
    )


def _document(field: str, number: str | None, rule: TypeAdapter[str]) -> str | None:
    try:
        return None if number is None else rule.validate_python(number)
    except ValidationError as error:
        raise InvalidRecord(field, reason_of(error).partition(": ")[2]) from None


def _address(p: Row) -> hl7_values.Endereco | None:
    street, cep = values.to_text(p["paper_stname"]), values.exact_digits(p["ctzip_code"], 8)
    ibge, city = values.exact_digits(p["ctcit_code"], 6, 7), values.to_text(p["ctcit_desc"])
    return hl7_values.Endereco(logradouro=street, municipio=city, cep=cep, codigo_ibge=ibge) if street or cep or ibge or city else None


def alergias(rows: Sequence[Row], ctx: TrackCareContext, collector: Collector) -> list[hl7_values.Alergia]:
    """Every allergy that can be read. One entered in error is a deletion (action D)."""
    found: list[hl7_values.Alergia] = []
    for x in rows:
        in_error = False
        try:
            in_error = ctx.depara.translate("situacao_registro", x["alg_entrystatus"]) == "ERRO"
            found.append(_alergia(x, ctx, "D" if in_error else "A"))
        except InvalidRecord as error:
            if in_error:
                # The key says which one to delete; IAM-3 must not be empty.
                found.append(hl7_values.Alergia(key(x["alg_rowid"]), hl7_values.Codigo(None, "não informada"), acao="D", situacao="E"))
            else:
                collector.refuse(f"PA_Allergy {key(x['alg_rowid'])}", error)
    return found


def _alergia(x: Row, ctx: TrackCareContext, action: str) -> hl7_values.Alergia:
    text = values.to_text(x["tipo_descricao"]) or values.to_text(x["alg_desc"]) or values.to_text(x["alg_freetextallergy"])
    code = values.to_code(x["tipo_codigo"])
    values.required(text or code, "alergias.substancia", NOT_FILLED)
    inactive = values.to_text(x["alg_inactivedate"]) is not None
    reaction = values.clinical_text(x["alg_reaction"])
    return hl7_values.Alergia(
        codigo=key(x["alg_rowid"]),
        substancia=hl7_values.Codigo(code, text),
        tipo=ctx.depara.translate("tipo_alergia", x["alg_category_dr"]),
        gravidade=ctx.depara.translate("gravidade_alergia", x["alg_severity_dr"]),
        reacoes=(reaction,) if reaction else (),
        inicio=day(x["alg_onsetdate"], "alergias.dataInicio"),
        acao=action,
        situacao="E" if action == "D" else "I" if inactive else ctx.depara.translate("situacao_alergia", x["alg_status"]),
        registrada_em=moment(x["alg_date"], x["alg_time"], ctx.zone, "alergias.data"),
    )
