"""Sandbox MLLP listener: Fusion's HL7 door over a socket instead of HTTP. Same reader, same table, same acknowledgements."""
