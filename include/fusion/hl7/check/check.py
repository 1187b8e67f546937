"""Judges a message against the standard and explains each fault to people who do not know HL7.

A finding quotes positions and table codes; what stood in a field is only told by ``mostrar``, since it may be the patient's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from include.fusion.hl7.build.profile import VERSOES
from include.fusion.hl7.check.structures import ESTRUTURAS, EVENTOS, SEGMENTOS, onde_sai
from include.fusion.hl7.check.tables import CHARSETS_2_4, TABELAS, Campo, campos_de
from include.fusion.hl7.wire.escapes import NULO
from include.fusion.hl7.wire.finding import Achado
from include.fusion.hl7.wire.parser import Ilegivel, Mensagem, Segmento, ler

_TS = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d{1,4})?)?)?)?)?)?([+-]\d{4})?")
_NM = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_NOME = re.compile(r"[A-Z][A-Z0-9]{2}")
_SEM_FUSO = "hora sem fuso: cada destino a lê no seu; acrescente o deslocamento, como -0300"
_ESCAPES = re.compile(r"[FSTREHN]|\.(?:br|sp\d*|in[+-]?\d*|ti[+-]?\d*|sk\d*|ce|fi|nf)|X(?:[0-9A-Fa-f]{2})+|[CMZ]\w*")


def conferir(bruto: bytes, versao: str | None = None, charset: str | None = None) -> list[Achado]:
    """Every finding about one message. ``versao`` and ``charset`` go before MSH-12 and MSH-18."""
    try:
        m = ler(bruto, charset)
    except Ilegivel as erro:
        return [Achado("erro", "MSH", str(erro))]
    achados = [Achado("erro", onde, texto) for onde, _, texto in (aviso.partition(": ") for aviso in m.avisos)]
    declarada = str(m.valor("MSH", 12))
    if versao and declarada != versao:
        achados.append(Achado("erro", "MSH-12", f"a mensagem diz outra versão; conferida como {versao}", 1, declarada))
    usada = versao or declarada
    if usada not in VERSOES:
        achados.append(Achado("erro", "MSH-12", f"versão sem definição aqui; conhecidas: {', '.join(VERSOES)}", 1, declarada))
        usada = "2.4"
    achados += _estrutura(m, usada)
    achados += _charset(m, usada)
    for segmento in m.segmentos:
        achados += _segmento(m, segmento, usada)
    return achados


def _estrutura(m: Mensagem, versao: str) -> Iterator[Achado]:
    tipo, evento = str(m.valor("MSH", 9, 1)), str(m.valor("MSH", 9, 2))
    declarada = str(m.valor("MSH", 9, 3))
    esperada = "ACK" if tipo == "ACK" else EVENTOS.get(tipo, {}).get(evento)
    if esperada is None:
        conhecidos = ", ".join(f"{t}^{e}" for t, eventos in EVENTOS.items() for e in eventos)
        yield Achado(
            "aviso", "MSH-9", f"tipo e evento fora dos que este projeto envia ({conhecidos}); a ordem dos segmentos não foi conferida", 1
        )
        return
    if declarada and declarada != esperada:
        yield Achado("erro", "MSH-9", f"a estrutura (3º componente) de {tipo}^{evento} é {esperada}", 1, declarada)
    nomes = [s.nome for s in m.segmentos]
    saida = onde_sai(ESTRUTURAS[versao][esperada], nomes)
    if saida is None:
        return
    posicao, esperados = saida
    ali = f"aqui cabe {' ou '.join(esperados)}" if esperados else "nada mais cabe aqui"
    if posicao == len(nomes):
        yield Achado("erro", esperada, f"a mensagem acaba antes do fim da estrutura {esperada}: falta {' ou '.join(esperados)}")
        return
    segmento = m.segmentos[posicao]
    texto = f"segmento fora de lugar em {esperada} {versao}: {ali}"
    if segmento.nome == "AL1" and esperada == "ADT_A03" and versao == "2.4":
        texto += "; em 2.4 o ADT^A03 não leva alergias: envie ADT^A60 ou ADT^A08"
    yield Achado("erro", _rotulo(segmento.nome), texto, segmento.linha)


def _rotulo(nome: str) -> str:
    # A broken text may begin a line with a person's name of three letters: only names of the standard are repeated.
    return nome if nome in SEGMENTOS else "segmento"


def _charset(m: Mensagem, versao: str) -> Iterator[Achado]:
    declarado = m.bruto("MSH", 18).split(m.delimitadores.repeticao)[0]
    if versao == "2.4" and declarado and declarado not in CHARSETS_2_4:
        yield Achado("aviso", "MSH-18", "charset fora da tabela 0211 de 2.4 (UNICODE UTF-8 só existe a partir de 2.5.1): confirme que o destino aceita", 1,
                     declarado)  # fmt: skip


def _segmento(m: Mensagem, s: Segmento, versao: str) -> Iterator[Achado]:
    if not _NOME.fullmatch(s.nome):
        yield Achado("erro", "segmento", "linha que não começa por um nome de segmento: há um CR no meio de um texto?", s.linha, s.nome)
        return
    for campo in campos_de(s.nome, versao):
        onde, bruto = f"{s.nome}-{campo.numero}", s.campo(campo.numero)
        if not bruto:
            if campo.obrigatorio:
                yield Achado("erro", onde, f"{campo.nome}: campo obrigatório vazio", s.linha)
            continue
        repeticoes = bruto.split(m.delimitadores.repeticao) if s.nome != "MSH" or campo.numero > 2 else [bruto]
        if len(repeticoes) > 1 and not campo.repete:
            yield Achado("erro", onde, f"{campo.nome}: tem {len(repeticoes)} repetições, mas só pode ter uma", s.linha)
        for repeticao in repeticoes:
            yield from _valor(m, s, campo, onde, repeticao)
    for numero, bruto in enumerate(s.campos):
        if numero and (s.nome != "MSH" or numero > 2):
            yield from _escapes(m, s, f"{_rotulo(s.nome)}-{numero}", bruto)


def _valor(m: Mensagem, s: Segmento, campo: Campo, onde: str, bruto: str) -> Iterator[Achado]:
    if not bruto or bruto == NULO:
        return
    tipo = s.campo(2) if campo.tipo == "*" else campo.tipo  # OBX-5 is what OBX-2 says
    primeiro = bruto.split(m.delimitadores.componente)[0]
    if problema := _problema(tipo, primeiro):
        yield Achado("aviso" if problema is _SEM_FUSO else "erro", onde, f"{campo.nome}: {problema}", s.linha, primeiro)
    elif campo.tabela == "0211":
        pass  # judged once, with the bytes
    elif campo.tabela and primeiro not in TABELAS[campo.tabela]:
        aceitos = " ".join(sorted(TABELAS[campo.tabela]))
        yield Achado("erro", onde, f"{campo.nome}: código fora da tabela {campo.tabela} (aceitos: {aceitos})", s.linha, primeiro)
    if campo.maximo and len(bruto) > campo.maximo:
        nivel: Literal["erro", "aviso"] = "erro" if campo.maximo <= 20 else "aviso"
        yield Achado(nivel, onde, f"{campo.nome}: {len(bruto)} caracteres, o máximo é {campo.maximo}", s.linha)


def _problema(tipo: str, valor: str) -> str | None:
    if tipo in ("TS", "DT", "DTM"):
        return _data(tipo, valor)
    if tipo == "NM" and not _NM.fullmatch(valor):
        return "não é um número (use ponto decimal, sem unidade)"
    if tipo == "SI" and not (valor.isascii() and valor.isdigit() and len(valor) <= 4):
        return "não é um número de sequência (1, 2, 3, ...)"
    if tipo in ("ID", "IS") and any(c.isspace() for c in valor) and valor not in CHARSETS_2_4 | {"UNICODE UTF-8"}:
        return "código com espaço"
    return None


def _data(tipo: str, valor: str) -> str | None:
    achado = _TS.fullmatch(valor)
    if achado is None or (tipo == "DT" and (achado[4] or achado[7])):
        formato = "AAAA[MM[DD]]" if tipo == "DT" else "AAAA[MM[DD[HHMM[SS]]]] com o fuso, como 20240131143000-0300"
        return f"não é uma data HL7: {formato}"
    ano, mes, dia, hora, minuto, segundo = (int(achado[n] or padrao) for n, padrao in zip(range(1, 7), (1, 1, 1, 0, 0, 0), strict=True))
    try:
        datetime(ano, mes, dia, hora, minuto, segundo)
    except ValueError:
        return "data ou hora que não existe no calendário"
    if achado[4] and not achado[7]:
        return _SEM_FUSO
    return None


def _escapes(m: Mensagem, s: Segmento, onde: str, bruto: str) -> Iterator[Achado]:
    escape = m.delimitadores.escape
    if escape not in bruto:
        return
    partes = bruto.split(escape)
    if len(partes) % 2 == 0:
        yield Achado("erro", onde, "há uma barra de escape sem par: uma barra no texto se escreve \\E\\", s.linha)
    elif any(not _ESCAPES.fullmatch(p) for p in partes[1::2]):
        yield Achado("erro", onde, "sequência de escape desconhecida (conhecidas: \\F\\ \\S\\ \\T\\ \\R\\ \\E\\ \\.br\\ \\Xhh\\)", s.linha)
