"""Between the platform's rows and FHIR R4 resources."""
