"""Chromium, driven as a person would: what a page shows, what it asks for, and what axe-core finds wrong with it."""

import contextlib
import json
import os
import pathlib
import shutil

from playwright.sync_api import sync_playwright

from centre import ROOT

WIDTHS = {"phone": 320, "desk": 1280}
HEIGHT = 800
# WCAG 2.2 up to AA, and what axe calls good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextlib.contextmanager
def chromium():
    """A browser without a window."""
    with sync_playwright() as playwright:
        # Its own sandbox needs a user who isn't root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        path = shutil.which("chromium")
        assert path, "chromium is installed"
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@contextlib.contextmanager
def visit(browser, url, width="desk", language="fr", scheme="light", scripts=True, for_axe=False):
    """A page at `url`, as somebody with that screen and those settings sees it. Its errors fail the test."""
    context = browser.new_context(
        viewport={"width": WIDTHS[width], "height": HEIGHT},
        locale=language,
        color_scheme=scheme,
        java_script_enabled=scripts,
        # axe is put into the page, which the page's own policy rightly forbids.
        bypass_csp=for_axe,
    )
    try:
        page = context.new_page()
        errors = []
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url, wait_until="networkidle")
        yield page
        assert errors == [], url
    finally:
        context.close()


def screenshot(page, name):
    """Keeps what the page looks like under target/screenshots, for people to look at."""
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def violations(page):
    """What axe-core finds wrong: rule, and where. The page was visited `for_axe`."""
    axe = pathlib.Path(os.environ["AMANA_NODE"]) / "node_modules" / "axe-core" / "axe.min.js"
    page.add_script_tag(path=axe)
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate(f"axe.run({json.dumps(options)})")
    assert found["testEngine"]["name"] == "axe-core"
    return [(one["id"], node["html"]) for one in found["violations"] for node in one["nodes"]]


def overflow_px(page):
    """How far the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
