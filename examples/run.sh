#!/bin/sh
# run.sh [--epochs N] [--seed N] [--data DIR] [--out DIR]: on Debian 12, as root or with sudo, installs what is missing,
# builds the example fashion_mnist and runs it. What it writes goes to build/examples unless --out says otherwise.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/examples
sh "$root/scripts/debian-packages.sh" g++ meson ninja-build pkgconf \
  libboost-dev libxtensor-dev libxsimd-dev rapidjson-dev zlib1g-dev libcairo2-dev dataset-fashion-mnist

[ -e "$build/build.ninja" ] ||
  CXX=g++ meson setup "$build" "$root" -Dexamples=true -Db_ndebug=true
ninja -C "$build" -j 2 examples/fashion_mnist
exec "$build/examples/fashion_mnist" --out "$build" "$@"
