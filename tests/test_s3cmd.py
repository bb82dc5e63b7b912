"""s3cmd, unmodified."""

import pytest

from programs import a_folder, octets, run, same

pytestmark = pytest.mark.both_fronts


@pytest.fixture
def s3cmd(finances, tmp_path):
    host = f"127.0.0.1:{finances.centre.s3_port}"
    configuration = tmp_path / "s3cfg"
    configuration.write_text(
        f"""[default]
access_key = {finances.access_key_id}
secret_key = {finances.secret_access_key}
host_base = {host}
host_bucket = {host}
use_https = False
max_retries = 1
"""
    )

    def call(*words, code=0):
        return run(["s3cmd", "-c", configuration, "--no-progress", *words], finances.environment(tmp_path), code)

    return call


def test_files_go_in_and_out(s3cmd, name, tmp_path):
    s3cmd("mb", f"s3://{name}")
    assert f"s3://{name}" in s3cmd("ls")
    (tmp_path / "small").write_bytes(b"amana")
    s3cmd("put", tmp_path / "small", f"s3://{name}/é t é/small")
    assert "small" in s3cmd("ls", f"s3://{name}/é t é/")
    s3cmd("get", f"s3://{name}/é t é/small", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"amana"
    s3cmd("cp", f"s3://{name}/é t é/small", f"s3://{name}/copy")
    s3cmd("mv", f"s3://{name}/copy", f"s3://{name}/moved")
    assert "File size: 5" in s3cmd("info", f"s3://{name}/moved")
    s3cmd("del", f"s3://{name}/moved", f"s3://{name}/é t é/small")
    s3cmd("rb", f"s3://{name}")


def test_folders_are_synchronised(s3cmd, bucket, tmp_path):
    here = a_folder(tmp_path / "here")
    s3cmd("sync", f"{here}/", f"s3://{bucket}/backup/")
    (tmp_path / "there").mkdir()
    s3cmd("sync", f"s3://{bucket}/backup/", f"{tmp_path / 'there'}/")
    assert same(here, tmp_path / "there")
    (here / "empty").unlink()
    s3cmd("sync", "--delete-removed", f"{here}/", f"s3://{bucket}/backup/")
    assert "empty" not in s3cmd("ls", "--recursive", f"s3://{bucket}")
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}")
    assert s3cmd("ls", f"s3://{bucket}") == ""


def test_a_large_file_goes_in_parts(s3cmd, s3, bucket, tmp_path):
    (tmp_path / "large").write_bytes(octets(23 << 20, "s3cmd"))
    s3cmd("put", "--multipart-chunk-size-mb=5", tmp_path / "large", f"s3://{bucket}/large")
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"].endswith('-5"')
    s3cmd("get", f"s3://{bucket}/large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
    assert s3cmd("multipart", f"s3://{bucket}").count("\n") <= 2
