-- MV: kept journal rows that no restore needs any more.
DELETE FROM fusion_integracao.atualizacaoagendacirurgia_lido WHERE nr_lote < :antes
