import stat
from pathlib import Path

from sandbox.addresses import Addresses, wanted_ports
from sandbox.generated_secrets import GeneratedSecrets
from sandbox.postgres_server import OWNER, SERVICE_ROLES, SUPERUSER
from sandbox.service_settings import (
    mount_secrets,
    secret_names,
    service_environment,
    simulator_environment,
)
from sandbox.state_directory import StateDirectory
from sandbox.store_home import StoreHome
from sandbox.stores import Stores
from sandbox.valkey_server import PURPOSES

ADDRESSES = Addresses(ports=wanted_ports(instances=2, base=None), instances=2)


def test_no_secret_stands_in_the_environment_itself(tmp_path: Path) -> None:
    state = StateDirectory(path=tmp_path)
    state.prepare(is_fresh=False)
    generated = GeneratedSecrets(state.secrets)
    names = (SUPERUSER, OWNER, *SERVICE_ROLES, *(purpose.name for purpose in PURPOSES))
    stores = Stores.describe(
        StoreHome(directory=tmp_path, site_packages=tmp_path, user=None),
        ports=ADDRESSES.ports,
        passwords={name: generated.password(name) for name in names},
        logs=state.logs,
    )

    mount_secrets(state.secret_files, stores, generated)
    environment = service_environment(state, ADDRESSES, workers=1)

    for name in secret_names():
        mounted = Path(environment[f"{name}_FILE"])
        assert stat.S_IMODE(mounted.stat().st_mode) == 0o600
        assert mounted.read_text()
        assert mounted.read_text() not in environment.values()
    assert not any("owner" in name.lower() for name in environment)
    assert not any("postgres:" in path.read_text() for path in state.secret_files.iterdir())


def test_every_instance_is_a_public_origin_and_may_refresh(tmp_path: Path) -> None:
    state = StateDirectory(path=tmp_path)

    service = service_environment(state, ADDRESSES, workers=2)
    simulator = simulator_environment(state, ADDRESSES, broker_url="redis://b")

    assert service["BFF_PUBLIC_ORIGINS"].split(",") == list(ADDRESSES.public_origins)
    assert service["BFF_HTTP_WORKERS"] == "2"
    refresh = simulator["SIM_BFF_REFRESH_URLS"].split(",")
    for origin in ADDRESSES.public_origins:
        assert f"{origin}/bff/backoffice/v1/auth/refresh" in refresh
        assert f"{origin}/api/bff/backoffice/v1/auth/refresh" in refresh


def test_the_service_listens_on_this_machine_alone(tmp_path: Path) -> None:
    environment = service_environment(StateDirectory(path=tmp_path), ADDRESSES, workers=1)

    assert environment["BFF_HTTP_HOST"] == "127.0.0.1"
    assert environment["BFF_ENVIRONMENT"] == "sandbox"
