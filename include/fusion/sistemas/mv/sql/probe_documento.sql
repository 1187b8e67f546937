-- MV: how many documents of attendances were closed or signed after the bind marcador (counted up to 5000), and the newest marker.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT d.dh_fechamento AS marcador FROM dbamv.pw_documento_clinico d
      WHERE d.dh_fechamento > :marcador AND d.tp_status IN ('FECHADO', 'ASSINADO') AND d.cd_atendimento IS NOT NULL
      ORDER BY d.dh_fechamento DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
