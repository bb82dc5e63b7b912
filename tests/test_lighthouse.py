"""What Lighthouse says of the public page on a slow line: 400 kbit/s, 400 ms there and back, a processor four times slower.
The line is simulated by Lighthouse itself, from what it saw."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

LEAST = {"accessibility": 100, "best-practices": 100, "performance": 95}
SLOW_3G = ["--throttling-method=simulate", "--throttling.rttMs=400", "--throttling.throughputKbps=400", "--throttling.cpuSlowdownMultiplier=4"]
# Other work on the machine only makes a page look slower, or costs Lighthouse its trace: the best run tells of the page.
RUNS = 4


def judged(url, language, folder):
    """The scores of a page, and the audits that it does badly in; None for a run that Lighthouse itself gave up."""
    script = pathlib.Path(os.environ["AMANA_NODE"]) / "node_modules/lighthouse/cli/index.js"
    report = folder / "report.json"
    command = ["node", script, url, "--quiet", "--output=json", f"--output-path={report}", *SLOW_3G]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu", f"--only-categories={','.join(LEAST)}"]
    command.append("--extra-headers=" + json.dumps({"Accept-Language": language}))
    surroundings = os.environ | {"CHROME_PATH": shutil.which("chromium"), "HOME": str(folder)}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=180)
    if done.returncode:
        return None, done.stdout + done.stderr
    said = json.loads(report.read_text())
    scores = {name: round(100 * category["score"]) for name, category in said["categories"].items()}
    weak = {name: audit.get("displayValue") for name, audit in said["audits"].items() if audit["score"] is not None and audit["score"] < 0.9}
    return scores, weak


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_public_page_is_light_and_open_to_all(centre, language, tmp_path):
    runs = []
    for _ in range(RUNS):
        scores, weak = judged(centre.web_url, language, tmp_path)
        if scores and all(scores[name] >= least for name, least in LEAST.items()):
            return
        runs.append((scores, weak))
    pytest.fail(f"no run reached {LEAST}: {runs}")
