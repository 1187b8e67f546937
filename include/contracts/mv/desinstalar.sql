-- Removes all that instalar.sql and indices.sql added to MV. Run as a DBA; may be run again, also after a half-finished installation.
-- Stop the hub first (pause the DAGs mv and skymed): while it is connected, its account is locked but cannot be dropped (ORA-01940).
SET DEFINE OFF
SET SERVEROUTPUT ON
WHENEVER SQLERROR CONTINUE
ALTER SESSION SET DDL_LOCK_TIMEOUT = 0;

-- Triggers first, so that the hospital is rid of us whatever happens to the rest. ORA-00054: the table is busy, run this again.
DECLARE
    PROCEDURE EXECUTAR(COMANDO IN VARCHAR2) IS
    BEGIN
        EXECUTE IMMEDIATE COMANDO;
        DBMS_OUTPUT.PUT_LINE('Feito: ' || COMANDO);
    EXCEPTION
        WHEN OTHERS THEN
            -- Not there any more: trigger, user, index.
            IF SQLCODE IN (-4080, -1435, -1918, -1418) THEN
                DBMS_OUTPUT.PUT_LINE('Já não existe: ' || COMANDO);
            ELSE
                DBMS_OUTPUT.PUT_LINE('FALTOU: ' || COMANDO || ' ' || SQLERRM);
            END IF;
    END;
BEGIN
    EXECUTAR('DROP TRIGGER FUSION_INTEGRACAO.TRG_FUSION_ATENDIME');
    EXECUTAR('DROP TRIGGER FUSION_INTEGRACAO.TRG_FUSION_AGE_CIR');
    EXECUTAR('ALTER USER FUSION_LEITURA ACCOUNT LOCK');
    EXECUTAR('DROP USER FUSION_INTEGRACAO CASCADE');
    EXECUTAR('DROP USER FUSION_LEITURA CASCADE');
    FOR I IN (SELECT INDEX_NAME FROM DBA_INDEXES WHERE OWNER = 'DBAMV' AND INDEX_NAME LIKE 'IX\_FUSION\_%' ESCAPE '\') LOOP
        EXECUTAR('DROP INDEX DBAMV.' || I.INDEX_NAME);
    END LOOP;
END;
/

-- Nothing may be listed.
SELECT OWNER, OBJECT_TYPE, OBJECT_NAME FROM DBA_OBJECTS
WHERE OWNER IN ('FUSION_INTEGRACAO', 'FUSION_LEITURA') OR (OWNER = 'DBAMV' AND OBJECT_NAME LIKE 'IX\_FUSION\_%' ESCAPE '\');
SELECT USERNAME FROM DBA_USERS WHERE USERNAME IN ('FUSION_INTEGRACAO', 'FUSION_LEITURA');
