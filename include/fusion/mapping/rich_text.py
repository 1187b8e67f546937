"""HTML and RTF that clinical systems keep in text columns → plain text. Linear in the length of the text, whatever it holds."""

from __future__ import annotations

import codecs
import html
import re

_BLOCK_TAGS = "p|div|li|tr|h[1-6]|ul|ol|dl|dt|dd|table|caption|blockquote|section|pre|center"
_TAGS = rf"{_BLOCK_TAGS}|br|hr|span|b|i|u|s|em|strong|font|a|td|th|tbody|thead|sub|sup|small|img|html|head|body|meta|title|o:p"
# Only known tags make a text HTML: "PA < 120 e FC > 80" is plain text and must arrive as it is.
_TAG = re.compile(rf"</?(?:{_TAGS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
# A block begins a line as well as ends one, and cells stand apart: "tomar 1<div>20 gotas" is not 120 of them. Neighbours share one line break.
_BREAK = re.compile(rf"<(?:br|hr)(?:[\s/][^<>]*)?>|(?:</?(?:{_BLOCK_TAGS})(?:[\s/][^<>]*)?>[ \t]*)+", re.IGNORECASE)
_CELL = re.compile(r"</?t[dh](?:[\s/][^<>]*)?>", re.IGNORECASE)
# Ten to the third must not arrive as a hundred and three.
_EXPONENT = re.compile(r"(?<=[0-9A-Za-zµ])<sup(?:\s[^<>]*)?>(?=[0-9+-])", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,10}[0-9]{0,2});")
_HIDDEN_PARTS = (
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<(?:style|script)\b[^<>]*>", re.IGNORECASE), re.compile(r"</(?:style|script)\s*>", re.IGNORECASE)),
)
_BLANKS = re.compile(r"[ \t\xa0]+")
_LINES = re.compile(r"\n{3,}")

_RTF = re.compile(r"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)")
_RTF_BRACES = re.compile(r"\\[\\{}]|([{}])")
_RTF_BINARY = re.compile(r"\\bin([0-9]{1,9}) ?")
_RTF_WITHOUT_TEXT = frozenset((
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "generator", "header", "footer", "headerl", "headerr", "footerl", "footerr",
    "object", "themedata", "listtable", "listoverridetable", "revtbl", "rsidtbl", "filetbl", "fldinst", "bkmkstart", "bkmkend", "xmlnstbl",
))  # fmt: skip
_VISIBLE, _HIDDEN, _DROPPED = range(3)
"""Text of a group: seen, hidden by its format, or no text of the document."""
_EXPONENTS = frozenset("0123456789+-")
_RTF_SYMBOLS = {
    "par": "\n", "line": "\n", "softline": "\n", "row": "\n", "nestrow": "\n", "sect": "\n", "page": "\n",
    "tab": "\t", "cell": "\t", "nestcell": "\t", "emspace": " ", "enspace": " ", "qmspace": " ", "emdash": "—", "endash": "–",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip


def _without_hidden(text: str) -> str:
    for opens, closes in _HIDDEN_PARTS:
        parts, position = [], 0
        while start := opens.search(text, position):
            end = closes.search(text, start.end())
            if end is None:
                break
            parts.append(text[position : start.start()])
            position = end.end()
        parts.append(text[position:])
        text = "".join(parts)
    return text


def _tidy(text: str) -> str:
    # Looking first is cheaper than substituting nothing: most texts are tidy.
    if "  " in text or "\t" in text or "\xa0" in text:
        text = _BLANKS.sub(" ", text)
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    return (_LINES.sub("\n\n", text) if "\n\n\n" in text else text).strip()


def html_to_text(text: str) -> str:
    """Tags out, entities decoded, blocks and line breaks kept as new lines, cells of a table as words apart."""
    clean = _EXPONENT.sub("^", _without_hidden(text.replace("\r\n", "\n")))
    return _tidy(html.unescape(_TAG.sub("", _CELL.sub("\t", _BREAK.sub("\n", clean)))))


def _without_binary(text: str) -> str:
    """Without the raw bytes of ``\\binN``, in which a brace is no brace."""
    parts, position = [], 0
    while match := _RTF_BINARY.search(text, position):
        parts.append(text[position : match.start()])
        position = match.end() + int(match[1])
    return text if not parts else "".join((*parts, text[position:]))


def rtf_is_incomplete(text: str) -> bool:
    """Whether this is RTF that was cut off or is no document: a group that never ends or ends twice, or text behind the last one."""
    if not _is_rtf(text):
        return False
    opened, end = 0, 0
    clean = _without_binary(text[text.index("{\\rtf") :])
    for sinal in _RTF_BRACES.finditer(clean):
        opened += {"{": 1, "}": -1}.get(sinal[1], 0)
        if opened == 0:
            end = sinal.end()
            break
    # Editors leave a NUL or a line break behind the document.
    return not end or bool(clean[end:].strip("\0 \t\r\n"))


def _is_rtf(text: str) -> bool:
    return "{\\rtf" in text[:64]


def _page(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def rtf_to_text(text: str) -> str:
    """The text of an RTF document: font tables, pictures and the like left out, escapes decoded."""
    output: list[str] = []
    stack: list[tuple[int, int]] = []
    hidden, fallback, skip, page, raised = _VISIBLE, 1, 0, "cp1252", False
    for word, number, hexadecimal, escape, key, stretch in _RTF.findall(_without_binary(text)):
        if stretch:
            if not hidden:
                # What follows \uN stands in for readers without Unicode.
                seen = stretch[skip:]
                output.append("^" + seen if raised and output and output[-1][-1:].isalnum() and seen[:1] in _EXPONENTS else seen)
                raised = False
        elif key == "{":
            stack.append((hidden, fallback))
        elif key == "}":
            hidden, fallback = stack.pop() if stack else (_VISIBLE, 1)
        elif word == "ansicpg" and number:
            page = _page(f"cp{number}")
        elif word == "uc" and number:
            fallback = max(0, int(number))
        elif word in _RTF_WITHOUT_TEXT or escape == "*":
            hidden = _DROPPED
        elif word == "super":
            raised = number != "0"
        elif word in ("v", "deleted") and hidden != _DROPPED:
            # Hidden, or struck out by a reviewer: who reads the note does not see it either.
            hidden = _VISIBLE if number == "0" else _HIDDEN
        elif word == "plain" and hidden == _HIDDEN:
            hidden = _VISIBLE
        elif hidden:
            continue
        elif word == "u" and number:
            output.append(chr(int(number) & 0xFFFF))
            skip = fallback
            continue
        elif word:
            output.append(_RTF_SYMBOLS.get(word, ""))
        elif hexadecimal and skip:
            skip -= 1
            continue
        elif hexadecimal:
            output.append(bytes.fromhex(hexadecimal).decode(page, "replace"))
        elif escape:
            output.append({"~": " ", "_": "-", "-": "", "\n": "\n", "\r": "\n"}.get(escape, escape))
        skip = 0
    # Characters beyond the basic plane come as two \u numbers: join them, and lose halves that stand alone.
    return _tidy("".join(output).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore"))


def plain_text(text: str) -> str:
    """Plain text of what may be RTF, HTML or plain already (which then stays as it is)."""
    if _is_rtf(text):
        return rtf_to_text(text)
    if "<" in text and (_TAG.search(text) or any(opens.search(text) for opens, _ in _HIDDEN_PARTS)):
        return html_to_text(text)
    return html.unescape(text) if "&" in text and _ENTITY.search(text) else text
