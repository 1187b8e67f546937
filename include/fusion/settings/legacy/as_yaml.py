"""What was read of an old ``appsettings.json``, written as an entry of ``integracoes.yaml`` with its Airflow connections."""

from __future__ import annotations

import json
import re
from typing import Any

from include.fusion.settings.legacy.appsettings import Importado
from include.fusion.settings.legacy.connection_strings import MASCARA, mascarar, secreta
from include.fusion.settings.legacy.services import ANTIGOS, por_que_nao


def como_yaml(lido: Importado, fuso: str | None = None, mostrar_segredos: bool = False) -> str:
    """The entry, the connections and the kept sections as one YAML text; what is to be filled in is ``null``, which does not validate."""
    linhas = _entrada(lido, lido.sistema, fuso) if lido.sistema else []
    linhas += [
        "",
        "# Airflow connections:" if mostrar_segredos else f"# Airflow connections (replace {MASCARA} by the password, percent-encoded):",
    ]
    linhas += [f"#   airflow connections add {i} --conn-uri '{c.uri(mostrar_segredos)}'" for i, c in lido.conexoes.items()]
    for secao, valores in lido.futuros.items():
        linhas += ["", f"# {secao}: {por_que_nao(secao, lido.sistema)}; the old settings:"]
        linhas += [f"#   {nome}: {_para_comentario(nome, valor, mostrar_segredos)}" for nome, valor in valores.items()]
    return "\n".join(linhas) + "\n"


def _entrada(lido: Importado, sistema: str, fuso: str | None) -> list[str]:
    linhas = [
        "integracoes:",
        f"  - id: {_escalar(lido.id)}",
        f"    sistema: {sistema}",
        f"    nome: {_escalar(ANTIGOS[sistema].nome)}",
        _linha("    ", "IntegracaoID", lido.parametros.get("IntegracaoID")),
        _linha("    ", "fuso_horario", fuso, "zone of the source's times, e.g. America/Bahia"),
        "    conexoes:",
        f"      origem: {_escalar(lido.origem)}",
        "      fusion_db: fusion_db",
        *([f"      integrador: {_escalar(lido.integrador)}"] if lido.integrador else []),
        "      fusion_api: fusion_api",
    ]
    for secao in ANTIGOS[sistema].secoes:
        valores = {chave: lido.parametros.get(f"{secao.nome}.{chave}") for chave in secao.chaves}
        ditas = [chave for chave in secao.chaves if chave in secao.exigidas or f"{secao.nome}.{chave}" in lido.parametros]
        if ditas:
            linhas += [f"    {secao.nome}:", *(_linha("      ", chave, valores[chave]) for chave in ditas)]
        elif secao.obrigatoria or secao.nome in lido.secoes:
            linhas.append(f"    {secao.nome}: {{}}")
    return linhas


def _escalar(valor: Any) -> str:
    if isinstance(valor, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_/-]*", valor) and valor not in ("true", "false", "null"):
        return valor
    return json.dumps(valor, ensure_ascii=False)


def _linha(recuo: str, chave: str, valor: Any, dica: str = "to be filled in") -> str:
    return f"{recuo}{chave}: {_escalar(valor)}" + (f"   # required: {dica}" if valor is None else "")


def _para_comentario(nome: str, valor: Any, mostrar_segredos: bool) -> str:
    if mostrar_segredos:
        return json.dumps(valor, ensure_ascii=False)
    return json.dumps(mascarar(nome, valor) if isinstance(valor, str) else MASCARA if secreta(nome) else valor, ensure_ascii=False)
