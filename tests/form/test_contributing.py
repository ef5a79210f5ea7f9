"""The set-up for contributors: the workflow of the host, and hooks before a commit."""

from typing import Any

import pytest
import yaml

from tests.release import project
from tests.run import ROOT, STYLE

pytestmark = pytest.mark.once


@pytest.fixture
def job() -> dict[str, Any]:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    parsed: dict[str, Any] = workflow["jobs"]["test"]
    return parsed


def test_workflow_runs_all_checks(job: dict[str, Any]) -> None:
    assert ".ci/run" in [step.get("run") for step in job["steps"]]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_workflow_runs_on_the_oldest_python_that_is_promised(job: dict[str, Any]) -> None:
    oldest = project()["requires-python"].removeprefix(">=")
    versions = job["strategy"]["matrix"]["python-version"]
    assert versions[0] == oldest
    assert len(versions) > 1


def test_workflow_installs_what_the_tests_look_for(job: dict[str, Any]) -> None:
    [script] = [step["run"] for step in job["steps"] if "apt-get" in step.get("run", "")]
    assert {"fonts-noto-core", "fonts-noto-cjk", "pgbouncer", "postgresql"} <= set(script.split())


def test_actions_are_pinned_by_major_version(job: dict[str, Any]) -> None:
    versions = [step["uses"].partition("@")[2] for step in job["steps"] if "uses" in step]
    assert [version for version in versions if version[0] != "v" or not version[1:].isdigit()] == []


def test_hooks_before_a_commit_are_the_style_of_the_tests() -> None:
    [source] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert source["repo"] == "local"
    assert [hook["entry"] for hook in source["hooks"]] == [
        f".venv/bin/{' '.join(command)}" for command in STYLE
    ]
    assert {(hook["language"], hook["pass_filenames"]) for hook in source["hooks"]} == {
        ("system", False)
    }
