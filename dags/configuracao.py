"""No DAG. The import error of this file shows, in Airflow's UI, the entries of ``integracoes.yaml`` with a fault; they have no DAG.

The DAGs of other entries continue. An error in a system's own file would stop all its DAGs: Airflow rejects a whole file.
"""

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import read_file

if faults := read_file().faults:
    entries = ", ".join(fault.entry_id for fault in faults)
    raise InvalidConfiguration(
        f"{len(faults)} entrada(s) com erro nas configurações, sem DAG até a correção: {entries}. As demais seguem.\n"
        + "\n".join(fault.text for fault in faults)
    )
