"""What a refusal must look like."""

import contextlib

import botocore.exceptions
import pytest


@contextlib.contextmanager
def refused(code, status):
    """The block is refused with this S3 error code and this HTTP status. Both may be sets, where S3 itself varies."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]["Code"]
    answered = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    codes = code if isinstance(code, set) else {code}
    statuses = status if isinstance(status, set) else {status}
    assert error in codes and answered in statuses, f"{answered} {error}, expected {statuses} {codes}"


def headers(answer):
    return answer["ResponseMetadata"]["HTTPHeaders"]


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]
