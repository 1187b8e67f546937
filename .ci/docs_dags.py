"""``DAGS.md``: every DAG of the sandbox's installations, as the DAG files make them. In Portuguese, since data ops read it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from docs_markdown import anchor, table

from include.fusion.settings import load
from include.fusion.settings.interval import in_words

ROOT = Path(__file__).resolve().parents[1]
CRONS = {"0 * * * *": "de hora em hora", "0 */6 * * *": "a cada 6 horas"}
SINGLE = {True: "uma só por instalação do Airflow; a configuração é por tenant", False: "uma só, para todas as entradas"}
"""Whose a DAG is that no entry names: FHIR's, or of all integrations."""
TYPES = {"string": "texto", "boolean": "sim ou não", "integer": "inteiro"}
HEAD = """<!-- Made by `make docs` from the DAG files and their texts. Edit those, not this page. -->
# As DAGs

Cada entrada de `integracoes.yaml` é uma DAG com o `id` da entrada (`mv`, `mv_sul`…); a da carga inicial acrescenta `_carga_inicial`. Abaixo estão as do
sandbox, uma entrada por sistema, com os prazos que ele usa; [`settings.md`](docs/reference/settings.md) diz como um hospital muda os seus. O que fazer em
cada situação está em [`operador.md`](docs/operador.md).
"""


def page() -> str:
    """The whole page."""
    dags = _dags()
    lines = [HEAD, *table(("DAG", "Nome", "Quando roda", "Etapas"), [_summary(dag) for dag in dags])]
    for dag in dags:
        lines += ["", *_section(dag)]
    lines += ["", "## Formulários", "", "O que **Trigger** pergunta. Tudo pode ficar vazio: aí a execução faz o de sempre.", ""]
    lines += table(("Campo", "Parâmetro", "Tipo", "Para quê", "DAGs"), _fields(dags))
    return "\n".join(lines) + "\n"


def _dags() -> list[Any]:
    bag = importlib.import_module("airflow.dag_processing.dagbag").BundleDagBag(ROOT / "dags", bundle_path=ROOT, bundle_name="fusion")
    if bag.import_errors:
        raise SystemExit("\n".join(f"{file}: {error}" for file, error in sorted(bag.import_errors.items())))
    return [bag.dags[name] for name in sorted(bag.dags)]


def _title(dag: Any) -> str:
    return f"{dag.dag_id}: {dag.dag_display_name}"


def _summary(dag: Any) -> tuple[str, ...]:
    steps = ", ".join(task.task_display_name for task in dag.topological_sort())
    return f"[`{dag.dag_id}`](#{anchor(_title(dag))})", dag.dag_display_name, _when(dag.timetable), steps


def _when(timetable: Any) -> str:
    kind = type(timetable).__name__
    if kind == "AssetOrTimeSchedule":
        return f"quando o vigia vê trabalho, e a cada {in_words(timetable.timetable.delta)} de qualquer modo"
    if kind == "AssetTriggeredTimetable":
        return "quando o vigia vê trabalho"
    if kind == "CronTriggerTimetable":
        if hours := re.fullmatch(r"0 ([\d,]+) \* \* \*", timetable.expression):
            return f"todo dia, às {' e às '.join(hours[1].split(','))} h (UTC), cada entrada à sua hora"
        return CRONS.get(timetable.expression, f"cron `{timetable.expression}`")
    if kind == "NullTimetable":
        return "só por **Trigger**"
    raise SystemExit(f"docs_dags: no words for a schedule of kind {kind}")


def _section(dag: Any) -> list[str]:
    entry = next((e for e in load() if dag.dag_id in e.dag_ids), None)
    whose = f"entradas com `sistema: {entry.sistema}`" if entry else SINGLE["fhir" in dag.tags]
    facts = [
        f"## {_title(dag)}",
        "",
        f"- Arquivo: [`{dag.relative_fileloc}`]({dag.relative_fileloc}); {whose}",
        f"- Quando roda: {_when(dag.timetable)}; uma execução por vez, de no máximo {in_words(dag.dagrun_timeout)}",
        f"- Tags: {', '.join(f'`{tag}`' for tag in sorted(dag.tags))}",
    ]
    if fields := [dag.params.get_param(name).schema["title"] for name in dag.params]:
        facts.append(f"- [Formulário](#formulários): {', '.join(fields)}")
    tasks = dag.topological_sort()
    names = {task.task_id: task.task_display_name for task in tasks}
    steps = [(t.task_display_name, f"`{t.task_id}`", ", ".join(names[i] for i in names if i in t.upstream_task_ids) or "–") for t in tasks]
    return [*facts, "", *table(("Etapa", "Tarefa", "Depois de"), steps), "", *_text(dag.doc_md)]


def _text(doc: str) -> list[str]:
    """The DAG's text without its title, its headings below this page's."""
    lines = doc.strip().splitlines()
    if not lines[0].startswith("# "):
        raise SystemExit(f"docs_dags: a text that does not begin with a title: {lines[0]!r}")
    text = "\n".join(f"**{line.lstrip('# ')}**\n" if line.startswith("#") else line for line in lines[1:])
    return text.strip().splitlines()


def _fields(dags: list[Any]) -> list[tuple[str, ...]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for dag in dags:
        for name in dag.params:
            param = dag.params.get_param(name)
            field = (param.schema["title"], f"`{name}`", _type(param.schema), param.description)
            found.setdefault(field, []).append(f"`{dag.dag_id}`")
    return [(*field, ", ".join(ids)) for field, ids in found.items()]


def _type(schema: dict[str, Any]) -> str:
    if choices := schema.get("enum"):
        return " ou ".join(f"`{choice}`" for choice in choices if choice is not None)
    kinds = [kind for kind in ([schema["type"]] if isinstance(schema["type"], str) else schema["type"]) if kind != "null"]
    return "data (`2026-01-31`)" if schema.get("format") == "date" else " ou ".join(TYPES[kind] for kind in kinds)
