"""The line goes, or the power, on either side: nothing that a gateway acknowledged is lost, and nobody is told more than is true."""

import dataclasses

import pytest

import gateway
from centre import Account, Centre, wait_until
from deposits import LARGE, SMALL, Deposits, body_of
from expect import refused

UNAVAILABLE = ({"ServiceUnavailable", "SlowDown"}, 503)


@dataclasses.dataclass
class Country:
    """What these tests harm one after the other; every deposit of each must outlive all of them."""

    centre: Centre
    gateway: gateway.Gateway
    account: Account
    rounds: list

    def deposits(self, enough):
        """Deposits under way, which are looked for from now on."""
        self.rounds.append(Deposits(self.account, "kept", seed=len(self.rounds), enough=enough))
        return self.rounds[-1]

    def assert_kept(self):
        for deposits in self.rounds:
            deposits.assert_kept(self.account.client())
        self.centre.check()


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    with gateway.country(tmp_path_factory.mktemp("country")) as (centre, running, account):
        account.client().create_bucket(Bucket="kept")
        yield Country(centre, running, account, [])


def test_without_the_data_centre_nothing_is_acknowledged(country):
    client = country.account.client(read_timeout=30)
    client.put_object(Bucket="kept", Key="before", Body=b"before")
    country.centre.kill()
    for size in (SMALL, LARGE):
        with refused(*UNAVAILABLE):
            client.put_object(Bucket="kept", Key=f"refused-{size}", Body=body_of("refused", size))
    for call in (
        lambda: client.get_object(Bucket="kept", Key="before"),
        lambda: client.delete_object(Bucket="kept", Key="before"),
        lambda: client.create_multipart_upload(Bucket="kept", Key="refused"),
        lambda: client.create_bucket(Bucket="refused"),
    ):
        with refused(*UNAVAILABLE):
            call()
    # It says so itself, and goes on living.
    wait_until(lambda: not country.gateway.is_ready(), "the gateway notices")
    assert country.gateway.answers("/healthz")

    country.centre.start()
    wait_until(country.gateway.is_ready, "the gateway notices again")
    assert [one["Key"] for one in client.list_objects_v2(Bucket="kept")["Contents"]] == ["before"]
    assert client.get_object(Bucket="kept", Key="before")["Body"].read() == b"before"
    client.put_object(Bucket="kept", Key="after", Body=b"after")
    client.delete_object(Bucket="kept", Key="before")
    assert [one["Key"] for one in client.list_objects_v2(Bucket="kept")["Contents"]] == ["after"]


def test_the_gateway_is_killed_amid_deposits(country):
    for enough in (40, 100):
        country.deposits(enough).until_enough(then=country.gateway.kill)
        country.gateway.start()
        country.assert_kept()


def test_the_data_centre_is_killed_amid_deposits(country):
    def cut():
        country.centre.kill()
        country.centre.start()

    country.deposits(60).until_enough(then=cut)
    wait_until(country.gateway.is_ready, "the gateway notices")
    country.assert_kept()


def test_both_lose_power(country):
    def cut():
        country.centre.kill()
        country.gateway.kill()

    country.deposits(60).until_enough(then=cut)
    country.centre.start()
    country.gateway.start()
    country.assert_kept()


def test_an_upload_survives_both(country):
    client = country.account.client()
    upload = {"Bucket": "kept", "Key": "upload"}
    upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
    two = client.upload_part(PartNumber=2, Body=b"two", **upload)
    country.gateway.kill()
    country.centre.kill()
    country.centre.start()
    country.gateway.start()
    client = country.account.client()
    assert [part["ETag"] for part in client.list_parts(**upload)["Parts"]] == [two["ETag"]]
    one = client.upload_part(PartNumber=1, Body=body_of("one", 5 << 20), **upload)
    parts = [
        {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        for number, part in ((1, one), (2, two))
    ]
    client.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    country.gateway.kill()
    country.gateway.start()
    found = country.account.client().get_object(Bucket="kept", Key="upload")["Body"].read()
    assert found == body_of("one", 5 << 20) + b"two"
    country.account.client().delete_object(Bucket="kept", Key="upload")


def test_a_deletion_waits_behind_the_deposit_that_it_deletes(country):
    country.gateway.stop()
    spool = country.gateway.data / "spool"
    country.gateway.start(AMANA_SPOOL=spool, AMANA_ACCEPT_SINGLE_COPY="true")
    client = country.account.client()
    country.centre.kill()
    for key in ("deleted", "kept"):
        client.put_object(Bucket="kept", Key=f"spooled/{key}", Body=key.encode())
    # Here nothing shows this object yet, and its deletion is no deletion of nothing.
    client.delete_object(Bucket="kept", Key="spooled/deleted")
    assert country.gateway.spooled() == 3
    country.centre.start()
    wait_until(lambda: country.gateway.is_ready() and not country.gateway.spooled(), "the spool is recorded")
    listed = client.list_objects_v2(Bucket="kept", Prefix="spooled/")["Contents"]
    assert [one["Key"] for one in listed] == ["spooled/kept"]
    country.gateway.stop()
    country.gateway.start()


def test_a_lost_index_is_rebuilt_from_the_ledger(country):
    country.gateway.stop()
    for file in country.gateway.data.glob("index*"):
        file.unlink()
    country.gateway.start()
    # Its access keys were in it, and nowhere else.
    country.account = country.gateway.account()
    country.assert_kept()
    country.gateway.stop()
    country.gateway.start()
