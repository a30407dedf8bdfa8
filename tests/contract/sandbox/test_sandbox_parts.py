"""What sandboxes are made from, each part by itself, on real files."""

import json
import os
import re
import subprocess
import sys
import tarfile
import venv
from pathlib import Path, PurePosixPath

import pytest

from inkling.core.errors import SandboxError
from inkling.core.execution import ProjectView, ResourceLimits
from inkling.sandbox.cgroups import Cgroup, CgroupParents, find_parents
from inkling.sandbox.elf import libraries_of, read_linkage
from inkling.sandbox.image import plan_image, write_image
from inkling.sandbox.installation import find_installation
from inkling.sandbox.layout import lay_out
from inkling.sandbox.seccomp import docker_profile, filter_program

HERE = Path(sys.executable).resolve()


# Interpreters


@pytest.mark.parametrize("has_links", [True, False])
def test_an_environment_leads_to_its_installation(tmp_path: Path, has_links: bool) -> None:
    venv.create(tmp_path / "env", symlinks=has_links)
    installation = find_installation(tmp_path / "env" / "bin" / "python")
    assert installation.folders == (tmp_path / "env", HERE.parent.parent)
    assert installation.interpreter == tmp_path / "env" / "bin" / "python"


def test_links_on_the_way_to_an_installation_are_kept(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(HERE)
    (tmp_path / "python").symlink_to("bin/python3")
    installation = find_installation(tmp_path / "python")
    assert dict(installation.links) == {tmp_path / "python": Path("bin/python3"), tmp_path / "bin" / "python3": HERE}
    assert installation.folders == (HERE.parent.parent,)


def test_what_is_no_interpreter_is_told(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "other").write_text("")
    for name, words in (("gone", "no such"), ("circle", "no such"), ("bin/other", "no standard library")):
        with pytest.raises(SandboxError, match=words):
            find_installation(tmp_path / name)


def test_an_interpreter_over_the_home_folder_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(tmp_path, symlinks=True)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    with pytest.raises(SandboxError, match="home folder"):
        find_installation(tmp_path / "bin" / "python")


# Mounts


def view_of(folder: Path, **edits: str) -> ProjectView:
    texts = {PurePosixPath(name.replace("__", "/")): text for name, text in edits.items()}
    return ProjectView(folder=folder, interpreter=HERE, edits=texts)


def test_a_project_without_edits_is_one_mount(tmp_path: Path) -> None:
    folder, staging = tmp_path / "project", tmp_path / "staging"
    folder.mkdir()
    staging.mkdir()
    (mount,) = lay_out(view_of(folder), [], staging, as_other_user=False)
    assert (mount.source, mount.target) == (folder, folder)
    assert list(staging.iterdir()) == []


def test_a_folder_that_gains_a_file_is_rebuilt_and_its_parents_are_not(tmp_path: Path) -> None:
    folder, staging = tmp_path / "project", tmp_path / "staging"
    (folder / "package" / "below").mkdir(parents=True)
    (folder / "package" / "module.py").write_text("old")
    (folder / "package" / "link").symlink_to("module.py")
    os.mkfifo(folder / "package" / "pipe")
    staging.mkdir()
    view = view_of(folder, **{"package__module.py": "edited", "package__new__deep.py": "new"})
    targets = {mount.target: mount.source for mount in lay_out(view, [], staging, as_other_user=False)}
    assert list(targets) == [folder, folder / "package", folder / "package" / "below"]
    rebuilt = targets[folder / "package"]
    assert rebuilt.is_relative_to(staging)
    assert (rebuilt / "module.py").read_text() == "edited"
    assert (rebuilt / "new" / "deep.py").read_text() == "new"
    assert (rebuilt / "link").readlink() == Path("module.py")
    assert not (rebuilt / "pipe").exists()
    assert (folder / "package" / "module.py").read_text() == "old"


def test_a_folder_that_is_closed_to_others_is_opened_for_a_run_only(tmp_path: Path) -> None:
    folder, staging = tmp_path / "project", tmp_path / "staging"
    folder.mkdir(mode=0o700)
    (folder / "module.py").write_text("x")
    staging.mkdir()
    mounts = lay_out(view_of(folder), [], staging, as_other_user=True)
    assert [mount.target for mount in mounts] == [folder, folder / "module.py"]
    assert mounts[0].source.stat().st_mode & 0o777 == 0o755
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_too_large_to_rebuild_is_told(tmp_path: Path) -> None:
    folder, staging = tmp_path / "project", tmp_path / "staging"
    folder.mkdir()
    staging.mkdir()
    for number in range(2_001):
        (folder / f"{number}.txt").touch()
    with pytest.raises(SandboxError, match="more than 2000 entries"):
        lay_out(view_of(folder, **{"new.py": ""}), [], staging, as_other_user=False)


def test_no_whole_machine_is_shown(tmp_path: Path) -> None:
    for folder in (Path("/"), tmp_path / "gone", Path("relative")):
        with pytest.raises(SandboxError, match="cannot be shown"):
            lay_out(view_of(folder), [], tmp_path, as_other_user=False)


# Control groups


def test_a_delegated_group_of_version_2_is_found(tmp_path: Path) -> None:
    """Files as systemd leaves them for an ordinary user; version 2 with these controllers is not everywhere."""
    process, root = tmp_path / "self", tmp_path / "cgroup"
    own = root / "user.slice" / "user@1000.service" / "app.slice" / "editor.scope"
    own.mkdir(parents=True)
    process.mkdir()
    (process / "cgroup").write_text("0::/user.slice/user@1000.service/app.slice/editor.scope\n")
    (process / "mountinfo").write_text(f"30 24 0:26 / {root} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n")
    for folder in (root, *own.relative_to(root).parents[:-1], own.relative_to(root)):
        (root / folder / "cgroup.procs").write_text("")
        (root / folder / "cgroup.subtree_control").write_text("")
    assert find_parents(process) is None
    (own.parent / "cgroup.subtree_control").write_text("cpu memory pids\n")
    assert find_parents(process) == CgroupParents(version=2, folders={"memory": own.parent, "pids": own.parent})


def test_a_machine_without_control_groups_has_none(tmp_path: Path) -> None:
    assert find_parents(tmp_path) is None


def test_a_group_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    parents = CgroupParents(version=2, folders={"memory": tmp_path / "gone", "pids": tmp_path / "gone"})
    with pytest.raises(SandboxError, match="control group"):
        Cgroup(parents, ResourceLimits())


# Libraries and images


def test_the_libraries_of_a_program_are_those_that_the_linker_finds() -> None:
    listed = subprocess.run(["ldd", HERE], capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r"^\s*(\S+) => /", listed, re.MULTILINE))
    found = {path.name for path in libraries_of([HERE])}
    assert names <= found
    assert any(name.startswith("ld-") for name in found)


def test_what_is_no_program_needs_nothing(tmp_path: Path) -> None:
    real = HERE.read_bytes()
    for content in (b"", b"text", b"\x7fELF\x02\x01", real[:100], real[:3000], b"\x7fELF\x02\x01" + b"\xff" * 200):
        (tmp_path / "file").write_bytes(content)
        linkage = read_linkage(tmp_path / "file")
        assert linkage is None or not linkage.needed


def test_an_image_has_the_interpreter_and_no_packages(tmp_path: Path) -> None:
    environment = tmp_path / "env"
    venv.create(environment, symlinks=True)
    (site,) = environment.glob("lib/python3*/site-packages")
    (site / "package.py").write_text("")
    plan = plan_image(find_installation(environment / "bin" / "python"), 65534)
    assert plan.packages == (environment,)
    with (tmp_path / "image.tar").open("wb") as file:
        write_image(plan, file)
    with tarfile.open(tmp_path / "image.tar") as tar:
        members = {f"/{member.name}": member for member in tar}
    assert members[str(HERE)].isreg()
    assert members[str(Path(os.__file__).resolve())].isreg()
    assert str(site / "package.py") not in members
    assert all(member.mode & 0o004 for member in members.values())


def test_an_image_has_another_name_when_a_package_was_installed(tmp_path: Path) -> None:
    environment = tmp_path / "env"
    venv.create(environment, symlinks=True)
    (site,) = environment.glob("lib/python3*/site-packages")
    installation = find_installation(environment / "bin" / "python")
    first = plan_image(installation, 65534).fingerprint
    assert plan_image(installation, 65534).fingerprint == first
    assert plan_image(installation, 1000).fingerprint != first
    (site / "package.py").write_text("")
    assert plan_image(installation, 65534).fingerprint != first


# System calls


def test_each_known_machine_has_a_filter() -> None:
    for machine in ("x86_64", "aarch64"):
        program = filter_program(machine)
        assert program is not None
        assert len(program) % 8 == 0
    assert filter_program("riscv64") is None


def test_docker_refuses_the_same_calls() -> None:
    profile = json.loads(docker_profile())
    names = {name for rule in profile["syscalls"] for name in rule["names"]}
    assert {"mount", "ptrace", "io_uring_setup", "unshare", "clone", "clone3", "socket", "ioctl"} <= names
    assert all(rule["action"] == "SCMP_ACT_ERRNO" for rule in profile["syscalls"])
