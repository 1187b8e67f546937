"""HL7 v2: build, read, check and send messages. Usable on its own, without queues and without Airflow.

``python -m include.fusion hl7 check FILE`` explains what is wrong with a message. Building: :mod:`include.fusion.hl7.build.adt`, ``result``,
``document``, ``prescricao``, ``agenda``, from the dataclasses of ``data`` and an :class:`~include.fusion.hl7.build.profile.Hl7Profile`.
Sending: :mod:`include.fusion.hl7.wire.transport`.
"""
