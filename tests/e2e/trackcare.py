"""Tasks of TrackCare's DAG, in their order."""

TASKS = ("sincronizar_pacientes", "pendencia_busca_paciente", "envio_arquivo_fusion")
