-- Seconds from an observation's last edit (push) or the server's last version (pull) until the other side had it: sum and number, per hour.
ALTER TABLE fhir_sync_metrics ADD COLUMN IF NOT EXISTS latencia_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE fhir_sync_metrics ADD COLUMN IF NOT EXISTS medidos BIGINT NOT NULL DEFAULT 0;

-- Signatures of webhook calls that were taken, while their time stamp would still be accepted: each is good for one call.
CREATE TABLE IF NOT EXISTS fhir_webhook_recebidos (
    tenant_id TEXT NOT NULL,
    assinatura TEXT NOT NULL,
    em TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (tenant_id, assinatura)
);
CREATE INDEX IF NOT EXISTS ix_fhir_webhook_recebidos_em ON fhir_webhook_recebidos (em);
