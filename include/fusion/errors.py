"""Every error the hub tells apart. No message carries a value that came from a patient's record."""

from __future__ import annotations

from pydantic import ValidationError

MOTIVO_MAX = 300
"""Characters of the ``motivo`` column."""


class FusionHubError(Exception):
    """Base of all errors of this project."""


class ConfiguracaoInvalida(FusionHubError):
    """A settings, De/Para or SQL file is wrong: the message says file, path inside it and what was expected."""


class PedidoInvalido(FusionHubError):
    """A run's form does not make sense; the message (Portuguese) lists every problem at once."""


class RegistroInvalido(FusionHubError):
    """One record cannot be mapped; it goes to ``erro`` and the batch goes on."""

    def __init__(self, campo: str, motivo: str) -> None:
        super().__init__(f"{campo}: {motivo}")
        self.campo = campo
        self.motivo = motivo


class CodigoSemDePara(RegistroInvalido):
    """A source code without a translation in a catalogue whose policy is to refuse."""

    def __init__(self, catalogo: str, codigo: str) -> None:
        super().__init__(catalogo, f"código {codigo[:40]!r} sem De/Para")
        self.catalogo = catalogo
        self.codigo = codigo


class OrigemEncolheu(FusionHubError):
    """A source's table lost more rows at once than a hospital deletes; taken at its word, their records would all be cancelled in Fusion."""

    def __init__(self, tabela: str, antes: int, agora: int) -> None:
        super().__init__(
            f"{tabela}: {agora} linhas na origem, {antes} da última vez: restauração em andamento ou permissão perdida? Nada dela foi "
            "cancelado nem alterado no Fusion. Se a redução for verdadeira, ponha perda_max: 1 na seção carga e limpe a tarefa."
        )


class FusionError(FusionHubError):
    """Fusion refused one request for good (4xx); ``campo`` names the field it pointed at."""

    def __init__(self, status: int, rota: str, campo: str | None = None) -> None:
        super().__init__(f"Fusion recusou {rota}: HTTP {status}" + (f" em {campo}" if campo else ""))
        self.status = status
        self.rota = rota
        self.campo = campo


class FusionIndisponivel(FusionHubError):
    """Fusion could not take the request now (408, 425, 429, 5xx, no answer); worth trying again.

    ``status`` is 0 when no complete answer came; ``retry_after`` is in seconds, where Fusion asked for a wait.
    """

    def __init__(self, status: int, rota: str, retry_after: float | None = None) -> None:
        super().__init__(f"Fusion indisponível em {rota}: " + (f"HTTP {status}" if status else "sem resposta"))
        self.status = status
        self.rota = rota
        self.retry_after = retry_after


class FusionNaoAutorizado(FusionIndisponivel):
    """Fusion refused our credentials (401, 403): no record's fault, so the whole batch is released and the task fails.

    ``do_registro``: unless others get through, since a 403 may also be one record's: a firewall's that dislikes its text, or a right that the
    credentials lack for its kind.
    """

    def __init__(self, status: int, rota: str) -> None:
        super().__init__(status, rota)
        self.do_registro = status == 403 and rota != "token"
        quem = "negou o acesso, ou um firewall barrou o envio" if self.do_registro else "recusou as credenciais da conexão"
        self.args = (f"Fusion {quem} (HTTP {status}); confira a conexão da API no Airflow",)


# pydantic's own error types, in words for data ops; the input value never takes part.
_TIPOS = {
    "missing": "campo obrigatório ausente",
    "string_type": "deveria ser texto",
    "string_too_short": "texto vazio",
    "string_too_long": "texto longo demais",
    "string_pattern_mismatch": "formato inválido",
    "literal_error": "valor fora da lista aceita",
    "timezone_aware": "data e hora sem fuso",
    "extra_forbidden": "campo desconhecido",
    "finite_number": "número inválido",
    "float_parsing": "número inválido",
    "less_than_equal": "valor acima do limite",
    "greater_than_equal": "valor abaixo do limite",
}


def motivo_de(erro: BaseException) -> str:
    """Reason for the queue row: Portuguese, at most ``MOTIVO_MAX`` characters, without any value of the record."""
    if isinstance(erro, ValidationError):
        partes = []
        for item in erro.errors(include_input=False, include_url=False, include_context=True):
            local = ".".join(str(p) for p in item["loc"]) or "registro"
            # Only our own validators raise ValueError, and their texts are fixed.
            texto = str(item["ctx"]["error"]) if item["type"] == "value_error" else _TIPOS.get(item["type"], "valor inválido")
            partes.append(f"{local}: {texto}")
        return "; ".join(partes)[:MOTIVO_MAX]
    if isinstance(erro, FusionHubError):
        return str(erro)[:MOTIVO_MAX]
    return f"falha inesperada ao montar o registro ({type(erro).__name__})"
