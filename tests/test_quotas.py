"""An institution's quota: set by the operator, told by S3, at the data centre and through a gateway."""

import pytest

import gateway
from expect import refused


@pytest.fixture
def limited(new_centre):
    return new_centre()


def quota(centre, name, *words, code=0):
    return centre.run("institution", "quota", name, *words, "--data", centre.data, code=code)


def test_a_quota_holds_at_once_and_after_a_start(limited):
    s3 = limited.institution("finances").client()
    s3.create_bucket(Bucket="small")
    quota(limited, "finances", code=2)
    quota(limited, "finances", "--bytes", "many", code=2)
    quota(limited, "nobody", "--bytes", "1k", code=1)
    assert "1000 bytes" in quota(limited, "finances", "--bytes", "1k").stdout
    s3.put_object(Bucket="small", Key="a", Body=b"x" * 900)
    for _ in range(2):
        with refused("QuotaExceeded", 403):
            s3.put_object(Bucket="small", Key="b", Body=b"x" * 200)
        s3.put_object(Bucket="small", Key="c", Body=b"x")
        s3.delete_object(Bucket="small", Key="c")
        limited.stop()
        limited.start()
    quota(limited, "finances", "--unlimited")
    s3.put_object(Bucket="small", Key="b", Body=b"x" * 200)
    limited.check()


def test_a_gateway_is_told(limited, tmp_path):
    running, account = gateway.enrolled(limited, "treasury", tmp_path / "gateway")
    try:
        s3 = account.client()
        s3.create_bucket(Bucket="sealed")
        quota(limited, "treasury", "--objects", "1")
        s3.put_object(Bucket="sealed", Key="a", Body=b"one")
        with refused("QuotaExceeded", 403):
            s3.put_object(Bucket="sealed", Key="b", Body=b"two")
        assert s3.get_object(Bucket="sealed", Key="a")["Body"].read() == b"one"
    finally:
        running.kill()
