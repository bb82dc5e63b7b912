"""One data centre for the tests that only use it; a fresh one for those that harm it."""

import itertools

import pytest

from centre import Centre

_numbers = itertools.count()


@pytest.fixture(scope="session")
def centre(tmp_path_factory):
    centre = Centre(tmp_path_factory.mktemp("centre") / "data").start()
    yield centre
    centre.kill()


@pytest.fixture(scope="session")
def finances(centre):
    return centre.institution("finances")


@pytest.fixture(scope="session")
def justice(centre):
    return centre.institution("justice")


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
