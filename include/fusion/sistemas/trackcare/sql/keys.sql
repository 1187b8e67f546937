-- TrakCare: keys of a replay (one episode, one patient, patients changed in [inicio, fim)) as keyset pages. A filter that is NULL does not
-- filter. The range is over PacienteSES, whose marker is a moment on every installation.
SELECT s.pacienteid AS chave, s.pacienteid AS chave_paciente, 'alteracao' AS operacao
FROM sqluser.pacienteses s
WHERE (:paciente IS NULL OR s.pacienteid = :paciente)
    AND (:atendimento IS NULL OR s.pacienteid IN (
        SELECT m.papmi_paper_dr FROM sqluser.pa_adm a JOIN sqluser.pa_patmas m ON m.papmi_rowid1 = a.paadm_papmi_dr
        WHERE a.paadm_rowid = :atendimento))
    AND (:inicio IS NULL OR s.atualizadoem >= :inicio)
    AND (:fim IS NULL OR s.atualizadoem < :fim)
    AND (:chave IS NULL OR s.pacienteid > :chave)
ORDER BY s.pacienteid
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
