"""The report as a page that needs nothing else, and as lines for a shell or a log."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from include.fusion.checkup.report import Area, Finding, Report

MARKS = {"falha": "✗", "incerto": "?", "aviso": "!", "ok": "✓"}
_WORDS = {"falha": "falha", "incerto": "não conferido", "aviso": "aviso", "ok": "em ordem"}
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--falha:#c0262d;--incerto:#8a5a00;--aviso:#8a6d00;--ok:#1b7a3d}
@media(prefers-color-scheme:dark){:root{--falha:#ff7b80;--incerto:#ffb74d;--aviso:#e6c34d;--ok:#6fd08c}}
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem;margin-bottom:0}
h2{font-size:1.15rem;margin-top:2rem}.resumo{font-size:1.1rem;font-weight:600}.quando{opacity:.7;margin-top:0}
ul{list-style:none;padding:0;margin:0}li{padding:.45rem 0;border-top:1px solid var(--line)}
li b{font-weight:600}li span{font-weight:700;display:inline-block;min-width:8.5rem}
li p{margin:.1rem 0 0 8.5rem;opacity:.85}li p.conserto{font-style:italic}
.falha span,.resumo.c1{color:var(--falha)}.incerto span,.resumo.c2{color:var(--incerto)}.aviso span{color:var(--aviso)}.ok span,.resumo.c0{color:var(--ok)}
table{border-collapse:collapse;width:100%;margin-top:.5rem}td,th{text-align:left;padding:.25rem .6rem;border-top:1px solid var(--line);vertical-align:top}
pre{overflow:auto;padding:.8rem;border:1px solid var(--line);border-radius:6px}
@media(max-width:40rem){li p{margin-left:0}}
"""


def as_html(report: Report) -> str:
    """The whole page."""
    title = escape(f"Conferência: {report.name}")
    body = "".join(_area(area) for area in report.areas)
    return (
        f'<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p class="quando">{escape(report.system)} · {report.made_at:%d/%m/%Y %H:%M} ({escape(report.entry_id)})</p>'
        f'<p class="resumo c{report.exit_code}">{escape(report.summary)}</p>{body}</body></html>'
    )


def _area(area: Area) -> str:
    items = "".join(_item(f) for f in area.findings)
    rows = (
        [[f"<th>{escape(c)}</th>" for c in area.table[0]], *([f"<td>{escape(c)}</td>" for c in r] for r in area.table[1:])]
        if area.table
        else []
    )
    table = f"<table>{''.join(f'<tr>{chr(32).join(r)}</tr>' for r in rows)}</table>" if rows else ""
    attached = f"<pre>{escape(area.attached)}</pre>" if area.attached else ""
    return f"<h2>{escape(area.name)}</h2><ul>{items}</ul>{table}{attached}"


def _item(f: Finding) -> str:
    text = f"<p>{escape(f.text)}</p>" if f.text else ""
    mend = f'<p class="conserto">{escape(f.mend)}</p>' if f.mend else ""
    return f'<li class="{f.state}"><span>{MARKS[f.state]} {_WORDS[f.state]}</span><b>{escape(f.title)}</b>{text}{mend}</li>'


def as_lines(report: Report) -> Iterator[str]:
    """What is not in order in full, what is in order in short; then one sentence."""
    for area in report.areas:
        yield f"{area.name}:"
        for f in area.findings:
            why = f" – {f.text}" if f.text else ""
            mend = f" [{f.mend}]" if f.mend else ""
            yield f"  {MARKS[f.state]} {f.title}{why}{mend}"
        yield from ("    " + line for line in area.attached.splitlines())
    yield report.summary
