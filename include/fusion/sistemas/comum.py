"""Helpers of every source mapping: what drivers return → what the canonical model takes.

Drivers differ (a date as text, a flag as Decimal, a key as UUID) and so do sites; each helper takes any of these, gives
``None`` for "nothing there" and raises ``RegistroInvalido(campo, motivo)``, never with the value in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache, wraps
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, TypeAdapter, ValidationError

from include.fusion.erros import RegistroInvalido, motivo_de
from include.fusion.modelo import Cns, Cpf
from include.fusion.sistemas.texto import rtf_incompleto, texto_simples

if TYPE_CHECKING:
    from include.fusion.sistemas.base import Contexto, Linha

_T = TypeVar("_T", bound=BaseModel)
_R = TypeVar("_R")
# C0 and C1 controls other than tab, LF and CR, DEL and lone surrogates.
_CONTROLES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WINDOWS = re.compile("[\x80-\x9e]")
_DO_WORD = {0x0B: "\n", 0x0C: "\n", 0x1E: "-"}
"""Line break, page break and non-breaking hyphen, as pasted text keeps them."""
_ANO_MIN, _ANO_MAX = 1850, 2200
_DIGITOS_SEM_DDD_MAX = 9
_BRASILEIRA = re.compile(r"([0-3]?[0-9])/([01]?[0-9])/([0-9]{4})(?:[ T](.+))?")
_NUMERO = re.compile(r"[+-]?(?:[0-9]{1,12}(?:[.,][0-9]{0,12})?|[.,][0-9]{1,12})")
_MILHARES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){1,3}(?:,[0-9]{1,12})?")
_AMBIGUO = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_PRESSAO = re.compile(r"([0-9]{1,3}) *[/xX\\] *([0-9]{1,3})")
_CID = re.compile(r"([A-Z][0-9]{2})([0-9A-Z]{0,2})")
_NAO_DIGITOS = re.compile(r"[^0-9]+")
_UF = re.compile("[A-Z]{2}")
_NAO_CBO = re.compile("[^0-9A-Z]")
_SIM = frozenset({"1", "S", "SIM", "T", "TRUE", "V", "Y"})
_NAO = frozenset({"0", "N", "NAO", "NÃO", "F", "FALSE"})
_CPF: TypeAdapter[str] = TypeAdapter(Cpf)
_CNS: TypeAdapter[str] = TypeAdapter(Cns)


def limpar_texto(valor: str) -> str | None:
    """Drop control characters and outer blanks; an empty text becomes ``None``.

    Quotes, dashes and the like of Windows clients are C1 controls in a database in Latin-1, and Word breaks lines with a vertical tab: dropped,
    "5–10 mg", "5…10 mg" or two lines "5" and "10 mg" would read as 510 mg.
    """
    valor = _WINDOWS.sub(lambda c: c[0].encode("latin-1").decode("cp1252", "ignore"), valor.translate(_DO_WORD))
    return _CONTROLES.sub("", valor).strip() or None


def texto(valor: Any) -> str | None:
    """Cleaned one-format text; blank is ``None``. HTML and RTF stay: see :func:`texto_clinico`."""
    # A record has hundreds: nearly every one is empty or one printable line, which has nothing to clean.
    if valor is None:
        return None
    if isinstance(valor, str) and valor.isprintable():
        return valor.strip() or None
    return limpar_texto(str(valor))


def texto_clinico(valor: Any) -> str | None:
    """Like :func:`texto`, with HTML or RTF turned into plain text."""
    limpo = texto(valor)
    if limpo is None:
        return None
    simples = texto_simples(limpo)
    return limpo if simples is limpo else limpar_texto(simples)


def nota(valor: Any, campo: str, onde: str) -> str | None:
    """Like :func:`texto_clinico`, of a text that was kept whole: a damaged RTF is refused with its row, since half a note may mislead."""
    limpo = texto(valor)
    if limpo is not None and rtf_incompleto(limpo):
        raise RegistroInvalido(campo, f"RTF incompleto ou corrompido ({onde})")
    return texto_clinico(limpo)


def codigo(valor: Any) -> str | None:
    """A code or key as text: ``7``, ``Decimal('7')``, ``7.0`` and ``' 7 '`` are all ``'7'``; a UUID is its lower-case text."""
    if valor is None:
        return None
    if isinstance(valor, (bool, int)):
        return str(int(valor))
    if isinstance(valor, (Decimal, float)) and math.isfinite(valor) and valor == int(valor):
        return str(int(valor))
    return texto(valor)


def digitos(valor: Any, tamanho: int = 0) -> str | None:
    """Only the digits. A number that lost its leading zeros gets them back, up to ``tamanho``; a text does not."""
    limpo = codigo(valor)
    if limpo is None:
        return None
    so = limpo if limpo.isascii() and limpo.isdigit() else _NAO_DIGITOS.sub("", limpo)
    return (so.zfill(tamanho) if isinstance(valor, (int, Decimal)) else so) or None


def digitos_exatos(valor: Any, *tamanhos: int) -> str | None:
    """Digits of a registry number of one of these lengths; anything else is no such number and is left out."""
    so = digitos(valor)
    if so is not None and len(so) < tamanhos[0] and len(tamanhos) == 1:
        so = so.zfill(tamanhos[0])
    return so if so is not None and len(so) in tamanhos else None


def telefone(ddd: Any, numero: Any) -> str | None:
    """Area code and number as digits; a number that was typed with its area code does not get it twice."""
    so, area = digitos(numero), digitos(ddd)
    if so is None:
        return None
    return f"{area.lstrip('0')}{so}" if area and len(so) <= _DIGITOS_SEM_DDD_MAX else so


def uf(valor: Any) -> str | None:
    """Two capital letters, or nothing."""
    sigla = (texto(valor) or "").upper()
    return sigla if _UF.fullmatch(sigla) else None


def cbo(valor: Any) -> str | None:
    """CBO code without punctuation (``2251-25`` → ``225125``); what cannot be one is left out."""
    limpo = _NAO_CBO.sub("", (codigo(valor) or "").upper())
    return limpo if 4 <= len(limpo) <= 6 else None


def _documento(valor: Any, tamanho: int, regra: TypeAdapter[str], ctx: Contexto) -> str | None:
    numero = digitos(valor, tamanho)
    if numero is None:
        # Something without a single digit is a wrong document; the model must see and refuse it, or it is left out.
        numero = None if texto(valor) is None else "?"
    if numero is not None and ctx.omitir_documento_invalido:
        try:
            regra.validate_python(numero)
        except ValidationError:
            return None
    return numero


def cpf(valor: Any, ctx: Contexto) -> str | None:
    """Digits of a CPF; an invalid one is left for the model to refuse, or dropped where the installation says so."""
    return _documento(valor, 11, _CPF, ctx)


def cns(valor: Any, ctx: Contexto) -> str | None:
    """Like :func:`cpf`, for the national health card."""
    return _documento(valor, 15, _CNS, ctx)


def cid(valor: Any, campo: str = "cid10") -> str | None:
    """ICD-10 with its dot: ``E119`` → ``E11.9``, ``i10`` → ``I10`` (sources write it without)."""
    limpo = codigo(valor)
    if limpo is None:
        return None
    achado = _CID.fullmatch(limpo.upper().replace(".", "").rstrip("*+†- "))
    if achado is None:
        raise RegistroInvalido(campo, "CID-10 inválido")
    categoria, resto = achado.groups()
    return f"{categoria}.{resto}" if resto else categoria


def _interpretar(valor: str, campo: str) -> datetime:
    try:
        if brasileira := _BRASILEIRA.fullmatch(valor):
            dia, mes, ano, hora = brasileira.groups()
            valor = f"{ano}-{int(mes):02d}-{int(dia):02d}" + (f"T{hora}" if hora else "")
        return datetime.fromisoformat(valor)
    except ValueError:
        raise RegistroInvalido(campo, "data inválida") from None


def _ano_plausivel(valor: date, campo: str) -> None:
    # Before any zone arithmetic: year 1 and year 9999 overflow in it.
    if not _ANO_MIN <= valor.year <= _ANO_MAX:
        raise RegistroInvalido(campo, f"data fora do intervalo {_ANO_MIN} a {_ANO_MAX}")


def data_hora(valor: Any, fuso: ZoneInfo, campo: str) -> datetime | None:
    """An aware datetime. Values without zone are local time of ``fuso``; texts may be ISO or dd/mm/yyyy; a date is its midnight."""
    if valor is None:
        return None
    if isinstance(valor, str):
        if (limpo := limpar_texto(valor)) is None:
            return None
        valor = _interpretar(limpo, campo)
    elif not isinstance(valor, datetime):
        if not isinstance(valor, date):
            raise RegistroInvalido(campo, "data inválida")
        valor = datetime(valor.year, valor.month, valor.day)
    _ano_plausivel(valor, campo)
    return valor.replace(tzinfo=fuso) if valor.tzinfo is None else valor.astimezone(fuso)


def data(valor: Any, campo: str) -> date | None:
    """A day; the time of a datetime is dropped as it stands (a birth date is no instant)."""
    if isinstance(valor, str):
        if (limpo := limpar_texto(valor)) is None:
            return None
        valor = _interpretar(limpo, campo)
    if valor is None:
        return None
    if not isinstance(valor, date):
        raise RegistroInvalido(campo, "data inválida")
    _ano_plausivel(valor, campo)
    return valor.date() if isinstance(valor, datetime) else valor


def data_e_hora(dia: Any, hora: Any, fuso: ZoneInfo, campo: str) -> datetime | None:
    """The moment of a date column and a time column. Without a time the day column stands as it is (it may hold both).

    Sources keep the time in a full timestamp whose date part means nothing: only its clock is used.
    """
    if isinstance(hora, str):
        limpo = limpar_texto(hora)
        try:
            hora = None if limpo is None else time.fromisoformat(limpo) if ":" in limpo[:3] else _interpretar(limpo, campo)
        except ValueError:
            raise RegistroInvalido(campo, "hora inválida") from None
    if hora is None or dia is None:
        return data_hora(dia, fuso, campo)
    if not isinstance(hora, (datetime, time)):
        raise RegistroInvalido(campo, "hora inválida")
    relogio = hora.time() if isinstance(hora, datetime) else hora
    so_dia = data(dia, campo)
    return None if so_dia is None else datetime.combine(so_dia, relogio.replace(tzinfo=None), fuso)


def numero(valor: Any, campo: str) -> float | None:
    """A finite number: ``'36,5'``, ``'36.5'``, ``'1.234,56'``, Decimal, int. One dot alone is a decimal point."""
    if valor is None:
        return None
    if isinstance(valor, (int, float, Decimal)):
        try:
            if math.isfinite(valor):
                return float(valor)
        except OverflowError:
            pass
        raise RegistroInvalido(campo, "número inválido")
    limpo = texto(valor)
    if limpo is None:
        return None
    if _NUMERO.fullmatch(limpo):
        return float(limpo.replace(",", "."))
    if _MILHARES.fullmatch(limpo):
        return float(limpo.replace(".", "").replace(",", "."))
    raise RegistroInvalido(campo, "número inválido")


def numero_se_houver(valor: Any) -> float | None:
    """The number a text consists of, or ``None`` where it is prose (a result may be ``'12,5'`` or ``'não reagente'``).

    ``'250.000'`` may be a quarter of a million or two hundred and fifty: the text travels, and nobody guesses the number.
    """
    if isinstance(valor, str) and _AMBIGUO.fullmatch(valor.strip()):
        return None
    try:
        return numero(valor, "")
    except RegistroInvalido:
        return None


def por_escrito(valor: float | None) -> str | None:
    """A number as people write it here, to six places and with a comma: "1.125" would read as more than a thousand."""
    return None if valor is None else f"{valor:.6f}".rstrip("0").rstrip(".").replace(".", ",")


def pressao(valor: Any, campo: str) -> tuple[float, float] | None:
    """Systolic and diastolic pressure in mm[Hg] from ``'120/80'`` or ``'120 x 80'``."""
    limpo = texto(valor)
    if limpo is None:
        return None
    achado = _PRESSAO.fullmatch(limpo)
    if achado is None:
        raise RegistroInvalido(campo, "pressão arterial inválida")
    return float(achado[1]), float(achado[2])


def booleano(valor: Any, padrao: bool = False, campo: str = "indicador") -> bool:
    """bool, 0/1 of any numeric type, S/N, text or bytes; ``padrao`` where there is nothing."""
    if isinstance(valor, bool):
        return valor
    if valor is None:
        return padrao
    if isinstance(valor, (int, float, Decimal)):
        return valor != 0
    if isinstance(valor, (bytes, bytearray)):
        return any(valor)
    limpo = (texto(valor) or "").upper()
    if limpo in _SIM or limpo in _NAO:
        return limpo in _SIM
    if not limpo:
        return padrao
    raise RegistroInvalido(campo, "indicador inválido")


def se_houver(modelo: type[_T], **campos: Any) -> _T | None:
    """``modelo`` of the fields given, or ``None`` when all are empty."""
    return modelo(**campos) if any(v is not None for v in campos.values()) else None


@lru_cache(maxsize=20_000)
def _guardado(modelo: type[_T], campos: tuple[tuple[str, Any], ...]) -> _T:
    return modelo(**dict(campos))


def repetido(modelo: type[_T], **campos: str | None) -> _T | None:
    """:func:`se_houver` for what thousands of records share (professionals, units): equal texts give one frozen instance."""
    return _guardado(modelo, tuple(campos.items())) if any(v is not None for v in campos.values()) else None


def memorizado(
    colunas: Sequence[str], opcionais: Sequence[str] = ()
) -> Callable[[Callable[[Linha, Contexto], _R]], Callable[[Linha, Contexto], _R]]:
    """Decorator for what is made of these columns of a row alone, and signs thousands of rows (a professional): made once per run.

    ``opcionais``: columns that a site's SQL may leave out. Two or more ``colunas``.
    """
    obrigatorias = itemgetter(*colunas)
    nomes = (*colunas, *opcionais)

    def decorar(montar: Callable[[Linha, Contexto], _R]) -> Callable[[Linha, Contexto], _R]:
        @lru_cache(maxsize=10_000)
        def guardado(valores: tuple[Any, ...], ctx: Contexto) -> _R:
            return montar(dict(zip(nomes, valores, strict=True)), ctx)

        @wraps(montar)
        def de(linha: Linha, ctx: Contexto) -> _R:
            return guardado((*obrigatorias(linha), *map(linha.get, opcionais)), ctx)

        return de

    return decorar


def em(secao: str, montar: Callable[..., _R], *valores: Any) -> _R:
    """``montar(*valores)`` with the section put before the field that pydantic complains about: a CPF may be the patient's or not."""
    try:
        return montar(*valores)
    except ValidationError as erro:
        campo, _, motivo = motivo_de(erro).partition(": ")
        raise RegistroInvalido(f"{secao}.{campo}", motivo) from None


def linhas(dados: Mapping[str, Sequence[Linha]], nome: str) -> Sequence[Linha]:
    """Rows of one data kind; none where the kind was not read."""
    return dados.get(nome) or ()


def unica(dados: Mapping[str, Sequence[Linha]], nome: str) -> Linha:
    """The one row of a kind that must have exactly one."""
    achadas = linhas(dados, nome)
    if len(achadas) != 1:
        raise RegistroInvalido(nome, "registro não existe mais na origem" if not achadas else "registro duplicado na origem")
    return achadas[0]
