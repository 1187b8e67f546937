"""What is wrong with an HL7 v2 message."""
