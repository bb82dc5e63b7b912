"""One data centre and one gateway for the tests that only use them; fresh ones for those that harm them.

A test marked `both_fronts` runs twice: against the data centre alone, in open buckets, and through an institution's
gateway, in sealed ones. What a client sees must be the same.
"""

import itertools

import pytest

import gateway
from centre import Centre

FRONTS = ("centre", "gateway")

_numbers = itertools.count()


def pytest_configure(config):
    config.addinivalue_line("markers", "both_fronts: runs at the data centre, and once more through a gateway")


def pytest_generate_tests(metafunc):
    if "front" in metafunc.fixturenames:
        both = any(metafunc.definition.iter_markers("both_fronts"))
        metafunc.parametrize("front", FRONTS if both else FRONTS[:1], indirect=True, scope="session")


@pytest.fixture(scope="session")
def centre(tmp_path_factory):
    centre = Centre(tmp_path_factory.mktemp("centre") / "data").start()
    yield centre
    centre.kill()


@pytest.fixture(scope="session")
def ministry(centre, tmp_path_factory):
    """An institution's account at its own gateway, whose buckets are sealed."""
    running, account = gateway.enrolled(centre, "treasury", tmp_path_factory.mktemp("gateway") / "data")
    account.canonical_id = account.client().list_buckets()["Owner"]["ID"]
    yield account
    running.kill()


@pytest.fixture(scope="session")
def hosted(centre):
    """An institution's account at the data centre, whose buckets are open."""
    return centre.institution("finances")


@pytest.fixture(scope="session")
def front(request):
    """Which of the two S3 fronts the test speaks to."""
    return request.param


@pytest.fixture(scope="session")
def finances(request, front):
    """The account of the test, on its front."""
    return request.getfixturevalue({"centre": "hosted", "gateway": "ministry"}[front])


@pytest.fixture(scope="session")
def justice(centre):
    return centre.institution("justice")


@pytest.fixture(scope="session")
def server(finances):
    """The server that has the front."""
    return finances.centre


@pytest.fixture(scope="session")
def s3(finances):
    return finances.client()


@pytest.fixture
def name():
    """A bucket name that no other test uses."""
    return f"bucket-{next(_numbers)}"


@pytest.fixture
def bucket(s3, name):
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture
def new_centre(tmp_path):
    """Makes data centres that a test may kill, damage and start again."""
    made = []

    def make(**environment):
        made.append(Centre(tmp_path / f"data-{len(made)}").start(**environment))
        return made[-1]

    yield make
    for one in made:
        one.kill()
