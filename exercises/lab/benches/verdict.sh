#!/bin/sh
# How long a learner waits for a verdict, beside rustlings, in one run.
#
# usage: exercises/lab/benches/verdict.sh [RUNS]
# needs: hyperfine, git; rustlings on the path for the comparison
#        (cargo install rustlings --version 6.5.0 --locked)
#
# Works in a clone in a temporary folder: no learner's file is touched. Gives
# medians in seconds; compare them as ratios, on a machine with nothing else
# to do.
set -eu

runs=${1:-21}
exercise=line-by-line
topic=05-transfer
course=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
unset CARGO_TARGET_DIR

# A median of so many runs of a command, after an edit each.
# usage: median NAME EDIT COMMAND
median() {
    hyperfine -N --ignore-failure --warmup 2 --runs "$runs" \
        --prepare "$2" --export-csv "$work/csv" "$3" >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; exit 1; }
    # command,mean,stddev,median,…
    printf '%-44s %s\n' "$1" "$(tail -n 1 "$work/csv" | cut -d, -f4)"
}

edit() { printf 'sh -c "echo // >>%s"' "$1"; }

git clone --quiet "$course" "$work/course"
cd "$work/course"
echo "from nothing: cargo build -p lab"
start=$(date +%s.%N)
cargo build --quiet -p lab
printf '%-44s %s\n' "" "$(echo "$(date +%s.%N) $start" | awk '{print $1 - $2}')"

lab=target/debug/lab
file=exercises/$topic/src/bin/$exercise.rs
cp "solutions/$topic/src/bin/$exercise.rs" "$file"
$lab check $exercise >/dev/null
median "lab check, passes" "$(edit $file)" "$lab check $exercise"
median "cargo lab check, passes" "$(edit $file)" "cargo lab check $exercise"
judge="target/debug/judge $exercise=$PWD/target/debug/ex-$exercise"
median "  of this: the judge" true "$judge"
median "  of this: Cargo, nothing to build" true \
    "cargo build -q -p judge --bin judge -p ex-$topic --bin ex-$exercise"
median "  of this: Cargo, with rustc and the linker" "$(edit $file)" \
    "cargo build -q -p judge --bin judge -p ex-$topic --bin ex-$exercise"
cargo bench --quiet --profile dev -p lab --bench watch --no-run
cargo bench --quiet --profile dev -p lab --bench watch -- \
    "$runs" "$PWD/$file" 'on to the next one' "$PWD/$lab" watch $exercise
echo 'fn wrong() -> u8 { "no number" }' >>$file
median "lab check, compile error" "$(edit $file)" "$lab check $exercise"
median "cargo lab check, compile error" "$(edit $file)" \
    "cargo lab check $exercise"

for solution in solutions/[0-9]*/src/bin/*.rs; do
    cp "$solution" "exercises/${solution#solutions/}"
done
$lab check --all >/dev/null
median "lab check --all, every exercise solved" true "$lab check --all"
echo "  its slowest checks:"
$lab check --all --json |
    sed 's/.*"exercise":"\([^"]*\)","check":"\([^"]*\)".*"milliseconds":\([0-9]*\).*/\3 ms \1 \2/' |
    sort -rn | sed -n 's/^/    /; 1,3p'

command -v rustlings >/dev/null || { echo "no rustlings here"; exit 0; }
cd "$work"
echo | rustlings init >/dev/null
cd rustlings
file=exercises/quizzes/quiz2.rs
cp "$(find "$HOME/.cargo/registry/src" -path '*rustlings-6*/solutions/quizzes/quiz2.rs' | head -n 1)" $file
rustlings run quiz2 >/dev/null
median "rustlings run, passes" "$(edit $file)" "rustlings run quiz2"
# A run that passes leads to the next exercise; watch this one again.
sed -i -e '3s/.*/quiz2/' -e '4,$ { /^quiz2$/d }' .rustlings-state.txt
(
    watch=$(ls -t "$work"/course/target/debug/deps/watch-* | grep -v '\.d$' | head -n 1)
    "$watch" "$runs" "$PWD/$file" 'Exercise done' rustlings
)
cd "$work/rustlings"
echo 'fn wrong() -> u8 { "no number" }' >>$file
median "rustlings run, compile error" "$(edit $file)" "rustlings run quiz2"
