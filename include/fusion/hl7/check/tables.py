"""Fields for the checker: Portuguese name, data type, whether required; and the closed tables of the standard.

Each field: number, name, type, then ``!`` required, ``+`` repeats, ``=NNNN`` table, ``<N`` longest. Only required fields and fields that this
project uses are listed; others are not checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Field:
    numero: int
    nome: str
    tipo: str
    required: bool
    repeats: bool
    table: str
    maximo: int


_COMMON = {
    "MSH": "3 aplicação de origem:HD <180;4 unidade de origem:HD <180;5 aplicação de destino:HD <180;6 unidade de destino:HD <180;"
    "7 data e hora da mensagem:TS !;9 tipo de mensagem:MSG !;10 identificador de controle:ST ! <20;11 processamento:PT ! =0103;"
    "12 versão:VID ! =0104;15 aceite:ID =0155;16 confirmação da aplicação:ID =0155;17 país:ID;18 charset:ID + =0211",
    "EVN": "1 evento:ID;2 data e hora do registro:TS !;6 data e hora do evento:TS",
    "PID": "1 sequência:SI;3 identificadores do paciente:CX ! +;5 nome do paciente:XPN ! + <250;6 nome da mãe:XPN +;7 data de nascimento:TS;8 sexo:IS =0001;"
    "10 raça:CE +;11 endereço:XAD +;13 telefone:XTN +;29 data do óbito:TS;30 indicador de óbito:ID =0136",
    "PV1": "1 sequência:SI;2 classe do paciente:IS ! =0004;3 localização:PL;4 tipo de admissão:IS;6 localização anterior:PL;7 médico responsável:XCN +;"
    "10 especialidade:IS;17 médico que admitiu:XCN +;19 número do atendimento:CX;36 destino na alta:IS;44 data da admissão:TS;45 data da alta:TS +",
    "MRG": "1 identificadores anteriores:CX ! +",
    "AL1": "1 sequência:SI !;2 tipo de alergia:CE =0127;3 substância:CE !;4 gravidade:CE =0128;5 reação:ST +;6 início:DT",
    "IAM": "1 sequência:SI !;2 tipo de alergia:CE =0127;3 substância:CE !;4 gravidade:CE =0128;5 reação:ST +;6 ação:CNE ! =0323;7 identificador:EI;"
    "11 início:DT;13 registro:TS;17 situação:CE =0438",
    "DG1": "1 sequência:SI !;3 diagnóstico:CE;4 descrição:ST;5 data:TS;6 tipo:IS ! =0052;15 prioridade:ID;16 profissional:XCN +",
    "PR1": "1 sequência:SI !;3 procedimento:CE !;4 descrição:ST;5 data:TS !;6 tipo:IS =0230;7 minutos:NM;11 cirurgião:XCN +",
    "OBR": "1 sequência:SI;2 pedido:EI;3 número do executor:EI;4 exame ou painel:CE !;7 data da observação:TS;22 data do resultado:TS;25 situação:ID =0123",
    "OBX": "1 sequência:SI;2 tipo do valor:ID =0125;3 observação:CE !;4 subidentificador:ST;5 valor:* + <65536;6 unidade:CE;11 situação:ID ! =0085;"
    "14 data da observação:TS;16 profissional:XCN +",
    "TXA": "1 sequência:SI !;2 tipo de documento:IS ! =0270;3 forma do conteúdo:ID =0191;4 data do documento:TS;6 data de origem:TS;7 data da digitação:TS;"
    "9 autor:XCN +;12 identificador do documento:EI !;17 situação do documento:ID ! =0271;19 disponibilidade:ID =0273",
    "ORC": "1 controle do pedido:ID !;2 pedido:EI;3 número do executor:EI;5 situação:ID =0038;9 data do pedido:TS;12 prescritor:XCN +",
    "RXE": "2 medicamento:CE !;3 dose mínima:NM !;4 dose máxima:NM;5 unidade da dose:CE !;7 instruções:CE +;10 quantidade a dispensar:NM",
    "RXR": "1 via:CE !",
    "TQ1": "1 sequência:SI;7 início:TS;8 fim:TS",
    "SCH": "1 pedido:EI;2 número do agendamento:EI;6 motivo do evento:CE !;7 motivo do agendamento:CE;9 duração:NM;16 contato:XCN ! +;"
    "20 quem registrou:XCN ! +;25 situação:CE =0278",
    "RGS": "1 sequência:SI !;2 ação:ID =0206",
    "AIS": "1 sequência:SI !;2 ação:ID =0206;3 serviço:CE !;4 início:TS;7 duração:NM;10 situação:CE =0278",
    "AIL": "1 sequência:SI !;2 ação:ID =0206;3 local:PL;4 tipo de local:CE;6 início:TS;9 duração:NM;12 situação:CE =0278",
    "AIP": "1 sequência:SI !;2 ação:ID =0206;3 profissional:XCN +;4 função:CE;6 início:TS;9 duração:NM;12 situação:CE =0278",
    "NTE": "1 sequência:SI;3 comentário:FT + <65536",
    "MSA": "1 resposta:ID ! =0008;2 controle da mensagem original:ST ! <20",
    "ERR": "3 código do erro:CE",
}
_BY_VERSION = {
    "2.4": {
        "AL1": "1 sequência:CE !", "IAM": "7 identificador:EI !", "RXE": "1 quantidade e tempo:TQ !", "SCH": "11 quantidade e tempo:TQ ! +",
        "AIL": "4 tipo de local:CE !", "AIP": "4 função:CE !", "ERR": "1 código e local do erro:ELD ! +",
    },
    "2.5.1": {"ERR": "3 código do erro:CE !;4 gravidade:ID ! =0516", "DG1": "20 identificador:EI;21 ação:ID =0206", "PR1": "19 identificador:EI;20 ação:ID =0206"},
    "2.7": {
        "ERR": "3 código do erro:CE !;4 gravidade:ID ! =0516", "DG1": "3 diagnóstico:CE !;20 identificador:EI;21 ação:ID =0206",
        "PR1": "19 identificador:EI;20 ação:ID =0206", "OBX": "2 tipo do valor:ID ! =0125;4 subidentificador:ST !",
    },
}  # fmt: skip
_TABLES = {
    "0001": "A F M N O U", "0004": "B C E I N O P R U", "0008": "AA AE AR CA CE CR", "0038": "A CA CM DC ER HD IP RP SC", "0052": "A W F",
    "0085": "C D F I N O P R S U W X", "0103": "P T D", "0104": "2.1 2.2 2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.7.1 2.8", "0123": "A C F I O P R S X Y Z",
    "0125": "AD CE CF CK CN CP CWE CX DT ED FT MO NM PN RP SN ST TM TN TS DTM TX XAD XCN XON XPN XTN", "0127": "AA DA EA FA LA MA MC PA",
    "0128": "MI MO SV U", "0136": "Y N", "0155": "AL ER NE SU", "0191": "AP AU FT IM multipart NS SD SI TEXT TX", "0206": "A D U X", "0230": "A D I P",
    "0270": "AR CD CN DI DS ED HP OP PC PH PN PR SP TS", "0271": "AU DI DO IN IP LA PA", "0273": "AV CA OB UN",
    "0278": "Blocked Booked Cancelled Complete Dc Deleted Overbook Pending Started Waitlist Noshow", "0323": "A D U X", "0438": "C D E I P S U",
    "0516": "E F I W",
}  # fmt: skip
TABLES = {number: frozenset(values.split()) for number, values in _TABLES.items()}
CHARSETS_2_4 = frozenset({*(f"8859/{n}" for n in range(1, 10)), "ASCII", "UNICODE", "ISO IR87", "ISO IR159", "ISO IR14"})
"""Table 0211 of 2.4; ``UNICODE UTF-8`` came with 2.5.1."""
_FIELD = re.compile(r"(\d+) ([^:]+):(\S+)((?: \S+)*)")


@cache
def fields_of(segment: str, version: str) -> tuple[Field, ...]:
    """Fields of a segment to check in this version; none for an unknown segment."""
    found: dict[int, Field] = {}
    for text in (_COMMON.get(segment, ""), _BY_VERSION.get(version, {}).get(segment, "")):
        for number, name, kind, rest in (m.groups() for m in map(_FIELD.fullmatch, text.split(";")) if m):
            marks = rest.split()
            table = next((m[1:] for m in marks if m[0] == "="), "")
            maximum = next((int(m[1:]) for m in marks if m[0] == "<"), 0)
            found[int(number)] = Field(int(number), name, kind, "!" in marks, "+" in marks, table, maximum)
    return tuple(sorted(found.values(), key=lambda c: c.numero))
