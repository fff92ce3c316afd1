from pathlib import Path

import msgspec
import pytest

from sandbox.addresses import Addresses, still_kept, wanted_ports
from sandbox.balancer import BALANCER
from sandbox.endpoints import Endpoints, greeting, read_tenants
from sandbox.ports import KeptPorts

DIRECTORY = b"""[{"id": "tnt_1", "name": "Group", "complianceProfile": "sharia",
 "properties": [{"id": "prop_1", "name": "Hotel"}],
 "operators": [
  {"id": "opr_1", "username": "amina", "password": "pw-one", "roles": ["front_desk"],
   "propertyIds": ["prop_1"], "totpSecret": "BASE32"},
  {"id": "opr_2", "username": "omar", "password": "pw-two", "roles": ["front_desk", "owner"],
   "propertyIds": ["prop_1"], "totpSecret": "BASE32"},
  {"id": "opr_3", "username": "sara", "password": "pw-three", "roles": ["owner"],
   "propertyIds": ["prop_1"], "totpSecret": "BASE32"}]}]"""


def endpoints(directory: Path) -> Endpoints:
    directory.write_bytes(DIRECTORY)
    return Endpoints(
        bff="http://b",
        instances=("http://b",),
        base_path="/base",
        iam="http://i",
        simulator_admin="http://s",
        client=None,
        metrics=("http://m",),
        postgres="postgresql://p",
        postgres_app="postgresql://a",
        redis_session="redis://s",
        redis_cache="redis://c",
        broker="redis://b",
        tenants=read_tenants(directory),
    )


def test_the_document_has_exactly_the_names_others_read(tmp_path: Path) -> None:
    document = msgspec.to_builtins(endpoints(tmp_path / "directory.json"))

    assert list(document) == [
        *("bff", "instances", "basePath", "iam", "simulatorAdmin", "client", "metrics"),
        *("postgres", "postgresApp", "redisSession", "redisCache", "broker", "tenants"),
    ]
    tenant = document["tenants"][0]
    assert list(tenant) == ["id", "name", "complianceProfile", "properties", "operators"]
    assert list(tenant["operators"][0]) == [
        *("id", "username", "password", "roles", "propertyIds", "totpSecret"),
    ]


def test_the_greeting_shows_one_sign_in_per_role_and_tenant(tmp_path: Path) -> None:
    shown = "\n".join(greeting(endpoints(tmp_path / "directory.json")))

    assert "amina" in shown
    assert "pw-three" in shown
    assert "omar" not in shown
    assert "http://b/base" in shown
    assert "sharia" in shown
    assert "BASE32" not in shown


@pytest.mark.parametrize("content", [b"{", b"[{}]", b'{"tenants": []}'])
def test_a_directory_that_is_not_one_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "directory.json"
    path.write_bytes(content)

    with pytest.raises(msgspec.DecodeError):
        read_tenants(path)


def test_a_base_gives_consecutive_ports_to_everything() -> None:
    ports = wanted_ports(instances=2, base=20_000)

    assert sorted(ports.values()) == list(range(20_000, 20_000 + len(ports)))
    assert ports[BALANCER] == 20_000
    assert wanted_ports(instances=1, base=20_000)["api"] == 20_000


def test_each_instance_has_an_origin_of_its_own() -> None:
    addresses = Addresses(ports=wanted_ports(instances=3, base=None), instances=3)

    assert addresses.instance_names == ("api", "api-2", "api-3")
    assert len(set(addresses.instance_origins)) == 3


def test_proofs_may_be_made_for_the_balancer_and_for_every_instance() -> None:
    addresses = Addresses(ports=wanted_ports(instances=2, base=None), instances=2)

    assert addresses.front == BALANCER
    assert addresses.public_origins == ("http://127.0.0.1:8083", *addresses.instance_origins)
    assert len(set(addresses.public_origins)) == 3


def test_a_single_instance_is_called_itself() -> None:
    addresses = Addresses(ports=wanted_ports(instances=1, base=None), instances=1)

    assert BALANCER not in addresses.ports
    assert addresses.front == "api"
    assert addresses.public_origins == addresses.instance_origins == ("http://127.0.0.1:8083",)


def test_ports_are_kept_until_another_base_is_asked_for() -> None:
    kept = KeptPorts(base=20_000, by_name={"api": 20_001})

    assert still_kept(kept, base=None, instances=1) == {"api": 20_001}
    assert still_kept(kept, base=20_000, instances=1) == {"api": 20_001}
    assert still_kept(kept, base=30_000, instances=1) == {}


def test_the_port_that_clients_call_goes_to_the_balancer_and_back() -> None:
    alone = KeptPorts(base=None, by_name={"api": 8085, "client": 8086})

    balanced = still_kept(alone, base=None, instances=2)
    again = still_kept(KeptPorts(by_name={**balanced, "api": 8201}), base=None, instances=1)

    assert balanced == {BALANCER: 8085, "client": 8086}
    assert again == {"api": 8085, "client": 8086}
