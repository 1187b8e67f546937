"""HL7 v2 as text and bytes: escapes, parsing, answers, MLLP and HTTP."""
