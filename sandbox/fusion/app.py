"""The API: FastAPI carries it, but the routes are bare Starlette ones, since validation is the contract's work, not pydantic's."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sandbox.fusion import contrato, hl7
from sandbox.fusion.ajustes import Ajustes
from sandbox.fusion.autenticacao import Porteiro
from sandbox.fusion.banco import INDISPONIVEL, Banco, Escrita
from sandbox.fusion.falhas import ComFalhas, Falhas, Injetor
from sandbox.fusion.problema import Recusa, problema

Tratador = Callable[[Request], Awaitable[Response]]
_CHAVE = re.compile(r"[\x21-\x7e]{1,200}")
# orjson writes JSON five times faster, but very small numbers (0.00001) otherwise than Python's json does (1e-05).
_NUMERO_RARO = re.compile(rb":-?(?:0\.0000|[0-9.]+e)")
_HASH_CANCELADO = hashlib.sha256(b"cancelamento").hexdigest()
_ENTIDADES = {"Atendimento": "atendimento", "Paciente": "paciente", "AgendaCirurgica": "agenda_cirurgica"}
_CAMPOS = {"agenda_cirurgica": "agendamento"}
"""Name of the record in bodies, where it is not the entity's."""


def _json(dados: Any) -> Response:
    return Response(orjson.dumps(dados), media_type="application/json")


def _hash_conteudo(registro: dict[str, Any]) -> str:
    """Same recipe as the hub's ``versao_conteudo``, so that both sides can be compared by hash alone."""
    nucleo = {k: v for k, v in registro.items() if k != "atualizadoEm"}
    texto = orjson.dumps(nucleo, option=orjson.OPT_SORT_KEYS)
    if (b"0.0000" in texto or b"e-" in texto) and _NUMERO_RARO.search(texto):
        texto = json.dumps(nucleo, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(texto).hexdigest()


def _instante(texto: str | None) -> datetime | None:
    return None if texto is None else datetime.fromisoformat(texto)


def _inteiro(texto: str, campo: str) -> int:
    """A number from path or query: 1 to 2^31-1."""
    if not (texto.isascii() and texto.isdigit() and len(texto) <= 10 and 0 < int(texto) < 2**31):
        raise Recusa(400, "deveria ser um inteiro positivo", f"$.{campo}")
    return int(texto)


def _consulta(request: Request, campo: str) -> int | None:
    texto = request.query_params.get(campo)
    return None if texto is None else _inteiro(texto, campo)


class Api:
    """Handlers of every route over one database, one doorkeeper and one fault injector."""

    def __init__(self, ajustes: Ajustes) -> None:
        self._ajustes = ajustes
        self.banco = Banco(ajustes.dsn, ajustes.conexoes)
        self._porteiro = Porteiro(ajustes)
        self.injetor = Injetor(Falhas.de(ajustes.falhas))

    # --- writes ---------------------------------------------------------------------------------------------------

    def gravar(self, esquema: str, campo: str, entidade: str) -> Tratador:
        """POST of a whole record under ``campo``; a route with ``layoutId`` takes it through that layout."""

        async def tratar(request: Request) -> Response:
            recebido = datetime.now(UTC)
            layout = self._layout(request)
            chave, bruto = self._chave(request), await self._corpo(request, "application/json")
            pedido = contrato.ler(esquema, bruto)
            registro = pedido[campo]
            integracao, codigo = pedido["integracaoId"], registro["codigo"]
            try:
                self._porteiro.integracao(integracao)
                if entidade != "paciente":
                    contrato.conferir_itens(registro, campo)
                atualizado = _instante(registro.get("atualizadoEm"))
            except Recusa as recusa:
                raise recusa.de(integracao, codigo) from None
            paciente = registro["paciente"].get("codigo") if "paciente" in registro else codigo
            conteudo = _hash_conteudo(registro)
            # Without atualizadoEm: after a crash the same content may be sent again with the marker that the source has by then.
            return await self._aplicar(
                Escrita(chave, self._hash_pedido(request, conteudo.encode()), entidade, integracao, codigo, "gravacao",
                        orjson.dumps(registro).decode(), conteudo, paciente, atualizado, layout, recebido)
            )  # fmt: skip

        return tratar

    def pendencia(self, controlador: str, integracao: str, chaves: tuple[str, ...]) -> Tratador:
        """POST of a pending change; ``chaves`` tell one from another within an integration."""

        async def tratar(request: Request) -> Response:
            recebido = datetime.now(UTC)
            chave, bruto = self._chave(request), await self._corpo(request, "application/json")
            pedido = contrato.ler(controlador, bruto)
            self._porteiro.integracao(pedido[integracao])
            codigo = "|".join(pedido[c] for c in chaves)
            return await self._aplicar(
                Escrita(chave, self._hash_pedido(request, bruto), controlador, pedido[integracao], codigo, "gravacao",
                        orjson.dumps(pedido).decode(), _hash_conteudo(pedido), None, None, None, recebido)
            )  # fmt: skip

        return tratar

    async def cancelar(self, request: Request) -> Response:
        recebido = datetime.now(UTC)
        entidade, integracao, codigo = self._registro(request)
        marcador = request.query_params.get("atualizadoEm")
        if marcador is not None and not contrato.validador("DataHora").is_valid(marcador):
            raise Recusa(400, "data e hora inválida ou sem fuso", "$.atualizadoEm").de(integracao, codigo)
        chave = self._chave(request)
        return await self._aplicar(
            Escrita(chave, self._hash_pedido(request, b""), entidade, integracao, codigo, "cancelamento",
                    None, _HASH_CANCELADO, None, _instante(marcador), None, recebido)
        )  # fmt: skip

    async def _aplicar(self, escrita: Escrita) -> Response:
        situacao, numero, aplicado, versao = await self.banco.aplicar(escrita)
        if situacao == "conflito":
            raise Recusa(409, "Idempotency-Key já usada com outro pedido").de(escrita.integracao_id, escrita.codigo)
        return _json({"id": numero, "aplicado": aplicado, "repetido": situacao == "repetido", "versao": versao})

    async def hl7(self, request: Request) -> Response:
        """Always 200 with an acknowledgement once the caller is known: HL7 tells errors in MSA, not in HTTP."""
        recebido = datetime.now(UTC)
        integracao = _inteiro(request.path_params["integracaoId"], "integracaoId")
        self._porteiro.integracao(integracao)
        bruto = await self._corpo(request, "application/hl7-v2", "text/plain", "x-application/hl7-v2+er7")
        mensagem: hl7.Mensagem | None = None
        try:
            mensagem = hl7.ler(bruto)
            hl7.conferir(mensagem)
            if await self.banco.guardar_hl7(integracao, hl7.linha(mensagem, recebido)) == "conflito":
                raise hl7.Erro("AE", 205, "MSH-10 já usado por outra mensagem")
            texto = hl7.ack(mensagem, "AA")
        except hl7.Erro as erro:
            await self.banco.recusar("hl7", Recusa(200, erro.texto, erro.codigo).de(integracao, mensagem and mensagem.campo("MSH", 10)))
            texto = hl7.ack(mensagem, erro.codigo, erro)
        return Response(texto.encode(), media_type="application/hl7-v2")

    # --- reads ----------------------------------------------------------------------------------------------------

    async def consultar(self, request: Request) -> Response:
        entidade, integracao, codigo = self._registro(request)
        linha = await self.banco.estado(entidade, integracao, codigo)
        if linha is None:
            return problema(404, "registro desconhecido")
        estado = {
            "integracaoId": integracao,
            "codigo": codigo,
            "versao": linha["versao"],
            "cancelado": linha["cancelado"],
            "aceitoEm": linha["aceito_em"],
            _CAMPOS.get(entidade, entidade): orjson.Fragment(linha["corpo"]),
        }
        return _json(estado)

    def listar(self, controlador: str) -> Tratador:
        async def tratar(request: Request) -> Response:
            integracao, depois = _consulta(request, "integracaoId"), _consulta(request, "depoisDe") or 0
            limite = min(_consulta(request, "limite") or 100, 1000)
            abertas = request.query_params.get("abertas") == "true"
            linhas = await self.banco.pendencias(controlador, depois, integracao, abertas, limite)
            return _json({"itens": [{"id": linha["id"], "pendencia": orjson.Fragment(linha["corpo"])} for linha in linhas]})

        return tratar

    async def saude(self, _: Request) -> Response:
        await self.banco.viva()
        return _json({"situacao": "ok"})

    async def token(self, request: Request) -> Response:
        return self._porteiro.emitir(await request.body(), request.headers.get("authorization", ""))

    # --- the sandbox's own doors ----------------------------------------------------------------------------------

    async def falhas(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.injetor.trocar(Falhas())
        elif request.method == "PUT":
            try:
                self.injetor.trocar(Falhas.de(orjson.loads(await request.body())))
            except (orjson.JSONDecodeError, AttributeError):
                raise Recusa(400, "o corpo deveria ser um objeto JSON") from None
            except ValueError as erro:
                raise Recusa(422, "campo desconhecido ou fora do limite", f"$.{erro}") from None
        return _json({**asdict(self.injetor.falhas), "feitas": dict(self.injetor.feitas)})

    async def resumo(self, request: Request) -> Response:
        return _json(await self.banco.resumo(_consulta(request, "integracao")))

    async def duplicados(self, request: Request) -> Response:
        return _json({"itens": await self.banco.duplicados(_consulta(request, "integracao"))})

    # --- what every request goes through --------------------------------------------------------------------------

    def rota(self, tratar: Tratador, entidade: str = "", *, admin: bool = False, aberta: bool = False) -> Tratador:
        """Credentials first; a refusal of an ``entidade`` is logged; a database that is away is a 503."""

        async def ponta(request: Request) -> Response:
            try:
                try:
                    if not aberta:
                        self._porteiro.exigir(request.headers, admin=admin)
                    return await tratar(request)
                except Recusa as recusa:
                    if entidade:
                        await self.banco.recusar(entidade, recusa)
                    return recusa.resposta()
            except INDISPONIVEL:
                return problema(503, "banco de dados do Fusion indisponível", cabecalhos={"Retry-After": "1"})

        return ponta

    def _registro(self, request: Request) -> tuple[str, int, str]:
        """Entity, integration and code of a path like ``/api/Atendimento/12/345``."""
        integracao, codigo = _inteiro(request.path_params["integracaoId"], "integracaoId"), request.path_params["codigo"]
        if not contrato.validador("Codigo").is_valid(codigo):
            raise Recusa(400, "formato inválido", "$.codigo").de(integracao, None)
        self._porteiro.integracao(integracao)
        return _ENTIDADES[request.url.path.split("/")[2]], integracao, codigo

    def _layout(self, request: Request) -> int | None:
        if "layoutId" not in request.path_params:
            return None
        layout = _inteiro(request.path_params["layoutId"], "layoutId")
        if layout not in self._ajustes.layouts:
            raise Recusa(404, "layout desconhecido", "$.layoutId")
        return layout

    @staticmethod
    def _chave(request: Request) -> str:
        chave = request.headers.get("idempotency-key", "")
        if not _CHAVE.fullmatch(chave):
            raise Recusa(400, "cabeçalho Idempotency-Key ausente ou inválido")
        return chave

    @staticmethod
    def _hash_pedido(request: Request, bruto: bytes) -> str:
        # The route takes part: a key is good for one request, not for one body.
        resumo = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
        resumo.update(bruto)
        return resumo.hexdigest()

    async def _corpo(self, request: Request, *tipos: str) -> bytes:
        tipo = request.headers.get("content-type", tipos[0]).partition(";")[0].strip().lower()
        if tipo not in tipos:
            raise Recusa(415, f"Content-Type deveria ser {tipos[0]}")
        partes, tamanho = [], 0
        async for parte in request.stream():
            tamanho += len(parte)
            if tamanho > self._ajustes.corpo_max:
                raise Recusa(413, "corpo grande demais")
            partes.append(parte)
        return b"".join(partes)


async def _problema_http(_: Request, erro: Exception) -> Response:
    status = erro.status_code if isinstance(erro, HTTPException) else 500
    return problema(status, "rota ou método desconhecido" if status in (404, 405) else "falha interna")


def criar(ajustes: Ajustes) -> ASGIApp:
    """The whole server as one ASGI application."""
    api = Api(ajustes)

    @asynccontextmanager
    async def vida(_: FastAPI) -> AsyncIterator[None]:
        await api.banco.abrir()
        yield
        await api.banco.fechar()

    app = FastAPI(lifespan=vida, docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.openapi = contrato.documento  # type: ignore[method-assign]
    app.add_exception_handler(HTTPException, _problema_http)
    app.add_exception_handler(Exception, _problema_http)

    def rotear(caminho: str, metodo: str, tratar: Tratador, entidade: str = "", **opcoes: bool) -> None:
        app.add_route(caminho, api.rota(tratar, entidade, **opcoes), [metodo])

    rotear("/api/Atendimento", "POST", api.gravar("ImportacaoAtendimento", "atendimento", "atendimento"), "atendimento")
    rotear("/api/Json/{layoutId}", "POST", api.gravar("ImportacaoJson", "registro", "atendimento"), "atendimento")
    rotear("/api/Paciente", "POST", api.gravar("ImportacaoPaciente", "paciente", "paciente"), "paciente")
    rotear("/api/AgendaCirurgica", "POST", api.gravar("ImportacaoAgendaCirurgica", "agendamento", "agenda_cirurgica"), "agenda_cirurgica")
    for controlador, entidade in _ENTIDADES.items():
        rotear(f"/api/{controlador}/{{integracaoId}}/{{codigo:path}}", "DELETE", api.cancelar, entidade)
        rotear(f"/api/{controlador}/{{integracaoId}}/{{codigo:path}}", "GET", api.consultar)
    pendencias = {
        "PendenciaIntegracao": ("integracaoId", ("entidade", "codigo", "dataRegistro")),
        "AplicacaoPendencia": ("integracaoOrigem", ("aplicacao", "metodo", "idEntidade", "dataRegistro")),
    }
    for controlador, (integracao, chaves) in pendencias.items():
        rotear(f"/api/{controlador}", "POST", api.pendencia(controlador, integracao, chaves), controlador)
        rotear(f"/api/{controlador}", "GET", api.listar(controlador))
    rotear("/api/HL7/{integracaoId}", "POST", api.hl7, "hl7")
    rotear("/saude", "GET", api.saude, aberta=True)
    rotear("/oauth/token", "POST", api.token, aberta=True)
    for metodo in ("GET", "PUT", "DELETE"):
        rotear("/_sandbox/falhas", metodo, api.falhas, admin=True)
    rotear("/_sandbox/resumo", "GET", api.resumo, admin=True)
    rotear("/_sandbox/duplicados", "GET", api.duplicados, admin=True)
    return ComFalhas(app, api.injetor)
