"""HTML and RTF that clinical systems keep in text columns → plain text. Linear in the length of the text, whatever it holds."""

from __future__ import annotations

import codecs
import html
import re

_BLOCOS = "p|div|li|tr|h[1-6]|ul|ol|dl|dt|dd|table|caption|blockquote|section|pre|center"
_TAGS = rf"{_BLOCOS}|br|hr|span|b|i|u|s|em|strong|font|a|td|th|tbody|thead|sub|sup|small|img|html|head|body|meta|title|o:p"
# Only known tags make a text HTML: "PA < 120 e FC > 80" is plain text and must arrive as it is.
_TAG = re.compile(rf"</?(?:{_TAGS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
# A block begins a line as well as ends one, and cells stand apart: "tomar 1<div>20 gotas" is not 120 of them. Neighbours share one line break.
_QUEBRA = re.compile(rf"<(?:br|hr)(?:[\s/][^<>]*)?>|(?:</?(?:{_BLOCOS})(?:[\s/][^<>]*)?>[ \t]*)+", re.IGNORECASE)
_CELULA = re.compile(r"</?t[dh](?:[\s/][^<>]*)?>", re.IGNORECASE)
# Ten to the third must not arrive as a hundred and three.
_EXPOENTE = re.compile(r"(?<=[0-9A-Za-zµ])<sup(?:\s[^<>]*)?>(?=[0-9+-])", re.IGNORECASE)
_ENTIDADE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,10}[0-9]{0,2});")
_OCULTOS = (
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<(?:style|script)\b[^<>]*>", re.IGNORECASE), re.compile(r"</(?:style|script)\s*>", re.IGNORECASE)),
)
_BRANCOS = re.compile(r"[ \t\xa0]+")
_LINHAS = re.compile(r"\n{3,}")

_RTF = re.compile(r"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)")
_RTF_CHAVES = re.compile(r"\\[\\{}]|([{}])")
_RTF_BINARIO = re.compile(r"\\bin([0-9]{1,9}) ?")
_RTF_SEM_TEXTO = frozenset((
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "generator", "header", "footer", "headerl", "headerr", "footerl", "footerr",
    "object", "themedata", "listtable", "listoverridetable", "revtbl", "rsidtbl", "filetbl", "fldinst", "bkmkstart", "bkmkend", "xmlnstbl",
))  # fmt: skip
_VISIVEL, _ESCONDIDO, _FORA = range(3)
"""Text of a group: seen, hidden by its format, or no text of the document."""
_EXPOENTES = frozenset("0123456789+-")
_RTF_SIMBOLOS = {
    "par": "\n", "line": "\n", "softline": "\n", "row": "\n", "nestrow": "\n", "sect": "\n", "page": "\n",
    "tab": "\t", "cell": "\t", "nestcell": "\t", "emspace": " ", "enspace": " ", "qmspace": " ", "emdash": "—", "endash": "–",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip


def _sem_ocultos(texto: str) -> str:
    for abre, fecha in _OCULTOS:
        partes, posicao = [], 0
        while inicio := abre.search(texto, posicao):
            fim = fecha.search(texto, inicio.end())
            if fim is None:
                break
            partes.append(texto[posicao : inicio.start()])
            posicao = fim.end()
        partes.append(texto[posicao:])
        texto = "".join(partes)
    return texto


def _arrumar(texto: str) -> str:
    # Looking first is cheaper than substituting nothing: most texts are tidy.
    if "  " in texto or "\t" in texto or "\xa0" in texto:
        texto = _BRANCOS.sub(" ", texto)
    texto = texto.replace(" \n", "\n").replace("\n ", "\n")
    return (_LINHAS.sub("\n\n", texto) if "\n\n\n" in texto else texto).strip()


def html_para_texto(texto: str) -> str:
    """Tags out, entities decoded, blocks and line breaks kept as new lines, cells of a table as words apart."""
    limpo = _EXPOENTE.sub("^", _sem_ocultos(texto.replace("\r\n", "\n")))
    return _arrumar(html.unescape(_TAG.sub("", _CELULA.sub("\t", _QUEBRA.sub("\n", limpo)))))


def _sem_binario(texto: str) -> str:
    """Without the raw bytes of ``\\binN``, in which a brace is no brace."""
    partes, posicao = [], 0
    while achado := _RTF_BINARIO.search(texto, posicao):
        partes.append(texto[posicao : achado.start()])
        posicao = achado.end() + int(achado[1])
    return texto if not partes else "".join((*partes, texto[posicao:]))


def rtf_incompleto(texto: str) -> bool:
    """Whether this is RTF that was cut off or is no document: a group that never ends or ends twice, or text behind the last one."""
    if not _e_rtf(texto):
        return False
    aberto, fim = 0, 0
    limpo = _sem_binario(texto[texto.index("{\\rtf") :])
    for sinal in _RTF_CHAVES.finditer(limpo):
        aberto += {"{": 1, "}": -1}.get(sinal[1], 0)
        if aberto == 0:
            fim = sinal.end()
            break
    # Editors leave a NUL or a line break behind the document.
    return not fim or bool(limpo[fim:].strip("\0 \t\r\n"))


def _e_rtf(texto: str) -> bool:
    return "{\\rtf" in texto[:64]


def _pagina(nome: str) -> str:
    try:
        codecs.lookup(nome)
    except LookupError:
        return "cp1252"
    return nome


def rtf_para_texto(texto: str) -> str:
    """The text of an RTF document: font tables, pictures and the like left out, escapes decoded."""
    saida: list[str] = []
    pilha: list[tuple[int, int]] = []
    oculto, reserva, pular, pagina, elevado = _VISIVEL, 1, 0, "cp1252", False
    for palavra, numero, hexa, escape, chave, trecho in _RTF.findall(_sem_binario(texto)):
        if trecho:
            if not oculto:
                # What follows \uN stands in for readers without Unicode.
                visto = trecho[pular:]
                saida.append("^" + visto if elevado and saida and saida[-1][-1:].isalnum() and visto[:1] in _EXPOENTES else visto)
                elevado = False
        elif chave == "{":
            pilha.append((oculto, reserva))
        elif chave == "}":
            oculto, reserva = pilha.pop() if pilha else (_VISIVEL, 1)
        elif palavra == "ansicpg" and numero:
            pagina = _pagina(f"cp{numero}")
        elif palavra == "uc" and numero:
            reserva = max(0, int(numero))
        elif palavra in _RTF_SEM_TEXTO or escape == "*":
            oculto = _FORA
        elif palavra == "super":
            elevado = numero != "0"
        elif palavra in ("v", "deleted") and oculto != _FORA:
            # Hidden, or struck out by a reviewer: who reads the note does not see it either.
            oculto = _VISIVEL if numero == "0" else _ESCONDIDO
        elif palavra == "plain" and oculto == _ESCONDIDO:
            oculto = _VISIVEL
        elif oculto:
            continue
        elif palavra == "u" and numero:
            saida.append(chr(int(numero) & 0xFFFF))
            pular = reserva
            continue
        elif palavra:
            saida.append(_RTF_SIMBOLOS.get(palavra, ""))
        elif hexa and pular:
            pular -= 1
            continue
        elif hexa:
            saida.append(bytes.fromhex(hexa).decode(pagina, "replace"))
        elif escape:
            saida.append({"~": " ", "_": "-", "-": "", "\n": "\n", "\r": "\n"}.get(escape, escape))
        pular = 0
    # Characters beyond the basic plane come as two \u numbers: join them, and lose halves that stand alone.
    return _arrumar("".join(saida).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore"))


def texto_simples(texto: str) -> str:
    """Plain text of what may be RTF, HTML or plain already (which then stays as it is)."""
    if _e_rtf(texto):
        return rtf_para_texto(texto)
    if "<" in texto and (_TAG.search(texto) or any(abre.search(texto) for abre, _ in _OCULTOS)):
        return html_para_texto(texto)
    return html.unescape(texto) if "&" in texto and _ENTIDADE.search(texto) else texto
