"""A real PostgreSQL server in a folder of its own, on this machine only."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "kagura"
PASSWORD = "p@ss/word"
"""With characters that an address has to escape."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server.

    Args:
        folder: everything of it.
        programs: where `initdb` and `pg_ctl` are.
        port: on 127.0.0.1.
    """

    folder: Path
    programs: Path
    port: int

    def url(self, database: str = "postgres", password: str = "p%40ss%2Fword") -> str:
        """The address of one of its databases."""
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/{database}"

    def files(self) -> Iterator[Path]:
        """The files of its tables, indexes and catalogues."""
        return (one for one in (self.folder / "data" / "base").rglob("*") if one.is_file())

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "start", "--wait", "-D", "data", "-l", log, "-o", options)

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        self.run("pg_ctl", "stop", "-D", "data", "-m", "fast")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs; it refuses to be root, so root becomes another user."""
        user = _owner().pw_uid if os.geteuid() == 0 else None
        subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder,
            user=user,
            env={"LC_ALL": "C.UTF-8"},
            check=True,
            stdout=subprocess.DEVNULL,
        )


def installed() -> Path | None:
    """The newest installed server's programs; None without any."""
    found = shutil.which("initdb")
    debian = [str(one) for one in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    programs = [found] if found else sorted(debian, key=lambda one: float(Path(one).parts[-3]))
    return Path(programs[-1]).parent if programs else None


@contextmanager
def start_postgres(programs: Path) -> Iterator[PostgresServer]:
    """A server with one superuser who needs a password."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        server = PostgresServer(Path(name), programs, port)
        (server.folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (server.folder, server.folder / "password"):
                os.chown(path, _owner().pw_uid, _owner().pw_gid)
        login = ("-U", SUPERUSER, "--pwfile=password", "--auth=scram-sha-256")
        server.run("initdb", "-D", "data", "--encoding=UTF8", "--no-sync", *login)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _owner() -> pwd.struct_passwd:
    return pwd.getpwnam("postgres")
