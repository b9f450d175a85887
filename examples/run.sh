#!/bin/sh
# run.sh [fashion_mnist | audio_amp | control | sequences] [OPTION...]: on Debian 12, as root or with sudo, installs
# what is missing, builds an example, the first if none is named, and runs it. `--help` lists its options. What it
# writes goes to build/examples unless --out says otherwise.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/examples
example=fashion_mnist
case ${1-} in
  fashion_mnist | audio_amp | control | sequences)
    example=$1
    shift
    ;;
esac
case $example in
  fashion_mnist) data=dataset-fashion-mnist ;;
  sequences) data="wamerican wdutch wfrench witalian wngerman wspanish" ;;
  *) data= ;;
esac
sh "$root/scripts/debian-packages.sh" g++ meson ninja-build pkgconf \
  libboost-dev libxtensor-dev libxsimd-dev rapidjson-dev zlib1g-dev libcairo2-dev libsndfile1-dev $data

[ -e "$build/build.ninja" ] ||
  CXX=g++ meson setup "$build" "$root" -Dexamples=true -Db_ndebug=true
ninja -C "$build" -j 2 "examples/$example"
exec "$build/examples/$example" --out "$build" "$@"
