"""A FHIR R4 server for tests and demos: `sekmet-fhir` behind faults of our own. Every record in it is invented."""
