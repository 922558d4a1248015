#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image of an assignment: Rust,
# the course, and everything compiled that a submission does not change.
#
# Beside this file in the zip: run_autograder; if you like, `exercises` (names
# of the exercises or topics that are graded), `course/` (a clone, for a course
# that is not public) and `pack/` (your hidden checks).
set -euo pipefail

# The course as you grade with it: the same commit for the whole class.
: "${COURSE:=https://github.com/sockets-with-connections/sockets-with-connections}"
: "${COURSE_REF:=main}"
: "${AUTOGRADER:=/autograder}"

# Readable for the users that submissions run as.
export RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo
export PATH="$CARGO_HOME/bin:$PATH"

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends build-essential ca-certificates curl git iproute2

if ! command -v cargo >/dev/null; then
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error \
        https://sh.rustup.rs |
        sh -s -- -y --quiet --profile minimal --no-modify-path
fi

if [ -d "$AUTOGRADER/source/course" ]; then
    cp -r "$AUTOGRADER/source/course" "$AUTOGRADER/course"
else
    git clone --quiet --depth 1 --branch "$COURSE_REF" \
        "$COURSE" "$AUTOGRADER/course"
fi

cd "$AUTOGRADER/course"
cargo fetch --locked --quiet
# What is compiled for the first submission is compiled here: half a processor
# would need its ten minutes for it.
first=$(mktemp -d)
mkdir "$first/class"
cp -r exercises "$first/class/stubs"
cargo lab grade "$first/class" --out "$first/marks"
rm -r "$first"
