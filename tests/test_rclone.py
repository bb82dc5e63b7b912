"""rclone, unmodified."""

import pytest

from programs import a_folder, octets, run, same

pytestmark = pytest.mark.both_fronts


@pytest.fixture
def rclone(finances, tmp_path):
    environment = finances.environment(tmp_path) | {
        "RCLONE_CONFIG": str(tmp_path / "none"),
        "RCLONE_CONFIG_CENTRE_TYPE": "s3",
        "RCLONE_CONFIG_CENTRE_PROVIDER": "Other",
        "RCLONE_CONFIG_CENTRE_ENV_AUTH": "true",
        "RCLONE_CONFIG_CENTRE_ENDPOINT": finances.centre.s3_url,
        "RCLONE_CONFIG_CENTRE_REGION": "us-east-1",
        "RCLONE_RETRIES": "1",
        "RCLONE_LOW_LEVEL_RETRIES": "1",
    }
    (tmp_path / "none").touch()

    def call(*words, code=0):
        return run(["rclone", *words], environment, code)

    return call


def test_a_folder_goes_and_comes_back(rclone, name, tmp_path):
    here = a_folder(tmp_path / "here")
    rclone("mkdir", f"centre:{name}")
    rclone("sync", here, f"centre:{name}/backup")
    rclone("check", here, f"centre:{name}/backup")
    rclone("check", "--download", here, f"centre:{name}/backup")
    rclone("sync", f"centre:{name}/backup", tmp_path / "there")
    assert same(here, tmp_path / "there")
    (here / "empty").unlink()
    (here / "read me.txt").write_bytes(b"changed")
    rclone("check", here, f"centre:{name}/backup", code=1)
    rclone("sync", here, f"centre:{name}/backup")
    rclone("check", here, f"centre:{name}/backup")
    rclone("purge", f"centre:{name}/backup")
    rclone("rmdir", f"centre:{name}")


def test_a_large_file_goes_in_parts(rclone, s3, bucket, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "large").write_bytes(octets(33 << 20, "rclone"))
    parts = ["--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", "--s3-upload-concurrency", "4"]
    rclone("copy", *parts, tmp_path / "here", f"centre:{bucket}")
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-7"')
    rclone("copy", "--multi-thread-cutoff", "10M", "--multi-thread-streams", "4", f"centre:{bucket}", tmp_path / "there")
    assert same(tmp_path / "here", tmp_path / "there")
    rclone("copyto", f"centre:{bucket}/large", f"centre:{bucket}/copied")
    copied = rclone("md5sum", "--download", f"centre:{bucket}")
    assert len({line.split()[0] for line in copied.splitlines()}) == 1


def test_streams_and_times(rclone, bucket, tmp_path):
    (tmp_path / "f").write_bytes(b"streamed")
    rclone("copyto", tmp_path / "f", f"centre:{bucket}/f")
    assert rclone("cat", f"centre:{bucket}/f") == "streamed"
    assert rclone("cat", "--offset", "2", "--count", "3", f"centre:{bucket}/f") == "rea"
    rclone("touch", "-t", "2020-01-02T03:04:05", f"centre:{bucket}/f")
    assert "2020-01-02 03:04:05" in rclone("lsl", f"centre:{bucket}")
    rclone("moveto", f"centre:{bucket}/f", f"centre:{bucket}/g")
    assert rclone("lsf", f"centre:{bucket}") == "g\n"
    assert "http" in rclone("link", f"centre:{bucket}/g")
