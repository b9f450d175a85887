#!/bin/sh
# run.sh [ARGUMENT...]: on Debian 12, as root or with sudo, installs what is missing, builds the tests with g++, with
# clang and with the sanitizers, and runs them. Arguments go to `meson test`: the names of tests, for instance.
# The last line is `N passed, M failed`, over the cases of all tests in all three builds; before it stands what took
# longest.
set -eu

cd "$(dirname "$0")/.."
others=  # architectures beside this machine's
[ "$(uname -m)" != x86_64 ] || others="g++-12-multilib g++-12-aarch64-linux-gnu qemu-user"
sh scripts/debian-packages.sh g++ clang-19 clang-tidy-19 libclang-rt-19-dev meson ninja-build pkgconf cmake doxygen \
  libboost-dev libboost-test-dev libxtensor-dev libxsimd-dev rapidjson-dev \
  libthrust-dev libtbb-dev libopenmpi-dev openmpi-bin zlib1g-dev libcairo2-dev libsndfile1-dev \
  libc++-19-dev libc++abi-19-dev $others

logs=
speeds=build/speeds  # of the machine, before each build and at the end
mkdir -p build
rm -f "$speeds"
# run_tests NAME COMPILER SETUP_OPTIONS [ARGUMENT...]
run_tests() {
  build=build/tests-$1 compiler=$2 options=$3
  shift 3
  echo "== $build"
  python3 tests/budget.py sample g++ "$speeds"
  rm -f "$build/meson-logs/testlog.json"
  # Whatever fails here, count.py finds it in the log or misses the log.
  if { [ -e "$build/build.ninja" ] ||
    CXX=$compiler meson setup "$build" -Dtests=true $options; } &&
    ninja -C "$build" -j 2 -k 0; then
    meson test -C "$build" --no-rebuild --num-processes 2 --print-errorlogs "$@" || true
  fi
  logs="$logs $build/meson-logs/testlog.json"
}

# clang builds for AVX2, which most machines have, so that more than this machine's instruction set is tested.
march=native
! grep -qw avx2 /proc/cpuinfo || march=x86-64-v3
run_tests gcc g++ -Dexamples=true "$@"
run_tests clang clang++-19 "-Dmarch=$march" "$@"
run_tests sanitizers clang++-19 "-Dexamples=true -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false" "$@"
within_budget=true
python3 tests/budget.py sample g++ "$speeds"
[ $# -gt 0 ] || python3 tests/budget.py report "$speeds" build/tests-gcc build/tests-clang build/tests-sanitizers ||
  within_budget=false
python3 tests/count.py $logs
$within_budget
