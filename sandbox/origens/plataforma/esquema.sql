-- The platform's own tables, as its ORM (Prisma) names them: camelCase columns in quotes.
CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE patients (
    id TEXT PRIMARY KEY,
    "tenantId" TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    "socialName" TEXT,
    cpf TEXT,
    cns TEXT,
    "birthDate" DATE,
    gender TEXT,
    phone TEXT,
    email TEXT,
    "ehrPatientId" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "updatedAt" TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE observations (
    id TEXT PRIMARY KEY,
    "tenantId" TEXT NOT NULL REFERENCES tenants (id),
    "patientId" TEXT NOT NULL REFERENCES patients (id),
    type TEXT NOT NULL,
    value NUMERIC,
    systolic NUMERIC,
    diastolic NUMERIC,
    unit TEXT,
    "valueText" TEXT,
    code TEXT,
    "codeSystem" TEXT,
    status TEXT NOT NULL DEFAULT 'final',
    source TEXT NOT NULL DEFAULT 'api',
    "effectiveAt" TIMESTAMPTZ NOT NULL,
    "syncedToEHR" BOOLEAN NOT NULL DEFAULT false,
    "fhirResourceId" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "updatedAt" TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX ix_observations_patient ON observations ("patientId", "effectiveAt");
