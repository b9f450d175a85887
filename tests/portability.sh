#!/bin/sh
# portability.sh [OPTION...] [quick | CASE...]: builds portability/program.cpp for other libraries and targets than
# those of run.sh and runs it, under qemu where this machine cannot. Installs what is missing (Debian 12, as root or
# with sudo), says what it skips and why, and fails if a case fails. Everything lies in build/portability.
#
# Cases, all of them without an argument; quick is the first four:
#   libcxx      clang's standard library
#   m32         32 bits, where std::ptrdiff_t is int
#   aarch64     ARM's 64 bits
#   no-vectors  a target for which xsimd has no vectors: one error
#   avx512      a debug build for AVX-512, by g++; only compiled
#   neon        32-bit ARM on bare metal, in float, whose vectors are NEON's; compiled and linked
#   newest      newer xsimd and xtensor than Debian's
#   riscv64     64-bit RISC-V with the emulated vectors of xsimd 14
#   cortex-m    a microcontroller on bare metal with the emulated vectors of xsimd 14; compiled and linked
#
# Options:
#   --xsimd DIRECTORY, --xtensor DIRECTORY, --xtl DIRECTORY
#               the folders that hold a newer `xsimd/`, `xtensor/` and `xtl/`; newest, riscv64 and cortex-m need them
#   --help      prints this
set -eu

cd "$(dirname "$0")/.."
xsimd= xtensor= xtl= cases=
quick="libcxx m32 aarch64 no-vectors"
while [ $# -gt 0 ]; do
  case $1 in
    --help)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' tests/portability.sh
      exit 0
      ;;
    --xsimd | --xtensor | --xtl)
      [ -d "${2:-}/${1#--}" ] || {
        echo "portability.sh: $1 wants a folder that holds ${1#--}/, found '${2:-}'" >&2
        exit 2
      }
      eval "${1#--}=\$(realpath \"\$2\")"
      shift
      ;;
    quick) cases="$cases $quick" ;;
    libcxx | m32 | aarch64 | no-vectors | avx512 | neon | newest | riscv64 | cortex-m) cases="$cases $1" ;;
    *)
      echo "portability.sh: no case or option is named $1; --help lists them" >&2
      exit 2
      ;;
  esac
  shift
done
[ -n "$cases" ] || cases="$quick avx512 neon newest riscv64 cortex-m"

build=build/portability
mkdir -p "$build"
passed=0 failed=0 skipped=0
clang="clang++-19 -std=c++20 -ffp-contract=fast"
program="-I include tests/portability/program.cpp"
emulated="-DXSIMD_WITH_EMULATED=1 -DXSIMD_DEFAULT_ARCH=emulated<128>"
bare_metal="-std=gnu++20 --specs=rdimon.specs -ffunction-sections -Wl,--gc-sections"
bare_metal="$bare_metal -DTENON_THREAD_LOCAL= -DWITHOUT_FILES"

# needs PACKAGE...: whether they are installed now.
needs() {
  sh scripts/debian-packages.sh "$@" >"$build/packages.log" 2>&1 || {
    skip "cannot install $*: see $build/packages.log"
    return 1
  }
}
skip() {
  echo "skipped $name: $*"
  skipped=$((skipped + 1))
}
# outcome STATUS
outcome() {
  if [ "$1" = 0 ]; then
    echo "ok      $name"
    passed=$((passed + 1))
  else
    echo "FAIL    $name: see $build/$name.log"
    tail -n 20 "$build/$name.log"
    failed=$((failed + 1))
  fi
}
# compile COMMAND...
compile() {
  "$@" -o "$build/$name" >"$build/$name.log" 2>&1
}
# run_program [COMMAND...]: what runs it.
run_program() {
  "$@" "$build/$name" "$build/$name.safetensors" >>"$build/$name.log" 2>&1
}
# headers FOLDER: links the headers of other libraries there, since /usr/include also holds what belongs to this target.
headers() {
  rm -rf "$build/$1"
  mkdir -p "$build/$1"
  for library in boost rapidjson xsimd xtensor xtl; do
    [ ! -d "/usr/include/$library" ] || ln -s "/usr/include/$library" "$build/$1/$library"
  done
  [ "$1" = newer ] || return 0
  for folder in "$xsimd/xsimd" "$xtensor/xtensor" "$xtl/xtl"; do
    rm -f "$build/$1/$(basename "$folder")"
    ln -s "$folder" "$build/$1/"
  done
}
# has_newer: whether newer libraries were given.
has_newer() {
  [ -n "$xsimd" ] && [ -n "$xtensor" ] && [ -n "$xtl" ] || {
    skip "needs --xsimd, --xtensor and --xtl"
    return 1
  }
  headers newer
}

needs_of_all="clang-19 libboost-dev libxtensor-dev libxsimd-dev rapidjson-dev"
headers debian
for name in $cases; do
  # shellcheck disable=SC2086
  case $name in
    libcxx)
      needs $needs_of_all libc++-19-dev libc++abi-19-dev || continue
      status=0
      compile $clang -stdlib=libc++ $program && run_program || status=1
      outcome $status
      ;;
    m32)
      needs $needs_of_all g++-12-multilib || continue
      status=0
      compile $clang -m32 -msse2 -mfpmath=sse -isystem /usr/include/x86_64-linux-gnu $program && run_program || status=1
      outcome $status
      ;;
    aarch64)
      needs $needs_of_all g++-12-aarch64-linux-gnu qemu-user || continue
      status=0
      compile $clang --target=aarch64-linux-gnu -isystem "$build/debian" $program &&
        run_program qemu-aarch64 -L /usr/aarch64-linux-gnu || status=1
      outcome $status
      ;;
    no-vectors)
      needs $needs_of_all g++-12-multilib || continue
      status=1
      compile $clang -m32 -march=pentium -fsyntax-only -isystem /usr/include/x86_64-linux-gnu $program || status=0
      [ "$(grep -c 'error: ' "$build/$name.log")" = 1 ] &&
        grep -q 'error: .*tenon: xsimd has no vectors for this target' "$build/$name.log" || status=1
      outcome $status
      ;;
    avx512)
      needs $needs_of_all g++ || continue
      status=0
      compile g++ -std=c++20 -O0 -march=skylake-avx512 -c $program || status=1
      outcome $status
      ;;
    neon)
      needs $needs_of_all gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib || continue
      status=0
      compile arm-none-eabi-g++ -mcpu=cortex-a9 -mfloat-abi=hard -mfpu=neon -DWITHOUT_DOUBLE $bare_metal \
        -isystem "$build/debian" $program || status=1
      outcome $status
      ;;
    newest)
      has_newer && needs $needs_of_all || continue
      status=0
      compile $clang -march=native -isystem "$build/newer" $program && run_program || status=1
      outcome $status
      ;;
    riscv64)
      has_newer && needs $needs_of_all g++-12-riscv64-linux-gnu qemu-user || continue
      status=0
      compile $clang --target=riscv64-linux-gnu $emulated -isystem "$build/newer" $program &&
        run_program qemu-riscv64 -L /usr/riscv64-linux-gnu || status=1
      outcome $status
      ;;
    cortex-m)
      has_newer && needs $needs_of_all gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib || continue
      status=0
      compile arm-none-eabi-g++ -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16 $emulated $bare_metal \
        -isystem "$build/newer" $program || status=1
      outcome $status
      ;;
  esac
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
