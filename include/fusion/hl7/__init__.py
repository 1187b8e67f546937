"""HL7 v2: build, read, check and send messages. Usable on its own, without queues and without Airflow.

``python -m include.fusion hl7 check FILE`` explains the faults of a message. Build: :mod:`include.fusion.hl7.build.adt`, ``oru``, ``mdm``,
``rde``, ``siu``, from :mod:`~include.fusion.hl7.build.values` and a :class:`~include.fusion.hl7.build.profile.Hl7Profile`. Send:
:mod:`include.fusion.hl7.wire.transport`.
"""
