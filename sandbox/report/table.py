"""A table as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def tabela(cabecalho: Sequence[str], linhas: Sequence[Sequence[object]]) -> str:
    """Plain text table; numbers to the right."""
    textos = [[("-" if c is None else str(c)) for c in linha] for linha in linhas]
    larguras = [max(len(x[i]) for x in [list(cabecalho), *textos]) for i in range(len(cabecalho))]

    def linha(celulas: Sequence[str], valores: Sequence[object] | None = None) -> str:
        partes = []
        for i, celula in enumerate(celulas):
            numero = (valores is not None and isinstance(valores[i], int | float)) or (valores is None and i > 0)
            partes.append(celula.rjust(larguras[i]) if numero else celula.ljust(larguras[i]))
        return "  ".join(partes).rstrip()

    return "\n".join([linha(cabecalho), "  ".join("-" * n for n in larguras), *(linha(t, v) for t, v in zip(textos, linhas, strict=True))])
