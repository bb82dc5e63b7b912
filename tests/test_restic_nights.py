"""Some nights of backups with power cuts; tests/endure/ lives through a month of them."""

from gateway import country
from nights import Office


def test_backups_outlive_power_cuts(tmp_path):
    with country(tmp_path) as (centre, gateway, account):
        office = Office(centre, gateway, account, tmp_path / "office", seed=3)
        office.live(nights=4)
        office.judge()
