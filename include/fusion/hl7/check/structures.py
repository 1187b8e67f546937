"""Message structures in the notation of the standard, and a matcher that finds the first segment that does not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

_ADT_START = "MSH SFT* EVN PID PD1? ROL*"
_INSURANCE = "GT1* (IN1 IN2? IN3* ROL*)* ACC?"
_ADT_A05 = f"{_ADT_START} NK1* PV1 PV2? ROL* DB1* OBX* AL1* DG1* DRG? (PR1 ROL*)* {_INSURANCE} UB1? UB2?"
_PACIENTE_RDE = "(PID PD1? NTE* (PV1 PV2?)? (IN1 IN2? IN3?)* GT1? AL1*)?"
_RESOURCES = "(RGS (AIS NTE*)* (AIG NTE*)* (AIL NTE*)* (AIP NTE*)*)+"
_2_4 = {
    "ADT_A01": f"{_ADT_A05} PDA?",
    "ADT_A02": f"{_ADT_START} PV1 PV2? ROL* DB1* OBX* PDA?",
    "ADT_A03": f"{_ADT_START} PV1 PV2? ROL* DB1* DG1* DRG? (PR1 ROL*)* OBX* PDA?",
    "ADT_A05": _ADT_A05,
    "ADT_A09": "MSH EVN PID PD1? PV1 PV2? DB1* OBX* DG1*",
    "ADT_A39": "MSH EVN (PID PD1? MRG PV1?)+",
    "ADT_A60": "MSH EVN PID PV1? PV2? IAM*",
    "MDM_T02": "MSH EVN PID PV1 TXA OBX+",
    "ORU_R01": "MSH ((PID PD1? NK1* NTE* (PV1 PV2?)?)? (ORC? OBR NTE* CTD? (OBX? NTE*)+ FT1* CTI*)+)+ DSC?",
    "RDE_O11": f"MSH NTE* {_PACIENTE_RDE} (ORC (RXO NTE* RXR+ (RXC+ NTE*)?)? RXE RXR+ RXC* (OBX NTE*)* CTI*)+",
    "SIU_S12": f"MSH SCH NTE* (PID PD1? PV1? PV2? OBX* DG1*)* {_RESOURCES}",
    "ACK": "MSH MSA ERR?",
}
_2_5_1 = {
    **_2_4,
    "ADT_A03": f"{_ADT_START} NK1* PV1 PV2? ROL* DB1* AL1* DG1* DRG? (PR1 ROL*)* OBX* {_INSURANCE} PDA?",
    "ADT_A09": "MSH SFT* EVN PID PD1? PV1 PV2? DB1* OBX* DG1*",
    "ADT_A39": "MSH SFT* EVN (PID PD1? MRG PV1?)+",
    "ADT_A60": "MSH SFT* EVN PID PV1? PV2? IAM*",
    "MDM_T02": "MSH SFT* EVN PID PV1 (ORC (TQ1 TQ2*)* OBR NTE*)* TXA (OBX NTE*)+",
    "ORU_R01": "MSH SFT* ((PID PD1? NTE* NK1* (PV1 PV2?)?)? (ORC? OBR NTE* (TQ1 TQ2*)* CTD? (OBX NTE*)* FT1* CTI* (SPM OBX*)*)+)+ DSC?",
    "RDE_O11": f"MSH SFT* NTE* {_PACIENTE_RDE} (ORC (TQ1 TQ2*)* (RXO NTE* RXR+ (RXC NTE*)*)? RXE NTE* (TQ1 TQ2*)+ RXR+ RXC* (OBX NTE*)* FT1* BLG? CTI*)+",
    "SIU_S12": f"MSH SCH TQ1* NTE* (PID PD1? PV1? PV2? OBX* DG1*)* {_RESOURCES}",
    "ACK": "MSH SFT* MSA ERR*",
}
STRUCTURES = {
    "2.4": {name: pattern.replace(" SFT*", "") for name, pattern in _2_4.items()},
    "2.5.1": _2_5_1,
    "2.7": {name: pattern.replace("MSH SFT*", "MSH SFT* UAC?") for name, pattern in _2_5_1.items()},
}
"""Version → structure → segments: ``?`` at most one, ``*`` any number, ``+`` at least one, parentheses a group.
2.7 has further segments that we do not send (ARV, PRT, CON, IAR)."""
SEGMENTS = frozenset(
    name for patterns in STRUCTURES.values() for pattern in patterns.values() for name in re.findall("[A-Z][A-Z0-9]{2}", pattern)
)
"""All segment names in them."""
EVENTS = {
    "ADT": {"A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03", "A04": "ADT_A01", "A08": "ADT_A01", "A11": "ADT_A09", "A13": "ADT_A01",
            "A31": "ADT_A05", "A40": "ADT_A39", "A60": "ADT_A60"},
    "ORU": {"R01": "ORU_R01"}, "MDM": {"T02": "MDM_T02"}, "RDE": {"O11": "RDE_O11"},
    "SIU": dict.fromkeys(("S12", "S13", "S14", "S15", "S26"), "SIU_S12"),
}  # fmt: skip
"""Type → event → structure, for all messages of this project."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A segment name or a group, with how often it may occur."""

    nome: str = ""
    children: tuple[_Node, ...] = ()
    minimum: int = 1
    maximum: int | None = 1


@cache
def _tree(pattern: str) -> _Node:
    stack: list[list[_Node]] = [[]]
    for part, count in re.findall(r"(\(|\)|[A-Z][A-Z0-9]{2})([?*+]?)", pattern):
        if part == "(":
            stack.append([])
            continue
        minimum, maximum = {"": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}[count]
        node = _Node("", tuple(stack.pop()), minimum, maximum) if part == ")" else _Node(part, (), minimum, maximum)
        stack[-1].append(node)
    return _Node("", tuple(stack[0]))


@dataclass(slots=True)
class _Matcher:
    """``until``: the furthest segment reached. ``expected``: segments that fit there."""

    names: Sequence[str]
    until: int = 0
    expected: set[str] = field(default_factory=set)

    def match(self, node: _Node, start: int) -> set[int]:
        """Positions where ``node`` may end if it starts at ``start``."""
        ends = {start} if node.minimum == 0 else set()
        present, times_seen = {start}, 0
        while present and (node.maximum is None or times_seen < node.maximum):
            # An occurrence must consume a segment: else a group of optional parts would repeat for ever.
            new = {f for a in present for f in self._one(node, a) if f > a or times_seen < node.minimum}
            times_seen += 1
            present = new - ends
            if times_seen >= node.minimum:
                ends |= new
        return ends

    def _one(self, node: _Node, start: int) -> set[int]:
        if node.nome:
            if start < len(self.names) and self.names[start] == node.nome:
                return {start + 1}
            self._note(start, node.nome)
            return set()
        positions = {start}
        for child in node.children:
            positions = {f for p in positions for f in self.match(child, p)}
        return positions

    def _note(self, position: int, name: str) -> None:
        if position > self.until:
            self.until, self.expected = position, set()
        if position == self.until:
            self.expected.add(name)


def where_it_leaves(pattern: str, names: Sequence[str]) -> tuple[int, list[str]] | None:
    """``None`` when all segments fit; else the position (from 0) of the first that does not, and the names that fit there.

    The position is ``len(names)`` when the end is missing. A Z segment fits anywhere.
    """
    known = [(n, name) for n, name in enumerate(names) if not name.startswith("Z")]
    search = _Matcher([name for _, name in known])
    if len(known) in search.match(_tree(pattern), 0):
        return None
    position = known[search.until][0] if search.until < len(known) else len(names)
    return position, sorted(search.expected)
