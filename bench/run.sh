#!/bin/sh
# run.sh [--no-peers] [WORKLOAD...]: on Debian 12, as root or with sudo, installs what is missing, builds the benchmark
# and runs it. With --no-peers, libtorch and oneDNN are not installed; those that are there take part all the same.
# Writes build/bench/bench-results.json.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/bench
sh "$root/scripts/debian-packages.sh" g++ meson ninja-build pkgconf libboost-dev libxtensor-dev libxsimd-dev \
  rapidjson-dev
if [ "${1-}" = --no-peers ]; then
  shift
else
  # Without OpenBLAS, libtorch multiplies matrices with the reference BLAS, many times slower.
  sh "$root/scripts/debian-packages.sh" libtorch-dev libdnnl-dev libopenblas0-serial ||
    echo "not installed: libtorch and oneDNN"
fi

# Always: peers may have come or gone.
reconfigure=
[ ! -e "$build/build.ninja" ] || reconfigure=--reconfigure
CXX=g++ meson setup $reconfigure "$build" "$root" -Dbench=true -Db_ndebug=true >/dev/null
ninja -C "$build" -j 2 bench/tenon_bench
exec "$build/bench/tenon_bench" --json "$build/bench-results.json" "$@"
