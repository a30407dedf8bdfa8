"""Code that wants out, or wants too much. It only ever runs in a sandbox, and there with limits."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from tests.contract.sandbox.project import TIGHT, SandboxedProject, processes_with

from inkling.core.execution import KilledFor, SuiteRequest
from inkling.sandbox.suite import SandboxSuiteRunner

# Each of these tries many ways out and prints those that worked, as JSON.
TRY = """
import json, os, sys
worked = []
def attempt(name, function):
    try:
        outcome = function()
    except BaseException as error:
        return
    worked.append([name, repr(outcome)[:200]])
"""


async def waiting_process(*words: str) -> asyncio.subprocess.Process:
    """Returns a process outside of all sandboxes."""
    stdin = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", *words, stdin=stdin)


async def test_a_fork_bomb_is_refused_and_leaves_nothing(project: SandboxedProject) -> None:
    word = f"bomb-{os.urandom(6).hex()}"
    code = """if True:
        import os, time
        n_forks = 0
        while n_forks < 500:
            try:
                if os.fork() == 0:
                    os.setsid()
                    while True:
                        try:
                            os.fork()
                        except OSError:
                            time.sleep(0.2)
            except OSError:
                break
            n_forks += 1
        print(n_forks)
    """
    ran = await project.run(code, word)
    assert 0 < int(ran.text) <= TIGHT.n_processes
    assert processes_with(word) == []


async def test_a_bomb_of_threads_is_refused(project: SandboxedProject) -> None:
    code = """if True:
        import os, threading
        n_threads = 0
        try:
            while n_threads < 500:
                threading.Thread(target=threading.Event().wait, daemon=True).start()
                n_threads += 1
        except RuntimeError:
            pass
        print(n_threads, flush=True)
        os._exit(0)
    """
    assert 0 < int((await project.run(code)).text) <= TIGHT.n_processes


async def test_a_memory_bomb_is_ended(project: SandboxedProject, has_control_groups: bool) -> None:
    ran = await project.run("kept = []\nwhile True: kept.append(bytearray(2**24))")
    is_killed = (ran.end.exit_code, ran.end.killed_for) == (None, KilledFor.MEMORY)
    # Where no control group holds it, the one process may meet its limit before anybody looks, and end itself.
    is_refused = ran.end.exit_code == 1 and ran.end.stderr.rstrip().endswith(b"MemoryError")
    assert is_killed or (is_refused and not has_control_groups), ran.end


async def test_memory_is_limited_for_all_processes_together(project: SandboxedProject) -> None:
    code = """if True:
        import os, time
        children = []
        for _ in range(8):
            reads, writes = os.pipe()
            child = os.fork()
            if child == 0:
                kept = bytearray(40 * 2**20)
                os.write(writes, b'x')
                time.sleep(1000)
            os.close(writes)
            os.read(reads, 1)  # returns when it holds them, or is dead
            children.append(child)
        time.sleep(0.3)
        alive = [child for child in children if os.waitpid(child, os.WNOHANG) == (0, 0)]
        print(len(alive))
    """
    ran = await project.run(code)
    assert ran.end.killed_for is KilledFor.MEMORY or int(ran.text) * 40 <= TIGHT.memory_mb


async def test_a_loop_that_ignores_signals_is_ended(project: SandboxedProject) -> None:
    code = """if True:
        import signal
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        print('deaf', flush=True)
        while True:
            pass
    """
    process = await project.sandbox.start(project.program(code))
    assert await process.receive() == b"deaf\n"
    assert (await process.kill()).killed_for is KilledFor.CANCELLED


async def test_time_on_all_processors_together_is_limited(project: SandboxedProject) -> None:
    code = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    limits = type(TIGHT)(wall_s=60, cpu_s=1, memory_mb=128, n_processes=24)
    assert (await project.run(code, limits=limits)).end.killed_for is KilledFor.CPU_TIME


async def test_nothing_outside_is_reached_through_the_network(project: SandboxedProject) -> None:
    code = """
sys.path[:0] = []
import socket, struct
port, abstract, engine = int(sys.argv[1]), sys.argv[2], sys.argv[3]
def tcp(address, family=socket.AF_INET):
    client = socket.socket(family)
    client.settimeout(1)
    client.connect(address)
    return client.recv(10)
def udp():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))
attempt('host', lambda: tcp(('127.0.0.1', port)))
attempt('host, v6', lambda: tcp(('::1', port), socket.AF_INET6))
attempt('outside', lambda: tcp(('192.0.2.1', 80)))
attempt('name', lambda: socket.getaddrinfo('example.org', 80))
attempt('udp', udp)
attempt('abstract', lambda: tcp('\\0' + abstract, socket.AF_UNIX))
attempt('docker', lambda: tcp('/var/run/docker.sock', socket.AF_UNIX))
attempt('engine', lambda: tcp(engine, socket.AF_UNIX))
attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))
attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM))
attempt('alg', lambda: socket.socket(38, socket.SOCK_SEQPACKET))
print(json.dumps(worked))
"""
    calls: list[str] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append("called")
        writer.write(b"hello")
        writer.close()

    name = f"inkling-{os.urandom(6).hex()}"
    over_ip = await asyncio.start_server(answer, "127.0.0.1", 0)
    over_name = await asyncio.start_unix_server(answer, f"\0{name}")
    over_file = await asyncio.start_unix_server(answer, project.place / "s")
    port = over_ip.sockets[0].getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        pass  # it can be reached from here
    ran = await project.run(TRY + code, str(port), name, str(project.place / "s"))
    for server in (over_ip, over_name, over_file):
        server.close()
        await server.wait_closed()
    assert ran.told == []
    assert len(calls) <= 1


async def test_no_file_of_the_host_is_read(project: SandboxedProject) -> None:
    code = """
home, secret = sys.argv[1:3]
def read(path):
    with open(path, 'rb') as file:
        return file.read(20)
for path in [secret, '/etc/shadow', '/etc/gshadow', '/etc/sudoers', '/etc/machine-id', '/proc/1/root' + secret,
             '/proc/self/root' + secret, home + '/.bashrc', home + '/.ssh/id_rsa', '/root/.bashrc', '/root/.profile',
             '/var/run/docker.sock', '/proc/kcore', '/proc/1/mem', '../secret.txt', '/proc/self/cwd/../secret.txt']:
    attempt(path, lambda: read(path))
for path in ['/root/.ssh', '/var/lib', '/var/log', '/boot', '/mnt', '/srv', home, os.path.dirname(secret) + '/beside']:
    attempt(path, lambda: os.listdir(path) or 1 / 0)
print(json.dumps(worked))
"""
    home = project.place / "home"
    for path in (home / ".bashrc", home / ".ssh" / "id_rsa", project.place / "beside" / "file"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret")
    assert (await project.run(TRY + code, str(home), str(project.secret))).told == []
    told = (await project.run("import json, os; print(json.dumps(os.listdir('..')))")).told
    assert told == ["project"]


async def test_nothing_outside_of_the_scratch_space_is_written(project: SandboxedProject) -> None:
    code = """
import shutil
def write(path):
    with open(path, 'a') as file:
        file.write('x')
for path in ['evil', 'package/module.py', 'package/evil', 'edited.py', os.__file__, sys.prefix + '/evil.py',
             sys.executable, '/evil', '/etc/evil', '/etc/passwd', '/usr/evil', '/usr/bin/evil', '/bin/evil',
             '/lib/evil', '/dev/evil', '/proc/sys/kernel/core_pattern', '/proc/sys/vm/overcommit_memory',
             '/proc/sysrq-trigger', '/sys/evil', '/sys/kernel/uevent_helper', '/sys/fs/cgroup/evil',
             '/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/pids/cgroup.procs',
             '../evil', '/proc/1/oom_score_adj', '/proc/1/comm', '/var/evil', '/run/evil', '/home/evil', '/root/evil',
             '/opt/evil']:
    attempt(path, lambda: write(path))
attempt('unlink', lambda: os.unlink('package/module.py'))
attempt('rename', lambda: os.rename('package', 'other'))
attempt('chmod', lambda: os.chmod('package/module.py', 0o777))
attempt('mkdir', lambda: os.mkdir('evil'))
attempt('symlink', lambda: os.symlink('x', 'evil'))
attempt('remove', lambda: shutil.rmtree('package'))
attempt('hard link', lambda: os.link('package/module.py', '/tmp/link'))
print(json.dumps(worked))
"""
    before = project.files()
    assert (await project.run(TRY + code, edits={"edited.py": "x = 1\n"})).told == []
    assert project.files() == before


async def test_neither_variables_nor_processes_of_the_host_are_seen(
    project: SandboxedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = f"token-{os.urandom(8).hex()}"
    monkeypatch.setenv("INKLING_TEST_TOKEN", word)
    hidden = await waiting_process(word)
    code = """if True:
        import glob, json, os
        seen, ids = [], []
        for folder in glob.glob('/proc/[0-9]*') + ['/proc/self']:
            ids.append(folder)
            for name in ('environ', 'cmdline', 'maps', 'stat', 'mountinfo', 'cgroup'):
                try:
                    seen.append(open(f'{folder}/{name}', errors='replace').read())
                except OSError:
                    pass
        opened = sorted(int(name) for name in os.listdir('/proc/self/fd'))
        kept = [name for name in opened if name > 2 and os.path.exists(f'/proc/self/fd/{name}')]
        print(json.dumps([seen, len(ids), kept]))
    """
    try:
        limits = type(TIGHT)(output_kb=1024)
        seen, n_processes, kept = (await project.run(code, limits=limits)).told
    finally:
        await hidden.communicate(b"\n")
    assert not [text for text in seen if word in text]
    assert n_processes <= 5
    assert kept == []


async def test_no_process_outside_is_signalled(project: SandboxedProject) -> None:
    code = TRY + "attempt('outside', lambda: os.kill(int(sys.argv[1]), 9))\nprint(json.dumps(worked))\n"
    bystander = await waiting_process()
    # An id that is in use outside is in use inside only when it is very low.
    assert (await project.run(code, str(bystander.pid))).told == []
    await project.run("import os; os.kill(-1, 9)")
    assert bystander.returncode is None
    await bystander.communicate(b"\n")


async def test_there_are_no_devices(project: SandboxedProject) -> None:
    code = """
import stat
for name in ['mem', 'kmem', 'port', 'kmsg', 'sda', 'vda', 'nvme0n1', 'fuse', 'kvm', 'net/tun', 'loop0', 'loop-control']:
    attempt(name, lambda: os.open('/dev/' + name, os.O_RDONLY))
for folder in ['/tmp', '/dev', '/dev/shm']:
    attempt('mknod ' + folder, lambda: os.mknod(folder + '/disk', 0o666 | stat.S_IFBLK, os.makedev(254, 0)))
    attempt('mknod ' + folder, lambda: os.mknod(folder + '/memory', 0o666 | stat.S_IFCHR, os.makedev(1, 1)))
print(json.dumps(worked))
"""
    assert (await project.run(TRY + code)).told == []


async def test_the_kernel_refuses_what_no_test_needs(project: SandboxedProject) -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
space = ctypes.create_string_buffer(4096)
def call(name, function, *arguments):
    if function(*arguments) >= 0:
        worked.append(name)
call('mount', libc.mount, b'x', b'/tmp', b'tmpfs', 0, None)
call('mount again', libc.mount, None, b'/', None, 32 | 4096, None)
call('umount', libc.umount2, sys.argv[1].encode(), 2)
for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x4000000, 0x8000000, 0x2000000):
    call(f'unshare {flag:x}', libc.unshare, flag)
call('setns', libc.setns, os.open('/proc/self/ns/mnt', os.O_RDONLY), 0)
call('chroot', libc.chroot, b'/tmp')
call('setuid', libc.setuid, 0)
call('setgid', libc.setgid, 0)
call('ptrace', libc.ptrace, 16, 1, 0, 0)
call('vm_readv', libc.process_vm_readv, 1, space, 1, space, 1, 0)
if os.uname().machine == 'x86_64':
    numbers = dict(bpf=321, keyctl=250, add_key=248, io_uring_setup=425, userfaultfd=323, perf=298, kexec=246,
                   by_handle=304, open_tree=428, fsopen=430, move_mount=429, mount_setattr=442, clone3=435, modules=313)
    for name, number in numbers.items():
        ctypes.set_errno(0)
        libc.syscall(number, space, space, 64, space, 0, 0)
        if ctypes.get_errno() not in (1, 38):
            worked.append([name, ctypes.get_errno()])
    clone = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
    if clone == 0:
        os._exit(0)
    if clone > 0:
        worked.append('clone')
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
facts = [status[key].split() for key in ('Uid', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')]
print(json.dumps([worked, facts]))
"""
    worked, facts = (await project.run(TRY + code, str(project.folder))).told
    assert worked == []
    assert all(int(user) != 0 for user in facts[0])
    assert facts[1:5] == [["0000000000000000"]] * 4
    assert facts[5:] == [["1"], ["2"]]


async def test_floods_of_output_are_ended(project: SandboxedProject) -> None:
    for stream in ("stdout", "stderr"):
        ran = await project.run(f"import sys\nwhile True: sys.{stream}.write('x' * 65536)")
        assert ran.end.killed_for is KilledFor.OUTPUT
        assert len(ran.stdout) + len(ran.end.stderr) <= TIGHT.output_kb * 1024


async def test_the_disk_is_not_filled_with_many_files(project: SandboxedProject) -> None:
    code = """if True:
        import itertools, json, os
        sizes, refused = {}, {}
        for folder in ('/tmp', '/dev/shm', os.environ['HOME']):
            total = 0
            try:
                for number in itertools.count():
                    with open(f'{folder}/{number}', 'wb') as file:
                        total += file.write(bytes(2**20))
            except OSError as error:
                refused[folder] = error.errno
            sizes[folder] = total / 2**20
        print(json.dumps([sizes, refused]))
    """
    sizes, refused = (await project.run(code)).told
    assert len(refused) == 3
    assert sum(sizes.values()) <= TIGHT.scratch_mb


async def test_a_file_does_not_become_too_large(project: SandboxedProject) -> None:
    code = """if True:
        with open('/tmp/large', 'wb', buffering=0) as file:
            for _ in range(20):
                print(file.write(bytes(2**20)))
    """
    ran = await project.run(code)
    assert ran.end.exit_code == 1
    assert sum(map(int, ran.text.split())) == TIGHT.file_mb * 2**20


async def test_files_without_content_do_not_fill_the_memory(project: SandboxedProject) -> None:
    code = """if True:
        import os
        for number in range(1_000_000):
            os.close(os.open(f'/tmp/{number}', os.O_CREAT | os.O_WRONLY))
        print('all of them')
    """
    ran = await project.run(code)
    assert ran.end.killed_for is KilledFor.MEMORY or "No space left" in ran.end.stderr.decode()


async def test_links_out_of_the_project_lead_nowhere(project: SandboxedProject) -> None:
    (project.folder / "to_secret").symlink_to(project.secret)
    (project.folder / "relative").symlink_to("../secret.txt")
    (project.folder / "outside").symlink_to(project.place)
    (project.folder / "package" / "root").symlink_to("/")
    code = """
for path in ['to_secret', 'relative', 'outside/secret.txt', 'package/root/' + sys.argv[1], 'package/root/etc/shadow']:
    attempt(path, lambda: open(path).read())
print(json.dumps(worked))
"""
    assert (await project.run(TRY + code, str(project.secret))).told == []
    # The same where the folder is rebuilt because it gains a file.
    assert (await project.run(TRY + code, str(project.secret), edits={"new.py": "", "package/new.py": ""})).told == []


async def test_poison_that_python_runs_by_itself_runs_in_the_sandbox_only(project: SandboxedProject) -> None:
    mark = project.place / "mark"
    environment = project.folder / ".venv"
    await asyncio.to_thread(venv.create, environment)
    (packages,) = environment.glob("lib/python3*/site-packages")

    def poison(name: str) -> str:
        return f"import sys; sys.stderr.write({name!r})\ntry: open({str(mark)!r}, 'w')\nexcept OSError: pass\n"

    (packages / "first.pth").write_text(f"import sys; exec({poison('pth ')!r})\n")
    (packages / "sitecustomize.py").write_text(poison("sitecustomize "))
    project.interpreter = environment / "bin" / "python"
    ran = await project.run("print('ran')")
    assert ran.text == "ran\n", ran.end
    assert set(ran.end.stderr.decode().split()) == {"pth", "sitecustomize"}
    assert not mark.exists()


async def test_poison_in_conftest_and_in_what_comes_back_stays_data(project: SandboxedProject) -> None:
    mark = project.place / "mark"
    # It writes a pickle, a marshalled tuple and lines of JSON, whatever the protocol may be, to all that is open.
    (project.folder / "conftest.py").write_text(f"""
import json, marshal, os, pickle
class Bomb:
    def __reduce__(self):
        return (open, ({str(mark)!r}, 'w'))
texts = [pickle.dumps(Bomb()), marshal.dumps((2, 1, '', {{}})), json.dumps({{'cases': 'none'}}).encode(), b'\\xff' * 64]
for descriptor in range(64):
    for text in texts:
        try:
            os.write(descriptor, text + b'\\n')
        except OSError:
            pass
try:
    open({str(mark)!r}, 'w')
except OSError:
    pass
""")
    (project.folder / "test_it.py").write_text("def test_it():\n    assert False\n")
    runner = SandboxSuiteRunner(project.sandbox)
    request = SuiteRequest(view=project.program("").view, limits=TIGHT)
    try:
        run = await runner.run_suite(request)
    finally:
        await runner.close()
    assert not mark.exists()
    # The poisoned run may be told as broken, or its test as failed, but never as passed.
    assert run.problem is not None or [case.outcome.value for case in run.cases] == ["failed"]


def test_the_attacks_would_be_noticed(tmp_path: Path) -> None:
    """What the attempts print when they work: the same code, harmless, outside of a sandbox."""
    code = TRY + "attempt('read', lambda: open(sys.argv[1]).read())\nprint(json.dumps(worked))"
    (tmp_path / "secret").write_text("secret")
    printed = subprocess.run([sys.executable, "-c", code, tmp_path / "secret"], capture_output=True, check=True).stdout
    assert json.loads(printed) == [["read", "'secret'"]]
