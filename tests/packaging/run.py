#!/usr/bin/env python3
"""run.py SOURCE_DIR MESON COMPILER...: tenon as its users get it.

Installs it with Meson and with CMake, which must give the same files, moves what was installed, and builds a small
program through CMake's find_package and through pkg-config; builds the same program with the source tree in a project:
by CMake's add_subdirectory and FetchContent, and as a subproject of Meson. All name one version.
"""
import json, os, pathlib, re, shlex, shutil, subprocess, sys, tempfile

source, meson, compiler = pathlib.Path(sys.argv[1]), shlex.split(sys.argv[2]), sys.argv[3:]
here = pathlib.Path(__file__).parent
missing = [program for program in ('cmake', 'pkg-config', 'ninja') if not shutil.which(program)]
if missing:
    print('skipped: no ' + ', '.join(missing))
    sys.exit(77)
work = pathlib.Path(tempfile.mkdtemp(prefix='tenon packaging '))  # with spaces, as people's folders have them
environment = {name: value for name, value in os.environ.items() if not name.startswith(('MESON', 'NINJA', 'DESTDIR'))}
environment.update(CXX=compiler[-1], CXXFLAGS='-O0', PKG_CONFIG_PATH='')

def call(*command, **more):
    done = subprocess.run([str(word) for word in command], env=environment | more, capture_output=True, text=True)
    if done.returncode: raise RuntimeError('%s\n%s%s' % (shlex.join(done.args), done.stdout, done.stderr))
    return done.stdout

def expect(found, wanted, what):
    if found != wanted: raise RuntimeError('%s: wanted %r, found %r' % (what, wanted, found))

def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}

version = '.'.join(re.findall(r'^#define TENON_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$',
                              (source / 'include/tenon/version.hpp').read_text(), re.M))
answer = '%s %s 3\n' % (version, version)
moved_meson, moved_cmake = work / 'moved' / 'meson', work / 'moved' / 'cmake'
moved_meson.parent.mkdir()

def install_meson():
    build = work / 'build-meson'
    call(*meson, 'setup', build, source, '--prefix', work / 'first')
    expect(json.loads(call(*meson, 'introspect', '--projectinfo', build))['version'], version, "Meson's version")
    call(*meson, 'install', '-C', build)
    (work / 'first').rename(moved_meson)

def install_cmake():  # to a staging folder
    build, stage = work / 'build-cmake', work / 'stage'
    call('cmake', '-S', source, '-B', build, '-DCMAKE_INSTALL_PREFIX=/opt/tenon')
    call('cmake', '--install', build, DESTDIR=str(stage))
    (stage / 'opt' / 'tenon').rename(moved_cmake)
    expect(files(stage), {}, 'outside of the prefix')

def same_files():
    by_meson, by_cmake = files(moved_meson), files(moved_cmake)
    expect(sorted(by_cmake), sorted(by_meson), 'the files that CMake installs')
    expect([name for name in by_meson if by_meson[name] != by_cmake[name]], [], 'files that differ')
    expect({name for name in by_meson if not name.startswith('include/')},
           {'share/cmake/tenon/tenonConfig.cmake', 'share/cmake/tenon/tenonConfigVersion.cmake',
            'share/pkgconfig/tenon.pc', 'share/pkgconfig/tenon-cuda.pc'}, 'files beside the headers')

def cmake_way(way, *options):
    build, prefix = work / way, work / (way + '-installed')
    call('cmake', '-S', here, '-B', build, '-DWAY=' + way, '-DVERSION=' + version, *options)
    call('cmake', '--build', build)
    expect(call(build / 'program'), answer, "the program's output")
    call('cmake', '--install', build, '--prefix', prefix)
    expect(sorted(files(prefix)), ['bin/program'], 'what the project installs')
    return (build / 'CMakeCache.txt').read_text()

def find_package():
    cache = cmake_way('find_package', '-DCMAKE_PREFIX_PATH=' + str(moved_meson))
    expect('tenon_DIR:PATH=%s\n' % (moved_meson / 'share/cmake/tenon') in cache, True, 'found in the moved prefix')

def pkg_config():
    where = {'PKG_CONFIG_PATH': str(moved_cmake / 'share/pkgconfig')}
    expect(call('pkg-config', '--modversion', 'tenon', **where), version + '\n', "pkg-config's version")
    flags = shlex.split(call('pkg-config', '--cflags', 'tenon', **where))
    folders = [pathlib.Path(flag[2:]).resolve() for flag in flags if flag.startswith('-I')]
    expect(folders[:1], [moved_cmake / 'include'], 'folders of headers')
    call(*compiler, '-std=c++20', '-O0', *flags, here / 'main.cpp', '-o', work / 'program')
    expect(call(work / 'program'), answer, "the program's output")
    cuda = shlex.split(call('pkg-config', '--cflags', 'tenon-cuda', **where))
    call(*compiler, '-std=c++20', '-fsyntax-only', *cuda, here / 'thrust.cpp')

def meson_subproject():
    project = work / 'project'
    (project / 'subprojects').mkdir(parents=True)
    (project / 'subprojects' / 'tenon').symlink_to(source)
    shutil.copy(here / 'main.cpp', project)
    (project / 'meson.build').write_text(
        "project('user', 'cpp', default_options: ['cpp_std=c++20', 'optimization=0'])\n"
        "executable('program', 'main.cpp', dependencies: dependency('tenon', version: '%s'))\n" % version)
    call(*meson, 'setup', project / 'build', project)
    call('ninja', '-C', project / 'build', 'program')
    expect(call(project / 'build' / 'program'), answer, "the program's output")

failed = 0
steps = {
    'meson install': install_meson,
    'cmake --install': install_cmake,
    'both install the same': same_files,
    'find_package, of a moved prefix': find_package,
    'pkg-config, of a moved prefix': pkg_config,
    'add_subdirectory': lambda: cmake_way('add_subdirectory', '-DSOURCE=' + str(source)),
    'FetchContent': lambda: cmake_way('FetchContent', '-DSOURCE=' + str(source)),
    'subproject of Meson': meson_subproject,
}
for name, step in steps.items():
    try:
        step()
        print('ok   ' + name)
    except (RuntimeError, OSError) as problem:
        failed += 1
        print('FAIL %s: %s' % (name, problem))
shutil.rmtree(work)
print('%d passed, %d failed' % (len(steps) - failed, failed))
sys.exit(failed != 0)
