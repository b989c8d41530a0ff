#!/bin/sh
# Builds the images of this folder and the listings that the tests compare with. Needs clang, lld and llvm 19.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for machine in x86_64 aarch64; do
    case $machine in x86_64) name=sample64 arch=x64 ;; *) name=samplea64 arch=arm64 ;; esac
    clang-19 --target=$machine-pc-windows-msvc -O1 -g -gcodeview -ffreestanding -fasynchronous-unwind-tables \
        -fno-stack-protector -mno-stack-arg-probe -fdebug-compilation-dir=. -fcoverage-compilation-dir=. -gno-codeview-command-line -DSAMPLE_DRIVER -c sample.c -o "$work/$name.obj"
    llvm-dlltool-19 -m $( [ $arch = x64 ] && echo i386:x86-64 || echo arm64 ) -d kernel.def -l "$work/kernel-$arch.lib"
    llvm-rc-19 /FO "$work/$name.res" sample.rc
    lld-link-19 /subsystem:native /driver /nodefaultlib /entry:DriverEntry /debug:full /Brepro /cetcompat /release \
        /filealign:512 /def:sample.def /pdbaltpath:"D:\\build\\out\\$name.pdb" /pdbsourcepath:"D:\\build" /pdb:"$work/$name.pdb" /out:$name.sys /implib:"$work/$name.lib" \
        "$work/$name.obj" "$work/$name.res" "$work/kernel-$arch.lib"
    if [ $arch = x64 ]; then cp "$work/$name.pdb" .; fi
done
clang-19 --target=i686-pc-windows-msvc -O1 -g -gcodeview -ffreestanding -fdebug-compilation-dir=. -fcoverage-compilation-dir=. -gno-codeview-command-line -c sample.c -o "$work/32.obj"
lld-link-19 /dll /nodefaultlib /entry:DllMain /debug:full /timestamp:1505396040 /pdbaltpath:sample32.pdb /pdbsourcepath:"D:\\build" /pdb:"$work/sample32.pdb" \
    /safeseh:no /base:0x10000000 /version:6.1 /out:sample32.dll /implib:"$work/32.lib" "$work/32.obj"
for image in sample64.sys samplea64.sys sample32.dll; do
    llvm-readobj-19 --file-headers --sections --coff-debug-directory --coff-exports --coff-imports --coff-resources $image \
        | grep -v '^File:' > $image.txt
    if [ $image = samplea64.sys ]; then llvm-readobj-19 --unwind $image | grep -v '^File:' > $image.unwind.txt; fi
    if [ $image = sample64.sys ]; then llvm-readobj-19 --unwind $image | grep -E 'StartAddress|EndAddress|UnwindInfoAddress' > $image.unwind.txt; fi
done
