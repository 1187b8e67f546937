"""Turns HTML and RTF of clinical systems into plain text. The time is linear in the length of any text."""

from __future__ import annotations

import codecs
import html
import re

_BLOCK_TAGS = "p|div|li|tr|h[1-6]|ul|ol|dl|dt|dd|table|caption|blockquote|section|pre|center"
_TAGS = rf"{_BLOCK_TAGS}|br|hr|span|b|i|u|s|em|strong|font|a|td|th|tbody|thead|sub|sup|small|img|html|head|body|meta|title|o:p"
# Only a known tag makes a text HTML: "PA < 120 e FC > 80" is plain text and must not change.
_TAG = re.compile(rf"</?(?:{_TAGS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
# A block starts and ends a line, and a cell is a word of its own: "tomar 1<div>20 gotas" must not become "120 gotas". Neighbours share one break.
_BREAK = re.compile(rf"<(?:br|hr)(?:[\s/][^<>]*)?>|(?:</?(?:{_BLOCK_TAGS})(?:[\s/][^<>]*)?>[ \t]*)+", re.IGNORECASE)
_CELL = re.compile(r"</?t[dh](?:[\s/][^<>]*)?>", re.IGNORECASE)
# 10³ must not become 103.
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
"""State of an RTF group: its text is seen, is hidden by its format, or is no text of the document."""
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
    # Most texts are tidy: looking first is cheaper than a substitution that finds nothing.
    if "  " in text or "\t" in text or "\xa0" in text:
        text = _BLANKS.sub(" ", text)
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    return (_LINES.sub("\n\n", text) if "\n\n\n" in text else text).strip()


def html_to_text(text: str) -> str:
    """Plain text of HTML: no tags, entities decoded, blocks and breaks as new lines, table cells as separate words."""
    clean = _EXPONENT.sub("^", _without_hidden(text.replace("\r\n", "\n")))
    return _tidy(html.unescape(_TAG.sub("", _CELL.sub("\t", _BREAK.sub("\n", clean)))))


def _without_binary(text: str) -> str:
    """Remove the raw bytes of ``\\binN``: a brace there is only data."""
    parts, position = [], 0
    while match := _RTF_BINARY.search(text, position):
        parts.append(text[position : match.start()])
        position = match.end() + int(match[1])
    return text if not parts else "".join((*parts, text[position:]))


def rtf_is_incomplete(text: str) -> bool:
    """Whether an RTF text is damaged: a group does not end, ends twice, or text follows the document."""
    if not _is_rtf(text):
        return False
    opened, end = 0, 0
    clean = _without_binary(text[text.index("{\\rtf") :])
    for brace in _RTF_BRACES.finditer(clean):
        opened += {"{": 1, "}": -1}.get(brace[1], 0)
        if opened == 0:
            end = brace.end()
            break
    # Editors leave a NUL or a line break after the document.
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
    """Plain text of an RTF document: without font tables, pictures and the like; escapes decoded."""
    output: list[str] = []
    stack: list[tuple[int, int]] = []
    hidden, fallback, skip, page, raised = _VISIBLE, 1, 0, "cp1252", False
    for word, number, hexadecimal, escape, key, stretch in _RTF.findall(_without_binary(text)):
        if stretch:
            if not hidden:
                # The characters after \uN are a fallback for readers without Unicode: skip them.
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
            # Hidden, or deleted by a reviewer: a reader of the note does not see it either.
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
    # A character beyond the basic plane comes as two \u numbers: join them, and drop a half without its pair.
    return _tidy("".join(output).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore"))


def plain_text(text: str) -> str:
    """Plain text of an RTF or HTML text. Plain text comes back unchanged, as the same object."""
    if _is_rtf(text):
        return rtf_to_text(text)
    if "<" in text and (_TAG.search(text) or any(opens.search(text) for opens, _ in _HIDDEN_PARTS)):
        return html_to_text(text)
    return html.unescape(text) if "&" in text and _ENTITY.search(text) else text
