-- TrakCare: how many persons there are, for the progress of the initial load.
SELECT COUNT(*) AS total FROM sqluser.pa_person
