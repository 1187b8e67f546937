-- MV: journal rows that are in the hub's own database. At most 1000 at a time: Oracle takes no longer list.
DELETE FROM fusion_integracao.importacaoatendimento WHERE id IN :ids
