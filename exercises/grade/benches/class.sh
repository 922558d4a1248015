#!/bin/sh
# Makes a class out of the programs that prove the checks: COUNT submissions in
# FOLDER. `right`: everybody has a right program for every exercise; `mixed`:
# every third program is a wrong one, every seventh is the stub. No two files
# are equal, so nothing can be built for two students at once.
#
# example: exercises/grade/benches/class.sh 40 submissions mixed
#          cargo lab grade submissions --out marks
set -eu

usage="usage: class.sh COUNT FOLDER [right|mixed]"
count=${1:?$usage}
folder=${2:?$usage}
kind=${3:-right}
top=$(cd "$(dirname "$0")/../../.." && pwd)

# The file of the student's number for an exercise, out of a folder of
# programs, round and round.
pick() {
    set -- "$1" "$2"/*.rs
    turn=$1
    shift
    shift $((turn % $#))
    echo "$1"
}

student=0
while [ "$student" -lt "$count" ]; do
    name=$(printf 'student-%03d' "$student")
    number=0
    for stub in "$top"/exercises/[0-9]*/stubs/*.rs; do
        exercise=$(basename "$stub" .rs)
        topic=$(basename "$(dirname "$(dirname "$stub")")")
        solutions=$top/solutions/$topic
        turn=$((student + number))
        source=$solutions/src/bin/$exercise.rs
        right=$solutions/also-right/$exercise
        wrong=$solutions/wrong/$exercise
        if [ "$kind" = mixed ] && [ $((turn % 7)) -eq 6 ]; then
            source=$stub
        elif [ "$kind" = mixed ] && [ $((turn % 3)) -eq 2 ] &&
            [ -d "$wrong" ]; then
            source=$(pick "$turn" "$wrong")
        elif [ $((turn % 2)) -eq 1 ] && [ -d "$right" ]; then
            source=$(pick "$((turn / 2))" "$right")
        fi
        target=$folder/$name/exercises/$topic/src/bin
        mkdir -p "$target"
        cp "$source" "$target/$exercise.rs"
        [ "$source" = "$stub" ] ||
            echo "// $name" >>"$target/$exercise.rs"
        number=$((number + 1))
    done
    student=$((student + 1))
done
