-- What every normalised table has: added where it is missing, and the trigger that guards the version.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT schemaname AS esquema, tablename AS nome FROM pg_tables WHERE schemaname IN ('sotech', 'pep') AND tablename NOT LIKE 'sys\_%' LOOP
        EXECUTE format('ALTER TABLE %I.%I ADD COLUMN IF NOT EXISTS fkuser integer NOT NULL DEFAULT 1, ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 0,'
            ' ADD COLUMN IF NOT EXISTS ativo boolean NOT NULL DEFAULT true, ADD COLUMN IF NOT EXISTS uuid uuid UNIQUE DEFAULT gen_random_uuid()', t.esquema, t.nome);
        EXECUTE format('ALTER TABLE %I.%I ALTER COLUMN fkuser SET DEFAULT 1, ADD FOREIGN KEY (fkuser) REFERENCES ish.sys_usuario', t.esquema, t.nome);
        EXECUTE format('CREATE TRIGGER versao BEFORE UPDATE ON %I.%I FOR EACH ROW EXECUTE FUNCTION sotech.sys_versionar()', t.esquema, t.nome);
    END LOOP;
END $$;
