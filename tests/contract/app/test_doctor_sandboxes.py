from tests.sandboxes.backends import open_bubblewrap

from inkling.app.doctor import sandboxes
from inkling.core.settings import SandboxSettings


async def test_one_kind_of_sandbox_is_enough_and_the_other_is_said_how_to_get() -> None:
    await (await open_bubblewrap()).close()
    by_bubblewrap, by_docker = await sandboxes(SandboxSettings(docker_host="unix:///nowhere"))
    assert (by_bubblewrap.name, by_bubblewrap.state, by_bubblewrap.fix) == ("sandbox: bubblewrap", "ok", "")
    assert (by_docker.name, by_docker.state) == ("sandbox: docker", "optional")
    assert by_docker.detail == "no Docker engine answers at unix:///nowhere"
    assert by_docker.fix.startswith("install Docker Engine")
