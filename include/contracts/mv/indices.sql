-- Optional, recommended: indexes for the hub's questions "what changed since". Without them each question reads a whole table.
-- These are objects on the hospital's own tables: docs/mv-dba.md says what that means. Leave out those that the site already has.
-- ONLINE needs Enterprise Edition; elsewhere take the word out and run it in a maintenance window.
CREATE INDEX DBAMV.IX_FUSION_PACIENTE_ATU ON DBAMV.PACIENTE (DT_ULTIMA_ATUALIZACAO) ONLINE;
CREATE INDEX DBAMV.IX_FUSION_PACIENTE_CAD ON DBAMV.PACIENTE (DT_CADASTRO) ONLINE;
CREATE INDEX DBAMV.IX_FUSION_DOCUMENTO ON DBAMV.PW_DOCUMENTO_CLINICO (DH_FECHAMENTO) ONLINE;
CREATE INDEX DBAMV.IX_FUSION_COLETA ON DBAMV.COLETA_SINAL_VITAL (DATA_COLETA) ONLINE;
CREATE INDEX DBAMV.IX_FUSION_ITPRE_MED ON DBAMV.ITPRE_MED (DH_REGISTRO) ONLINE;
CREATE INDEX DBAMV.IX_FUSION_ITPRE_CANC ON DBAMV.ITPRE_MED (DH_CANCELADO) ONLINE;
