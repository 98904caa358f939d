"""A real Slurm cluster for tests: munge, one controller, three slurmd, all on loopback.

All state lies in one private folder. Root only: the daemons run as root and start jobs as root.
Nothing is installed here; `make test` installs the packages first.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestration.processes import die_with_parent

NODES = ("n1", "n2", "n3")
"""A job of two nodes can then lose one for good."""
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
_START_S = 60.0

_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits until its old credential has expired: 120 s, and at least 5.
AuthInfo=socket={folder}/munge.sock,cred_expire=5
CredType=cred/munge
# Without these the daemons listen on every interface.
CommunicationParameters=NoAddrCache,NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=2,sched_min_interval=0,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
InactiveLimit=0
SlurmdTimeout=10
SlurmctldTimeout=10
MessageTimeout=10
BatchStartTimeout=10
UnkillableStepTimeout=15
KillWait=3
MinJobAge=3600
OverTimeLimit=0
JobRequeue=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4 RealMemory=8000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4 RealMemory=8000
NodeName=n3 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[3]} CPUs=4 RealMemory=8000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=main Nodes=n[1-3] Default=YES PreemptMode=OFF
PartitionName=spare Nodes=n[1-3] PriorityTier=1 PreemptMode=REQUEUE GraceTime=0
PartitionName=polite Nodes=n[1-3] PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
PartitionName=taken Nodes=n[1-3] PriorityTier=1 PreemptMode=CANCEL GraceTime=0
PartitionName=urgent Nodes=n[1-3] PriorityTier=10 PreemptMode=OFF
"""


def why_not() -> str:
    """Return why no cluster can be started here, or ""."""
    if os.geteuid():
        return "a Slurm cluster for tests needs root"
    missing = [name for name in PROGRAMS if _find(name) is None]
    if missing:
        return f"Slurm is not installed ({', '.join(missing)} missing): `make slurm` as root"
    try:
        address = socket.gethostbyname(_host())
    except OSError:
        address = "nothing"
    if not address.startswith("127."):
        return (
            f"this machine's name {_host()} resolves to {address}, not to loopback, where the "
            f"daemons are to listen: put `127.0.0.1 {_host()}` first in /etc/hosts"
        )
    return ""


class SlurmCluster:
    """Daemons of one cluster, each of which a test may kill and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.env: Mapping[str, str] = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        """What a client of this cluster needs in its environment."""

    def start(self) -> None:
        for name in ("state", "munge", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(mode=0o700)
        (self.folder / "slurm.conf").write_text(
            _CONF.format(host=_host(), folder=self.folder, ports=_free_ports(4))
        )
        key = self.folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)
        self._start_munge(key)
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait_until(self._is_idle, "all nodes to be idle")

    def start_controller(self) -> None:
        self._start("slurmctld", "slurmctld", "-D")
        self.wait_until(self._answers, "the controller to answer")

    def start_node(self, node: str) -> None:
        self._start(node, "slurmd", "-D", "-N", node)

    def kill_controller(self) -> None:
        """As a crash would: what it had not saved yet is gone."""
        self._kill("slurmctld")

    def kill_node(self, node: str) -> None:
        """End a node's daemon and all that runs there, at once, as a power cut would."""
        self._kill(node)
        self._kill_processes(f"SLURMD_NODENAME={node}")

    def cut_off(self, node: str) -> None:
        """End a node's daemon alone: what runs there goes on, and Slurm cannot reach it."""
        self._kill(node)

    def save_state(self) -> None:
        """Keep what the controller has on disk now."""
        shutil.copytree(self.folder / "state", self.folder / "saved", dirs_exist_ok=True)

    def restore_state(self) -> None:
        """Put a dead controller's files back: what it had not saved by then is forgotten."""
        shutil.rmtree(self.folder / "state")
        shutil.copytree(self.folder / "saved", self.folder / "state")

    def repair(self) -> None:
        """Start what was killed, end what runs, and wait until all nodes are idle."""
        if "slurmctld" not in self._daemons:
            self.start_controller()
        self.run("scancel", "--user=root")
        for node in NODES:
            if node not in self._daemons:
                self._kill_processes(f"SLURMD_NODENAME={node}")
                self.start_node(node)
        self.wait_until(self._is_idle, "all nodes to be idle again")

    def run(self, *command: str) -> str:
        """Run a Slurm command and return what it prints."""
        done = subprocess.run(
            command, env=dict(self.env), capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout + done.stderr

    def wait_until(self, condition: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                logs = "".join(
                    f"\n{p}:\n{p.read_text()[-2000:]}" for p in self.folder.glob("*.log")
                )
                raise TimeoutError(f"waited {timeout_s} s for {what}{logs}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End every daemon, step and rank of the cluster."""
        for name in list(self._daemons):
            self._kill(name)
        self._kill_processes("")

    def _start_munge(self, key: Path) -> None:
        self._start(
            "munged", "munged", "--foreground", "--force", f"--key-file={key}", "--num-threads=2",
            f"--socket={self.folder}/munge.sock", f"--pid-file={self.folder}/munge/pid",
            f"--log-file={self.folder}/munge/log", f"--seed-file={self.folder}/munge/seed",
        )  # fmt: skip
        self.wait_until((self.folder / "munge.sock").exists, "munge")

    def _start(self, name: str, program: str, *arguments: str) -> None:
        found = _find(program)
        assert found is not None, f"{program} is not installed"
        with (self.folder / f"{name}.out.log").open("ab") as log:
            self._daemons[name] = subprocess.Popen(
                [found, *arguments],
                env=dict(self.env),
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=die_with_parent(),  # a killed test leaves no daemons
            )

    def _kill(self, name: str) -> None:
        daemon = self._daemons.pop(name)
        daemon.kill()
        daemon.wait()

    def _kill_processes(self, variable: str) -> None:
        """Kill what has this cluster's configuration, and a variable, in its environment.

        A rank's parent is the daemon of its step, which has the cluster's but not the node's.
        """
        for process in self._processes(variable):
            with suppress(OSError):  # it has ended meanwhile
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                if _name(Path("/proc", fields[1])) == "slurmstepd":
                    os.kill(int(fields[1]), signal.SIGKILL)
                os.kill(int(process.name), signal.SIGKILL)

    def _processes(self, variable: str = "") -> list[Path]:
        words = {f"SLURM_CONF={self.env['SLURM_CONF']}".encode(), variable.encode()} - {b""}
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                with suppress(OSError):
                    if words <= set((folder / "environ").read_bytes().split(b"\0")):
                        found.append(folder)
        return found

    def _is_idle(self) -> bool:
        states = self.run("sinfo", "-h", "-N", "-p", "main", "-o", "%n %T").split()[1::2]
        for node, state in zip(NODES, states, strict=False):
            if state.startswith(("drain", "down")) and not state.endswith("*"):
                self.run("scontrol", "update", f"nodename={node}", "state=resume")
        return states == ["idle"] * len(NODES)

    def _answers(self) -> bool:
        return "is UP" in self.run("scontrol", "ping")


@contextmanager
def slurm_cluster() -> Iterator[SlurmCluster]:
    """Start a cluster in a folder of its own; unix sockets want the path to be short."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    cluster = SlurmCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""


def _find(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _host() -> str:
    return socket.gethostname().split(".")[0]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()
