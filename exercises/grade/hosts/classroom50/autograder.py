#!/usr/bin/env python3
"""Grades a submission for Classroom 50.

Put it into the configuration repository of your organisation, as
CLASSROOM/autograders/ASSIGNMENT/autograder.py; hidden checks, if you have any,
go into `pack/` beside it. The assignment's `runtime` must have Rust.

It leaves `result.json` and `release-body.md` in the working directory, as the
runner wants them. Where there is no mark it ends with a failure and leaves no
result: the runner then publishes an error and no zero.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# The course as you grade with it: name one commit for the whole class.
COURSE = "https://github.com/sockets-with-connections/sockets-with-connections"
COURSE_REF = "main"
# What is graded: names of exercises or topics; none: all of them.
EXERCISES = ["03-accept"]


def main() -> int:
    submission = pathlib.Path.cwd()
    results = [submission / "result.json", submission / "release-body.md"]
    # What a student has handed in under these names is no result.
    for result in results:
        result.unlink(missing_ok=True)

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        course = work / "course"
        clone = subprocess.run(
            ["git", "clone", "--quiet", "--depth", "1"]
            + ["--branch", COURSE_REF]
            + [os.environ.get("COURSE", COURSE), str(course)],
            check=False,
        )
        if clone.returncode != 0:
            print("the course can't be cloned (see above)", file=sys.stderr)
            return 1
        # Links stay links, and the grader takes none.
        shutil.copytree(
            submission,
            work / "class" / "submission",
            symlinks=True,
            ignore=shutil.ignore_patterns(".git"),
        )
        # Ubuntu 24.04 keeps namespaces from ordinary users; where this can't
        # be changed, the grader says what it lacks.
        if shutil.which("sudo"):
            subprocess.run(
                ["sudo", "-n", "sysctl", "-qw"]
                + ["kernel.apparmor_restrict_unprivileged_userns=0"],
                check=False,
            )

        grade = ["cargo", "lab", "grade", str(work / "class")]
        grade += ["--out", str(work / "marks")]
        if EXERCISES:
            grade += ["--exercise"] + EXERCISES
        bundle = pathlib.Path(os.environ.get("CLASSROOM50_BUNDLE_DIR", "."))
        pack = bundle.resolve() / "pack"
        if bundle.resolve() != submission and pack.is_dir():
            grade += ["--pack", str(pack)]
        # 1: it has no mark, which the next command says in its own way.
        done = subprocess.run(grade, cwd=course, check=False)
        if done.returncode not in (0, 1):
            return done.returncode

        texts = []
        for name in ("classroom50", "summary"):
            told = subprocess.run(
                ["cargo", "lab", "grade", str(work / "marks")]
                + ["--format", name],
                cwd=course,
                check=False,
                stdout=subprocess.PIPE,
            )
            if told.returncode != 0:
                return told.returncode
            texts.append(told.stdout)
        for result, text in zip(results, texts):
            result.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
