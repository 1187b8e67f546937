-- TrakCare: ids of the next page of persons, ascending from the last one done.
SELECT p.paper_rowid AS chave
FROM sqluser.pa_person p
WHERE p.paper_rowid > :chave
ORDER BY p.paper_rowid
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
