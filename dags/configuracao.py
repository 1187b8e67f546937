"""No DAG of its own: the import error of this file lists, in Airflow's UI, the entries of ``integracoes.yaml`` that have none for a fault of theirs.

The other entries' DAGs go on. An error in a system's own file would stop all of that system's: Airflow holds a whole file back.
"""

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import read_file

if faults := read_file().faults:
    entries = ", ".join(fault.entry_id for fault in faults)
    raise InvalidConfiguration(
        f"{len(faults)} entrada(s) com erro nas configurações, sem DAG até a correção: {entries}. As demais seguem.\n"
        + "\n".join(fault.text for fault in faults)
    )
